import { LIMITS } from '../../src/limits.ts'
import type { Scan } from '../caller.ts'
import { resolvePast, toRef } from '../peers/index.ts'
import { type EventRow, eventFloor, seqOf, toEvent, VISIBLE, WANTED } from './events.ts'
import { withPreviews } from './previews.ts'

/** Rows of one statement: between two of them the time that is left could run out, and nothing is kept waiting. */
const STRIDE = 10_000
const CONCERNS = "(e.actor_id = @peer OR e.peer_id = @peer OR (e.subject_kind = 'peer' AND e.subject = @peer))"
const BEFORE = `SELECT e.seq, e.at, e.type, e.actor_id, e.circle_id, e.subject_kind, e.subject, e.changed FROM events e
  WHERE e.seq BETWEEN @from AND @to AND ${CONCERNS} AND ${VISIBLE} AND ${WANTED} ORDER BY e.seq DESC LIMIT @limit`

/**
 * What a peer did and what happened to it, newest first. The log has no index by peer, since it is written with every ask: it is
 * read backwards, so far in one call and further in the next.
 */
export const timelineOf: Scan<'events.timeline'> = (reader, caller, input) => {
  const peer = resolvePast(reader, caller, input.peer)
  const [self, own] = caller.kind === 'peer' ? [caller.peerId, caller.circleId] : [null, null]
  const types = input.types && input.types.length > 0 ? JSON.stringify(input.types) : null
  const floor = eventFloor(reader)
  const last = reader.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM events')?.seq ?? 0
  const start = input.before === undefined ? last : seqOf(reader, input.before, last) - 1
  const end = Math.max(floor, start - LIMITS.maxScanned + 1)
  const rows: EventRow[] = []
  let to = start
  for (; to >= end && rows.length <= input.limit; to -= STRIDE) {
    const from = Math.max(end, to - STRIDE + 1)
    rows.push(...reader.all<EventRow>(BEFORE, { from, to, peer: peer.id, self, own, types, limit: input.limit + 1 - rows.length }))
  }
  const page = rows.slice(0, input.limit)
  const reached = rows.length > input.limit ? page.at(-1)?.seq : end > floor ? end : undefined
  const events = page.map((row) => toEvent(reader, row))
  return {
    peer: toRef(reader, peer),
    events: input.preview ? withPreviews(reader, caller, events) : events,
    before: reached === undefined ? null : reader.cursor(reached),
  }
}
