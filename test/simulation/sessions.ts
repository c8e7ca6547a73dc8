import { LIMITS } from '../../src/limits.ts'
import type { Seen } from './journal.ts'
import type { Link } from './network.ts'
import { numberOf } from './numbers.ts'
import type { SimRequest } from './requests.ts'
import type { Witness } from './witness.ts'

interface BoundaryResult {
  readonly items: readonly { readonly delivery: { readonly id: string } }[]
  readonly owed: readonly unknown[]
  readonly waiting: number
  readonly turn: string
}

interface Row {
  readonly id: number
  readonly peer_id: number
  readonly thread_id: number
  readonly state: string
  readonly priority: number
  readonly attempt: number
  readonly failures: number
  readonly holder: number | null
}

/** The least pressing priority that a boundary may carry, and the one that something of it must have. */
const CARRIES: Readonly<Record<string, readonly [upTo: number, needs: number]>> = {
  start: [3, 3],
  prompt: [3, 3],
  tool: [1, 1],
  stop: [3, 2],
  wake: [3, 2],
  permission: [-1, -1],
  end: [-1, -1],
}
/** In the middle of a turn a wake carries what was worth it, and so does the prompt that it becomes. */
const CARRIES_AMID = [1, 1] as const
/** What may come between the two. */
const WITHIN_TURN = new Set(['tool', 'permission', 'wake'])
const ENDS_TURN = new Set(['stop', 'end'])
const FETCHES = new Set(['sessions.boundary', 'mailbox.inbox'])
const TURNS = new Set(['sessions.boundary', 'peers.describe'])
/** What several frames of one turn of the world change is looked at after the last of them. */
const LENIENCE_MS = 1_000

/** What is promised about agent sessions: what a boundary carries, what counts as seen, and how often a session is woken. */
export class Sessions {
  /** For each credential, when it was last woken and has not fetched since. */
  readonly #wokenAt = new Map<number, { readonly peer: number; readonly at: number }>()
  /** Wakes that may be outstanding: a fetch that was refused ends none, and a clock step begins one anew. */
  readonly #leases = new Map<number, number>()
  readonly #committed = new Set<SimRequest['intent']>()
  /** Their replies hand over what is left of what the first one did. */
  readonly #repeated = new Set<SimRequest['intent']>()
  /** For each credential that has fetched in this life of the daemon, the turn that it is in, as far as that is certain. */
  readonly #turns = new Map<number, string>()
  /** Wakes, and the prompts that they became, that were certainly carried out in the middle of a turn. */
  readonly #amid = new Set<SimRequest['intent']>()
  /** For each credential, when it was handed something by a wake in the middle of the turn that it is still in. */
  readonly #steeredAt = new Map<number, number>()
  /** What the same batch has followed by another turn. */
  readonly #outdated = new Set<SimRequest['intent']>()
  /** What the same batch has followed by the end of the turn, or by the prompt. */
  readonly #overtaken = new Set<SimRequest['intent']>()
  /** Watches that are not settled, and since when they should be. */
  readonly #watches = new Map<SimRequest, { readonly peer: number; dueSince: number | undefined }>()
  readonly #witness: Witness

  constructor(witness: Witness) {
    this.#witness = witness
  }

  onWatching(request: SimRequest, peer: number): void {
    this.#watches.set(request, { peer, dueSince: undefined })
  }

  onRefused(request: SimRequest): void {
    this.#watches.delete(request)
  }

