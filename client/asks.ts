import type { Input, Message, MessageKind, Output, Thread } from '../src/contract/index.ts'
import { type Bounds, bounded } from './bounded.ts'
import { AskError, type AskErrorCode, ClientError } from './client-error.ts'
import type { Clock } from './clock.ts'
import type { Delivered } from './handlers.ts'
import type { Requests } from './requests.ts'

/** An ask that was sent. It holds nothing but the thread's id: `peer.handle(thread)` makes another in any process of the same peer. */
export interface AskHandle {
  readonly thread: string
  /**
   * Waits for the answer, also when it came long ago.
   *
   * @throws AskError when the ask ended without one
   */
  result(bounds?: Bounds): Promise<Message>
  /** The ask as it is now. */
  status(): Promise<Thread>
  /** Withdraws the ask. One that has ended already stays as it is. */
  cancel(reason?: string): Promise<void>
}

interface Waiter {
  readonly resolve: (answer: Message) => void
  readonly reject: (error: unknown) => void
}

export interface AsksOptions {
  readonly clock: Clock
  readonly requests: Requests
  /** Whether answers are delivered here; if not, the daemon is asked for them. */
  readonly consumes: boolean
  /** How long a send may take to be accepted. */
  readonly callTimeoutMs: number
  readonly newKey: () => string
  /** Called when the thread of an ask has become known, or the ask has failed. */
  readonly onKnown: () => void
}

/** Whether such a message tells the asker that an ask has ended. */
export function isEnding(kind: MessageKind): boolean {
  return kind in ENDINGS
}

const ENDINGS: Partial<Record<string, AskErrorCode | ''>> = { answer: '', decline: 'declined', expire: 'expired', fail: 'failed' }
/** One question to the daemon; it is asked again until the thread has ended. */
const WAIT = '45s'
const MAX_TOLD = 1_000

/**
 * The callers that wait for answers. Answers come as deliveries, or, where those cannot be relied on, from `threads.wait`,
 * which consumes nothing.
 */
export class Asks {
  readonly #options: AsksOptions
  readonly #waiters = new Map<string, Set<Waiter>>()
  readonly #watched = new Set<string>()
  /** Threads whose end was learned from `threads.wait` before its delivery came. */
  readonly #told = new Set<string>()

  constructor(options: AsksOptions) {
    this.#options = options
  }

  /** Sends an ask and waits for its answer. When the signal fires, the ask is withdrawn; when the time is over, it stays. */
  ask(input: Input<'threads.ask'>, bounds: Bounds): Promise<Message> {
    const { clock, requests, consumes, callTimeoutMs, newKey, onKnown } = this.#options
    return bounded(clock, bounds, (resolve, reject) => {
      let forget: (() => void) | undefined
      let thread: string | undefined
      const withdraw = (): void => {
        if (thread && bounds.signal?.aborted) this.cancel(thread).catch(() => {}) // It expires by itself where this fails.
      }
      const onResult = (result: unknown, isRepeat: boolean): void => {
        thread = (result as Output<'threads.ask'>).sent[0]?.thread as string
        if (abandoned) {
          withdraw()
          return
        }
        forget = this.#join(thread, { resolve, reject })
        // Only the reply to a first sending is sure to come before the answer's delivery; a key of the caller's may be an old one.
        if (!consumes || isRepeat || input.key !== undefined) void this.#watch(thread)
        onKnown()
      }
      let abandoned = false
      requests.request('threads.ask', { key: newKey(), ...input }, { timeoutMs: callTimeoutMs, onResult }).catch((error) => {
        reject(error)
        onKnown()
      })
      return () => {
        abandoned = true
        forget?.()
        withdraw()
      }
    })
  }

  /** Waits for the end of an ask of this peer, whoever sent it and when. */
  result(thread: string, bounds: Bounds = {}): Promise<Message> {
    return bounded(this.#options.clock, bounds, (resolve, reject) => {
      const forget = this.#join(thread, { resolve, reject })
      void this.#watch(thread)
      return forget
    })
  }

  async cancel(thread: string, reason?: string): Promise<void> {
    const { requests, callTimeoutMs, newKey } = this.#options
    await requests.request('threads.cancel', { thread, reason, key: newKey() }, { timeoutMs: callTimeoutMs })
    this.recheck(thread)
  }

  /** Offers a delivery to those who wait for it. Returns whether it is theirs, to be acknowledged without a handler. */
  take({ message, thread: { id } }: Delivered): boolean {
    const ending = ENDINGS[message.kind]
    if (message.late || ending === undefined) return false
    if (this.#told.delete(id)) return true
    return this.#settle(id, ending ? new AskError(ending, id, message.body, message.from) : message)
  }

  /** Something happened to the thread that may not be delivered, such as a cancellation from elsewhere. */
  recheck(thread: string): void {
    if (this.#waiters.has(thread)) void this.#watch(thread)
  }

  /** No delivery can come for now: asks the daemon about everything that is waited for. */
  recheckAll(): void {
    for (const thread of this.#waiters.keys()) void this.#watch(thread)
  }

  close(reason: ClientError): void {
    for (const thread of this.#waiters.keys()) this.#settle(thread, reason)
  }

  #join(thread: string, waiter: Waiter): () => void {
    const waiters = this.#waiters.get(thread) ?? new Set()
    this.#waiters.set(thread, waiters.add(waiter))
    return () => {
      waiters.delete(waiter)
      if (waiters.size === 0 && this.#waiters.get(thread) === waiters) this.#waiters.delete(thread)
    }
  }

  #settle(thread: string, outcome: Message | Error): boolean {
    const waiters = this.#waiters.get(thread)
    this.#waiters.delete(thread)
    for (const { resolve, reject } of waiters ?? []) {
      if (outcome instanceof Error) reject(outcome)
      else resolve(outcome)
    }
    return waiters !== undefined
  }

  async #watch(thread: string): Promise<void> {
    if (this.#watched.has(thread)) return
    this.#watched.add(thread)
    try {
      while (this.#waiters.has(thread)) {
        const seen = (await this.#options.requests.request('threads.wait', { thread, until: 'closed', timeout: WAIT })) as Output<'threads.wait'>
        if (seen.thread.state === 'open') continue
        const outcome = await this.#outcome(seen)
        // An end that was acknowledged in an earlier run is never delivered again, so its mark would stay.
        if (this.#told.size > MAX_TOLD) this.#told.clear()
        if (this.#settle(thread, outcome) && this.#options.consumes) this.#told.add(thread)
      }
    } catch (error) {
      this.#settle(thread, error as Error)
    }
    this.#watched.delete(thread)
  }

  async #outcome({ thread, messages }: Output<'threads.wait'>): Promise<Message | Error> {
    const isAnswer = (message: Message): boolean => message.kind === 'answer' && !message.late
    if (thread.state !== 'answered') return new AskError(thread.state as AskErrorCode, thread.id, thread.reason, thread.closedBy)
    const answer = messages.find(isAnswer)
    if (answer) return answer
    // A long thread comes in pages, and the end is on the newest.
    const page = (await this.#options.requests.request('threads.get', { thread: thread.id })) as Output<'threads.get'>
    return page.messages.find(isAnswer) ?? new ClientError('disconnected', 'The answer is too far back.')
  }
}
