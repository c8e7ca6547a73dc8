import { LIMITS } from '../../src/limits.ts'
import type { Tx } from '../store/transaction.ts'

/** Forgets what came long ago, or to a source that is gone, among the next `LIMITS.purgeRows`. */
export function purgeArrivals(tx: Tx, after: number): { readonly next: number | undefined; readonly purged: number } {
  const rows = tx.all<{ id: number; at: number; source: number | null }>(
    'SELECT a.id, a.at, s.id AS source FROM arrivals a LEFT JOIN sources s ON s.id = a.source_id WHERE a.id > ? ORDER BY a.id LIMIT ?',
    after,
    LIMITS.purgeRows,
  )
  let purged = 0
  for (const { id, at, source } of rows) {
    if (source === null || at <= tx.now - LIMITS.arrivalMs) purged += tx.run('DELETE FROM arrivals WHERE id = ?', id)
  }
  return { next: rows.length < LIMITS.purgeRows ? undefined : rows.at(-1)?.id, purged }
}
