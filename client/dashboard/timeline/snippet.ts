import { visible } from '../parts/plain-text.ts'
import { plainWords } from '../parts/preview.ts'

/** A part of a message; `match`: it was looked for. */
interface Part {
  readonly text: string
  readonly match: boolean
}

/** Around what was found. No text has them here, since `visible` takes them out. */
const [BEGINS, ENDS] = ['\u0001', '\u0002']
const AROUND = new RegExp(`([${BEGINS}${ENDS}])`)

/** The parts of a message without the marks of Markdown, which may begin in one part and end in another. */
export function wordsOf(parts: readonly Part[]): Part[] {
  const marked = parts.map(({ text, match }) => (match ? `${BEGINS}${visible(text)}${ENDS}` : visible(text))).join('')
  const found: Part[] = []
  let match = false
  for (const piece of plainWords(marked).split(AROUND)) {
    if (piece === BEGINS || piece === ENDS) match = piece === BEGINS
    else if (piece !== '') found.push({ text: piece, match })
  }
  return found
}
