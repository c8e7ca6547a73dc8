import { LIMITS } from '../../src/limits.ts'
import type { Tx } from '../store/transaction.ts'

export interface BreachSweep {
  readonly watchdog_id: number
  readonly number: number
}

/** Forgets breaches that were over long ago, among the next `LIMITS.purgeRows`. */
export function purgeBreaches(tx: Tx, after: BreachSweep): { readonly next: BreachSweep | undefined; readonly purged: number } {
  const rows = tx.all<BreachSweep & { over_at: number | null }>(
    'SELECT watchdog_id, number, over_at FROM breaches WHERE (watchdog_id, number) > (?, ?) ORDER BY watchdog_id, number LIMIT ?',
    after.watchdog_id,
    after.number,
    LIMITS.purgeRows,
  )
  let purged = 0
  for (const { watchdog_id, number, over_at } of rows) {
    if (over_at === null || over_at > tx.now - LIMITS.breachMs) continue
    purged += tx.run('DELETE FROM breaches WHERE watchdog_id = ? AND number = ?', watchdog_id, number)
  }
  return { next: rows.length < LIMITS.purgeRows ? undefined : rows.at(-1), purged }
}

/** Forgets watchdogs that ended long ago, once their breaches have gone. */
export function purgeWatchdogs(tx: Tx, after: number): { readonly next: number | undefined; readonly purged: number } {
  const rows = tx.all<{ id: number; ended_at: number | null }>('SELECT id, ended_at FROM watchdogs WHERE id > ? ORDER BY id LIMIT ?', after, LIMITS.purgeRows)
  let purged = 0
  for (const { id, ended_at } of rows) {
    if (ended_at === null || ended_at > tx.now - LIMITS.breachMs) continue
    if (tx.get('SELECT 1 FROM breaches WHERE watchdog_id = ?', id)) continue
    purged += tx.run('DELETE FROM watchdogs WHERE id = ?', id)
  }
  return { next: rows.length < LIMITS.purgeRows ? undefined : rows.at(-1)?.id, purged }
}
