import { LIMITS } from '../../src/limits.ts'
import type { Tx } from '../store/transaction.ts'

interface Swept {
  readonly next: number | undefined
  readonly purged: number
}

/** Forgets cards that were decided long ago, with what was said about them. */
export function purgeCards(tx: Tx, after: number): Swept {
  const rows = tx.all<{ id: number; closed_at: number | null }>('SELECT id, closed_at FROM decisions WHERE id > ? ORDER BY id LIMIT ?', after, LIMITS.purgeRows)
  let purged = 0
  for (const { id, closed_at } of rows) {
    if (closed_at === null || closed_at > tx.now - LIMITS.cardMs) continue
    tx.run('DELETE FROM decision_requesters WHERE decision_id = ?', id)
    tx.run('DELETE FROM decision_mail WHERE decision_id = ?', id)
    tx.run('DELETE FROM decision_comments WHERE decision_id = ?', id)
    purged += tx.run('DELETE FROM decisions WHERE id = ?', id)
  }
  return { next: rows.length < LIMITS.purgeRows ? undefined : rows.at(-1)?.id, purged }
}

/** Forgets approvals whose time was over long ago, used or not. */
export function purgeApprovals(tx: Tx, after: number): Swept {
  const rows = tx.all<{ id: number; expires_at: number }>('SELECT id, expires_at FROM approvals WHERE id > ? ORDER BY id LIMIT ?', after, LIMITS.purgeRows)
  let purged = 0
  for (const { id, expires_at } of rows) if (expires_at <= tx.now - LIMITS.cardMs) purged += tx.run('DELETE FROM approvals WHERE id = ?', id)
  return { next: rows.length < LIMITS.purgeRows ? undefined : rows.at(-1)?.id, purged }
}
