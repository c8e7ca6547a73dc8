import type { PeerCaller } from '../caller.ts'
import { refOf } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { ackDeliveries } from './deliveries.ts'
import type { ThreadDeps } from './deps.ts'
import { attachable } from './files.ts'
import { NO_CAUSE, postMore } from './post.ts'
import { findThread, type ThreadRow } from './rows.ts'

interface Said {
  readonly body: string
  readonly attachments?: readonly string[] | undefined
  readonly delivery?: string | undefined
}

/**
 * What whoever was asked says on a card: a letter decides it and has closed the thread; anything else is a comment, which leaves it open and is told by
 * the domain above. What carries files is a comment.
 *
 * @returns the number of the message, or `undefined` where the thread is no card
 * @throws MusterError where the card has been decided
 */
export function sayOnCard(tx: Tx, deps: ThreadDeps, thread: ThreadRow, by: PeerCaller, { body, attachments = [], delivery }: Said): number | undefined {
  if (thread.followed === 0 || thread.recipient_id !== by.peerId) return undefined
  const word = deps.onCardWord(tx, { by, threadId: thread.id, body, plain: attachments.length === 0 })
  if (word === undefined) return undefined
  ackDeliveries(tx, deps, by.peerId, delivery === undefined ? [thread.opening_delivery] : [tx.number('delivery', delivery)])
  const message = word === 'resolved' ? (findThread(tx, thread.id) as ThreadRow).tail : comment(tx, deps, thread, by, { body, attachments })
  tx.created = { number: message, count: 1 }
  return message
}

function comment(tx: Tx, deps: ThreadDeps, thread: ThreadRow, { peerId }: PeerCaller, { body, attachments }: Required<Pick<Said, 'body'>> & Said): number {
  const base = { kind: 'reply', sender: peerId, from: refOf(tx, peerId), body, solicited: true, cause: NO_CAUSE, late: thread.state !== 'open' } as const
  const carried = attachments && attachable(tx, { kind: 'peer', peerId } as PeerCaller, attachments)
  const { messageId } = postMore(tx, deps, thread, { ...base, recipients: [], attachments: carried })
  const changed = { message: tx.id('message', messageId) }
  const about = { actor: peerId, peer: thread.opener_id, circle: thread.circle_id, audience: 'granted' } as const
  tx.event({ type: 'thread.message', ...about, subject: ['thread', thread.id], changed })
  return messageId
}
