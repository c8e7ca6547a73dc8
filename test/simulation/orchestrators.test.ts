import { expect, it } from 'vitest'
import { simulateLeads } from './orchestrators.ts'

const SEEDS = 10
const STEPS = 260

it(`has one leader a circle at any moment, and fences every write, under seeds 1 to ${SEEDS}`, async () => {
  const sums = { leads: 0, lapses: 0, accepted: 0, refused: 0, moved: 0, crashes: 0, restores: 0 }
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { failures, ...story } = await simulateLeads(seed, STEPS)
    expect({ seed, failures }).toEqual({ seed, failures: [] })
    for (const [name, count] of Object.entries(story)) sums[name as keyof typeof sums] += count
  }
  process.stdout.write(`${JSON.stringify(sums)}\n`)
  for (const [name, least] of Object.entries({ leads: 20, lapses: 1, accepted: 10, refused: 10, moved: 5, crashes: 2, restores: 1 }))
    expect(sums[name as keyof typeof sums], name).toBeGreaterThan(SEEDS * least)
})
