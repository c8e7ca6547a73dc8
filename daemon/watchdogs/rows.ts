import type { Breach, Watchdog } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { formatDuration, formatTime } from '../../src/time.ts'
import type { Caller } from '../caller.ts'
import { circleName, maySee, refOf, timeOrNull } from '../peers/index.ts'
import { reviewAge } from '../reviews/index.ts'
import type { Reader } from '../store/store.ts'
import { viewThread } from '../threads/index.ts'

export interface WatchdogRow {
  readonly id: number
  readonly owner_id: number
  readonly circle_id: number
  readonly watches: 'silence' | 'ask' | 'review'
  /** One of four: whose silence or whose asks, */
  readonly peer_id: number | null
  /** one thread, */
  readonly thread_id: number | null
  /** one review, */
  readonly review_id: number | null
  /** or the circle of the asks or reviews. */
  readonly scope_id: number | null
  readonly side: 'to' | 'from' | null
  readonly for_ms: number
  readonly tells_id: number
  readonly repeat_ms: number | null
  readonly tells_over: number
  readonly label: string | null
  readonly state: 'armed' | 'breached' | 'paused' | 'ended'
  readonly reason: string | null
  /** The last thread that has been dealt with. */
  readonly cursor: number
  readonly open: number
  readonly breaches: number
  readonly notice: number | null
  readonly told_at: number | null
  readonly next_at: number | null
  readonly created_at: number
  readonly ended_at: number | null
}

export interface BreachRow {
  readonly watchdog_id: number
  readonly number: number
  /** A peer, a thread or a review. */
  readonly subject: number
  readonly since: number
  readonly at: number
  readonly told: number
  readonly notice: number | null
  readonly over_at: number | null
  readonly outcome: string | null
}

export function findWatchdog(reader: Reader, id: number): WatchdogRow | undefined {
  return reader.get<WatchdogRow>('SELECT * FROM watchdogs WHERE id = ?', id)
}

/** Those that go on, at most `LIMITS.maxOpenBreaches`. */
export function openBreaches(reader: Reader, watchdogId: number): BreachRow[] {
  return reader.all<BreachRow>('SELECT * FROM breaches WHERE watchdog_id = ? AND over_at IS NULL ORDER BY number', watchdogId)
}

/** A thread and a review are named to the owner, who named them, and to those who may read them: who is told by it, or looks after the circle, may not be among them. */
export function toWatchdog(reader: Reader, caller: Caller, row: WatchdogRow): Watchdog {
  const [owner, tells] = [refOf(reader, row.owner_id), refOf(reader, row.tells_id)]
  if (!owner || !tells) throw new Error(`Watchdog ${row.id} has no owner, or tells nobody`)
  const isOwner = caller.kind === 'peer' && caller.peerId === row.owner_id
  const named = (id: string, ifReadable: (id: string) => string | null) => (isOwner ? id : ifReadable(id))
  return {
    id: reader.id('watchdog', row.id),
    owner,
    on: row.watches,
    peer: refOf(reader, row.peer_id),
    side: row.side,
    thread: row.thread_id === null ? null : named(reader.id('thread', row.thread_id), (id) => readable(reader, caller, id)),
    review: row.review_id === null ? null : named(reader.id('review', row.review_id), () => readableReview(reader, caller, row.review_id as number)),
    circle: circleName(reader, row.scope_id),
    for: formatDuration(row.for_ms),
    tells,
    repeat: row.repeat_ms === null ? null : formatDuration(row.repeat_ms),
    over: row.tells_over === 1,
    label: row.label,
    state: row.state,
    reason: row.reason,
    nextAt: timeOrNull(row.next_at),
    open: row.open,
    breaches: row.breaches,
    createdAt: formatTime(row.created_at),
  }
}

/** What it names is named to those who may read it. */
export function toBreach(reader: Reader, caller: Caller, watchdog: WatchdogRow, row: BreachRow): Breach {
  return {
    number: row.number,
    subject: subjectOf(reader, caller, watchdog, row.subject),
    since: formatTime(row.since),
    at: formatTime(row.at),
    told: row.told,
    notice: row.notice === null ? null : readable(reader, caller, reader.id('thread', row.notice)),
    overAt: timeOrNull(row.over_at),
    outcome: row.outcome,
  }
}

function subjectOf(reader: Reader, caller: Caller, { watches }: WatchdogRow, subject: number): string | null {
  if (watches === 'silence') return reader.id('peer', subject)
  if (watches === 'ask') return readable(reader, caller, reader.id('thread', subject))
  return readableReview(reader, caller, subject)
}

function readableReview(reader: Reader, caller: Caller, number: number): string | null {
  const review = reviewAge(reader, number)
  return review && maySee(reader, caller, review.circleId) ? reader.id('review', number) : null
}

function readable(reader: Reader, caller: Caller, thread: string): string | null {
  try {
    viewThread(reader, caller, thread)
    return thread
  } catch (error) {
    if (error instanceof MusterError) return null
    throw error
  }
}
