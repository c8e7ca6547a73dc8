import type { Output } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatDuration, formatTime } from '../../src/time.ts'
import type { Clock } from '../clock.ts'
import { purgeApprovals, purgeCards } from '../decisions/index.ts'
import { eventFloor, newestEventAt, oldestEventAt, purgeEvents } from '../events/events.ts'
import { purgeArrivals } from '../ingress/index.ts'
import { purgeReviews } from '../reviews/index.ts'
import { type OccurrenceSweep, purgeOccurrences, purgeSchedules } from '../schedules/index.ts'
import { type KeySweep, purgeKeys } from '../store/idempotency.ts'
import { readNote, writeNote } from '../store/meta.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Reader, Store } from '../store/store.ts'
import type { DueTimer } from '../store/timer.ts'
import type { Tx } from '../store/transaction.ts'
import { forgetHours, purgeFans, purgePairs, purgeThreads, purgeTopics } from '../threads/index.ts'
import { type BreachSweep, purgeBreaches, purgeWatchdogs } from '../watchdogs/index.ts'

type Status = Output<'node.status'>['retention']
type Purged = Status['purged'][number]['what']

/** How long is kept what may be configured. */
export interface Keeping {
  readonly eventMs: number
  readonly closedThreadMs: number
}

/** How often the daemon looks for what may be forgotten. */
const EVERY_MS = 3_600_000
/** More than this between two looks, and the clock may be wrong rather than the daemon have been away. */
const LEAP_MS = 1_209_600_000
/** How long a person has, then, to set the clock right before anything goes. */
const HOLD_MS = 86_400_000

/** What outlasts a restart: when it looked last, and what has gone. */
interface Note {
  readonly lastRunAt: number | null
  readonly seenAt: number
  readonly heldUntil: number | null
  readonly purged: Partial<Record<Purged, { readonly rows: number; readonly at: number }>>
}

export interface RetentionOptions {
  readonly pipeline: Pipeline
  readonly store: Store
  readonly clock: Clock
  readonly timer: DueTimer
  readonly keeping: Keeping
  readonly purgeArtifacts: Step['purge']
  readonly log: { warn(entry: object, text: string): void }
}

/** Forgets what is past its time, in commands of 500 rows, so that no batch waits behind a purge. */
export class Retention {
  readonly #options: RetentionOptions
  /** Since the daemon started. */
  #purgedRows = 0

  constructor(options: RetentionOptions) {
    const { clock, timer, pipeline } = options
    this.#options = options
    let dueAt = clock.monoMs()
    timer.add({
      next: () => ({ mono: dueAt }),
      run: () => {
        dueAt = clock.monoMs() + EVERY_MS
        pipeline.submit(
          (tx) => this.#look(tx),
          (outcome) => {
            if (outcome.ok && outcome.value) this.#run(steps(options))
          },
        )
      },
    })
  }

  status(reader: Reader): Status {
    const { store, keeping } = this.#options
    const note = noteOf(reader)
    return {
      lastRunAt: note?.lastRunAt ? formatTime(note.lastRunAt) : null,
      purgedRows: this.#purgedRows,
      // Whoever reads on from here misses nothing of what is kept.
      eventsSince: store.cursor(eventFloor(reader) - 1),
      oldestEventAt: timeOrNull(oldestEventAt(reader)),
      heldUntil: timeOrNull(note?.heldUntil ?? null),
      keeps: {
        events: formatDuration(keeping.eventMs),
        closedThreads: formatDuration(keeping.closedThreadMs),
        idempotencyKeys: formatDuration(LIMITS.idempotencyMs),
      },
      purged: Object.entries(note?.purged ?? {}).map(([what, { rows, at }]) => ({ what: what as Purged, rows, at: formatTime(at) })),
    }
  }

