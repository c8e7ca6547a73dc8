import { LIMITS } from '../../src/limits.ts'
import type { Change, Moved } from './journal.ts'
import type { Link } from './network.ts'
import type { Witness } from './witness.ts'

interface Offer {
  readonly id: number
  readonly peer: number
  readonly thread: number
  readonly control: boolean
  readonly attempt: number
  readonly link: Link
  /** Monotonic time of the offer or of its newest extension. */
  since: number
}

export interface Known {
  readonly id: number
  readonly message: number
  readonly thread: number
  readonly peer: number
  readonly priority: number
  solicited: boolean
  state: string
}

/** A nack as it was sent. */
export interface Nack {
  readonly peer: number
  readonly delivery: number
  readonly attempt: number
}

const TIMED_OUT = 'nobody acked it in time'
const TURN_ENDED = 'the turn ended without an ack'
/** A suspend is noticed at the next wake; a full disk is tried again after 5 s; a failed commit once more. */
const LATENESS_MS = 2 * LIMITS.maxTimerMs + 30_000

function isInHand(other: Known, than: Known): boolean {
  return other.id !== than.id && other.peer === than.peer && other.priority !== 0 && other.state === 'offered'
}

/** What is promised about offers: their order, how many at a time, their attempts, their failures and their backoff. */
export class Offers {
  readonly active = new Map<number, Offer>()
  readonly deliveries = new Map<number, Known>()
  readonly byThread = new Map<number, number[]>()
  readonly nacks = new Map<string, Nack>()
  /** Offers whose connection has ended and whose end is not stored yet. */
  readonly #returning = new Map<number, { readonly offer: Offer; readonly how: 'orderly' | 'lost' }>()
  readonly #backoffUntil = new Map<number, number>()
  readonly #offered = new Set<number>()
  readonly #consumers = new Map<number, Link>()
  readonly #prefetch = new Map<Link, number>()
  /** Asks that a new consumer must be presented again. */
  readonly #owed = new Map<Link, Set<number>>()
  readonly #heldSince = new Map<number, number>()
  /** Deliveries that the newest commit stored or moved: their order among themselves is that of their commands. */
  readonly #fresh = new Set<number>()
  /** `thread.closed` frames that must still be sent in this turn. */
  readonly #toTell = new Map<string, { readonly link: Link; frames: number; told: boolean }>()
  readonly #witness: Witness

  constructor(witness: Witness) {
    this.#witness = witness
  }

