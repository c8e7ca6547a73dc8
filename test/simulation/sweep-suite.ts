import { beforeAll, describe, expect, it } from 'vitest'
import { FAULTS } from './coverage.ts'
import { cannotBefall, cannotStrike, OPERATIONS_HERE, SEEDS_PER_SHARD, type Sweep, sweep, TRANSITIONS } from './sweep.ts'

/** How often at least, in one shard, each fault must strike each operation and each transition. */
const MIN_ON_OPERATIONS = 1
const MIN_ON_TRANSITIONS = 1
const MIN_OF_EACH_FAULT = 100

/** The seeds of one shard: vitest runs the files of the shards side by side. */
export function provesThePromises(shard: number): void {
  describe(`the daemon under seeds ${shard * SEEDS_PER_SHARD + 1} to ${(shard + 1) * SEEDS_PER_SHARD}`, () => {
    let done: Sweep

    beforeAll(async () => {
      done = await sweep(shard)
      process.stdout.write(`${done.coverage.table('operations')}\n\n${done.coverage.table('transitions')}\n`)
    }, 600_000)

    it('keeps its promises', () => {
      expect(done.failures).toEqual([])
      expect(done.operations).toBeGreaterThanOrEqual(SEEDS_PER_SHARD * 500)
    })

    it('meets every fault', () => {
      expect(FAULTS.filter((fault) => fault !== 'delay' && fault !== 'reorder' && (done.coverage.faults.get(fault) ?? 0) < MIN_OF_EACH_FAULT)).toEqual([])
    })

    it('meets every fault in every operation', () => {
      expect(done.coverage.gaps('operations', OPERATIONS_HERE, MIN_ON_OPERATIONS, cannotStrike)).toEqual([])
    })

    it('meets every fault in every transition', () => {
      expect(done.coverage.gaps('transitions', TRANSITIONS, MIN_ON_TRANSITIONS, cannotBefall)).toEqual([])
    })
  })
}
