import { refOf } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import type { WatchdogDeps } from './deps.ts'
import type { WatchdogRow } from './rows.ts'

/** Takes a watchdog off its watch. What it has found so far goes on, and is told once only. @returns it as it is now */
export function pause(tx: Tx, row: WatchdogRow, reason: string, actor: number | null = null): WatchdogRow {
  tx.run("UPDATE watchdogs SET state = 'paused', reason = ?, next_at = NULL WHERE id = ?", reason, row.id)
  note(tx, row, 'watchdog.paused', { reason }, actor)
  return { ...row, state: 'paused', reason, next_at: null }
}

export function resume(tx: Tx, row: WatchdogRow, actor: number | null): WatchdogRow {
  const state = row.open > 0 ? 'breached' : 'armed'
  tx.run('UPDATE watchdogs SET state = ?, reason = NULL, next_at = ? WHERE id = ?', state, tx.now, row.id)
  note(tx, row, 'watchdog.resumed', {}, actor)
  return { ...row, state, reason: null, next_at: tx.now }
}

/** Ends a watchdog, and with it whatever goes on. Its owner is told, unless that is what it waited for, or it is gone itself. */
export function end(tx: Tx, deps: WatchdogDeps, row: WatchdogRow, reason: string, isTold: boolean): WatchdogRow {
  tx.run('UPDATE breaches SET over_at = ?, outcome = ? WHERE watchdog_id = ? AND over_at IS NULL', tx.now, reason, row.id)
  tx.run("UPDATE watchdogs SET state = 'ended', reason = ?, open = 0, next_at = NULL, ended_at = ? WHERE id = ?", reason, tx.now, row.id)
  note(tx, row, 'watchdog.ended', { reason })
  if (isTold) deps.threads.remind(tx, row.owner_id, `${nameOf(tx, row, row.owner_id)} has ended: ${reason}.`)
  return { ...row, state: 'ended', reason, open: 0, next_at: null, ended_at: tx.now }
}

/** `Watchdog wdg_k7qm2x1 (the release)` to its owner. To another `… of bob`: a label is words of a peer, and the daemon says no such in its own name. */
export function nameOf(tx: Tx, row: WatchdogRow, toldId: number): string {
  const id = tx.id('watchdog', row.id)
  if (toldId !== row.owner_id) return `Watchdog ${id} of ${refOf(tx, row.owner_id)?.name}`
  return row.label === null ? `Watchdog ${id}` : `Watchdog ${id} (${row.label})`
}

export function note(tx: Tx, row: WatchdogRow, type: string, changed: Readonly<Record<string, unknown>>, actor: number | null = null): void {
  const peer = actor === row.owner_id ? row.tells_id : row.owner_id
  tx.event({ type, actor, peer, circle: row.circle_id, audience: 'granted', subject: ['watchdog', row.id], changed })
}
