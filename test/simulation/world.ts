import type Database from 'better-sqlite3'
import { mintCredential, mintEnrolment } from '../../daemon/peers/credentials.ts'
import { decodeCursor } from '../../src/ids.ts'
import { accept } from '../support/accept.ts'
import { MemoryContents } from '../support/memory-contents.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { Actor, type InHand } from './actor.ts'
import { Coverage, type Fault } from './coverage.ts'
import { type CommitFault, Disk } from './disk.ts'
import { checkFiles } from './files.ts'
import type { Change } from './journal.ts'
import { tokenOf } from './ledger.ts'
import { Life } from './life.ts'
import { type Link, Network } from './network.ts'
import { numberOf } from './numbers.ts'
import { SPEAKING } from './operations.ts'
import { Random } from './random.ts'
import { type Intent, KEYED, type SimRequest } from './requests.ts'
import type { Trace } from './trace.ts'
import { Witness } from './witness.ts'

/** Where the process dies: before a COMMIT, or after it and that many frames. */
export type CrashPlan = { readonly point: 'before' } | { readonly point: 'after'; readonly frames: number }

export interface WorldOptions {
  readonly seed: number
  readonly onFile: boolean
  readonly trace: Trace
}

/** The daemon, its disk, the network and the clients, all on one virtual clock. */
export class World {
  readonly clock = new VirtualClock()
  readonly coverage = new Coverage()
  readonly random: Random
  readonly network: Network
  readonly disk: Disk
  /** The files beside the database: what was kept outlives the process. */
  readonly contents = new MemoryContents()
  readonly witness: Witness
  life: Life | undefined
  actors: Actor[] = []
  readonly joining = new Map<string, Actor>()
  enrolments: string[] = []
  admin: Actor
  violation: Error | undefined
  draining = false
  /** Operations that clients asked for so far. */
  operations = 0
  crashPlan: CrashPlan | undefined
  readonly requests = new Map<number, SimRequest>()
  /** Its own, so that what the daemon draws does not change what is done to it. */
  readonly #daemonRandom: Random
  readonly #trace: Trace
  /** Keyed intents and requests of the SDK. */
  readonly #foreign: Intent[] = []
  readonly #foreignRequests = new Map<string, SimRequest>()
  readonly #statements = new Map<string, Database.Statement<unknown[]>>()
  #statementsOf: Database.Database | undefined
  #incarnation: string | undefined
  #framesLeft: number | undefined
  #lastToken = 0
  #lastNack = 0
  #lastBatch: { batch: readonly SimRequest[]; changes: readonly Change[] } = { batch: [], changes: [] }

  constructor(options: WorldOptions) {
    this.random = new Random(options.seed)
    this.#daemonRandom = new Random(~options.seed)
    this.#trace = options.trace
    this.disk = new Disk(
      {
        onCommitted: (changes) => this.#onCommitted(changes),
        onFailed: (changes) => this.witness.onFailed(changes, this.life?.dead ? 'crash' : 'commit'),
        diesAt: (point) => this.#diesAt(point),
      },
      options.onFile,
    )
    this.witness = new Witness({
      coverage: this.coverage,
      wall: this.clock.wallMs,
      mono: this.clock.monoMs,
      get: (sql, ...values) => this.#statement(sql).get(...values) as never,
      all: (sql, ...values) => this.#statement(sql).all(...values) as never,
      inTransaction: () => this.disk.db.inTransaction,
      requestOf: (link, id) => this.#requestOf(link, id),
      peerOf: (link) => this.actors.find((actor) => actor.link === link || actor.tokens.includes(link.token))?.peer,
      fail: (message) => this.fail(message),
      // What the disk of this machine has left is no part of the story.
      trace: (direction, link, text) => this.#trace.add(this.clock.monoMs(), `${direction}${link.number} ${text.replace(/"freeBytes":\d+/, '"freeBytes":0')}`),
      allowsSend: () => this.#allowsSend(),
    })
    this.network = new Network(this.clock, this.random, this.witness)
    this.admin = new Actor(this, { name: 'admin', kind: 'admin' })
  }

