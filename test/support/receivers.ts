import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Answer, type Received, ScriptedHttp } from './scripted-http.ts'

/** Keeps each request and answers it as a test says. */
class Receiver extends ScriptedHttp {
  readonly received: Received[] = []
  /** What the next requests are answered with, in order; then the usual. */
  readonly answers: Answer[] = []

  /** Keeps what comes, and answers nothing. */
  hangs = false

  protected async answer(received: Received, gone: AbortSignal): Promise<Answer> {
    if (this.hangs) {
      this.received.push(received)
      this.changed()
      await new Promise((resolve) => gone.addEventListener('abort', resolve, { once: true }))
      return {}
    }
    const answer = this.answers.shift() ?? this.usual(received)
    this.received.push(received)
    return answer
  }

  protected usual(_received: Received): Answer {
    return { status: 204 }
  }
}

/** An ntfy server that takes publications as JSON for whoever has its token (https://docs.ntfy.sh/publish/#publish-as-json). */
export class NtfyServer extends Receiver {
  readonly token = 'tk_secretsecretsecretsecretsecret'

  static async start(): Promise<NtfyServer> {
    return await new NtfyServer().listen()
  }

  /** What a topic shows, by sequence: what is published again takes the place of what was. */
  shown(topic: string): Map<string, Readonly<Record<string, unknown>>> {
    const all = this.received
      .filter(({ headers }) => headers.authorization === `Bearer ${this.token}`)
      .map(({ body }) => JSON.parse(String(body)) as Record<string, unknown>)
    return new Map(all.filter((each) => each['topic'] === topic).map((each) => [String(each['sequence_id']), each]))
  }

  protected override usual({ method, path, headers, body }: Received): Answer {
    if (headers.authorization !== `Bearer ${this.token}`) return { status: 403, body: { code: 40301, http: 403, error: 'forbidden' } }
    const { topic, message } = JSON.parse(String(body)) as { readonly topic?: string; readonly message?: string }
    if (method !== 'POST' || path !== '/' || !/^[-_A-Za-z0-9]{1,64}$/.test(topic ?? ''))
      return { status: 400, body: { code: 40009, http: 400, error: 'invalid' } }
    return { body: { id: `m${this.received.length}`, time: 1, expires: 2, event: 'message', topic, message } }
  }
}

/** What receives webhooks and holds them to the Standard Webhooks (https://www.standardwebhooks.com). */
export class WebhookReceiver extends Receiver {
  readonly secret = Buffer.alloc(32, 7)

  static async start(): Promise<WebhookReceiver> {
    return await new WebhookReceiver().listen()
  }

  /** Requests whose signature, time and shape are right. */
  get verified(): { readonly id: string; readonly type: string; readonly data: Readonly<Record<string, unknown>> }[] {
    return this.received.flatMap(({ headers, body }) => {
      const [id, timestamp, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => String(headers[name]))
      const [version, given = ''] = signature?.split(',') ?? []
      const expected = createHmac('sha256', this.secret).update(`${id}.${timestamp}.${body}`).digest()
      const isFresh = Math.abs(Date.now() / 1_000 - Number(timestamp)) < 300
      const bytes = Buffer.from(given, 'base64')
      const isTheirs = version === 'v1' && bytes.length === expected.length && timingSafeEqual(bytes, expected)
      return isFresh && isTheirs ? [{ id: String(id), ...(JSON.parse(String(body)) as { type: string; data: Record<string, unknown> }) }] : []
    })
  }
}
