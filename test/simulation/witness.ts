import { OPERATIONS, type OperationName } from '../../src/contract/index.ts'
import { decodeId, ID_KINDS } from '../../src/ids.ts'
import type { Coverage, Fault } from './coverage.ts'
import { Fans } from './fans.ts'
import type { Change, Moved } from './journal.ts'
import { Ledger } from './ledger.ts'
import type { Link, LinkWatcher, ServerFrame } from './network.ts'
import { numberOf } from './numbers.ts'
import { Offers } from './offers.ts'
import type { Intent, SimRequest } from './requests.ts'
import { Sessions } from './sessions.ts'

/** What the witness sees of the world. */
export interface Scene {
  readonly coverage: Coverage
  wall(): number
  mono(): number
  get<Row>(sql: string, ...values: readonly unknown[]): Row | undefined
  all<Row>(sql: string, ...values: readonly unknown[]): Row[]
  inTransaction(): boolean
  requestOf(link: Link, id: unknown): SimRequest | undefined
  /** The number of the peer that a link speaks for. */
  peerOf(link: Link): number | undefined
  fail(message: string): void
  trace(direction: string, link: Link, text: string): void
  /** Called when the daemon has sent a frame; `false` when it died before. */
  allowsSend(): boolean
}

/** Stands at the daemon's doors and at its disk, and holds what passes to the promises. */
export class Witness implements LinkWatcher {
  readonly offers: Offers
  readonly ledger: Ledger
  readonly sessions: Sessions
  readonly fans: Fans
  readonly wall: () => number
  readonly mono: () => number
  readonly get: Scene['get']
  readonly all: Scene['all']
  readonly fail: (message: string) => void
  /** Monotonic time of the last fault that may make something late. */
  lastTrouble = 0
  commits = 0
  /** Requests that reached the daemon and belong to no commit yet. */
  batch: SimRequest[] = []
  readonly #scene: Scene
  readonly #retired = new Set<number>()
  /** For each credential, when the request arrived that revoked it. */
  readonly #revokedAt = new Map<number, number>()
  readonly #recent = new Map<Fault, number>()
  /** Commands of each peer that arrived and were not answered yet. */
  readonly #unanswered = new Map<number, Set<SimRequest>>()
  /** For each incarnation that ended, the last number of each kind that still counts. */
  readonly #ceilings = new Map<string, Map<string, number>>()
  #arrivals = 0
  /** Deliveries that the newest commit acked. */
  #acked: ReadonlySet<number> = new Set()

  constructor(scene: Scene) {
    this.#scene = scene
    this.wall = scene.wall
    this.mono = scene.mono
    this.get = scene.get
    this.all = scene.all
    this.fail = scene.fail
    this.offers = new Offers(this)
    this.ledger = new Ledger(this)
    this.sessions = new Sessions(this)
    this.fans = new Fans(this)
  }

