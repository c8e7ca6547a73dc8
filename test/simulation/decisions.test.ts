import { expect, it } from 'vitest'
import { simulateDecisions } from './decisions.ts'

const SEEDS = 16
const STEPS = 120

it(`decides each card once and keeps approvals within their bounds, under seeds 1 to ${SEEDS}`, async () => {
  const sums = { decided: 0, expired: 0, folded: 0, refused: 0, uses: 0, crashes: 0 }
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { failures, ...story } = await simulateDecisions(seed, STEPS)
    expect({ seed, failures }).toEqual({ seed, failures: [] })
    for (const [name, count] of Object.entries(story)) sums[name as keyof typeof sums] += count
  }
  process.stdout.write(`${JSON.stringify(sums)}\n`)
  expect(sums.decided).toBeGreaterThan(SEEDS * 8)
  expect(sums.expired).toBeGreaterThan(SEEDS)
  expect(sums.folded).toBeGreaterThan(SEEDS)
  expect(sums.refused).toBeGreaterThan(SEEDS * 4)
  expect(sums.uses).toBeGreaterThan(SEEDS)
  expect(sums.crashes).toBeGreaterThan(SEEDS)
})
