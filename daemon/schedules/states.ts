import type { RandomBytes } from '../clock.ts'
import type { Tx } from '../store/transaction.ts'
import { ruleOf, type ScheduleRow } from './rows.ts'
import { nextAfter } from './rule.ts'

/** Plans the next occurrence after an instant; without one, or with no run left, the schedule has ended. @returns it as it is now */
export function plan(tx: Tx, random: RandomBytes, row: ScheduleRow, after: number): ScheduleRow {
  if (row.max_runs !== null && row.runs >= row.max_runs) return end(tx, row, `it has run ${row.runs} times`)
  const next = nextAfter(ruleOf(row), after)
  if (next === undefined) return end(tx, row, row.at === null ? 'its time is over' : 'its time has come')
  const fireAt = next + jitter(random, row.jitter_ms)
  tx.run("UPDATE schedules SET state = 'active', reason = NULL, next_at = ?, fire_at = ? WHERE id = ?", next, fireAt, row.id)
  return { ...row, state: 'active', reason: null, next_at: next, fire_at: fireAt }
}

function jitter(random: RandomBytes, upToMs: number): number {
  return upToMs === 0 ? 0 : Math.floor((random(4).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 32) * (upToMs + 1))
}

/** Takes a schedule out of the plan. @returns it as it is now */
export function pause(tx: Tx, row: ScheduleRow, reason: string, actor: number | null = null): ScheduleRow {
  tx.run("UPDATE schedules SET state = 'paused', reason = ?, next_at = NULL, fire_at = NULL WHERE id = ?", reason, row.id)
  note(tx, row, 'schedule.paused', { reason }, actor)
  return { ...row, state: 'paused', reason, next_at: null, fire_at: null }
}

export function end(tx: Tx, row: ScheduleRow, reason: string): ScheduleRow {
  tx.run("UPDATE schedules SET state = 'ended', reason = ?, next_at = NULL, fire_at = NULL, ended_at = ? WHERE id = ?", reason, tx.now, row.id)
  note(tx, row, 'schedule.ended', { reason })
  return { ...row, state: 'ended', reason, next_at: null, fire_at: null, ended_at: tx.now }
}

export function note(tx: Tx, row: ScheduleRow, type: string, changed: Readonly<Record<string, unknown>>, actor: number | null = null): void {
  const base = { type, actor, peer: actor === row.owner_id ? row.target_id : row.owner_id, circle: row.circle_id, audience: 'granted' } as const
  tx.event({ ...base, subject: ['schedule', row.id], changed })
}
