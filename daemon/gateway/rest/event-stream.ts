import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Event } from '../../../src/contract/index.ts'
import { type ErrorCode, isRetryable, MusterError } from '../../../src/errors.ts'
import { LIMITS } from '../../../src/limits.ts'
import type { Caller } from '../../caller.ts'
import { admit } from '../admission.ts'
import { Backlog } from '../backlog.ts'
import type { GatewayDeps, Link } from '../deps.ts'
import { type EventSink, EventSubscriptions } from '../subscriptions.ts'

/** How long a client waits before it comes back to a stream that broke. */
const RECONNECT_MS = 1_000

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // Asks a proxy not to collect what should arrive now.
  'x-accel-buffering': 'no',
}

export interface StreamRequest {
  readonly deps: GatewayDeps
  readonly caller: Caller
  readonly input: Readonly<Record<string, unknown>>
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/**
 * Answers with the events after a cursor as they come, as Server-Sent Events (HTML standard, section 9.2), until the client goes.
 *
 * @throws MusterError `cursor_expired`, `too_many_connections`, or that the caller or the input does not fit
 */
export async function streamEvents({ deps, caller, input, request, reply }: StreamRequest): Promise<void> {
  // A client that comes back says here where it was; its URL still says where it began.
  const last = request.headers['last-event-id']
  const { input: parsed } = admit(deps, caller, 'events.subscribe', last ? { ...input, after: last } : input)
  if (deps.connections.size >= LIMITS.maxConnections) throw new MusterError('too_many_connections')
  const stream = new EventStream(deps, caller, reply.raw)
  stream.open(parsed as never)
  reply.hijack()
  reply.raw.writeHead(200, HEADERS)
  if (request.method === 'HEAD') reply.raw.end()
  else stream.start()
}

/** One response that stays open. A slow reader lags, as far as its {@link Backlog} lets it. */
class EventStream implements EventSink, Link {
  readonly caller: Caller
  readonly #deps: GatewayDeps
  readonly #response: ServerResponse
  readonly #backlog: Backlog
  readonly #subscriptions: EventSubscriptions
  #subscription = ''
  #corked = false

  constructor(deps: GatewayDeps, caller: Caller, response: ServerResponse) {
    this.caller = caller
    this.#deps = deps
    this.#response = response
    this.#backlog = new Backlog(() => response.writableLength)
    this.#subscriptions = new EventSubscriptions(deps, this)
  }

  get parked(): boolean {
    return this.#backlog.parked
  }

  get live(): boolean {
    return this.#deps.connections.has(this)
  }

  /** @throws MusterError `cursor_expired` */
  open(input: Parameters<EventSubscriptions['open']>[0]): void {
    this.#subscription = this.#subscriptions.open(input).subscription
  }

  start(): void {
    // It may have gone while its request waited for its turn.
    if (this.#response.destroyed) return
    this.#deps.connections.add(this)
    this.#response.once('close', () => this.#end())
    this.#response.on('drain', () => {
      if (this.#backlog.drained()) this.#subscriptions.pump()
    })
    this.#write(`retry: ${RECONNECT_MS}\n${this.#position()}\n`)
    this.#subscriptions.pump()
  }

  sendEvent(_subscription: string, event: Event): void {
    if (!this.live) return
    this.#write(`id: ${event.cursor}\ndata: ${JSON.stringify(event)}\n\n`)
    if (this.#backlog.sent()) this.closeWith('slow_consumer')
  }

  onEvents(): void {
    this.#subscriptions.pump()
  }

  /** Keeps proxies from taking the silence for an end, and the place of a reader to whom little applies from expiring. */
  beat(): void {
    if (this.#backlog.overdue(this.#deps.clock.monoMs())) return this.closeWith('slow_consumer')
    if (!this.parked) this.#write(`: beat\n${this.#position()}\n`)
  }

  closeWith(code: ErrorCode): void {
    if (!this.live) return
    const afterMs = code === 'shutting_down' ? LIMITS.restartMs : null
    this.#write(`event: bye\ndata: ${JSON.stringify({ reason: code, reconnect: isRetryable(code), afterMs })}\n\n`)
    this.#end()
    this.#response.end()
    // Who reads nothing would keep the socket, and what is buffered for it.
    const cancel = this.#deps.clock.setTimer(() => this.#response.destroy(), LIMITS.drainMs)
    this.#response.once('close', cancel)
  }

  /** The line by which the client knows where to go on. */
  #position(): string {
    return `id: ${this.#subscriptions.cursorOf(this.#subscription)}\n`
  }

  #write(text: string): void {
    // Everything that a batch sends to one client leaves in one write.
    if (!this.#corked) {
      this.#corked = true
      this.#response.cork()
      process.nextTick(() => {
        this.#corked = false
        this.#response.uncork()
      })
    }
    this.#response.write(text)
  }

  #end(): void {
    this.#deps.connections.delete(this)
    this.#subscriptions.end()
  }
}
