import type { Verdict } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { findPeer, refOf } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import type { FollowedEnd } from '../threads/index.ts'
import { named, unassign } from './asks.ts'
import type { ReviewDeps } from './deps.ts'
import { note } from './history.ts'
import { startNudge } from './nudges.ts'
import { conflictOf } from './parts.ts'
import { type ReviewRow, reviewAt } from './rows.ts'
import { clear } from './states.ts'

const APPROVES = /^[^\p{L}]*(?:approved?|lgtm)\b/iu
const REFUSES = /^[^\p{L}]*(?:request(?:ed|s|ing)?[ _-]changes?|changes?[ _-]requested)\b/iu

/** The verdict that an answer begins with; a comment where it begins with none. */
function verdictOf(body: string): Verdict {
  return APPROVES.test(body) ? 'approve' : REFUSES.test(body) ? 'request_changes' : 'comment'
}

/** The ask by which a review was given to a peer has ended: an answer is the review, everything else gives it back. It refuses nothing. */
export function onAskEnded(tx: Tx, deps: ReviewDeps, ended: FollowedEnd): void {
  const row = tx.get<ReviewRow>('SELECT * FROM reviews WHERE thread_id = ?', ended.threadId)
  if (!row) return
  if (ended.state === 'answered' && ended.by !== null) answered(tx, deps, row, ended, ended.by)
  else giveBack(tx, deps, row, ended)
}

function answered(tx: Tx, deps: ReviewDeps, row: ReviewRow, { body, opener }: FollowedEnd, by: number): void {
  const peer = findPeer(tx, by)
  if (!peer || row.state !== 'owed' || conflictOf(tx, row.id, by) !== undefined) {
    // It has become the work of the one who was asked, or needs no look any more: the words are kept, and clear nothing.
    note(tx, row, { type: 'commented', by_id: by, head: row.head, note: body.slice(0, LIMITS.maxNoteChars) })
    tx.run('UPDATE reviews SET thread_id = NULL WHERE id = ?', row.id)
    if (row.state === 'owed' && row.assignee_id !== null) unassign(tx, row, null, 'it is the work of whoever was asked')
    return
  }
  clear(tx, deps, row, { reviewer: deps.callerOf(peer), verdict: verdictOf(body), words: body, answered: { opener } })
}

function giveBack(tx: Tx, deps: ReviewDeps, row: ReviewRow, { state, by, body, opener }: FollowedEnd): void {
  // One that expired can still be answered late.
  if (state !== 'expired') tx.run('UPDATE reviews SET thread_id = NULL WHERE id = ?', row.id)
  if (row.assignee_id === null || row.state !== 'owed') return
  unassign(tx, row, by, `${state}: ${body}`.slice(0, LIMITS.maxReasonChars))
  startNudge(tx, deps, reviewAt(tx, row.id))
  if (row.assigned_by === null || row.assigned_by === opener) return
  deps.threads.tell(
    tx,
    row.assigned_by,
    `${refOf(tx, row.assignee_id)?.name} was asked to review ${named(tx, row)}, and that was ${state}. ${tx.id('review', row.id)} waits in the queue.`,
  )
}