  /** Whether a peer has asked for something that may be what was just committed. */
  hasAsked(peer: number): boolean {
    return (this.#unanswered.get(peer)?.size ?? 0) > 0
  }

  isPull(peer: number): boolean {
    return this.get<{ mode: string }>('SELECT mode FROM peers WHERE id = ?', peer)?.mode === 'pull'
  }

  isRetired(peer: number): boolean {
    return this.#retired.has(peer)
  }

  /** Whether an id is of something that a restore has undone. */
  isUndone(id: string): boolean {
    const decoded = decodeId(id)
    if (!decoded) return false
    const ceiling = this.#ceilings.get(decoded.tag)?.get(decoded.kind)
    // An older copy may be from before the incarnation began.
    return (ceiling !== undefined && decoded.number > ceiling) || !this.get('SELECT 1 FROM incarnations WHERE tag = ?', decoded.tag)
  }

  /** A fault of the whole world counts against what the next commits do. */
  onWorldFault(fault: Fault): void {
    // A start and the clients that come back take some commits of their own.
    this.#recent.set(fault, this.commits + (fault === 'restart' || fault === 'restore' ? 40 : 6))
    this.lastTrouble = this.mono()
  }

  onServerSend(link: Link, frame: ServerFrame, text: string): boolean {
    const { inTransaction, allowsSend, trace } = this.#scene
    if (!allowsSend()) return false
    if (inTransaction()) this.fail(`a frame left before its commit: ${text.slice(0, 200)}`)
    trace('<', link, text)
    if (frame.method === 'mailbox.deliver') this.#onDeliver(link, frame.params as never)
    else if (frame.method === 'thread.closed') this.offers.onThreadClosed(link, numberOf(frame.params?.['thread']))
    else if (frame.method === undefined) this.#onReply(link, frame)
    return true
  }

  onServerClose(link: Link, code: number | undefined): void {
    this.sessions.onConnectionEnd(link)
    this.offers.onConnectionEnd(link, code === 1000 || code === 1012 ? 'orderly' : 'lost')
  }

  onServerRead(link: Link, text: string, late: boolean, overtook: boolean): void {
    this.#scene.trace('>', link, text)
    const request = this.#scene.requestOf(link, (JSON.parse(text) as { id?: unknown }).id)
    if (!request) return
    this.#arrivals += 1
    request.arrival = this.#arrivals
    request.commitsAtArrival = this.commits
    if (late) this.mark(request, 'delay')
    if (overtook) this.mark(request, 'reorder')
    const peer = this.#scene.peerOf(link)
    if (request.intent.method === 'sessions.watch' && peer !== undefined) this.sessions.onWatching(request, peer)
    if (!isCommand(request.intent.method)) return
    this.batch.push(request)
    if (peer === undefined) return
    const own = this.#unanswered.get(peer)
    if (own) own.add(request)
    else this.#unanswered.set(peer, new Set([request]))
  }

  mark(request: SimRequest, fault: Fault): void {
    if (request.marks.has(fault)) return
    request.marks.add(fault)
    this.#scene.coverage.struck(fault, request.intent.method)
  }

  onFailed(changes: readonly Change[], fault: Fault): void {
    const { coverage } = this.#scene
    for (const request of this.batch) this.mark(request, fault)
    for (const name of transitionsOf(changes)) coverage.struckTransition(fault, name)
    this.batch = []
    this.lastTrouble = this.mono()
  }

  onCommitted(changes: readonly Change[]): void {
    this.commits += 1
    this.#inBatch = this.batch
    this.#acked = new Set(changes.flatMap((change) => (change.what === 'moved' && change.state === 'acked' ? [change.id] : [])))
    for (const change of changes) {
      if (change.what === 'retired') this.#retired.add(change.id)
    }
    this.offers.onCommitted(changes)
    this.fans.onCommitted(changes)
    this.ledger.onCommitted(changes)
    this.sessions.onCommitted(this.batch)
    for (const change of changes) if (change.what === 'seen') this.sessions.onSeen(change, [...(this.#unanswered.get(change.peer) ?? [])])
    this.#checkCredentials(changes)
    const marks = new Set(this.batch.flatMap((request) => [...request.marks]))
    for (const [fault, until] of this.#recent) if (until > this.commits) marks.add(fault)
    for (const name of transitionsOf(changes)) {
      this.#scene.coverage.transition(name)
      for (const fault of marks) this.#scene.coverage.struckTransition(fault, name)
    }
    this.batch = []
  }

  /** The commit is on the disk and the process dies before it could say so. */
  onDiedAfterCommit(batch: readonly SimRequest[], changes: readonly Change[]): void {
    for (const request of batch) this.mark(request, 'crash')
    for (const name of transitionsOf(changes)) this.#scene.coverage.struckTransition('crash', name)
  }

  onLifeEnd(): void {
    this.offers.onLifeEnd()
    this.sessions.onLifeEnd()
    this.batch = []
  }

  onRestored(): void {
    const last = new Map(this.all<{ kind: string; last: number }>('SELECT kind, last FROM counters').map((row) => [row.kind, row.last]))
    for (const [tag, known] of this.#ceilings) {
      // A kind that the copy does not count yet is undone as a whole.
      this.#ceilings.set(tag, new Map(Object.keys(ID_KINDS).map((kind) => [kind, Math.min(last.get(kind) ?? 0, known.get(kind) ?? Number.MAX_SAFE_INTEGER)])))
    }
    this.offers.onRestored()
    this.sessions.onRestored()
    this.ledger.onRestored()
    this.fans.onRestored()
    this.#retired.clear()
    this.#revokedAt.clear()
    for (const { id } of this.all<{ id: number }>('SELECT id FROM peers WHERE retired_at IS NOT NULL')) this.#retired.add(id)
  }

  #onDeliver(link: Link, params: { delivery: string; attempt: number; redelivered: boolean; owed: boolean; message: { id: string; body: string } }): void {
    const id = numberOf(params.delivery)
    if (params.owed) return this.offers.onOwed(link, id)
    this.offers.onDeliver(link, { id, attempt: params.attempt, redelivered: params.redelivered })
    const cause = this.ledger.intentOf(params.message.body)
    if (!cause || params.redelivered) return
    // A reply precedes any delivery that its operation caused. Repeats in the same batch found it done.
    const first = this.#inBatch.find((request) => request.intent === cause)
    if (first && !first.replied && first.link.serverOpen)
      this.fail(`delivery ${id} left before the reply to request ${first.id} (${cause.method}) that caused it`)
  }

  /** Requests of the newest commit: their replies are due before what they caused. */
  #inBatch: readonly SimRequest[] = []

  #onReply(link: Link, frame: ServerFrame): void {
    const request = this.#scene.requestOf(link, frame.id)
    if (!request) return
    request.replied = true
    this.#unanswered.get(this.#scene.peerOf(link) ?? 0)?.delete(request)
    const { intent } = request
    const code = frame.error?.data.code
    this.#scene.coverage.outcome(code ? `${intent.method} ${code}` : intent.method)
    if (code === 'internal' || code === 'invalid_frame' || code === 'unknown_operation') this.fail(`${intent.method} was answered with ${code}`)
    if (code !== undefined) this.#checkUndone(link, request)
    if (code !== undefined) this.sessions.onRefused(request)
    if (code === undefined) this.#onSuccess(link, request, frame.result ?? {})
    else if (isUnrefusable(intent.method) && ['mailbox_full', 'thread_full', 'pair_parked'].includes(code))
      this.fail(`${intent.method} was refused with ${code}`)
  }

  /** A command that is refused acks nothing either. */
  #checkUndone(link: Link, request: SimRequest): void {
    const delivery = request.intent.params['delivery']
    const own = this.#inBatch.filter((other) => this.#scene.peerOf(other.link) === this.#scene.peerOf(link))
    if (delivery === undefined || own.length !== 1 || own[0] !== request) return
    const id = numberOf(delivery)
    if (this.#acked.has(id)) this.fail(`${request.intent.method} was refused, and delivery ${id} was acked by it`)
  }

  #onSuccess(link: Link, request: SimRequest, result: Record<string, unknown>): void {
    const { intent } = request
    if (isCommand(intent.method) && request.commitsAtArrival === this.commits) this.fail(`${intent.method} was confirmed before a commit`)
    this.#checkNamed(intent.method, intent.params)
    this.#learns[intent.method]?.(link, request, result as never)
    if (intent.token !== undefined) this.#confirm(intent, result)
  }

  readonly #learns: Readonly<Record<string, (link: Link, request: SimRequest, result: never) => void>> = {
    hello: (link, { intent }, result) => this.#onHello(link, intent.params, result),
    'threads.wait': (_link, _request, result) => this.#checkWait(result),
    'fans.get': (_link, { intent }, result: { after: string | null }) =>
      this.fans.onRead(result as never, result.after === null && intent.params['after'] === undefined),
    'fans.wait': (_link, _request, result) => this.fans.onWaited(result),
    'mailbox.ack': (link, { intent }) => this.#checkAcked(this.#scene.peerOf(link), intent.params['deliveries'] as string[]),
    'sessions.watch': (link, request, result) => this.sessions.onWatched(link, request, result),
    'sessions.boundary': (link, request, result) => {
      const peer = this.#scene.peerOf(link)
      const alone = this.#inBatch.length === 1 && this.#inBatch[0] === request && request.intent.requests.length === 1
      if (peer !== undefined) this.sessions.onBoundary(link, request, result, peer, alone)
    },
    'messages.search': (_link, _request, result) => this.#checkHits(result),
    'mailbox.extend': (_link, { intent }, result) => this.#onExtended(intent.params, result),
    'credentials.revoke': (_link, { intent, arrival }) => void this.#revokedAt.set(numberOf(intent.params['credential']), arrival),
  }

  #onHello(link: Link, params: Readonly<Record<string, unknown>>, hello: { node: { incarnation: string }; you: { credential?: string } }): void {
    const { incarnation } = hello.node
    if (!this.#ceilings.has(incarnation)) this.#ceilings.set(incarnation, new Map())
    link.credential = numberOf(hello.you.credential)
    const peer = this.#scene.peerOf(link)
    if (params['consume'] === true && peer !== undefined) this.offers.onConsuming(peer, link, (params['prefetch'] as number | undefined) ?? 32)
  }

  /** What is confirmed is stored, and a repeat is told the same. */
  #confirm(intent: Intent, result: Record<string, unknown>): void {
    const { method, token, key, effects, confirmed } = intent
    const named = method === 'threads.cancel' || method === 'fans.cancel' ? [] : messagesNamed(result)
    // A reply that reaches nobody any more, and a cancel, name no message.
    const numbers = named?.length === 0 && method !== 'threads.notify' ? [...effects] : named
    // Where everybody was refused, nothing was done, and the key is free.
    if (numbers === undefined || numbers.length === 0) return
    const missing = numbers.filter((id) => !effects.has(id))
    if (missing.length > 0) this.fail(`${method} ${token} was confirmed with messages ${missing.join()}, which are not stored for it`)
    if (confirmed && confirmed.join() !== numbers.join())
      this.fail(`${method} with key ${key} was answered with ${numbers.join()} and before with ${confirmed.join()}`)
    intent.confirmed = numbers
  }

