import { signal } from '@preact/signals'

/** The present, as often as something on the page counts with it; epoch milliseconds. */
export const now = signal(Date.now())
const TICK_MS = 1_000

setInterval(() => {
  if (document.visibilityState === 'visible') now.value = Date.now()
}, TICK_MS)

const ago = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' })
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' })
/** So far ahead a weekday names one day alone. */
const SOON_MS = 6 * 86_400_000
/** Each with its size, and from when on it is used: "tomorrow" is said of no time that is the day after. */
const UNITS = [
  ['day', 86_400_000, 172_800_000],
  ['hour', 3_600_000, 3_600_000],
  ['minute', 60_000, 60_000],
] as const

/** "3 min ago", "in 2 hr.": in the reader's language. Less than a minute is "now". */
function relative(at: number, from: number): string {
  const ms = at - from
  for (const [unit, size, least] of UNITS) if (Math.abs(ms) >= least) return ago.format(Math.trunc(ms / size), unit)
  return ago.format(0, 'second')
}

/** "4:05", "1:02:03", "2 d 3 h", "40 d": what is left until a time; "over" behind it. */
function countdown(at: number, from: number): string {
  const seconds = Math.ceil((at - from) / 1_000)
  if (seconds <= 0) return 'over'
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60]
  if (days > 0) return hours === 0 || days >= 7 ? `${days} d` : `${days} d ${hours} h`
  const two = (number: number): string => String(number).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** "now", "4 min", "3 h", "2 d": how long something has lasted. */
function lasting(at: number, until: number): string {
  const minutes = Math.floor((until - at) / 60_000)
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1_440)} d`
}

interface TimeProps {
  /** RFC 3339, as the daemon says it. */
  readonly at: string
  /** `clock`: the time of the day, with the day where that is another; `lasting`: for how long it has been so. @default 'ago' */
  readonly as?: 'ago' | 'clock' | 'countdown' | 'lasting'
}

const WORDS = { ago: relative, clock: onClock, countdown, lasting } as const

/** A time in the reader's zone and language; the whole of it on hovering. */
export function Time({ at, as = 'ago' }: TimeProps) {
  const ms = Date.parse(at)
  const text = WORDS[as](ms, now.value)
  return (
    <time dateTime={at} title={full.format(ms)}>
      {text}
    </time>
  )
}

/** "09:00"; "Tue 09:00" within the days to come; "Nov 24, 09:00" otherwise. */
function onClock(ms: number, from: number): string {
  const isToday = new Date(ms).toDateString() === new Date(from).toDateString()
  if (isToday) return clock.format(ms)
  return ms > from && ms - from < SOON_MS ? `${weekday.format(ms)} ${clock.format(ms)}` : `${day.format(ms)}, ${clock.format(ms)}`
}
