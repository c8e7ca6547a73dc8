import { clip, safeLine } from './text.ts'

export interface TableStyle {
  /** Terminal width; `undefined` where lines may be as long as they are. */
  readonly columns: number | undefined
  readonly heading: (text: string) => string
}

const GAP = '  '

/**
 * Rows under headings, in aligned columns. Every cell is made safe and put on one line; only the last column is shortened to fit,
 * so an id or a name is always whole.
 */
export function renderTable(headings: readonly string[], rows: readonly (readonly string[])[], style: TableStyle): string[] {
  const cells = rows.map((row) => row.map(safeLine))
  const widths = headings.map((heading, column) => Math.max(heading.length, ...cells.map((row) => width(row[column] ?? ''))))
  const lines = [headings, ...cells].map((row) => layOut(row, widths, style.columns))
  const [first = '', ...rest] = lines
  return [style.heading(first), ...rest]
}

/** `label  value` pairs, the values aligned. */
export function renderFields(fields: readonly (readonly [label: string, value: string])[], heading: (text: string) => string): string[] {
  const labelWidth = Math.max(0, ...fields.map(([label]) => label.length))
  return fields.map(([label, value]) => `${heading(label.padEnd(labelWidth))}${GAP}${safeLine(value)}`)
}

function layOut(row: readonly string[], widths: readonly number[], columns: number | undefined): string {
  const leading = row.slice(0, -1).map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell))) + GAP)
  const start = leading.join('')
  const last = row.at(-1) ?? ''
  // Less than a few characters say nothing: then the terminal may wrap.
  const room = columns === undefined ? Number.POSITIVE_INFINITY : Math.max(columns - width(start), 8)
  return (start + clip(last, room)).trimEnd()
}

function width(text: string): number {
  return [...text].length
}
