import { MusterError } from '../../src/errors.ts'
import { shortSha } from '../../src/review-subjects.ts'
import type { PeerCaller } from '../caller.ts'
import { findPeer, type PeerRow } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import type { ReviewDeps } from './deps.ts'
import { note } from './history.ts'
import { authorsOf, conflictOf } from './parts.ts'
import { type Changed, type ReviewRow, reviewAt } from './rows.ts'
import { inOneLine } from './subjects.ts'

/** `https://github.com/o/r/pull/3 at 1a2b3c4d5e`. */
export function named(tx: Tx, row: ReviewRow): string {
  const head = row.head === null || row.kind === 'range' || row.kind === 'artifact' ? '' : ` at ${shortSha(row.head)}`
  return `${inOneLine(tx, row)}${head}`
}

/** `3 commits, 5 files`, of what is known. */
export function countsOf({ commits, files, additions, deletions }: Changed): string {
  const counts = [count(commits, 'commit'), count(files, 'file'), count(additions, 'added line'), count(deletions, 'deleted line')]
  return counts.filter((text) => text !== undefined).join(', ')
}

function count(n: number | null, what: string): string | undefined {
  return n === null ? undefined : `${n} ${what}${n === 1 ? '' : 's'}`
}

interface Assignment {
  readonly to: PeerRow
  /** In whose name; `null` for the daemon itself. */
  readonly opener: PeerCaller | null
  /** What the assigner says. It goes out in the assigner's name alone, never in the daemon's. */
  readonly words?: string | undefined
  /** Why it is asked again. */
  readonly why?: string
  readonly deadlineMs: number | null
}

/**
 * Gives a review to a peer, by an ask that it has to close.
 *
 * @throws MusterError `forbidden` where it is the peer's own work, or what refuses the ask
 */
export function assign(tx: Tx, deps: ReviewDeps, row: ReviewRow, { to, opener, words, why, deadlineMs }: Assignment): ReviewRow {
  refuseOwnWork(tx, row, to)
  cancelAsk(tx, deps, row, `it was given to ${to.name}`)
  const body = [
    `${why ?? 'Please review'} ${named(tx, row)}.`,
    ...(opener && words !== undefined ? [words] : []),
    `Answer with approve, request changes or comment as the first words, then say why: that marks ${tx.id('review', row.id)} as reviewed at this head. Decline gives it back.`,
  ].join('\n\n')
  const thread = deps.threads.openFollowed(tx, { opener, recipient: to, body, priority: row.priority, deadlineMs })
  const by = opener?.peerId ?? row.assigned_by
  tx.run('UPDATE reviews SET assignee_id = ?, assigned_by = ?, thread_id = ?, deadline_ms = ? WHERE id = ?', to.id, by, thread, deadlineMs, row.id)
  note(tx, row, { type: 'assigned', by_id: opener?.peerId ?? null, to_id: to.id, head: row.head, note: words ?? null })
  return reviewAt(tx, row.id)
}

/** @throws MusterError `forbidden` */
export function refuseOwnWork(tx: Tx, row: ReviewRow, peer: Pick<PeerRow, 'id' | 'name'>): void {
  const suspect = conflictOf(tx, row.id, peer.id)
  if (suspect === undefined) return
  const whose = findPeer(tx, suspect)?.name ?? 'another peer'
  const message =
    suspect === peer.id
      ? `${peer.name} touched it, and nobody reviews their own work.`
      : `It is the work of ${whose}, and one of ${peer.name} and ${whose} spawned the other.`
  throw new MusterError('forbidden', { reason: 'own_work', hint: 'Somebody else must look at it: an orchestrator or a person can assign it.' }, { message })
}

/** Asks whoever it is assigned to once more, because of what has changed; where that peer cannot any more, the review goes back into the queue. */
export function askAgain(tx: Tx, deps: ReviewDeps, row: ReviewRow, why: string): ReviewRow {
  const to = row.assignee_id === null ? undefined : findPeer(tx, row.assignee_id)
  cancelAsk(tx, deps, row, why)
  if (to && to.retired_at === null && conflictOf(tx, row.id, to.id) === undefined)
    return assign(tx, deps, reviewAt(tx, row.id), { to, opener: null, why: `${capital(why)}. Please review`, deadlineMs: row.deadline_ms })
  if (row.assignee_id !== null) unassign(tx, row, null, why)
  return reviewAt(tx, row.id)
}

/** Withdraws the ask of a review that is open still. */
export function cancelAsk(tx: Tx, deps: ReviewDeps, row: ReviewRow, reason: string): void {
  if (row.thread_id === null) return
  tx.run('UPDATE reviews SET thread_id = NULL WHERE id = ?', row.id)
  deps.threads.endFollowed(tx, row.thread_id, { state: 'cancelled', kind: 'cancel', by: null, body: reason, reason })
}

/** Nobody in particular owes it any more. */
export function unassign(tx: Tx, row: ReviewRow, by: number | null, reason: string): void {
  tx.run('UPDATE reviews SET assignee_id = NULL WHERE id = ?', row.id)
  note(tx, row, { type: 'unassigned', by_id: by, to_id: row.assignee_id, note: reason })
}

/** Tells those whose work it is, and whoever assigned it, in the words of a peer; the daemon says in its own words what there was no room for. */
export function tellConcerned(
  tx: Tx,
  deps: ReviewDeps,
  row: ReviewRow,
  sender: PeerCaller,
  said: { readonly words: string; readonly brief: string; readonly besides?: readonly (number | null)[]; readonly except?: readonly (number | null)[] },
): void {
  const { words, brief, besides = [], except = [] } = said
  const ids = new Set([...authorsOf(tx, row.id), ...besides].filter((id): id is number => id !== null && id !== sender.peerId && !except.includes(id)))
  const peers = [...ids]
    .slice(0, MAX_TOLD)
    .flatMap((id) => findPeer(tx, id) ?? [])
    .filter((peer) => peer.retired_at === null)
  for (const peer of peers) {
    try {
      deps.threads.say(tx, sender, [peer], words)
    } catch (error) {
      if (!(error instanceof MusterError)) throw error
      deps.threads.tell(tx, peer.id, brief)
    }
  }
}

/** More have rarely touched one thing; the others find it in the review. */
const MAX_TOLD = 50

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
