import { MusterError } from '../src/muster-error.ts'
import { backoffMs } from './backoff.ts'
import { type Bounds, bounded } from './bounded.ts'
import { ClientError } from './client-error.ts'
import type { Clock, Random } from './clock.ts'
import { encodeRequest, type Reply, toError } from './connection.ts'

export interface RequestOptions extends Bounds {
  /** Called as soon as the reply is read, before any frame behind it. `isRepeat`: the request had been sent on an earlier connection. */
  readonly onResult?: (result: unknown, isRepeat: boolean) => void
  /** The SDK's own bookkeeping (acks, answers): never refused for want of room. */
  readonly internal?: boolean
  /** Means something on the present connection only: it is not sent again, and fails where there is none. */
  readonly onThisConnection?: boolean
}

interface Entry {
  readonly id: number
  readonly method: string
  readonly text: string
  readonly settle: (error: Error | undefined, result?: unknown) => void
  readonly onThisConnection: boolean
  readonly isRead: boolean
  /** It was sent on an earlier connection, so it may have been done already. */
  isRepeat: boolean
  tries: number
  cancelRetry: (() => void) | undefined
}

/** Bounds of what may wait for a connection: requests, and the UTF-16 units of their frames. */
const MAX_WAITING = 10_000
const MAX_WAITING_CHARS = 67_108_864
/** Requests on the wire without an answer; the daemon refuses more than 1,024. */
const MAX_IN_FLIGHT = 1_000
/** The daemon closes a connection whose frame is larger, so such a frame would come back to do it again. */
const MAX_FRAME_BYTES = 1_048_576

/** Errors that say nothing about the request: the SDK tries again by itself. The other retryable ones are for the caller to weigh. */
const TRANSIENT: ReadonlySet<string> = new Set(['unavailable', 'shutting_down', 'too_many_requests'])
/**
 * The requests that have no answer yet. They outlive connections: what was in flight when one was lost is sent again on the
 * next, in the order in which it was first sent, with the same id, input and idempotency key.
 */
export class Requests {
  readonly #clock: Clock
  readonly #random: Random
  readonly #sent = new Map<number, Entry>()
  readonly #waiting = new Map<number, Entry>()
  #waitingChars = 0
  #lastId = 0
  #send: ((text: string) => void) | undefined
  #closed: ClientError | undefined
  #onIdle: (() => void) | undefined

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** Sends a request, now or with the next connection. */
  request(method: string, params: object, { onResult, internal, onThisConnection = false, ...bounds }: RequestOptions = {}): Promise<unknown> {
    return bounded(this.#clock, bounds, (resolve, reject) => {
      const settle: Entry['settle'] = (error, result) => {
        if (error) return reject(error)
        onResult?.(result, entry.isRepeat)
        resolve(result)
      }
      const id = ++this.#lastId
      const entry: Entry = {
        id,
        method,
        text: encodeRequest(id, method, params),
        settle,
        onThisConnection,
        isRead: onResult !== undefined,
        isRepeat: false,
        tries: 0,
        cancelRetry: undefined,
      }
      const refusal = this.#refusal(entry, internal === true)
      if (refusal) reject(refusal)
      else {
        this.#wait(entry)
        this.#flush()
      }
      return () => this.#forget(entry)
    })
  }

  /** Uses a fresh connection, beginning with all that waits. */
  attach(send: (text: string) => void): void {
    this.#send = send
    this.#flush()
  }

  /** The connection is lost: what was in flight waits again, ahead of what was not sent yet. */
  detach(): void {
    this.#send = undefined
    const unanswered = this.#unanswered()
    for (const entry of this.#sent.values()) entry.isRepeat = true
    this.#clear()
    for (const entry of unanswered) {
      if (entry.onThisConnection) this.#settle(entry, lost(entry))
      else this.#wait(entry)
    }
  }

  onReply({ id, result, error }: Reply): void {
    const entry = this.#sent.get(id as number)
    // Nobody waits any more: the call was abandoned, or this answers a ping.
    if (!entry) return
    this.#sent.delete(entry.id)
    const failure = error && toError(error)
    if (failure && TRANSIENT.has(failure.code)) this.#retryLater(entry)
    else this.#settle(entry, failure, result)
    this.#flush()
  }

  /** Whether a request of this method whose caller reads the reply at once went out on an earlier connection and is still unanswered. */
  isInDoubt(method: string): boolean {
    return this.#unanswered().some((entry) => entry.isRepeat && entry.isRead && entry.method === method)
  }

  /** Calls back, perhaps more than once, when nothing but waits is unanswered. */
  onIdle(fn: () => void): void {
    this.#onIdle = fn
    this.#checkIdle()
  }

  /** Rejects everything, now and from now on. */
  close(reason: ClientError): void {
    this.#closed = reason
    const unanswered = this.#unanswered()
    this.#clear()
    for (const entry of unanswered) this.#settle(entry, reason)
    this.#checkIdle()
  }

  /** In the order in which they were made. */
  #unanswered(): Entry[] {
    return [...this.#sent.values(), ...this.#waiting.values()]
  }

  #clear(): void {
    this.#sent.clear()
    this.#waiting.clear()
    this.#waitingChars = 0
  }

  #refusal(entry: Entry, internal: boolean): Error | undefined {
    if (this.#closed) return this.#closed
    if (entry.onThisConnection && !this.#send) return lost(entry)
    if (isTooLarge(entry.text)) return new MusterError('too_large', { limit: MAX_FRAME_BYTES })
    const isFull = this.#waiting.size >= MAX_WAITING || this.#waitingChars + entry.text.length > MAX_WAITING_CHARS
    return isFull && !internal ? new ClientError('queue_full', 'Too many requests wait already.') : undefined
  }

  #wait(entry: Entry): void {
    this.#waiting.set(entry.id, entry)
    this.#waitingChars += entry.text.length
  }

  #flush(): void {
    for (const entry of this.#waiting.values()) {
      if (!this.#send || this.#sent.size >= MAX_IN_FLIGHT) return
      if (entry.cancelRetry) continue
      this.#waiting.delete(entry.id)
      this.#waitingChars -= entry.text.length
      this.#sent.set(entry.id, entry)
      this.#send(entry.text)
    }
  }

  #retryLater(entry: Entry): void {
    this.#wait(entry)
    entry.cancelRetry = this.#clock.setTimer(
      () => {
        entry.cancelRetry = undefined
        this.#flush()
      },
      backoffMs(entry.tries++, this.#random),
    )
  }

  #settle(entry: Entry, error: Error | undefined, result?: unknown): void {
    entry.cancelRetry?.()
    entry.settle(error, result)
    this.#checkIdle()
  }

  #forget(entry: Entry): void {
    entry.cancelRetry?.()
    this.#sent.delete(entry.id)
    if (this.#waiting.delete(entry.id)) this.#waitingChars -= entry.text.length
    this.#checkIdle()
  }

  #checkIdle(): void {
    if (this.#onIdle && this.#unanswered().every(({ method }) => method.endsWith('.wait'))) this.#onIdle()
  }
}

function lost({ method }: Entry): ClientError {
  return new ClientError('disconnected', `The connection was lost; ${method} may have taken effect.`)
}

/** Encodes only what could exceed the limit: a UTF-16 unit takes at most three bytes. */
function isTooLarge(text: string): boolean {
  return text.length * 3 > MAX_FRAME_BYTES && new TextEncoder().encode(text).length > MAX_FRAME_BYTES
}
