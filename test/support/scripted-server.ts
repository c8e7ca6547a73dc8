import type { OpenTransport, Transport, TransportListener } from '../../client/transport.ts'
import {
  HelloSchema,
  type Input,
  NOTIFICATIONS,
  type NotificationName,
  type NotificationParams,
  OPERATIONS,
  type OperationName,
  type Output,
} from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { encodeFailure, encodeNotification, encodeSuccess, parseRequest, type Request, type RequestId } from '../../src/rpc.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** A script returns this to leave a request without an answer. */
export const HOLD = Symbol('hold')

type Script = (params: never, connection: ScriptedConnection) => unknown
/** How the server meets a new connection. */
export type Reception = 'accept' | 'unreachable' | 'silent' | { readonly status: number }

/**
 * A protocol partner for tests of the client: it answers by script and remembers what it was sent. Frames travel through memory
 * in the virtual clock's `soon`, in order. All of them are held to the contract, in both directions.
 */
export class ScriptedServer {
  readonly connections: ScriptedConnection[] = []
  readonly clock: VirtualClock
  reception: Reception = 'accept'
  readonly #scripts = new Map<string, Script>()

  constructor(clock: VirtualClock) {
    this.clock = clock
    this.on('node.ping', () => ({ at: '2026-01-01T00:00:00.000Z' }))
    this.on('mailbox.ack', ({ deliveries }) => ({ acked: deliveries.length }))
    this.on('mailbox.extend', ({ deliveries }) => ({ extended: deliveries.length, stale: [] }))
    this.on('peers.describe', () => ({ peer: peer('me', 1) }))
    this.onHello((_params, connection) => hello(connection.token))
  }

  on<N extends OperationName>(method: N, script: (params: Input<N>, connection: ScriptedConnection) => Output<N> | typeof HOLD): void {
    this.#scripts.set(method, script as Script)
  }

  onHello(script: (params: { readonly consume?: boolean }, connection: ScriptedConnection) => unknown): void {
    this.#scripts.set('hello', script as Script)
  }

  /** The newest connection. */
  get connection(): ScriptedConnection {
    const newest = this.connections.at(-1)
    if (!newest) throw new Error('Nobody has connected')
    return newest
  }

  /** Every request of that method, on whichever connection it came. */
  received<N extends OperationName>(method: N): Input<N>[] {
    return this.connections.flatMap((connection) => connection.received(method))
  }

  readonly open: OpenTransport = (url, token, listener) => {
    const connection = new ScriptedConnection(this, url, token, listener)
    this.connections.push(connection)
    return connection.clientSide
  }

  answer(request: Request, connection: ScriptedConnection): void {
    const { id, method, params = {} } = request
    const schema = method === 'hello' ? HelloSchema : OPERATIONS[method as OperationName]?.input
    const script = this.#scripts.get(method)
    if (!schema || !script) throw new Error(`No script for ${method}`)
    schema.parse(params)
    try {
      const result = script(params as never, connection)
      if (result !== HOLD) connection.reply(id, result)
    } catch (error) {
      if (!(error instanceof MusterError)) throw error
      connection.fail(id, error)
    }
  }
}

/** One connection, seen from the server. */
export class ScriptedConnection {
  readonly url: string
  readonly token: string
  readonly requests: Request[] = []
  /** The close code that the client sent. */
  closedWith: number | undefined
  readonly #server: ScriptedServer
  readonly #listener: TransportListener
  #open = true

  constructor(server: ScriptedServer, url: string, token: string, listener: TransportListener) {
    this.url = url
    this.token = token
    this.#server = server
    this.#listener = listener
    const { reception } = server
    if (reception === 'accept') this.#toClient(() => listener.onOpen())
    else if (reception === 'unreachable') this.drop()
    else if (reception !== 'silent') this.#end(() => listener.onEnd({ kind: 'refused', status: reception.status }))
  }

  get isOpen(): boolean {
    return this.#open
  }

