import type { Hello, HelloInput, NotificationName, NotificationParams } from '../src/contract/index.ts'
import { backoffMs } from './backoff.ts'
import { ClientError } from './client-error.ts'
import type { Clock, Random } from './clock.ts'
import { Connection, type ConnectionEnd } from './connection.ts'
import { isPassing, judge } from './endings.ts'
import type { Requests } from './requests.ts'
import type { TokenSource } from './tokens.ts'
import type { OpenTransport } from './transport.ts'

/**
 * Where the connection stands.
 *
 * | from | event | to |
 * |---|---|---|
 * | connecting, waiting | hello answered | online |
 * | online, connecting | connection lost or not made | waiting, then connecting |
 * | any but closed | `drain()` | draining (it still reconnects, to deliver what is owed) |
 * | any | `close()`, or the daemon refuses the peer for good | closed |
 */
export type Status =
  | { readonly state: 'connecting'; readonly tries: number }
  | { readonly state: 'online'; readonly hello: Hello; readonly resumed: boolean }
  | { readonly state: 'waiting'; readonly tries: number; readonly forMs: number; readonly error: Error }
  | { readonly state: 'draining' }
  | { readonly state: 'closed'; readonly error: Error | undefined }

export interface LinkListener {
  /** Before anything waiting is sent on the new connection. */
  onOnline(hello: Hello): void
  onNotification<N extends NotificationName>(method: N, params: NotificationParams<N>): void
  onStatus(status: Status): void
  /** Once, when the link is closed for good. */
  onClosed(reason: ClientError): void
}

export interface LinkOptions {
  readonly open: OpenTransport
  readonly clock: Clock
  readonly random: Random
  /** Asked before each connection, since a daemon may come back elsewhere. */
  readonly url: () => Promise<string>
  readonly credentials: TokenSource
  readonly hello: HelloInput
  readonly requests: Requests
}

/** A connection that lasted this long was a good one: the backoff begins anew. A daemon that greets and then fails is left alone for longer and longer. */
const STABLE_MS = 5_000

/** Keeps one connection to the daemon alive, with one after the other, until it is closed for good. */
export class Link {
  readonly #options: LinkOptions
  readonly #listener: LinkListener
  #status: Status = { state: 'connecting', tries: 0 }
  #connection: Connection | undefined
  #stopTimer: (() => void) | undefined
  #tries = 0
  #wasOnline = false
  #draining = false
  #lastError: Error | undefined
  #onGone: (() => void)[] = []

  constructor(options: LinkOptions, listener: LinkListener) {
    this.#options = options
    this.#listener = listener
  }

  get status(): Status {
    return this.#status
  }

  /** Why the last attempt failed. */
  get lastError(): Error | undefined {
    return this.#lastError
  }

  start(): void {
    void this.#attempt()
  }

  /** Tries again now where it waits to, and with `anew` also where a connection seems to be alive. */
  hurry(anew: boolean): void {
    if (anew) this.#connection?.abandon('Given up for another.')
    if (this.#status.state !== 'waiting') return
    this.#stopTimer?.()
    void this.#attempt()
  }

  drain(): void {
    this.#draining = true
    this.#setStatus({ state: 'draining' })
  }

  /** Closes for good. Resolves when the socket is gone, which its transport bounds. */
  async close(error?: Error): Promise<void> {
    if (this.#status.state !== 'closed') {
      this.#stopTimer?.()
      const reason = new ClientError('closed', 'The connection was closed.', { cause: error })
      this.#setStatus({ state: 'closed', error })
      this.#options.requests.close(reason)
      this.#listener.onClosed(reason)
      this.#connection?.close()
    }
    if (this.#connection) await new Promise<void>((resolve) => this.#onGone.push(resolve))
  }

  async #attempt(): Promise<void> {
    const { open, clock, url, credentials, hello } = this.#options
    if (!this.#draining) this.#setStatus({ state: 'connecting', tries: this.#tries })
    try {
      const options = { open, clock, hello, url: await url(), token: await credentials.current() }
      if (this.#status.state === 'closed') return
      this.#connection = new Connection(options, {
        onHello: (answer) => this.#onHello(answer),
        onReply: (reply) => this.#options.requests.onReply(reply),
        onNotification: (method, params) => this.#listener.onNotification(method, params),
        onEnd: (end) => this.#onEnd(end),
      })
    } catch (error) {
      this.#onFailure(error as Error, isPassing(error))
    }
  }

  #onHello(hello: Hello): void {
    const resumed = this.#wasOnline
    this.#wasOnline = true
    this.#stopTimer = this.#options.clock.setTimer(() => {
      this.#tries = 0
    }, STABLE_MS)
    this.#listener.onOnline(hello)
    this.#options.requests.attach((text) => this.#connection?.send(text))
    if (!this.#draining) this.#setStatus({ state: 'online', hello, resumed })
  }

  #onEnd(end: ConnectionEnd): void {
    this.#connection = undefined
    this.#stopTimer?.()
    for (const done of this.#onGone.splice(0)) done()
    if (this.#status.state === 'closed') return
    this.#options.requests.detach()
    const { error, isFinal, afterMs } = judge(end)
    if (end.kind === 'refused' && end.status === 401 && !this.#wasOnline) {
      this.#options.credentials.renew().then(
        () => this.#attempt(),
        (reason) => this.#onFailure(reason, isPassing(reason)),
      )
    } else this.#onFailure(error, !isFinal, afterMs)
  }

  #onFailure(error: Error, passing: boolean, afterMs = 0): void {
    if (this.#status.state === 'closed') return
    this.#lastError = error
    if (!passing) {
      void this.close(error)
      return
    }
    const forMs = Math.max(afterMs, backoffMs(this.#tries++, this.#options.random))
    if (!this.#draining) this.#setStatus({ state: 'waiting', tries: this.#tries, forMs, error })
    this.#stopTimer = this.#options.clock.setTimer(() => void this.#attempt(), forMs)
  }

  #setStatus(status: Status): void {
    this.#status = status
    this.#listener.onStatus(status)
  }
}
