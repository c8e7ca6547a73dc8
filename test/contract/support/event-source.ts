import { type IncomingMessage, request } from 'node:http'
import { until } from './mcp-client.ts'

export interface SentEvent {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: Readonly<Record<string, unknown>>
}

/** A reader of Server-Sent Events that keeps all that it was sent, by the rules of the HTML standard, section 9.2.6. */
export class EventReader implements AsyncDisposable {
  readonly response: IncomingMessage
  /** What would be dispatched, in order. */
  readonly events: SentEvent[] = []
  readonly comments: string[] = []
  /** What a client that comes back would send. */
  lastEventId = ''
  ended = false
  #rest = ''

  private constructor(response: IncomingMessage) {
    this.response = response
    response.setEncoding('utf8')
    response.on('data', (text: string) => this.#read(text))
    response.on('close', () => {
      this.ended = true
    })
    response.on('error', () => undefined)
  }

  static open(url: string, path: string, token: string, headers: Readonly<Record<string, string>> = {}): Promise<EventReader> {
    return new Promise((resolve, reject) => {
      const sent = request(`${url}${path}`, { agent: false, headers: { authorization: `Bearer ${token}`, ...headers } })
      sent.on('response', (response) => resolve(new EventReader(response)))
      sent.on('error', reject)
      sent.end()
    })
  }

  /** The types of the events that came, without how the stream ended. */
  get types(): unknown[] {
    return this.events.filter(({ event }) => event === undefined).map(({ data }) => data['type'])
  }

  /** Waits until that many events have come. */
  count(events: number): Promise<void> {
    return until(() => this.events.length >= events)
  }

  /** All of a response that is no stream. */
  async text(): Promise<string> {
    await until(() => this.ended)
    return this.#rest
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.response.destroy()
    await until(() => this.ended)
  }

  #read(text: string): void {
    const blocks = (this.#rest + text).split('\n\n')
    this.#rest = blocks.pop() ?? ''
    for (const block of blocks) this.#dispatch(block)
  }

  #dispatch(block: string): void {
    const fields = new Map<string, string>()
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':')
      if (colon === 0) this.comments.push(line.slice(1).trim())
      else fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ''))
    }
    const id = fields.get('id')
    // A block without data moves the position and is no event.
    if (id !== undefined) this.lastEventId = id
    const data = fields.get('data')
    if (data !== undefined) this.events.push({ id, event: fields.get('event'), data: JSON.parse(data) as Record<string, unknown> })
  }
}
