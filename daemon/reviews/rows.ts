import type { Review, ReviewEntry, Verdict } from '../../src/contract/index.ts'
import { formatDuration, formatTime } from '../../src/time.ts'
import type { Caller } from '../caller.ts'
import { circleName, refOf, timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { PRIORITIES } from '../threads/index.ts'
import { inOneLine, type SubjectFields } from './subjects.ts'

export interface ReviewRow extends SubjectFields {
  readonly id: number
  readonly circle_id: number
  readonly title: string | null
  readonly state: Review['state']
  readonly priority: number
  readonly head: string | null
  readonly head_at: number | null
  /** JSON of {@link Changed}. */
  readonly changed: string | null
  readonly owed_since: number | null
  readonly reason: string | null
  readonly verdict: Verdict | null
  readonly reviewer_id: number | null
  readonly reviewed_head: string | null
  readonly reviewed_at: number | null
  readonly forge_author: string | null
  readonly assignee_id: number | null
  readonly assigned_by: number | null
  readonly thread_id: number | null
  readonly deadline_ms: number | null
  readonly checks: Review['checks']
  readonly forge_reviews: string
  readonly observed_at: number | null
  readonly nudge_ms: number | null
  readonly nudge_owner: number | null
  readonly nudge_schedule: number | null
  readonly entries: number
  readonly created_at: number
  readonly ended_at: number | null
}

export type Changed = NonNullable<Review['changed']>

export interface EntryRow {
  readonly entry: number
  readonly at: number
  readonly type: ReviewEntry['type']
  readonly by_id: number | null
  readonly head: string | null
  readonly verdict: Verdict | null
  readonly to_id: number | null
  readonly changed: string | null
  readonly note: string | null
}

/** A review shows this many of those who had a part in it. */
const MAX_SHOWN = 50

export function findReview(reader: Reader, id: number): ReviewRow | undefined {
  return reader.get<ReviewRow>('SELECT * FROM reviews WHERE id = ?', id)
}

/** The review of a row that is there. */
export function reviewAt(reader: Reader, id: number): ReviewRow {
  const row = findReview(reader, id)
  if (!row) throw new Error(`There is no review ${id}`)
  return row
}

export function findBySubject(reader: Reader, subject: string, circleId: number): ReviewRow | undefined {
  return reader.get<ReviewRow>('SELECT * FROM reviews WHERE subject = ? AND circle_id = ?', subject, circleId)
}

/** A review as the caller may see it: the ask by which it was given is shown to those between whom it is. */
export function toReview(reader: Reader, caller: Caller, row: ReviewRow): Review {
  const isBetween = caller.kind === 'admin' || (caller.kind === 'peer' && (caller.peerId === row.assignee_id || caller.peerId === row.assigned_by))
  return {
    id: reader.id('review', row.id),
    circle: circleName(reader, row.circle_id) as string,
    kind: row.kind,
    subject: inOneLine(reader, row),
    url: row.url,
    host: row.host,
    project: row.project,
    number: row.number,
    repository: row.repository,
    branch: row.branch,
    base: row.base,
    artifact: row.artifact_id === null ? null : reader.id('artifact', row.artifact_id),
    title: row.title,
    state: row.state,
    priority: PRIORITIES[row.priority - 1] ?? 'normal',
    head: row.head,
    headAt: timeOrNull(row.head_at),
    changed: changedOf(row.changed),
    owedSince: timeOrNull(row.owed_since),
    reason: row.reason,
    verdict: row.verdict,
    reviewer: refOf(reader, row.reviewer_id),
    reviewedHead: row.reviewed_head,
    reviewedAt: timeOrNull(row.reviewed_at),
    authors: partOf(reader, row.id, 'author'),
    mentionedBy: partOf(reader, row.id, 'mention'),
    forgeAuthor: row.forge_author,
    assignee: refOf(reader, row.assignee_id),
    assignedBy: refOf(reader, row.assigned_by),
    thread: row.thread_id === null || !isBetween ? null : reader.id('thread', row.thread_id),
    checks: row.checks,
    forgeReviews: JSON.parse(row.forge_reviews) as Review['forgeReviews'],
    observedAt: timeOrNull(row.observed_at),
    nudge: row.nudge_ms === null ? null : formatDuration(row.nudge_ms),
    createdAt: formatTime(row.created_at),
    endedAt: timeOrNull(row.ended_at),
  }
}

function partOf(reader: Reader, reviewId: number, part: 'author' | 'mention'): Review['authors'] {
  const sql = 'SELECT peer_id FROM review_peers WHERE review_id = ? AND part = ? ORDER BY at, peer_id LIMIT ?'
  return reader.all<{ peer_id: number }>(sql, reviewId, part, MAX_SHOWN).flatMap(({ peer_id }) => refOf(reader, peer_id) ?? [])
}

export function toEntry(reader: Reader, row: EntryRow): ReviewEntry {
  return {
    at: formatTime(row.at),
    type: row.type,
    by: refOf(reader, row.by_id),
    head: row.head,
    verdict: row.verdict,
    to: refOf(reader, row.to_id),
    changed: changedOf(row.changed),
    note: row.note,
  }
}

function changedOf(json: string | null): Changed | null {
  return json === null ? null : (JSON.parse(json) as Changed)
}
