import type { Hit } from '../../../src/contract/index.ts'
import { type Phrase, standsAt, type Word, wholeAt, wordsOf } from './words.ts'

type Snippet = Hit['snippet']

/** Characters of a snippet, and how many of them stand before its first match. */
const MAX_CHARS = 240
const LEAD_CHARS = 60
/** Places that are looked at for the one that shows most. */
const MAX_PLACES = 200

interface Place {
  readonly start: number
  readonly end: number
  readonly phrase: number
}

/**
 * The piece of a body that shows most of what was looked for, with its matches in parts of their own. FTS5 could do it, but in
 * a time that grows with the square of the matches, which one message of 100,000 equal words turns into minutes.
 */
export function snippetOf(body: string, phrases: readonly Phrase[]): Snippet {
  const places = placesOf(body, phrases)
  const best = places.reduce((found, _, index) => (worth(places, index) > worth(places, found) ? index : found), 0)
  const from = beginning(body, places[best]?.start ?? 0)
  const to = wholeAt(body, Math.min(body.length, from + MAX_CHARS))
  return { parts: partsOf(body, from, to, places), more: { before: from > 0, after: to < body.length } }
}

function placesOf(body: string, phrases: readonly Phrase[]): Place[] {
  const words = wordsOf(body)
  const folded = words.map((word) => word.folded)
  const places: Place[] = []
  for (let at = 0; at < words.length && places.length < MAX_PLACES; at += 1) {
    const phrase = phrases.findIndex((candidate) => standsAt(candidate, folded, at))
    if (phrase < 0) continue
    const last = at + (phrases[phrase] as Phrase).folded.length - 1
    places.push({ start: (words[at] as Word).start, end: (words[last] as Word).end, phrase })
    at = last
  }
  return places
}

/** How many different phrases a snippet shows that begins with a place. */
function worth(places: readonly Place[], first: number): number {
  const from = places[first]?.start ?? 0
  const shown = new Set<number>()
  for (let index = first; index < places.length && (places[index] as Place).end <= from + MAX_CHARS - LEAD_CHARS; index += 1) {
    shown.add((places[index] as Place).phrase)
  }
  return shown.size
}

/** Where a snippet begins: a little before its first match, at the beginning of a word. */
function beginning(body: string, start: number): number {
  if (start <= LEAD_CHARS) return 0
  const blank = body.slice(start - LEAD_CHARS, start).search(/\s/)
  return wholeAt(body, blank < 0 ? start - LEAD_CHARS : start - LEAD_CHARS + blank + 1)
}

function partsOf(body: string, from: number, to: number, places: readonly Place[]): Snippet['parts'] {
  const parts: Snippet['parts'] = []
  let at = from
  const add = (until: number, match: boolean) => {
    if (until > at) parts.push({ text: body.slice(at, until), match })
    at = Math.max(at, until)
  }
  for (const { start, end } of places) {
    if (start < from || start >= to) continue
    add(start, false)
    add(Math.min(end, to), true)
  }
  add(to, false)
  return parts
}
