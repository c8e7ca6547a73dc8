import { newestFirst } from './memory-index.ts'
import type { Note } from './note.ts'

export interface Hit {
  readonly note: Note
  /** The line of the body that fits best; the first one where only title or tags do. */
  readonly snippet: string
}

const MAX_SNIPPET_CHARS = 160
/** Before the match, so that it is read in its sentence. */
const SNIPPET_LEAD = 40
const MAX_QUERY_WORDS = 16

/** The words of a text as they are compared: letters and digits, in lower case and one width. */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu) ?? []
  )
}

/** The notes that hold every word, or one that begins with it, in title, tags or text; the best first. */
export function searchNotes(notes: readonly Note[], query: string): readonly Hit[] {
  const words = [...new Set(wordsOf(query))].slice(0, MAX_QUERY_WORDS)
  if (words.length === 0) return []
  return notes
    .flatMap((note) => {
      const score = scoreOf(note, words)
      return score === 0 ? [] : [{ note, score }]
    })
    .sort((a, b) => b.score - a.score || newestFirst(a.note, b.note))
    .map(({ note }) => ({ note, snippet: snippetOf(note.body, words) }))
}

/** Zero where a word is nowhere. */
function scoreOf({ title, tags, body }: Note, words: readonly string[]): number {
  const [inTitle, inTags, inBody] = [wordsOf(title), wordsOf(tags.join(' ')), wordsOf(body)]
  let score = 0
  for (const word of words) {
    const found = 8 * fits(inTitle, word) + 4 * fits(inTags, word) + Math.log2(1 + fits(inBody, word))
    if (found === 0) return 0
    score += found
  }
  return score
}

function fits(text: readonly string[], word: string): number {
  return text.filter((each) => each.startsWith(word)).length
}

function snippetOf(body: string, words: readonly string[]): string {
  const lines = body.split('\n').filter((line) => line.trim() !== '')
  const best = lines.map((line) => ({ line, found: words.filter((word) => fits(wordsOf(line), word) > 0).length })).sort((a, b) => b.found - a.found)[0]
  const line = [...(best?.line ?? '').trim()]
  const at = [...line.join('').normalize('NFKC').toLowerCase()].join('').indexOf(words[0] ?? '')
  const from = line.length > MAX_SNIPPET_CHARS && at > SNIPPET_LEAD ? at - SNIPPET_LEAD : 0
  const shown = line.slice(from, from + MAX_SNIPPET_CHARS).join('')
  return `${from > 0 ? '…' : ''}${shown}${from + MAX_SNIPPET_CHARS < line.length ? '…' : ''}`
}
