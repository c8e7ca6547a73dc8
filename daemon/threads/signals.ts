/** Tells those who wait that a thread has changed. A lost signal costs a wait its promptness, never its answer: it reads the thread. */
export class ThreadSignals {
  readonly #listeners = new Map<number, Set<() => void>>()

  /** @returns what stops listening */
  on(threadId: number, listener: () => void): () => void {
    const listeners = this.#listeners.get(threadId) ?? new Set()
    this.#listeners.set(threadId, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(threadId)
    }
  }

  changed(threadId: number): void {
    for (const listener of [...(this.#listeners.get(threadId) ?? [])]) listener()
  }
}
