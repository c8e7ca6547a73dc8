import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { type Contents, dropUncarried } from '../artifacts/index.ts'
import { asPeer, type Caller, type Command, type Query } from '../caller.ts'
import { GRANTED_CIRCLES, hasGrant } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { detach } from './attachments.ts'
import type { ThreadDeps } from './deps.ts'
import { fitting } from './page.ts'
import { findMessage, findThread, type MessageRow, type ThreadRow, toMessage, toThread } from './rows.ts'
import { removeDocument } from './search/tables.ts'

/** A thread as a caller may read it. */
export interface ThreadView {
  readonly thread: ThreadRow
  /** Whether the caller may see a message of it. */
  readonly sees: (message: Visible) => boolean
  /** Whether a delivery of it may be shown to the caller. */
  readonly showsDeliveryTo: (peerId: number) => boolean
}

type Visible = Pick<MessageRow, 'sender_id' | 'first_delivery' | 'delivery_count'>

/**
 * The thread, if the caller may read it: it takes part, or holds a grant for its circle, or administers the node. A
 * member of the circle that takes no part may not. One of several that a notify went to sees what it said and what it
 * was sent: the others, and what they said, may be of circles that it does not see into.
 *
 * @throws MusterError `not_found` otherwise, whether or not there is such a thread
 */
export function viewThread(reader: Reader, caller: Caller, id: string): ThreadView {
  const thread = findThread(reader, reader.number('thread', id))
  if (thread && readsAll(reader, caller, thread)) return { thread, sees: () => true, showsDeliveryTo: () => true }
  const peerId = caller.kind === 'peer' ? caller.peerId : undefined
  if (!thread || peerId === undefined || !wasAddressed(reader, thread, peerId)) throw new MusterError('not_found', { id })
  const sees = (message: Visible) => message.sender_id === peerId || wasSent(reader, message, peerId)
  return { thread, sees, showsDeliveryTo: (other) => other === peerId }
}

/** Whether a caller may read a thread, or what of it was sent to it. */
export function mayReadThread(reader: Reader, caller: Caller, number: number): boolean {
  try {
    viewThread(reader, caller, reader.id('thread', number))
    return true
  } catch (error) {
    if (error instanceof MusterError) return false
    throw error
  }
}

function readsAll(reader: Reader, caller: Caller, thread: ThreadRow): boolean {
  if (caller.kind === 'admin') return true
  const { peerId } = asPeer(caller)
  return thread.opener_id === peerId || thread.recipient_id === peerId || hasGrant(reader, peerId, thread.circle_id)
}

function wasAddressed(reader: Reader, thread: ThreadRow, peerId: number): boolean {
  return thread.recipient_id === null && wasSent(reader, findMessage(reader, thread.head) as MessageRow, peerId)
}

function wasSent(reader: Reader, message: Visible, peerId: number): boolean {
  const last = message.first_delivery + message.delivery_count - 1
  return reader.get('SELECT 1 FROM deliveries WHERE id BETWEEN ? AND ? AND peer_id = ?', message.first_delivery, last, peerId) !== undefined
}

/** SQL for whether the peer `@self` was sent a message; of those of a thread with several, each has a row for each of them. */
const sentTo = (message: string) =>
  `EXISTS (SELECT 1 FROM deliveries d WHERE d.id BETWEEN ${message}.first_delivery AND ${message}.first_delivery + ${message}.delivery_count - 1 AND d.peer_id = @self)`

/** SQL for whether the peer `@self`, or the administrator where that is null, may read all of a thread `t`. */
export const READS_ALL = `(@self IS NULL OR t.opener_id = @self OR t.recipient_id = @self OR t.circle_id IN (${GRANTED_CIRCLES}))`

/**
 * SQL for what {@link viewThread} lets a caller see of messages `m` and their threads `t`, for the peer `@self` or, where that is
 * null, the administrator. The two say the same, and a test holds them together.
 */
export const VISIBLE_MESSAGE = `(${READS_ALL}
  OR (t.recipient_id IS NULL AND EXISTS (SELECT 1 FROM messages h WHERE h.id = t.head AND ${sentTo('h')}) AND (m.sender_id = @self OR ${sentTo('m')})))`

/** Whether a caller may see a message. */
export function seesMessage(reader: Reader, caller: Caller, id: number): boolean {
  const self = caller.kind === 'peer' ? caller.peerId : null
  const row = reader.get(`SELECT 1 FROM messages m JOIN threads t ON t.id = m.thread_id WHERE m.id = @id AND ${VISIBLE_MESSAGE}`, { id, self })
  return caller.kind !== 'enrolment' && row !== undefined
}

