import { LIMITS } from '../../src/limits.ts'
import { ruleOf, type ScheduleRow } from './rows.ts'
import { nextAfter, type Rule } from './rule.ts'

export interface DueNow {
  /** The due times that fire, in order. */
  readonly fires: readonly number[]
  /** Those before them that do not: the first, the last, and how many at least. */
  readonly missed: { readonly first: number; readonly until: number; readonly count: number } | undefined
  /** The plan goes on after this. */
  readonly last: number
}

/**
 * What a schedule whose time has come does with the due times up to now. One in time fires. Of those that are late by more than `LIMITS.lateMs`
 * (the daemon was down, or the machine asleep) its policy lets none fire, the last one for all, or each within the window and up to the cap.
 */
export function dueNow(row: ScheduleRow, now: number): DueNow {
  const { due, last } = dueUpTo(row, now)
  const late = due.filter((at) => at < now - LIMITS.lateMs - row.jitter_ms)
  const inTime = due.slice(late.length)
  const fires = [...chosen(row, late, inTime.length > 0, now), ...inTime]
  const left = late.filter((at) => !fires.includes(at))
  const [first] = left
  const until = left.at(-1)
  const missed = first === undefined || until === undefined ? undefined : { first, until, count: left.length }
  return { fires, missed, last }
}

/** Which of the late ones fire all the same. */
function chosen(row: ScheduleRow, late: readonly number[], isSomethingInTime: boolean, now: number): readonly number[] {
  const since = row.missed_window_ms === null ? 0 : now - row.missed_window_ms
  const within = late.filter((at) => at >= since)
  if (row.missed === 'all') return within.slice(-row.missed_cap)
  // What fires in time stands for all that was missed before it.
  return row.missed === 'once' && !isSomethingInTime ? within.slice(-1) : []
}

/** The due times up to now: the oldest and, where they are too many to look at one by one, the newest. */
function dueUpTo(row: ScheduleRow, now: number): { readonly due: readonly number[]; readonly last: number } {
  const rule = ruleOf(row)
  const first = row.next_at as number
  const oldest = collect(rule, first, now)
  const due = [first, ...oldest.due, ...(oldest.isAll ? [] : newest(rule, first, oldest.due.at(-1) as number, now))]
  return { due, last: Math.max(now, due.at(-1) as number) }
}

/** As many of the newest as took the oldest their time to come, or, of a pattern that is irregular, those of half that time, and so on. */
function newest(rule: Rule, first: number, after: number, now: number): readonly number[] {
  for (let span = after - first; span >= 1; span = Math.floor(span / 2)) {
    const { due, isAll } = collect(rule, Math.max(after, now - span), now)
    if (isAll) return due
  }
  return []
}

/** What comes due after an instant, up to now and `LIMITS.maxMissedCounted` at most; and whether that is all. */
function collect(rule: Rule, after: number, now: number): { readonly due: readonly number[]; readonly isAll: boolean } {
  const due: number[] = []
  for (let at = nextAfter(rule, after); at !== undefined && at <= now; at = nextAfter(rule, at)) {
    if (due.length === LIMITS.maxMissedCounted) return { due, isAll: false }
    due.push(at)
  }
  return { due, isAll: true }
}