  readonly clientSide: Transport = {
    send: (text) => {
      if (this.#open) this.#server.clock.soon(() => this.#read(text))
    },
    close: (code, reason) => {
      if (this.#open) this.closedWith = code
      this.#end(() => this.#listener.onEnd({ kind: 'closed', code, reason }))
    },
  }

  received<N extends OperationName>(method: N): Input<N>[] {
    return this.requests.filter((request) => request.method === method).map((request) => request.params as Input<N>)
  }

  /** The id of the last request of that method. */
  idOf(method: string): RequestId {
    const request = this.requests.findLast((candidate) => candidate.method === method)
    if (!request) throw new Error(`No request ${method}`)
    return request.id
  }

  reply(id: RequestId, result: unknown): void {
    this.#send(encodeSuccess(id, result))
  }

  fail(id: RequestId, error: MusterError): void {
    this.#send(encodeFailure(id, error))
  }

  notify<N extends NotificationName>(method: N, params: NotificationParams<N>): void {
    NOTIFICATIONS[method].parse(params)
    this.#send(encodeNotification(method, params))
  }

  sendText(text: string): void {
    this.#send(text)
  }

  /** A WebSocket ping. */
  ping(): void {
    this.#toClient(() => this.#listener.onAlive())
  }

  /** The network fails: both sides lose what is on its way. */
  drop(): void {
    this.#end(() => this.#listener.onEnd({ kind: 'failed', cause: new Error('The network failed') }))
  }

  close(code: number, reason = ''): void {
    this.#end(() => this.#listener.onEnd({ kind: 'closed', code, reason }))
  }

  #read(text: string): void {
    if (!this.#open) return
    const request = parseRequest(text)
    this.requests.push(request)
    this.#server.answer(request, this)
  }

  #send(text: string): void {
    this.#toClient(() => this.#listener.onText(text))
  }

  #toClient(fn: () => void): void {
    this.#server.clock.soon(() => {
      if (this.#open) fn()
    })
  }

  #end(fn: () => void): void {
    if (!this.#open) return
    this.#server.clock.soon(() => {
      if (!this.#open) return
      this.#open = false
      fn()
    })
  }
}

/** What the daemon says to a token: `enrol…` is an enrolment, anything else the peer `me`. */
export function hello(token: string) {
  const you = token.startsWith('enrol')
    ? { kind: 'enrolment', enrolment: 'enr_k7qm2x1', circle: 'main', roles: ['agent'] }
    : { kind: 'peer', peer: peer('me', 1), credential: 'crd_k7qm2x1' }
  return {
    protocol: 1,
    revision: 'test',
    server: 'test/0',
    node: { name: 'test', incarnation: 'k7qm2x' },
    you,
    limits: { visibilityMs: 60_000 },
    heartbeatMs: 15_000,
    operations: Object.keys(OPERATIONS),
    cursor: 'k7qm2x.0',
  }
}

const AT = '2026-01-01T00:00:00.000Z'

export function peer(name: string, number: number) {
  return {
    ...ref(name, number),
    role: 'agent' as const,
    runtime: 'sdk',
    mode: 'stream' as const,
    capabilities: [],
    description: '',
    presence: 'online' as const,
    presenceSince: AT,
    turn: 'unknown' as const,
    turnSince: null,
    reach: 'push' as const,
    lastSeenAt: null,
    createdAt: AT,
    retiredAt: null,
  }
}

export function ref(name: string, number: number) {
  return { id: `peer_k7qm2x${number}`, name, circle: 'main', role: 'agent' as const }
}

export type Kind = NotificationParams<'mailbox.deliver'>['message']['kind']

/** A delivery with everything filled in; `number` makes the delivery, the message and, unless given, the thread. */
export function delivery(kind: Kind, number: number, facts: { thread?: number; body?: string; attempt?: number; owed?: boolean; late?: boolean } = {}) {
  const { thread: threadNumber = number, body = `${kind} ${number}`, attempt = 1, owed = false, late = false } = facts
  const thread = `thr_k7qm2x${threadNumber}`
  return {
    delivery: `dlv_k7qm2x${number}`,
    attempt,
    redelivered: attempt > 1,
    owed,
    thread: {
      id: thread,
      kind: kind === 'notify' ? ('notify' as const) : ('ask' as const),
      state: 'open' as const,
      priority: 'normal' as const,
      deadlineAt: AT,
    },
    message: message(kind, number, thread, body, late),
  }
}

export function message(kind: Kind, number: number, thread: string, body: string, late = false) {
  return { id: `msg_k7qm2x${number}`, thread, kind, from: ref('other', 2), body, at: AT, late, hops: 0, causedBy: null, redacted: false, attachments: [] }
}

/** A thread that `me` opened. */
export function thread(number: number, state: Output<'threads.get'>['thread']['state'], reason: string | null = null): Output<'threads.get'>['thread'] {
  return {
    id: `thr_k7qm2x${number}`,
    kind: 'ask',
    state,
    priority: 'normal',
    from: ref('me', 1),
    to: ref('other', 2),
    openedAt: AT,
    deadlineAt: AT,
    closedAt: state === 'open' ? null : AT,
    closedBy: state === 'open' ? null : ref('other', 2),
    reason,
    fan: null,
  }
}

/** What a send to one recipient returns. */
export function sent(number: number): Output<'threads.ask'> {
  const one = { thread: `thr_k7qm2x${number}`, message: `msg_k7qm2x${number}`, delivery: `dlv_k7qm2x${number}`, to: ref('other', 2), deadlineAt: AT }
  return { sent: [{ ...one, state: 'queued', reach: 'push' }], refused: [] }
}
