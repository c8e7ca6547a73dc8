import type { MessageKind, PeerRef, Progress, Touched } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { mayLinkRequests } from '../../src/review-subjects.ts'
import type { Tx } from '../store/transaction.ts'
import { attach } from './attachments.ts'
import type { Parcel } from './consumer.ts'
import type { ThreadDeps } from './deps.ts'
import { deliverTail } from './frame.ts'
import { CONTROL, type MessageRow, type ThreadRow, toMessage } from './rows.ts'
import { storedProgress } from './tasks.ts'

/** Where a message stands in its chain of causes. */
export interface Cause {
  readonly causedBy: number | null
  readonly hops: number
  readonly attended: boolean
}

export const NO_CAUSE: Cause = { causedBy: null, hops: 0, attended: false }

export interface Post {
  readonly kind: MessageKind
  readonly sender: number | null
  /** The sender as the recipients will see it. */
  readonly from: PeerRef | null
  readonly body: string
  readonly recipients: readonly number[]
  /** Solicited deliveries need no room: it was reserved when the ask was opened. */
  readonly solicited: boolean
  readonly cause: Cause
  /** Numbers of the artifacts that it carries. */
  readonly attachments?: readonly number[] | undefined
  /** What the sender says that it touched. */
  readonly touched?: Touched | undefined
  /** How far the sender says that it is. */
  readonly progress?: Progress | undefined
  readonly late?: boolean
  /** Overtakes what is queued. */
  readonly control?: boolean
}

/** A message that says what was touched or that may link to a pull or merge request, for the domain above. */
export interface PostedLink {
  readonly thread: ThreadRow
  readonly messageId: number
  /** The message before it in the thread. */
  readonly previous: number | null
  readonly draft: Pick<Post, 'kind' | 'sender' | 'body' | 'touched'>
}

export interface Posted {
  readonly messageId: number
  readonly firstDelivery: number
}

const INSERT_MESSAGE = `INSERT INTO messages (id, thread_id, prev, kind, sender_id, body, at, late, hops, caused_by, attended, first_delivery, delivery_count)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
/** Apart, since few do: a column more for every message costs more than a statement for those. */
const CARRIES = 'UPDATE messages SET first_attachment = ?, attached = ? WHERE id = ?'
const TOUCHES = 'UPDATE messages SET touched = ? WHERE id = ?'
const REPORTS = 'UPDATE messages SET progress = ? WHERE id = ?'
const REPORTED = 'UPDATE threads SET progress = ? WHERE id = ?'
const INSERT_DELIVERY = `INSERT INTO deliveries (id, message_id, thread_id, peer_id, priority, solicited, state, queued_at) VALUES (?, ?, ?, ?, ?, ?, 'queued', ?)`

/**
 * Writes a message and its deliveries, and has them offered after the commit. The one way in which anything reaches a mailbox.
 *
 * @param thread as it will be shown to the recipients; its `tail` is the message before this one, `null` for the first
 * @throws MusterError `thread_full`, except for what may never be refused
 */
export function post(tx: Tx, deps: ThreadDeps, thread: ThreadRow, previous: number | null, draft: Post): Posted {
  const id = tx.take('message')
  const { attachments = [] } = draft
  const row: MessageRow = {
    id,
    thread_id: thread.id,
    prev: previous,
    kind: draft.kind,
    sender_id: draft.sender,
    body: draft.body,
    at: tx.now,
    late: draft.late ? 1 : 0,
    hops: draft.cause.hops,
    caused_by: draft.cause.causedBy,
    attended: draft.cause.attended ? 1 : 0,
    first_delivery: tx.take('delivery', draft.recipients.length),
    delivery_count: draft.recipients.length,
    redacted_at: null,
    first_attachment: attachments.length === 0 ? 0 : attach(tx, id, attachments),
    attached: attachments.length,
    touched: draft.touched ? JSON.stringify(draft.touched) : null,
    progress: draft.progress ? storedProgress(draft.progress) : null,
  }
  tx.run(
    INSERT_MESSAGE,
    row.id,
    row.thread_id,
    row.prev,
    row.kind,
    row.sender_id,
    row.body,
    row.at,
    row.late,
    row.hops,
    row.caused_by,
    row.attended,
    row.first_delivery,
    row.delivery_count,
  )
  if (row.touched !== null) tx.run(TOUCHES, row.touched, row.id)
  if (row.progress !== null) {
    tx.run(REPORTS, row.progress, row.id)
    tx.run(REPORTED, row.id, thread.id)
  }
  if (row.attached > 0) tx.run(CARRIES, row.first_attachment, row.attached, row.id)
  const priority = draft.control ? CONTROL : thread.priority
  draft.recipients.forEach((peerId, index) => {
    tx.run(INSERT_DELIVERY, row.first_delivery + index, row.id, thread.id, peerId, priority, draft.solicited ? 1 : 0, tx.now)
  })
  announce(tx, deps, thread, row, draft)
  if (draft.recipients.length > 0) deps.onDelivered(tx, { messageId: id, priority: thread.priority, draft })
  if (draft.touched || mayLinkRequests(draft.body)) deps.onPosted(tx, { thread, messageId: id, previous, draft })
  return { messageId: row.id, firstDelivery: row.first_delivery }
}

function announce(tx: Tx, deps: ThreadDeps, thread: ThreadRow, row: MessageRow, draft: Post): void {
  let tail: string | undefined
  const parcelTail = () => {
    tail ??= deliverTail(tx, thread, toMessage(tx, row, draft.from))
    return tail
  }
  tx.after(() => {
    deps.signals.changed(thread.id)
    draft.recipients.forEach((peerId, index) => {
      if (!draft.solicited) deps.room.changed(peerId, 1)
      const parcel: Parcel = {
        deliveryId: row.first_delivery + index,
        threadId: thread.id,
        messageId: row.id,
        peerId,
        priority: draft.control ? CONTROL : thread.priority,
        control: draft.control === true,
        solicited: draft.solicited,
        hops: row.hops,
        attempt: 0,
        redelivered: false,
        tail: parcelTail,
      }
      deps.dispatcher.arrived(parcel)
    })
  })
}

const ADVANCE = 'UPDATE threads SET tail = ?, size = size + 1 WHERE id = ?'

/** Posts a further message to a thread that stays in its state. */
export function postMore(tx: Tx, deps: ThreadDeps, thread: ThreadRow, draft: Post): Posted {
  if (thread.size >= LIMITS.maxThreadMessages && draft.kind === 'reply') {
    throw new MusterError('thread_full', { limit: LIMITS.maxThreadMessages, hint: 'Open another thread.' })
  }
  const posted = post(tx, deps, thread, thread.tail, draft)
  tx.run(ADVANCE, posted.messageId, thread.id)
  return posted
}
