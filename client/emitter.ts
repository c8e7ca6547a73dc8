/** Listeners by event. The type of the map says which events there are and what each carries. */
export class Emitter<E extends object> {
  readonly #listeners = new Map<keyof E, Set<(value: never) => void>>()

  /** Returns what takes the listener away again. */
  on<K extends keyof E>(event: K, listener: (value: E[K]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners.add(listener))
    return () => void listeners.delete(listener)
  }

  emit<K extends keyof E>(event: K, value: E[K]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(value as never)
  }
}
