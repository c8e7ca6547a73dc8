import type { Recalled } from '../../src/tools/recall.ts'
import { newestFirst } from './memory-index.ts'
import { wordsOf } from './memory-search.ts'
import { isExpired, type Note } from './note.ts'

/** Words that say nothing about what a text is about. */
const EMPTY_WORDS = new Set(
  'a about after again all also am an and any are as at be been before being but by can could did do does for from get had has have he her here his how i if in into is it its just like may me more my no not of on one only or other our out over please she should so some such than thank thanks that the their them then there these they this those to under until up us very was we were what when where which while who why will with would you your'.split(
    ' ',
  ),
)
/** Of a long text the beginning says what it is about. */
const MAX_ABOUT_CHARS = 65_536
const MAX_ABOUT_WORDS = 200
/** In front of those that do not match at all; a rule counts whatever is talked about. */
const ORDER = ['rule', 'preference', 'decision', 'lesson', 'fact'] as const

/**
 * What to be reminded of, the most important first: rules, those about the matter before the others; then whatever is about the matter, the
 * best match first; without a matter, the newest of everything else. Expired notes are left out.
 *
 * @param about the words of a message, say; empty for nothing in particular
 */
export function recollect(notes: readonly Note[], about: string, nowMs: number): readonly Recalled[] {
  const living = notes.filter((note) => !isExpired(note, nowMs))
  const words = new Set(
    wordsOf(about.slice(0, MAX_ABOUT_CHARS))
      .filter((word) => word.length > 1 && !EMPTY_WORDS.has(word))
      .slice(0, MAX_ABOUT_WORDS),
  )
  const scores = matchOf(living, words)
  const scoreOf = (note: Note) => scores.get(note.slug) ?? 0
  const ranked = [...living].sort((a, b) => scoreOf(b) - scoreOf(a) || ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || newestFirst(a, b))
  const rules = ranked.filter(({ kind }) => kind === 'rule')
  const others = ranked.filter((note) => note.kind !== 'rule' && (words.size === 0 || scoreOf(note) > 0))
  return [...rules, ...others].map(({ slug, title, kind, updated, tags, body }) => ({
    slug,
    title,
    kind,
    updated,
    tags,
    body,
    isAbout: (scores.get(slug) ?? 0) > 0,
  }))
}

/** Rare words weigh more; a title and a tag more than the text. */
function matchOf(notes: readonly Note[], words: ReadonlySet<string>): ReadonlyMap<string, number> {
  if (words.size === 0) return new Map()
  const held = notes.map(({ slug, title, tags, body }) => ({ slug, head: new Set(wordsOf(`${title} ${tags.join(' ')}`)), text: new Set(wordsOf(body)) }))
  const weights = new Map<string, number>()
  for (const word of words) {
    const holders = held.filter(({ head, text }) => head.has(word) || text.has(word)).length
    if (holders > 0) weights.set(word, Math.log(1 + notes.length / holders))
  }
  return new Map(
    held.map(({ slug, head, text }) => [slug, [...weights].reduce((sum, [word, weight]) => sum + (head.has(word) ? 3 : text.has(word) ? 1 : 0) * weight, 0)]),
  )
}
