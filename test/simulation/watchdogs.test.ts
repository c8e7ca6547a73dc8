import { expect, it } from 'vitest'
import { simulateWatchdogs } from './watchdogs.ts'

const SEEDS = 16
const STEPS = 70

it(`tells each breach once, under seeds 1 to ${SEEDS}`, async () => {
  const sums = { breaches: 0, over: 0, crashes: 0 }
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { failures, ...story } = await simulateWatchdogs(seed, STEPS)
    expect({ seed, failures }).toEqual({ seed, failures: [] })
    for (const [name, count] of Object.entries(story)) sums[name as keyof typeof sums] += count
  }
  process.stdout.write(`${JSON.stringify(sums)}\n`)
  expect(sums.breaches).toBeGreaterThan(SEEDS * 12)
  expect(sums.over).toBeGreaterThan(SEEDS * 10)
  expect(sums.crashes).toBeGreaterThan(SEEDS)
})
