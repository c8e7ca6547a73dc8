import { LIMITS } from '../../src/limits.ts'
import type { Tx } from '../store/transaction.ts'
import type { ReviewRow } from './rows.ts'

/** Forgets reviews that ended long enough ago, and those that were done and not heard of since, among the next rows. What is owed stays. */
export function purgeReviews(tx: Tx, after: number): { readonly next: number | undefined; readonly purged: number } {
  const rows = tx.all<ReviewRow>('SELECT * FROM reviews WHERE id > ? ORDER BY id LIMIT ?', after, LIMITS.purgeRows)
  let purged = 0
  let last: number | undefined
  for (const row of rows) {
    if (purged >= LIMITS.purgeRows) break
    last = row.id
    const heardOf = Math.max(row.ended_at ?? 0, row.reviewed_at ?? 0, row.observed_at ?? 0)
    const isOver = row.state === 'ended' ? (row.ended_at as number) : row.state === 'reviewed' ? heardOf : Number.POSITIVE_INFINITY
    if (isOver > tx.now - LIMITS.reviewMs) continue
    purged += tx.run('DELETE FROM review_entries WHERE review_id = ?', row.id)
    purged += tx.run('DELETE FROM review_peers WHERE review_id = ?', row.id)
    purged += tx.run('DELETE FROM reviews WHERE id = ?', row.id)
  }
  const isDone = rows.length < LIMITS.purgeRows && last === rows.at(-1)?.id
  return { next: isDone ? undefined : last, purged }
}
