import { LIMITS } from '../../src/limits.ts'
import type { Clock } from '../clock.ts'

/** Something that is due at a time: the timer asks for the time, and runs it when it has come. */
export interface DueSource {
  /** When it is next due: a monotonic time, a wall time, or nothing. */
  readonly next: () => { readonly mono: number } | { readonly wall: number } | undefined
  readonly run: () => void
}

export interface DueTimerOptions {
  readonly clock: Clock
  /** The clocks parted by more than 5 s since the last look: a suspend or a step of the wall clock. `byMs`: how far the wall clock went ahead. */
  readonly onDivergence: (byMs: number) => void
  readonly onUnexpected: (error: unknown) => void
}

/** The least time between two wakes: what is due but cannot be done, as on a full disk, must not spin. */
const MIN_SLEEP_MS = 20

/**
 * The one timer of the daemon. It holds no list of what is due: at each wake it asks its sources, so a changed deadline
 * needs no bookkeeping. It never sleeps longer than 30 s, since machines sleep and clocks step.
 */
export class DueTimer {
  readonly #options: DueTimerOptions
  readonly #sources: DueSource[] = []
  #cancel: (() => void) | undefined
  #wakeAt = Number.POSITIVE_INFINITY
  #stopped = true
  #wallMinusMono = 0
  #lastWake = Number.NEGATIVE_INFINITY

  constructor(options: DueTimerOptions) {
    this.#options = options
  }

  add(source: DueSource): void {
    this.#sources.push(source)
  }

  /** @returns what stops it */
  start(): () => void {
    this.#stopped = false
    this.#wallMinusMono = this.#offset()
    this.arm()
    return () => {
      this.#stopped = true
      this.#cancel?.()
    }
  }

  /** Looks again at when something is due; cheap enough to run after every batch. */
  arm(): void {
    if (this.#stopped) return
    const { clock } = this.#options
    const mono = clock.monoMs()
    let inMs: number = LIMITS.maxTimerMs
    for (const source of this.#sources) {
      const next = source.next()
      if (next) inMs = Math.min(inMs, 'mono' in next ? next.mono - mono : next.wall - clock.wallMs())
    }
    const wakeAt = Math.max(mono + inMs, this.#lastWake + MIN_SLEEP_MS)
    if (this.#cancel && this.#wakeAt <= wakeAt && this.#wakeAt > mono) return
    this.#cancel?.()
    this.#wakeAt = wakeAt
    this.#cancel = clock.setTimer(() => this.#wake(), Math.ceil(Math.max(0, wakeAt - mono)))
  }

  #wake(): void {
    this.#cancel = undefined
    if (this.#stopped) return
    const { clock, onDivergence, onUnexpected } = this.#options
    this.#lastWake = clock.monoMs()
    const offset = this.#offset()
    const byMs = offset - this.#wallMinusMono
    if (Math.abs(byMs) > LIMITS.clockDivergenceMs) onDivergence(byMs)
    this.#wallMinusMono = offset
    for (const source of this.#sources) {
      const next = source.next()
      if (!next || ('mono' in next ? next.mono > clock.monoMs() : next.wall > clock.wallMs())) continue
      try {
        source.run()
      } catch (error) {
        onUnexpected(error)
      }
    }
    this.arm()
  }

  #offset(): number {
    return this.#options.clock.wallMs() - this.#options.clock.monoMs()
  }
}
