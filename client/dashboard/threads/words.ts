import type { Output } from '../../browser.ts'

export type Thread = Output<'threads.get'>['thread']
/** As badges have it. */
type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'info'
export type Message = Output<'threads.get'>['messages'][number]

/** How the state of a thread is said, and how it looks. */
export const STATES: Readonly<Record<string, { readonly word: string; readonly tone: Tone }>> = {
  open: { word: 'Open', tone: 'info' },
  answered: { word: 'Answered', tone: 'good' },
  declined: { word: 'Declined', tone: 'warn' },
  cancelled: { word: 'Cancelled', tone: 'plain' },
  expired: { word: 'Expired', tone: 'bad' },
  failed: { word: 'Failed', tone: 'bad' },
  notice: { word: 'Notice', tone: 'plain' },
}

/** What a message does in its thread, where that is not plain. */
export const KINDS: Readonly<Record<string, { readonly word: string; readonly tone: Tone }>> = {
  ask: { word: 'Ask', tone: 'info' },
  answer: { word: 'Answer', tone: 'good' },
  decline: { word: 'Declined', tone: 'warn' },
}

/** Kinds by which the daemon, or the asker, says what became of a thread. */
export const CONTROL: ReadonlySet<string> = new Set(['cancel', 'expire', 'fail', 'remind'])

export type Part =
  /** It asked, and may add to that. */
  | 'asker'
  /** It was asked. */
  | 'asked'
  /** Of a notice, or one that sees into the circle. */
  | 'told'
  | 'reader'

/** What somebody is in a thread: what it may say there follows from that. */
export function partOf({ kind, from, to }: Thread, self: string | undefined): Part {
  if (self !== undefined && from?.id === self) return 'asker'
  if (self !== undefined && to?.id === self) return kind === 'ask' ? 'asked' : 'told'
  return 'reader'
}

/** "You" for the person at this device, and the name of anybody else. */
export function nameOf(peer: { readonly id: string; readonly name: string } | null, self: string | undefined): string {
  if (peer === null) return 'Muster'
  return peer.id === self ? 'You' : peer.name
}
