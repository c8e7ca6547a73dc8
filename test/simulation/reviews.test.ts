import { expect, it } from 'vitest'
import { STORIES, tellAll } from './stories.ts'

const { seeds } = STORIES.reviews

it(`lets nobody clear their own work, or what has changed since, under seeds 1 to ${seeds}`, async () => {
  const sums = await tellAll(STORIES.reviews)
  expect(sums.failures).toEqual([])
  expect(sums.cleared).toBeGreaterThan(seeds * 5)
  expect(sums.owedAgain).toBeGreaterThan(seeds * 3)
  expect(sums.asked).toBeGreaterThan(seeds * 5)
  expect(sums.refusedOwn).toBeGreaterThan(seeds * 3)
  expect(sums.crashes).toBeGreaterThan(seeds)
})
