import { randomBytes } from 'node:crypto'

/** Time and turn-taking, injected so that the whole daemon runs under a virtual clock. */
export interface Clock {
  /** Calendar time, epoch milliseconds. It may step. */
  wallMs(): number
  /** Milliseconds that only go forward; their origin means nothing. */
  monoMs(): number
  /** Runs `fn` after everything that has arrived in this turn of the event loop. */
  soon(fn: () => void): void
  /** Runs `fn` once, after `ms`; returns what cancels it. */
  setTimer(fn: () => void, ms: number): () => void
}

export type RandomBytes = (count: number) => Uint8Array

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monoMs: () => performance.now(),
  soon: (fn) => void setImmediate(fn),
  setTimer(fn, ms) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
}

export const systemRandom: RandomBytes = (count) => randomBytes(count)
