const UNITS = [
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const

/** "80 ms", "1.4 s", "12 min": a time in the largest unit of which there is at least one. "–" where nothing was measured. */
export function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return '–'
  for (const [size, unit] of UNITS) if (ms >= size) return `${ms < 10 * size ? (ms / size).toFixed(1) : Math.round(ms / size)} ${unit}`
  return `${Math.round(ms)} ms`
}
