import { NO_NOTES, NOTES_HEADING, TITLE } from '../../src/board-markdown.ts'

/** What a dashboard file holds: nothing yet, one of ours with the user's part, or something that is none of ours. */
export type Content = { readonly kind: 'none' } | { readonly kind: 'ours'; readonly users: Buffer } | { readonly kind: 'foreign'; readonly why: string }

/** What a new file ends with. */
export const NEW_NOTES = Buffer.from(`${NOTES_HEADING}\n\n${NO_NOTES}\n`)

const LF = 0x0a
const HEADING = new RegExp(`^${NOTES_HEADING}[ \\t]*\\r?$`)
const FIRST = new RegExp(`^(?:\u00ef\u00bb\u00bf)?${TITLE}[ \\t]*\\r?$`)

/**
 * Takes a file apart. Everything from the first line `## User Notes` on is the user's, whatever it holds; no line of the generated part can be taken for
 * it. Bytes stay bytes: what is no text is kept as it is.
 */
export function readContent(bytes: Buffer): Content {
  if (bytes.toString('latin1').trim() === '') return { kind: 'none' }
  const lines = linesOf(bytes)
  if (!FIRST.test(lines.next().value?.text ?? '')) return { kind: 'foreign', why: `it does not begin with "${TITLE}", so it may be somebody's` }
  for (const { text, at } of lines) if (HEADING.test(text)) return { kind: 'ours', users: bytes.subarray(at) }
  return { kind: 'foreign', why: `it has no line "${NOTES_HEADING}", so nobody can tell what of it is yours` }
}

/** Lines with the places where they begin, each byte as one character. */
function* linesOf(bytes: Buffer): Generator<{ readonly text: string; readonly at: number }, undefined> {
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf(LF, at)
    const end = found < 0 ? bytes.length : found
    yield { text: bytes.toString('latin1', at, end), at }
    at = end + 1
  }
  return undefined
}

/** What the user has written, as text; empty where that is what a new file says. */
export function notesIn(users: Buffer): string {
  const end = users.indexOf(LF)
  const text =
    end < 0
      ? ''
      : new TextDecoder()
          .decode(users.subarray(end + 1))
          .replaceAll('\r\n', '\n')
          .trim()
  return text === NO_NOTES ? '' : text
}