/** Messages of a thread from `from` backwards, the newest first, until `stop` or `limit`. */
export function messagesBack(reader: Reader, from: number | null, limit: number, stop?: number): MessageRow[] {
  const rows: MessageRow[] = []
  for (let next = from; next !== null && next !== stop && rows.length < limit; ) {
    const row = findMessage(reader, next)
    if (!row) break
    rows.push(row)
    next = row.prev
  }
  return rows
}

export const getThread: Query<'threads.get'> = (reader, caller, input) => {
  const { thread, sees } = viewThread(reader, caller, input.thread)
  const before = input.before === undefined ? undefined : findMessage(reader, reader.number('message', input.before))
  if (input.before !== undefined && before?.thread_id !== thread.id) throw new MusterError('not_found', { id: input.before })
  const seen = slimBack(reader, before ? before.prev : thread.tail, { sees, limit: input.limit + 1 })
  const rows = fitting(seen.slice(0, input.limit), ({ bytes }) => bytes)
  const oldest = rows.at(-1)
  return {
    thread: toThread(reader, thread),
    messages: rows.reverse().map(({ id }) => toMessage(reader, findMessage(reader, id) as MessageRow)),
    before: oldest && rows.length < seen.length ? reader.id('message', oldest.id) : null,
  }
}

/** A message without its body. */
interface SlimMessage extends Visible {
  readonly id: number
  readonly prev: number | null
  readonly bytes: number
}

const SLIM = 'SELECT id, prev, sender_id, first_delivery, delivery_count, octet_length(body) AS bytes FROM messages WHERE id = ?'

/** What is looked for on the way back through a thread. */
interface Search {
  readonly sees: (row: SlimMessage) => boolean
  readonly limit: number
  readonly stop?: number
}

/** Messages of a thread from `from` backwards until `stop`, the newest first. */
function slimBack(reader: Reader, from: number | null, { sees, limit, stop = 0 }: Search): SlimMessage[] {
  const rows: SlimMessage[] = []
  let examined = 0
  for (let next = from; next !== null && next > stop && rows.length < limit && examined < LIMITS.maxExamined; examined += 1) {
    const row = reader.get<SlimMessage>(SLIM, next)
    if (!row) break
    if (sees(row)) rows.push(row)
    next = row.prev
  }
  return rows
}

/** A wait reports this many messages at a time. */
const NEWS_LIMIT = 200

/** What a wait reports: the thread now, and the first of what others have said in it after a message, so that the next wait can go on from there. */
export function newsOf(reader: Reader, caller: Caller, id: string, after: string | undefined) {
  const { thread, sees } = viewThread(reader, caller, id)
  const stop = after === undefined ? thread.head : reader.number('message', after)
  const self = asPeer(caller).peerId
  const news = slimBack(reader, thread.tail, { sees: (row) => row.sender_id !== self && sees(row), limit: LIMITS.maxExamined, stop })
  const page = fitting(news.reverse().slice(0, NEWS_LIMIT), ({ bytes }) => bytes)
  return { thread: toThread(reader, thread), messages: page.map((row) => toMessage(reader, findMessage(reader, row.id) as MessageRow)) }
}

const TOMBSTONE = '[redacted]'

/** Takes the words and the files out of a message. What other messages carry as well stays with them. */
function redact(tx: Tx, contents: Contents, message: MessageRow): void {
  tx.run('UPDATE messages SET body = ?, redacted_at = ?, attached = 0, touched = NULL, progress = NULL WHERE id = ?', TOMBSTONE, tx.now, message.id)
  // What an ask says of its work is part of its words.
  tx.run('UPDATE threads SET task = NULL WHERE id = ? AND head = ? AND task IS NOT NULL', message.thread_id, message.id)
  for (const artifact of detach(tx, message)) dropUncarried(tx, contents, artifact)
}

export const redactMessage = ({ contents }: Pick<ThreadDeps, 'contents'>): Command<'threads.redact'> => ({
  run(tx, caller, input) {
    const message = findMessage(tx, tx.number('message', input.message))
    const own = caller.kind === 'admin' || (caller.kind === 'peer' && message?.sender_id === caller.peerId)
    if (!message || !own) throw new MusterError('not_found', { id: input.message })
    if (message.redacted_at === null) {
      removeDocument(tx, message.id, 'erased')
      redact(tx, contents, message)
      const thread = findThread(tx, message.thread_id) as ThreadRow
      // A decline's and a cancel's words are the thread's reason too.
      if (thread.reason === message.body) tx.run('UPDATE threads SET reason = ? WHERE id = ?', TOMBSTONE, thread.id)
      const actor = caller.kind === 'peer' ? caller.peerId : null
      const changed = { reason: input.reason }
      tx.event({ type: 'message.redacted', actor, circle: thread.circle_id, audience: 'granted', subject: ['message', message.id], changed })
    }
    return { message: toMessage(tx, findMessage(tx, message.id) as MessageRow) }
  },
})
