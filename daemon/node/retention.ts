import type { Clock } from '../clock.ts'
import { purgeEvents } from '../events/events.ts'
import { type KeySweep, purgeKeys } from '../store/idempotency.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { DueTimer } from '../store/timer.ts'
import type { Tx } from '../store/transaction.ts'
import { forgetHours, purgeFans, purgePairs, purgeThreads, purgeTopics } from '../threads/index.ts'

/** How often the daemon looks for what may be forgotten. */
const EVERY_MS = 3_600_000

export interface RetentionState {
  /** Wall time of the last complete run of this process. */
  lastRunAt: number | null
  /** Rows purged since the daemon started. */
  purgedRows: number
}

export interface RetentionOptions {
  readonly pipeline: Pipeline
  readonly clock: Clock
  readonly timer: DueTimer
  readonly purgeArtifacts: Step
}

/** Forgets what is past its time, in commands of 500 rows, so that no batch waits behind a purge. */
export function createRetention(options: RetentionOptions): RetentionState {
  const { pipeline, clock, timer, purgeArtifacts } = options
  const state: RetentionState = { lastRunAt: null, purgedRows: 0 }
  let dueAt = clock.monoMs()
  timer.add({
    next: () => ({ mono: dueAt }),
    run: () => {
      dueAt = clock.monoMs() + EVERY_MS
      runSteps(pipeline, [...steps(), purgeArtifacts], state)
    },
  })
  return state
}

/** Purges one batch; returns how many rows went, and whether there may be more. */
type Step = (tx: Tx) => { readonly purged: number; readonly more: boolean }

function runSteps(pipeline: Pipeline, steps: readonly Step[], state: RetentionState): void {
  const [step, ...rest] = steps
  if (!step) return
  pipeline.submit(
    (tx) => {
      const result = step(tx)
      if (rest.length === 0 && !result.more) tx.after(() => (state.lastRunAt = tx.now))
      return result
    },
    (outcome) => {
      // A failed batch ends the run; the next one begins anew in an hour.
      if (!outcome.ok) return
      state.purgedRows += outcome.value.purged
      runSteps(pipeline, outcome.value.more ? steps : rest, state)
    },
  )
}

/** Fresh steps for one run. */
function steps(): Step[] {
  return [
    eventStep(),
    sweep(0, purgeFans),
    sweep(0, purgeThreads),
    (tx) => ({ purged: forgetHours(tx), more: false }),
    sweep({ sender_id: 0, peer_id: 0, topic: '' }, purgeTopics),
    sweep({ a: 0, b: 0 }, purgePairs),
    sweep<KeySweep>({ actor: Number.MIN_SAFE_INTEGER, operation: '', key: '' }, purgeKeys),
  ]
}

function eventStep(): Step {
  return (tx) => {
    const purged = purgeEvents(tx)
    return { purged, more: purged > 0 }
  }
}

/** A step that walks a table in its own order, from `start` on, and remembers where it stands between its batches. */
function sweep<Cursor>(start: Cursor, purge: (tx: Tx, after: Cursor) => { readonly next: Cursor | undefined; readonly purged: number }): Step {
  let after = start
  return (tx) => {
    const { next, purged } = purge(tx, after)
    // Only what was committed counts: a batch that fails is run again, or not at all.
    if (next !== undefined) tx.after(() => (after = next))
    return { purged, more: next !== undefined }
  }
}
