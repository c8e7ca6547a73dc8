const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** "3.4 MB": a number of bytes in the unit (of 1,000) in which it has one to three digits before the point. */
export function bytes(count: number): string {
  let [value, unit] = [count, 0]
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000
    unit++
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`
}
