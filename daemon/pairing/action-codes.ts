import { LIMITS } from '../../src/limits.ts'
import type { Clock } from '../clock.ts'

/** The digits of actions that wait, in memory alone: a restart ends them. */
export class ActionCodes {
  readonly #clock: Clock
  readonly #codes = new Map<number, { readonly code: string; readonly endsAt: number; wrong: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  open(action: number, code: string): void {
    this.#codes.set(action, { code, endsAt: this.#clock.monoMs() + LIMITS.actionMs, wrong: 0 })
  }

  close(action: number): void {
    this.#codes.delete(action)
  }

  /** Monotonic; the oldest comes first. */
  get nextEnd(): number | undefined {
    return this.#codes.values().next().value?.endsAt
  }

  /** Those whose time is over. */
  overdue(): number[] {
    const now = this.#clock.monoMs()
    return [...this.#codes].filter(([, { endsAt }]) => endsAt <= now).map(([action]) => action)
  }

  /** Whether these are the digits; wrong ones count at once, and `spent` when they were too many. */
  attempt(action: number, code: string): 'right' | 'wrong' | 'spent' {
    const open = this.#codes.get(action)
    if (!open || open.endsAt <= this.#clock.monoMs() || open.wrong >= LIMITS.maxWrongDigits) return 'spent'
    if (open.code === code) return 'right'
    open.wrong += 1
    return open.wrong >= LIMITS.maxWrongDigits ? 'spent' : 'wrong'
  }
}
