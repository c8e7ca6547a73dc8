import type { NotificationParams } from '../src/contract/index.ts'
import { MusterError } from '../src/muster-error.ts'
import { type Asks, isEnding } from './asks.ts'
import { AskError, type AskErrorCode, type ClientError } from './client-error.ts'
import type { Clock } from './clock.ts'
import type { Fans } from './fans.ts'
import { type Delivered, type Handlers, LATER, type MessageContext } from './handlers.ts'
import type { Requests } from './requests.ts'
import { type AnswerWords, type Run, toAnswer, toNackReason, toReason } from './run.ts'

export interface ConsumerOptions {
  readonly clock: Clock
  readonly requests: Requests
  readonly asks: Asks
  readonly fans: Pick<Fans, 'take'> | undefined
  readonly handlers: Handlers
  /** How many handlers run at a time; the daemon offers no more either, except owed asks. */
  readonly prefetch: number
  readonly newKey: () => string
  /** Calls the handler as the handling of that message. */
  readonly enter: <T>(run: Run, signal: AbortSignal, fn: (context: MessageContext) => T) => T
  /** Hears of failures that no caller can be told. */
  readonly onError: (error: Error) => void
}

/** The daemon's limit of deliveries in one request. */
const MAX_PER_FRAME = 1_000

/**
 * Handles what the daemon delivers. One delivery has one run, whatever the number of offers:
 *
 * | offered | known run | next |
 * |---|---|---|
 * | first | none | a waiting `ask()` takes it, else it queues for its handler |
 * | again, after a reconnect | waiting, running or being confirmed | the run goes on and adopts the new attempt |
 * | again, confirmed meanwhile | none | as the first: the handler sees `redelivered` |
 *
 * A run ends when the daemon has confirmed its ack, answer, decline or nack, so nothing is handled twice in between.
 */
export class Consumer {
  readonly #options: ConsumerOptions
  #acks: string[] = []
  readonly #runs = new Map<string, Run>()
  /** Runs whose handler has not started, in the order in which they came. */
  #queue: Run[] = []
  /** Ends of asks that may belong to an `ask()` whose reply was lost with the last connection. */
  #held: Run[] = []
  readonly #running = new Set<Promise<void>>()
  #draining = false
  /** Until `hello` has told the daemon's own. */
  #visibilityMs = 60_000
  #stopExtending: (() => void) | undefined

  constructor(options: ConsumerOptions) {
    this.#options = options
  }

  onOnline(limits: Readonly<Record<string, number>>): void {
    this.#visibilityMs = limits['visibilityMs'] ?? this.#visibilityMs
  }

  deliver(delivered: Delivered): void {
    const known = this.#runs.get(delivered.delivery)
    if (known) {
      known.attempt = delivered.attempt
      return
    }
    const run: Run = { delivered, attempt: delivered.attempt }
    this.#runs.set(delivered.delivery, run)
    this.#extendLater()
    this.#route(run)
    this.#recheckAsks()
  }

  onThreadClosed({ thread, state, reason, by }: NotificationParams<'thread.closed'>): void {
    this.#abortAsk(new AskError(state as AskErrorCode, thread, reason, by))
    this.#options.asks.recheck(thread)
  }

