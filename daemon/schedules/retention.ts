import { LIMITS } from '../../src/limits.ts'
import type { Tx } from '../store/transaction.ts'

export interface OccurrenceSweep {
  readonly schedule_id: number
  readonly due_at: number
}

/** Forgets old occurrences, and schedules that ended as long ago, among the next `LIMITS.purgeRows`. */
export function purgeOccurrences(tx: Tx, after: OccurrenceSweep): { readonly next: OccurrenceSweep | undefined; readonly purged: number } {
  const rows = tx.all<OccurrenceSweep & { at: number }>(
    'SELECT schedule_id, due_at, at FROM occurrences WHERE (schedule_id, due_at) > (?, ?) ORDER BY schedule_id, due_at LIMIT ?',
    after.schedule_id,
    after.due_at,
    LIMITS.purgeRows,
  )
  let purged = 0
  for (const { schedule_id, due_at, at } of rows) {
    if (at <= tx.now - LIMITS.occurrenceMs) purged += tx.run('DELETE FROM occurrences WHERE schedule_id = ? AND due_at = ?', schedule_id, due_at)
  }
  return { next: rows.length < LIMITS.purgeRows ? undefined : rows.at(-1), purged }
}

export function purgeSchedules(tx: Tx, after: number): { readonly next: number | undefined; readonly purged: number } {
  const rows = tx.all<{ id: number; state: string; ended_at: number | null }>(
    'SELECT id, state, ended_at FROM schedules WHERE id > ? ORDER BY id LIMIT ?',
    after,
    LIMITS.purgeRows,
  )
  let purged = 0
  for (const { id, ended_at } of rows) {
    if (ended_at === null || ended_at > tx.now - LIMITS.occurrenceMs) continue
    if (tx.get('SELECT 1 FROM occurrences WHERE schedule_id = ?', id)) continue
    purged += tx.run('DELETE FROM schedules WHERE id = ?', id)
  }
  return { next: rows.length < LIMITS.purgeRows ? undefined : rows.at(-1)?.id, purged }
}
