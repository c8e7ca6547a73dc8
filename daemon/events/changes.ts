import { LIMITS } from '../../src/limits.ts'
import type { Caller } from '../caller.ts'
import type { Reader, ScanReader } from '../store/store.ts'
import { type EventRow, eventFloor, seqOf, VISIBLE, WANTED } from './events.ts'

/** Rows of one statement. */
const STRIDE = 10_000
const BY_OTHERS = `SELECT e.seq, e.at, e.type, e.actor_id, e.circle_id, e.subject_kind, e.subject, e.changed FROM events e
  WHERE e.seq BETWEEN @from AND @to AND e.at >= @notBefore AND (@self IS NULL OR e.actor_id IS NOT @self) AND ${VISIBLE} AND ${WANTED} ORDER BY e.seq`

/** A piece of the log: behind `after`, up to `last`. */
export interface LogRange {
  readonly after: number
  readonly last: number
  /** The cursor was of another incarnation, or older than the log. */
  readonly expired: boolean
  /** Nothing was left out for its length. */
  readonly complete: boolean
}

/** What lies behind a cursor, as much of it as a scan may read; behind the beginning of the log where there is none, or where it has expired. */
export function rangeSince(reader: ScanReader, cursor: string | undefined): LogRange {
  const floor = eventFloor(reader) - 1
  const last = Math.max(floor, newestSeq(reader))
  const said = cursor === undefined ? floor : placeOf(reader, cursor, last)
  const after = Math.max(said ?? floor, last - LIMITS.maxScanned)
  return { after, last, expired: said === undefined, complete: after === (said ?? floor) }
}

/** The number of an event cursor; `undefined` where it has expired. */
function placeOf(reader: ScanReader, cursor: string, last: number): number | undefined {
  try {
    return seqOf(reader, cursor, last)
  } catch {
    return undefined
  }
}

/** The last event that is kept, by number. */
export function newestSeq(reader: Reader): number {
  return reader.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM events')?.seq ?? 0
}

/** All that happened between two numbers, the newest first, for who counts it. */
export function eventsBetween(reader: Reader, from: number, to: number): Pick<EventRow, 'at' | 'type' | 'subject'>[] {
  return reader.all('SELECT at, type, subject FROM events WHERE seq BETWEEN ? AND ? ORDER BY seq DESC', from, to)
}

/** The events of some types in a range that others brought about, as far as the caller may see them, the oldest first. */
export function* eventsByOthers(
  reader: Reader,
  caller: Caller,
  range: Pick<LogRange, 'after' | 'last'>,
  filter: { readonly types: readonly string[]; readonly notBefore: number },
): Generator<EventRow> {
  const [self, own] = caller.kind === 'peer' ? [caller.peerId, caller.circleId] : [null, null]
  const common = { self, own, types: JSON.stringify(filter.types), notBefore: filter.notBefore }
  for (let from = range.after + 1; from <= range.last; from += STRIDE) {
    yield* reader.all<EventRow>(BY_OTHERS, { ...common, from, to: Math.min(range.last, from + STRIDE - 1) })
  }
}
