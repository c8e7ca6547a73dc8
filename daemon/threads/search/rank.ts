import { foldedWords, type Phrase, standsAt } from './words.ts'

/** The constants of Okapi BM25, with their usual values. */
const K1 = 1.2
const B = 0.75

/**
 * The texts by how well they fit, the best first, as their places in the list; of equal ones the first stays first.
 *
 * It is BM25 with each text counted against the others in the list. How rare a word is plays no part: every text here holds
 * every word. What FTS5 would take for it is counted over all messages, and would let a caller measure those that it may not see.
 */
export function rank(texts: readonly string[], phrases: readonly Phrase[]): number[] {
  const average = texts.reduce((sum, text) => sum + text.length, 0) / Math.max(1, texts.length)
  const scores = texts.map((text) => score(text, phrases, average))
  return texts.map((_, index) => index).sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
}

function score(text: string, phrases: readonly Phrase[], average: number): number {
  const words = foldedWords(text)
  const norm = K1 * (1 - B + (B * text.length) / Math.max(1, average))
  let sum = 0
  for (const phrase of phrases) {
    let count = 0
    for (let at = 0; at < words.length; at += 1) if (standsAt(phrase, words, at)) count += 1
    sum += (count * (K1 + 1)) / (count + norm)
  }
  return sum
}
