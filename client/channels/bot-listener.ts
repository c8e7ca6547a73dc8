import * as z from 'zod'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { MusterPeer } from '../peer.ts'
import type { BotApi } from './bot-api.ts'
import { ChannelError } from './channel.ts'
import { pause } from './pause.ts'

const Account = z.object({ id: z.int(), is_bot: z.boolean(), username: z.string().optional(), first_name: z.string().optional() })
const Chat = z.object({ id: z.int(), type: z.string() })
const Message = z.object({
  message_id: z.int(),
  from: Account.optional(),
  chat: Chat,
  text: z.string().optional(),
  reply_to_message: z.object({ message_id: z.int() }).optional(),
  // Words of somebody else: forwarded, of a channel, or by way of another bot.
  forward_origin: z.unknown().optional(),
  sender_chat: z.unknown().optional(),
  via_bot: z.unknown().optional(),
})
const Update = z.object({
  update_id: z.int(),
  message: Message.optional(),
  callback_query: z.object({ id: z.string(), from: Account, message: z.object({ chat: Chat }).optional(), data: z.string().optional() }).optional(),
})
type Update = z.output<typeof Update>

const POLL_SECONDS = 50
/** What an answer may take beyond the time that was asked to wait. */
const SLACK_MS = 15_000
const RETRY_MS = 5_000
const MAX_NAME_CHARS = 64

export interface ListenerOptions {
  readonly api: BotApi
  readonly peer: Pick<MusterPeer, 'call'>
  /** The server and the bot. */
  readonly bot: string
  readonly onState: (problem: string | undefined) => void
}

/** Hears what is said to the bot, by long polls, and has the daemon judge it. An update is acknowledged to Telegram by the poll behind it, when the daemon has committed. */
export class BotListener {
  readonly #options: ListenerOptions
  #offset = 0

  constructor(options: ListenerOptions) {
    this.#options = options
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { api, onState } = this.#options
    while (!signal.aborted) {
      try {
        const wanted = { offset: this.#offset, timeout: POLL_SECONDS, allowed_updates: ['message', 'callback_query'] }
        const updates = await api.call('getUpdates', z.array(z.unknown()), wanted, { signal, timeoutMs: POLL_SECONDS * 1_000 + SLACK_MS })
        onState(undefined)
        for (const update of updates) await this.#take(update, signal)
      } catch (error) {
        if (signal.aborted) return
        const problem = error instanceof ChannelError ? error : undefined
        onState(problem?.message ?? 'something unforeseen happened')
        await pause(problem?.retryAfterSeconds === undefined ? RETRY_MS : problem.retryAfterSeconds * 1_000, signal)
      }
    }
  }

  async #take(raw: unknown, signal: AbortSignal): Promise<void> {
    const { update_id } = z.object({ update_id: z.int() }).parse(raw)
    const update = Update.safeParse(raw)
    if (update.success) await this.#judge(update.data, signal)
    this.#offset = update_id + 1
  }

  async #judge({ update_id, message, callback_query: query }: Update, signal: AbortSignal): Promise<void> {
    if (query?.message && query.data !== undefined && !query.from.is_bot) {
      const { data, message } = query
      const origin = { bot: this.#options.bot, account: String(query.from.id), chat: String(message.chat.id) }
      const say = await this.#ask((peer) => peer.call('channels.press', { ...origin, nonce: data }), signal)
      return this.#say('answerCallbackQuery', { callback_query_id: query.id, ...(say !== null && { text: say.slice(0, 200), show_alert: true }) }, signal)
    }
    const heard = message && this.#heard(update_id, message)
    if (!heard) return
    const say = await this.#ask((peer) => peer.call('channels.hear', heard), signal)
    if (say === null) return
    await this.#say(
      'sendMessage',
      { chat_id: heard.chat, text: say, reply_parameters: { message_id: message.message_id, allow_sending_without_reply: true } },
      signal,
    )
  }

  #heard(update: number, { from, chat, text, reply_to_message: replyTo, forward_origin, sender_chat, via_bot }: z.output<typeof Message>) {
    const isTheirs = forward_origin === undefined && sender_chat === undefined && via_bot === undefined
    if (!from || from.is_bot || text === undefined || !isTheirs) return undefined
    // Anybody may call themselves anything, but for the name with the @.
    const name = from.username === undefined ? `${nameOf(from.first_name).slice(0, 32)} (${from.id})` : `@${from.username}`
    return {
      bot: this.#options.bot,
      account: String(from.id),
      chat: String(chat.id),
      isPrivate: chat.type === 'private',
      key: `${this.#options.bot}:${update}`.slice(-LIMITS.maxKeyChars),
      name: name.slice(0, MAX_NAME_CHARS),
      text: text.slice(0, LIMITS.maxNoteChars),
      ...(replyTo && { replyTo: String(replyTo.message_id) }),
    }
  }

  /** Asks again until the daemon has judged. @returns what is to be said; `null`: nothing */
  async #ask(call: (peer: ListenerOptions['peer']) => Promise<{ readonly say: string | null }>, signal: AbortSignal): Promise<string | null> {
    while (true) {
      try {
        return (await call(this.#options.peer)).say
      } catch (error) {
        if (signal.aborted || !(error instanceof MusterError)) throw error
        // It was refused, and nothing was done: whoever said it is told why.
        if (!error.retryable) return `That was not done. ${String(error.details['hint'] ?? error.message)}`
        await pause(RETRY_MS, signal)
        if (signal.aborted) throw error
      }
    }
  }

  /** What cannot be said is not said: the daemon has judged, and that counts. */
  async #say(method: string, parameters: object, signal: AbortSignal): Promise<void> {
    await this.#options.api.call(method, z.unknown(), parameters, { signal }).catch((error: unknown) => {
      if (!(error instanceof ChannelError)) throw error
    })
  }
}

/** In one line: it becomes a label. */
function nameOf(name = 'somebody'): string {
  return name.replace(/[^\p{L}\p{N} ._-]/gu, '').trim() || 'somebody'
}
