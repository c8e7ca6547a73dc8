import type { Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatDuration, parseDuration } from '../../src/time.ts'
import { priorityNumber } from '../threads/index.ts'
import type { ScheduleRow } from './rows.ts'
import { requirePattern } from './rule.ts'
import { readWhen } from './when.ts'
import { isZone } from './zone.ts'

/** What a caller decides of a schedule, as it is stored. */
export type Settings = Pick<
  ScheduleRow,
  | 'body'
  | 'label'
  | 'at'
  | 'cron'
  | 'every_ms'
  | 'zone'
  | 'priority'
  | 'deadline_ms'
  | 'missed'
  | 'missed_window_ms'
  | 'missed_cap'
  | 'overlap'
  | 'jitter_ms'
  | 'start_at'
  | 'end_at'
  | 'max_runs'
  | 'quiet_from'
  | 'quiet_to'
  | 'gates'
>
type Said = Partial<Omit<Parsed<'schedules.edit'>, 'schedule'>>

const NOTHING: Settings = {
  body: '',
  label: null,
  at: null,
  cron: null,
  every_ms: null,
  zone: 'UTC',
  priority: 2,
  deadline_ms: null,
  missed: 'once',
  missed_window_ms: null,
  missed_cap: 10,
  overlap: 'skip',
  jitter_ms: 0,
  start_at: null,
  end_at: null,
  max_runs: null,
  quiet_from: null,
  quiet_to: null,
  gates: '[]',
}

/**
 * What was said, checked and laid over what was.
 *
 * @param before - what a schedule has now; left out for a new one
 * @throws MusterError `invalid_input` with the field and what would be accepted
 */
export function settle(said: Said, now: number, homeZone: string, before: Settings = { ...NOTHING, zone: homeZone }): Settings {
  const zone = zoneOf(said.zone ?? before.zone)
  const settings: Settings = {
    ...before,
    ...ruleOf(said, now, zone, before),
    zone,
    body: said.body ?? before.body,
    label: kept(said.label, before.label),
    priority: said.priority === undefined ? before.priority : priorityNumber(said.priority),
    deadline_ms: duration(said.deadline, before.deadline_ms, 'deadline', LIMITS.minDeadlineMs, LIMITS.maxDeadlineMs),
    missed: said.missed ?? before.missed,
    missed_window_ms: duration(said.missedWindow, before.missed_window_ms, 'missedWindow', LIMITS.minIntervalMs, LIMITS.maxIntervalMs),
    missed_cap: said.missedCap ?? before.missed_cap,
    overlap: said.overlap ?? before.overlap,
    jitter_ms: duration(said.jitter, before.jitter_ms, 'jitter', 0, LIMITS.maxJitterMs) ?? 0,
    start_at: time(said.startAt, before.start_at, { now, zone, field: 'startAt' }),
    end_at: time(said.endAt, before.end_at, { now, zone, field: 'endAt' }),
    max_runs: kept(said.maxRuns, before.max_runs),
    ...quietOf(said.quiet, before),
    gates: said.gates === undefined ? before.gates : JSON.stringify(said.gates),
  }
  requireSense(settings)
  return settings
}

function ruleOf(said: Said, now: number, zone: string, before: Settings): Pick<Settings, 'at' | 'cron' | 'every_ms'> {
  const given = [said.at, said.cron, said.every].filter((rule) => rule !== undefined).length
  if (given === 0 && (before.at ?? before.cron ?? before.every_ms) !== null) return { at: before.at, cron: before.cron, every_ms: before.every_ms }
  if (given !== 1) throw new MusterError('invalid_input', { hint: 'Give one of `at`, `cron` and `every`: when is it due?' })
  if (said.cron !== undefined) requirePattern(said.cron, zone, now)
  return {
    at: said.at === undefined ? null : readWhen(said.at, { now, zone, field: 'at' }),
    cron: said.cron ?? null,
    every_ms: duration(said.every, null, 'every', LIMITS.minIntervalMs, LIMITS.maxIntervalMs),
  }
}

function requireSense({ at, every_ms, quiet_from, jitter_ms, start_at, end_at }: Settings): void {
  const refuse = (field: string, hint: string) => new MusterError('invalid_input', { field, hint })
  if (at !== null && quiet_from !== null) throw refuse('quiet', 'Quiet hours are for what recurs; a single time is what it is.')
  if (at !== null && (start_at ?? end_at) !== null) throw refuse('startAt', 'A single time has no start and no end.')
  if (start_at !== null && end_at !== null && end_at <= start_at) throw refuse('endAt', 'The end must come after the start.')
  if (every_ms !== null && jitter_ms > every_ms / 2) throw refuse('jitter', `At most half of the interval: ${formatDuration(Math.floor(every_ms / 2))}.`)
}

function zoneOf(zone: string): string {
  if (isZone(zone)) return zone
  throw new MusterError('invalid_input', { field: 'zone', hint: 'Expected an IANA time zone such as Europe/Berlin, America/New_York or UTC.' })
}

function quietOf(said: Said['quiet'], before: Settings): Pick<Settings, 'quiet_from' | 'quiet_to'> {
  if (said === undefined) return { quiet_from: before.quiet_from, quiet_to: before.quiet_to }
  if (said === null) return { quiet_from: null, quiet_to: null }
  const [from = '', to = ''] = said.split('-')
  if (from === to) throw new MusterError('invalid_input', { field: 'quiet', hint: 'The two times must differ; pause the schedule to silence it.' })
  const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))
  return { quiet_from: minutes(from), quiet_to: minutes(to) }
}

function duration(said: string | null | undefined, before: number | null, field: string, least: number, most: number): number | null {
  if (said === undefined) return before
  if (said === null) return null
  const ms = parseDuration(said) as number
  if (ms >= least && ms <= most) return ms
  throw new MusterError('invalid_input', { field, hint: `Expected from ${formatDuration(least)} to ${formatDuration(most)}.` })
}

function time(said: string | null | undefined, before: number | null, about: Parameters<typeof readWhen>[1]): number | null {
  return said === undefined ? before : said === null ? null : readWhen(said, about)
}

function kept<T>(said: T | null | undefined, before: T | null): T | null {
  return said === undefined ? before : said
}
