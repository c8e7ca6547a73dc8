import type Database from 'better-sqlite3'
import type { OccurrenceRow, ScheduleRow } from '../../daemon/schedules/rows.ts'
import type { Gate } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { numberOf } from './numbers.ts'

/** Says what is broken about a schedule. */
type Complain = (row: ScheduleRow, what: string) => void

const MINUTE_MS = 60_000

/**
 * Replays the events: which asks were open when an occurrence came, and so whether its gates and the ask before it let it fire. The
 * one peer that there is asks itself, so it owes an answer as long as any ask is open.
 */
export function judgeGates(db: Database.Database, rows: readonly ScheduleRow[], complain: Complain): void {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const asks = new Set(db.prepare("SELECT id FROM threads WHERE kind = 'ask'").pluck().all() as number[])
  const events = db.prepare('SELECT type, subject, changed FROM events ORDER BY seq').all() as { type: string; subject: number; changed: string }[]
  const open = new Set<number>()
  const lastAsk = new Map<number, number>()
  for (const { type, subject, changed } of events) {
    if (type === 'thread.opened' && asks.has(subject)) open.add(subject)
    if (type === 'thread.closed') open.delete(subject)
    const row = type === 'schedule.fired' ? byId.get(subject) : undefined
    if (!row) continue
    const { outcome, dueAt, threads = [] } = JSON.parse(changed) as { outcome: string; dueAt: string; threads?: string[] }
    const own = threads.map(numberOf)
    const right = outcomesOf(
      row,
      open.has(lastAsk.get(row.id) as number),
      [...open].some((thread) => !own.includes(thread)),
    )
    if (outcome !== 'missed' && !right.includes(outcome)) complain(row, `${outcome} at ${dueAt}, which should have been ${right[0]}`)
    for (const thread of own) lastAsk.set(row.id, thread)
  }
}

/** What an occurrence may come to, where the ask before it is open (`laps`) and the peer owes an answer. */
function outcomesOf({ kind, overlap, gates }: ScheduleRow, laps: boolean, owes: boolean): readonly string[] {
  if (laps && kind === 'ask' && overlap === 'skip') return ['skipped']
  return (JSON.parse(gates) as Gate[]).some(({ not }) => owes === not) ? ['suppressed'] : ['fired', 'failed']
}

/** What came late is what the policy says: nothing, the last one for all where nothing came in time, or as many as the cap. */
export function judgeMissed(row: ScheduleRow, happened: readonly OccurrenceRow[], complain: Complain): void {
  for (const at of new Set(happened.map((one) => one.at))) {
    const together = happened.filter((one) => one.at === at)
    const came = together.filter(({ outcome }) => outcome !== 'missed')
    const late = came.filter((one) => one.due_at < at - LIMITS.lateMs - row.jitter_ms)
    const left = together.filter(({ outcome }) => outcome === 'missed').map((one) => one.until_at ?? one.due_at)
    const most = mostLate(row, late.length < came.length)
    const isBounded = row.missed_window_ms !== null || row.max_runs !== null
    const isTooFew = left.length > 0 && !isBounded && late.length < most
    if (late.length > most || isTooFew) complain(row, `${late.length} came late at ${iso(at)}, in place of ${most}`)
    const oldest = Math.max(...left, at - (row.missed_window_ms ?? at))
    if (late.some(({ due_at }) => due_at < oldest)) complain(row, `at ${iso(at)} one came that was out of its window, or older than one that did not`)
  }
}

function mostLate({ missed, missed_cap }: ScheduleRow, isSomethingInTime: boolean): number {
  if (missed === 'all') return missed_cap
  return missed === 'once' && !isSomethingInTime ? 1 : 0
}

/** What clocks in the zone of a rule show when it comes due, as the platform tells it: no quiet hour, and the pattern's own time, or the end of a gap over it. */
export function judgeWallTime(row: ScheduleRow, happened: readonly OccurrenceRow[], complain: Complain): void {
  if (row.at !== null) return
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: row.zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  for (const { due_at: due } of happened) {
    const wall = wallAt(format, due)
    if (isQuiet(row, wall.minutes)) complain(row, `came due in its quiet hours, at ${iso(due)}`)
    const { cron } = row
    if (cron === null) continue
    // Clocks that are put forward show none of the minutes in between.
    const hidden = Math.max(0, wall.minutes - wallAt(format, due - MINUTE_MS).minutes - 1)
    const shown = Array.from({ length: hidden + 1 }, (_, back) => ({ ...wall, minutes: wall.minutes - back }))
    if (!shown.some((time) => fits(cron, time))) complain(row, `came due at ${iso(due)}, which is no time of its pattern`)
    const isRepeat = [30, 60].some((minutes) => wallAt(format, due - minutes * MINUTE_MS).minutes === wall.minutes)
    if (isRepeat && !/^\d+ \*/.test(cron)) complain(row, `came due at ${iso(due)}, when its time was shown for the second time`)
  }
}

function isQuiet({ quiet_from: from, quiet_to: to }: ScheduleRow, minutes: number): boolean {
  if (from === null || to === null) return false
  return from <= to ? minutes >= from && minutes < to : minutes >= from || minutes < to
}

interface WallTime {
  /** `Mon` to `Sun`. */
  readonly weekday: string
  /** Since midnight, as clocks show it. */
  readonly minutes: number
}

function wallAt(format: Intl.DateTimeFormat, at: number): WallTime {
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
  return { weekday: String(parts['weekday']), minutes: Number(parts['hour']) * 60 + Number(parts['minute']) }
}

/** The few patterns of the stories, read here on their own. */
function fits(cron: string, { weekday, minutes }: WallTime): boolean {
  const [minute, hours, , , days] = (cron === '@weekly' ? '0 0 * * 0' : cron).split(' ')
  const hour = Math.floor(minutes / 60)
  const every = /^\*\/(\d+)$/.exec(hours ?? '')?.[1]
  const isHour = every === undefined ? hours === '*' || hours?.split(',').map(Number).includes(hour) : hour % Number(every) === 0
  const isDay = days === '*' || (days === '0' ? weekday === 'Sun' : weekday !== 'Sat' && weekday !== 'Sun')
  return minutes % 60 === Number(minute) && isHour === true && isDay
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
