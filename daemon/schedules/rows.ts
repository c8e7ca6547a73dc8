import type { Gate, Occurrence, Schedule } from '../../src/contract/index.ts'
import { formatDuration, formatTime } from '../../src/time.ts'
import type { Caller } from '../caller.ts'
import { refOf, timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { mayReadThread, PRIORITIES } from '../threads/index.ts'
import type { Rule } from './rule.ts'

export interface ScheduleRow extends Omit<Rule, 'anchor'> {
  readonly id: number
  readonly owner_id: number
  readonly circle_id: number
  /** One peer, by number, or */
  readonly target_id: number | null
  /** an address that means whom it means when it fires. */
  readonly target: string | null
  readonly selects: 'one' | 'all' | null
  readonly kind: 'notify' | 'ask'
  readonly body: string
  readonly label: string | null
  readonly priority: number
  readonly deadline_ms: number | null
  readonly missed: 'skip' | 'once' | 'all'
  readonly missed_window_ms: number | null
  readonly missed_cap: number
  readonly overlap: 'skip' | 'allow'
  readonly jitter_ms: number
  readonly max_runs: number | null
  readonly gates: string
  readonly state: 'active' | 'paused' | 'ended'
  readonly reason: string | null
  readonly next_at: number | null
  readonly fire_at: number | null
  readonly last_at: number | null
  readonly last_thread: number | null
  readonly runs: number
  readonly failures: number
  readonly created_at: number
  readonly ended_at: number | null
}

export interface OccurrenceRow {
  readonly schedule_id: number
  readonly due_at: number
  readonly outcome: Occurrence['outcome']
  readonly at: number
  readonly until_at: number | null
  readonly count: number
  readonly threads: string
  readonly reason: string | null
}

export function findSchedule(reader: Reader, id: number): ScheduleRow | undefined {
  return reader.get<ScheduleRow>('SELECT * FROM schedules WHERE id = ?', id)
}

/** An interval counts from its start, or from when the schedule was made. */
export function ruleOf(row: ScheduleRow): Rule {
  return { ...row, anchor: row.start_at ?? row.created_at }
}

export function toSchedule(reader: Reader, row: ScheduleRow): Schedule {
  const owner = refOf(reader, row.owner_id)
  if (!owner) throw new Error(`Schedule ${row.id} has no owner`)
  return {
    id: reader.id('schedule', row.id),
    owner,
    to: row.target ?? refOf(reader, row.target_id)?.name ?? '',
    kind: row.kind,
    body: row.body,
    label: row.label,
    at: timeOrNull(row.at),
    cron: row.cron,
    every: durationOrNull(row.every_ms),
    zone: row.zone,
    priority: PRIORITIES[row.priority - 1] ?? 'normal',
    deadline: durationOrNull(row.deadline_ms),
    missed: row.missed,
    missedWindow: durationOrNull(row.missed_window_ms),
    missedCap: row.missed_cap,
    overlap: row.overlap,
    jitter: row.jitter_ms === 0 ? null : formatDuration(row.jitter_ms),
    startAt: timeOrNull(row.start_at),
    endAt: timeOrNull(row.end_at),
    maxRuns: row.max_runs,
    quiet: row.quiet_from === null || row.quiet_to === null ? null : `${clockTime(row.quiet_from)}-${clockTime(row.quiet_to)}`,
    gates: JSON.parse(row.gates) as Gate[],
    state: row.state,
    reason: row.reason,
    nextAt: timeOrNull(row.next_at),
    fireAt: timeOrNull(row.fire_at),
    lastAt: timeOrNull(row.last_at),
    runs: row.runs,
    failures: row.failures,
    createdAt: formatTime(row.created_at),
  }
}

/** Its threads are named to those who may read them. */
export function toOccurrence(reader: Reader, caller: Caller, row: OccurrenceRow): Occurrence {
  return {
    dueAt: formatTime(row.due_at),
    outcome: row.outcome,
    at: formatTime(row.at),
    untilAt: timeOrNull(row.until_at),
    count: row.count,
    threads: (JSON.parse(row.threads) as number[]).filter((id) => mayReadThread(reader, caller, id)).map((id) => reader.id('thread', id)),
    reason: row.reason,
  }
}

function durationOrNull(ms: number | null): string | null {
  return ms === null ? null : formatDuration(ms)
}

function clockTime(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}
