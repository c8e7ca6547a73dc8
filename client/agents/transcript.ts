import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'

/** Bytes of a transcript read at a time; one request of a runtime takes up to some hundred thousand. */
const MAX_BYTES = 4_194_304
const NEWLINE = 0x0a

/** What a look into a transcript found. */
export interface Look {
  /** Those of the wanted ids that it holds. */
  readonly found: readonly string[]
  /** Where the next look begins. */
  readonly offset: number
}

/** Where a transcript ends now; 0 where it is not there yet. */
export function endOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/**
 * The whole lines that were added to a transcript: a file of one JSON document a line, to which its runtime only adds. Never
 * reads more than 4 MiB; what is beyond that is for the next time.
 *
 * @param from where the last time ended; beyond the end of a file that became shorter means from its beginning
 */
export function linesSince(path: string, from: number): { readonly lines: readonly string[]; readonly offset: number } {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    // Not written yet.
    return { lines: [], offset: from }
  }
  try {
    const { size } = fstatSync(file)
    if (size === from) return { lines: [], offset: from }
    const start = from <= size ? from : Math.max(0, size - MAX_BYTES)
    const bytes = Buffer.allocUnsafe(Math.min(MAX_BYTES, size - start))
    const chunk = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start))
    const whole = chunk.lastIndexOf(NEWLINE) + 1
    // A line longer than all that is read at once counts in pieces.
    const used = whole === 0 && chunk.length === MAX_BYTES ? chunk.length : whole
    return { lines: chunk.subarray(0, used).toString('utf8').split('\n'), offset: start + used }
  } finally {
    closeSync(file)
  }
}

/**
 * Looks for ids in what was added to a transcript.
 *
 * @param isProof whether a line counts
 */
export function lookInto(path: string, from: number, wanted: readonly string[], isProof: (line: string) => boolean): Look {
  const { lines, offset } = linesSince(path, from)
  return { found: idsIn(lines, wanted, isProof), offset }
}

function idsIn(lines: readonly string[], wanted: readonly string[], isProof: (line: string) => boolean): string[] {
  const left = new Set(wanted)
  const found: string[] = []
  for (const line of lines) {
    if (left.size === 0) break
    const ids = [...left].filter((id) => holds(line, id))
    if (ids.length === 0 || !isProof(line)) continue
    found.push(...ids)
    for (const id of ids) left.delete(id)
  }
  return found
}

/** One id may begin with another: numbers have no fixed length. */
function holds(line: string, id: string): boolean {
  for (let at = line.indexOf(id); at !== -1; at = line.indexOf(id, at + 1)) {
    if (!/[0-9a-z]/.test(line[at + id.length] ?? '')) return true
  }
  return false
}
