import { createHash } from 'node:crypto'
import Database from 'better-sqlite3'
import { storeArtifact } from '../../daemon/artifacts/keeping.ts'
import type { ChannelSettings } from '../../daemon/channels/index.ts'
import { type Core, createCore } from '../../daemon/core.ts'
import type { Connection, SocketPort } from '../../daemon/gateway/connection.ts'
import { mintCredential } from '../../daemon/peers/credentials.ts'
import { credentialOfService, makePerson } from '../../daemon/peers/index.ts'
import type { OpenDriver } from '../../daemon/store/database.ts'
import type { Outcome } from '../../daemon/store/pipeline.ts'
import type { Tx } from '../../daemon/store/transaction.ts'
import type { RegisteredTracing } from '../../daemon/tracing.ts'
import type { Hello, Input, OperationName, Output, Role } from '../../src/contract/index.ts'
import { type ErrorData, MusterError } from '../../src/errors.ts'
import { accept } from './accept.ts'
import { MemoryContents } from './memory-contents.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface Frame {
  readonly id?: string | number | null
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly data: ErrorData }
}

/** `mailbox.deliver` as a test reads it. */
export interface Delivered {
  readonly delivery: string
  readonly attempt: number
  readonly redelivered: boolean
  readonly owed: boolean
  readonly thread: { readonly id: string; readonly kind: string; readonly state: string }
  readonly message: Output<'threads.get'>['messages'][number]
}

export interface ConnectOptions {
  readonly consume?: boolean
  readonly prefetch?: number
  readonly reads?: boolean
}

/** The other end of a connection without a network: what the daemon sends is kept until a test asks for it. */
export class CoreClient implements SocketPort {
  readonly connection: Connection
  readonly hello: Hello | undefined
  /** Everything the daemon sent, replies and notifications, in order. */
  readonly frames: Frame[] = []
  /** How the daemon closed it: the code, or `terminated`. */
  closed: number | 'terminated' | undefined
  /** Bytes that this client has not read: with `reads: false` everything that is sent piles up here. */
  bufferedBytes = 0
  reads: boolean
  pongs = true
  readonly #clock: VirtualClock
  readonly #taken = new Set<Frame>()
  #lastId = 0

  constructor(core: Core, clock: VirtualClock, token: string, { reads = true, ...hello }: ConnectOptions = {}) {
    this.#clock = clock
    this.reads = reads
    const connection = accept(core, token, this)
    if (!connection) throw new MusterError('unauthenticated')
    this.connection = connection
    this.hello = this.say('hello', { protocol: 1, client: 'test', ...hello }) as Hello
  }

  send(text: string): void {
    this.frames.push(JSON.parse(text) as Frame)
    if (!this.reads) this.bufferedBytes += text.length
  }

  close(code: number): void {
    this.closed ??= code
  }

  terminate(): void {
    this.closed ??= 'terminated'
  }

  ping(): void {
    if (this.pongs) this.connection.onPong()
  }

