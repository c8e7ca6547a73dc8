import type { Spread } from './statistics.ts'

/** A bound on a ratio (or an absolute figure) that PERFORMANCE sets. */
export type Target = { readonly atLeast: number } | { readonly atMost: number }

export interface Absolute {
  readonly label: string
  readonly unit: string
  readonly value: Spread
}

export interface Row {
  /** What is compared with what. */
  readonly what: string
  readonly unit?: string
  readonly value?: Spread
  readonly target?: Target
  /** Why it was not measured, or what must be known to read it. */
  readonly note?: string
  readonly absolute: readonly Absolute[]
}

export type Verdict = 'met' | 'missed' | 'not measured' | 'for information'

export function verdict(row: Row): Verdict {
  if (!row.value || Number.isNaN(row.value.median)) return 'not measured'
  if (!row.target) return 'for information'
  const met = 'atLeast' in row.target ? row.value.median >= row.target.atLeast : row.value.median <= row.target.atMost
  return met ? 'met' : 'missed'
}

export function printRow(row: Row): string {
  const target = !row.target ? '' : 'atLeast' in row.target ? `, target at least ${row.target.atLeast}` : `, target at most ${row.target.atMost}`
  const figure = row.value ? `${show(row.value)}${row.unit ? ` ${row.unit}` : ''}` : '-'
  const lines = [`${verdict(row).toUpperCase().padEnd(15)} ${row.what}: ${figure}${target}`]
  for (const { label, unit, value } of row.absolute) lines.push(`${' '.repeat(16)}${label}: ${show(value)} ${unit}`)
  if (row.note) lines.push(`${' '.repeat(16)}${row.note}`)
  return lines.join('\n')
}

/** Median, then the smallest and the largest of the runs. */
function show({ median, min, max, runs }: Spread): string {
  return runs === 1 ? digits(median) : `${digits(median)} (${digits(min)} to ${digits(max)}, ${runs} runs)`
}

function digits(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)
}
