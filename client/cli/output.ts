import type { Environment, Sink } from './environment.ts'
import { describeError } from './failure.ts'
import { renderFields, renderTable } from './table.ts'
import { safeJson, safeLine } from './text.ts'

/** The version of every `--json` document. Fields may be added within it; a field changes or goes only with the next number. */
const JSON_VERSION = 1

/** Where there is no terminal that tells its width; and beyond the second, lines are hard to read. */
const TEXT_COLUMNS = 80
const MAX_TEXT_COLUMNS = 100

type Cell = string | number | null

/** Where commands say things: data on stdout, notes on stderr. */
export interface Output {
  readonly json: boolean
  readonly now: number
  /** One line of data. The caller has made text from elsewhere safe. */
  line: (text?: string) => void
  /** A body as it is, with a newline at its end. */
  body: (text: string) => void
  /** One JSON document on its own line. */
  document: (fields: Readonly<Record<string, unknown>>) => void
  table: (headings: readonly string[], rows: readonly (readonly Cell[])[]) => void
  fields: (pairs: readonly (readonly [label: string, value: Cell])[]) => void
  /** For the person beside the data, on stderr. Left out with `--json`, so that a program may read both streams as one. */
  note: (text: string) => void
  /** What went wrong, and what would help, on stderr. */
  problem: (message: string, hint?: string) => void
  /** Reports a failure and returns its exit status. */
  failure: (error: unknown) => number
  /** How wide text is set, such as help. */
  readonly columns: number
  readonly dim: (text: string) => string
  readonly bold: (text: string) => string
}

export function createOutput(environment: Environment, json: boolean): Output {
  const { stdout, stderr, env } = environment
  const colour = !json && hasColour(stdout, env)
  const dim = (text: string): string => (colour ? `\u001b[2m${text}\u001b[22m` : text)
  const bold = (text: string): string => (colour ? `\u001b[1m${text}\u001b[22m` : text)
  const line = (text = ''): void => void stdout.write(`${text}\n`)
  const document: Output['document'] = (fields) => line(safeJson({ v: JSON_VERSION, ...fields }))
  const problem: Output['problem'] = (message, hint) => {
    stderr.write(`muster: ${safeLine(message)}\n`)
    if (hint) stderr.write(`hint: ${safeLine(hint)}\n`)
  }
  return {
    json,
    get now() {
      return environment.now()
    },
    line,
    body: (text) => void stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    document,
    table(headings, rows) {
      const columns = stdout.isTTY ? stdout.columns : undefined
      const cells = rows.map((row) => row.map(cellText))
      for (const row of renderTable(headings, cells, { columns, heading: dim })) line(row)
    },
    fields(pairs) {
      const shown = pairs.map(([label, value]) => [label, cellText(value)] as const)
      for (const row of renderFields(shown, dim)) line(row)
    },
    note(text) {
      if (!json) stderr.write(`${text}\n`)
    },
    problem,
    failure(error) {
      const { exit, code, message, hint, details } = describeError(error)
      if (json) document({ error: { ...details, code, message, ...(hint ? { hint } : {}) } })
      problem(message, hint)
      if (env['MUSTER_DEBUG'] && error instanceof Error) stderr.write(`${error.stack}\n`)
      return exit
    },
    columns: Math.min(stdout.columns ?? TEXT_COLUMNS, MAX_TEXT_COLUMNS),
    dim,
    bold,
  }
}

/**
 * https://force-color.org and https://no-color.org: any value that is not empty turns colour on, or off. Where both are set the first
 * counts, as it does for Node; its own `0` and `false` turn colour off.
 */
function hasColour(sink: Sink, env: Environment['env']): boolean {
  const forced = env['FORCE_COLOR']
  if (forced) return forced !== '0' && forced !== 'false'
  return sink.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
}

function cellText(value: Cell): string {
  return value === null || value === '' ? '-' : String(value)
}
