import { parseTime } from '../../src/time.ts'

export const KINDS = ['rule', 'preference', 'decision', 'fact', 'lesson'] as const
export type Kind = (typeof KINDS)[number]

export interface NoteHead {
  readonly title: string
  readonly kind: Kind
  /** RFC 3339, as are `updated` and, unless it is a day alone, `expires`. */
  readonly created: string
  readonly updated: string
  /** From then on nobody is reminded of it; a day such as 2026-01-31 counts to its end. */
  readonly expires?: string
  /** Where it comes from: the id of a thread or a message, or a person. */
  readonly source?: string
  readonly tags: readonly string[]
}

export interface Note extends NoteHead {
  /** The name of its file, without `.md`. */
  readonly slug: string
  readonly body: string
  /** Fields of the front matter that Muster does not know; they are kept. */
  readonly others: Readonly<Record<string, unknown>>
  /** Of the file: where it differs, somebody has edited the note. */
  readonly hash: string
  /** The line of the file on which the body begins, from 1. */
  readonly bodyLine: number
}

export const NOTE_LIMITS = { maxFileBytes: 65_536, maxBodyBytes: 32_768, maxTitleChars: 120, maxTags: 16, maxTagChars: 40, maxSourceChars: 200 } as const
const MAX_SLUG_CHARS = 80

/** The name of the file of a title: letters and digits of any script, in lower case, with dashes. Empty where it has none. */
export function slugOf(title: string): string {
  const text = title.normalize('NFKC').toLowerCase().normalize('NFKC')
  const words = text.match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu) ?? []
  return [...words.join('-')].slice(0, MAX_SLUG_CHARS).join('').replace(/-$/, '')
}

/** When a note stops to count, in epoch milliseconds; `undefined` for never. */
function expiryOf({ expires }: Pick<NoteHead, 'expires'>): number | undefined {
  if (expires === undefined) return undefined
  return DAY.test(expires) ? parseTime(`${expires}T23:59:59.999Z`) : parseTime(expires)
}

export function isExpired(note: Pick<NoteHead, 'expires'>, nowMs: number): boolean {
  const expiry = expiryOf(note)
  return expiry !== undefined && expiry < nowMs
}

/** A day alone. */
export const DAY = /^\d{4}-\d{2}-\d{2}$/

/** A time or a day that exists. */
export function isDayOrTime(text: string): boolean {
  return expiryOf({ expires: text }) !== undefined
}

export interface Draft {
  readonly title: string
  readonly kind: Kind
  readonly body: string
  readonly tags: readonly string[]
  readonly source?: string
  /** `never`, a day or a time. */
  readonly expires?: string
}

export function dayOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10)
}
