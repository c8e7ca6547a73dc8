import { expect, it } from 'vitest'
import { STORIES, tellAll } from './stories.ts'

const { seeds } = STORIES.watchdogs

it(`tells each breach once, under seeds 1 to ${seeds}`, async () => {
  const sums = await tellAll(STORIES.watchdogs)
  expect(sums.failures).toEqual([])
  expect(sums.breaches).toBeGreaterThan(seeds * 12)
  expect(sums.over).toBeGreaterThan(seeds * 10)
  expect(sums.crashes).toBeGreaterThan(seeds)
})
