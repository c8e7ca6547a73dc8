import { LIMITS } from '../../src/limits.ts'
import type { Caller, Query } from '../caller.ts'
import { lineageOf, resolvePast, visibleCircle } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { VISIBLE_REVIEW, viewer, visibleReview } from './access.ts'
import { type EntryRow, findReview, type ReviewRow, toEntry, toReview } from './rows.ts'
import { inOneLine } from './subjects.ts'

/** Not the work of the peer, and of nobody that spawned it or that it spawned; where no author is known, it has not brought it up. */
const NOT_OWN = `NOT EXISTS (SELECT 1 FROM review_peers p WHERE p.review_id = r.id AND p.peer_id IN (SELECT value FROM json_each(@lineage))
  AND (p.part = 'author' OR NOT EXISTS (SELECT 1 FROM review_peers a WHERE a.review_id = r.id AND a.part = 'author')))`
const MINE = `(r.assignee_id = @self OR (r.assignee_id IS NULL AND NOT @assigned AND ${NOT_OWN}))`
const QUEUE = (rule: string) => `SELECT * FROM reviews r WHERE state = 'owed' AND ${VISIBLE_REVIEW} AND (@only IS NULL OR circle_id = @only)
  AND (priority, owed_since, id) > (@priority, @since, @after) AND ${rule} ORDER BY priority, owed_since, id LIMIT @limit`

export const queueReviews: Query<'reviews.queue'> = (reader, caller, input) => {
  const { self, own } = viewer(caller)
  const sees = caller.kind === 'peer' ? caller.role === 'orchestrator' || caller.role === 'person' || caller.role === 'observer' : true
  const after = input.after === undefined ? undefined : visibleReview(reader, caller, input.after)
  const only = input.circle === undefined ? null : visibleCircle(reader, caller, input.circle)
  const place = { priority: after?.priority ?? 0, since: after?.owed_since ?? 0, after: after?.id ?? 0 }
  const common = { self, own, only, ...place, limit: input.limit + 1 }
  const isAll = sees && !input.assigned
  const lineage = isAll || self === null ? '[]' : JSON.stringify([...lineageOf(reader, self)])
  const rows = isAll ? reader.all<ReviewRow>(QUEUE('1'), common) : reader.all<ReviewRow>(QUEUE(MINE), { ...common, assigned: input.assigned ? 1 : 0, lineage })
  const page = rows.slice(0, input.limit)
  const last = rows.length > page.length ? page.at(-1) : undefined
  return { reviews: page.map((row) => toReview(reader, caller, row)), after: last ? reader.id('review', last.id) : null }
}

const LIST = `SELECT * FROM reviews r WHERE id < @before AND ${VISIBLE_REVIEW} AND (@only IS NULL OR circle_id = @only) AND (@state IS NULL OR state = @state)
  AND (@kind IS NULL OR kind = @kind) AND (@assignee IS NULL OR assignee_id = @assignee)
  AND (@author IS NULL OR EXISTS (SELECT 1 FROM review_peers p WHERE p.review_id = r.id AND p.peer_id = @author AND p.part = 'author')) ORDER BY id DESC LIMIT @limit`

export const listReviews: Query<'reviews.list'> = (reader, caller, input) => {
  const numbered = (address: string | undefined) => (address === undefined ? null : resolvePast(reader, caller, address).id)
  const rows = reader.all<ReviewRow>(LIST, {
    ...viewer(caller),
    before: input.before === undefined ? Number.MAX_SAFE_INTEGER : reader.number('review', input.before),
    only: input.circle === undefined ? null : visibleCircle(reader, caller, input.circle),
    state: input.state ?? null,
    kind: input.kind ?? null,
    author: numbered(input.author),
    assignee: numbered(input.assignee),
    limit: input.limit + 1,
  })
  const page = rows.slice(0, input.limit)
  const last = rows.length > page.length ? page.at(-1) : undefined
  return { reviews: page.map((row) => toReview(reader, caller, row)), before: last ? reader.id('review', last.id) : null }
}

export const getReview: Query<'reviews.get'> = (reader, caller, input) => {
  const row = visibleReview(reader, caller, input.review, input.circle)
  const before = input.before ?? Number.MAX_SAFE_INTEGER
  const sql = 'SELECT * FROM review_entries WHERE review_id = ? AND entry < ? ORDER BY entry DESC LIMIT ?'
  const entries = reader.all<EntryRow>(sql, row.id, before, input.limit + 1)
  const page = entries.slice(0, input.limit)
  const oldest = entries.length > page.length ? page.at(-1) : undefined
  return { review: toReview(reader, caller, row), history: page.reverse().map((entry) => toEntry(reader, entry)), before: oldest?.entry ?? null }
}

/** A review that somebody owes, as a handover tells of it. */
interface OwedReview {
  readonly id: string
  /** In one line. */
  readonly subject: string
  /** Wall time. */
  readonly owedSince: number
  readonly assigneeId: number | null
}

/** What is owed in a circle, the oldest first. */
export function owedReviews(reader: Reader, circleId: number, limit: number): OwedReview[] {
  const sql = "SELECT * FROM reviews WHERE state = 'owed' AND circle_id = ? ORDER BY owed_since, id LIMIT ?"
  return reader.all<ReviewRow>(sql, circleId, Math.min(limit, LIMITS.maxExamined)).map((row) => ({
    id: reader.id('review', row.id),
    subject: inOneLine(reader, row),
    owedSince: row.owed_since as number,
    assigneeId: row.assignee_id,
  }))
}

/** Since when the oldest review of a circle has been owed, or the oldest that was given to a peer. `undefined` where none is. */
export function oldestOwedSince(reader: Reader, circleId: number, peerId?: number): number | undefined {
  const sql =
    peerId === undefined
      ? "SELECT owed_since FROM reviews WHERE state = 'owed' AND circle_id = ? ORDER BY owed_since LIMIT 1"
      : "SELECT owed_since FROM reviews WHERE state = 'owed' AND assignee_id = ? AND circle_id = ? ORDER BY owed_since LIMIT 1"
  return reader.get<{ owed_since: number }>(sql, ...(peerId === undefined ? [circleId] : [peerId, circleId]))?.owed_since
}

/**
 * Whether a review is owed still: the one that is named, by the peer where one is, or any that was given to the peer.
 *
 * @throws MusterError `not_found` where the caller may not see the review
 */
export function isReviewOwed(
  reader: Reader,
  caller: Caller,
  { review, peerId }: { readonly review?: string | undefined; readonly peerId?: number | undefined },
): boolean {
  if (review !== undefined) {
    const { id } = visibleReview(reader, caller, review)
    const row = findReview(reader, id)
    return row?.state === 'owed' && (peerId === undefined || row.assignee_id === peerId)
  }
  const sql = `SELECT 1 FROM reviews WHERE state = 'owed' AND assignee_id = @peer AND ${VISIBLE_REVIEW} LIMIT 1`
  return reader.get(sql, { ...viewer(caller), peer: peerId ?? null }) !== undefined
}
