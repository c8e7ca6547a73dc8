import type { Parsed } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Command, PeerCaller } from '../caller.ts'
import { type CardRow, cardOfThread, contentOf, findCard, inLine, LETTER, LETTERS, type Letter, requestersOf } from '../decisions/index.ts'
import { findDevice, findPeer } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { bind } from './binding.ts'
import type { ChannelDeps } from './deps.ts'
import { decidedText } from './notices.ts'
import { addressOf, type ChannelRow, findByAddress, isLive, type Want } from './rows.ts'
import { hashSecret } from './secrets.ts'
import { requireService } from './service.ts'

type Origin = Pick<Parsed<'channels.press'>, 'bot' | 'account' | 'chat'>
type Heard = Parsed<'channels.hear'>

const OLD = 'This button is no longer good. Open the card in the dashboard.'
const WIDER = 'Somebody else asks the same by now. Open the card in the dashboard.'
const HELP = 'Reply to a card with a letter to answer it, or with words to comment on it. Whatever else you write goes to the orchestrator.'
/** What was said when it was done, for a repeat: numbers are what a repeat is answered from. */
const SAID = [
  '',
  'It has gone to the orchestrator.',
  'Noted as a comment: the card waits on.',
  'Confirm on your device that this account is yours, in the settings of the dashboard.',
  'Sent.',
] as const
const START = /^\/start(?:@\w+)?(?:\s+(\S+))?\s*$/i

/** Telegram makes a link of every such word, also of one that a peer has said, and a tap on it says it. */
const COMMAND = /^\/\w+(?:@\w+)?\s*$/

export function createHearing(deps: ChannelDeps): { readonly press: Command<'channels.press'>; readonly hear: Command<'channels.hear'> } {
  const press: Command<'channels.press'> = {
    run(tx, caller, { nonce, ...origin }) {
      requireService(tx, caller)
      const channel = boundAt(tx, origin)
      if (!channel) return { say: null }
      return { say: pressed(tx, deps, channel, nonce) }
    },
  }
  const hear: Command<'channels.hear'> = {
    run(tx, caller, heard) {
      requireService(tx, caller)
      const start = START.exec(heard.text)
      const channel = boundAt(tx, heard)
      if (start?.[1] !== undefined) return { say: admit(tx, deps, heard, start[1]) }
      if (!channel) return { say: null }
      if (start || COMMAND.test(heard.text)) return { say: HELP }
      return { say: said(tx, deps, channel, heard) }
    },
    replay: (_tx, _caller, { count }) => ({ say: SAID[count] ?? null }),
  }
  return { press, hear }
}

/** The channel of an account in the chat in which it was bound, at the bot with which it was: nothing else is a person's. */
function boundAt(reader: Reader, { bot, account, chat }: Origin): ChannelRow | undefined {
  const row = findByAddress(reader, 'telegram', `${bot} ${account}`)
  if (!row || !isLive(reader, row)) return undefined
  const address = addressOf(row)
  return address.kind === 'telegram' && address.chat === chat ? row : undefined
}

interface NonceRow {
  readonly channel_id: number
  readonly decision_id: number
  readonly option: string
  readonly minted_at: number
}

/** A nonce is good for one option of one card on one channel, for a day; since a card is decided once, it is good once. */
function pressed(tx: Tx, deps: ChannelDeps, channel: ChannelRow, nonce: string): string {
  const found = tx.get<NonceRow>('SELECT * FROM channel_nonces WHERE hash = ?', hashSecret(nonce))
  if (!found || found.channel_id !== channel.id) return OLD
  const card = findCard(tx, found.decision_id)
  if (!card) return OLD
  if (card.state !== 'waiting') return decidedText(tx, card)
  // A clock that was put back makes none younger.
  if (found.minted_at > tx.now || found.minted_at + LIMITS.nonceMs <= tx.now) return OLD
  if (isWider(tx, card, found)) return WIDER
  return decide(tx, deps, channel, card, { option: found.option as Letter, how: 'resolved' })
}

/** Whether a yes would be for somebody of whom the message with the button says nothing. */
function isWider(reader: Reader, card: CardRow, { minted_at }: NonceRow): boolean {
  return card.kind === 'approval' && requestersOf(reader, card.id).some(({ waits, at }) => waits === 1 && at > minted_at)
}

interface Decided {
  readonly option: Letter
  readonly how: 'resolved' | 'letter'
  readonly said?: string
}

