import type { Presence } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Clock } from '../clock.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { DueSource } from '../store/timer.ts'
import type { Tx } from '../store/transaction.ts'

/** A connection as presence sees it. */
export interface Heart {
  /** Heartbeats sent since the last sign of life. */
  readonly missedBeats: number
}

/**
 * Who is there, from the connections themselves, and from calls that come without one. Heartbeats stay in memory; only a
 * transition becomes a row and an event, and what a transition is gets decided inside its transaction, so that crossing
 * ones cannot leave a stale state.
 */
export class PresenceTracker {
  readonly #pipeline: Pipeline
  readonly #clock: Clock
  readonly #hearts = new Map<number, Set<Heart>>()
  /** Peers whose last transition could not be written down. */
  readonly #unwritten = new Set<number>()
  /** Monotonic times until which a call counts, of peers that called without a connection; the first to end comes first. */
  readonly #signs = new Map<number, number>()
  #onChange: (peerId: number) => void = () => undefined

  constructor(pipeline: Pipeline, clock: Clock) {
    this.#pipeline = pipeline
    this.#clock = clock
  }

  /** Has somebody told of whose presence may have changed, before that is written down. */
  watch(onChange: (peerId: number) => void): void {
    this.#onChange = onChange
  }

  connected(peerId: number, heart: Heart): void {
    const hearts = this.#hearts.get(peerId) ?? new Set()
    this.#hearts.set(peerId, hearts.add(heart))
    // Not only for the first: the others may have gone silent.
    this.#settle(peerId)
  }

  disconnected(peerId: number, heart: Heart): void {
    const hearts = this.#hearts.get(peerId)
    if (!hearts?.delete(heart)) return
    if (hearts.size === 0) this.#hearts.delete(peerId)
    this.#settle(peerId)
  }

  /** A call without a connection: the peer is online for `LIMITS.signOfLifeMs` from now. */
  sign(peerId: number): void {
    const before = this.presenceOf(peerId)
    this.#signs.delete(peerId)
    this.#signs.set(peerId, this.#clock.monoMs() + LIMITS.signOfLifeMs)
    if (before !== 'online') this.#settle(peerId)
  }

  /** When the next call stops counting. */
  readonly signsOver: DueSource = {
    next: () => {
      const until = this.#signs.values().next().value
      return until === undefined ? undefined : { mono: until }
    },
    run: () => {
      for (const [peerId, until] of this.#signs) {
        if (until > this.#clock.monoMs()) break
        this.#signs.delete(peerId)
        this.#settle(peerId)
      }
    },
  }

  /** The clocks diverged: every call counts for one full period before any is judged over. */
  restartSigns(): void {
    for (const peerId of this.#signs.keys()) this.#signs.set(peerId, this.#clock.monoMs() + LIMITS.signOfLifeMs)
  }

  /** A connection of the peer went silent or came back. */
  changed(peerId: number): void {
    this.#settle(peerId)
  }

  presenceOf(peerId: number): Presence {
    if (this.#signs.has(peerId)) return 'online'
    const hearts = this.#hearts.get(peerId)
    if (!hearts || hearts.size === 0) return 'offline'
    for (const heart of hearts) if (heart.missedBeats <= LIMITS.awayAfterBeats) return 'online'
    return 'away'
  }

  /** Makes good what a failed commit left unwritten; called at every heartbeat. */
  settleUnwritten(): void {
    const peers = [...this.#unwritten]
    this.#unwritten.clear()
    for (const peerId of peers) this.#settle(peerId)
  }

  /** Writes down what is so; run at start, when the rows still tell of the connections of an earlier process. */
  settleAll(tx: Tx): void {
    for (const { id } of tx.all<{ id: number }>("SELECT id FROM peers WHERE presence <> 'offline'")) this.#write(tx, id)
  }

  #settle(peerId: number): void {
    this.#onChange(peerId)
    this.#pipeline.submit(
      (tx) => this.#write(tx, peerId),
      (outcome) => {
        if (!outcome.ok) this.#unwritten.add(peerId)
      },
    )
  }

  #write(tx: Tx, peerId: number): void {
    const row = tx.get<{ presence: Presence; circle_id: number }>('SELECT presence, circle_id FROM peers WHERE id = ?', peerId)
    const presence = this.presenceOf(peerId)
    if (!row || row.presence === presence) return
    tx.changesPeers()
    tx.run('UPDATE peers SET presence = ?, last_seen_at = ? WHERE id = ?', presence, tx.now, peerId)
    tx.event({
      type: 'peer.presence',
      actor: peerId,
      circle: row.circle_id,
      audience: 'circle',
      subject: ['peer', peerId],
      changed: { presence, was: row.presence },
    })
  }
}
