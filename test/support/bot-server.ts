import { type Answer, type Received, ScriptedHttp } from './scripted-http.ts'

export interface Called {
  readonly method: string
  readonly parameters: Readonly<Record<string, unknown>>
}

/** A message as the bot sent it, with what became of it. */
export interface Shown {
  readonly id: number
  readonly chat: string
  text: string
  buttons: readonly { readonly text: string; readonly data: string | undefined }[]
}

interface Keyboard {
  readonly inline_keyboard?: readonly (readonly { readonly text: string; readonly callback_data?: string }[])[]
}

interface Sender {
  readonly id: number
  readonly chat?: number
  readonly type?: string
}

const BOT = { id: 77, is_bot: true, first_name: 'Muster', username: 'muster_bot' }

/**
 * The Bot API of Telegram as https://core.telegram.org/bots/api documents it, as far as bots like ours meet it: `ok` and `result`, errors with `retry_after`, long polls whose `offset`
 * forgets what came before it, inline keyboards and callbacks.
 */
export class BotServer extends ScriptedHttp {
  readonly token = '77:AAsecretsecretsecretsecretsecretsecret'
  readonly called: Called[] = []
  readonly messages: Shown[] = []
  /** Updates that no poll has acknowledged. */
  #updates: { readonly update_id: number }[] = []
  #lastUpdate = 1_000
  #lastMessage = 0
  /** What a method is answered with next, in place of doing it. */
  readonly refusals = new Map<string, Answer>()
  /** Methods that are not answered. */
  readonly hanging = new Set<string>()

  static async start(): Promise<BotServer> {
    return await new BotServer().listen()
  }

  private constructor() {
    super()
  }

  /** How many updates wait to be acknowledged. */
  get pending(): number {
    return this.#updates.length
  }

  /** Somebody writes to the bot. @returns the number of the message */
  write(from: Sender, text: string, more: object = {}): number {
    const message_id = ++this.#lastMessage
    this.#push({ message: { message_id, date: 0, from: userOf(from), chat: chatOf(from), text, ...more } })
    return message_id
  }

  /** Somebody presses a button, or says so: the data is what a client sends. */
  press(from: Sender, data: string): void {
    this.#push({
      callback_query: { id: `q${this.#lastUpdate}`, from: userOf(from), chat_instance: '1', message: { message_id: 1, date: 0, chat: chatOf(from) }, data },
    })
  }

  calls(method: string): readonly Called['parameters'][] {
    return this.called.filter((each) => each.method === method).map(({ parameters }) => parameters)
  }

  /** The newest message of a chat whose text holds something. */
  async message(chat: number, part: string): Promise<Shown> {
    return await this.until(() => this.messages.findLast((shown) => shown.chat === String(chat) && shown.text.includes(part)))
  }

  protected async answer({ path, body }: Received, gone: AbortSignal): Promise<Answer> {
    const [, token, method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(path) ?? []
    if (token !== this.token) return failure(401, 'Unauthorized')
    const parameters = JSON.parse(body.toString() || '{}') as Record<string, unknown>
    if (this.hanging.has(method)) {
      this.called.push({ method, parameters })
      this.changed()
      await new Promise((resolve) => gone.addEventListener('abort', resolve, { once: true }))
      return {}
    }
    const refusal = this.refusals.get(method)
    if (refusal) {
      this.refusals.delete(method)
      this.called.push({ method, parameters })
      return refusal
    }
    const answer = method === 'getUpdates' ? await this.#poll(parameters, gone) : this.#do(method, parameters)
    this.called.push({ method, parameters })
    return answer
  }

  #do(method: string, parameters: Readonly<Record<string, unknown>>): Answer {
    if (method === 'getMe') return success(BOT)
    if (method === 'answerCallbackQuery') return success(true)
    if (method === 'sendMessage') return this.#send(parameters)
    return method === 'editMessageText' ? this.#edit(parameters) : failure(404, 'Not Found: method not found')
  }

  #send({ chat_id, text, reply_markup }: Readonly<Record<string, unknown>>): Answer {
    if (String(text).length > 4_096) return failure(400, 'Bad Request: message is too long')
    const shown = { id: ++this.#lastMessage, chat: String(chat_id), text: String(text), buttons: buttonsOf(reply_markup as Keyboard | undefined) }
    if (shown.buttons.some(({ data }) => data !== undefined && Buffer.byteLength(data) > 64)) return failure(400, 'Bad Request: BUTTON_DATA_INVALID')
    this.messages.push(shown)
    return success({ message_id: shown.id, date: 0, chat: { id: Number(chat_id), type: 'private' }, text })
  }

  #edit({ chat_id, message_id, text, reply_markup }: Readonly<Record<string, unknown>>): Answer {
    const shown = this.messages.find(({ id, chat }) => id === message_id && chat === String(chat_id))
    if (!shown) return failure(400, 'Bad Request: message to edit not found')
    Object.assign(shown, { text: String(text), buttons: buttonsOf(reply_markup as Keyboard | undefined) })
    return success({ message_id, date: 0, chat: { id: Number(chat_id), type: 'private' }, text })
  }

  async #poll({ offset, timeout }: Readonly<Record<string, unknown>>, gone: AbortSignal): Promise<Answer> {
    if (typeof offset === 'number' && offset > 0) this.#updates = this.#updates.filter(({ update_id }) => update_id >= offset)
    this.changed()
    if (timeout)
      await Promise.race([this.until(() => this.#updates.length > 0), new Promise((resolve) => gone.addEventListener('abort', resolve, { once: true }))])
    return success([...this.#updates])
  }

  #push(update: object): void {
    this.#updates.push({ update_id: ++this.#lastUpdate, ...update })
    this.changed()
  }
}

const success = (result: unknown): Answer => ({ body: { ok: true, result } })

/** An error as the Bot API words it. */
export function failure(status: number, description: string, retryAfter?: number): Answer {
  return { status, body: { ok: false, error_code: status, description, ...(retryAfter !== undefined && { parameters: { retry_after: retryAfter } }) } }
}

function userOf({ id }: Sender): object {
  return { id, is_bot: false, first_name: 'Ann', username: `user${id}` }
}

function chatOf({ id, chat = id, type = 'private' }: Sender): object {
  return { id: chat, type }
}

function buttonsOf(markup: Keyboard | undefined): Shown['buttons'] {
  return (markup?.inline_keyboard ?? []).flat().map(({ text, callback_data }) => ({ text, data: callback_data }))
}
