import type { Verdict } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { isSameCommit, shortSha } from '../../src/review-subjects.ts'
import type { PeerCaller } from '../caller.ts'
import { refOf } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { askAgain, cancelAsk, capital, countsOf, named, tellConcerned, unassign } from './asks.ts'
import type { ReviewDeps } from './deps.ts'
import { type Happened, note } from './history.ts'
import { endNudge, startNudge } from './nudges.ts'
import { conflictOf } from './parts.ts'
import { type Changed, type ReviewRow, reviewAt } from './rows.ts'
import type { Named } from './subjects.ts'

const INSERT = `INSERT INTO reviews (id, circle_id, kind, subject, url, host, project, number, repository, branch, base, artifact_id, state, priority,
  owed_since, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'owed', 2, ?, ?)`

export interface Creation {
  readonly circleId: number
  readonly subject: Named
  readonly by: number | null
  readonly happened: Pick<Happened, 'type' | 'note'>
}

/** Puts a subject into the queue of a circle, as owed. */
export function createReview(tx: Tx, { circleId, subject: { fields, head }, by, happened }: Creation): ReviewRow {
  const id = tx.take('review')
  const { kind, subject, url, host, project, number, repository, branch, base, artifact_id } = fields
  tx.run(INSERT, id, circleId, kind, subject, url, host, project, number, repository, branch, base, artifact_id, tx.now, tx.now)
  note(tx, { id, circle_id: circleId }, { ...happened, by_id: by, head })
  if (head !== null) firstHead(tx, reviewAt(tx, id), head, by)
  return reviewAt(tx, id)
}

/** Whether another review may be owed in a circle. */
export function hasRoom(reader: Reader, circleId: number, limit: number = LIMITS.maxOwedReviews): boolean {
  const sql = "SELECT count(*) AS n FROM (SELECT 1 FROM reviews WHERE circle_id = ? AND state = 'owed' LIMIT ?)"
  return (reader.get<{ n: number }>(sql, circleId, limit)?.n ?? 0) < limit
}

function firstHead(tx: Tx, row: ReviewRow, head: string, by: number | null): void {
  tx.run('UPDATE reviews SET head = ?, head_at = ? WHERE id = ?', head, tx.now, row.id)
  note(tx, row, { type: 'head', by_id: by, head })
}

/** The heads of before are looked through up to this many. */
const MAX_HEADS = 1_000

/** Whether a commit was the head before another took its place. */
export function wasHead(reader: Reader, row: ReviewRow, sha: string): boolean {
  const sql = "SELECT head FROM review_entries WHERE review_id = ? AND type = 'head' ORDER BY entry DESC LIMIT ?"
  return reader.all<{ head: string }>(sql, row.id, MAX_HEADS).some(({ head }) => isSameCommit(head, sha))
}

export interface NewHead {
  readonly sha: string
  /** `null`: an observer, or the administrator. */
  readonly by: number | null
  readonly changed?: Partial<Changed> | undefined
  /** An observer knows: what it calls the head is the head, whatever was one before. A peer that names an older one is late. */
  readonly isCertain: boolean
}

/**
 * A head was named. Where it is another than the one that is known, a review that was done is owed again, and whoever it was given to is asked anew.
 *
 * @param isQuiet for a head that is about to be marked as reviewed: nobody is asked
 */
export function settleHead(tx: Tx, deps: ReviewDeps, row: ReviewRow, { sha, by, changed, isCertain }: NewHead, isQuiet = false): ReviewRow {
  if (row.kind === 'range' || row.kind === 'artifact') return row
  if (row.head !== null && isSameCommit(row.head, sha)) return withLongerSha(tx, row, sha)
  if (!isCertain && wasHead(tx, row, sha)) return row
  const facts: Changed = { commits: null, files: null, additions: null, deletions: null, ...changed, from: changed?.from ?? row.head }
  const json = row.head === null ? null : JSON.stringify(facts)
  tx.run('UPDATE reviews SET head = ?, head_at = ?, changed = ? WHERE id = ?', sha, tx.now, json, row.id)
  note(tx, row, { type: 'head', by_id: by, head: sha, changed: json })
  const now = reviewAt(tx, row.id)
  if (isQuiet || row.state === 'ended') return now
  const counts = countsOf(facts)
  const known = `${shortSha(sha)}${counts === '' ? '' : ` (${counts})`}`
  const why = row.head === null ? `its head is now known: ${known}` : `its head moved from ${shortSha(row.head)} to ${known}`
  if (row.state === 'reviewed') return owe(tx, deps, now, why)
  return row.head === null || now.assignee_id === null ? forgetLateAsk(tx, now) : askAgain(tx, deps, now, why)
}

/** Of one commit the longer name is kept. */
function withLongerSha(tx: Tx, row: ReviewRow, sha: string): ReviewRow {
  if (row.head === null || sha.length <= row.head.length) return row
  tx.run('UPDATE reviews SET head = ?, reviewed_head = CASE WHEN reviewed_head = ? THEN ? ELSE reviewed_head END WHERE id = ?', sha, row.head, sha, row.id)
  return reviewAt(tx, row.id)
}

/** An ask that expired could still be answered, for the head that it named. */
function forgetLateAsk(tx: Tx, row: ReviewRow): ReviewRow {
  if (row.assignee_id !== null || row.thread_id === null) return row
  tx.run('UPDATE reviews SET thread_id = NULL WHERE id = ?', row.id)
  return reviewAt(tx, row.id)
}

