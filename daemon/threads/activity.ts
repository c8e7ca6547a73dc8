import type { Reader } from '../store/store.ts'

/** What the charts of the node are made of, by number: none of these tables has an index by time. */
export interface DeliveredAt {
  readonly at: number
  readonly message_id: number
  /** When it was acked; `null` where it was not. */
  readonly acked_at: number | null
}

const DELIVERIES = `SELECT queued_at AS at, message_id, CASE WHEN state = 'acked' THEN ended_at END AS acked_at
  FROM deliveries WHERE id BETWEEN ? AND ? ORDER BY id DESC`

/** The newest delivery first. */
export function deliveriesBetween(reader: Reader, from: number, to: number): DeliveredAt[] {
  return reader.all<DeliveredAt>(DELIVERIES, from, to)
}

/** Threads, the newest first: when each was opened, and whether as an ask. */
export function threadsBetween(reader: Reader, from: number, to: number): { readonly at: number; readonly kind: 'ask' | 'notify' }[] {
  return reader.all('SELECT opened_at AS at, kind FROM threads WHERE id BETWEEN ? AND ? ORDER BY id DESC', from, to)
}

/** When each of these asks was answered, and after how long; of the others nothing. */
export function answeredAmong(reader: Reader, threads: readonly number[]): { readonly at: number; readonly afterMs: number }[] {
  const sql = `SELECT closed_at AS at, closed_at - opened_at AS afterMs FROM threads
    WHERE id IN (SELECT value FROM json_each(?)) AND state = 'answered' AND closed_at IS NOT NULL`
  return reader.all(sql, JSON.stringify(threads))
}

/** The last number that was given to a delivery and to a thread. */
export function lastNumbers(reader: Reader): { readonly delivery: number; readonly thread: number } {
  const sql = 'SELECT coalesce((SELECT max(id) FROM deliveries), 0) AS delivery, coalesce((SELECT max(id) FROM threads), 0) AS thread'
  return reader.get(sql) as { readonly delivery: number; readonly thread: number }
}
