/** Tells those who wait that what has a number has changed. A lost signal costs a wait its promptness, never its answer: it reads the state. */
export class Signals {
  readonly #listeners = new Map<number, Set<() => void>>()

  /** @returns what stops listening */
  on(number: number, listener: () => void): () => void {
    const listeners = this.#listeners.get(number) ?? new Set()
    this.#listeners.set(number, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(number) === listeners) this.#listeners.delete(number)
    }
  }

  changed(number: number): void {
    for (const listener of [...(this.#listeners.get(number) ?? [])]) listener()
  }

  protected awaited(number: number): boolean {
    return this.#listeners.has(number)
  }
}

/**
 * Tells those who wait that a mailbox may have something to fetch, when asked to. Not in the middle of a batch's effects:
 * a delivery that comes back is queued again before its backoff is known.
 */
export class DeferredSignals extends Signals {
  readonly #changed = new Set<number>()

  override changed(number: number): void {
    if (this.awaited(number)) this.#changed.add(number)
  }

  flush(): void {
    for (const number of this.#changed) {
      this.#changed.delete(number)
      super.changed(number)
    }
  }
}
