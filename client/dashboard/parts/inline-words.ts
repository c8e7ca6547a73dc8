/** A mark before what is emphasised, whose end has not come yet. */
interface Opener {
  readonly mark: string
  /** Where it stands among the parts. */
  readonly at: number
  readonly size: number
  readonly closes: boolean
  left: number
}

const ESCAPED = /\\([!-/:-@[-`{-~])/y
/** Ticks, and what is between them and as many others. */
const CODE = /(`+)([^`](?:.*?[^`])?)\1(?!`)/sy
const INNER = String.raw`(?:[^\][\\]|\\.|\[(?:[^\][\\]|\\.)*\](?:\([^\s()]*\))?)*`
const LINK = new RegExp(String.raw`!?\[(${INNER})\]\(\s*(?:<([^<>\n]*)>|((?:\\.|\([^\s()]*\)|[^\s()\\])*))(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)`, 'sy')
/** A link that was cut off. */
const LINK_CUT = new RegExp(String.raw`!?\[(${INNER})\]\([^\s)]*$`, 'sy')
const AUTOLINK = /<((?:https?:|mailto:)[^\s<>]+)>/y
const RUN = /\*+|_+|~~/y
const TICKS = /`+/y
const PLAIN = /[^\\`[!<*_~]+/y

/** The words of a paragraph of Markdown without the marks within lines. `isCut`: it may have been cut off within something, so a mark needs no end. */
export function inlineWords(text: string, isCut: boolean): string {
  const parts: string[] = []
  const openers: Opener[] = []
  for (let at = 0; at < text.length; ) {
    const run = matchAt(RUN, text, at)?.[0]
    if (run !== undefined) emphasis(parts, openers, runAt(text, at, run))
    const [taken, words] = run !== undefined ? [run.length, ''] : pieceAt(text, at, isCut)
    parts.push(words)
    at += taken
  }
  if (isCut) for (const { at, left } of openers) if (left > 1) parts[at] = ''
  return parts.join('')
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** What stands at a place and is no mark of emphasis: how much of the text, and the words of it. */
function pieceAt(text: string, at: number, isCut: boolean): readonly [taken: number, words: string] {
  const escaped = matchAt(ESCAPED, text, at)
  if (escaped) return [2, escaped[1] as string]
  const code = matchAt(CODE, text, at)
  if (code) return [code[0].length, (code[2] as string).trim()]
  const ticks = matchAt(TICKS, text, at)?.[0]
  if (ticks !== undefined) return [ticks.length, isCut ? '' : ticks]
  const link = matchAt(LINK, text, at) ?? (isCut ? matchAt(LINK_CUT, text, at) : null)
  // A picture without words is called after its place.
  if (link) return [link[0].length, inlineWords(link[1] as string, false) || (link[2] ?? link[3] ?? '')]
  const autolink = matchAt(AUTOLINK, text, at)
  if (autolink) return [autolink[0].length, autolink[1] as string]
  const plain = matchAt(PLAIN, text, at)?.[0] ?? (text[at] as string)
  return [plain.length, plain]
}

interface Run {
  readonly mark: string
  readonly size: number
  readonly opens: boolean
  readonly closes: boolean
}

const SPACE = /^\s?$/u
const PUNCTUATION = /[\p{P}\p{S}]/u

/** Whether a run of marks may open or close an emphasis, by what is around it (CommonMark 6.2). */
function runAt(text: string, at: number, run: string): Run {
  const before = text[at - 1] ?? ''
  const after = text[at + run.length] ?? ''
  const [isSpaceBefore, isSpaceAfter] = [SPACE.test(before), SPACE.test(after)]
  const [isMarkBefore, isMarkAfter] = [PUNCTUATION.test(before), PUNCTUATION.test(after)]
  const leads = !isSpaceAfter && (!isMarkAfter || isSpaceBefore || isMarkBefore)
  const trails = !isSpaceBefore && (!isMarkBefore || isSpaceAfter || isMarkAfter)
  // Within a word, as in `snake_case`, a low line is a letter.
  const isWord = run[0] === '_' && leads && trails
  return { mark: run[0] as string, size: run.length, opens: leads && !(isWord && !isMarkBefore), closes: trails && !(isWord && !isMarkAfter) }
}

/** Takes marks off in pairs. What has no other half is part of the words. */
function emphasis(parts: string[], openers: Opener[], { mark, size, opens, closes }: Run): void {
  let left = size
  for (let index = openers.length - 1; closes && index >= 0 && left > 0; ) {
    const opener = openers[index] as Opener
    if (opener.mark !== mark || clash(opener, size, opens)) {
      index--
      continue
    }
    const pair = opener.left > 1 && left > 1 ? 2 : 1
    opener.left -= pair
    left -= pair
    parts[opener.at] = mark.repeat(opener.left)
    openers.length = opener.left > 0 ? index + 1 : index
    if (opener.left === 0) index--
  }
  if (opens && left > 0) openers.push({ mark, at: parts.length, size, closes, left })
  parts.push(mark.repeat(left))
}

/** Of `**a*b**`, the one in the middle is no half of the two (CommonMark 6.2, rule 9). */
function clash(opener: Opener, size: number, opens: boolean): boolean {
  return (opens || opener.closes) && (opener.size + size) % 3 === 0 && (opener.size % 3 !== 0 || size % 3 !== 0)
}
