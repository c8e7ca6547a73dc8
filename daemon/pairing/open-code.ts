import { LIMITS } from '../../src/limits.ts'
import type { Clock } from '../clock.ts'
import { hashCode, isSame } from './code.ts'

const MINUTE_MS = 60_000

/**
 * The one code that can be redeemed, in memory alone: no file holds what would let its reader guess it, and a restart ends it. An attempt
 * counts when it is made, whatever becomes of its command: else all attempts of one batch would be the first. In a batch that is run again
 * it counts twice, which errs on the safe side.
 */
export class OpenCode {
  readonly #clock: Clock
  #open: { readonly pairing: number; readonly hash: Uint8Array; readonly endsAt: number; wrong: number; redeemed: boolean; spoiled: boolean } | undefined
  #wrongAt: number[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The pairing that is under way, redeemed or not. */
  get pairing(): number | undefined {
    return this.#open?.pairing
  }

  /** Monotonic. */
  get endsAt(): number | undefined {
    return this.#open?.endsAt
  }

  open(pairing: number, code: string): void {
    this.#open = { pairing, hash: hashCode(code), endsAt: this.#clock.monoMs() + LIMITS.pairingMs, wrong: 0, redeemed: false, spoiled: false }
  }

  redeemed(pairing: number): void {
    if (this.#open?.pairing === pairing) this.#open.redeemed = true
  }

  /** Whether the digits that were confirmed are right, and none before them were wrong. */
  compare(pairing: number, isRight: boolean): boolean {
    if (this.#open?.pairing !== pairing) return false
    this.#open.spoiled ||= !isRight
    return !this.#open.spoiled
  }

  close(pairing: number): void {
    if (this.#open?.pairing === pairing) this.#open = undefined
  }

  isOver(pairing: number): boolean {
    return this.#open?.pairing !== pairing || this.#open.endsAt <= this.#clock.monoMs()
  }

  /** How long nothing is looked at, after too many wrong codes. */
  pausedForMs(): number {
    const now = this.#clock.monoMs()
    this.#wrongAt = this.#wrongAt.filter((at) => at > now - MINUTE_MS)
    const [oldest = now] = this.#wrongAt
    return this.#wrongAt.length < LIMITS.wrongCodesPerMinute ? 0 : oldest + MINUTE_MS - now
  }

  /** The pairing whose code this is. A wrong one counts; `spent` is the pairing that ends with it. */
  attempt(plain: string): { readonly pairing: number } | { readonly spent: number | undefined } {
    const open = this.#open
    if (open && open.endsAt > this.#clock.monoMs() && open.wrong < LIMITS.maxWrongCodes && isSame(open.hash, hashCode(plain))) return { pairing: open.pairing }
    this.#wrongAt.push(this.#clock.monoMs())
    // Who comes second with the right code must not end what the first has begun, nor may a guess.
    if (!open || open.redeemed) return { spent: undefined }
    open.wrong += 1
    return { spent: open.wrong >= LIMITS.maxWrongCodes ? open.pairing : undefined }
  }
}
