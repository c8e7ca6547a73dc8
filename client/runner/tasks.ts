/** Things to do, one after the other. */
export class Tasks {
  readonly #waiting: (() => Promise<void>)[] = []
  #arrived: (() => void) | undefined

  add(task: () => Promise<void>): void {
    this.#waiting.push(task)
    this.#arrived?.()
  }

  /**
   * Does them as they come, until the signal fires: what fails from then on was given up with it, and what waits is dropped.
   *
   * @throws what a task threw before
   */
  async run(signal: AbortSignal): Promise<void> {
    const look = (): void => this.#arrived?.()
    signal.addEventListener('abort', look)
    try {
      while (!signal.aborted) await (this.#waiting.shift()?.() ?? this.#arrival())
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      signal.removeEventListener('abort', look)
    }
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#arrived = resolve
    })
  }
}