  /** An id of something that a restore undid names nothing, least of all what has its number now. */
  #checkNamed(method: string, params: Readonly<Record<string, unknown>>): void {
    for (const id of [params['thread'], params['delivery'], params['message'], params['upTo'], params['id'], params['causedBy'], params['fan']]) {
      if (typeof id === 'string' && this.isUndone(id)) this.fail(`${method} found ${id}, which a restore has undone`)
    }
  }

  /** A search shows what is there at that moment, and nothing that was redacted. */
  #checkHits({ hits }: { hits: readonly { readonly message: string }[] }): void {
    for (const { message } of hits) {
      const row = this.get<{ redacted_at: number | null }>('SELECT redacted_at FROM messages WHERE id = ?', numberOf(message))
      if (row?.redacted_at !== null) this.fail(`a search found ${message}, which ${row ? 'was redacted' : 'is not stored'}`)
    }
  }

  #checkWait({ thread, timedOut }: { thread: { id: string; state: string }; timedOut: boolean }): void {
    if (timedOut && thread.state !== 'open' && thread.state !== 'notice') this.fail(`a wait for ${thread.id} was told of its end only when its time was over`)
  }

  #checkAcked(peer: number | undefined, deliveries: readonly string[]): void {
    for (const id of deliveries) {
      // What a restore has undone is passed over, and its number may be another's by now.
      if (this.isUndone(id)) continue
      const row = this.get<{ state: string; peer_id: number }>('SELECT state, peer_id FROM deliveries WHERE id = ?', numberOf(id))
      if (row?.peer_id === peer && (row?.state === 'queued' || row?.state === 'offered')) this.fail(`the ack of ${id} was confirmed, and it is ${row.state}`)
    }
  }

  #onExtended(params: Readonly<Record<string, unknown>>, result: Record<string, unknown>): void {
    const stale = new Set(result['stale'] as string[])
    const named = (params['deliveries'] as { delivery: string }[]).map(({ delivery }) => delivery)
    this.offers.onExtended(named.filter((id) => !stale.has(id)).map(numberOf))
  }

  /** Nothing that arrived on a credential after its revocation may take effect. */
  #checkCredentials(changes: readonly Change[]): void {
    const revoked = changes.flatMap((change) => (change.what === 'revoked' ? [change.id] : []))
    for (const credential of revoked) {
      // One that was refused before, on a full disk, is no end of it.
      const isEnd = ({ intent, replied }: SimRequest) =>
        intent.method === 'credentials.revoke' && !replied && numberOf(intent.params['credential']) === credential
      const by = this.batch.find(isEnd)
      if (by) this.#revokedAt.set(credential, by.arrival)
    }
    for (const request of this.batch) {
      const end = this.#revokedAt.get(request.link.credential ?? 0)
      if (end === undefined || request.arrival < end || request.intent.token === undefined) continue
      const effect = changes.find((change) => change.what === 'message' && this.ledger.intentOf(change.body) === request.intent)
      const others = this.batch.some((other) => other !== request && other.intent === request.intent)
      if (effect && !others) this.fail(`${request.intent.method} took effect on a credential that was revoked before it arrived`)
    }
  }
}

