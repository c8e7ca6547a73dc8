import type { Output, Parsed, Sent } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import type { Command, PeerCaller } from '../caller.ts'
import { findPeer, type PeerRow, reachOf, refOf, toRef } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { admit } from './admission.ts'
import { sayOnCard } from './cards.ts'
import { causeOf, lastDelivery } from './causes.ts'
import { createClosing } from './close.ts'
import { ackDeliveries } from './deliveries.ts'
import type { ThreadDeps } from './deps.ts'
import { attachable } from './files.ts'
import { asSender } from './open.ts'
import { postMore } from './post.ts'
import { findDelivery, findMessage, findThread, type MessageRow, type ThreadRow } from './rows.ts'

/** Says more in a thread: the opener to those it addressed, each of them to the opener. */
export function createReplying(deps: ThreadDeps) {
  const reply: Command<'threads.reply'> = {
    run(tx, caller, input) {
      const sender = asSender(caller)
      const thread = findThread(tx, tx.number('thread', input.thread))
      if (!thread) throw new MusterError('not_found', { id: input.thread })
      const onCard = sayOnCard(tx, deps, thread, sender, input)
      if (onCard !== undefined && input.progress !== undefined) throw new MusterError('invalid_input', { field: 'progress', hint: 'A card has no progress.' })
      return onCard === undefined ? sayMore(tx, deps, sender, thread, input) : { sent: sentOf(tx, deps, onCard), refused: [] }
    },
    replay: (tx, _caller, created) => ({ sent: sentOf(tx, deps, created.number), refused: [] }),
  }
  return { reply }
}

/** Says something in a thread in the name of a peer that does so elsewhere: the answer, where it owes one. @throws MusterError what refuses it */
export function replyAs(tx: Tx, deps: ThreadDeps, by: PeerCaller, threadId: number, body: string): void {
  const thread = tx.id('thread', threadId)
  const row = findThread(tx, threadId)
  const owes = row?.kind === 'ask' && row.state === 'open' && row.recipient_id === by.peerId
  if (owes) createClosing(deps).answer.run(tx, by, { thread, body })
  else createReplying(deps).reply.run(tx, by, { thread, body })
}

function sayMore(tx: Tx, deps: ThreadDeps, sender: PeerCaller, thread: ThreadRow, input: Parsed<'threads.reply'>): Output<'threads.reply'> {
  const solicited = thread.kind === 'ask' && sender.peerId === thread.recipient_id
  const attachments = attachable(tx, sender, input.attachments)
  const cause = causeOf(tx, deps, sender, input.causedBy)
  const present = otherSide(tx, sender, thread).filter((peer) => peer.retired_at === null)
  const admission = { sender, cause, recipients: present, circleId: thread.circle_id }
  const { admitted: recipients, refused } = solicited ? { admitted: present, refused: [] } : admit(tx, deps, admission)
  if (refused.length > 0 && recipients.length === 0) return { sent: [], refused }
  if (input.delivery !== undefined) ackDeliveries(tx, deps, sender.peerId, [tx.number('delivery', input.delivery)])
  if (input.progress !== undefined && !solicited)
    throw new MusterError('invalid_input', { field: 'progress', hint: 'Only the peer that was asked says how far it is.' })
  const late = thread.state !== 'open' && thread.state !== 'notice'
  const draft = {
    kind: 'reply',
    sender: sender.peerId,
    from: refOf(tx, sender.peerId),
    body: input.body,
    attachments,
    touched: input.touched,
    progress: input.progress,
    solicited,
    cause,
    late,
  } as const
  const posted = postMore(tx, deps, thread, { ...draft, recipients: recipients.map((peer) => peer.id) })
  const changed = { message: tx.id('message', posted.messageId) }
  const only = recipients.length === 1 ? (recipients[0] as PeerRow).id : null
  tx.event({
    type: 'thread.message',
    actor: sender.peerId,
    peer: only,
    circle: thread.circle_id,
    audience: 'granted',
    subject: ['thread', thread.id],
    changed,
  })
  tx.created = { number: posted.messageId, count: 1 }
  return { sent: sentOf(tx, deps, posted.messageId), refused }
}

/** Whom a reply of the sender reaches. */
function otherSide(tx: Tx, sender: PeerCaller, thread: ThreadRow): PeerRow[] {
  const head = findMessage(tx, thread.head) as MessageRow
  const addressed = Array.from({ length: head.delivery_count }, (_, index) => findDelivery(tx, head.first_delivery + index)?.peer_id)
  if (sender.peerId === thread.opener_id) return addressed.flatMap((id) => (id === undefined ? [] : (findPeer(tx, id) ?? [])))
  if (!addressed.includes(sender.peerId)) throw new MusterError('not_found', { id: tx.id('thread', thread.id) })
  if (thread.opener_id === null) throw new MusterError('invalid_input', { hint: 'The daemon itself opened this thread and reads no replies.' })
  return [findPeer(tx, thread.opener_id) as PeerRow]
}

function sentOf(tx: Tx, deps: ThreadDeps, messageNumber: number): Sent[] {
  const message = findMessage(tx, messageNumber) as MessageRow
  const sent: Sent[] = []
  for (let id = message.first_delivery; id <= lastDelivery(message); id += 1) {
    const row = findDelivery(tx, id)
    const peer = row ? findPeer(tx, row.peer_id) : undefined
    if (!row || !peer) continue
    const base = { thread: tx.id('thread', message.thread_id), message: tx.id('message', message.id), delivery: tx.id('delivery', id), to: toRef(tx, peer) }
    sent.push({ ...base, state: row.state, reach: reachOf(peer, deps.live), deadlineAt: null })
  }
  return sent
}
