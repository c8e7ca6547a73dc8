import { LIMITS } from '../../src/limits.ts'
import type { Tx } from '../store/transaction.ts'
import { lastDelivery } from './causes.ts'
import { messagesBack } from './reading.ts'
import type { ThreadRow } from './rows.ts'

/** Done with for long enough: an ask by its end, a notify by its beginning. Numbers grow with time, so the oldest are the first. */
const OLD_THREADS = `SELECT * FROM threads WHERE id > ? ORDER BY id LIMIT ?`

/**
 * Deletes closed threads past their time, at most `LIMITS.purgeRows` rows a call; what is open stays for ever, and so does
 * what still waits in a mailbox or lies among the dead letters.
 *
 * @param after where the last call stopped
 * @returns where this one stopped (`undefined` at the end of what is old enough) and how many rows went
 */
export function purgeThreads(tx: Tx, after: number): { readonly next: number | undefined; readonly purged: number } {
  const threads = tx.all<ThreadRow>(OLD_THREADS, after, LIMITS.purgeRows)
  let purged = 0
  for (const thread of threads) {
    if (thread.opened_at > tx.now - LIMITS.closedThreadMs) return { next: undefined, purged }
    if (purged >= LIMITS.purgeRows) return { next: thread.id - 1, purged }
    if (thread.state !== 'open' && (thread.closed_at ?? thread.opened_at) <= tx.now - LIMITS.closedThreadMs) purged += purgeThread(tx, thread)
  }
  return { next: threads.length < LIMITS.purgeRows ? undefined : threads.at(-1)?.id, purged }
}

function purgeThread(tx: Tx, thread: ThreadRow): number {
  const messages = messagesBack(tx, thread.tail, Number.POSITIVE_INFINITY)
  const kept = messages.some(
    (message) =>
      tx.get("SELECT 1 FROM deliveries WHERE id BETWEEN ? AND ? AND state IN ('queued', 'offered', 'dead')", message.first_delivery, lastDelivery(message)) !==
      undefined,
  )
  if (kept) return 0
  let purged = 0
  for (const message of messages) {
    purged += tx.run('DELETE FROM topics WHERE delivery_id BETWEEN ? AND ?', message.first_delivery, lastDelivery(message))
    purged += tx.run('DELETE FROM deliveries WHERE id BETWEEN ? AND ?', message.first_delivery, lastDelivery(message))
    purged += tx.run('DELETE FROM messages WHERE id = ?', message.id)
  }
  return purged + tx.run('DELETE FROM threads WHERE id = ?', thread.id)
}