function isCommand(method: string): boolean {
  return OPERATIONS[method as OperationName]?.kind === 'command'
}

function isUnrefusable(method: string): boolean {
  return method === 'threads.answer' || method === 'threads.decline' || method === 'threads.cancel' || method === 'fans.cancel'
}

/** The messages that a success names. */
function messagesNamed(result: Record<string, unknown>): number[] | undefined {
  if (typeof result['message'] === 'string') return [numberOf(result['message'])]
  const sent = result['sent'] as { message: string }[] | undefined
  return sent ? [...new Set(sent.map(({ message }) => numberOf(message)))].sort((a, b) => a - b) : undefined
}

const TOLD: ReadonlySet<string> = new Set(['reply', 'remind'])
const SIMPLE: Partial<Record<Change['what'], string[]>> = {
  fan: ['fan opened'],
  redacted: ['message redacted'],
  retired: ['peer retired'],
  revoked: ['credential revoked'],
  delivery: ['delivery queued'],
  seen: ['delivery seen'],
}
const MOVES: Readonly<Record<string, string>> = {
  acked: 'acked',
  superseded: 'superseded',
  withdrawn: 'withdrawn',
  expired: 'expired',
  dead: 'dead',
  offered: 'handed over',
}

/** The transitions that changes amount to, by name. */
function transitionsOf(changes: readonly Change[]): string[] {
  return changes.flatMap((change): string[] => {
    switch (change.what) {
      case 'thread':
        return [`thread opened (${change.kind})`]
      case 'closed':
        return [`thread ${change.state}`]
      case 'fanEnded':
        return [`fan ${change.state}`]
      case 'message':
        return change.late ? ['message late'] : TOLD.has(change.kind) ? [`message ${change.kind}`] : []
      case 'moved':
        return [moveOf(change)]
      default:
        return SIMPLE[change.what] ?? []
    }
  })
}

function moveOf({ was, state, attempt, wasAttempt, failures, wasFailures }: Moved): string {
  if (was === 'dead') return state === 'queued' ? 'delivery replayed' : 'delivery discarded'
  if (state !== 'queued') return `delivery ${MOVES[state]}`
  if (failures > wasFailures) return 'delivery failed'
  return attempt > wasAttempt ? 'delivery lost' : 'delivery returned'
}
