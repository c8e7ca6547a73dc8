import type { Event } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { decodeCursor, type IdKind } from '../../src/ids.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import type { Caller, Query } from '../caller.ts'
import { circleName, GRANTED_CIRCLES, IS_OWN_VIEWS, OBSERVED_CIRCLES, PEOPLE, refOf } from '../peers/index.ts'
import type { Reader, ScanReader, Store } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { withPreviews } from './previews.ts'

export interface EventRow {
  readonly seq: number
  readonly at: number
  readonly type: string
  readonly actor_id: number | null
  readonly circle_id: number | null
  readonly subject_kind: IdKind | null
  readonly subject: number | null
  readonly changed: string
}

const COLUMNS = 'e.seq, e.at, e.type, e.actor_id, e.circle_id, e.subject_kind, e.subject, e.changed'
/**
 * The administrator sees all; a peer its own, what concerns it, its circle's public ones, and those of circles it holds grants for. An observer of
 * forges sees what becomes of the reviews that it is asked to look at, people of the pairings that one of them has to confirm, and the daemon's
 * writer of dashboard files what happens in circles.
 */
export const VISIBLE = `(@self IS NULL OR e.actor_id = @self OR e.peer_id = @self OR (e.audience = 'circle' AND e.circle_id = @own)
  OR (e.audience <> 'admin' AND e.circle_id IN (${GRANTED_CIRCLES}))
  OR (e.type >= 'review.' AND e.type < 'review/' AND e.circle_id IN (${OBSERVED_CIRCLES}))
  OR (e.type >= 'pairing.' AND e.type < 'pairing/' AND @self IN (${PEOPLE}))
  OR (e.audience <> 'admin' AND e.circle_id IS NOT NULL AND ${IS_OWN_VIEWS}))`
export const WANTED = `(@types IS NULL OR e.type IN (SELECT value FROM json_each(@types))
    OR substr(e.type, 1, instr(e.type, '.') - 1) IN (SELECT value FROM json_each(@types)))`
/** The rows examined are bounded before the filter, so that a rare type costs no scan of the log. */
const AFTER = `SELECT ${COLUMNS} FROM events e
  WHERE e.seq > @after AND e.seq <= @upTo AND ${VISIBLE} AND ${WANTED}
  ORDER BY e.seq`
const OLDEST = `${AFTER} LIMIT @limit`
/** For a reader that has no cursor yet, or goes back from one. */
const NEWEST = `${AFTER} DESC LIMIT @limit`

/** The event log as a caller may read it. */
export function listEvents(store: Store): Query<'events.list'> {
  return (reader, caller, input) => {
    const page = readEvents(store, reader, caller, input)
    return input.preview ? { ...page, events: withPreviews(reader, caller, page.events) } : page
  }
}

export interface EventPage {
  readonly events: Event[]
  readonly cursor: string
  readonly more: boolean
  readonly before: string | null
}

/**
 * A page of events after a cursor, or before one; without a cursor the newest page. Oldest first.
 *
 * @throws MusterError `cursor_expired` when the cursor is of another incarnation or below the retention floor, `invalid_input` for two cursors
 */
