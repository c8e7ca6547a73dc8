import { LIMITS } from '../../src/limits.ts'
import type { Reader } from '../store/store.ts'

/** How many of a peer's newest threads, on each side, are looked at for its last word, and how many messages in all of them. */
const NEWEST = 100
const MAX_WORDS = 800

const side = (column: 'opener_id' | 'recipient_id') =>
  `SELECT * FROM (SELECT opener_id = @peer AS opened, opened_at, tail FROM threads WHERE ${column} = @peer ORDER BY id DESC LIMIT ${NEWEST})`
const NEWEST_THREADS = `${side('opener_id')} UNION ALL ${side('recipient_id')} ORDER BY tail DESC`

/**
 * When a peer last said something, as far as its newest hundred threads on either side tell. `undefined` where there is nothing. Messages are
 * numbered in their order, so of a thread only those are looked at that are newer than a word which was found in another.
 */
export function lastWordOf(reader: Reader, peerId: number): number | undefined {
  let [found, at, left] = [0, 0, MAX_WORDS]
  for (const thread of reader.all<{ opened: number; opened_at: number; tail: number }>(NEWEST_THREADS, { peer: peerId })) {
    if (thread.opened === 1) at = Math.max(at, thread.opened_at)
    for (let next: number | null = thread.tail; next !== null && next > found && left > 0; left -= 1) {
      const message: { sender_id: number | null; at: number; prev: number | null } | undefined = reader.get(
        'SELECT sender_id, at, prev FROM messages WHERE id = ?',
        next,
      )
      if (message?.sender_id === peerId) [found, at] = [next, Math.max(at, message.at)]
      next = message?.prev ?? null
    }
  }
  return at || undefined
}

/** Whether anything waits in the mailbox of a peer. */
export function waitsFor(reader: Reader, peerId: number): boolean {
  return reader.get("SELECT 1 FROM deliveries WHERE peer_id = ? AND state IN ('queued', 'offered') LIMIT 1", peerId) !== undefined
}

/** How many messages wait in the mailbox of a peer, up to a thousand. */
export function countWaiting(reader: Reader, peerId: number): number {
  const waiting = `SELECT 1 FROM deliveries WHERE peer_id = ? AND state IN ('queued', 'offered') LIMIT ${LIMITS.maxExamined}`
  return reader.get<{ n: number }>(`SELECT count(*) AS n FROM (${waiting})`, peerId)?.n ?? 0
}

/** Whether an ask waits for an answer of a peer. */
export function owesAnswer(reader: Reader, peerId: number): boolean {
  return reader.get('SELECT 1 FROM open_asks WHERE recipient_id = ? LIMIT 1', peerId) !== undefined
}

/** Whether an ask is open still. */
export function isOpen(reader: Reader, threadId: number): boolean {
  return reader.get("SELECT 1 FROM threads WHERE id = ? AND state = 'open'", threadId) !== undefined
}

/** How many asks wait for an answer of a peer, up to a bound. */
export function countOwed(reader: Reader, peerId: number, upTo: number): number {
  return reader.get<{ n: number }>('SELECT count(*) AS n FROM (SELECT 1 FROM open_asks WHERE recipient_id = ? LIMIT ?)', peerId, upTo)?.n ?? 0
}
