import { Cron } from 'croner'
import { MusterError } from '../../src/errors.ts'
import { formatTime } from '../../src/time.ts'
import { wallAt } from './zone.ts'

/** When a schedule comes due. */
export interface Rule {
  /** A single time, */
  readonly at: number | null
  /** or a cron pattern in `zone`, */
  readonly cron: string | null
  /** or every so many milliseconds, counted from `anchor`. */
  readonly every_ms: number | null
  readonly anchor: number
  readonly zone: string
  readonly start_at: number | null
  readonly end_at: number | null
  /** Minutes of the local day; nothing recurs from the one up to the other. */
  readonly quiet_from: number | null
  readonly quiet_to: number | null
}

const NICKNAMES = new Set(['@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually'])
/** Patterns are shared by many schedules, and reading one costs 45 µs. */
const patterns = new Map<string, Cron>()
const MAX_PATTERNS = 1_000
const MINUTE_MS = 60_000
const DAY_MINUTES = 1_440
/** More than clocks are ever put forward at once. */
const WALKED_MINUTES = 121
/** A rule that has come due so often, each time in quiet hours, always does. */
const MAX_QUIET_STEPS = 500

/**
 * The first due time after an instant; `undefined` where there is none.
 *
 * Where clocks are put forward over a time of a cron pattern, it comes due when the gap ends, once. Where they are put back, a pattern that names
 * hours comes due at the first of the two, and one of every hour or minute goes on as time does (croner's rules, held by tests).
 */
export function nextAfter(rule: Rule, after: number): number | undefined {
  let due = rawNext(rule, Math.max(after, (rule.start_at ?? 0) - 1))
  for (let left = quietMinutes(rule, due), steps = 0; due !== undefined && left > 0; left = quietMinutes(rule, due), steps += 1) {
    if (steps >= MAX_QUIET_STEPS) return undefined
    // Clocks may be put forward before the quiet hours end, so the last of them are walked.
    due = rawNext(rule, due + Math.max(0, left - WALKED_MINUTES) * MINUTE_MS)
  }
  return due === undefined || (rule.end_at !== null && due > rule.end_at) ? undefined : due
}

function rawNext(rule: Rule, after: number): number | undefined {
  if (rule.at !== null) return rule.at > after ? rule.at : undefined
  if (rule.every_ms !== null) {
    const periods = Math.max(1, Math.floor((after - rule.anchor) / rule.every_ms) + 1)
    return rule.anchor + periods * rule.every_ms
  }
  return patternOf(rule.cron as string, rule.zone)
    .nextRun(new Date(after))
    ?.getTime()
}

/** How long the quiet hours go on after a due time that lies in them; 0 outside. */
function quietMinutes({ quiet_from: from, quiet_to: to, zone, at }: Rule, due: number | undefined): number {
  if (due === undefined || from === null || to === null || at !== null) return 0
  const wall = wallAt(due, zone)
  const minute = wall.hour * 60 + wall.minute
  const isQuiet = from <= to ? minute >= from && minute < to : minute >= from || minute < to
  return isQuiet ? (to - minute + DAY_MINUTES) % DAY_MINUTES : 0
}

/**
 * Checks a cron pattern.
 *
 * @throws MusterError `invalid_input` where it is none, or never comes due
 */
export function requirePattern(cron: string, zone: string, now: number): void {
  const refuse = (message: string) =>
    new MusterError(
      'invalid_input',
      { field: 'cron', hint: 'Expected five fields (minute, hour, day of the month, month, day of the week), as in "0 9 * * 1-5", or @daily.' },
      { message },
    )
  const isShort = cron.startsWith('@') ? NICKNAMES.has(cron.toLowerCase()) : cron.trim().split(/\s+/).length === 5
  if (!isShort) throw refuse(`${cron} is no cron pattern of five fields.`)
  let next: Date | null
  try {
    next = patternOf(cron, zone).nextRun(new Date(now))
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error))
  }
  if (!next) throw refuse(`${cron} never comes due after ${formatTime(now)}.`)
}

function patternOf(cron: string, zone: string): Cron {
  const key = `${zone} ${cron}`
  const known = patterns.get(key)
  if (known) return known
  // Paused and without a function it has no timer: it only computes.
  const pattern = new Cron(cron.trim(), { timezone: zone, paused: true })
  if (patterns.size >= MAX_PATTERNS) patterns.clear()
  patterns.set(key, pattern)
  return pattern
}