  /** Peers that joined and did not leave. */
  get peers(): Actor[] {
    return this.actors.filter((actor) => actor.kind === 'peer' && !actor.retired)
  }

  fail(message: string): void {
    this.violation ??= new Error(message)
  }

  note(text: string): void {
    this.#trace.add(this.clock.monoMs(), `* ${text}`)
  }

  after(ms: number, fn: () => void): void {
    this.clock.setTimer(fn, ms)
  }

  async start(reincarnate?: string): Promise<void> {
    this.life = new Life({
      clock: this.clock,
      disk: this.disk,
      random: this.#daemonRandom,
      contents: this.contents,
      onFatal: () => this.die(),
      onUnexpected: (error, message) => this.#onUnexpected(error, message),
      ...(reincarnate !== undefined && { reincarnate }),
    })
    if (reincarnate !== undefined) this.witness.onRestored()
    this.witness.offers.onLifeStart()
    const started = this.life.core.start()
    this.clock.advance(0)
    await started
    checkFiles(this)
  }

  /** The first start: the administrator and an enrolment, as the local files hold them. */
  async found(): Promise<string> {
    await this.start()
    const { pipeline } = (this.life as Life).core
    const admin = pipeline.execute((tx) => mintCredential(tx, this.random.bytes, null, 'simulation').token)
    const draft = { circle: 'main', roles: ['agent', 'service', 'orchestrator'], label: 'simulation', maxUses: null, expiresAt: null } as const
    const enrolment = pipeline.execute((tx) => mintEnrolment(tx, this.random.bytes, draft).token)
    this.clock.advance(0)
    this.admin.tokens.push(await admin)
    return enrolment
  }

  /** The process is gone; what is left is cleared away by {@link bury}. */
  die(): void {
    if (!this.life || this.life.dead) return
    this.note('the daemon dies')
    this.life.die()
  }

  /** Takes away what a dead process leaves: its connections break. */
  bury(): void {
    if (!this.life?.dead) return
    this.life.core.crash()
    this.life = undefined
    this.crashPlan = undefined
    this.#framesLeft = undefined
    this.disk.fault = undefined
    for (const link of this.network.links) if (link.serverOpen) this.network.processDied(link, this.random.chance(0.5))
    this.witness.onLifeEnd()
  }

  /** After each step: a dead process is cleared away, and nothing may be owed at the end of a turn. */
  settle(): void {
    this.bury()
    if (!this.life) return
    this.witness.offers.onTurnEnd()
    this.witness.sessions.onTurnEnd()
  }

  /** Stops in order; nothing may be left behind. */
  stop(): void {
    const { life } = this
    if (!life) return
    this.note('the daemon stops')
    this.disk.fault = undefined
    this.crashPlan = undefined
    life.core.stop()
    for (const link of this.network.links) if (link.serverOpen) this.fail(`link ${link.number} is still open after the stop`)
    if (life.timers > 0) this.fail(`${life.timers} timers are left after the stop`)
    life.die()
    this.life = undefined
    this.witness.onLifeEnd()
  }

  dial(token: string, actor: Actor): Link | undefined {
    if (!this.life || this.life.dead) return undefined
    const link = this.network.open(token)
    link.server = accept(this.life.core, token, link.port)
    if (link.server) return link
    link.clientOpen = false
    link.serverOpen = false
    this.note(`${actor.name} is refused`)
    return undefined
  }

  /** The network fails under an actor. */
  cutActor(actor: Actor): void {
    const { link } = actor
    if (!link) return
    this.coverage.fault('drop')
    this.witness.onWorldFault('drop')
    for (const packet of link.toServer) this.#markPacket(packet, 'drop')
    for (const packet of link.toClient) this.#markPacket(packet, 'drop')
    const knows = this.random.weighted([
      [{ client: true, server: true }, 70],
      [{ client: true, server: false }, 15],
      [{ client: false, server: true }, 15],
    ])
    this.note(`the network fails under ${actor.name}`)
    if (!knows.client) actor.checkPatience(link)
    this.network.cut(link, knows)
  }

