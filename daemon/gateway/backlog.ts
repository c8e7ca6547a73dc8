import { LIMITS } from '../../src/limits.ts'

/**
 * How far a client is behind with reading what it is sent. Beyond one bound it is parked: it is sent no more of what can wait.
 * Beyond another, or parked for too long, its connection ends.
 */
export class Backlog {
  readonly #bytes: () => number
  #parkedSince: number | undefined
  /** It was parked since it last caught up. */
  #heldBack = false

  /** @param bytes written and not yet taken by the other side */
  constructor(bytes: () => number) {
    this.#bytes = bytes
  }

  get parked(): boolean {
    return this.#bytes() > LIMITS.parkAtBufferedBytes
  }

  /** Something was sent. Returns whether that was too much. */
  sent(): boolean {
    if (this.parked) this.#heldBack = true
    return this.#bytes() > LIMITS.closeAtBufferedBytes
  }

  /** The transport took what was buffered. Returns whether there is something to make up for. */
  drained(): boolean {
    // A socket drains after every write of some size; only one that was parked has missed anything.
    if (!this.#heldBack || this.parked) return false
    this.#heldBack = false
    this.#parkedSince = undefined
    return true
  }

  /** Returns whether it has been parked for too long; asked at every heartbeat. */
  overdue(monoMs: number): boolean {
    this.#parkedSince = this.parked ? (this.#parkedSince ?? monoMs) : undefined
    return this.#parkedSince !== undefined && monoMs - this.#parkedSince >= LIMITS.parkedForMs
  }
}
