import type { Event, Output, Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Caller } from '../caller.ts'
import { readEvents } from '../events/events.ts'
import type { GatewayDeps } from './deps.ts'

const PAGE = 100

interface Subscription {
  cursor: string
  readonly types: readonly string[] | undefined
}

/** What the subscriptions need of their connection. */
export interface EventSink {
  readonly caller: Caller
  readonly parked: boolean
  readonly live: boolean
  sendEvent(subscription: string, event: Event): void
  closeWith(code: 'slow_consumer'): void
}

/** The event subscriptions of one connection. Each is a cursor into the log: a slow reader lags, and costs no memory. */
export class EventSubscriptions {
  readonly #deps: Pick<GatewayDeps, 'clock' | 'store'>
  readonly #sink: EventSink
  readonly #open = new Map<string, Subscription>()
  #last = 0
  /** The next page is on its way. */
  #goesOn = false

  constructor(deps: Pick<GatewayDeps, 'clock' | 'store'>, sink: EventSink) {
    this.#deps = deps
    this.#sink = sink
  }

  /** @throws MusterError `cursor_expired` or `too_many_requests` */
  open(input: Parsed<'events.subscribe'>): Output<'events.subscribe'> {
    if (this.#open.size >= LIMITS.maxSubscriptions)
      throw new MusterError('too_many_requests', { limit: LIMITS.maxSubscriptions, hint: 'End a subscription first.' })
    const { store } = this.#deps
    const cursor = input.after ?? store.cursor(store.last('event'))
    // Reading one row proves the cursor before anything is promised.
    readEvents(store, store, this.#sink.caller, { after: cursor, limit: 1 })
    this.#last += 1
    const name = `sub-${this.#last}`
    this.#open.set(name, { cursor, types: input.types })
    return { subscription: name, cursor }
  }

  /** Up to where a subscription has been sent what it may see. */
  cursorOf(name: string): string | undefined {
    return this.#open.get(name)?.cursor
  }

  close(name: string): boolean {
    return this.#open.delete(name)
  }

  /** Sends what is new, as far as the connection takes it: a page in a turn, so that a reader from far behind holds nobody up. */
  pump(): void {
    if (this.#goesOn || !this.#sink.live) return
    for (const [name, subscription] of this.#open) {
      if (!this.#sink.parked && this.#sendPage(name, subscription)) this.#goesOn = true
    }
    if (!this.#goesOn) return
    this.#deps.clock.soon(() => {
      this.#goesOn = false
      this.pump()
    })
  }

  end(): void {
    this.#open.clear()
  }

  #sendPage(name: string, subscription: Subscription): boolean {
    try {
      const { store } = this.#deps
      const page = readEvents(store, store, this.#sink.caller, { after: subscription.cursor, types: subscription.types, limit: PAGE })
      for (const event of page.events) this.#sink.sendEvent(name, event)
      subscription.cursor = page.cursor
      return page.more
    } catch (error) {
      // It lagged until its events were purged: it must load the state anew, and a closed connection makes it.
      if (!(error instanceof MusterError)) throw error
      this.#sink.closeWith('slow_consumer')
      return false
    }
  }
}
