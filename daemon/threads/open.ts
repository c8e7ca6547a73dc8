import type { Output, Parsed, PeerRef, Sent, ThreadState, Touched } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime, parseDuration, parseTime } from '../../src/time.ts'
import { asPeer, type Command, type PeerCaller } from '../caller.ts'
import { findPeer, type PeerRow, reachOf, refOf, resolve, resolveOne, timeOrNull, toRef } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { admit } from './admission.ts'
import { causeOf, lastDelivery } from './causes.ts'
import type { ThreadDeps } from './deps.ts'
import { attachable } from './files.ts'
import { type Cause, type Posted, post } from './post.ts'
import { findDelivery, findMessage, findThread, priorityNumber, type ThreadRow, toDelivery } from './rows.ts'
import { storedTask } from './task-naming.ts'

export interface Opening {
  readonly kind: 'ask' | 'notify'
  /** `null`: the daemon itself. */
  readonly opener: number | null
  readonly from: PeerRef | null
  readonly recipients: readonly PeerRow[]
  readonly circleId: number
  readonly body: string
  readonly priority: number
  readonly cause: Cause
  readonly deadlineAt: number | null
  readonly escalateTo: number | null
  readonly attachments?: readonly number[] | undefined
  readonly touched?: Touched | undefined
  /** What it says of the work that it hands out, as it is stored. */
  readonly task?: string | null
  /** The fan that it is part of, or of whose end it tells. */
  readonly fan?: number
  /** Overtakes what is queued. */
  readonly control?: boolean
}