  onConsuming(peer: number, link: Link, prefetch: number): void {
    this.#consumers.set(peer, link)
    this.#prefetch.set(link, prefetch)
    const owed = this.#witness.all<{ id: number }>(
      `SELECT d.id FROM open_asks o JOIN threads t ON t.id = o.thread_id JOIN messages m ON m.id = t.head JOIN deliveries d ON d.id = m.first_delivery
       WHERE o.recipient_id = ? AND d.state = 'acked'`,
      peer,
    )
    this.#owed.set(link, new Set(owed.map(({ id }) => id)))
  }

  #isOwed(delivery: number): boolean {
    return this.#witness.get('SELECT 1 FROM deliveries d JOIN open_asks o ON o.thread_id = d.thread_id WHERE d.id = ?', delivery) !== undefined
  }

  isConsumer(peer: number, link: Link): boolean {
    return this.#consumers.get(peer) === link
  }

  /** A `mailbox.deliver` that presents an ask again without offering it. */
  onOwed(link: Link, id: number): void {
    this.#owed.get(link)?.delete(id)
    const row = this.#row(id)
    if (row?.state !== 'acked') this.#witness.fail(`owed delivery ${id} is ${row?.state}, not acked`)
  }

  onDeliver(link: Link, params: { readonly id: number; readonly attempt: number; readonly redelivered: boolean }): void {
    const { id, attempt } = params
    const row = this.#row(id)
    const known = this.deliveries.get(id)
    if (!row || !known) return this.#witness.fail(`delivery ${id} was sent before it was stored`)
    if (row.state !== 'queued') this.#witness.fail(`delivery ${id} was offered while ${row.state}`)
    if (!this.isConsumer(known.peer, link)) this.#witness.fail(`delivery ${id} was offered on a connection that does not consume mailbox ${known.peer}`)
    if (attempt !== row.attempt + 1) this.#witness.fail(`delivery ${id} was offered as attempt ${attempt} after ${row.attempt} that ended`)
    if (this.active.has(id)) this.#witness.fail(`delivery ${id} was offered twice at a time`)
    if (this.#offered.has(id) && !params.redelivered) this.#witness.fail(`delivery ${id} was offered before, and its new offer does not say so`)
    this.#mayBeOffered(known, link)
    this.#offered.add(id)
    this.#returning.delete(id)
    this.active.set(id, { id, peer: known.peer, thread: known.thread, control: known.priority === 0, attempt, link, since: this.#witness.mono() })
  }

  onThreadClosed(link: Link, thread: number): void {
    const owed = this.#toTell.get(`${link.number} ${thread}`)
    if (owed && owed.frames > 0) {
      owed.frames -= 1
      owed.told = true
    } else this.#witness.fail(`thread.closed for thread ${thread}, of which the consumer has nothing in hand`)
  }

  onExtended(ids: readonly number[]): void {
    for (const id of ids) {
      const offer = this.active.get(id)
      if (offer) offer.since = this.#witness.mono()
    }
  }

  onConnectionEnd(link: Link, how: 'orderly' | 'lost'): void {
    for (const [id, offer] of this.active) {
      if (offer.link !== link) continue
      this.active.delete(id)
      this.#returning.set(id, { offer, how })
    }
    for (const [key, owed] of this.#toTell) if (owed.link === link) this.#toTell.delete(key)
    for (const [peer, consumer] of this.#consumers) if (consumer === link) this.#consumers.delete(peer)
    this.#prefetch.delete(link)
  }

  /** The process has ended: what was in the air ends without a trace. */
  onLifeEnd(): void {
    this.active.clear()
    this.#returning.clear()
    this.#consumers.clear()
    this.#prefetch.clear()
    this.#toTell.clear()
    this.#owed.clear()
    this.#heldSince.clear()
    this.#backoffUntil.clear()
  }

  /** The next life has begun: every backoff and every handover has its full period before it. */
  onLifeStart(): void {
    const rows = this.#witness.all<{ id: number; state: string; backoff_ms: number }>(
      "SELECT id, state, backoff_ms FROM deliveries WHERE state IN ('queued', 'offered') AND (state = 'offered' OR backoff_ms > 0)",
    )
    for (const row of rows) {
      if (row.state === 'offered') this.#heldSince.set(row.id, this.#witness.mono())
      else this.#backoffUntil.set(row.id, this.#witness.mono() + row.backoff_ms)
    }
  }

  /** An older copy is in place: only what it holds was ever delivered. */
  onRestored(): void {
    this.deliveries.clear()
    this.byThread.clear()
    this.#offered.clear()
    this.nacks.clear()
    const rows = this.#witness.all<{ id: number; message_id: number; thread_id: number; peer_id: number; priority: number; solicited: number; state: string }>(
      'SELECT id, message_id, thread_id, peer_id, priority, solicited, state FROM deliveries ORDER BY id',
    )
    for (const row of rows) {
      this.#learn({ ...row, message: row.message_id, thread: row.thread_id, peer: row.peer_id, solicited: row.solicited === 1 })
    }
  }

  onCommitted(changes: readonly Change[]): void {
    this.#fresh.clear()
    changes.forEach((change, index) => {
      if (change.what === 'delivery') {
        this.#learn({ ...change, state: 'queued' })
        this.#fresh.add(change.id)
      } else if (change.what === 'moved') {
        this.#fresh.add(change.id)
        this.#onMoved(change, changes, index)
      } else if (change.what === 'held' && change.was === 'offered' && change.before !== null && change.holder !== null && change.before !== change.holder) {
        this.#witness.fail(`delivery ${change.id} was handed to session ${change.holder} while session ${change.before} has it in hand`)
      }
    })
    for (const peer of new Set(changes.flatMap((change) => (change.what === 'delivery' && !change.solicited ? [change.peer] : [])))) this.#checkRoom(peer)
  }

  /** Nothing is owed to a consumer when a turn has ended, and nothing is overdue. */
  onTurnEnd(): void {
    for (const [link, owed] of this.#owed) {
      if (link.stalled) continue
      this.#owed.delete(link)
      // One that read nothing for a while may find asks closed that it owed when it came.
      const left = [...owed].filter((id) => this.#isOwed(id))
      if (left.length > 0 && link.serverOpen) this.#witness.fail(`a new consumer was not presented the asks it owes: deliveries ${left.join()}`)
    }
    for (const [key, { told }] of this.#toTell) {
      if (!told) this.#witness.fail(`the consumer was not told that the thread it has in hand has closed (link and thread ${key})`)
    }
    this.#toTell.clear()
    const now = this.#witness.mono()
    for (const offer of this.active.values()) {
      const since = Math.max(offer.since, this.#witness.lastTrouble)
      if (now - since > LIMITS.visibilityMs + LATENESS_MS) this.#witness.fail(`delivery ${offer.id} has been in flight for ${now - since} ms without an end`)
    }
  }

  /** Whether a delivery is in backoff. */
  backsOff(id: number): boolean {
    return (this.#backoffUntil.get(id) ?? 0) > this.#witness.mono() + 1
  }

  /** When nothing waits any more, nothing may be left here. */
  leftOver(): string[] {
    return [...this.active.keys(), ...this.#returning.keys()].map((id) => `delivery ${id} is still in the air`)
  }

  #learn(known: Known): void {
    this.deliveries.set(known.id, known)
    const siblings = this.byThread.get(known.thread)
    if (siblings) siblings.push(known.id)
    else this.byThread.set(known.thread, [known.id])
  }

  #row(id: number): { state: string; attempt: number } | undefined {
    return this.#witness.get<{ state: string; attempt: number }>('SELECT state, attempt FROM deliveries WHERE id = ?', id)
  }

  #mayBeOffered(known: Known, link: Link): void {
    const until = this.#backoffUntil.get(known.id) ?? 0
    if (until > this.#witness.mono() + 1) this.#witness.fail(`delivery ${known.id} was offered ${until - this.#witness.mono()} ms before its backoff was over`)
    if (known.priority === 0) return
    let inFlight = 0
    for (const other of this.active.values()) {
      if (other.control || other.peer !== known.peer) continue
      inFlight += 1
      if (other.thread === known.thread) this.#witness.fail(`deliveries ${other.id} and ${known.id} of thread ${known.thread} are in flight at the same time`)
    }
    const prefetch = this.#prefetch.get(link) ?? 0
    if (inFlight >= prefetch) this.#witness.fail(`delivery ${known.id} exceeds the prefetch of ${prefetch}`)
    const before = this.#witness.all<{ id: number; thread_id: number; priority: number }>(
      `SELECT id, thread_id, priority FROM deliveries WHERE peer_id = ? AND state = 'queued' AND state IN ('queued', 'offered') AND (priority, id) < (?, ?)`,
      known.peer,
      known.priority,
      known.id,
    )
    const first = before.find((row) => !this.#mustWait(row.id, row.thread_id, row.priority === 0))
    if (first) this.#witness.fail(`delivery ${known.id} was offered ahead of ${first.id}, which comes first in mailbox ${known.peer}`)
  }

  /** Why a delivery is rightly passed over. */
  #mustWait(id: number, thread: number, control: boolean): boolean {
    if (this.active.has(id) || this.#fresh.has(id) || this.#returning.has(id)) return true
    const backsOff = (other: number) => this.#backoffUntil.has(other)
    if (backsOff(id)) return true
    if (control) return false
    return (this.byThread.get(thread) ?? []).some((other) => {
      const offer = this.active.get(other) ?? this.#returning.get(other)?.offer
      return backsOff(other) || (offer !== undefined && !offer.control)
    })
  }

  #onMoved(moved: Moved, changes: readonly Change[], index: number): void {
    const known = this.deliveries.get(moved.id)
    if (!known) return this.#witness.fail(`delivery ${moved.id} moved and was never stored`)
    this.#checkTransition(moved)
    const next = changes.slice(index + 1).find((change): change is Moved => change.what === 'moved' && change.id === moved.id)
    const isBurial = next?.state === 'dead' && moved.state === moved.was && moved.attempt === moved.wasAttempt
    this.#checkCounts(moved, isBurial ? next.reason : moved.reason)
    known.state = moved.state
    if (isBurial) return
    if (moved.state === 'offered') this.#checkHandover(moved, known, changes.slice(0, index))
    this.#checkRetry(moved)
    this.#checkInFlight(moved)
    this.#forget(moved)
    if (moved.was === 'dead' && moved.state === 'queued') known.solicited = true
  }

  /** A pull session is handed something: it counts an attempt, one of a thread at a time, and nothing before its backoff is over. */
  #checkHandover({ id, peer, thread, wasAttempt, attempt }: Moved, known: Known, earlier: readonly Change[]): void {
    if (!this.#witness.isPull(peer)) this.#witness.fail(`delivery ${id} was handed to peer ${peer}, which does not fetch`)
    if (attempt !== wasAttempt + 1) this.#witness.fail(`delivery ${id} was handed over as attempt ${attempt} after ${wasAttempt}`)
    // What a command of the same commit gave back has no backoff yet that the next one could know of.
    const isFresh = earlier.some((change) => change.what === 'moved' && change.id === id)
    if (!isFresh && this.backsOff(id)) this.#witness.fail(`delivery ${id} was handed over before its backoff was over`)
    const other = (this.byThread.get(thread) ?? []).map((sibling) => this.deliveries.get(sibling) as Known).find((sibling) => isInHand(sibling, known))
    if (known.priority !== 0 && other) this.#witness.fail(`deliveries ${other.id} and ${id} of thread ${thread} are in hand at the same time`)
  }

  /** What counts an attempt or a failure, and what was acked, has its cause. */
  #checkCounts(moved: Moved, reason: string | null): void {
    const how = this.#returning.get(moved.id)?.how
    if (moved.failures > moved.wasFailures) this.#checkFailure(moved, reason)
    else if (moved.attempt > moved.wasAttempt && moved.state === 'queued' && how !== 'lost') {
      this.#witness.fail(`delivery ${moved.id} counts another attempt, and its connection was not lost (${how ?? 'not in flight'})`)
    }
    if (moved.state === 'acked' && !this.#witness.isPull(moved.peer) && !this.#witness.hasAsked(moved.peer)) {
      this.#witness.fail(`delivery ${moved.id} was acked, and its recipient ${moved.peer} has asked for nothing`)
    }
  }

  /** What waits again has counted the offer that ended, and has not spent all it had. */
  #checkRetry({ id, was, state, attempt, wasAttempt, failures, wasFailures }: Moved): void {
    if (state !== 'queued' || was === 'dead') return
    const isCounted = failures > wasFailures || this.#returning.get(id)?.how === 'lost'
    if (was === 'queued' && isCounted && attempt !== wasAttempt + 1) this.#witness.fail(`delivery ${id} waits again as attempt ${attempt}, after ${wasAttempt}`)
    if (isCounted && (failures >= LIMITS.maxFailures || attempt >= LIMITS.maxAttempts)) {
      this.#witness.fail(`delivery ${id} waits again after ${failures} failures and ${attempt} attempts`)
    }
  }

  #checkInFlight(moved: Moved): void {
    const offer = this.active.get(moved.id)
    if (!offer) return
    if (moved.state === 'superseded') this.#witness.fail(`delivery ${moved.id} was superseded while in flight`)
    if (moved.state !== 'withdrawn' && moved.state !== 'expired') return
    const { link } = offer
    const key = `${link.number} ${moved.thread}`
    this.#toTell.set(key, { link, frames: (this.#toTell.get(key)?.frames ?? 0) + 1, told: false })
  }

  /** The offer is over; what holds the delivery from now on begins. */
  #forget({ id, state, failures, wasFailures, backoffMs }: Moved): void {
    this.active.delete(id)
    this.#returning.delete(id)
    this.#backoffUntil.delete(id)
    this.#heldSince.delete(id)
    if (state === 'offered') this.#heldSince.set(id, this.#witness.mono())
    if (state === 'queued' && failures > wasFailures) this.#backoffUntil.set(id, this.#witness.mono() + backoffMs)
  }

  #checkTransition({ id, was, state, attempt, failures, peer }: Moved): void {
    const allowed = was === 'dead' ? state === 'queued' || state === 'withdrawn' : was === 'queued' || was === 'offered'
    if (!allowed) this.#witness.fail(`delivery ${id} went from ${was} to ${state}`)
    const isSpent = failures >= LIMITS.maxFailures || attempt >= LIMITS.maxAttempts
    if (state === 'dead' && !isSpent && !this.#witness.isRetired(peer)) {
      this.#witness.fail(`delivery ${id} died after ${failures} failures and ${attempt} attempts`)
    }
  }

  #checkFailure(moved: Moved, reason: string | null): void {
    const { id } = moved
    if (moved.failures !== moved.wasFailures + 1) this.#witness.fail(`delivery ${id} counts ${moved.failures - moved.wasFailures} failures at once`)
    this.#checkBackoff(moved)
    const nack = reason === null ? undefined : this.nacks.get(reason)
    if (nack) this.#checkNack(moved, nack)
    else if (reason === TIMED_OUT) this.#checkTimeout(moved)
    else if (reason !== TURN_ENDED) this.#witness.fail(`delivery ${id} counts a failure for no known reason: ${reason}`)
  }

  #checkBackoff({ id, state, failures, attempt, wasAttempt, backoffMs }: Moved): void {
    const ceiling = LIMITS.backoffFirstMs * 2 ** (failures - 1)
    const isRetry = state === 'queued' && failures < LIMITS.maxFailures && attempt < LIMITS.maxAttempts && attempt > wasAttempt
    if (isRetry && (backoffMs < Math.floor(ceiling * 0.8) || backoffMs > ceiling)) {
      this.#witness.fail(`delivery ${id} backs off for ${backoffMs} ms after failure ${failures}`)
    }
  }

  #checkNack({ id, peer, was, wasAttempt }: Moved, nack: Nack): void {
    const current = was === 'offered' ? wasAttempt : wasAttempt + 1
    if (nack.delivery !== id || nack.attempt !== current) this.#witness.fail(`a nack of attempt ${nack.attempt} ended attempt ${current} of delivery ${id}`)
    if (nack.peer !== peer) this.#witness.fail(`peer ${nack.peer} nacked delivery ${id} of peer ${peer}`)
  }

  #checkTimeout({ id, was }: Moved): void {
    const offer = this.active.get(id) ?? this.#returning.get(id)?.offer
    const [since, period] = was === 'offered' ? [this.#heldSince.get(id), LIMITS.pullVisibilityMs] : [offer?.since, LIMITS.visibilityMs]
    const now = this.#witness.mono()
    if (since === undefined || now - since < period) this.#witness.fail(`delivery ${id} timed out after ${now - (since ?? now)} ms`)
  }

  #checkRoom(peer: number): void {
    const row = this.#witness.get<{ waiting: number }>(
      // The daemon's own notices need no room.
      `SELECT count(*) AS waiting FROM deliveries d JOIN messages m ON m.id = d.message_id
       WHERE d.peer_id = ? AND d.state IN ('queued', 'offered') AND d.solicited = 0 AND m.sender_id IS NOT NULL`,
      peer,
    )
    if ((row?.waiting ?? 0) > LIMITS.maxUnsolicited) this.#witness.fail(`mailbox ${peer} holds ${row?.waiting} unsolicited deliveries`)
  }
}
