import type { Gate, Refused } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import { findPeer, type PeerRow } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { isOpen } from '../threads/index.ts'
import type { ScheduleDeps } from './deps.ts'
import { heldBackBy } from './gate.ts'
import { dueNow } from './missed.ts'
import type { OccurrenceRow, ScheduleRow } from './rows.ts'
import { end, note, pause, plan } from './states.ts'

const DUE = `SELECT * FROM schedules WHERE state = 'active' AND fire_at <= ? ORDER BY fire_at, id LIMIT ?`

/** Wall time at which the next schedule fires. */
export function nextFiring(reader: Pick<Tx, 'get'>): number | undefined {
  return reader.get<{ fire_at: number }>("SELECT fire_at FROM schedules WHERE state = 'active' ORDER BY fire_at LIMIT 1")?.fire_at
}

/** Fires what is due, at most one batch of it. Each due time is a row, unique, in the transaction that sends its message. */
export function fireDue(tx: Tx, deps: ScheduleDeps): void {
  for (const row of tx.all<ScheduleRow>(DUE, tx.now, LIMITS.maxFiredAtOnce)) fireOne(tx, deps, row)
}

function fireOne(tx: Tx, deps: ScheduleDeps, row: ScheduleRow): void {
  const owner = findPeer(tx, row.owner_id)
  if (!owner || owner.retired_at !== null) {
    end(tx, row, 'its owner has retired')
    return
  }
  const { fires, missed, last } = dueNow(row, tx.now)
  if (missed) {
    const { first, until, count } = missed
    const several = count > 1 ? until : null
    record(tx, row, { due_at: first, outcome: 'missed', until_at: several, count, threads: [], reason: 'the daemon was not there, or asleep' })
  }
  let now = row
  for (const dueAt of fires) {
    if (now.max_runs !== null && now.runs >= now.max_runs) break
    now = occur(tx, deps, now, owner, dueAt)
    if (now.state !== 'active') return
  }
  plan(tx, deps.random, now, last)
}

/** One occurrence: held back by a gate or by the ask before it, or sent. @returns the schedule as it is now */
function occur(tx: Tx, deps: ScheduleDeps, row: ScheduleRow, owner: PeerRow, dueAt: number): ScheduleRow {
  if (row.kind === 'ask' && row.overlap === 'skip' && row.last_thread !== null && isOpen(tx, row.last_thread)) {
    record(tx, row, { due_at: dueAt, outcome: 'skipped', threads: [], reason: `${tx.id('thread', row.last_thread)} is open still` })
    return row
  }
  const ownerCaller = deps.callerOf(owner)
  const held = heldBackBy(JSON.parse(row.gates) as Gate[], {
    reader: tx,
    owner: ownerCaller,
    targetId: row.target_id,
    now: tx.now,
    reviewOwed: deps.reviewOwed,
  })
  if (held !== undefined) {
    record(tx, row, { due_at: dueAt, outcome: 'suppressed', threads: [], reason: held })
    return row
  }
  return send(tx, deps, row, owner, dueAt).row
}

export interface Sent {
  readonly row: ScheduleRow
  readonly occurrence: OccurrenceRow
  readonly refused: readonly Refused[]
}

/** Sends an occurrence, whatever gates say. */
export function send(tx: Tx, deps: ScheduleDeps, row: ScheduleRow, owner: PeerRow, dueAt: number): Sent {
  const to = row.target_id ?? { address: row.target as string, select: row.selects ?? undefined }
  const { kind, body, priority } = row
  const deadlineMs = row.deadline_ms ?? LIMITS.defaultDeadlineMs
  const { threads, refused, reason } = deps.threads.sendScheduled(tx, { owner, kind, to, body, priority, deadlineMs })
  const isFired = threads.length > 0
  const next = {
    ...row,
    last_at: dueAt,
    last_thread: threads.at(-1) ?? row.last_thread,
    runs: row.runs + (isFired ? 1 : 0),
    failures: isFired ? 0 : row.failures + 1,
  }
  tx.run('UPDATE schedules SET last_at = ?, last_thread = ?, runs = ?, failures = ? WHERE id = ?', dueAt, next.last_thread, next.runs, next.failures, row.id)
  const occurrence = record(tx, row, { due_at: dueAt, outcome: isFired ? 'fired' : 'failed', threads, reason: reason ?? refusals(refused) })
  return { row: isFired ? next : failed(tx, deps, next, reason ?? ''), occurrence, refused }
}

function refusals(refused: readonly Refused[]): string | null {
  return refused.length === 0 ? null : `refused by ${refused.map(({ to }) => to.name).join(', ')}`
}

/** The owner hears of the first failure, and of the one that pauses the schedule. */
function failed(tx: Tx, deps: ScheduleDeps, row: ScheduleRow, reason: string): ScheduleRow {
  const name = `Schedule ${tx.id('schedule', row.id)}${row.label === null ? '' : ` (${row.label})`}`
  if (row.failures === 1) deps.threads.tell(tx, row.owner_id, `${name} could not be delivered: ${reason} It is tried again when it comes due.`)
  if (row.failures < LIMITS.maxScheduleFailures || row.state !== 'active') return row
  deps.threads.tell(tx, row.owner_id, `${name} was paused after ${row.failures} failures in a row: ${reason} Resume or delete it.`)
  const paused = pause(tx, row, `${row.failures} failures in a row: ${reason}`)
  deps.onTrouble(tx, { source: 'failed_schedule', about: row.id, circleId: row.circle_id })
  return paused
}

type Happened = Pick<OccurrenceRow, 'due_at' | 'outcome' | 'reason'> & {
  readonly threads: readonly number[]
  readonly until_at?: number | null
  readonly count?: number
}

function record(tx: Tx, row: ScheduleRow, { due_at, outcome, reason, threads, until_at = null, count = 1 }: Happened): OccurrenceRow {
  const stored: OccurrenceRow = { schedule_id: row.id, due_at, outcome, at: tx.now, until_at, count, threads: JSON.stringify(threads), reason }
  tx.run(
    'INSERT INTO occurrences (schedule_id, due_at, outcome, at, until_at, count, threads, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    row.id,
    due_at,
    outcome,
    tx.now,
    until_at,
    count,
    stored.threads,
    reason,
  )
  const changed: Record<string, unknown> = { outcome, dueAt: formatTime(due_at) }
  if (threads.length > 0) changed['threads'] = threads.map((id) => tx.id('thread', id))
  if (reason !== null) changed['reason'] = reason
  note(tx, row, 'schedule.fired', changed)
  return stored
}