export function readEvents(
  store: Store,
  reader: Reader,
  caller: Caller,
  input: { readonly after?: string | undefined; readonly before?: string | undefined; readonly types?: readonly string[] | undefined; readonly limit: number },
): EventPage {
  if (input.after !== undefined && input.before !== undefined) throw new MusterError('invalid_input', { hint: 'Give `after` or `before`, not both.' })
  const last = store.last('event')
  const [self, own] = caller.kind === 'peer' ? [caller.peerId, caller.circleId] : [null, null]
  const types = input.types && input.types.length > 0 ? JSON.stringify(input.types) : null
  if (input.after === undefined) {
    const upTo = input.before === undefined ? last : seqOf(store, input.before, last) - 1
    const begin = Math.max(eventFloor(reader) - 1, upTo - LIMITS.maxExamined)
    const rows = reader.all<EventRow>(NEWEST, { after: begin, upTo, self, own, types, limit: input.limit + 1 })
    const page = rows.slice(0, input.limit).reverse()
    const reached = rows.length > input.limit ? (page[0] as EventRow).seq : begin + 1
    const before = reached > eventFloor(reader) ? store.cursor(reached) : null
    return { events: page.map((row) => toEvent(store, row)), cursor: store.cursor(last), more: false, before }
  }
  const after = seqOf(store, input.after, last)
  const upTo = Math.min(last, after + LIMITS.maxExamined)
  const rows = reader.all<EventRow>(OLDEST, { after, upTo, self, own, types, limit: input.limit + 1 })
  const page = rows.slice(0, input.limit)
  const reached = rows.length > input.limit ? (page.at(-1) as EventRow).seq : upTo
  return { events: page.map((row) => toEvent(store, row)), cursor: store.cursor(reached), more: reached < last, before: null }
}

/** The first event that is kept. */
export function eventFloor(reader: Reader): number {
  return Number(reader.get<{ value: string }>("SELECT value FROM meta WHERE key = 'event_floor'")?.value ?? 1)
}

/** @throws MusterError `cursor_expired` */
export function seqOf(reader: ScanReader, cursor: string, last: number): number {
  const decoded = decodeCursor(cursor)
  const seq = decoded?.seq ?? -1
  if (decoded?.tag !== reader.tag || seq + 1 < eventFloor(reader) || seq > last) {
    throw new MusterError('cursor_expired', {
      current: reader.cursor(last),
      hint: 'Load the state again (peers.list, threads.list, threads.owed) and go on from `current`.',
    })
  }
  return seq
}

export function toEvent(reader: ScanReader, row: EventRow): Event {
  return {
    cursor: reader.cursor(row.seq),
    at: formatTime(row.at),
    type: row.type,
    actor: refOf(reader, row.actor_id),
    circle: circleName(reader, row.circle_id),
    subject: row.subject_kind !== null && row.subject !== null ? reader.id(row.subject_kind, row.subject) : null,
    changed: JSON.parse(row.changed) as Record<string, unknown>,
  }
}

/** What happened in threads and to reviews after an event, in order. For who looks after every batch: the events of one are few. */
export function workEventsAfter(reader: Reader, after: number): Pick<EventRow, 'type' | 'subject_kind' | 'actor_id' | 'subject'>[] {
  const sql = "SELECT type, subject_kind, actor_id, subject FROM events WHERE seq > ? AND (subject_kind = 'thread' OR subject_kind = 'review') ORDER BY seq"
  return reader.all(sql, after)
}

/** When the first event that is kept was. */
export function oldestEventAt(reader: Reader): number | null {
  return reader.get<{ at: number }>('SELECT at FROM events WHERE seq > 0 ORDER BY seq LIMIT 1')?.at ?? null
}

export function newestEventAt(reader: Reader): number | undefined {
  return reader.get<{ at: number }>('SELECT at FROM events WHERE seq > 0 ORDER BY seq DESC LIMIT 1')?.at
}

/** Deletes events that are older than this, at most `LIMITS.purgeRows`; returns how many. */
export function purgeEvents(tx: Tx, keptMs: number): number {
  const rows = tx.all<{ seq: number; at: number }>('SELECT seq, at FROM events WHERE seq >= ? ORDER BY seq LIMIT ?', eventFloor(tx), LIMITS.purgeRows)
  // Times may step back: only a run from the floor goes. Numbers may be missing in it, those of commands that failed.
  const kept = rows.findIndex((row) => row.at > tx.now - keptMs)
  const gone = kept === -1 ? rows : rows.slice(0, kept)
  const last = gone.at(-1)
  if (!last) return 0
  tx.run('DELETE FROM events WHERE seq <= ?', last.seq)
  tx.run("INSERT OR REPLACE INTO meta (key, value) VALUES ('event_floor', ?)", String(last.seq + 1))
  return gone.length
}
