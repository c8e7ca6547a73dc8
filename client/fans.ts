import type { Fan, FanOutcome, Input, Output, Refused, Sent } from '../src/contract/index.ts'
import { type Bounds, bounded } from './bounded.ts'
import type { Call } from './calls.ts'
import type { Clock } from './clock.ts'
import type { Delivered } from './handlers.ts'

/** What has become of a fan: each recipient's outcome in the order in which they were asked, and those that could not be asked. */
export interface FanResult {
  readonly fan: Fan
  readonly outcomes: readonly FanOutcome[]
  readonly refused: readonly Refused[]
}

/** A fan that was opened. It holds nothing but the id: `peer.fanHandle(id)` makes another in any process of the same peer. */
export interface FanHandle {
  readonly id: string
  /**
   * Waits until the fan has ended, also when that was long ago, and resolves with the whole. It never rejects because of how
   * the recipients decided: at the deadline the result is what there is.
   */
  result(bounds?: Bounds): Promise<FanResult>
  /** The whole as it is now. */
  status(): Promise<FanResult>
  /** Withdraws what is still open of it; what was answered stays. One that has ended stays as it is. */
  cancel(reason?: string): Promise<void>
}

/** A fan as it was accepted: whom it asked, and who could not be asked and why. */
export interface OpenFan extends FanHandle {
  readonly sent: readonly Sent[]
  readonly refused: readonly Refused[]
}

/** One question to the daemon; it is asked again until the fan has ended. */
const WAIT = '45s'
const PAGE = 200
const MAX_TOLD = 1_000

/** The fans of a peer. Their ends are learned from `fans.wait`; the daemon's notice of an end that was awaited goes to no handler. */
export class Fans {
  readonly #clock: Clock
  readonly #call: Call
  readonly #awaited = new Map<string, number>()
  /** Fans whose end was learned before the notice of it came. */
  readonly #told = new Set<string>()

  constructor(clock: Clock, call: Call) {
    this.#clock = clock
    this.#call = call
  }

  async open(input: Input<'fans.open'>, bounds: Bounds): Promise<OpenFan> {
    const { fan, sent, refused } = await this.#call('fans.open', input, bounds)
    return { ...this.handle(fan.id), sent, refused }
  }

  handle(id: string): FanHandle {
    return {
      id,
      result: (bounds = {}) => this.#result(id, bounds),
      status: () => this.#read(id),
      cancel: async (reason) => void (await this.#call('fans.cancel', { fan: id, reason })),
    }
  }

  /** Whether a delivery is the notice of an end that somebody here waits for or has learned, to be acknowledged without a handler. */
  take({ message, thread: { fan, kind } }: Delivered): boolean {
    if (fan === undefined || kind !== 'notify' || message.from !== null) return false
    return this.#told.delete(fan) || this.#awaited.has(fan)
  }

  #result(id: string, bounds: Bounds): Promise<FanResult> {
    return bounded(this.#clock, bounds, (resolve, reject) => {
      const over = new AbortController()
      this.#awaited.set(id, (this.#awaited.get(id) ?? 0) + 1)
      this.#ended(id, over.signal).then(resolve, reject)
      return () => {
        over.abort()
        const others = (this.#awaited.get(id) ?? 1) - 1
        if (others > 0) this.#awaited.set(id, others)
        else this.#awaited.delete(id)
      }
    })
  }

  async #ended(id: string, signal: AbortSignal): Promise<FanResult> {
    for (;;) {
      const { fan } = await this.#call('fans.wait', { fan: id, timeout: WAIT }, { signal })
      if (fan.state === 'open') continue
      // A notice that was acknowledged in an earlier run never comes again, so its mark would stay.
      if (this.#told.size > MAX_TOLD) this.#told.clear()
      if (fan.notice !== null) this.#told.add(id)
      return this.#read(id)
    }
  }

  async #read(id: string): Promise<FanResult> {
    const first = await this.#call('fans.get', { fan: id, limit: PAGE })
    const outcomes = [...first.outcomes]
    for (let { after } = first; after !== null; ) {
      const page: Output<'fans.get'> = await this.#call('fans.get', { fan: id, limit: PAGE, after })
      outcomes.push(...page.outcomes)
      after = page.after
    }
    return { fan: first.fan, outcomes, refused: first.refused }
  }
}
