import type { Clock } from '../../../daemon/clock.ts'

/**
 * A clock for a real daemon on real sockets whose time passes only when a test says so: nothing times out because a machine
 * is slow, and nobody waits for what takes an hour.
 */
export class SteppedClock implements Clock {
  #now: number
  readonly #timers = new Set<{ readonly at: number; readonly fn: () => void }>()
  #held: (() => void)[] | undefined

  /** @param startMs epoch milliseconds; a browser beside the daemon has its own clock */
  constructor(startMs = Date.UTC(2026, 0, 31, 9)) {
    this.#now = startMs
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size
  }

  wallMs(): number {
    return this.#now
  }

  monoMs(): number {
    return this.#now
  }

  soon(fn: () => void): void {
    if (this.#held) this.#held.push(fn)
    else setImmediate(fn)
  }

  setTimer(fn: () => void, ms: number): () => void {
    const timer = { at: this.#now + ms, fn }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Lets time pass, and fires what falls due on the way, in order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.fn()
    }
    this.#now = end
  }

  /** Keeps back what shall run soon, commits above all, until the returned function is called. */
  hold(): () => void {
    this.#held = []
    return () => {
      const held = this.#held ?? []
      this.#held = undefined
      for (const fn of held) setImmediate(fn)
    }
  }

  #next(end: number) {
    let first: { readonly at: number; readonly fn: () => void } | undefined
    for (const timer of this.#timers) if (timer.at <= end && (!first || timer.at < first.at)) first = timer
    return first
  }
}
