import type { Event, NotificationParams, Output } from '../src/contract/index.ts'
import type { Requests } from './requests.ts'

export interface EventOptions {
  /** The last event already seen; without it, the stream begins now. */
  readonly after?: string
  /** Types to keep, whole (`thread.opened`) or by their first word (`thread`). */
  readonly types?: readonly string[]
  readonly signal?: AbortSignal
}

/** Events kept for a slow reader. Beyond it the subscription ends, and begins again where the reader is once it has caught up. */
const MAX_BUFFERED = 1_000

/** One reader of the event log. It subscribes again after each reconnect, from the last event it was sent, so it misses none. */
class EventStream implements AsyncIterableIterator<Event> {
  readonly #hub: EventHub
  readonly #options: EventOptions
  #buffer: Event[] = []
  #after: string | undefined
  #subscription: string | undefined
  #asking = false
  #ended = false
  #error: unknown
  #waiting: (() => void)[] = []

  constructor(hub: EventHub, options: EventOptions) {
    this.#hub = hub
    this.#options = options
    this.#after = options.after
    const { signal } = options
    if (signal?.aborted) this.#ended = true
    else signal?.addEventListener('abort', () => void this.return(), { once: true })
  }

  get subscription(): string | undefined {
    return this.#subscription
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Event>> {
    while (true) {
      const event = this.#buffer.shift()
      if (event) return { done: false, value: event }
      if (this.#error) throw this.#error
      if (this.#ended) return { done: true, value: undefined }
      this.subscribe()
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    }
  }

  async return(): Promise<IteratorResult<Event>> {
    this.#buffer = []
    this.end()
    return { done: true, value: undefined }
  }

  subscribe(): void {
    if (this.#subscription || this.#asking || this.#ended || this.#buffer.length >= MAX_BUFFERED) return
    this.#asking = true
    const { types } = this.#options
    const onResult = (result: unknown): void => {
      const { subscription, cursor } = result as Output<'events.subscribe'>
      this.#asking = false
      this.#subscription = subscription
      this.#after ??= cursor
      if (this.#ended) this.#unsubscribe()
    }
    this.#hub.add(this)
    this.#hub.requests.request('events.subscribe', { after: this.#after, types }, { onResult }).catch((error) => this.end(error))
  }

  push(event: Event): void {
    this.#after = event.cursor
    if (this.#ended) return
    this.#buffer.push(event)
    this.#wake()
    if (this.#buffer.length >= MAX_BUFFERED) this.#unsubscribe()
  }

  /** The connection is gone, and the subscription with it. */
  lose(): void {
    this.#subscription = undefined
  }

  end(error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#hub.remove(this)
    this.#unsubscribe()
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #unsubscribe(): void {
    const subscription = this.#subscription
    if (!subscription) return
    this.#subscription = undefined
    // It ends with its connection at the latest, and its name means nothing to another.
    this.#hub.requests.request('events.unsubscribe', { subscription }, { onThisConnection: true }).catch(() => {})
  }
}

/** The event streams of one peer. */
export class EventHub {
  readonly requests: Requests
  readonly #streams = new Set<EventStream>()

  constructor(requests: Requests) {
    this.requests = requests
  }

  open(options: EventOptions): AsyncIterableIterator<Event> {
    return new EventStream(this, options)
  }

  add(stream: EventStream): void {
    this.#streams.add(stream)
  }

  remove(stream: EventStream): void {
    this.#streams.delete(stream)
  }

  onEvent({ subscription, event }: NotificationParams<'events.event'>): void {
    for (const stream of this.#streams) if (stream.subscription === subscription) stream.push(event)
  }

  onOnline(): void {
    for (const stream of this.#streams) {
      stream.lose()
      stream.subscribe()
    }
  }

  close(reason: Error | undefined): void {
    for (const stream of this.#streams) stream.end(reason)
  }
}
