import { inlineWords } from './inline-words.ts'
import { visible } from './plain-text.ts'

/** What follows is shown nowhere; a text may be a quarter of a megabyte. */
const LOOKED_AT_CHARS = 1_000
/** What is as long may be the beginning of something longer: the daemon gives no more of it in a list. */
const EXCERPT_CHARS = 200

const FENCE = /^ {0,3}(`{3,}|~{3,})/
const HEADING = /^ {0,3}#{1,6}(?:[ \t]+|$)/
const HEADING_END = /[ \t]+#+[ \t]*$/
/** Lines across, what underlines a heading, what is between the head of a table and its body, where a link of elsewhere leads. */
const SILENT = [
  /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|=+[ \t]*)$/,
  /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*$/,
  /^ {0,3}\[[^\]]+\]:[ \t]*\S+[ \t]*(?:"[^"]*"|'[^']*'|\([^)]*\))?[ \t]*$/,
]
const QUOTE = /^ {0,3}(?:>[ \t]?)+/
const BULLET = /^[ \t]*[-+*][ \t]+/
const NUMBER = /^[ \t]*\d{1,9}[.)][ \t]/
const TASK = /^\[([ xX])\][ \t]+/

/**
 * The words of a Markdown text on one line, for where only its beginning is shown: the marks are off, and what could not be seen is shown as
 * a sign, as in `visible`. It knows what models write, not all of CommonMark; what it does not know stays as it is.
 *
 * @param chars at most so many, with an ellipsis where there were more
 */
export function preview(markdown: string, chars = EXCERPT_CHARS): string {
  const text = visible(markdown.slice(0, LOOKED_AT_CHARS).replace(/[\ud800-\udbff]$/, ''))
  const all = [...plainWords(text)]
  if (all.length <= chars && markdown.length <= LOOKED_AT_CHARS) return all.join('')
  return `${all
    .slice(0, chars - 1)
    .join('')
    .trimEnd()}…`
}

/** All words of a text in which nothing is hidden any more, on one line. A text of nothing but marks stays as it is. */
export function plainWords(text: string): string {
  const isCut = text.length >= EXCERPT_CHARS
  const words = blocksOf(text).map((block) => (block.isCode ? block.text : inlineWords(block.text, isCut)))
  return onOneLine(words.join(' ')) || onOneLine(text)
}

interface Block {
  readonly isCode: boolean
  text: string
}

/** Lines of code, and paragraphs without the marks at the beginnings of their lines: what is emphasised ends with them. */
function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  let fence: string | undefined
  for (const line of text.split('\n')) {
    const mark = FENCE.exec(line.replace(QUOTE, ''))?.[1]
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) fence = undefined
      else blocks.push({ isCode: true, text: line })
    } else if (mark !== undefined) fence = mark
    else {
      const { words, isApart } = wordsOfLine(line)
      const last = blocks.at(-1)
      if (last && !last.isCode && !isApart) last.text += `\n${words}`
      else blocks.push({ isCode: false, text: words })
    }
  }
  return blocks
}

/** A line without the marks at its beginning. */
function wordsOfLine(line: string): { readonly words: string; readonly isApart: boolean } {
  if (SILENT.some((pattern) => pattern.test(line))) return { words: '', isApart: true }
  const quoted = line.replace(QUOTE, '')
  if (HEADING.test(quoted)) return { words: quoted.replace(HEADING, '').replace(HEADING_END, ''), isApart: true }
  let words = quoted
  while (BULLET.test(words)) words = words.replace(BULLET, '')
  if (words !== quoted) return { words: `• ${words.replace(TASK, (_, done: string) => (done === ' ' ? '☐ ' : '☑ '))}`, isApart: true }
  return { words: words.trim(), isApart: words.trim() === '' || NUMBER.test(words) }
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
