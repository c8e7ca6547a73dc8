import { LIMITS } from '../../src/limits.ts'
import type { Tx } from '../store/transaction.ts'

/** Forgets what came long ago, among the next `LIMITS.purgeRows`. Numbers grow with time, so the oldest are the first. */
export function purgeArrivals(tx: Tx, after: number): { readonly next: number | undefined; readonly purged: number } {
  const rows = tx.all<{ id: number; at: number }>('SELECT id, at FROM arrivals WHERE id > ? ORDER BY id LIMIT ?', after, LIMITS.purgeRows)
  let purged = 0
  for (const { id, at } of rows) {
    if (at > tx.now - LIMITS.arrivalMs) return { next: undefined, purged }
    purged += tx.run('DELETE FROM arrivals WHERE id = ?', id)
  }
  return { next: rows.length < LIMITS.purgeRows ? undefined : rows.at(-1)?.id, purged }
}