  onConnectionEnd(link: Link): void {
    for (const request of this.#watches.keys()) if (request.link === link) this.#watches.delete(request)
    // What a session said of itself counts while it is connected.
    this.#turns.delete(link.credential ?? 0)
  }

  onLifeEnd(): void {
    this.#watches.clear()
    this.#turns.clear()
    this.#steeredAt.clear()
  }

  onRestored(): void {
    this.#wokenAt.clear()
  }

  onCommitted(batch: readonly SimRequest[]): void {
    const earlier = new Map<number, SimRequest['intent'][]>()
    for (const { intent, link } of batch) {
      const credential = link.credential ?? 0
      this.#noteOrder(intent, earlier.get(credential) ?? [])
      if (TURNS.has(intent.method)) earlier.set(credential, [...(earlier.get(credential) ?? []), intent])
      if (FETCHES.has(intent.method)) this.#wokenAt.delete(credential)
      if (intent.method === 'sessions.boundary') (this.#committed.has(intent) ? this.#repeated : this.#committed).add(intent)
      this.#noteAmid(intent, credential)
      // Until the reply says what became of it.
      if (TURNS.has(intent.method)) this.#turns.delete(credential)
    }
  }

  /** Replies come after the whole batch: what a later one has changed again, an earlier one no longer says. */
  #noteOrder({ method, params }: SimRequest['intent'], earlier: readonly SimRequest['intent'][]): void {
    if (!TURNS.has(method)) return
    const at = String(params['at'])
    for (const one of earlier) {
      if (at !== 'wake') this.#outdated.add(one)
      if (!WITHIN_TURN.has(at)) this.#overtaken.add(one)
    }
  }

  #noteAmid(intent: SimRequest['intent'], credential: number): void {
    if (!TURNS.has(intent.method)) return
    const at = String(intent.params['at'])
    const steeredAt = this.#steeredAt.get(credential) ?? Number.NEGATIVE_INFINITY
    const isSteered = this.#witness.mono() - steeredAt < LIMITS.wakeLeaseMs - LENIENCE_MS
    if (!this.#repeated.has(intent) && (at === 'wake' ? this.#turns.get(credential) === 'working' : at === 'prompt' && isSteered)) this.#amid.add(intent)
    if (!WITHIN_TURN.has(at)) this.#steeredAt.delete(credential)
  }

  /** Something counts as seen: a session of that very peer must have said so, of something it was handed. */
  onSeen({ id, peer, message, before, state, attempt }: Seen, asked: readonly SimRequest[]): void {
    const { fail } = this.#witness
    if (before !== null) fail(`delivery ${id} was seen for the second time`)
    if (attempt === 0) fail(`delivery ${id} was seen and never handed over`)
    if (state === 'queued' || state === 'offered') fail(`delivery ${id} was seen and still is ${state}`)
    const isNamed = asked.some(({ intent }) => {
      const seen = intent.params['seen'] as string[] | undefined
      return intent.method === 'sessions.boundary' && seen?.some((id) => numberOf(id) === message && !this.#witness.isUndone(id))
    })
    if (!isNamed) fail(`delivery ${id} of message ${message} was seen, and no session of peer ${peer} says so`)
  }

  onWatched(link: Link, request: SimRequest, { wake, waiting }: { readonly wake: boolean; readonly waiting: number }): void {
    const { fail, mono } = this.#witness
    const peer = this.#watches.get(request)?.peer ?? 0
    this.#watches.delete(request)
    const queued = this.#queued(peer)
    if (waiting !== queued.length) fail(`a watch says that ${waiting} wait, and ${queued.length} do`)
    if (!wake) return
    if (!queued.some(({ priority }) => priority <= 2)) fail(`peer ${peer} was woken, and nothing is worth it`)
    const credential = link.credential ?? 0
    const before = this.#wokenAt.get(credential)
    if (before && mono() - before.at < LIMITS.wakeLeaseMs) fail(`session ${credential} was woken again after ${mono() - before.at} ms`)
    this.#wokenAt.set(credential, { peer, at: mono() })
    this.#leases.set(peer, mono())
  }

  /** @param alone whether nothing else was committed with it that could have changed the same */
  onBoundary(link: Link, { intent }: SimRequest, result: BoundaryResult, peer: number, alone: boolean): void {
    const { fail } = this.#witness
    const at = String(intent.params['at'])
    if (!this.#outdated.has(intent) && (at !== 'wake' || result.items.length > 0)) this.#turns.set(link.credential ?? 0, at === 'end' ? 'over' : result.turn)
    const rows = result.items.map(({ delivery }) => this.#row(numberOf(delivery.id)))
    const foreign = rows.find((row) => row?.peer_id !== peer || (row.state === 'offered' && row.holder !== link.credential))
    if (rows.includes(undefined) || foreign) fail(`a boundary of peer ${peer} carries delivery ${foreign?.id}, which is not in the hand of its session`)
    const [upTo, needs] = this.#carries(at, link, intent, result)
    if (rows.some((row) => row && row.priority > upTo)) fail(`${at} carries what it may not: ${rows.map((row) => row?.priority).join()}`)
    if (rows.length > 0 && !this.#repeated.has(intent) && !rows.some((row) => row && row.priority <= needs)) fail(`${at} carries only what is not worth it`)
    if (at !== 'start' && result.owed.length > 0) fail(`${at} presents what is owed`)
    if (alone) this.#checkAfter(at, link, intent.params['seen'] as string[] | undefined, result, peer)
  }

  /** What a boundary may carry and must have. */
  #carries(at: string, link: Link, intent: SimRequest['intent'], { items }: BoundaryResult): readonly [upTo: number, needs: number] {
    const isAmid = this.#amid.has(intent) && !this.#repeated.has(intent)
    if (isAmid && at === 'wake' && items.length > 0 && !this.#overtaken.has(intent)) this.#steeredAt.set(link.credential ?? 0, this.#witness.mono())
    return isAmid ? CARRIES_AMID : (CARRIES[at] as readonly [number, number])
  }

  /** Nothing that is worth a wake may lie there while somebody watches over a session that is at rest. */
  onTurnEnd(): void {
    const now = this.#witness.mono()
    for (const [{ link }, watch] of this.#watches) {
      const turn = this.#turns.get(link.credential ?? 0)
      const isDue = (turn === 'idle' || turn === 'unknown') && !this.#isWoken(watch.peer) && this.#isWorthAWake(watch.peer)
      watch.dueSince = isDue ? (watch.dueSince ?? now) : undefined
      if (now - (watch.dueSince ?? now) > LENIENCE_MS) this.#witness.fail(`a watch over peer ${watch.peer} should have been settled`)
    }
  }

  #checkAfter(at: string, link: Link, seen: readonly string[] | undefined, { items, waiting, turn }: BoundaryResult, peer: number): void {
    const { fail, get, all } = this.#witness
    const queued = this.#queued(peer).length
    if (waiting !== queued) fail(`${at} says that ${waiting} wait, and ${queued} do`)
    const stored = get<{ turn: string }>('SELECT turn FROM peers WHERE id = ?', peer)?.turn
    if (stored !== turn) fail(`${at} says that the turn is ${turn}, and it is ${stored}`)
    const handed = new Set(items.map(({ delivery }) => numberOf(delivery.id)))
    const held = all<Row>("SELECT * FROM deliveries WHERE peer_id = ? AND state = 'offered' AND state IN ('queued', 'offered')", peer)
    const kept = held.find((row) => row.holder === link.credential && !handed.has(row.id))
    if (ENDS_TURN.has(at) && kept) fail(`${at} ended the turn, and delivery ${kept.id} is still in hand`)
    for (const id of seen ?? []) {
      if (this.#witness.isUndone(id)) continue
      const rows = all<Row>(
        'SELECT d.* FROM messages m JOIN deliveries d ON d.id BETWEEN m.first_delivery AND m.first_delivery + m.delivery_count - 1 WHERE m.id = ?',
        numberOf(id),
      )
      const row = rows.find((candidate) => candidate.peer_id === peer && candidate.attempt > 0)
      // What is handed over by this very boundary was not in the transcript yet.
      if (row && !handed.has(row.id) && (row.state === 'queued' || row.state === 'offered'))
        fail(`delivery ${row.id} is in the transcript, and still ${row.state}`)
    }
  }

  #isWoken(peer: number): boolean {
    const at = this.#leases.get(peer)
    return at !== undefined && this.#witness.mono() - at < 2 * LIMITS.wakeLeaseMs
  }

  /** Whether there is something that never failed, in a thread of which nothing is in hand or ever failed: it has nothing to wait for. */
  #isWorthAWake(peer: number): boolean {
    const rows = this.#witness.all<Row>("SELECT * FROM deliveries WHERE peer_id = ? AND state IN ('queued', 'offered')", peer)
    const kept = new Set(rows.flatMap((row) => (row.state === 'offered' || row.failures > 0 ? [row.thread_id] : [])))
    return rows.some((row) => row.state === 'queued' && row.priority <= 2 && !kept.has(row.thread_id))
  }

  #queued(peer: number): Row[] {
    return this.#witness.all<Row>("SELECT * FROM deliveries WHERE peer_id = ? AND state = 'queued' AND state IN ('queued', 'offered')", peer)
  }

  #row(id: number): Row | undefined {
    return this.#witness.get<Row>('SELECT * FROM deliveries WHERE id = ?', id)
  }
}