/** A review that was done is owed again; whoever did it is told. */
export function owe(tx: Tx, deps: ReviewDeps, row: ReviewRow, reason: string, by: number | null = null): ReviewRow {
  tx.run("UPDATE reviews SET state = 'owed', owed_since = ?, reason = ?, ended_at = NULL WHERE id = ?", tx.now, reason, row.id)
  note(tx, row, { type: row.state === 'ended' ? 'reopened' : 'owed', by_id: by, head: row.head, note: reason })
  const owed = reviewAt(tx, row.id)
  if (owed.assignee_id === null) tellLastReviewer(tx, deps, owed, reason)
  const now = owed.assignee_id === null ? owed : askAgain(tx, deps, owed, reason)
  startNudge(tx, deps, now)
  return reviewAt(tx, row.id)
}

function tellLastReviewer(tx: Tx, deps: ReviewDeps, row: ReviewRow, reason: string): void {
  if (row.reviewer_id === null || conflictOf(tx, row.id, row.reviewer_id) !== undefined) return
  deps.threads.tell(tx, row.reviewer_id, `${named(tx, row)} is owed a look again (${tx.id('review', row.id)}): ${reason}. You reviewed it before.`)
}

export interface Clearing {
  readonly reviewer: PeerCaller
  readonly verdict: Verdict
  readonly words: string | null
  /** The ask that the reviewer has just answered with it. */
  readonly answered?: { readonly opener: number | null }
}

const VERDICTS: Readonly<Record<Verdict, string>> = { approve: 'approve', request_changes: 'request changes', comment: 'comment' }

/** Somebody who did not touch it has looked at its head. */
export function clear(tx: Tx, deps: ReviewDeps, row: ReviewRow, { reviewer, verdict, words, answered }: Clearing): ReviewRow {
  const { peerId } = reviewer
  tx.run(
    `UPDATE reviews SET state = 'reviewed', owed_since = NULL, reason = NULL, verdict = ?, reviewer_id = ?, reviewed_head = head, reviewed_at = ?, thread_id = NULL,
     assignee_id = CASE WHEN assignee_id = ? THEN assignee_id END WHERE id = ?`,
    verdict,
    peerId,
    tx.now,
    peerId,
    row.id,
  )
  note(tx, row, { type: 'reviewed', by_id: peerId, head: row.head, verdict, note: words?.slice(0, LIMITS.maxNoteChars) ?? null })
  endNudge(tx, deps, row, 'it was reviewed')
  const said = `${capital(VERDICTS[verdict])}: ${named(tx, row)} (${tx.id('review', row.id)}).${words === null ? '' : `\n\n${words}`}`
  const asker = row.thread_id === null || answered ? (answered?.opener ?? null) : endAsk(tx, deps, row, row.thread_id, peerId, said)
  const name = refOf(tx, peerId)?.name ?? 'A peer'
  const brief = `${name} has reviewed ${named(tx, row)} (${tx.id('review', row.id)}): ${VERDICTS[verdict]}.`
  tellConcerned(tx, deps, row, reviewer, { words: said, brief, besides: [row.assigned_by], except: [asker] })
  return reviewAt(tx, row.id)
}

/** The ask of the one who did it is answered by that; that of anybody else is not needed any more. @returns who reads the verdict in the thread */
function endAsk(tx: Tx, deps: ReviewDeps, row: ReviewRow, thread: number, reviewer: number, said: string): number | null {
  if (row.assignee_id === reviewer) return deps.threads.endFollowed(tx, thread, { state: 'answered', kind: 'answer', by: reviewer, body: said, reason: null })
  const done = `${refOf(tx, reviewer)?.name ?? 'Another'} has reviewed it`
  deps.threads.endFollowed(tx, thread, { state: 'cancelled', kind: 'cancel', by: null, body: done, reason: done })
  return null
}

/** It leaves the queue, with the reason. */
export function end(tx: Tx, deps: ReviewDeps, row: ReviewRow, reason: string, by: number | null): ReviewRow {
  if (row.state === 'ended') return row
  tx.run("UPDATE reviews SET state = 'ended', owed_since = NULL, reason = ?, ended_at = ? WHERE id = ?", reason, tx.now, row.id)
  note(tx, row, { type: 'ended', by_id: by, head: row.head, note: reason })
  cancelAsk(tx, deps, row, reason)
  endNudge(tx, deps, row, reason)
  return reviewAt(tx, row.id)
}

/** Another author is known: if it is the work of whoever cleared it, nobody has; if it is that of whoever it was given to, it goes back into the queue. */
export function reconsider(tx: Tx, deps: ReviewDeps, row: ReviewRow): ReviewRow {
  const hasPart = (peerId: number | null) => peerId !== null && conflictOf(tx, row.id, peerId) !== undefined
  if (row.state === 'reviewed' && hasPart(row.reviewer_id)) return owe(tx, deps, row, `${refOf(tx, row.reviewer_id)?.name ?? 'its reviewer'} had a part in it`)
  if (row.state !== 'owed' || !hasPart(row.assignee_id)) return row
  const why = `${refOf(tx, row.assignee_id)?.name ?? 'its reviewer'} has a part in it`
  cancelAsk(tx, deps, row, why)
  unassign(tx, row, null, why)
  startNudge(tx, deps, reviewAt(tx, row.id))
  return reviewAt(tx, row.id)
}
