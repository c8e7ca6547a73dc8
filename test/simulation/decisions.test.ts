import { expect, it } from 'vitest'
import { STORIES, tellAll } from './stories.ts'

const { seeds } = STORIES.decisions

it(`decides each card once and keeps approvals within their bounds, under seeds 1 to ${seeds}`, async () => {
  const sums = await tellAll(STORIES.decisions)
  expect(sums.failures).toEqual([])
  expect(sums.decided).toBeGreaterThan(seeds * 8)
  expect(sums.expired).toBeGreaterThan(seeds)
  expect(sums.folded).toBeGreaterThan(seeds)
  expect(sums.refused).toBeGreaterThan(seeds * 4)
  expect(sums.uses).toBeGreaterThan(seeds * 6)
  expect(sums.revoked).toBeGreaterThan(seeds)
  expect(sums.restores).toBeGreaterThan(seeds)
  expect(sums.crashes).toBeGreaterThan(seeds)
})
