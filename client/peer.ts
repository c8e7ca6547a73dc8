import type { Event, Hello, HelloInput, Input, NotificationName, NotificationParams, OperationName, Output } from '../src/contract/index.ts'
import { type AskHandle, Asks } from './asks.ts'
import { type Bounds, bounded } from './bounded.ts'
import { type Call, createCall } from './calls.ts'
import type { Causes } from './causes.ts'
import type { Clock, Random } from './clock.ts'
import { Consumer } from './consumer.ts'
import { type EventOptions, EventStream } from './events.ts'
import type { FanHandle, Fans } from './fans.ts'
import type { Handlers, MessageContext } from './handlers.ts'
import { Link, type Status } from './link.ts'
import { Requests } from './requests.ts'
import { createContext, type Run } from './run.ts'
import { type CausedBy, createSpeaker, handleOf, type Sends, type Speaker } from './speaker.ts'
import type { TokenSource } from './tokens.ts'
import type { OpenTransport } from './transport.ts'

/** What a platform that adds to a speaker is given. */
export interface Extended {
  readonly asks: Asks
  readonly fans: Fans
  readonly call: Call
  readonly causedBy: CausedBy
  readonly options: PeerOptions
}

/** What differs between Node, a browser and a test. */
export interface Platform {
  readonly open: OpenTransport
  readonly clock: Clock
  readonly random: Random
  readonly causes: Causes
  /** What only this platform has. */
  readonly more?: {
    readonly fans: (clock: Clock, call: Call) => Fans
    readonly speaker: (speaker: Sends, peer: Extended) => Speaker
  }
}

/** What can be listened to with `peer.on`. */
export interface PeerEvents {
  status: Status
  /** A failure that no caller could be told, such as an answer that the daemon refused. */
  error: Error
}

export interface WaitOptions extends Bounds {
  /** The last message already seen. */
  readonly after?: string
  /** `message`: until the other side says something new; `closed`, the default: until the thread has ended. */
  readonly until?: 'message' | 'closed'
}

export interface PeerOptions {
  readonly platform: Platform
  readonly url: () => Promise<string>
  readonly credentials: TokenSource
  readonly hello: HelloInput & { readonly consume: boolean; readonly prefetch: number }
  readonly handlers: Handlers
  readonly callTimeoutMs: number
  readonly newKey: () => string
}

/** How long `drain()` waits for handlers and acks. */
const DRAIN_MS = 10_000

/** A connected peer: it speaks, it handles what it is sent, and it comes back by itself when the connection is lost. */
export class MusterPeer implements Speaker, AsyncDisposable {
  declare readonly ask: Speaker['ask']
  declare readonly cast: Speaker['cast']
  declare readonly notify: Speaker['notify']
  declare readonly attach: Speaker['attach']
  declare readonly open: Speaker['open']
  declare readonly download: Speaker['download']
  declare readonly broadcast: Speaker['broadcast']
  declare readonly fan: Speaker['fan']
  declare readonly schedule: Speaker['schedule']
  declare readonly pipe: Speaker['pipe']
  declare readonly openAsks: Speaker['openAsks']
  declare readonly awaitAll: Speaker['awaitAll']
  readonly #options: PeerOptions
  readonly #listeners: { readonly [K in keyof PeerEvents]: Set<(value: PeerEvents[K]) => void> } = { status: new Set(), error: new Set() }
  readonly #requests: Requests
  readonly #link: Link
  readonly #call: Call
  readonly #asks: Asks
  readonly #fans: Fans | undefined
  readonly #consumer: Consumer
  readonly #streams = new Set<EventStream>()
  #hello: Hello | undefined
  #draining: Promise<void> | undefined

  constructor(options: PeerOptions) {
    const { platform, credentials, handlers, callTimeoutMs, hello, newKey, url } = options
    const { clock, random, open, causes } = platform
    this.#options = options
    const requests = new Requests(clock, random)
    this.#requests = requests
    this.#call = createCall(requests, callTimeoutMs, newKey)
    this.#asks = new Asks({ clock, requests, callTimeoutMs, newKey, consumes: hello.consume, onKnown: () => this.#consumer.onAskKnown() })
    this.#fans = platform.more?.fans(clock, this.#call)
    this.#consumer = new Consumer({
      clock,
      requests,
      asks: this.#asks,
      fans: this.#fans,
      handlers,
      newKey,
      prefetch: hello.prefetch,
      enter: (run, signal, fn) => causes.run(this, run.delivered.message.id, () => fn(this.#contextOf(run, signal))),
      onError: (error) => this.#emit('error', error),
    })
    this.#link = new Link(
      { open, clock, random, credentials, requests, url, hello },
      {
        onOnline: (answer) => this.#onOnline(answer),
        onNotification: (method, params) => this.#onNotification(method, params),
        onStatus: (status) => this.#emit('status', status),
        onClosed: (reason) => {
          this.#consumer.close(reason)
          this.#asks.close(reason)
          for (const stream of this.#streams) stream.end(reason.cause)
        },
      },
    )
    Object.assign(
      this,
      this.#speaker(() => causes.current(this)),
    )
  }

  get status(): Status {
    return this.#link.status
  }

