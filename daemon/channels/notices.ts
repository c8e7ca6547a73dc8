import type { ChannelKind, ChannelNotice } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import {
  actionText,
  alsoAsked,
  type CardRow,
  closedOf,
  contentOf,
  inLine,
  LETTERS,
  optionLine,
  optionText,
  requestersOf,
  withoutHidden,
} from '../decisions/index.ts'
import { refOf } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { findMessage } from '../threads/index.ts'

type MessageRow = NonNullable<ReturnType<typeof findMessage>>
/** Options without what presses them. */
export type Draft = Omit<ChannelNotice, 'options'> & { readonly options: readonly { readonly letter: string; readonly text: string }[] }

/** How much each shows of a card, in characters. A push message takes 3,993 bytes, Telegram 4,096 characters, ntfy 4,096 bytes. */
const ROOM: Readonly<Record<ChannelKind, number>> = { push: LIMITS.maxNoticeChars, telegram: 3_600, ntfy: LIMITS.maxNoticeChars, webhook: 16_000 }

/**
 * A card that waits. Its options are buttons where all that counts is there to read: a push button acts with a device's whole authority, and its message could be of
 * anybody's making who reads the files of this machine, so an approval gets none there.
 */
export function cardNotice(reader: Reader, row: CardRow, kind: ChannelKind): Draft {
  const { question, context, options, recommendation, risk } = contentOf(row)
  const first = requestersOf(reader, row.id)[0]
  const from = (first && refOf(reader, first.peer_id)?.name) ?? 'muster'
  const advice = `Recommended: ${recommendation.option}, because ${inLine(recommendation.because)}`
  const body = [
    ...actionText(row),
    ...alsoAsked(reader, row),
    inLine(context),
    options.map(optionLine).join('\n'),
    advice,
    `Risk: ${inLine(risk)}`,
    defaultOf(row),
  ].join('\n')
  const fits = body.length <= ROOM[kind]
  const isGate = row.kind === 'approval'
  const hasButtons = isGate ? fits && kind !== 'push' : true
  return {
    kind: 'card',
    tag: reader.id('decision', row.id),
    title: `${from}: ${inLine(question)}`,
    body: fits ? body : `${body.slice(0, ROOM[kind] - 1)}…`,
    url: `/cards/${reader.id('decision', row.id)}`,
    urgent: row.priority === 1,
    card: reader.id('decision', row.id),
    options: hasButtons ? options.map((option, index) => ({ letter: LETTERS[index] as string, text: optionText(option) })) : [],
  }
}

function defaultOf({ default_option, default_at }: CardRow): string {
  return default_option === null ? 'Until somebody decides, it stays blocked.' : `If nobody decides by ${formatTime(default_at ?? 0)}: ${default_option}.`
}

export function settledNotice(reader: Reader, row: CardRow): Draft {
  const card = reader.id('decision', row.id)
  return {
    kind: 'settled',
    tag: card,
    title: `Settled: ${inLine(contentOf(row).question)}`,
    body: decidedText(reader, row),
    url: `/cards/${card}`,
    urgent: false,
    card,
    options: [],
  }
}

/** Who decided what, when, and by what. */
export function decidedText(reader: Reader, row: CardRow): string {
  const closed = closedOf(reader, row)
  const chosen = row.option === null ? undefined : contentOf(row).options[LETTERS.indexOf(row.option as 'a')]
  const which = row.option === null ? '' : `: ${row.option}${chosen ? `) ${inLine(chosen.text)}` : ''}`
  const who = closed?.by ? `${closed.by.name}${closed.device ? ` (${closed.device})` : ''}` : 'the daemon'
  return `It is ${row.state}${which}. By ${who}, ${closed?.at ?? ''}.`
}

export function mailNotice(reader: Reader, message: MessageRow, urgent: boolean): Draft {
  const thread = reader.id('thread', message.thread_id)
  const text = withoutHidden(message.body).trim()
  return {
    kind: 'mail',
    tag: thread,
    title: `${refOf(reader, message.sender_id)?.name ?? 'muster'}: ${message.kind}`,
    body: text.length > LIMITS.maxNoticeChars ? `${text.slice(0, LIMITS.maxNoticeChars - 1)}…` : text,
    url: `/threads/${thread}`,
    urgent,
    card: null,
    options: [],
  }
}

export const TEST: Draft = {
  kind: 'test',
  tag: 'test',
  title: 'Muster',
  body: 'This channel works.',
  url: '/settings',
  urgent: false,
  card: null,
  options: [],
}
