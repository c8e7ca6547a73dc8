/** A time as a clock on a wall shows it. */
export interface Wall {
  readonly year: number
  /** From 1. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** A formatter costs a tenth of a millisecond to make; there are some 400 zones. */
const formats = new Map<string, Intl.DateTimeFormat>()

/** Whether there is such an IANA zone. Offsets such as `+02:00` are none: they know no summer. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

/** What clocks in a zone show at an instant. */
export function wallAt(epochMs: number, zone: string): Wall {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {}
  for (const { type, value } of formatOf(zone).formatToParts(epochMs)) parts[type] = value
  const [year, month, day, hour, minute] = [parts.year, parts.month, parts.day, parts.hour, parts.minute].map(Number)
  return { year: year ?? 0, month: month ?? 0, day: day ?? 0, hour: hour ?? 0, minute: minute ?? 0 }
}

/** The instants at which clocks in a zone show a time, in order: one as a rule, none where they are put forward over it, two where they are put back. */
export function instantsOf(wall: Wall, zone: string): number[] {
  const utc = utcOf(wall)
  // No zone changes its clocks twice within two days, so the offsets of the day before and the day after are all there are.
  const offsets = new Set([utc - DAY_MS, utc + DAY_MS].map((at) => utcOf(wallAt(at, zone)) - Math.floor(at / MINUTE_MS) * MINUTE_MS))
  return [...offsets]
    .map((offset) => utc - offset)
    .filter((at) => utcOf(wallAt(at, zone)) === utc)
    .sort((a, b) => a - b)
}

/** `Fri 2026-12-04 09:00 GMT+1`: a time as people in the zone read it. */
export function formatLocal(epochMs: number, zone: string): string {
  const wall = wallAt(epochMs, zone)
  const two = (n: number) => String(n).padStart(2, '0')
  const weekday = WEEKDAYS[new Date(utcOf(wall)).getUTCDay()]?.slice(0, 3) ?? ''
  const name = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'short' }).formatToParts(epochMs).find(({ type }) => type === 'timeZoneName')
  const date = `${wall.year}-${two(wall.month)}-${two(wall.day)} ${two(wall.hour)}:${two(wall.minute)}`
  return `${weekday.charAt(0).toUpperCase()}${weekday.slice(1)} ${date} ${name?.value ?? zone}`
}

export const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const

/** The same wall time some days later. */
export function plusDays(wall: Wall, days: number): Wall {
  const date = new Date(utcOf(wall) + days * DAY_MS)
  return { ...wall, year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

export function weekdayOf(wall: Wall): number {
  return new Date(utcOf(wall)).getUTCDay()
}

function utcOf({ year, month, day, hour, minute }: Wall): number {
  return Date.UTC(year, month - 1, day, hour, minute)
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  formats.set(zone, format)
  return format
}
