const UNITS = [
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const

/** "80 ms", "1.4 s", "12 min": a time in the largest unit of which there is at least one. */
export function milliseconds(ms: number): string {
  for (const [size, unit] of UNITS) if (ms >= size) return `${ms < 10 * size ? Number((ms / size).toFixed(1)) : Math.round(ms / size)} ${unit}`
  return `${Math.round(ms)} ms`
}