  /** One more ask is known, or has failed: what was held back may be its end. */
  onAskKnown(): void {
    for (const run of this.#held.splice(0)) this.#route(run)
    this.#recheckAsks()
  }

  /** Starts nothing more, and resolves when what runs has ended and its acks are sent. What was not started is offered again elsewhere. */
  async drain(): Promise<void> {
    this.#draining = true
    for (const run of [...this.#queue.splice(0), ...this.#held.splice(0)]) this.#end(run)
    await Promise.allSettled(this.#running)
    this.#sendAcks()
  }

  close(reason: ClientError): void {
    this.#draining = true
    this.#stopExtending?.()
    for (const run of this.#runs.values()) run.abort?.abort(reason)
    this.#queue = []
  }

  #route(run: Run): void {
    const { asks, fans, requests } = this.#options
    const { message } = run.delivered
    const { kind } = message
    if (asks.take(run.delivered) || fans?.take(run.delivered)) this.#ack(run)
    else if (this.#draining) this.#end(run)
    else if (isEnding(kind) && requests.isInDoubt('threads.ask')) this.#held.push(run)
    else {
      const ended = kind === 'cancel' ? 'cancelled' : kind === 'expire' && 'expired'
      if (ended) this.#abortAsk(new AskError(ended, message.thread, message.body, message.from))
      this.#queue.push(run)
      this.#startNext()
    }
  }

  /** With every handler busy the daemon delivers nothing more, not even the answers that the handlers may be waiting for. */
  #recheckAsks(): void {
    if (this.#running.size + this.#queue.length >= this.#options.prefetch) this.#options.asks.recheckAll()
  }

  #startNext(): void {
    while (this.#running.size < this.#options.prefetch) {
      const run = this.#queue.shift()
      if (!run) return
      const running = this.#handle(run).finally(() => {
        this.#running.delete(running)
        this.#startNext()
      })
      this.#running.add(running)
    }
  }

  async #handle(run: Run): Promise<void> {
    const { handlers, enter } = this.#options
    const { message } = run.delivered
    const isAsk = message.kind === 'ask'
    const handler = isAsk ? handlers.onAsk : message.kind === 'notify' ? handlers.onNotify : handlers.onMessage
    if (!handler) return isAsk ? this.#close(run, { reason: 'This peer takes no asks.' }) : this.#ack(run)
    let result: unknown
    run.abort = new AbortController()
    const { signal } = run.abort
    try {
      result = await enter(run, signal, (context) => handler(message.body, context))
    } catch (thrown) {
      // The thread ended first: there is nobody left to tell.
      if (signal.aborted) return this.#ack(run)
      return isAsk ? this.#close(run, { reason: toReason(thrown) }) : this.#nack(run, thrown)
    }
    if (!isAsk || result === LATER) return this.#ack(run)
    return this.#close(run, toAnswer(result as never) ?? { reason: 'The handler answered nothing.' })
  }

  /** Answers or declines, which confirms receipt as well. An answer that is refused becomes a decline. */
  async #close(run: Run, words: AnswerWords | { readonly reason: string }): Promise<void> {
    const { delivery, thread } = run.delivered
    const isAnswer = 'body' in words
    const touched = isAnswer && run.touched ? { touched: run.touched } : {}
    try {
      await this.#confirm(run, isAnswer ? 'threads.answer' : 'threads.decline', {
        thread: thread.id,
        delivery,
        key: this.#options.newKey(),
        ...words,
        ...touched,
      })
    } catch (error) {
      // Anything else means that the connection was closed for good.
      if (!(error instanceof MusterError)) return
      // The thread was decided without this run: all that is left is to confirm receipt.
      if (error.code === 'already_closed') return this.#ack(run)
      if (isAnswer) return this.#close(run, { reason: error.message })
      this.#options.onError(error)
      await this.#nack(run, error)
    }
  }

  async #nack(run: Run, thrown: unknown): Promise<void> {
    const { attempt } = run
    try {
      await this.#confirm(run, 'mailbox.nack', { delivery: run.delivered.delivery, attempt, reason: toNackReason(thrown) })
    } catch (error) {
      // It was offered again meanwhile, and this run adopted that offer.
      if (run.attempt !== attempt) return this.#nack(run, thrown)
      this.#end(run)
      this.#report(error)
    }
  }

  async #confirm(run: Run, method: string, params: object): Promise<void> {
    // In the turn of the reply, so that a redelivery right behind it is not taken for one of this run.
    await this.#options.requests.request(method, params, { internal: true, onResult: () => this.#end(run) })
  }

  /** Gathers the acks of one turn of the event loop into one frame. */
  #ack({ delivered }: Run): void {
    this.#acks.push(delivered.delivery)
    if (this.#draining) this.#sendAcks()
    else if (this.#acks.length === 1) this.#options.clock.soon(() => this.#sendAcks())
  }

  #sendAcks(): void {
    const deliveries = this.#acks.splice(0, MAX_PER_FRAME)
    if (deliveries.length === 0) return
    if (this.#acks.length > 0) this.#sendAcks()
    const done = (): void => {
      for (const delivery of deliveries) {
        const run = this.#runs.get(delivery)
        if (run) this.#end(run)
      }
    }
    this.#options.requests.request('mailbox.ack', { deliveries }, { internal: true, onResult: done }).catch((error) => {
      done()
      this.#report(error)
    })
  }

  /** The ask of this thread has ended elsewhere: stops its handler, or never starts it. */
  #abortAsk(reason: AskError): void {
    for (const run of this.#runs.values()) {
      if (run.delivered.thread.id !== reason.thread || run.delivered.message.kind !== 'ask') continue
      if (run.abort) run.abort.abort(reason)
      else {
        this.#queue = this.#queue.filter((queued) => queued !== run)
        this.#end(run)
      }
    }
  }

  #extendLater(): void {
    // Three tries within one visibility timeout.
    this.#stopExtending ??= this.#options.clock.setTimer(() => {
      this.#stopExtending = undefined
      const runs = [...this.#runs.values()]
      if (runs.length > 0) this.#extendLater()
      while (runs.length > 0) {
        const deliveries = runs.splice(0, MAX_PER_FRAME).map(({ delivered, attempt }) => ({ delivery: delivered.delivery, attempt }))
        // What is stale (an owed ask always is) is left as it is: where it is offered again, the run adopts that attempt.
        this.#options.requests.request('mailbox.extend', { deliveries }, { internal: true, onThisConnection: true }).catch((error) => this.#report(error))
      }
    }, this.#visibilityMs / 3)
  }

  /** A stale attempt is on its way again already, and a lost connection is told as a status. */
  #report(error: unknown): void {
    if (error instanceof MusterError && error.code !== 'stale_attempt') this.#options.onError(error)
  }

  #end(run: Run): void {
    this.#runs.delete(run.delivered.delivery)
  }
}
