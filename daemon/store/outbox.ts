import { LIMITS } from '../../src/limits.ts'
import type { Clock } from '../clock.ts'
import type { Pipeline } from './pipeline.ts'
import type { Reader } from './store.ts'
import type { Tx } from './transaction.ts'

interface OutboxRow {
  readonly id: number
  readonly destination: string
  readonly payload: string
  readonly attempts: number
}

/**
 * Does one step of what a row asks for, in a transaction; returns whether more steps are left. `payload` is what
 * {@link enqueue} was given. The row is deleted in the transaction of its last step.
 */
export type OutboxWork = (tx: Tx, payload: never) => boolean

/** Tries after which a row is dead and only a person can help. */
const MAX_ATTEMPTS = 10

const MAX_COUNTED = 1_000
const MAX_DESTINATIONS = 20

/** How much must still happen, and what was given up; counted up to 1,000. */
export function outboxState(reader: Reader) {
  const rows = reader.all<{ destination: string; state: string; created_at: number }>(
    `SELECT destination, state, created_at FROM outbox ORDER BY id LIMIT ${MAX_COUNTED}`,
  )
  const dead = rows.filter(({ state }) => state === 'dead')
  return {
    waiting: rows.length - dead.length,
    dead: dead.length,
    /** Epoch milliseconds. */
    oldestAt: rows[0]?.created_at ?? null,
    /** Of the dead. */
    destinations: [...new Set(dead.map(({ destination }) => destination))].slice(0, MAX_DESTINATIONS),
  }
}

/** Writes down that something must happen; it does at least once, in order for each destination. */
export function enqueue(tx: Tx, outbox: Outbox, destination: string, payload: unknown): void {
  tx.run(
    "INSERT INTO outbox (id, destination, payload, state, created_at) VALUES (?, ?, ?, 'waiting', ?)",
    tx.take('outbox'),
    destination,
    JSON.stringify(payload),
    tx.now,
  )
  tx.after(() => outbox.wake())
}

/** Carries out what must happen, but for what services do (`errands.ts`). A row that fails is tried again after a backoff; behind a row that waits, its destination waits. */
export class Outbox {
  readonly #pipeline: Pipeline
  readonly #reader: Reader
  readonly #clock: Clock
  readonly #work = new Map<string, OutboxWork>()
  /** Monotonic time before which a destination is not tried again. */
  readonly #notBefore = new Map<string, number>()
  readonly #running = new Set<string>()

  constructor(options: { readonly pipeline: Pipeline; readonly reader: Reader; readonly clock: Clock }) {
    this.#pipeline = options.pipeline
    this.#reader = options.reader
    this.#clock = options.clock
  }

  register<Payload>(destination: string, work: (tx: Tx, payload: Payload) => boolean): void {
    this.#work.set(destination, work as OutboxWork)
  }

  /** Starts on every destination that has something waiting. */
  wake(): void {
    const now = this.#clock.monoMs()
    // Whether or not anything waits there: a time that has come and stays would have the timer wake for nothing, for ever.
    for (const [destination, at] of this.#notBefore) if (at <= now) this.#notBefore.delete(destination)
    for (const { destination } of this.#reader.all<{ destination: string }>("SELECT DISTINCT destination FROM outbox WHERE state = 'waiting'")) {
      if (this.#work.has(destination) && !this.#notBefore.has(destination) && !this.#running.has(destination)) this.#step(destination)
    }
  }

  /** Monotonic time at which a destination may be tried again. */
  nextRetry(): number | undefined {
    return this.#notBefore.size === 0 ? undefined : Math.min(...this.#notBefore.values())
  }

  #step(destination: string): void {
    this.#running.add(destination)
    this.#pipeline.submit(
      (tx) => this.#runFirst(tx, destination),
      (outcome) => {
        if (!outcome.ok) return this.#failed(destination)
        this.#running.delete(destination)
        if (outcome.value) this.#step(destination)
      },
    )
  }

  #runFirst(tx: Tx, destination: string): boolean {
    const row = tx.get<OutboxRow>(
      "SELECT id, destination, payload, attempts FROM outbox WHERE destination = ? AND state = 'waiting' ORDER BY id LIMIT 1",
      destination,
    )
    const work = this.#work.get(destination)
    if (!row || !work) return false
    if (!work(tx, JSON.parse(row.payload) as never)) tx.run('DELETE FROM outbox WHERE id = ?', row.id)
    return true
  }

  #failed(destination: string): void {
    this.#pipeline.submit(
      (tx) => {
        const row = tx.get<OutboxRow>(
          "SELECT id, destination, payload, attempts FROM outbox WHERE destination = ? AND state = 'waiting' ORDER BY id LIMIT 1",
          destination,
        )
        if (!row) return 0
        const dead = row.attempts + 1 >= MAX_ATTEMPTS
        tx.run('UPDATE outbox SET attempts = attempts + 1, state = ? WHERE id = ?', dead ? 'dead' : 'waiting', row.id)
        if (dead) tx.event({ type: 'outbox.dead', audience: 'admin', changed: { destination, outbox: row.id } })
        return row.attempts
      },
      (outcome) => {
        this.#running.delete(destination)
        const attempts = outcome.ok ? outcome.value : 0
        this.#notBefore.set(destination, this.#clock.monoMs() + Math.min(LIMITS.backoffFirstMs * 2 ** attempts, LIMITS.backoffLastMs))
      },
    )
  }
}