  intent(actor: Actor, method: string, params: Record<string, unknown>): Intent {
    const given: Record<string, unknown> = { ...params }
    const field = SPEAKING[method]
    let token: string | undefined
    if (field || KEYED.has(method)) this.#lastToken += 1
    if (field) {
      token = `#${this.#lastToken}`
      given[field] = this.random.chance(0.05) ? `${token} ${'x'.repeat(this.random.between(1, 3_000))}` : token
    }
    const key = KEYED.has(method) ? `k${this.#lastToken}` : undefined
    if (key !== undefined) given['key'] = key
    const intent: Intent = {
      method,
      params: given,
      actor,
      peer: actor.peer,
      effects: new Set(),
      requests: [],
      ...(token !== undefined && { token }),
      ...(key !== undefined && { key }),
    }
    if (token !== undefined) this.witness.ledger.intents.set(token, intent)
    return intent
  }

  request(intent: Intent, link: Link): SimRequest {
    const id = this.requests.size + 1
    if (intent.method !== 'hello') {
      this.operations += 1
      this.coverage.operation(intent.method)
    }
    const request: SimRequest = { id, intent, link, marks: new Set(), arrival: 0, commitsAtArrival: 0, replied: false }
    intent.requests.push(request)
    this.requests.set(id, request)
    return request
  }

  /** Says something with a token; an actor that is offline says it when it is back. */
  speak(actor: Actor, method: string, params: Record<string, unknown>): void {
    const intent = this.intent(actor, method, params)
    if (!actor.online) actor.unsettled.push(intent)
    else actor.send(intent)
  }

  registerNack(actor: Actor, hand: InHand): string {
    this.#lastNack += 1
    const reason = `nack ${this.#lastNack}`
    this.witness.offers.nacks.set(reason, { peer: actor.peer ?? 0, delivery: numberOf(hand.delivery), attempt: hand.attempt })
    return reason
  }

  /** A fault of the whole world strikes all that is under way. */
  strikeAll(fault: Fault): void {
    this.coverage.fault(fault)
    for (const actor of this.actors) for (const request of actor.pending.values()) this.witness.mark(request, fault)
    this.witness.onWorldFault(fault)
  }

  armCommitFault(fault: CommitFault): void {
    this.disk.fault = fault
    this.disk.waitsForRare = this.random.chance(0.4)
    this.witness.lastTrouble = this.clock.monoMs()
  }

