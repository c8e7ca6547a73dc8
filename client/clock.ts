/**
 * The only way in which the SDK sees time pass. A part of the daemon's clock, so one virtual clock can drive both.
 */
export interface Clock {
  /** Runs `fn` after all that is due in this turn of the event loop. */
  soon(fn: () => void): void
  /** Runs `fn` once, after `ms` milliseconds. Returns what cancels it. */
  setTimer(fn: () => void, ms: number): () => void
}

/** A number from 0 up to, but not including, 1. */
export type Random = () => number

/** `setTimeout` keeps its delay in a signed 32-bit number and fires at once beyond it: 24 days. */
const LONGEST_TIMEOUT_MS = 2_147_483_647

/** The machine's timers. What is to wait for longer than 24 days waits for 24 days. */
export const systemClock: Clock = {
  soon: (fn) => void setTimeout(fn, 0),
  setTimer(fn, ms) {
    const timer = setTimeout(fn, Math.min(ms, LONGEST_TIMEOUT_MS))
    return () => clearTimeout(timer)
  },
}

/** Randomness fit for idempotency keys: 32 bits a call from the platform's generator. */
export const systemRandom: Random = () => (crypto.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 32
