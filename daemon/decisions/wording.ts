import { formatTime } from '../../src/time.ts'
import { refOf } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { type CardRow, contentOf, LETTERS, requestersOf } from './rows.ts'

/** Characters that would let an argument look like another. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: showing control characters is this pattern's purpose
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** JSON as a person reads it: what cannot be seen is spelled out. */
export function shown(value: unknown): string {
  return JSON.stringify(value).replace(HIDDEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** In one line, and without what cannot be seen: no part of a card can look like another. */
export function inLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(HIDDEN, '').trim()
}

/** A card as people read it, in the words of whoever raised it. */
export function bodyOf(reader: Reader, row: CardRow): string {
  const { question, context, options, recommendation, risk, arguments: given } = contentOf(row)
  const others = requestersOf(reader, row.id).slice(1)
  const last = LETTERS[options.length - 1]
  const also = others.length === 0 ? [] : [`Also asked by ${others.map(({ peer_id }) => refOf(reader, peer_id)?.name).join(', ')}.`]
  return [
    `${inLine(question)} (${reader.id('decision', row.id)})`,
    inLine(context),
    ...(row.action_kind === null ? [] : [`Action: ${row.action_kind}: ${inLine(row.action_name ?? '')}\nArguments: ${shown(given)}`]),
    ...options.map(
      ({ text, pros, cons, safe }, index) => `${LETTERS[index]}) ${inLine(text)}${safe ? ' (safe)' : ''}\n   + ${inLine(pros)}\n   - ${inLine(cons)}`,
    ),
    `Recommended: ${recommendation.option}, because ${inLine(recommendation.because)}`,
    `Risk: ${inLine(risk)}`,
    defaultOf(row),
    ...also,
    `Answer with one letter, a to ${last}, to decide. Anything else is a comment.`,
  ].join('\n\n')
}

function defaultOf({ default_option, default_at }: CardRow): string {
  if (default_option === null) return 'Until somebody decides, it stays blocked.'
  return `If nobody decides by ${formatTime(default_at ?? 0)}: ${default_option}.`
}
