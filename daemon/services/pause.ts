import type { Clock } from '../clock.ts'

/** A wait that can be cut short. */
export class Pause {
  readonly #clock: Clock
  #cut: (() => void) | undefined
  #ended = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  wait(ms: number): Promise<void> {
    if (this.#ended) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = this.#clock.setTimer(() => this.#cut?.(), ms)
      this.#cut = () => {
        cancel()
        this.#cut = undefined
        resolve()
      }
    })
  }

  /** Cuts the wait that there is, and all that would follow. */
  end(): void {
    this.#ended = true
    this.#cut?.()
  }
}
