import type { MessageKind, Output, ThreadState, Touched } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { encodeNotification } from '../../src/rpc.ts'
import { asPeer, type Caller, type Command, type PeerCaller } from '../caller.ts'
import { isActive, refOf, timeOrNull } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { sayOnCard } from './cards.ts'
import { lastDelivery } from './causes.ts'
import { ackDeliveries, endDelivery } from './deliveries.ts'
import type { ThreadDeps } from './deps.ts'
import { attachable } from './files.ts'
import { countEnd, fanOf } from './joins.ts'
import { type Cause, post, postMore } from './post.ts'
import { messagesBack } from './reading.ts'
import { type DeliveryRow, findDelivery, findMessage, findThread, isWaiting, type MessageRow, type ThreadRow, toThread } from './rows.ts'

type EndState = Exclude<ThreadState, 'open' | 'notice'>

const CLOSE = 'UPDATE threads SET state = ?, closed_at = ?, closed_by = ?, reason = ?, tail = ?, ending = ?, size = size + 1 WHERE id = ?'

export interface Ending {
  readonly state: EndState
  readonly kind: MessageKind
  /** `null`: the daemon itself. */
  readonly by: number | null
  readonly body: string
  readonly reason: string | null
  readonly attachments?: readonly number[] | undefined
  readonly touched?: Touched | undefined
  /** The domain above tells the asker itself. */
  readonly isTold?: true
}

/**
 * Ends an open ask: whoever did not end it is told by a message that is never refused, and what the recipient has not
 * consumed of the thread is withdrawn or, where it answers, acked. The asker of a fan is told of the end of the whole.
 *
 * @returns the thread as it is now; its `tail` is the closing message
 */
export function closeThread(tx: Tx, deps: ThreadDeps, thread: ThreadRow, ending: Ending): ThreadRow {
  const closed: ThreadRow = { ...thread, state: ending.state, closed_at: tx.now, closed_by: ending.by, reason: ending.reason }
  const byRecipient = ending.by !== null && ending.by === thread.recipient_id
  const knows = byRecipient ? ackOpening(tx, deps, thread) : withdrawWaiting(tx, deps, closed)
  const isPart = fanOf(tx, thread)?.state === 'open'
  const told = [
    ...(ending.by === thread.opener_id || isPart || ending.isTold ? [] : [thread.opener_id]),
    ...(byRecipient || !knows ? [] : [thread.recipient_id]),
  ]
  const recipients = told.filter((peer): peer is number => peer !== null && isActive(tx, peer))
  const from = refOf(tx, ending.by)
  const cause = chainOf(thread)
  const { kind, by: sender, body, attachments = [], touched } = ending
  const draft = { kind, sender, from, body, attachments, touched, recipients, solicited: true, cause, control: !byRecipient }
  const { messageId } = post(tx, deps, closed, thread.tail, draft)
  tx.run(CLOSE, ending.state, tx.now, ending.by, ending.reason, messageId, messageId, thread.id)
  tx.run('DELETE FROM open_asks WHERE recipient_id = ? AND thread_id = ?', thread.recipient_id, thread.id)
  const other = ending.by === thread.opener_id ? thread.recipient_id : thread.opener_id
  const changed = { state: ending.state, message: tx.id('message', messageId) }
  tx.event({ type: 'thread.closed', actor: ending.by, peer: other, circle: thread.circle_id, audience: 'granted', subject: ['thread', thread.id], changed })
  if (closed.fan_id !== null) for (const rest of countEnd(tx, deps, closed, cause)) closeThread(tx, deps, rest, { ...NOT_NEEDED, by: rest.opener_id })
  if (thread.followed === 1) deps.onFollowedEnd(tx, { threadId: thread.id, state: ending.state, by: ending.by, body, opener: thread.opener_id })
  return { ...closed, tail: messageId, size: thread.size + 1 }
}

/** How the asks of a fan end for which enough others have answered: in the name of the asker, who said so when it asked. */
const NOT_NEEDED = { state: 'cancelled', kind: 'cancel', body: 'enough others have answered', reason: 'enough others have answered' } as const

