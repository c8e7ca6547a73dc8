import { expect, it } from 'vitest'
import { simulate } from './simulate.ts'

it('tells the same story twice for the same seed, in memory and on a file', async () => {
  for (const seed of [3, 7]) {
    const [first, second] = [await simulate({ seed, operations: 300 }), await simulate({ seed, operations: 300 })]
    expect(second.hash).toBe(first.hash)
    expect(first.failure).toBeUndefined()
  }
})

it('tells different stories for different seeds', async () => {
  const hashes = new Set<string>()
  for (const seed of [11, 12, 13]) hashes.add((await simulate({ seed, operations: 50 })).hash)
  expect(hashes.size).toBe(3)
})