  /** Sends a request whose reply is not waited for, so that several can meet in one batch. */
  post(method: string, params: unknown = {}): number {
    this.#lastId += 1
    this.connection.onText(JSON.stringify({ jsonrpc: '2.0', id: this.#lastId, method, params }))
    return this.#lastId
  }

  /** The result of any request, which must have come by the end of this turn. @throws MusterError */
  say(method: string, params: unknown = {}): unknown {
    const id = this.post(method, params)
    this.#clock.advance(0)
    return this.outcome(id)
  }

  call<N extends OperationName>(method: N, params: Input<N>): Output<N> {
    return this.say(method, params) as Output<N>
  }

  /** What a posted request was answered with. @throws MusterError */
  outcome(id: number): unknown {
    const frame = this.frames.find((candidate) => candidate.id === id)
    if (!frame) throw new Error(`Request ${id} has no reply; the last frames: ${JSON.stringify(this.frames.slice(-3))}`)
    if (frame.error) throw MusterError.fromData(frame.error.data)
    return frame.result
  }

  replied(id: number): boolean {
    return this.frames.some((frame) => frame.id === id)
  }

  /** The error of a request that must be refused. */
  refusal(method: string, params: unknown = {}): ErrorData {
    const id = this.post(method, params)
    this.#clock.advance(0)
    const frame = this.frames.find((candidate) => candidate.id === id)
    if (!frame?.error) throw new Error(`${method} was not refused: ${JSON.stringify(frame)}`)
    return frame.error.data
  }

  /** All notifications of a method that were not taken before. */
  take(method: string): Readonly<Record<string, unknown>>[] {
    const found = this.frames.filter((frame) => frame.method === method && !this.#taken.has(frame))
    for (const frame of found) this.#taken.add(frame)
    return found.map((frame) => frame.params ?? {})
  }

  /** All deliveries that were not taken before. */
  deliveries(): Delivered[] {
    return this.take('mailbox.deliver') as unknown as Delivered[]
  }

  /** The one delivery that was not taken before. */
  delivery(): Delivered {
    const found = this.deliveries()
    if (found.length !== 1) throw new Error(`Expected one delivery, got ${JSON.stringify(found)}`)
    return found[0] as Delivered
  }

  ack(...deliveries: readonly (Delivered | string)[]): number {
    const ids = deliveries.map((delivery) => (typeof delivery === 'string' ? delivery : delivery.delivery))
    return this.call('mailbox.ack', { deliveries: ids }).acked
  }

  /** Reads what has piled up. */
  drain(): void {
    this.bufferedBytes = 0
    this.connection.onDrain()
    this.#clock.advance(0)
  }

  /** The connection goes away: said so (`orderly`), or cut. */
  leave(how: 'orderly' | 'lost' = 'orderly'): void {
    this.connection.onClose(how === 'orderly')
    this.#clock.advance(0)
  }
}

export interface Registered {
  readonly id: string
  readonly token: string
  readonly peer: Output<'peers.register'>['peer']
}

export interface TestCoreOptions {
  readonly path?: string
  readonly driver?: OpenDriver
  readonly clock?: VirtualClock
  readonly reincarnate?: string
  readonly contents?: MemoryContents
  readonly tracing?: RegisteredTracing
  readonly channels?: ChannelSettings
}

/** A variable of the environment that every such daemon runs in. */
export const HOOK_SECRET = { variable: 'HOOK_SECRET', text: 'what only the sender knows' } as const

const HOUR_MS = 3_600_000
const WEEK_MS = 7 * 24 * HOUR_MS

/** The daemon in memory, on virtual time: whatever is due happens when a test says so, and every reply comes within its turn. */
export class TestCore implements Disposable {
  readonly core: Core
  readonly clock: VirtualClock
  readonly contents: MemoryContents
  /** What the daemon called unexpected. */
  readonly errors: unknown[] = []
  readonly fatal: unknown[] = []
  readonly #enrolments = new Map<string, string>()
  #admin: CoreClient | undefined
  #ended = false
  #services = 0

  private constructor(options: TestCoreOptions) {
    this.clock = options.clock ?? new VirtualClock()
    this.contents = options.contents ?? new MemoryContents()
    const quiet = (): void => undefined
    const log = { debug: quiet, info: quiet, warn: quiet, error: (entry: object) => void this.errors.push((entry as { err?: unknown }).err ?? entry) }
    this.core = createCore({
      path: options.path ?? ':memory:',
      files: this.contents,
      durability: 'os',
      node: 'test',
      version: '0.0.0',
      zone: 'UTC',
      variable: (name) => (name === HOOK_SECRET.variable ? HOOK_SECRET.text : undefined),
      clock: this.clock,
      random: seededRandom(),
      log,
      onFatal: (error) => void this.fatal.push(error),
      ...(options.driver && { driver: options.driver }),
      tracing: options.tracing,
      ...(options.channels && { channels: options.channels }),
      ...(options.reincarnate && { reincarnate: options.reincarnate }),
    })
  }

  /** Creates the daemon and lets it start. */
  static async start(options: TestCoreOptions = {}): Promise<TestCore> {
    const daemon = new TestCore(options)
    const started = daemon.core.start()
    daemon.clock.advance(0)
    await started
    return daemon
  }

  get db(): Database.Database {
    return this.core.store.db
  }

  /** The administrator's connection. */
  get admin(): CoreClient {
    this.#admin ??= this.connect(this.#commit((tx) => mintCredential(tx, seededRandom(7), null, 'test').token))
    return this.#admin
  }

  enrolment(circle = 'main', roles: readonly Role[] = ['agent', 'service', 'orchestrator', 'observer', 'person']): string {
    const key = `${circle} ${roles.join(' ')}`
    const token = this.#enrolments.get(key) ?? this.admin.call('enrolments.create', { circle, roles: roles.filter((role) => role !== 'person') as never }).token
    this.#enrolments.set(key, token)
    return token
  }

  /** Registers a peer. A person comes from a paired device, which there is none of here: its role is written into the table. */
  register(name: string, options: Omit<Input<'peers.register'>, 'name' | 'role'> & { circle?: string; role?: Role } = {}): Registered {
    const { circle = 'main', role = 'agent', ...rest } = options
    const wire = this.connect(this.enrolment(circle))
    const { peer, token } = wire.call('peers.register', { name, role: role === 'person' ? 'agent' : role, ...rest })
    wire.leave()
    if (role === 'person') this.run("UPDATE peers SET role = 'person' WHERE id = ?", this.core.store.number('peer', peer.id))
    return { id: peer.id, token, peer }
  }

  /** A person as a pairing makes one, let into every circle, with a device that is connected. */
  person(name: string): CoreClient & { id: string; token: string } {
    const id = this.core.store.id(
      'peer',
      this.#commit((tx) => makePerson(tx, name)),
    )
    const token = this.device(id, 'phone')
    return Object.assign(this.connect(token), { id, token })
  }

  /** The token of one more device of a person, as a pairing would make it. */
  device(peer: string, label: string): string {
    return this.#commit((tx) => mintCredential(tx, seededRandom(11), this.core.store.number('peer', peer), label).token)
  }

  /** The connection of a service of the daemon's own, as its supervisor makes its credential. */
  service(name: string): CoreClient {
    const deps = { random: seededRandom(13 + ++this.#services), disconnect: this.core.disconnect }
    return this.connect(this.#commit((tx) => credentialOfService(tx, deps, name, 'test').token))
  }

  connect(token: string, options: ConnectOptions = {}): CoreClient {
    return new CoreClient(this.core, this.clock, token, options)
  }

  /** Registers a peer and connects it: as the consumer where it is in stream mode. */
  join(name: string, options: Parameters<TestCore['register']>[1] & { prefetch?: number } = {}): CoreClient & { id: string; token: string } {
    const { prefetch, ...rest } = options
    const { id, token } = this.register(name, rest)
    const consume = (rest.mode ?? 'stream') === 'stream'
    return Object.assign(this.connect(token, { consume, ...(prefetch !== undefined && { prefetch }) }), { id, token })
  }

  /** What an upload comes to: its content under its name, and its row. Returns the id. */
  upload(token: string, content: string, { name = 'notes.txt', mediaType = 'text/plain' } = {}): string {
    const caller = this.core.gateway.authenticate(token)
    if (caller?.kind !== 'peer') throw new Error('Only a peer uploads')
    const bytes = Buffer.from(content)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    this.contents.kept.set(sha256, bytes)
    const { peerId: uploaderId, circleId } = caller
    return this.core.store.id(
      'artifact',
      this.#commit((tx) => storeArtifact(tx, { uploaderId, circleId, sha256, name, mediaType, size: bytes.length }).id),
    )
  }

  /** Lets time pass on both clocks. */
  pass(ms: number): void {
    this.clock.advance(ms)
  }

  /** Lets months pass on the calendar, and one run of the retention. A leap of weeks at once would be waited out. */
  age(ms: number): void {
    for (let left = ms; left > 0; left -= WEEK_MS) {
      this.clock.stepWall(Math.min(left, WEEK_MS) - HOUR_MS)
      this.pass(HOUR_MS)
    }
    this.pass(HOUR_MS)
  }

  /** A write behind the daemon's back, for states that cannot be reached from outside. */
  run(sql: string, ...values: readonly (string | number | null)[]): void {
    void this.core.pipeline.execute((tx) => {
      tx.changesPeers()
      tx.run(sql, ...values)
    })
    this.clock.advance(0)
  }

  row<Row = Record<string, unknown>>(sql: string, ...values: readonly (string | number)[]): Row | undefined {
    return this.db.prepare(sql).get(...values) as Row | undefined
  }

  rows<Row = Record<string, unknown>>(sql: string, ...values: readonly (string | number)[]): Row[] {
    return this.db.prepare(sql).all(...values) as Row[]
  }

  number(id: string): number {
    const kinds = {
      peer: 'peer',
      thr: 'thread',
      msg: 'message',
      dlv: 'delivery',
      crd: 'credential',
      enr: 'enrolment',
      cir: 'circle',
      art: 'artifact',
      att: 'attachment',
      fan: 'fan',
      rvw: 'review',
    } as const
    return this.core.store.number(kinds[id.slice(0, id.indexOf('_')) as keyof typeof kinds], id)
  }

  stop(): void {
    if (this.#ended) return
    this.#ended = true
    this.core.stop()
  }

  crash(): void {
    if (this.#ended) return
    this.#ended = true
    this.core.crash()
  }

  [Symbol.dispose](): void {
    this.stop()
  }

  /** Runs a command of the daemon's own. @throws MusterError */
  #commit<T>(run: (tx: Tx) => T): T {
    let ended: Outcome<T> | undefined
    this.core.pipeline.submit(run, (outcome) => {
      ended = outcome
    })
    this.clock.advance(0)
    if (!ended?.ok) throw ended?.error ?? new Error('Nothing was committed')
    return ended.value
  }
}

/** Tokens must differ, so each call continues one sequence. */
let seed = 1

function seededRandom(offset = 0): (count: number) => Uint8Array {
  return (count) => {
    const bytes = new Uint8Array(count)
    for (let index = 0; index < count; index += 1) {
      // A linear congruential generator (Numerical Recipes): its high bits are random enough for tokens that protect nothing.
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223 + offset) >>> 0
      bytes[index] = seed >>> 24
    }
    return bytes
  }
}

/** A database on which chosen statements fail: `fault` is asked before each one and throws what is to go wrong. */
export function faultyDriver(fault: (sql: string) => void): OpenDriver {
  return (path) => {
    const db = new Database(path)
    return new Proxy(db, {
      get(target, key) {
        if (key === 'prepare') return (sql: string) => faultyStatement(target.prepare(sql), () => fault(sql))
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
}

function faultyStatement(statement: Database.Statement, fault: () => void): Database.Statement {
  return new Proxy(statement, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        fault()
        return value.apply(target, args)
      }
    },
  })
}

export function sqliteError(code: string): Error {
  return Object.assign(new Error(`injected ${code}`), { code })
}