  meetIncarnation(tag: string): void {
    if (this.#incarnation !== undefined && this.#incarnation !== tag) for (const actor of this.actors) actor.forget()
    this.#incarnation = tag
  }

  actorOfPeer(id: string): Actor | undefined {
    return this.peers.find((actor) => actor.peer === numberOf(id)) ?? this.actors.find((actor) => actor.peer === numberOf(id))
  }

  joined(name: string, id: string, token: string): void {
    const actor = this.joining.get(name)
    if (!actor) return
    actor.peerId = id
    actor.retired = false
    actor.tokens.push(token)
  }

  learnName({ id, name }: { id: string; name: string }): void {
    const actor = this.actorOfPeer(id)
    if (actor) actor.name = name
  }

  learnRetired(id: string): void {
    const actor = this.actorOfPeer(id)
    if (actor) actor.retired = true
  }

  messageOf(thread: string | undefined): string | undefined {
    if (thread === undefined || !this.life) return undefined
    const row = this.#statement('SELECT head FROM threads WHERE id = ?').get(numberOf(thread)) as { head: number } | undefined
    return row ? this.life.core.store.id('message', row.head) : undefined
  }

  newestDeliveryOf(actor: Actor): string | undefined {
    // A process that died in this turn has let go of its file.
    if (!this.life) return undefined
    const row = this.#statement('SELECT max(id) AS id FROM deliveries WHERE peer_id = ?').get(actor.peer ?? 0) as { id: number | null }
    return row.id === null ? undefined : this.life.core.store.id('delivery', row.id)
  }

  spareEnrolment(): Record<string, unknown> | undefined {
    const enrolment = this.enrolments.pop()
    return enrolment === undefined ? undefined : { enrolment }
  }

  /** Each event follows the one committed before it: nothing is left out and nothing comes twice. */
  checkEventOrder(previous: string | undefined, next: string): void {
    const [before, now] = [decodeCursor(previous ?? ''), decodeCursor(next)]
    if (!now || before?.tag !== now.tag) return
    const { events } = this.witness.ledger
    const index = events.lastIndexOf(now.seq)
    if (index < 0) return this.fail(`event ${next} was sent and is not in the log`)
    if ((events[index - 1] ?? 0) > before.seq || before.seq >= now.seq)
      this.fail(`event ${next} was sent after ${previous}; the one before it is ${events[index - 1]}`)
  }

  /** Takes note of a request that the SDK sends, so that it is held to the promises as those of the actors are. */
  adopt(link: Link, actor: Actor, text: string): void {
    const { id, method, params } = JSON.parse(text) as { id: number | string; method: string; params: Record<string, unknown> }
    const key = typeof params['key'] === 'string' ? params['key'] : undefined
    let intent = this.#foreign.find((known) => key !== undefined && known.key === key && known.method === method)
    if (!intent) {
      const token = tokenOf(String(params['body'] ?? params['reason'] ?? ''))
      intent = {
        method,
        params,
        actor,
        peer: actor.peer,
        effects: new Set(),
        requests: [],
        ...(token !== undefined && { token }),
        ...(key !== undefined && { key }),
      }
      if (key !== undefined) this.#foreign.push(intent)
      if (token !== undefined) this.witness.ledger.intents.set(token, intent)
    }
    if (method === 'mailbox.nack') {
      const { delivery, attempt, reason } = params as { delivery: string; attempt: number; reason: string }
      this.witness.offers.nacks.set(reason, { peer: actor.peer ?? 0, delivery: numberOf(delivery), attempt })
    }
    const request: SimRequest = { id: Number(id), intent, link, marks: new Set(), arrival: 0, commitsAtArrival: 0, replied: false }
    intent.requests.push(request)
    this.operations += 1
    this.#foreignRequests.set(`${link.number} ${id}`, request)
  }

  #requestOf(link: Link, id: unknown): SimRequest | undefined {
    const foreign = this.#foreignRequests.get(`${link.number} ${id}`)
    if (foreign) return foreign
    const request = typeof id === 'number' ? this.requests.get(id) : undefined
    return request?.link === link ? request : undefined
  }

  #markPacket(packet: { readonly kind: string; readonly text?: string }, fault: Fault): void {
    const id = packet.kind === 'text' ? (JSON.parse(packet.text ?? '') as { id?: number }).id : undefined
    const request = id === undefined ? undefined : this.requests.get(id)
    if (request) this.witness.mark(request, fault)
  }

  #onCommitted(changes: Change[]): void {
    this.#lastBatch = { batch: this.witness.batch, changes }
    this.witness.onCommitted(changes)
    this.#trace.add(this.clock.monoMs(), `= ${changes.length}`)
  }

  #diesAt(point: 'before' | 'after'): boolean {
    const plan = this.crashPlan
    if (!plan || plan.point !== point || this.life?.dead) return false
    this.crashPlan = undefined
    if (plan.point === 'after') {
      this.witness.onDiedAfterCommit(this.#lastBatch.batch, this.#lastBatch.changes)
      this.#framesLeft = plan.frames
      if (plan.frames > 0) return false
    }
    this.die()
    return true
  }

  #allowsSend(): boolean {
    if (!this.life || this.life.dead) return false
    if (this.#framesLeft === undefined) return true
    this.#framesLeft -= 1
    if (this.#framesLeft >= 0) return true
    this.die()
    return false
  }

  #onUnexpected(error: unknown, message: string): void {
    if (this.life?.dead || (error instanceof Error && this.disk.injected.has(error))) return
    if (message.startsWith('unexpected') && error instanceof Error && error.cause instanceof Error && this.disk.injected.has(error.cause)) return
    this.fail(`${message}: ${error instanceof Error ? error.stack : String(error)}`)
  }

  #statement(sql: string): Database.Statement<unknown[]> {
    if (this.#statementsOf !== this.disk.db) {
      this.#statements.clear()
      this.#statementsOf = this.disk.db
    }
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.disk.db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}
