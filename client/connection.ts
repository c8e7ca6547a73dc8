import type { Hello, HelloInput, NotificationName, NotificationParams } from '../src/contract/index.ts'
import { MusterError } from '../src/muster-error.ts'
import type { Clock } from './clock.ts'
import type { OpenTransport, Transport, TransportEnd } from './transport.ts'

/** How a connection ended, seen from the protocol. */
export type ConnectionEnd =
  | (TransportEnd & { readonly bye?: NotificationParams<'bye'> | undefined })
  /** The daemon answered `hello` with an error. */
  | { readonly kind: 'rejected'; readonly error: MusterError }

/** An answer to a request. Exactly one of the two fields is there. */
export interface Reply {
  readonly id: number | string | null
  readonly result?: unknown
  readonly error?: { readonly message: string; readonly data?: { readonly code?: unknown; readonly message?: unknown } }
}

export interface ConnectionListener {
  onHello(hello: Hello): void
  onReply(reply: Reply): void
  onNotification<N extends NotificationName>(method: N, params: NotificationParams<N>): void
  onEnd(end: ConnectionEnd): void
}

export interface ConnectionOptions {
  readonly open: OpenTransport
  readonly clock: Clock
  readonly url: string
  readonly token: string
  readonly hello: HelloInput
}

/** From the first byte to the daemon's answer to `hello`; the daemon itself allows as long for the request. */
const HELLO_TIMEOUT_MS = 10_000
/** Heartbeats without a sign of life until a connection counts as dead. From the second on the client asks for one. */
const MAX_SILENT_BEATS = 4
const HELLO_ID = 0

/** One connection from its opening to its end: the handshake, the heartbeat, and frames in both directions. */
export class Connection {
  readonly #clock: Clock
  readonly #listener: ConnectionListener
  readonly #transport: Transport
  #stopTimer: () => void
  #silentBeats = 0
  #bye: NotificationParams<'bye'> | undefined
  #ended = false

  constructor({ open, clock, url, token, hello }: ConnectionOptions, listener: ConnectionListener) {
    this.#clock = clock
    this.#listener = listener
    this.#transport = open(url, token, {
      onOpen: () => this.send(encodeRequest(HELLO_ID, 'hello', hello)),
      onText: (text) => this.#read(text),
      onAlive: () => {
        this.#silentBeats = 0
      },
      onEnd: (end) => this.#end({ ...end, bye: this.#bye }),
    })
    this.#stopTimer = clock.setTimer(() => this.abandon('No answer to hello.'), HELLO_TIMEOUT_MS)
  }

  send(text: string): void {
    if (!this.#ended) this.#transport.send(text)
  }

  /** Begins an orderly close; the listener hears of its end. */
  close(): void {
    this.#transport.close(1000, '')
  }

  #read(text: string): void {
    if (this.#ended) return
    this.#silentBeats = 0
    let frame: Partial<Reply> & { readonly method?: NotificationName; readonly params?: never }
    try {
      frame = JSON.parse(text)
    } catch {
      this.abandon('A frame was not JSON.')
      return
    }
    if (frame.method) {
      if (frame.method === 'bye') this.#bye = frame.params
      this.#listener.onNotification(frame.method, frame.params as never)
    } else if (frame.id === HELLO_ID) this.#onHello(frame as Reply)
    else this.#listener.onReply(frame as Reply)
  }

  #onHello(reply: Reply): void {
    this.#stopTimer()
    if (reply.error) {
      this.#end({ kind: 'rejected', error: toError(reply.error) })
      this.close()
      return
    }
    const hello = reply.result as Hello
    this.#beat(hello.heartbeatMs)
    this.#listener.onHello(hello)
  }

  #beat(everyMs: number): void {
    // Unique among the pings that may still be answered.
    if (this.#silentBeats > 1) this.send(encodeRequest(`ping${this.#silentBeats}`, 'node.ping', {}))
    this.#stopTimer = this.#clock.setTimer(() => {
      if (this.#silentBeats++ < MAX_SILENT_BEATS) this.#beat(everyMs)
      else this.abandon('No sign of life.')
    }, everyMs)
  }

  /** Counts as lost from now on: the other side may be gone without having said so. */
  abandon(why: string): void {
    this.#end({ kind: 'failed', cause: new Error(why), bye: this.#bye })
    this.close()
  }

  #end(end: ConnectionEnd): void {
    if (this.#ended) return
    this.#ended = true
    this.#stopTimer()
    this.#listener.onEnd(end)
  }
}

export function encodeRequest(id: number | string, method: string, params: object): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params })
}

/** Rebuilds the daemon's error by its code; one without becomes `internal`. */
export function toError(error: NonNullable<Reply['error']>): MusterError {
  return MusterError.fromData({ ...error.data })
}
