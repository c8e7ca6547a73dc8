import { InstallError } from '../agents/install/install-error.ts'
import type { Preview } from '../agents/install/install-plan.ts'
import { unifiedDiff } from '../agents/install/unified-diff.ts'
import { CliError } from './failure.ts'
import type { Output } from './output.ts'
import { clip, safeText } from './text.ts'

/** Settings may stand on one line of a megabyte, which tells nobody anything; `--json` has them whole. */
const MAX_LINE_CHARS = 500

/** The errors of an installation in those of the command line. */
export async function installing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof InstallError)) throw error
    throw new CliError(error.code, error.message, { cause: error, ...(error.hint !== undefined && { hint: error.hint }) })
  }
}

/** One file that changes, as a diff. */
export function showChange(out: Output, { path, before, after }: Preview): void {
  const lines = unifiedDiff(path, before, after).replace(/\n$/, '').split('\n')
  for (const line of lines) out.line(clip(safeText(line), MAX_LINE_CHARS))
}
