/** What bash cuts words at besides white space (COMP_WORDBREAKS); what it has cut off it keeps. */
const BREAKS = /^["'@><=;|&(:]+$/

export interface BashLine {
  /** The words behind the command, the last one being that at the cursor. */
  readonly words: readonly string[]
  /** What of that word bash keeps, so that a candidate must come without it. */
  readonly kept: string
}

/**
 * The words of a line as bash would run it, up to the cursor.
 *
 * @param current what bash takes for the word at the cursor
 */
export function readBashLine(line: string, current: string): BashLine {
  const [, ...words] = splitLine(line)
  const last = words.at(-1) ?? ''
  const kept = BREAKS.test(current) ? last : last.endsWith(current) ? last.slice(0, last.length - current.length) : ''
  return { words, kept }
}

/** White space; what stands in quotes, closed or not; a character behind a backslash; and all else. */
const PIECES = /(?<blank>\s+)|'(?<single>[^']*)'?|"(?<double>(?:\\.|[^"\\])*)"?|\\(?<escaped>[\s\S]?)|(?<plain>[^\s'"\\]+)/g

/** Words between white space; quotes and backslashes taken off. A line that ends with white space ends with an empty word. */
function splitLine(line: string): string[] {
  const words = ['']
  for (const { groups = {} } of line.trimStart().matchAll(PIECES)) {
    const { blank, single, double, escaped, plain } = groups
    if (blank !== undefined) words.push('')
    else words.push((words.pop() ?? '') + (single ?? double?.replace(/\\(.)/gs, '$1') ?? escaped ?? plain ?? ''))
  }
  return words
}
