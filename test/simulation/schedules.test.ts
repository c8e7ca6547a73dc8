import { expect, it } from 'vitest'
import { STORIES, tellAll } from './stories.ts'

const { seeds } = STORIES.schedules

it(`accounts for each due time once, under seeds 1 to ${seeds}`, async () => {
  const sums = await tellAll(STORIES.schedules)
  expect(sums.failures).toEqual([])
  // Years, in six zones, from the springs and autumns of 2024 to 2035.
  expect(sums.days).toBeGreaterThan(5 * 365)
  expect(sums.fired).toBeGreaterThan(seeds * 100)
  expect(sums.missed).toBeGreaterThan(seeds)
  expect(sums.crashes).toBeGreaterThan(seeds)
})
