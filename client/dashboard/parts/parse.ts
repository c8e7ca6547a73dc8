import { lexer, type Token } from 'marked'

/** As on forges, but that a line ends where its writer ended it. */
const GRAMMAR = { gfm: true, breaks: true }
/** A longer text is read as it is. */
const LONGEST_CHARS = 20_000
/** What takes the parser time that grows with its square, or a stack as deep as it goes: a run without a space or of nothing else, and quotes and lists in each other. */
const TANGLED = /\S{2000}|[ \t]{1000}|^(?:[ \t]*(?:>|[-+*]|\d{1,9}[.)])){16}|^[ \t]{48,}(?:[-+*]|\d{1,9}[.)])[ \t]/m

/** It looks for the other end of each, as far as the paragraph goes. */
const EMPHASIS = /[*_~]/g
const MOST_EMPHASIS = 2_000

/** The parts that a text in Markdown consists of; `undefined` where it is better shown as it is. */
export function parse(text: string): readonly Token[] | undefined {
  if (text.length > LONGEST_CHARS || TANGLED.test(text) || (text.match(EMPHASIS)?.length ?? 0) > MOST_EMPHASIS) return undefined
  try {
    return lexer(text, GRAMMAR)
  } catch {
    return undefined
  }
}
