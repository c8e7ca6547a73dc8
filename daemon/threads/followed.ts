import { LIMITS } from '../../src/limits.ts'
import type { PeerCaller } from '../caller.ts'
import { type PeerRow, refOf } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { admit } from './admission.ts'
import { causeOf } from './causes.ts'
import { closeThread, type Ending } from './close.ts'
import type { ThreadDeps } from './deps.ts'
import { openThread, refuseUnanswerable } from './open.ts'
import { NO_CAUSE } from './post.ts'
import { findThread } from './rows.ts'

export interface Followed {
  /** In whose name it is asked; `null` for the daemon itself, whose ask needs no room. */
  readonly opener: PeerCaller | null
  readonly recipient: PeerRow
  readonly body: string
  /** As in the table: 1 is urgent. */
  readonly priority: number
  readonly deadlineMs: number | null
  /** It is never refused: the domain above has limits of its own. */
  readonly isCard?: true
}

/**
 * Asks a peer something of whose end the domain above is told (`onFollowedEnd`), however it ends.
 *
 * @returns the number of the thread
 * @throws MusterError what refuses the ask, where a peer asks
 */
export function openFollowed(tx: Tx, deps: ThreadDeps, { opener, recipient, body, priority, deadlineMs, isCard }: Followed): number {
  const cause = opener && !isCard ? causeOf(tx, deps, opener, undefined) : NO_CAUSE
  if (opener && !isCard) admit(tx, deps, { sender: opener, cause, recipients: [recipient], check: (peer) => refuseUnanswerable(opener, peer) })
  const by = opener?.peerId ?? null
  const deadlineAt = tx.now + (deadlineMs ?? LIMITS.defaultDeadlineMs)
  const opening = { kind: 'ask', opener: by, from: refOf(tx, by), recipients: [recipient], circleId: recipient.circle_id, body, priority, cause } as const
  const { threadId } = openThread(tx, deps, { ...opening, deadlineAt, escalateTo: null })
  tx.run('UPDATE threads SET followed = 1 WHERE id = ?', threadId)
  return threadId
}

/** Ends such an ask, if it is open, from above: nobody is told of it there. @returns who had asked, and is told by the thread */
export function endFollowed(tx: Tx, deps: ThreadDeps, threadId: number, ending: Ending): number | null {
  const thread = findThread(tx, threadId)
  if (thread?.state !== 'open') return null
  closeThread(tx, deps, { ...thread, followed: 0 }, ending)
  return thread.opener_id
}
