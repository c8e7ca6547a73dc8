import { expect, it } from 'vitest'
import { SCHEDULE_STEPS, simulateSchedules } from './schedules.ts'

const SEEDS = 12

it(`accounts for each due time once, under seeds 1 to ${SEEDS}`, async () => {
  const sums = { days: 0, occurrences: 0, fired: 0, missed: 0, crashes: 0 }
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { failures, ...story } = await simulateSchedules(seed, SCHEDULE_STEPS)
    expect({ seed, failures }).toEqual({ seed, failures: [] })
    for (const [name, count] of Object.entries(story)) sums[name as keyof typeof sums] += count
  }
  process.stdout.write(`${JSON.stringify(sums)}\n`)
  // Years, in six zones, from the springs and autumns of 2024 to 2035.
  expect(sums.days).toBeGreaterThan(5 * 365)
  expect(sums.fired).toBeGreaterThan(SEEDS * 100)
  expect(sums.missed).toBeGreaterThan(SEEDS)
  expect(sums.crashes).toBeGreaterThan(SEEDS)
})
