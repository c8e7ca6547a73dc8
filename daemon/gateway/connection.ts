import { type Event, type Hello, type HelloInput, HelloSchema, OPERATION_NAMES } from '../../src/contract/index.ts'
import { ERROR_CODES, type ErrorCode, type ErrorFacts, isRetryable, MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { encodeFailure, encodeNotification, encodeSuccess, PROTOCOL, parseRequest, type Request, type RequestId } from '../../src/rpc.ts'
import type { Caller, PeerCaller, RunnableName } from '../caller.ts'
import type { Heart } from '../peers/presence.ts'
import type { Outcome } from '../store/pipeline.ts'
import type { Consumer, ConsumerPort } from '../threads/index.ts'
import { admit, invalidInput } from './admission.ts'
import { Backlog } from './backlog.ts'
import type { GatewayDeps, Link } from './deps.ts'
import { readPart, refuseUpload } from './file-reading.ts'
import { testSource } from './hooks/testing.ts'
import { PermitWaits } from './permit-waits.ts'
import { EventSubscriptions } from './subscriptions.ts'
import { Waits } from './waits.ts'
import { SessionWatches } from './watches.ts'

/** What a connection needs of its transport: a socket, or in the simulation a pair of queues. */
export interface SocketPort {
  send(text: string): void
  close(code: number, reason: string): void
  /** Cuts without a word. */
  terminate(): void
  ping(): void
  /** Bytes written and not yet taken by the other side. */
  readonly bufferedBytes: number
}

/**
 * One client, from its authentication on. It knows the protocol and no socket library.
 *
 * | state      | event                     | effect                                              |
 * |------------|---------------------------|-----------------------------------------------------|
 * | unGreeted  | hello                     | reply, then greeted; becomes the consumer if it asks |
 * | unGreeted  | any other request         | `hello_required`                                    |
 * | unGreeted  | `helloTimeoutMs` pass     | closed with 4408                                    |
 * | greeted    | request                   | reply, in any order between requests                |
 * | any        | close, cut, revocation    | waits end, offers return, presence settles          |
 */
export class Connection implements Link, Heart, ConsumerPort {
  readonly caller: Caller
  missedBeats = 0
  readonly #deps: GatewayDeps
  readonly #socket: SocketPort
  readonly #backlog: Backlog
  readonly #inFlight = new Set<RequestId>()
  readonly #subscriptions: EventSubscriptions
  readonly #waits: Waits
  readonly #watches: SessionWatches
  readonly #permits: PermitWaits
  readonly #cancelHelloTimer: () => void
  #greeted = false
  #closed = false
  #badFrames = 0
  #consumer: Consumer | undefined

  constructor(deps: GatewayDeps, caller: Caller, socket: SocketPort) {
    this.#deps = deps
    this.caller = caller
    this.#socket = socket
    this.#backlog = new Backlog(() => socket.bufferedBytes)
    this.#subscriptions = new EventSubscriptions(deps, this)
    this.#waits = new Waits(deps, caller)
    this.#watches = new SessionWatches(deps, caller)
    this.#permits = new PermitWaits(deps, caller)
    this.#cancelHelloTimer = deps.clock.setTimer(() => this.closeWith('hello_timeout'), LIMITS.helloTimeoutMs)
  }

  get parked(): boolean {
    return this.#backlog.parked
  }

  /** Whether the daemon still counts it among its connections. */
  get live(): boolean {
    return this.#deps.connections.has(this)
  }

  get consuming(): boolean {
    return this.#consumer !== undefined
  }

  onText(text: string): void {
    // What was on its way when the daemon closed must not bring the connection back to life.
    if (this.#closed) return
    this.#alive()
    let request: Request
    try {
      request = parseRequest(text)
    } catch (error) {
      return this.onBadFrame(error as MusterError)
    }
    if (this.#inFlight.has(request.id)) return this.#refuse(request.id, new MusterError('duplicate_id', { id: request.id }))
    if (this.#inFlight.size >= LIMITS.maxRequestsInFlight) {
      return this.#refuse(request.id, new MusterError('too_many_requests', { limit: LIMITS.maxRequestsInFlight, hint: 'Wait for answers first.' }))
    }
    this.#inFlight.add(request.id)
    this.#dispatch(request)
  }

  /** Answers a frame that is no request; too many of them end the connection. */
  onBadFrame(error: MusterError): void {
    this.#badFrames += 1
    const id = error.details['id']
    // Sent as it is: a request of that id may be under way, and stays so.
    this.send(encodeFailure(typeof id === 'string' || typeof id === 'number' ? id : null, error))
    if (this.#badFrames >= LIMITS.maxBadFrames) this.closeWith('invalid_frame')
  }

  onPong(): void {
    this.#alive()
  }

  /** The transport took what was buffered. */
  onDrain(): void {
    if (!this.#backlog.drained()) return
    if (this.#consumer) {
      this.#deps.dispatcher.wake(this.#consumer.peerId)
      this.#deps.dispatcher.flush()
    }
    this.#subscriptions.pump()
  }

  /** The transport is gone. `orderly`: the client said so. */
  onClose(orderly: boolean): void {
    if (this.#closed) return
    this.#closed = true
    this.#cancelHelloTimer()
    this.#waits.end()
    this.#watches.end()
    this.#permits.end()
    this.#subscriptions.end()
    if (this.#consumer) this.#deps.dispatcher.detach(this.#consumer, orderly ? 'orderly' : 'lost')
    if (this.#greeted && this.caller.kind === 'peer') {
      if (this.caller.mode === 'pull') this.#deps.sessions.disconnected(this.caller)
      this.#deps.presence.disconnected(this.caller.peerId, this)
    }
    this.#deps.connections.delete(this)
  }

  /** One heartbeat: asks for a sign of life, and cuts who has given none for too long or reads nothing. */
  beat(): void {
    this.missedBeats += 1
    if (this.missedBeats > LIMITS.cutAfterBeats) {
      this.onClose(false)
      return this.#socket.terminate()
    }
    if (this.#greeted && this.missedBeats === LIMITS.awayAfterBeats + 1) this.#presenceChanged()
    if (this.#backlog.overdue(this.#deps.clock.monoMs())) return this.closeWith('slow_consumer')
    this.#socket.ping()
  }

  send(frame: string): void {
    if (this.#closed) return
    this.#socket.send(frame)
    if (this.#backlog.sent()) this.closeWith('slow_consumer')
  }

  sendEvent(subscription: string, event: Event): void {
    this.send(encodeNotification('events.event', { subscription, event }))
  }

  replaced(): void {
    this.#consumer = undefined
    this.closeWith('replaced')
  }

  /** Ends the connection with a reason; what was offered on it returns. */
  closeWith(code: ErrorCode, options: { readonly orderly?: boolean } = {}): void {
    if (this.#closed) return
    const facts: ErrorFacts = ERROR_CODES[code]
    this.#socket.send(encodeNotification('bye', { reason: code, reconnect: isRetryable(code), afterMs: code === 'shutting_down' ? LIMITS.restartMs : null }))
    this.onClose(options.orderly ?? false)
    this.#socket.close(facts.close ?? ERROR_CODES.internal.close, code)
  }

  /** New events were committed. */
  onEvents(): void {
    this.#subscriptions.pump()
  }

  #dispatch(request: Request): void {
    try {
      if (request.method === 'hello') return this.#hello(request)
      if (!this.#greeted) throw new MusterError('hello_required', { hint: 'Send {"method":"hello","params":{"protocol":1,"client":"…"}} first.' })
      const { name, input } = admit(this.#deps, this.caller, request.method, request.params)
      const settle = (outcome: Outcome<unknown>) => (outcome.ok ? this.#reply(request.id, outcome.value) : this.#refuse(request.id, outcome.error))
      switch (name) {
        case 'node.ping':
          return this.#reply(request.id, { at: new Date(this.#deps.clock.wallMs()).toISOString() })
        case 'threads.wait':
          return this.#waits.onThread(input as never, settle)
        case 'fans.wait':
          return this.#waits.onFan(input as never, settle)
        case 'sessions.watch':
          return this.#watches.start(input as never, settle)
        case 'decisions.permit':
          return this.#permits.start(input as never, settle)
        case 'node.backup':
          return this.#deps.backups.start(input as never, settle)
        case 'passphrase.set':
          return this.#deps.passphrases.set(this.caller, input as never, settle)
        case 'passphrase.approve':
          return this.#deps.passphrases.approve(this.caller, input as never, settle)
        case 'artifacts.read':
          return readPart(this.#deps, this.caller, input as never, settle)
        case 'artifacts.upload':
          return refuseUpload()
        case 'ingress.test':
          return testSource(this.#deps, this.caller, input as never, settle)
        case 'events.subscribe':
          return this.#reply(request.id, this.#subscriptions.open(input as never), () => this.#subscriptions.pump())
        case 'events.unsubscribe':
          return this.#reply(request.id, { ended: this.#subscriptions.close((input as { subscription: string }).subscription) })
        default:
          return this.#deps.runner.run(this.caller, name as RunnableName, input, settle)
      }
    } catch (error) {
      const refusal = this.#deps.asMusterError(error)
      this.#deps.runner.count(refusal)
      this.#refuse(request.id, refusal)
    }
  }

  #hello(request: Request): void {
    if (this.#greeted) throw new MusterError('invalid_input', { hint: 'hello was said already; open another connection to say it again.' })
    const parsed = HelloSchema.safeParse(request.params ?? {})
    if (!parsed.success) throw invalidInput(parsed.error)
    const input = parsed.data
    if (input.protocol !== PROTOCOL) throw new MusterError('unsupported_protocol', { spoken: [PROTOCOL] })
    const consumer = this.#consumerFor(input)
    const output: Hello = { ...this.#deps.hello(this.caller), operations: [...OPERATION_NAMES] }
    this.#greeted = true
    this.#cancelHelloTimer()
    this.#deps.log.info({ client: input.client, caller: this.#deps.describe(this.caller), consume: consumer !== undefined }, 'connected')
    this.#reply(request.id, output)
    if (this.caller.kind === 'peer') {
      if (this.caller.mode === 'pull') this.#deps.sessions.connected(this.caller)
      this.#deps.presence.connected(this.caller.peerId, this)
    }
    if ('credentialId' in this.caller) this.#deps.touch(this.caller.credentialId)
    if (consumer && !this.#closed) {
      this.#consumer = consumer
      this.#deps.dispatcher.attach(consumer)
    }
  }

  #consumerFor(input: HelloInput): Consumer | undefined {
    if (!input.consume) return undefined
    const peer: PeerCaller | undefined = this.caller.kind === 'peer' ? this.caller : undefined
    if (peer?.mode !== 'stream') throw new MusterError('wrong_mode', { mode: peer?.mode ?? null, hint: 'Only a peer that joined in stream mode can consume.' })
    return { peerId: peer.peerId, port: this, prefetch: input.prefetch ?? LIMITS.prefetch }
  }

  #reply(id: RequestId, result: unknown, then?: () => void): void {
    this.#inFlight.delete(id)
    this.send(encodeSuccess(id, result))
    then?.()
  }

  #refuse(id: RequestId | null, error: MusterError): void {
    if (id !== null && error.code !== 'duplicate_id') this.#inFlight.delete(id)
    this.send(encodeFailure(id, error))
    if (error.code === 'unauthenticated' || error.code === 'unsupported_protocol') this.closeWith(error.code)
  }

  #alive(): void {
    const wasAway = this.missedBeats > LIMITS.awayAfterBeats
    this.missedBeats = 0
    if (wasAway && this.#greeted) this.#presenceChanged()
  }

  #presenceChanged(): void {
    if (this.caller.kind === 'peer') this.#deps.presence.changed(this.caller.peerId)
  }
}
