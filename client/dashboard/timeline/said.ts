import type { Output, PeerRef } from '../../browser.ts'

export type Listed = Output<'events.list'>['events'][number]
export type Preview = NonNullable<Listed['preview']>

/** Words, and peers that are named between them; `null` is the daemon. */
export type Part = string | PeerRef | null

/** An event about something that was said, as it is told behind the name of whoever did it. */
export interface Said {
  readonly parts: readonly Part[]
  /** What was said, in Markdown; `null` where that was redacted, `undefined` where there is nothing to quote. */
  readonly words: string | null | undefined
  /** Where it can be read. */
  readonly place: string
}

/** What an event tells of a message, for whoever may read that; `undefined` where it is about none. */
export function saidOf({ type, changed, preview }: Pick<Listed, 'type' | 'changed' | 'preview'>): Said | undefined {
  const told = preview && TOLD[type]?.(preview, changed)
  if (!told) return undefined
  const [parts, words] = told
  return { parts, words, place: placeOf(preview, type) }
}

/** Whose life it is: that of the message where it did not arrive, else its place in the thread. */
function placeOf({ thread, message }: Preview, type: string): string {
  return type.startsWith('delivery.') ? `/messages/${message}` : `/threads/${thread}#${message}`
}

type Told = readonly [parts: readonly Part[], words: Said['words']]

const TOLD: Readonly<Record<string, (of: Preview, changed: Listed['changed']) => Told | undefined>> = {
  'delivery.dead': (of) => [['gave up on a delivery of', of.from, 'to', ...names(of)], of.text],
  'delivery.discarded': (of) => [['discarded a dead letter of', of.from, 'to', ...names(of)], of.text],
  'delivery.replayed': (of) => [['replayed a dead letter of', of.from, 'to', ...names(of)], of.text],
  'message.redacted': (of) => [['redacted a message to', ...names(of)], undefined],
  'thread.closed': ended,
  'thread.message': (of, { late }) => more(of, late === true),
  'thread.moved': (of) => [['moved what', of.from, 'asked', ...names(of), 'since the lead passed on'], of.text],
  'thread.opened': (of) => [[of.kind === 'ask' ? 'asked' : 'told', ...names(of)], of.text],
  'thread.reminded': (of) => [['reminded', ...names(of), 'of what', of.first?.from ?? null, 'asked'], of.first?.text],
}

/** How a thread ended: by the words of whoever answers or declines it; where nobody did, it is the ask that matters. */
function ended(of: Preview, { state }: Listed['changed']): Told | undefined {
  if (!of.first) return undefined
  const { from, to, text } = of.first
  switch (state) {
    case 'answered':
      return [['answered', from], of.text]
    case 'declined':
      return [['declined what', from, 'asked'], of.text]
    case 'cancelled':
      return [['cancelled an ask to', to], text]
    case 'expired':
      return [['let an ask of', from, 'to', to, 'expire'], text]
    case 'failed':
      return [['could not deliver an ask of', from, 'to', to], text]
    default:
      return undefined
  }
}

function more(of: Preview, isLate: boolean): Told {
  if (of.kind === 'answer') return [['answered', ...names(of), 'late'], of.text]
  if (of.kind === 'decline') return [['declined late what', ...names(of), 'asked'], of.text]
  // By a message of its own, Muster tells a sender what became of another.
  if (of.kind === 'fail') return [['told', ...names(of)], of.text]
  return [[isLate ? 'said more, late, to' : 'said more to', ...names(of)], of.text]
}

/** "ann, bob and 3 others"; what is for nobody else is for the daemon. */
function names({ to, told }: Pick<Preview, 'to' | 'told'>): Part[] {
  const rest = told - to.length
  const parts: Part[] = to.flatMap((peer, index) => (index === 0 ? [peer] : [rest === 0 && index === to.length - 1 ? 'and' : ',', peer]))
  if (to.length === 0) return [null]
  return rest > 0 ? [...parts, `and ${rest} ${rest === 1 ? 'other' : 'others'}`] : parts
}

/** An event without the words of what was redacted since it was read. */
export function withoutRedacted(event: Listed, redacted: ReadonlySet<string | null>): Listed {
  const { preview } = event
  if (!preview || (!redacted.has(preview.message) && !(preview.first && redacted.has(preview.first.message)))) return event
  const first = preview.first && redacted.has(preview.first.message) ? { ...preview.first, text: null } : preview.first
  return { ...event, preview: { ...preview, first, text: redacted.has(preview.message) ? null : preview.text } }
}