/** What ends a thread stands in the chain right after what opened it, and is no further hop: it is the way back. */
function chainOf(thread: ThreadRow): Cause {
  return { causedBy: thread.head, hops: thread.hops, attended: thread.attended === 1 }
}

/** Whoever decides an ask has received it. */
function ackOpening(tx: Tx, deps: ThreadDeps, thread: ThreadRow): true {
  ackDeliveries(tx, deps, thread.recipient_id as number, [thread.opening_delivery])
  return true
}

/**
 * Withdraws what waits for the recipient in a thread that closed without it: the ask itself and whatever the asker added.
 *
 * @returns whether the recipient knows of the ask, so that it must be told of the end
 */
function withdrawWaiting(tx: Tx, deps: ThreadDeps, closed: ThreadRow): boolean {
  const state = closed.state === 'expired' ? 'expired' : 'withdrawn'
  const withdraw = (row: DeliveryRow) => {
    if (!isWaiting(row) || row.peer_id !== closed.recipient_id) return
    endDelivery(tx, deps, row, state, `the thread was ${closed.state}`, () => closedFrame(tx, closed))
  }
  const opening = findDelivery(tx, closed.opening_delivery) as DeliveryRow
  for (const message of messagesBack(tx, closed.tail, closed.size)) {
    for (let id = message.first_delivery; id <= lastDelivery(message); id += 1) withdraw(findDelivery(tx, id) as DeliveryRow)
  }
  return opening.state === 'acked' || opening.state === 'offered'
}

/** `thread.closed`, for a consumer that has a delivery of the thread in hand. */
function closedFrame(tx: Tx, thread: ThreadRow): string {
  return encodeNotification('thread.closed', {
    thread: tx.id('thread', thread.id),
    state: thread.state,
    reason: thread.reason,
    by: refOf(tx, thread.closed_by),
  })
}

interface Decision {
  readonly thread: string
  readonly attachments?: readonly string[] | undefined
  readonly delivery?: string | undefined
}

export function createClosing(deps: ThreadDeps) {
  const decide = (
    tx: Tx,
    caller: Caller,
    input: Decision,
    state: 'answered' | 'declined',
    kind: 'answer' | 'decline',
    body: string,
    touched?: Touched,
  ): Output<'threads.answer'> => {
    const peer = asPeer(caller)
    const thread = askedOf(tx, peer, input.thread)
    const onCard = kind === 'answer' ? sayOnCard(tx, deps, thread, peer, { body, attachments: input.attachments, delivery: input.delivery }) : undefined
    return onCard === undefined ? conclude(tx, deps, peer, thread, { ...input, state, kind, body, touched }) : closing(tx, onCard)
  }

  const answer: Command<'threads.answer'> = {
    run: (tx, caller, input) => decide(tx, caller, input, 'answered', 'answer', input.body, input.touched),
    replay: (tx, _caller, created) => closing(tx, created.number),
  }
  const decline: Command<'threads.decline'> = {
    run: (tx, caller, input) => decide(tx, caller, input, 'declined', 'decline', input.reason),
    replay: (tx, _caller, created) => closing(tx, created.number),
  }
  const cancel: Command<'threads.cancel'> = {
    run(tx, caller, input) {
      const { peerId } = asPeer(caller)
      const thread = findThread(tx, tx.number('thread', input.thread))
      if (thread?.opener_id !== peerId) throw new MusterError('not_found', { id: input.thread })
      if (thread.kind !== 'ask') throw new MusterError('invalid_input', { hint: 'A notify needs no closing, so there is nothing to cancel.' })
      const changed = thread.state === 'open'
      const ending = { state: 'cancelled', kind: 'cancel', by: peerId, body: input.reason, reason: input.reason } as const
      const now = changed ? closeThread(tx, deps, thread, ending) : thread
      tx.created = { number: thread.id, count: changed ? 1 : 0 }
      return { thread: toThread(tx, now), changed }
    },
    replay: (tx, _caller, created) => ({ thread: toThread(tx, findThread(tx, created.number) as ThreadRow), changed: created.count > 0 }),
  }
  return { answer, decline, cancel }
}

interface Concluded extends Decision {
  readonly state: 'answered' | 'declined'
  readonly kind: 'answer' | 'decline'
  readonly body: string
  readonly touched: Touched | undefined
}

