import type { NtfySetting } from '../../src/channel-settings.ts'
import type { ChannelErrand } from '../../src/contract/index.ts'
import { readSecret, SecretError } from '../services/secrets.ts'
import { type Channel, ChannelError } from './channel.ts'
import { Http, requireSuccess } from './http.ts'
import { linkTo } from './links.ts'

type Env = Readonly<Record<string, string | undefined>>

const BASE_URL = 'https://ntfy.sh'
const PRIORITIES = { urgent: 5, normal: 3, settled: 1 } as const

/**
 * Topics of an ntfy server (https://docs.ntfy.sh/publish/#publish-as-json). What is said again under the same sequence takes the place of what is shown (from ntfy 2.16 on; an
 * older server shows both). Buttons lead to the dashboard: one that acts would need a credential in the message, which each reader of the topic has.
 */
export class Ntfy implements Channel {
  readonly #setting: NtfySetting
  readonly #publicUrl: string
  readonly #env: Env
  readonly #http = new Http()

  constructor(setting: NtfySetting, publicUrl: string, env: Env) {
    this.#setting = setting
    this.#publicUrl = publicUrl
    this.#env = env
  }

  async send({ target, notice }: ChannelErrand, signal: AbortSignal): Promise<undefined> {
    if (target.kind !== 'ntfy') throw new Error('This errand is for another channel.')
    const { kind, title, body: message, tag, urgent } = notice
    const link = linkTo(this.#publicUrl, notice.url)
    const priority = kind === 'settled' ? PRIORITIES.settled : urgent ? PRIORITIES.urgent : PRIORITIES.normal
    const open = link === undefined ? {} : { click: link, ...(kind === 'settled' ? {} : { actions: [{ action: 'view', label: 'Open', url: link }] }) }
    const body = JSON.stringify({ topic: target.topic, title, message, priority, sequence_id: tag, ...open })
    const answer = await this.#http.post(this.#setting.baseUrl ?? BASE_URL, { headers: await this.#headers(), body, signal })
    if (answer.status === 401 || answer.status === 403) throw new ChannelError('failed', `it does not let us publish there (${answer.status})`)
    requireSuccess(answer)
    return undefined
  }

  async withdraw(errand: ChannelErrand, signal: AbortSignal): Promise<void> {
    await this.send(errand, signal)
  }

  async close(): Promise<void> {
    await this.#http.close()
  }

  async #headers(): Promise<Record<string, string>> {
    const { token } = this.#setting
    const type = { 'content-type': 'application/json' }
    if (token === undefined) return type
    try {
      return { ...type, authorization: `Bearer ${await readSecret(token, this.#env)}` }
    } catch (error) {
      throw error instanceof SecretError ? new ChannelError('failed', error.message) : error
    }
  }
}