  /**
   * Whether anything may go now. A clock that leapt ahead makes everything look old: for a day after that nothing goes, so
   * that a wrong clock deletes nothing. A daemon that was away for long waits that day, too.
   */
  #look(tx: Tx): boolean {
    const note = noteOf(tx)
    const seenAt = note?.seenAt ?? newestEventAt(tx) ?? tx.now
    const leapt = tx.now - seenAt > LEAP_MS
    // Set back again: the end of the hold was on a clock that was wrong.
    const held = note?.heldUntil && note.heldUntil > tx.now && note.heldUntil <= tx.now + HOLD_MS ? note.heldUntil : null
    const heldUntil = leapt ? tx.now + HOLD_MS : held
    writeNote(tx, 'retention', { lastRunAt: null, purged: {}, ...note, seenAt: tx.now, heldUntil } satisfies Note)
    if (leapt)
      tx.after(() =>
        this.#options.log.warn({ days: Math.floor((tx.now - seenAt) / HOLD_MS) }, 'the clock is far ahead of the last look: nothing is purged for a day'),
      )
    return heldUntil === null
  }

  #run(all: readonly Step[]): void {
    const [step, ...rest] = all
    if (!step) return
    this.#options.pipeline.submit(
      (tx) => {
        const result = step.purge(tx)
        const isLast = rest.length === 0 && !result.more
        if (result.purged > 0 || isLast) noteRun(tx, step.what, result.purged, isLast)
        return result
      },
      (outcome) => {
        // A failed batch ends the run; the next one begins anew in an hour.
        if (!outcome.ok) return
        this.#purgedRows += outcome.value.purged
        this.#run(outcome.value.more ? all : rest)
      },
    )
  }
}

function noteOf(reader: Reader): Note | undefined {
  return readNote<Note>(reader, 'retention')
}

function noteRun(tx: Tx, what: Purged, rows: number, isLast: boolean): void {
  const note = noteOf(tx) as Note
  const purged = rows > 0 ? { ...note.purged, [what]: { rows: (note.purged[what]?.rows ?? 0) + rows, at: tx.now } } : note.purged
  writeNote(tx, 'retention', { ...note, purged, ...(isLast && { lastRunAt: tx.now }) } satisfies Note)
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : formatTime(ms)
}

/** Purges one batch; returns how many rows went, and whether there may be more. */
interface Step {
  readonly what: Purged
  readonly purge: (tx: Tx) => { readonly purged: number; readonly more: boolean }
}

/** Fresh steps for one run. */
function steps({ keeping: { eventMs, closedThreadMs }, purgeArtifacts }: RetentionOptions): Step[] {
  return [
    { what: 'events', purge: (tx) => more(purgeEvents(tx, eventMs)) },
    { what: 'fans', purge: sweep(0, (tx, after) => purgeFans(tx, after, closedThreadMs)) },
    { what: 'threads', purge: sweep(0, (tx, after) => purgeThreads(tx, after, closedThreadMs)) },
    { what: 'threads', purge: (tx) => ({ purged: forgetHours(tx), more: false }) },
    { what: 'topics', purge: sweep({ sender_id: 0, peer_id: 0, topic: '' }, purgeTopics) },
    { what: 'pairs', purge: sweep({ a: 0, b: 0 }, purgePairs) },
    { what: 'schedules', purge: sweep<OccurrenceSweep>({ schedule_id: 0, due_at: 0 }, purgeOccurrences) },
    { what: 'schedules', purge: sweep(0, purgeSchedules) },
    { what: 'reviews', purge: sweep(0, purgeReviews) },
    { what: 'decisions', purge: sweep(0, purgeCards) },
    { what: 'decisions', purge: sweep(0, purgeApprovals) },
    { what: 'watchdogs', purge: sweep<BreachSweep>({ watchdog_id: 0, number: 0 }, purgeBreaches) },
    { what: 'watchdogs', purge: sweep(0, purgeWatchdogs) },
    { what: 'arrivals', purge: sweep(0, purgeArrivals) },
    { what: 'keys', purge: sweep<KeySweep>({ actor: Number.MIN_SAFE_INTEGER, operation: '', key: '' }, purgeKeys) },
    { what: 'artifacts', purge: purgeArtifacts },
  ]
}

function more(purged: number) {
  return { purged, more: purged > 0 }
}

/** A step that walks a table in its own order, from `start` on, and remembers where it stands between its batches. */
function sweep<Cursor>(start: Cursor, purge: (tx: Tx, after: Cursor) => { readonly next: Cursor | undefined; readonly purged: number }): Step['purge'] {
  let after = start
  return (tx) => {
    const { next, purged } = purge(tx, after)
    // Only what was committed counts: a batch that fails is run again, or not at all.
    if (next !== undefined) tx.after(() => (after = next))
    return { purged, more: next !== undefined }
  }
}
