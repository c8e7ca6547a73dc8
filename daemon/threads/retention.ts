import { LIMITS } from '../../src/limits.ts'
import type { Tx } from '../store/transaction.ts'
import { detach } from './attachments.ts'
import { isParked, isWithin, lastDelivery } from './causes.ts'
import { fanOf } from './joins.ts'
import { messagesBack } from './reading.ts'
import type { ThreadRow } from './rows.ts'
import { removeDocument } from './search/tables.ts'

/** Done with for long enough: an ask by its end, a notify by its beginning. Numbers grow with time, so the oldest are the first. */
const OLD_THREADS = `SELECT * FROM threads WHERE id > ? ORDER BY id LIMIT ?`

/**
 * Deletes closed threads past their time, at most `LIMITS.purgeRows` rows a call; what is open stays for ever, and so does
 * what still waits in a mailbox or lies among the dead letters.
 *
 * @param after where the last call stopped
 * @param keptMs how long after their end
 * @returns where this one stopped (`undefined` at the end of what is old enough) and how many rows went
 */
export function purgeThreads(tx: Tx, after: number, keptMs: number): { readonly next: number | undefined; readonly purged: number } {
  const threads = tx.all<ThreadRow>(OLD_THREADS, after, LIMITS.purgeRows)
  let purged = 0
  for (const thread of threads) {
    if (thread.opened_at > tx.now - keptMs) return { next: undefined, purged }
    if (purged >= LIMITS.purgeRows) return { next: thread.id - 1, purged }
    if (thread.state !== 'open' && (thread.closed_at ?? thread.opened_at) <= tx.now - keptMs) purged += purgeThread(tx, thread)
  }
  return { next: threads.length < LIMITS.purgeRows ? undefined : threads.at(-1)?.id, purged }
}

function purgeThread(tx: Tx, thread: ThreadRow): number {
  // The joined result is read from it.
  if (fanOf(tx, thread)) return 0
  const messages = messagesBack(tx, thread.tail, Number.POSITIVE_INFINITY)
  const kept = messages.some(
    (message) =>
      tx.get("SELECT 1 FROM deliveries WHERE id BETWEEN ? AND ? AND state IN ('queued', 'offered', 'dead')", message.first_delivery, lastDelivery(message)) !==
      undefined,
  )
  if (kept) return 0
  let purged = 0
  for (const message of messages) removeDocument(tx, message.id, 'forgotten')
  for (const message of messages) {
    purged += tx.run('DELETE FROM deliveries WHERE id BETWEEN ? AND ?', message.first_delivery, lastDelivery(message))
    purged += detach(tx, message).length
    purged += tx.run('DELETE FROM messages WHERE id = ?', message.id)
  }
  return purged + tx.run('DELETE FROM threads WHERE id = ?', thread.id)
}

/** Where a sweep over the topic keys stands. */
export interface TopicSweep {
  readonly sender_id: number
  readonly peer_id: number
  readonly topic: string
}

/** Forgets topic keys with nothing left to supersede, among the next `LIMITS.purgeRows`. */
export function purgeTopics(tx: Tx, after: TopicSweep): { readonly next: TopicSweep | undefined; readonly purged: number } {
  const rows = tx.all<TopicSweep & { state: string | null }>(
    `SELECT t.sender_id, t.peer_id, t.topic, d.state FROM topics t LEFT JOIN deliveries d ON d.id = t.delivery_id
     WHERE (t.sender_id, t.peer_id, t.topic) > (?, ?, ?) ORDER BY t.sender_id, t.peer_id, t.topic LIMIT ?`,
    after.sender_id,
    after.peer_id,
    after.topic,
    LIMITS.purgeRows,
  )
  let purged = 0
  for (const row of rows) {
    if (row.state === 'queued') continue
    purged += tx.run('DELETE FROM topics WHERE sender_id = ? AND peer_id = ? AND topic = ?', row.sender_id, row.peer_id, row.topic)
  }
  return { next: rows.length < LIMITS.purgeRows ? undefined : rows.at(-1), purged }
}

/** Forgets what was counted between two peers once its window and its parking are over, among the next `LIMITS.purgeRows`. */
export function purgePairs(tx: Tx, after: { readonly a: number; readonly b: number }) {
  const rows = tx.all<{ a: number; b: number; times: string; parked_until: number | null }>(
    'SELECT a, b, times, parked_until FROM pairs WHERE (a, b) > (?, ?) ORDER BY a, b LIMIT ?',
    after.a,
    after.b,
    LIMITS.purgeRows,
  )
  let purged = 0
  for (const { a, b, times, parked_until } of rows) {
    const newest = (JSON.parse(times) as number[]).at(-1) ?? 0
    if (isWithin(newest, tx.now, LIMITS.pairWindowMs) || isParked(parked_until, tx.now)) continue
    purged += tx.run('DELETE FROM pairs WHERE a = ? AND b = ?', a, b)
  }
  return { next: rows.length < LIMITS.purgeRows ? undefined : rows.at(-1), purged }
}
