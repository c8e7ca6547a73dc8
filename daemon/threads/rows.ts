import type { Delivery, DeliveryState, Message, MessageKind, PeerRef, Priority, Thread, ThreadState } from '../../src/contract/index.ts'
import { formatTime } from '../../src/time.ts'
import { refOf, timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { attachmentsOf } from './attachments.ts'
import { toProgress, toTask } from './tasks.ts'

/** Mailboxes are offered by these numbers; 0 is for control notices, which overtake everything. */
export const PRIORITIES: readonly Priority[] = ['urgent', 'normal', 'low']
export const CONTROL = 0

export function priorityNumber(priority: Priority): number {
  return PRIORITIES.indexOf(priority) + 1
}

export interface ThreadRow {
  readonly id: number
  readonly kind: 'ask' | 'notify'
  readonly state: ThreadState
  readonly priority: number
  readonly circle_id: number
  readonly opener_id: number | null
  readonly recipient_id: number | null
  readonly opened_at: number
  readonly deadline_at: number | null
  readonly escalate_to: number | null
  readonly closed_at: number | null
  readonly closed_by: number | null
  readonly reason: string | null
  /** The first message. */
  readonly head: number
  /** The newest message. */
  readonly tail: number
  readonly size: number
  /** The first delivery of the first message; an ask has no other. */
  readonly opening_delivery: number
  /** The chain of the first message. */
  readonly hops: number
  readonly attended: number
  /** The fan that it is part of, or of whose end it tells. */
  readonly fan_id: number | null
  /** The message that closed it. */
  readonly ending: number | null
  /** Whether a domain above is told how it ends. */
  readonly followed: number
  /** What an ask says of the work that it hands out, as JSON. */
  readonly task: string | null
  /** The newest message that says how far its recipient is. */
  readonly progress: number | null
}

export interface MessageRow {
  readonly id: number
  readonly thread_id: number
  readonly prev: number | null
  readonly kind: MessageKind
  readonly sender_id: number | null
  readonly body: string
  readonly at: number
  readonly late: number
  readonly hops: number
  readonly caused_by: number | null
  readonly attended: number
  readonly first_delivery: number
  readonly delivery_count: number
  readonly redacted_at: number | null
  readonly first_attachment: number
  readonly attached: number
  /** What the sender says that it touched, as JSON. */
  readonly touched: string | null
  /** How far the sender says that it is, as JSON. */
  readonly progress: string | null
}

export interface DeliveryRow {
  readonly id: number
  readonly message_id: number
  readonly thread_id: number
  readonly peer_id: number
  readonly priority: number
  readonly solicited: number
  readonly state: DeliveryState
  /** Offers that have ended. */
  readonly attempt: number
  readonly failures: number
  readonly backoff_ms: number
  readonly holder: number | null
  readonly handover: number | null
  readonly queued_at: number
  readonly offered_at: number | null
  readonly seen_at: number | null
  readonly ended_at: number | null
  readonly reason: string | null
}

/** An offer to a connected consumer, as the dispatcher knows it. */
export interface LiveOffer {
  readonly attempt: number
  readonly offeredAt: number
}

export function findThread(reader: Reader, id: number): ThreadRow | undefined {
  return reader.get<ThreadRow>('SELECT * FROM threads WHERE id = ?', id)
}

export function findMessage(reader: Reader, id: number): MessageRow | undefined {
  return reader.get<MessageRow>('SELECT * FROM messages WHERE id = ?', id)
}

export function findDelivery(reader: Reader, id: number): DeliveryRow | undefined {
  return reader.get<DeliveryRow>('SELECT * FROM deliveries WHERE id = ?', id)
}

export function isWaiting(row: DeliveryRow): boolean {
  return row.state === 'queued' || row.state === 'offered'
}

export function toThread(reader: Reader, row: ThreadRow): Thread {
  const thread: Thread = {
    id: reader.id('thread', row.id),
    kind: row.kind,
    state: row.state,
    priority: PRIORITIES[row.priority - 1] as Priority,
    from: refOf(reader, row.opener_id),
    to: refOf(reader, row.recipient_id),
    openedAt: formatTime(row.opened_at),
    deadlineAt: timeOrNull(row.deadline_at),
    closedAt: timeOrNull(row.closed_at),
    closedBy: refOf(reader, row.closed_by),
    reason: row.reason,
    fan: row.fan_id === null ? null : reader.id('fan', row.fan_id),
  }
  return row.task === null ? thread : { ...thread, task: toTask(reader, row.task) }
}

export function toMessage(reader: Reader, row: MessageRow, from: PeerRef | null = refOf(reader, row.sender_id)): Message {
  const message: Message = {
    id: reader.id('message', row.id),
    thread: reader.id('thread', row.thread_id),
    kind: row.kind,
    from,
    body: row.body,
    at: formatTime(row.at),
    late: row.late === 1,
    hops: row.hops,
    causedBy: row.caused_by === null ? null : reader.id('message', row.caused_by),
    redacted: row.redacted_at !== null,
    attachments: attachmentsOf(reader, row),
    ...(row.touched !== null && { touched: JSON.parse(row.touched) as NonNullable<Message['touched']> }),
  }
  return row.progress === null ? message : { ...message, progress: toProgress(row.progress) }
}

/** A delivery as it is now: an offer that lives in memory shows as `offered`. */
export function toDelivery(reader: Reader, row: DeliveryRow, offer: LiveOffer | undefined): Delivery {
  const to = refOf(reader, row.peer_id)
  if (!to) throw new Error(`Delivery ${row.id} has no peer`)
  const live = row.state === 'queued' ? offer : undefined
  return {
    id: reader.id('delivery', row.id),
    message: reader.id('message', row.message_id),
    thread: reader.id('thread', row.thread_id),
    to,
    state: live ? 'offered' : row.state,
    attempt: live?.attempt ?? row.attempt,
    failures: row.failures,
    queuedAt: formatTime(row.queued_at),
    offeredAt: timeOrNull(live?.offeredAt ?? row.offered_at),
    seenAt: timeOrNull(row.seen_at),
    endedAt: timeOrNull(row.ended_at),
    reason: row.reason,
  }
}
