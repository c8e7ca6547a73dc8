import type { Scan } from './memory.ts'
import { wordsOf } from './memory-search.ts'
import { isExpired, type Note } from './note.ts'
import { datesIn, isEnglish, isOrder, relativeTimesIn, type Sentence, sentencesOf, type Trace, tracesIn } from './rule-language.ts'

export const FINDINGS = {
  unreadable: 'Correct the file by hand, or forget it.',
  history: 'Say what is to be done; put where it comes from into source, or make it a note of kind lesson or decision.',
  no_order: 'Say what to do or what never to do; what is so is a note of kind fact.',
  dated: 'Say with expires when it ends, or leave the day out.',
  relative_time: 'Write the day itself: the note will be read on another one.',
  expired: 'Look whether it still holds: renew it by an update with expires, or forget it.',
  stale: 'Look whether it still holds, and say with expires how long.',
  oversize: 'Keep what is needed at every reading; the rest belongs into a file that the note names.',
  duplicate: 'Make one note of the two and forget the other.',
} as const
export type FindingCode = keyof typeof FINDINGS

export interface Finding {
  readonly note: string
  /** Of its file, from 1. */
  readonly line: number
  readonly code: FindingCode
  /** What is found. */
  readonly says: string
  /** What to do. */
  readonly advice: string
}

/** Longer than what recall shows at once. */
const MAX_BODY_BYTES = 2_000
const STALE_MS = 180 * 86_400_000
/** Bodies of fewer words are alike by chance. */
const MIN_ALIKE_WORDS = 6
const ALIKE = 0.85
/** The newest notes, among which pairs are looked for. */
const MAX_COMPARED = 1_000

/** Everything that should not stay as it is, by note and line. */
export function lintMemory({ notes, problems }: Scan, nowMs: number): readonly Finding[] {
  const unreadable = problems.map(({ file, says }) => finding(file, 1, 'unreadable', says))
  return [...unreadable, ...notes.flatMap((note) => lintNote(note, nowMs)), ...duplicates(notes)].sort(
    (a, b) => (a.note < b.note ? -1 : a.note > b.note ? 1 : 0) || a.line - b.line,
  )
}

/** What one note shows by itself. */
export function lintNote(note: Note, nowMs: number): readonly Finding[] {
  const { slug, kind, body, bodyLine } = note
  const bytes = Buffer.byteLength(body)
  const sentences = sentencesOf(body)
  const at = ({ line }: Pick<Sentence, 'line'>) => bodyLine + line
  return [
    ...(isExpired(note, nowMs) ? [finding(slug, 1, 'expired', `expired ${note.expires}`)] : []),
    ...(isStale(note, nowMs) ? [finding(slug, 1, 'stale', `a fact of ${note.updated.slice(0, 10)} that never expires`)] : []),
    ...(bytes > MAX_BODY_BYTES ? [finding(slug, bodyLine, 'oversize', `${bytes} bytes; recall shows ${MAX_BODY_BYTES} at most`)] : []),
    ...(kind === 'rule' || kind === 'preference' ? lintRule(note, sentences, at) : []),
    ...(kind === 'rule' || kind === 'preference' ? [] : sentences.flatMap((each) => lintTime(slug, each, at))),
    ...(kind === 'decision' || kind === 'lesson' || note.expires !== undefined ? [] : sentences.flatMap((each) => lintDate(slug, each, at))),
  ]
}

function lintRule({ slug, title, kind, body }: Note, sentences: readonly Sentence[], at: (sentence: Sentence) => number): readonly Finding[] {
  if (!isEnglish(`${title} ${body}`)) return []
  const [titled] = sentencesOf(title)
  const told = sentences.flatMap((each) => tracesIn(each).map((trace) => finding(slug, at(each), 'history', saidOf(trace))))
  const inTitle = titled ? tracesIn(titled).map((trace) => finding(slug, 1, 'history', saidOf(trace))) : []
  const hasOrder = kind !== 'rule' || [...(titled ? [titled] : []), ...sentences].some(isOrder)
  return [
    ...inTitle,
    ...told,
    ...(hasOrder ? [] : [finding(slug, at(sentences[0] ?? { text: '', line: 0 }), 'no_order', 'no sentence of this rule says what to do')]),
  ]
}

function saidOf({ what, words }: Trace): string {
  const names = { reference: 'points to one occasion', time: 'tells of a time that is over', story: 'tells what happened' }
  return `${names[what]}: ${words}`
}

function lintTime(slug: string, sentence: Sentence, at: (sentence: Sentence) => number): readonly Finding[] {
  return relativeTimesIn(sentence)
    .slice(0, 1)
    .map((found) => finding(slug, at(sentence), 'relative_time', `${found} means another day by now`))
}

function lintDate(slug: string, sentence: Sentence, at: (sentence: Sentence) => number): readonly Finding[] {
  return datesIn(sentence)
    .slice(0, 1)
    .map((found) => finding(slug, at(sentence), 'dated', `names ${found} and never expires`))
}

function isStale({ kind, expires, updated }: Note, nowMs: number): boolean {
  return kind === 'fact' && expires === undefined && nowMs - Date.parse(updated) > STALE_MS
}

/** Of each pair the younger is named. */
function duplicates(notes: readonly Note[]): readonly Finding[] {
  const compared = [...notes].sort((a, b) => Date.parse(b.created) - Date.parse(a.created) || (a.slug < b.slug ? 1 : -1)).slice(0, MAX_COMPARED)
  const sets = compared.map((note) => ({ note, title: [...new Set(wordsOf(note.title))].sort().join(' '), body: new Set(wordsOf(note.body)) }))
  return sets.flatMap((one, index) => {
    const other = sets.slice(index + 1).find((each) => each.title === one.title || areAlike(each.body, one.body))
    return other ? [finding(one.note.slug, 1, 'duplicate', `says the same as ${other.note.slug}`)] : []
  })
}

function areAlike(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a]
  if (small.size < MIN_ALIKE_WORDS || small.size < large.size * ALIKE) return false
  const shared = [...small].filter((word) => large.has(word)).length
  return shared / (a.size + b.size - shared) >= ALIKE
}

function finding(note: string, line: number, code: FindingCode, says: string): Finding {
  return { note, line, code, says, advice: FINDINGS[code] }
}
