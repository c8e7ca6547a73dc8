interface Timer {
  readonly at: number
  readonly order: number
  readonly fn: () => void
}

/** 2026-01-01T00:00:00Z: a fixed origin, so that a test reads the same every day. */
const ORIGIN_MS = 1_767_225_600_000

/**
 * Time that passes only when it is told to. It fits the clock of the daemon and that of the SDK.
 *
 * Callbacks run one at a time, by due time and then by order of setting; `soon` callbacks run before any timer.
 */
export class VirtualClock {
  #wallMs: number
  #monoMs = 0
  #order = 0
  #soon: (() => void)[] = []
  readonly #timers = new Set<Timer>()

  constructor(originMs = ORIGIN_MS) {
    this.#wallMs = originMs
  }

  /** How many timers are set: none may be left when everything has stopped. */
  get pending(): number {
    return this.#timers.size + this.#soon.length
  }

  readonly wallMs = (): number => this.#wallMs
  readonly monoMs = (): number => this.#monoMs

  readonly soon = (fn: () => void): void => {
    this.#soon.push(fn)
  }

  readonly setTimer = (fn: () => void, ms: number): (() => void) => {
    const timer: Timer = { at: this.#monoMs + Math.max(0, ms), order: this.#order++, fn }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Lets time pass in one go, without giving promises a turn between two callbacks. */
  advance(ms: number): void {
    const endMs = this.#monoMs + ms
    while (this.#step(endMs));
    this.#moveTo(endMs)
  }

  /** Lets time pass, and after each callback lets promises go as far as they can. */
  async settle(ms = 0): Promise<void> {
    const endMs = this.#monoMs + ms
    do await promises()
    while (this.#step(endMs))
    this.#moveTo(endMs)
  }

  /** Steps the calendar clock alone, as an operator or NTP would. */
  stepWall(ms: number): void {
    this.#wallMs += ms
  }

  /** Runs the next callback that is due until then. Returns whether there was one. */
  #step(endMs: number): boolean {
    const soon = this.#soon.shift()
    if (soon) {
      soon()
      return true
    }
    let next: Timer | undefined
    for (const timer of this.#timers) if (!next || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer
    if (!next || next.at > endMs) return false
    this.#timers.delete(next)
    this.#moveTo(next.at)
    next.fn()
    return true
  }

  #moveTo(monoMs: number): void {
    this.#wallMs += Math.max(0, monoMs - this.#monoMs)
    this.#monoMs = Math.max(monoMs, this.#monoMs)
  }
}

/** Resolves when no promise can go on by itself: microtasks all run before the next turn of the event loop. */
function promises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
