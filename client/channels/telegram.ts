import * as z from 'zod'
import type { ChannelErrand } from '../../src/contract/index.ts'
import { type BotApi, BotRefusal } from './bot-api.ts'
import { type Channel, ChannelError } from './channel.ts'
import { linkTo } from './links.ts'

const Sent = z.object({ message_id: z.int() })
/** Of a text, and of what a button says. */
const MAX_TEXT_CHARS = 4_096
const MAX_BUTTON_CHARS = 60
/** What it says where there is nothing left to change: somebody deleted it, or it was changed before. */
const NOTHING_TO_EDIT = /message is not modified|message to edit not found|message can't be edited/i

/** Messages of a bot. Text has no markup, so no words of a peer can become a button, or a link that leads elsewhere than it says. */
export class Telegram implements Channel {
  readonly #api: BotApi
  readonly #publicUrl: string

  constructor(api: BotApi, publicUrl: string) {
    this.#api = api
    this.#publicUrl = publicUrl
  }

  async send({ target, notice }: ChannelErrand, signal: AbortSignal): Promise<string> {
    if (target.kind !== 'telegram') throw new Error('This errand is for another channel.')
    const message = { chat_id: target.chat, text: textOf(notice), link_preview_options: { is_disabled: true }, ...this.#buttons(notice) }
    const { message_id } = await this.#api.call('sendMessage', Sent, message, { signal })
    return String(message_id)
  }

  async withdraw({ target, notice, handle }: ChannelErrand, signal: AbortSignal): Promise<void> {
    if (target.kind !== 'telegram' || handle === null) return
    // Without a keyboard of its own, a text that is edited loses that it had.
    const edited = { chat_id: target.chat, message_id: Number(handle), text: textOf(notice), link_preview_options: { is_disabled: true } }
    try {
      await this.#api.call('editMessageText', z.unknown(), edited, { signal })
    } catch (error) {
      if (!(error instanceof BotRefusal)) throw error
      if (!NOTHING_TO_EDIT.test(error.description)) throw new ChannelError('refused', error.message)
    }
  }

  async close(): Promise<void> {
    await this.#api.close()
  }

  #buttons({ options, url }: ChannelErrand['notice']): object {
    const choices = options.flatMap(({ letter, text, nonce }) =>
      nonce === null ? [] : [[{ text: cut(`${letter}) ${text}`, MAX_BUTTON_CHARS), callback_data: nonce }]],
    )
    const link = linkTo(this.#publicUrl, url)
    const rows = [...choices, ...(link === undefined ? [] : [[{ text: 'Open', url: link }]])]
    return rows.length === 0 ? {} : { reply_markup: { inline_keyboard: rows } }
  }
}

function textOf({ title, body }: ChannelErrand['notice']): string {
  return cut(`${title}\n\n${body}`, MAX_TEXT_CHARS)
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`
}
