import { LIMITS } from '../../src/limits.ts'
import type { Clock } from '../clock.ts'
import type { DueSource } from '../store/timer.ts'

export interface LeaseOptions {
  readonly clock: Clock
  readonly isOnline: (peerId: number) => boolean
  /** The leader of a circle was away for too long. Called again after another period, until {@link Leases.ended} or {@link Leases.ranOut} is. */
  readonly onLapse: (circleId: number, leaderId: number) => void
  /** Somebody came online while a circle was led by nobody, or by one whose lease has run out. */
  readonly onArrival: (peerId: number) => void
}

/**
 * How long leaders have been away, on monotonic time. A leader that is online renews its lease by that alone; one that is not has
 * `LIMITS.leaderLeaseMs` to come back. After a start, a suspend or a step of the clock each gets a full period anew.
 */
export class Leases {
  readonly #options: LeaseOptions
  /** The circle that a peer leads: its own, so one. */
  readonly #led = new Map<number, number>()
  readonly #vacant = new Set<number>()
  /** Monotonic times at which the leases of absent leaders lapse; the first comes first. */
  readonly #absent = new Map<number, number>()
  /** Absent leaders whose leases have run out while nobody was there to take over. */
  readonly #overdue = new Set<number>()

  constructor(options: LeaseOptions) {
    this.#options = options
  }

  /** A peer leads a circle from now on. */
  began(circleId: number, peerId: number): void {
    this.#led.set(peerId, circleId)
    this.#vacant.delete(circleId)
    this.presenceChanged(peerId)
  }

  /** A peer no longer leads. */
  ended(peerId: number): void {
    this.#led.delete(peerId)
    this.#absent.delete(peerId)
    this.#overdue.delete(peerId)
  }

  /** Nobody leads a circle that was led before. */
  vacated(circleId: number): void {
    this.#vacant.add(circleId)
  }

  /** The lease of an absent leader is over, and nobody is there: it stays until another comes, or the leader comes back first. */
  ranOut(peerId: number): void {
    this.#absent.delete(peerId)
    if (this.#led.has(peerId) && !this.#options.isOnline(peerId)) this.#overdue.add(peerId)
  }

  /** Whether another may take over from a leader. */
  isOver(peerId: number): boolean {
    return this.#overdue.has(peerId)
  }

  presenceChanged(peerId: number): void {
    const isOnline = this.#options.isOnline(peerId)
    if (!this.#led.has(peerId)) {
      if (isOnline && this.#vacant.size + this.#overdue.size > 0) this.#options.onArrival(peerId)
    } else if (isOnline) {
      this.#absent.delete(peerId)
      this.#overdue.delete(peerId)
    } else if (!this.#absent.has(peerId) && !this.#overdue.has(peerId)) this.#absent.set(peerId, this.#over())
  }

  /** The clocks diverged: nobody is judged before a full period has passed. */
  restart(): void {
    for (const peerId of [...this.#absent.keys(), ...this.#overdue]) this.#absent.set(peerId, this.#over())
    this.#overdue.clear()
  }

  readonly lapses: DueSource = {
    next: () => {
      const over = this.#absent.values().next().value
      return over === undefined ? undefined : { mono: over }
    },
    run: () => {
      const now = this.#options.clock.monoMs()
      const over = [...this.#absent].filter(([, at]) => at <= now)
      for (const [peerId] of over) {
        // Where the commit fails, it is tried again in another period.
        this.#absent.delete(peerId)
        this.#absent.set(peerId, this.#over())
        this.#options.onLapse(this.#led.get(peerId) as number, peerId)
      }
    },
  }

  #over(): number {
    return this.#options.clock.monoMs() + LIMITS.leaderLeaseMs
  }
}
