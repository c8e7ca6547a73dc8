import type { IncomingHttpHeaders } from 'node:http'

/** What of a representation is asked for (RFC 9110, sections 13 and 14): bytes from `start` up to and with `end`. */
export type Range = { readonly start: number; readonly end: number; readonly isPart: boolean } | 'unchanged' | 'unsatisfiable'

/** One range is served; several at once, and units other than bytes, get the whole, as the RFC allows. */
export function rangeOf(headers: IncomingHttpHeaders, size: number, etag: string): Range {
  const known = headers['if-none-match']
  if (known?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*')) return 'unchanged'
  const whole = { start: 0, end: size - 1, isPart: false }
  const { range } = headers
  const condition = headers['if-range']
  const asked = range === undefined || (condition !== undefined && condition !== etag) ? null : /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range)
  const [, first = '', last = ''] = asked ?? []
  if (first === '' && last === '') return whole
  if (first === '') return Number(last) === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - Number(last)), end: size - 1, isPart: true }
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  // A range that ends before it begins is none.
  if (last !== '' && Number(last) < start) return whole
  return start >= size ? 'unsatisfiable' : { start, end, isPart: true }
}
