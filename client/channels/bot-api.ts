import * as z from 'zod'
import type { TelegramSetting } from '../../src/channel-settings.ts'
import { readSecret, SecretError } from '../services/secrets.ts'
import { ChannelError } from './channel.ts'
import { type Answer, Http } from './http.ts'

type Env = Readonly<Record<string, string | undefined>>

const BASE_URL = 'https://api.telegram.org'
const Reply = z.object({
  ok: z.boolean(),
  result: z.unknown().optional(),
  description: z.string().optional(),
  parameters: z.object({ retry_after: z.number().optional() }).optional(),
})

/** A refusal that its caller may know by its words. */
export class BotRefusal extends ChannelError {
  /** In the words of the server, for comparison only. */
  readonly description: string

  constructor(status: number, description: string) {
    super('failed', `it refuses that (${status})`)
    this.description = description
  }
}

/** The Bot API of Telegram (https://core.telegram.org/bots/api). The token stands in the path, so no address is ever part of an error. */
export class BotApi {
  /** Without a slash at its end. */
  readonly baseUrl: string
  readonly #setting: TelegramSetting
  readonly #env: Env
  readonly #http = new Http()

  constructor(setting: TelegramSetting, env: Env) {
    this.#setting = setting
    this.#env = env
    this.baseUrl = (setting.baseUrl ?? BASE_URL).replace(/\/+$/, '')
  }

  /** @throws ChannelError */
  async call<T>(
    method: string,
    schema: z.ZodType<T>,
    parameters: object,
    { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs?: number },
  ): Promise<T> {
    const call = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(parameters), signal, ...(timeoutMs !== undefined && { timeoutMs }) }
    const reply = read(await this.#http.post(`${this.baseUrl}/bot${await this.#token()}/${method}`, call))
    const parsed = schema.safeParse(reply)
    if (!parsed.success) throw new ChannelError('failed', 'its answer is not what its documentation says')
    return parsed.data
  }

  async close(): Promise<void> {
    await this.#http.close()
  }

  async #token(): Promise<string> {
    try {
      const token = await readSecret(this.#setting.token, this.#env)
      if (/^\d{1,20}:[A-Za-z0-9_-]{1,200}$/.test(token)) return token
    } catch (error) {
      throw error instanceof SecretError ? new ChannelError('failed', error.message) : error
    }
    throw new ChannelError('failed', 'what stands where its token should be is none of a bot')
  }
}

function read({ status, text }: Answer): unknown {
  let reply: z.output<typeof Reply>
  try {
    reply = Reply.parse(JSON.parse(text))
  } catch {
    throw new ChannelError('failed', status >= 500 ? `it has trouble of its own (${status})` : `it answered with ${status}, and not as documented`)
  }
  if (reply.ok) return reply.result
  const retryAfter = reply.parameters?.retry_after
  if (status === 429)
    throw new ChannelError('failed', 'it wants less (429)', retryAfter === undefined ? undefined : Math.min(Math.ceil(Math.max(retryAfter, 0)), 86_400))
  if (status === 401 || status === 404) throw new ChannelError('failed', `it does not know the bot (${status})`)
  if (status === 403) throw new ChannelError('gone', 'the account has blocked the bot, or is gone (403)')
  throw new BotRefusal(status, reply.description ?? '')
}
