import { OPERATION_NAMES, OPERATIONS, type OperationName } from '../../src/contract/index.ts'
import { Coverage, type Fault } from './coverage.ts'
import { simulate } from './simulate.ts'

/** Fewer leave rare pairs of fault and transition unmet. */
export const SEEDS_PER_SHARD = 500
const SPARE_FROM = 10_000
const SPARE_SEEDS = 100
const OPERATIONS_PER_SEED = 500

export interface Sweep {
  readonly coverage: Coverage
  readonly operations: number
  readonly failures: string[]
}

/** Runs the seeds of one shard, and keeps what broke. */
export async function sweep(shard: number): Promise<Sweep> {
  const coverage = new Coverage()
  const failures: string[] = []
  const play = async (seed: number): Promise<void> => {
    const { failure, coverage: own } = await simulate({ seed, operations: OPERATIONS_PER_SEED })
    coverage.merge(own)
    if (failure)
      failures.push(`seed ${seed}: ${failure.message}\nThe last that happened (npm run simulate -- --seed ${seed}):\n${failure.last.slice(-40).join('\n')}`)
  }
  const first = shard * SEEDS_PER_SHARD + 1
  for (let seed = first; seed < first + SEEDS_PER_SHARD && failures.length < 3; seed += 1) await play(seed)
  // A rare pair of fault and transition may need some more.
  const isMissing = () => coverage.gaps('transitions', TRANSITIONS, 1, cannotBefall).length > 0
  for (let seed = first + SPARE_FROM; seed < first + SPARE_FROM + SPARE_SEEDS && failures.length === 0 && isMissing(); seed += 1) await play(seed)
  const operations = [...coverage.operations.values()].reduce((sum, count) => sum + count, 0)
  return { coverage, operations, failures }
}

/** What is made without a key nobody repeats. */
const ONCE: ReadonlySet<string> = new Set(['circles.create', 'credentials.create', 'enrolments.create'])

/** What a fault cannot strike: a query commits nothing, and neither does what the gateway answers by itself. */
export function cannotStrike(fault: Fault, name: string): boolean {
  return (fault === 'commit' && OPERATIONS[name as OperationName].kind !== 'command') || (fault === 'duplicate' && ONCE.has(name))
}

/** A reminder comes from the clock: no request stands behind it that could be delayed or sent twice. */
export function cannotBefall(fault: Fault, name: string): boolean {
  return name === 'message remind' && (fault === 'duplicate' || fault === 'delay' || fault === 'reorder')
}

/** The operations of these peers. Schedules, leads, watchdogs and reviews, with those who spawn one another, have simulations of their own with the faults of the daemon. */
export const OPERATIONS_HERE = OPERATION_NAMES.filter(
  (name) =>
    !/^(schedules|orchestrators|reviews|decisions|approvals|tiers|watchdogs|board|digest|pairings|devices|actions|passphrase|push|channels|ingress)\.|^enrolments\.spawn$|^node\.activity$/.test(
      name,
    ),
)

/** What can become of a thread, a message and a delivery. */
export const TRANSITIONS = [
  'thread opened (ask)',
  'thread opened (notify)',
  'thread answered',
  'thread declined',
  'thread cancelled',
  'thread expired',
  'thread failed',
  'fan opened',
  'fan complete',
  'fan enough',
  'fan expired',
  'fan cancelled',
  'message reply',
  'message remind',
  'message late',
  'message redacted',
  'delivery queued',
  'delivery handed over',
  'delivery acked',
  'delivery seen',
  'delivery failed',
  'delivery lost',
  'delivery returned',
  'delivery superseded',
  'delivery withdrawn',
  'delivery expired',
  'delivery dead',
  'delivery replayed',
  'delivery discarded',
] as const
