import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Clock } from '../clock.ts'
import { readNote, writeNote } from '../store/meta.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Tx } from '../store/transaction.ts'

interface Kept {
  readonly wrong: number
}

/**
 * How often a wrong passphrase was given, on the whole node and for whomever. A try counts as a wrong one, on the disk as well, before it is looked at: many
 * at once, or a daemon that is killed at the right moment, buy none. The pause is monotonic, and a start begins it anew.
 */
export class PassphraseTries {
  readonly #clock: Clock
  readonly #pipeline: Pipeline
  #wrong = 0
  #pausedUntil = 0

  constructor(clock: Clock, pipeline: Pipeline) {
    this.#clock = clock
    this.#pipeline = pipeline
  }

  /** At a start. */
  prepare(tx: Tx): void {
    this.#wrong = readNote<Kept>(tx, 'passphrase')?.wrong ?? 0
    this.#pause()
  }

  get wrong(): number {
    return this.#wrong
  }

  /** How long none is looked at. */
  get pausedForMs(): number {
    return Math.max(0, this.#pausedUntil - this.#clock.monoMs())
  }

  /**
   * Begins a try. @returns which one it is, when that is on the disk
   * @throws MusterError `too_many_requests` amid a pause
   */
  async begin(): Promise<number> {
    const retryInMs = this.pausedForMs
    if (retryInMs > 0)
      throw new MusterError('too_many_requests', { retryInMs, hint: 'Too many wrong passphrases were given. Wait, or approve it on a paired device.' })
    this.#wrong += 1
    this.#pause()
    const wrong = this.#wrong
    await this.#save()
    return wrong
  }

  /** The last try was right, or the person has set another passphrase. */
  async forgive(): Promise<void> {
    if (this.#wrong === 0) return
    this.#wrong = 0
    this.#pausedUntil = 0
    await this.#save()
  }

  #pause(): void {
    if (this.#wrong >= LIMITS.maxWrongPassphrases) this.#pausedUntil = this.#clock.monoMs() + LIMITS.passphrasePauseMs
  }

  async #save(): Promise<void> {
    await this.#pipeline.execute((tx) => writeNote(tx, 'passphrase', { wrong: this.#wrong } satisfies Kept))
  }
}
