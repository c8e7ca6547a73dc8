import { MusterError } from '../../src/errors.ts'
import { asPeer, type Caller, type Command, type Query } from '../caller.ts'
import { hasGrant } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { lastDelivery } from './causes.ts'
import { findMessage, findThread, type MessageRow, type ThreadRow, toMessage, toThread } from './rows.ts'

/**
 * The thread, if the caller may read it: it takes part, or holds a grant for its circle, or administers the node. A
 * member of the circle that takes no part may not.
 *
 * @throws MusterError `not_found` otherwise, whether or not there is such a thread
 */
export function readableThread(reader: Reader, caller: Caller, id: string): ThreadRow {
  const thread = findThread(reader, reader.number('thread', id))
  if (!thread || !mayRead(reader, caller, thread)) throw new MusterError('not_found', { id })
  return thread
}

function mayRead(reader: Reader, caller: Caller, thread: ThreadRow): boolean {
  if (caller.kind === 'admin') return true
  const { peerId } = asPeer(caller)
  if (thread.opener_id === peerId || thread.recipient_id === peerId) return true
  if (hasGrant(reader, peerId, thread.circle_id)) return true
  return thread.recipient_id === null && wasAddressed(reader, thread, peerId)
}

function wasAddressed(reader: Reader, thread: ThreadRow, peerId: number): boolean {
  const head = findMessage(reader, thread.head) as MessageRow
  return reader.get('SELECT 1 FROM deliveries WHERE id BETWEEN ? AND ? AND peer_id = ?', head.first_delivery, lastDelivery(head), peerId) !== undefined
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
  const thread = readableThread(reader, caller, input.thread)
  const before = input.before === undefined ? undefined : findMessage(reader, reader.number('message', input.before))
  if (input.before !== undefined && before?.thread_id !== thread.id) throw new MusterError('not_found', { id: input.before })
  const rows = messagesBack(reader, before ? before.prev : thread.tail, input.limit)
  const oldest = rows.at(-1)
  return {
    thread: toThread(reader, thread),
    messages: rows.reverse().map((row) => toMessage(reader, row)),
    before: oldest && oldest.prev !== null ? reader.id('message', oldest.id) : null,
  }
}

export const listThreads: Query<'threads.list'> = (reader, caller, input) => {
  const column = input.side === 'mine' ? 'opener_id' : 'recipient_id'
  const before = input.before === undefined ? Number.MAX_SAFE_INTEGER : reader.number('thread', input.before)
  const rows = reader.all<ThreadRow>(
    `SELECT * FROM threads WHERE ${column} = @self AND id < @before AND (@state IS NULL OR state = @state) ORDER BY id DESC LIMIT @limit`,
    { self: asPeer(caller).peerId, before, state: input.state ?? null, limit: input.limit + 1 },
  )
  const page = rows.slice(0, input.limit)
  const last = rows.length > input.limit ? page.at(-1) : undefined
  return { threads: page.map((row) => toThread(reader, row)), before: last ? reader.id('thread', last.id) : null }
}

/** What a wait reports: the thread now, and what others have said in it after a message. */
export function newsOf(reader: Reader, caller: Caller, id: string, after: string | undefined) {
  const thread = readableThread(reader, caller, id)
  const stop = after === undefined ? thread.head : reader.number('message', after)
  const self = asPeer(caller).peerId
  const rows = messagesBack(reader, thread.tail, NEWS_LIMIT, stop).filter((row) => row.id > stop && row.sender_id !== self)
  return { thread: toThread(reader, thread), messages: rows.reverse().map((row) => toMessage(reader, row)) }
}

/** A wait reports the newest messages; the rest is read with threads.get. */
const NEWS_LIMIT = 200

const TOMBSTONE = '[redacted]'

export const redactMessage: Command<'threads.redact'> = {
  run(tx, caller, input) {
    const message = findMessage(tx, tx.number('message', input.message))
    const own = caller.kind === 'admin' || (caller.kind === 'peer' && message?.sender_id === caller.peerId)
    if (!message || !own) throw new MusterError('not_found', { id: input.message })
    if (message.redacted_at === null) {
      tx.run('UPDATE messages SET body = ?, redacted_at = ? WHERE id = ?', TOMBSTONE, tx.now, message.id)
      const thread = findThread(tx, message.thread_id) as ThreadRow
      // A decline's and a cancel's words are the thread's reason too.
      if (thread.reason === message.body) tx.run('UPDATE threads SET reason = ? WHERE id = ?', TOMBSTONE, thread.id)
      const actor = caller.kind === 'peer' ? caller.peerId : null
      const changed = { reason: input.reason }
      tx.event({ type: 'message.redacted', actor, circle: thread.circle_id, audience: 'granted', subject: ['message', message.id], changed })
    }
    return { message: toMessage(tx, findMessage(tx, message.id) as MessageRow) }
  },
}