  /** What the daemon last said in its `hello`: who this is, the node, its limits and operations. */
  get hello(): Hello {
    return this.#hello as Hello
  }

  /** Calls any operation of the contract. Commands carry an idempotency key and are repeated until they are answered or the time is over. */
  call<N extends OperationName>(name: N, input: Input<N>, bounds?: Bounds): Promise<Output<N>> {
    return this.#call(name, input, bounds)
  }

  /** A way to the answer of an ask that this peer sent, in this process or an earlier one. */
  handle(thread: string): AskHandle {
    return handleOf(this.#asks, this.#call, thread)
  }

  /** The same for a fan. Node only. */
  fanHandle(id: string): FanHandle {
    return (this.#fans as Fans).handle(id)
  }

  /**
   * Waits until a thread says something new or ends. It consumes nothing.
   *
   * @throws ClientError `timeout` when nothing happened in `timeoutMs` (by default it waits for ever)
   */
  wait(thread: string, { timeoutMs, signal, ...input }: WaitOptions = {}): Promise<Output<'threads.wait'>> {
    return bounded(this.#options.platform.clock, { timeoutMs, signal }, (resolve, reject) => {
      const over = new AbortController()
      const ask = (): Promise<void> =>
        this.#call('threads.wait', { thread, ...input }, { signal: over.signal }).then((seen) => (seen.timedOut ? ask() : resolve(seen)), reject)
      void ask()
      return () => over.abort()
    })
  }

  /** Follows the event log, across reconnects and without a gap. Leaving the loop ends it. */
  events(options: EventOptions = {}): AsyncIterableIterator<Event> {
    return new EventStream(this.#requests, this.#streams, options)
  }

  /** Returns what takes the listener away again. */
  on<K extends keyof PeerEvents>(event: K, listener: (value: PeerEvents[K]) => void): () => void {
    this.#listeners[event].add(listener)
    return () => void this.#listeners[event].delete(listener)
  }

  /**
   * An orderly end: starts no more handlers, waits for those that run, sends what is left to send, and closes.
   * What was delivered but not begun is offered again to the peer's next connection.
   *
   * @param options `timeoutMs` bounds the wait, then handlers are aborted. @default 10_000 (10 seconds)
   */
  drain({ timeoutMs = DRAIN_MS }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#draining ??= this.#drain(timeoutMs)
    return this.#draining
  }

  /** Ends at once: handlers are aborted, and all that waits is rejected with `closed`. */
  close(): Promise<void> {
    return this.#link.close()
  }

  /** The same as `drain()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.drain()
  }

  /** Connects and stays connected. */
  start(): void {
    this.#link.start()
  }

  /**
   * Connects again now where it waits to, as when the network is back. `anew`: also where the connection seems to be alive, as when
   * the machine has slept and nothing answers.
   */
  hurry({ anew = false }: { readonly anew?: boolean } = {}): void {
    this.#link.hurry(anew)
  }

  #emit<K extends keyof PeerEvents>(event: K, value: PeerEvents[K]): void {
    // A listener that throws becomes an unhandled rejection: it must not break what it listens to.
    for (const listener of this.#listeners[event]) void new Promise(() => listener(value))
  }

  async #drain(timeoutMs: number): Promise<void> {
    if (this.status.state !== 'closed') {
      this.#link.drain()
      await bounded<void>(this.#options.platform.clock, { timeoutMs }, (resolve, reject) => {
        this.#consumer.drain().then(() => this.#requests.onIdle(resolve), reject)
        return this.on('status', () => resolve()) // It can only be that it was closed meanwhile.
      }).catch(() => {}) // Out of time: closing aborts what is left.
    }
    await this.close()
  }

  #onOnline(hello: Hello): void {
    const before = this.#hello?.node.incarnation ?? hello.node.incarnation
    this.#hello = hello
    // A restored daemon may not know what is waited for, and would never tell.
    if (hello.node.incarnation !== before) this.#asks.recheckAll()
    this.#consumer.onOnline(hello.limits)
    for (const stream of this.#streams) stream.onOnline()
  }

  #onNotification<N extends NotificationName>(method: N, params: NotificationParams<N>): void {
    // A `bye` is kept by the connection for its end, which follows.
    if (method === 'mailbox.deliver') this.#consumer.deliver(params as NotificationParams<'mailbox.deliver'>)
    else if (method === 'thread.closed') this.#consumer.onThreadClosed(params as NotificationParams<'thread.closed'>)
    else if (method === 'events.event') for (const stream of this.#streams) stream.onEvent(params as NotificationParams<'events.event'>)
  }

  #speaker(causedBy: CausedBy): Speaker {
    const speaker = createSpeaker(this.#asks, this.#call, causedBy)
    const [options, fans, asks, call] = [this.#options, this.#fans, this.#asks, this.#call]
    return fans ? (options.platform.more?.speaker(speaker, { asks, fans, call, causedBy, options }) as Speaker) : (speaker as Speaker)
  }

  #contextOf(run: Run, signal: AbortSignal): MessageContext {
    const { message, thread } = run.delivered
    return createContext(
      run,
      this.#speaker(() => message.id),
      signal,
      (body, options) => this.#call('threads.reply', { ...options, thread: thread.id, body, causedBy: message.id }),
    )
  }
}
