import { createHmac } from 'node:crypto'
import type { WebhookSetting } from '../../src/channel-settings.ts'
import type { ChannelErrand } from '../../src/contract/index.ts'
import { readSecret, SecretError } from '../services/secrets.ts'
import { type Channel, ChannelError } from './channel.ts'
import { Http, requireSuccess } from './http.ts'
import { linkTo } from './links.ts'

type Env = Readonly<Record<string, string | undefined>>

const TYPES = { card: 'card.waiting', settled: 'card.settled', mail: 'mail', test: 'test' } as const
const PREFIX = 'whsec_'
const MIN_SECRET_BYTES = 24
const MAX_SECRET_BYTES = 64

/**
 * POST to an address of the settings, signed as the Standard Webhooks have it (https://www.standardwebhooks.com): the id is that of the notice and stays over repeats, so that whoever
 * receives it twice can tell. Nothing that is answered is read but its status.
 */
export class Webhook implements Channel {
  readonly #setting: WebhookSetting
  readonly #publicUrl: string
  readonly #env: Env
  readonly #http = new Http()

  constructor(setting: WebhookSetting, publicUrl: string, env: Env) {
    this.#setting = setting
    this.#publicUrl = publicUrl
    this.#env = env
  }

  async send({ id, at, notice }: ChannelErrand, signal: AbortSignal): Promise<undefined> {
    const { kind, tag, title, body: text, url, urgent, card, options } = notice
    const letters = options.map(({ letter, text: what }) => ({ letter, text: what }))
    const data = { tag, title, body: text, url: linkTo(this.#publicUrl, url) ?? url, urgent, card, options: letters }
    const body = JSON.stringify({ type: TYPES[kind], timestamp: at, data })
    const timestamp = String(Math.floor(Date.now() / 1_000))
    const signature = createHmac('sha256', await this.#secret())
      .update(`${id}.${timestamp}.${body}`)
      .digest('base64')
    const headers = { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
    const answer = await this.#http.post(this.#setting.url, { headers, body, signal })
    if (answer.status === 410) throw new ChannelError('gone', 'the webhook wants nothing more (410)')
    requireSuccess(answer)
    return undefined
  }

  async withdraw(errand: ChannelErrand, signal: AbortSignal): Promise<void> {
    await this.send(errand, signal)
  }

  async close(): Promise<void> {
    await this.#http.close()
  }

  async #secret(): Promise<Uint8Array> {
    try {
      const text = await readSecret(this.#setting.secret, this.#env)
      const bytes = Buffer.from(text.slice(PREFIX.length), 'base64')
      if (text.startsWith(PREFIX) && bytes.length >= MIN_SECRET_BYTES && bytes.length <= MAX_SECRET_BYTES) return bytes
    } catch (error) {
      throw error instanceof SecretError ? new ChannelError('failed', error.message) : error
    }
    throw new ChannelError('failed', `its secret is not ${PREFIX} and ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes as base64`)
  }
}
