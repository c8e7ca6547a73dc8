import { LIMITS } from '../../src/limits.ts'
import type { Flags } from './arguments.ts'
import { EXIT } from './exit-codes.ts'
import type { Flag } from './flags.ts'
import type { Output } from './output.ts'

/** The flags of a list that goes on behind its last row. `what` is what stands for that row. */
export function pageFlags(what: string, size: number) {
  return {
    limit: { type: 'string', value: 'count', summary: `At most so many (${size})` },
    after: { type: 'string', value: what, summary: 'Continue behind this one, the last of the page before' },
  } as const satisfies Record<string, Flag>
}

/** What `pageFlags` asked for. @throws CliError `usage` */
export function pageOf(flags: Flags): { readonly limit?: number; readonly after?: string } {
  const limit = flags.count('limit', { min: 1, max: LIMITS.maxPage })
  const after = flags.text('after')
  return { ...(limit !== undefined && { limit }), ...(after !== undefined && { after }) }
}

export interface Listing<Row> {
  /** What `--json` prints. */
  readonly document: Readonly<Record<string, unknown>>
  readonly rows: readonly Row[]
  readonly show: (out: Output, rows: readonly Row[]) => void
  /** What is said where there is nothing. */
  readonly none: string
  /** The last row of a page that is not the last one. */
  readonly after?: string | null
}

/** Tells a list: one document, or a table, what there is not, and how to go on. Returns the exit status. */
export function showList<Row>(out: Output, { document, rows, show, none, after }: Listing<Row>): number {
  if (out.json) {
    out.document(document)
    return EXIT.ok
  }
  if (rows.length > 0) show(out, rows)
  else out.note(none)
  if (after != null) out.note(`There are more: --after ${after}`)
  return EXIT.ok
}