function decide(tx: Tx, deps: ChannelDeps, channel: ChannelRow, card: CardRow, decided: Decided): string {
  deps.decisions.decide(tx, card, personOf(tx, deps, channel), { ...decided, device: deviceOf(channel) })
  const chosen = contentOf(card).options[LETTERS.indexOf(decided.option)]
  return `Decided: ${decided.option}) ${inLine(chosen?.text ?? '')}`
}

const deviceOf = (channel: ChannelRow): string => `Telegram ${channel.label}`

function personOf(tx: Tx, deps: ChannelDeps, channel: ChannelRow): PeerCaller {
  const person = findPeer(tx, channel.person_id)
  if (!person) throw new Error(`Channel ${channel.id} is nobody's`)
  return { ...deps.callerOf(person), credentialId: channel.credential_id }
}

interface CodeRow {
  readonly person_id: number
  readonly credential_id: number
  readonly wants: string
  readonly created_at: number
  readonly expires_at: number
}

/** Binds the account that sends a code, in the chat in which it does. */
function admit(tx: Tx, deps: ChannelDeps, { bot, account, chat, isPrivate, name }: Heard, code: string): string {
  const hash = hashSecret(code.toLowerCase())
  const found = tx.get<CodeRow>('SELECT * FROM channel_codes WHERE hash = ?', hash)
  const isGood = found && found.expires_at > tx.now && found.created_at <= tx.now && findDevice(tx, found.credential_id)?.revoked_at === null
  if (!isGood) return 'That code is not good, or no longer. The settings of the dashboard make another.'
  tx.run('DELETE FROM channel_codes WHERE hash = ?', hash)
  // It was shown to everybody in the chat, so it is worth nothing any more.
  if (!isPrivate)
    return 'A code is sent in a private chat, where nobody else reads what cards say. That one is spent: the settings of the dashboard make another.'
  const binding = { kind: 'telegram', personId: found.person_id, credentialId: found.credential_id, label: name, address: `${bot} ${account}` } as const
  bind(tx, deps, { ...binding, target: { kind: 'telegram', chat, account, bot }, wants: JSON.parse(found.wants) as Want[] })
  return done(tx, 3)
}

/** What a bound account writes: about what it replies to, or to whoever leads. */
function said(tx: Tx, deps: ChannelDeps, channel: ChannelRow, { text, replyTo }: Heard): string {
  const about = replyTo === undefined ? undefined : aboutOf(tx, channel.id, replyTo)
  const letter = LETTER.exec(text)?.[1]?.toLowerCase() as Letter | undefined
  if (about?.card) return onCard(tx, deps, channel, about.card, text, letter)
  const by = personOf(tx, deps, channel)
  if (about?.thread !== undefined) {
    deps.reply(tx, by, about.thread, text)
    return done(tx, 4)
  }
  if (letter !== undefined) return 'Reply to the message of the card that you mean.'
  deps.ask(tx, by, 'role:orchestrator', text)
  return done(tx, 1)
}

function aboutOf(reader: Reader, channelId: number, handle: string): { readonly card?: CardRow | undefined; readonly thread?: number } | undefined {
  const sql = 'SELECT decision_id, thread_id FROM channel_notices WHERE channel_id = ? AND handle = ?'
  const notice = reader.get<{ decision_id: number | null; thread_id: number | null }>(sql, channelId, handle)
  if (!notice) return undefined
  if (notice.decision_id !== null) return { card: findCard(reader, notice.decision_id) }
  const thread = notice.thread_id as number
  const card = cardOfThread(reader, thread)
  return card ? { card } : { thread }
}

/** A letter decides a question. An action that needs approval takes a button, which is for that action and good once. */
function onCard(tx: Tx, deps: ChannelDeps, channel: ChannelRow, card: CardRow, text: string, letter: Letter | undefined): string {
  if (letter === undefined) {
    deps.decisions.comment(tx, card, channel.person_id, text)
    return done(tx, 2)
  }
  if (card.state !== 'waiting') return decidedText(tx, card)
  if (card.kind === 'approval') return 'An approval takes one of its buttons, or the dashboard.'
  return decide(tx, deps, channel, card, { option: letter, how: 'letter', said: text })
}

function done(tx: Tx, count: 1 | 2 | 3 | 4): string {
  tx.created = { number: 0, count }
  return SAID[count]
}
