import { shortSpan } from '../../src/time.ts'

/** `3m ago`, `in 2h`, `now`; `-` where there is no time. */
export function relativeTime(time: string | null, nowMs: number): string {
  if (time === null) return '-'
  const atMs = Date.parse(time)
  if (Number.isNaN(atMs)) return '-'
  const span = shortSpan(Math.abs(nowMs - atMs))
  if (span === '0s') return 'now'
  return atMs <= nowMs ? `${span} ago` : `in ${span}`
}

/** `14:03:22` on the given day's clock of this machine, for logs and event lines; with the date where it is another day. */
export function clockTime(time: string | number, nowMs: number): string {
  const at = new Date(time)
  if (Number.isNaN(at.getTime())) return '-'
  const now = new Date(nowMs)
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits).join(':')
  const sameDay = at.getFullYear() === now.getFullYear() && at.getMonth() === now.getMonth() && at.getDate() === now.getDate()
  return sameDay ? clock : `${at.getFullYear()}-${twoDigits(at.getMonth() + 1)}-${twoDigits(at.getDate())} ${clock}`
}

/** The same to the millisecond, for what follows one another closely. */
export function preciseTime(time: string, nowMs: number): string {
  const at = new Date(time)
  return Number.isNaN(at.getTime()) ? '-' : `${clockTime(time, nowMs)}.${String(at.getMilliseconds()).padStart(3, '0')}`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
