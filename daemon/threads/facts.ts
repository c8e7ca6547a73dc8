import type { Reader } from '../store/store.ts'

/** How many of a peer's newest threads, on each side, are looked at for its last word. */
const NEWEST = 100

/**
 * When a peer last said something, as far as its newest hundred threads on either side tell: what it opened, and where the newest message is its
 * own. `undefined` where there is nothing.
 */
export function lastWordOf(reader: Reader, peerId: number): number | undefined {
  const side = (column: 'opener_id' | 'recipient_id') =>
    `SELECT * FROM (SELECT opener_id, opened_at, tail FROM threads WHERE ${column} = @peer ORDER BY id DESC LIMIT ${NEWEST})`
  const row = reader.get<{ at: number | null }>(
    `SELECT max(max(CASE WHEN t.opener_id = @peer THEN t.opened_at ELSE 0 END, CASE WHEN m.sender_id = @peer THEN m.at ELSE 0 END)) AS at
     FROM (${side('opener_id')} UNION ALL ${side('recipient_id')}) t JOIN messages m ON m.id = t.tail`,
    { peer: peerId },
  )
  return row?.at || undefined
}

/** Whether anything waits in the mailbox of a peer. */
export function waitsFor(reader: Reader, peerId: number): boolean {
  return reader.get("SELECT 1 FROM deliveries WHERE peer_id = ? AND state IN ('queued', 'offered') LIMIT 1", peerId) !== undefined
}

/** Whether an ask waits for an answer of a peer. */
export function owesAnswer(reader: Reader, peerId: number): boolean {
  return reader.get('SELECT 1 FROM open_asks WHERE recipient_id = ? LIMIT 1', peerId) !== undefined
}

/** Whether an ask is open still. */
export function isOpen(reader: Reader, threadId: number): boolean {
  return reader.get("SELECT 1 FROM threads WHERE id = ? AND state = 'open'", threadId) !== undefined
}
