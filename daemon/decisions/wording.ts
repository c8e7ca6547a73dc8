import { formatTime } from '../../src/time.ts'
import { refOf } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { type CardRow, type Content, contentOf, LETTERS, requestersOf } from './rows.ts'

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

const EFFECTS = { approve: 'Approve: ', deny: 'Deny: ' } as const

/** What an option says. Ahead of the words of whoever asks stands what it does to an approval: they may say anything, also the opposite. */
export function optionText({ text, does }: Content['options'][number]): string {
  return `${does === null ? '' : EFFECTS[does]}${inLine(text)}`
}

/** With its letter, and whether it can be undone, which of one that approves is nobody's to say. */
export function optionLine(option: Content['options'][number], index: number): string {
  return `${LETTERS[index]}) ${optionText(option)}${option.safe && option.does !== 'approve' ? ' (safe)' : ''}`
}

/** A card as people read it, in the words of whoever raised it. */
export function bodyOf(reader: Reader, row: CardRow): string {
  const { question, context, options, recommendation, risk, arguments: given } = contentOf(row)
  const last = LETTERS[options.length - 1]
  return [
    `${inLine(question)} (${reader.id('decision', row.id)})`,
    inLine(context),
    ...(row.action_kind === null ? [] : [`Action: ${row.action_kind}: ${inLine(row.action_name ?? '')}\nArguments: ${shown(given)}`]),
    ...options.map((option, index) => `${optionLine(option, index)}\n   + ${inLine(option.pros)}\n   - ${inLine(option.cons)}`),
    `Recommended: ${recommendation.option}, because ${inLine(recommendation.because)}`,
    `Risk: ${inLine(risk)}`,
    defaultOf(row),
    ...alsoAsked(reader, row),
    `Answer with one letter, a to ${last}, to decide. Anything else is a comment.`,
  ].join('\n\n')
}

/** Whom a yes is for, besides the first. */
export function alsoAsked(reader: Reader, { id }: Pick<CardRow, 'id'>): readonly string[] {
  const others = requestersOf(reader, id).slice(1)
  return others.length === 0 ? [] : [`Also asked by ${others.map(({ peer_id }) => refOf(reader, peer_id)?.name).join(', ')}.`]
}

function defaultOf({ default_option, default_at }: CardRow): string {
  if (default_option === null) return 'Until somebody decides, it stays blocked.'
  return `If nobody decides by ${formatTime(default_at ?? 0)}: ${default_option}.`
}
