/** Milliseconds in each unit a person may write. */
const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
const DURATION_PATTERN = /^(\d{1,9})(ms|s|m|h|d|w)$/

/** `90s`, `15m`, `24h`; `undefined` where the text is no duration. */
export function parseDuration(text: string): number | undefined {
  const parts = DURATION_PATTERN.exec(text)
  const ms = parts ? Number(parts[1]) * UNITS[parts[2] as keyof typeof UNITS] : undefined
  return Number.isSafeInteger(ms) ? ms : undefined
}

/** The shortest exact form: `90000` is `90s`, `86400000` is `1d`. */
export function formatDuration(ms: number): string {
  for (const unit of ['w', 'd', 'h', 'm', 's'] as const) {
    if (ms !== 0 && ms % UNITS[unit] === 0) return `${ms / UNITS[unit]}${unit}`
  }
  return `${ms}ms`
}

/** The units of a short span, largest first. */
const STEPS = [
  ['d', UNITS.d],
  ['h', UNITS.h],
  ['m', UNITS.m],
  ['s', UNITS.s],
] as const

/** A length of time in its largest whole unit: `90000` is `1m`. */
export function shortSpan(ms: number): string {
  for (const [unit, unitMs] of STEPS) {
    if (ms >= unitMs) return `${Math.floor(ms / unitMs)}${unit}`
  }
  return '0s'
}

/** The text of a second up to its point, for the seconds written last: formatting was 4 % of an ask, and its times share few seconds. */
const secondsWritten = new Map<number, string>()
const MAX_SECONDS_WRITTEN = 64

/** Epoch milliseconds as RFC 3339 in UTC. */
export function formatTime(epochMs: number): string {
  const second = Math.floor(epochMs / 1_000)
  let text = secondsWritten.get(second)
  if (text === undefined) {
    text = new Date(epochMs).toISOString().slice(0, -4)
    if (secondsWritten.size >= MAX_SECONDS_WRITTEN) secondsWritten.clear()
    secondsWritten.set(second, text)
  }
  return `${text}${String(epochMs - second * 1_000).padStart(3, '0')}Z`
}

/** Hours end at 23: `Date.parse` takes 24:00 for the next day. */
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt](?:[01]\d|2[0-3]):\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/

/** Epoch milliseconds of an RFC 3339 time; `undefined` where it is none or the day does not exist. */
export function parseTime(text: string): number | undefined {
  if (!RFC3339.test(text)) return undefined
  const day = Number(text.slice(8, 10))
  const daysInMonth = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()
  const ms = Date.parse(text)
  return Number.isNaN(ms) || day > daysInMonth ? undefined : ms
}
