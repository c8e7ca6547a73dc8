import { lexer, type Token } from 'marked'

/** As on forges, but that a line ends where its writer ended it. */
const GRAMMAR = { gfm: true, breaks: true }
/** A longer text is read as it is. */
const LONGEST_CHARS = 20_000
/** What takes the parser time that grows with its square, or a stack as deep as it goes: a run without a space, and quotes and lists in each other. */
const TANGLED = /\S{2000}|^(?:[ \t]*(?:>|[-+*]|\d{1,9}[.)])){16}|^[ \t]{48,}(?:[-+*]|\d{1,9}[.)])[ \t]/m

/** The parts that a text in Markdown consists of; `undefined` where it is better shown as it is. */
export function parse(text: string): readonly Token[] | undefined {
  if (text.length > LONGEST_CHARS || TANGLED.test(text)) return undefined
  try {
    return lexer(text, GRAMMAR)
  } catch {
    return undefined
  }
}
