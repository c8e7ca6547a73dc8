import { LIMITS } from '../../src/limits.ts'
import type { Clock } from '../clock.ts'
import type { Consumer } from './consumer.ts'

/** One offer that has not ended. */
export interface Flight {
  readonly deliveryId: number
  readonly threadId: number
  readonly messageId: number
  readonly peerId: number
  readonly hops: number
  readonly control: boolean
  readonly solicited: boolean
  readonly consumer: Consumer
  /** The number of this offer, from 1. */
  readonly attempt: number
  /** Wall time, for the record. */
  readonly offeredAt: number
}

/** The offers in flight. Since all have the same visibility timeout, insertion order is the order in which they expire. */
export class Flights {
  readonly #clock: Clock
  readonly #byDelivery = new Map<number, { flight: Flight; expiresAt: number }>()
  readonly #byConsumer = new Map<Consumer, Set<number>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#byDelivery.size
  }

  get(deliveryId: number): Flight | undefined {
    return this.#byDelivery.get(deliveryId)?.flight
  }

  of(consumer: Consumer): Flight[] {
    return Array.from(this.#byConsumer.get(consumer) ?? [], (id) => this.get(id) as Flight)
  }

  add(flight: Flight): void {
    this.#byDelivery.set(flight.deliveryId, { flight, expiresAt: this.#clock.monoMs() + LIMITS.visibilityMs })
    const own = this.#byConsumer.get(flight.consumer)
    if (own) own.add(flight.deliveryId)
    else this.#byConsumer.set(flight.consumer, new Set([flight.deliveryId]))
  }

  remove(deliveryId: number): Flight | undefined {
    const flight = this.get(deliveryId)
    if (!flight) return undefined
    this.#byDelivery.delete(deliveryId)
    const own = this.#byConsumer.get(flight.consumer)
    own?.delete(deliveryId)
    if (own?.size === 0) this.#byConsumer.delete(flight.consumer)
    return flight
  }

  /** Grants another full visibility timeout. */
  extend(deliveryId: number): void {
    const flight = this.get(deliveryId)
    if (!flight) return
    this.#byDelivery.delete(deliveryId)
    this.#byDelivery.set(deliveryId, { flight, expiresAt: this.#clock.monoMs() + LIMITS.visibilityMs })
  }

  /** The clocks diverged: every offer gets one full period before any is judged. */
  extendAll(): void {
    const expiresAt = this.#clock.monoMs() + LIMITS.visibilityMs
    for (const entry of this.#byDelivery.values()) entry.expiresAt = expiresAt
  }

  /** Monotonic time at which the first offer expires. */
  nextExpiry(): number | undefined {
    return this.#byDelivery.values().next().value?.expiresAt
  }

  expired(now: number): Flight[] {
    const found: Flight[] = []
    for (const { flight, expiresAt } of this.#byDelivery.values()) {
      if (expiresAt > now) break
      found.push(flight)
    }
    return found
  }
}

export interface Delay {
  readonly deliveryId: number
  readonly threadId: number
  readonly peerId: number
}

/** Deliveries kept back for a while, on monotonic time: backoff after a failure, or the visibility of a pull handover. */
export class Delays {
  readonly #clock: Clock
  readonly #onRemoved: (delay: Delay) => void
  readonly #byDelivery = new Map<number, { delay: Delay; ms: number; until: number }>()

  constructor(clock: Clock, onRemoved: (delay: Delay) => void = () => undefined) {
    this.#clock = clock
    this.#onRemoved = onRemoved
  }

  has(deliveryId: number): boolean {
    return this.#byDelivery.has(deliveryId)
  }

  /** @returns whether the delivery was not delayed before */
  add(delay: Delay, ms: number): boolean {
    const fresh = !this.has(delay.deliveryId)
    this.#byDelivery.set(delay.deliveryId, { delay, ms, until: this.#clock.monoMs() + ms })
    return fresh
  }

  remove(deliveryId: number): Delay | undefined {
    const delay = this.#byDelivery.get(deliveryId)?.delay
    this.#byDelivery.delete(deliveryId)
    if (delay) this.#onRemoved(delay)
    return delay
  }

  /** The clocks diverged: every delay gets one full period before it is judged over. */
  restartAll(): void {
    const now = this.#clock.monoMs()
    for (const entry of this.#byDelivery.values()) entry.until = now + entry.ms
  }

  /** Monotonic time at which the first delay is over. */
  nextExpiry(): number | undefined {
    let next: number | undefined
    for (const { until } of this.#byDelivery.values()) if (next === undefined || until < next) next = until
    return next
  }

  expired(now: number): Delay[] {
    return [...this.#byDelivery.values()].filter(({ until }) => until <= now).map(({ delay }) => delay)
  }
}
