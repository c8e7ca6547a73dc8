import { readFile } from 'node:fs/promises'
import webPush from 'web-push'
import type { ChannelErrand } from '../../src/contract/index.ts'
import type { PushPayload } from '../../src/push-payload.ts'
import { type Channel, ChannelError } from './channel.ts'
import { Http, requireSuccess } from './http.ts'

export interface PushOptions {
  /** The file with the keys by which push services know this node. */
  readonly keys: string
  /** How its operator can be reached, as push services want to know (RFC 8292, 2.1): an https URL. */
  readonly contact: string
}

/** What a push service keeps for a device that is off: a day. What is older, the dashboard shows. */
const TTL_SECONDS = 86_400
const MAX_ACTION_CHARS = 40
/** Where no `publicUrl` says otherwise; it leads nowhere (RFC 6761, 6.4). */
const NO_CONTACT = 'https://muster.invalid/'

/** Push messages to browsers (RFC 8030), encrypted for the device (RFC 8291) and signed with the key of this node (RFC 8292). */
export class Push implements Channel {
  readonly #options: PushOptions
  readonly #http = new Http()

  constructor(options: PushOptions) {
    this.#options = options
  }

  async send(errand: ChannelErrand, signal: AbortSignal): Promise<undefined> {
    const { target, notice } = errand
    if (target.kind !== 'push') throw new Error('This errand is for another channel.')
    const { headers, body } = await this.#sealed(target, JSON.stringify(payloadOf(errand)), notice)
    const answer = await this.#http.post(target.endpoint, { headers, body, signal })
    if (answer.status === 404 || answer.status === 410) throw new ChannelError('gone', `the push service knows the subscription no more (${answer.status})`)
    if (answer.status === 413) throw new ChannelError('refused', 'the push service finds it too large (413)')
    requireSuccess(answer)
    return undefined
  }

  /** Under the same tag, so that it takes the place of what is shown; under the same topic, so that it takes the place of what was not delivered yet. */
  async withdraw(errand: ChannelErrand, signal: AbortSignal): Promise<void> {
    await this.send(errand, signal)
  }

  async close(): Promise<void> {
    await this.#http.close()
  }

  async #sealed(
    { endpoint, p256dh, auth }: { readonly endpoint: string; readonly p256dh: string; readonly auth: string },
    payload: string,
    { tag, urgent }: ChannelErrand['notice'],
  ): Promise<{ readonly headers: Record<string, string>; readonly body: Uint8Array }> {
    const { keys, contact } = this.#options
    try {
      const pair = JSON.parse(await readFile(keys, 'utf8')) as { readonly publicKey: string; readonly privateKey: string }
      const vapidDetails = { subject: contact === '' ? NO_CONTACT : contact, ...pair, privateKey: whole(pair.privateKey) }
      const options = { vapidDetails, TTL: TTL_SECONDS, urgency: urgent ? 'high' : 'normal', topic: tag } as const
      const { headers, body } = webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, payload, options)
      return { headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])), body: body as Uint8Array }
    } catch (error) {
      // Its messages hold no secrets, but they may hold what a device said of itself.
      const isFile = error instanceof Error && 'code' in error && String(error.code).startsWith('E')
      throw isFile
        ? new ChannelError('failed', 'the keys for push messages cannot be read')
        : new ChannelError('refused', 'it cannot be encrypted for that subscription')
    }
  }
}

/** One private key in 256 begins with a zero byte, which Node leaves out and web-push insists on. */
function whole(privateKey: string): string {
  return Buffer.from(Buffer.from(privateKey, 'base64url').toString('hex').padStart(64, '0'), 'hex').toString('base64url')
}

/** Exactly what the page's service worker needs, and nothing that decides anything by itself. */
function payloadOf({ notice }: ChannelErrand): PushPayload {
  const { kind, tag, title, body, url, card, urgent, options } = notice
  const actions = options.map(({ letter, text }) => ({ action: letter, title: cut(`${letter}) ${text}`) }))
  return { v: 1, kind, tag, title, body, url, actions, card, urgent }
}

function cut(text: string): string {
  return text.length <= MAX_ACTION_CHARS ? text : `${text.slice(0, MAX_ACTION_CHARS - 1)}…`
}