/** Ends an ask as whoever was asked decides, in time or late. */
function conclude(tx: Tx, deps: ThreadDeps, peer: PeerCaller, thread: ThreadRow, input: Concluded): Output<'threads.answer'> {
  const { state, kind, body, touched } = input
  refuseSecond(tx, thread, state, kind)
  const delivery = input.delivery === undefined ? undefined : tx.number('delivery', input.delivery)
  const late = thread.state !== 'open'
  // Closing the thread acks the delivery that opened it.
  if (delivery !== undefined && (late || delivery !== thread.opening_delivery)) ackDeliveries(tx, deps, peer.peerId, [delivery])
  const reason = kind === 'decline' ? body : null
  const said = { state, kind, by: peer.peerId, body, reason, attachments: attachable(tx, peer, input.attachments), touched }
  const now = late ? postLate(tx, deps, thread, said) : closeThread(tx, deps, thread, said)
  if (late && thread.followed === 1) deps.onFollowedEnd(tx, { threadId: thread.id, state, by: peer.peerId, body, opener: thread.opener_id })
  tx.created = { number: now.tail, count: 1 }
  return { thread: toThread(tx, now), message: tx.id('message', now.tail), late }
}

/** The ask that the caller was sent. */
function askedOf(tx: Tx, caller: PeerCaller, id: string): ThreadRow {
  const thread = findThread(tx, tx.number('thread', id))
  if (!thread || (thread.recipient_id !== caller.peerId && thread.opener_id !== caller.peerId)) throw new MusterError('not_found', { id })
  if (thread.kind !== 'ask') throw new MusterError('invalid_input', { hint: 'A notify needs no answer; use threads.reply to say something.' })
  if (thread.recipient_id !== caller.peerId)
    throw new MusterError('forbidden', { hint: 'Only the peer that was asked can answer. Use threads.cancel to withdraw the ask.' })
  return thread
}

type Said = Pick<Ending, 'kind' | 'body' | 'attachments' | 'touched'> & { readonly by: number }

function postLate(tx: Tx, deps: ThreadDeps, thread: ThreadRow, { kind, by: sender, body, attachments = [], touched }: Said): ThreadRow {
  const recipients = thread.opener_id !== null && isActive(tx, thread.opener_id) ? [thread.opener_id] : []
  const cause = chainOf(thread)
  const draft = { kind, sender, from: refOf(tx, sender), body, attachments, touched, recipients, solicited: true, cause, late: true } as const
  const { messageId } = postMore(tx, deps, thread, draft)
  const changed = { message: tx.id('message', messageId), late: true }
  const base = { type: 'thread.message', actor: sender, peer: thread.opener_id, circle: thread.circle_id, audience: 'granted' } as const
  tx.event({ ...base, subject: ['thread', thread.id], changed })
  return { ...thread, tail: messageId, size: thread.size + 1 }
}

/** What a repeated answer or decline is answered with. */
function closing(tx: Tx, messageNumber: number): Output<'threads.answer'> {
  const message = findMessage(tx, messageNumber) as MessageRow
  const thread = findThread(tx, message.thread_id) as ThreadRow
  return { thread: toThread(tx, thread), message: tx.id('message', message.id), late: message.late === 1 }
}

/**
 * A peer decides an ask once in each way, in time or late.
 *
 * @throws MusterError `already_closed`
 */
function refuseSecond(tx: Tx, thread: ThreadRow, state: ThreadState, kind: MessageKind): void {
  if (thread.state === 'open') return
  const first = thread.state === state ? { sender_id: thread.closed_by, at: thread.closed_at } : lateDecision(tx, thread, kind)
  if (!first) return
  const by = refOf(tx, first.sender_id)
  const hint = `It was ${state} by ${by?.name ?? 'the daemon'}.`
  throw new MusterError('already_closed', { state: thread.state, by, at: timeOrNull(first.at), hint })
}

function lateDecision(tx: Tx, thread: ThreadRow, kind: MessageKind): MessageRow | undefined {
  return messagesBack(tx, thread.tail, thread.size).find((message) => message.kind === kind && message.late === 1)
}
