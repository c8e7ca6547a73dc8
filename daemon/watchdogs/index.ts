/** The watchdogs domain: what is told when a peer is silent, an ask open, or a review owed, for too long. */
import { LIMITS } from '../../src/limits.ts'
import type { Clock } from '../clock.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Store } from '../store/store.ts'
import type { DueTimer } from '../store/timer.ts'
import type { Tx } from '../store/transaction.ts'
import type { LookDeps, WatchdogDeps } from './deps.ts'
import { createWatchdogHandlers } from './handlers.ts'
import { lookAt, lookAtDue, nextLook } from './look.ts'
import { getWatchdog, historyWatchdog, listWatchdogs } from './reading.ts'
import { Recoveries } from './recoveries.ts'
import { findWatchdog } from './rows.ts'

export { breachedWatchdogs } from './reading.ts'
export { type BreachSweep, purgeBreaches, purgeWatchdogs } from './retention.ts'
export type { WatchdogRow } from './rows.ts'

export interface WatchdogsOptions extends WatchdogDeps {
  readonly store: Store
  readonly pipeline: Pipeline
  readonly timer: DueTimer
  readonly clock: Clock
}

/** What was found is looked at anew, and what a clock that was put back would keep waiting. */
const PREPARE = "UPDATE watchdogs SET next_at = @now WHERE next_at IS NOT NULL AND (state = 'breached' OR next_at > @now + for_ms)"
const RETIRED = 'UPDATE watchdogs SET next_at = @now WHERE next_at IS NOT NULL AND (owner_id = @peer OR peer_id = @peer OR tells_id = @peer)'

export function createWatchdogs(options: WatchdogsOptions) {
  const { store, pipeline, timer, clock } = options
  const submit = (run: (tx: Tx) => void) => pipeline.submit(run, () => undefined)
  let hearsSince = clock.wallMs()
  const recoveries = new Recoveries({
    store,
    onChange: (watchdogs) =>
      submit((tx) => {
        for (const row of watchdogs.map((id) => findWatchdog(tx, id))) if (row?.state === 'breached') lookAt(tx, deps, row)
      }),
  })
  const deps: LookDeps = { ...options, recoveries, hearsSince: () => hearsSince }
  pipeline.afterBatch(() => recoveries.onBatch())
  timer.add({
    next: () => {
      const wall = nextLook(store)
      return wall === undefined ? undefined : { wall }
    },
    run: () => {
      for (let n = 0; n < LIMITS.lookingCommands; n += 1) submit((tx) => lookAtDue(tx, deps))
    },
  })
  const prepare = (tx: Tx) => void tx.run(PREPARE, { now: tx.now })
  const handlers = createWatchdogHandlers(deps)
  return {
    /** At a start. */
    prepare,
    /** The clock leapt, or the machine slept: peers could not be heard. */
    onDivergence: () => {
      hearsSince = clock.wallMs()
      submit(prepare)
    },
    /** What watches or tells a peer that retires is looked at, and ends. */
    onRetired: (tx: Tx, peerId: number) => void tx.run(RETIRED, { now: tx.now, peer: peerId }),
    commands: {
      'watchdogs.create': handlers.create,
      'watchdogs.pause': handlers.pause,
      'watchdogs.resume': handlers.resume,
      'watchdogs.delete': handlers.remove,
    },
    queries: {
      'watchdogs.get': getWatchdog,
      'watchdogs.list': listWatchdogs,
      'watchdogs.history': historyWatchdog,
    },
  } as const
}
