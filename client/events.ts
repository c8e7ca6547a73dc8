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
export class EventStream implements AsyncIterableIterator<Event> {
  readonly #requests: Requests
  readonly #streams: Set<EventStream>
  readonly #options: EventOptions
  #buffer: Event[] = []
  #after: string | undefined
  #subscription: string | undefined
  #asking = false
  #ended = false
  #error: unknown
  #waiting: (() => void)[] = []

  /** @param streams those that the connection must know, which this one joins and leaves by itself */
  constructor(requests: Requests, streams: Set<EventStream>, options: EventOptions) {
    this.#requests = requests
    this.#streams = streams
    this.#options = options
    this.#after = options.after
    const { signal } = options
    if (signal?.aborted) this.#ended = true
    else signal?.addEventListener('abort', () => void this.return(), { once: true })
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
      this.#subscribe()
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

  #subscribe(): void {
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
    this.#streams.add(this)
    this.#requests.request('events.subscribe', { after: this.#after, types }, { onResult }).catch((error) => this.end(error))
  }

  onEvent({ subscription, event }: NotificationParams<'events.event'>): void {
    if (this.#ended || subscription !== this.#subscription) return
    this.#after = event.cursor
    this.#buffer.push(event)
    this.#wake()
    if (this.#buffer.length >= MAX_BUFFERED) this.#unsubscribe()
  }

  /** The earlier connection is gone, and the subscription with it. */
  onOnline(): void {
    this.#subscription = undefined
    this.#subscribe()
  }

  end(error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#streams.delete(this)
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
    this.#requests.request('events.unsubscribe', { subscription }, { onThisConnection: true }).catch(() => {})
  }
}
