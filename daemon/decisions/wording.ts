import { exactText } from '../../src/exact-text.ts'
import { formatTime } from '../../src/time.ts'
import { refOf } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { type CardRow, type Content, contentOf, LETTERS, requestersOf } from './rows.ts'

/** JSON as a person reads it: what cannot be seen is spelled out. */
export function shown(value: unknown): string {
  return exactText(JSON.stringify(value))
}

/** What turns text around, or hides in it; joiners and variations, of which scripts and emoji are made, stay. */
const HIDDEN = /[^\P{Cc}\t\n]|[\p{Zl}\p{Zp}\p{Surrogate}]|(?!\u200c|\u200d|\ufe0e|\ufe0f)\p{Default_Ignorable_Code_Point}/gu

/** Without what turns text around or hides in it; lines stay lines. */
export function withoutHidden(text: string): string {
  return text.replace(HIDDEN, '')
}

/** In one line, and without what cannot be seen: no part of a card can look like another. */
export function inLine(text: string): string {
  return withoutHidden(text.replace(/\s+/g, ' ')).trim()
}

/** What would be done, to the last character. */
export function actionText(row: CardRow): readonly string[] {
  if (row.action_kind === null) return []
  return [`Action: ${row.action_kind}: ${exactText(row.action_name ?? '')}\nArguments: ${shown(contentOf(row).arguments)}`]
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
  const { question, context, options, recommendation, risk } = contentOf(row)
  const last = LETTERS[options.length - 1]
  return [
    `${inLine(question)} (${reader.id('decision', row.id)})`,
    inLine(context),
    ...actionText(row),
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
