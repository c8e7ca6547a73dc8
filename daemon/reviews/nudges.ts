import { MusterError } from '../../src/errors.ts'
import { formatDuration } from '../../src/time.ts'
import { findPeer } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import type { ReviewDeps } from './deps.ts'
import { note } from './history.ts'
import type { ReviewRow } from './rows.ts'
import { inOneLine } from './subjects.ts'

/** Has whoever owes a review reminded of it, or where nobody in particular does, whoever wanted that. A reminder that is running is replaced. */
export function startNudge(tx: Tx, deps: ReviewDeps, row: ReviewRow): void {
  endNudge(tx, deps, row, 'the review was assigned')
  const owner = row.nudge_owner === null ? undefined : findPeer(tx, row.nudge_owner)
  if (row.nudge_ms === null || !owner || owner.retired_at !== null || row.state !== 'owed') return
  const review = tx.id('review', row.id)
  const to = tx.id('peer', row.assignee_id ?? owner.id)
  const body = `${inOneLine(tx, row)} still waits for a look: ${review}.`
  try {
    const schedule = deps.schedules.add(tx, deps.callerOf(owner), { to, body, every: formatDuration(row.nudge_ms), review })
    tx.run('UPDATE reviews SET nudge_schedule = ? WHERE id = ?', schedule, row.id)
  } catch (error) {
    // Whatever refuses the reminder must not refuse what has happened to the review.
    if (!(error instanceof MusterError)) throw error
    note(tx, row, { type: 'commented', note: `No reminder: ${error.message}` })
  }
}

export function endNudge(tx: Tx, deps: ReviewDeps, row: ReviewRow, reason: string): void {
  if (row.nudge_schedule === null) return
  deps.schedules.end(tx, row.nudge_schedule, reason)
  tx.run('UPDATE reviews SET nudge_schedule = NULL WHERE id = ?', row.id)
}
