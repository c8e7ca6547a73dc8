import { expect, it } from 'vitest'
import { simulateReviews } from './reviews.ts'

const SEEDS = 12
const STEPS = 150

it(`lets nobody clear their own work, or what has changed since, under seeds 1 to ${SEEDS}`, async () => {
  const sums = { reviews: 0, cleared: 0, owedAgain: 0, asked: 0, refusedOwn: 0, crashes: 0 }
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { failures, ...story } = await simulateReviews(seed, STEPS)
    expect({ seed, failures }).toEqual({ seed, failures: [] })
    for (const [name, count] of Object.entries(story)) sums[name as keyof typeof sums] += count
  }
  process.stdout.write(`${JSON.stringify(sums)}\n`)
  expect(sums.cleared).toBeGreaterThan(SEEDS * 5)
  expect(sums.owedAgain).toBeGreaterThan(SEEDS * 3)
  expect(sums.asked).toBeGreaterThan(SEEDS * 5)
  expect(sums.refusedOwn).toBeGreaterThan(SEEDS * 3)
  expect(sums.crashes).toBeGreaterThan(SEEDS)
})