const INSERT_THREAD = `INSERT INTO threads (id, kind, state, priority, circle_id, opener_id, recipient_id, opened_at, deadline_at, escalate_to, head, tail,
  opening_delivery, hops, attended, fan_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** Apart, since few do. */
const HANDS_OUT = 'UPDATE threads SET task = ? WHERE id = ?'

/** Opens a thread with its first message: an ask has one recipient, a notify any number. */
export function openThread(tx: Tx, deps: ThreadDeps, opening: Opening): Posted & { readonly threadId: number } {
  const recipient = opening.recipients.length === 1 ? (opening.recipients[0] as PeerRow).id : null
  const state: ThreadState = opening.kind === 'ask' ? 'open' : 'notice'
  const id = tx.take('thread')
  const head = tx.store.last('message') + 1
  const row: ThreadRow = {
    id,
    kind: opening.kind,
    state,
    priority: opening.priority,
    circle_id: opening.circleId,
    opener_id: opening.opener,
    recipient_id: recipient,
    opened_at: tx.now,
    deadline_at: opening.deadlineAt,
    escalate_to: opening.escalateTo,
    closed_at: null,
    closed_by: null,
    reason: null,
    head,
    tail: head,
    size: 1,
    opening_delivery: tx.store.last('delivery') + 1,
    hops: opening.cause.hops,
    attended: opening.cause.attended ? 1 : 0,
    fan_id: opening.fan ?? null,
    ending: null,
    followed: 0,
    task: opening.task ?? null,
    progress: null,
  }
  insertThread(tx, row)
  if (row.task !== null) tx.run(HANDS_OUT, row.task, id)
  const posted = post(tx, deps, row, null, {
    kind: opening.kind,
    sender: opening.opener,
    from: opening.from,
    body: opening.body,
    recipients: opening.recipients.map((peer) => peer.id),
    solicited: false,
    cause: opening.cause,
    attachments: opening.attachments,
    touched: opening.touched,
    control: opening.control === true,
  })
  if (opening.kind === 'ask') openAsk(tx, row)
  const changed = { kind: row.kind, message: tx.id('message', posted.messageId) }
  tx.event({ type: 'thread.opened', actor: row.opener_id, peer: recipient, circle: row.circle_id, audience: 'granted', subject: ['thread', id], changed })
  return { messageId: posted.messageId, firstDelivery: posted.firstDelivery, threadId: id }
}

function insertThread(tx: Tx, row: ThreadRow): void {
  tx.run(
    INSERT_THREAD,
    row.id,
    row.kind,
    row.state,
    row.priority,
    row.circle_id,
    row.opener_id,
    row.recipient_id,
    row.opened_at,
    row.deadline_at,
    row.escalate_to,
    row.head,
    row.tail,
    row.opening_delivery,
    row.hops,
    row.attended,
    row.fan_id,
  )
}

function openAsk(tx: Tx, thread: ThreadRow): void {
  const deadlineAt = thread.deadline_at as number
  const remindAt = thread.opened_at + Math.floor((deadlineAt - thread.opened_at) * LIMITS.reminderAtShare)
  tx.run('INSERT INTO open_asks (recipient_id, thread_id, due_at) VALUES (?, ?, ?)', thread.recipient_id, thread.id, remindAt)
}

export function createOpening(deps: ThreadDeps) {
  const ask: Command<'threads.ask'> = {
    run(tx, caller, input) {
      const sender = asSender(caller)
      const recipients = resolve(tx, caller, input.to, input.select)
      const deadlineAt = deadlineOf(tx, input)
      const escalateTo = input.escalateTo === undefined ? null : resolveOne(tx, caller, input.escalateTo).id
      const attachments = attachable(tx, sender, input.attachments)
      const cause = causeOf(tx, deps, sender, input.causedBy)
      const from = refOf(tx, sender.peerId)
      const priority = priorityNumber(input.priority)
      const task = input.task === undefined ? null : storedTask(tx, caller, input.task)
      const { admitted, refused } = admit(tx, deps, { sender, cause, recipients, check: (peer) => refuseUnanswerable(sender, peer) })
      const opened = admitted.map((peer) => {
        const posted = openThread(tx, deps, {
          kind: 'ask',
          opener: sender.peerId,
          from,
          recipients: [peer],
          circleId: peer.circle_id,
          body: input.body,
          touched: input.touched,
          task,
          priority,
          cause,
          deadlineAt,
          escalateTo,
          attachments,
        })
        return { peer, posted }
      })
      const first = opened[0]?.posted.threadId
      if (first !== undefined) tx.created = { number: first, count: opened.length }
      return { sent: opened.map(({ peer, posted }) => ({ ...toSent(tx, deps, peer, posted, 0), deadlineAt: formatTime(deadlineAt) })), refused }
    },
    replay: (tx, _caller, created) => replaySent(tx, deps, created),
  }
  return { ask }
}

/** @throws MusterError `forbidden` when the caller is no peer or may only look */
export function asSender(caller: Parameters<typeof asPeer>[0]): PeerCaller {
  const sender = asPeer(caller)
  if (sender.role === 'observer') throw new MusterError('forbidden', { hint: 'An observer reads and does not send.' })
  return sender
}

export function refuseUnanswerable(sender: PeerCaller, peer: PeerRow): void {
  if (peer.id === sender.peerId) throw new MusterError('invalid_input', { hint: 'You cannot ask yourself: you would wait for your own answer. Notify works.' })
  if (peer.role === 'observer') throw new MusterError('forbidden', { hint: `${peer.name} is an observer and cannot answer; notify works.` })
}

export function deadlineOf(tx: Tx, input: Pick<Parsed<'threads.ask'>, 'deadline' | 'deadlineAt'>): number {
  if (input.deadline !== undefined && input.deadlineAt !== undefined)
    throw new MusterError('invalid_input', { hint: 'Give `deadline` or `deadlineAt`, not both.' })
  const at = input.deadlineAt === undefined ? tx.now + durationOf(input.deadline) : (parseTime(input.deadlineAt) as number)
  if (at - tx.now < LIMITS.minDeadlineMs || at - tx.now > LIMITS.maxDeadlineMs) {
    throw new MusterError('invalid_input', {
      field: input.deadlineAt === undefined ? 'deadline' : 'deadlineAt',
      now: formatTime(tx.now),
      hint: 'A deadline lies between 1 second and 365 days from now.',
    })
  }
  return at
}

function durationOf(deadline: string | undefined): number {
  return deadline === undefined ? LIMITS.defaultDeadlineMs : (parseDuration(deadline) as number)
}

/** One recipient of a send, the `index`th of its message. */
export function toSent(tx: Tx, deps: ThreadDeps, peer: PeerRow, posted: Posted & { readonly threadId: number }, index: number): Sent {
  return {
    thread: tx.id('thread', posted.threadId),
    message: tx.id('message', posted.messageId),
    delivery: tx.id('delivery', posted.firstDelivery + index),
    to: toRef(tx, peer),
    state: 'queued',
    reach: reachOf(peer, deps.live),
    deadlineAt: null,
  }
}

/** What a repeated send is answered with: what was created, in its present state. */
export function replaySent(tx: Tx, deps: ThreadDeps, created: { readonly number: number; readonly count: number }): Output<'threads.ask'> {
  const sent: Sent[] = []
  for (let id = created.number; id < created.number + created.count; id += 1) {
    const thread = findThread(tx, id)
    const message = thread ? findMessage(tx, thread.head) : undefined
    if (!thread || !message) continue
    for (let number = message.first_delivery; number <= lastDelivery(message); number += 1) {
      const row = findDelivery(tx, number)
      const peer = row ? findPeer(tx, row.peer_id) : undefined
      if (!row || !peer) continue
      const delivery = toDelivery(tx, row, deps.dispatcher.flights.get(row.id))
      const base = { thread: delivery.thread, message: delivery.message, delivery: delivery.id, to: delivery.to, state: delivery.state }
      sent.push({ ...base, reach: reachOf(peer, deps.live), deadlineAt: timeOrNull(thread.deadline_at) })
    }
  }
  return { sent, refused: [] }
}
