import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime, parseTime } from '../../src/time.ts'
import type { Caller, Query } from '../caller.ts'
import { GRANTED_CIRCLES, maySee } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { ScheduleDeps } from './deps.ts'
import { findSchedule, type OccurrenceRow, ruleOf, type ScheduleRow, toOccurrence, toSchedule } from './rows.ts'
import { nextAfter, type Rule } from './rule.ts'
import { settle } from './settings.ts'
import { formatLocal } from './zone.ts'

/** Whether a caller looks after the schedules of a circle: its orchestrators, people who see into it, and the administrator. */
function overseesCircle(reader: Reader, caller: Caller, circleId: number): boolean {
  if (caller.kind === 'admin') return true
  return caller.kind === 'peer' && (caller.role === 'orchestrator' || caller.role === 'person') && maySee(reader, caller, circleId)
}

/** @throws MusterError `not_found` unless the caller owns it, is woken by it, or oversees its circle */
function visible(reader: Reader, caller: Caller, id: string): ScheduleRow {
  const row = findSchedule(reader, reader.number('schedule', id))
  const isConcerned = row !== undefined && caller.kind === 'peer' && (row.owner_id === caller.peerId || row.target_id === caller.peerId)
  if (row && (isConcerned || overseesCircle(reader, caller, row.circle_id))) return row
  throw new MusterError('not_found', { id })
}

/** @throws MusterError `not_found`, or `forbidden` for one whom it only wakes */
export function changeable(reader: Reader, caller: Caller, id: string): ScheduleRow {
  const row = visible(reader, caller, id)
  const isOwner = caller.kind === 'peer' && row.owner_id === caller.peerId
  if (isOwner || overseesCircle(reader, caller, row.circle_id)) return row
  throw new MusterError('forbidden', { hint: 'Only its owner, an orchestrator of the circle or a person may change it. Ask its owner.' })
}

/** A schedule that its failures have paused. */
export function failedSchedule(reader: Reader, id: number): Pick<ScheduleRow, 'owner_id' | 'failures'> | undefined {
  const row = findSchedule(reader, id)
  return row?.state === 'paused' && row.failures >= LIMITS.maxScheduleFailures ? row : undefined
}

export const getSchedule: Query<'schedules.get'> = (reader, caller, input) => ({ schedule: toSchedule(reader, visible(reader, caller, input.schedule)) })

const CONCERNS = 'owner_id = @self OR (NOT @mine AND target_id = @self)'
const LIST = (rule: string) => `SELECT * FROM schedules WHERE id > @after AND (@state IS NULL OR state = @state) AND (${rule}) ORDER BY id LIMIT @limit`

export const listSchedules: Query<'schedules.list'> = (reader, caller, input) => {
  const after = input.after === undefined ? 0 : reader.number('schedule', input.after)
  const common = { after, state: input.state ?? null, limit: input.limit + 1 }
  const rows = reader.all<ScheduleRow>(...statementFor(caller, input.mine, common))
  const page = rows.slice(0, input.limit)
  const last = rows.length > page.length ? page.at(-1) : undefined
  return { schedules: page.map((row) => toSchedule(reader, row)), after: last ? reader.id('schedule', last.id) : null }
}

function statementFor(
  caller: Caller,
  mine: boolean,
  common: Readonly<Record<string, string | number | null>>,
): [string, Readonly<Record<string, string | number | null>>] {
  if (caller.kind !== 'peer') return [LIST('1'), common]
  const oversees = !mine && (caller.role === 'orchestrator' || caller.role === 'person')
  const rule = oversees ? `${CONCERNS} OR circle_id = @own OR circle_id IN (${GRANTED_CIRCLES})` : CONCERNS
  return [LIST(rule), { ...common, self: caller.peerId, mine: mine ? 1 : 0, ...(oversees ? { own: caller.circleId } : {}) }]
}

export const historySchedule: Query<'schedules.history'> = (reader, caller, input) => {
  const { id } = visible(reader, caller, input.schedule)
  const before = input.before === undefined ? Number.MAX_SAFE_INTEGER : (parseTime(input.before) as number)
  const rows = reader.all<OccurrenceRow>(
    'SELECT * FROM occurrences WHERE schedule_id = ? AND due_at < ? ORDER BY due_at DESC LIMIT ?',
    id,
    before,
    input.limit + 1,
  )
  const page = rows.slice(0, input.limit)
  const last = rows.length > page.length ? page.at(-1) : undefined
  return { occurrences: page.map((row) => toOccurrence(reader, caller, row)), before: last ? formatTime(last.due_at) : null }
}

export function previewSchedule(clock: { readonly wallMs: () => number }, home: Pick<ScheduleDeps, 'zone'>): Query<'schedules.preview'> {
  return (reader, caller, { schedule, count, ...said }) => {
    const now = clock.wallMs()
    const row = schedule === undefined ? undefined : visible(reader, caller, schedule)
    const rule: Rule = row ? ruleOf({ ...row, ...settle(said, now, home.zone, row) }) : { ...settle(said, now, home.zone), anchor: now }
    const anchored = row || rule.start_at === null ? rule : { ...rule, anchor: rule.start_at }
    const occurrences = []
    for (let at = nextAfter(anchored, now); at !== undefined && occurrences.length < count; at = nextAfter(anchored, at)) {
      occurrences.push({ at: formatTime(at), local: formatLocal(at, rule.zone) })
    }
    return { zone: rule.zone, occurrences }
  }
}
