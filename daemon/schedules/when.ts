import { MusterError } from '../../src/errors.ts'
import { formatTime, parseDuration, parseTime } from '../../src/time.ts'
import { instantsOf, plusDays, type Wall, WEEKDAYS, wallAt, weekdayOf } from './zone.ts'

const ACCEPTED = '2026-12-24T18:00:00+01:00, 2026-12-24 18:00, 10m, in 2h, 09:00, tomorrow 9am or friday 18:30'
const DATED = /^(\d{4})-(\d{2})-(\d{2})(?:[t ]+(\S+))$/
const NAMED = /^(?:(today|tomorrow|(?:next )?(?:sun|mon|tues|wednes|thurs|fri|satur)day)(?: at)? )?(\S+)$/
const CLOCK = /^(\d{1,2})(?::(\d{2}))?(am|pm)?$/

export interface Now {
  readonly now: number
  /** The zone in which times of day are meant. */
  readonly zone: string
  /** The field of the input, for the error. */
  readonly field: string
}

/**
 * The instant that a person means: an RFC 3339 time, a duration from now, or a time of day in the zone, alone (the next time that clocks show
 * it), with a day, or with a date. A weekday is the next of that name, never today.
 *
 * @throws MusterError `invalid_input` where it is none of these, does not exist, exists twice (clocks are put back over it), or has passed
 */
export function readWhen(text: string, about: Now): number {
  const said = text.trim().toLowerCase().replaceAll(/\s+/g, ' ')
  const at = parseTime(text.trim()) ?? fromNow(said, about.now) ?? onDate(said, about) ?? onDay(said, about)
  if (at === undefined) throw refusal(about, `${text} is no time.`, `Expected something like ${ACCEPTED}.`)
  if (at <= about.now) throw refusal(about, `${text} has passed.`, `It is ${formatTime(about.now)} now.`)
  return at
}

function fromNow(said: string, now: number): number | undefined {
  const ms = parseDuration(said.replace(/^in /, ''))
  return ms === undefined ? undefined : now + ms
}

function onDate(said: string, about: Now): number | undefined {
  const [, year, month, day, clock = ''] = DATED.exec(said) ?? []
  const time = timeOfDay(clock)
  if (!time || year === undefined) return undefined
  const wall = { year: Number(year), month: Number(month), day: Number(day), ...time }
  const date = new Date(Date.UTC(wall.year, wall.month - 1, wall.day))
  if (date.getUTCMonth() + 1 !== wall.month || date.getUTCDate() !== wall.day) return undefined
  return onlyInstant(wall, said, about)
}

function onDay(said: string, about: Now): number | undefined {
  const [, day, clock = ''] = NAMED.exec(said) ?? []
  const time = timeOfDay(clock)
  if (!time) return undefined
  const today: Wall = { ...wallAt(about.now, about.zone), ...time }
  if (day === 'today') return onlyInstant(today, said, about)
  if (day === 'tomorrow') return onlyInstant(plusDays(today, 1), said, about)
  if (day !== undefined) return onlyInstant(plusDays(today, daysUntil(day.replace('next ', ''), weekdayOf(today))), said, about)
  const at = onlyInstant(today, said, about)
  return at > about.now ? at : onlyInstant(plusDays(today, 1), said, about)
}

function daysUntil(weekday: string, from: number): number {
  return (WEEKDAYS.indexOf(weekday as (typeof WEEKDAYS)[number]) - from + 7) % 7 || 7
}

/** `09:00`, `9am`, `9:30pm`; a bare number is no time. */
function timeOfDay(text: string): { readonly hour: number; readonly minute: number } | undefined {
  const [, hours, minutes, half] = CLOCK.exec(text) ?? []
  if (hours === undefined || (minutes === undefined && half === undefined)) return undefined
  const minute = Number(minutes ?? 0)
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half === 'pm' ? 12 : 0)
  const isTwelve = half !== undefined && (Number(hours) < 1 || Number(hours) > 12)
  return hour > 23 || minute > 59 || isTwelve ? undefined : { hour, minute }
}

function onlyInstant(wall: Wall, said: string, about: Now): number {
  const instants = instantsOf(wall, about.zone)
  const [only] = instants
  if (only === undefined)
    throw refusal(about, `${said} does not exist in ${about.zone}: clocks are put forward over it.`, 'Give another time, or one with its offset.')
  if (instants.length > 1) {
    const both = instants.map(formatTime).join(' or ')
    throw refusal(about, `${said} comes twice in ${about.zone}: clocks are put back over it.`, `Give ${both}.`)
  }
  return only
}

function refusal({ field }: Now, message: string, hint: string): MusterError {
  return new MusterError('invalid_input', { field, hint }, { message })
}
