import type { Fact, Report } from './wire.ts'

const PATIENCE_MS = 15_000

interface Waiter {
  readonly look: () => boolean
  readonly reject: (error: Error) => void
}

/** What the actors have reported, and the named events that were seen in it. */
export class Observations {
  readonly #reports: Report[] = []
  readonly #waiters = new Set<Waiter>()
  readonly #named: readonly string[]
  readonly #seen = new Set<string>()
  #failure: Error | undefined

  /** @param named what the story promises to show */
  constructor(named: readonly string[]) {
    this.#named = named
  }

  add(report: Report): void {
    this.#reports.push(report)
    for (const waiter of [...this.#waiters]) waiter.look()
  }

  /** Everything that is waited for will not come. */
  fail(error: Error): void {
    this.#failure ??= error
    for (const waiter of [...this.#waiters]) waiter.reject(error)
  }

  /** @throws TypeError when the story never promised it */
  see(named: string): void {
    if (!this.#named.includes(named)) throw new TypeError(`The story promises no “${named}”`)
    this.#seen.add(named)
  }

  get missing(): string[] {
    return this.#named.filter((named) => !this.#seen.has(named))
  }

  /** How many reports there are: a place in the story, from which {@link until} and {@link since} look. */
  get now(): number {
    return this.#reports.length
  }

  since(from: number, who: string): Fact[] {
    return this.#reports
      .slice(from)
      .filter((report) => report.who === who)
      .map(({ fact }) => fact)
  }

  /**
   * Waits for a state, not for a time: until `found` has a result in what one actor has reported since `from`.
   *
   * @throws Error when it does not come within 15 s, or a process has ended before its time
   */
  until<T>(what: string, from: number, who: string, found: (facts: readonly Fact[]) => T | undefined | false): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure)
      const end = (): void => {
        clearTimeout(timer)
        this.#waiters.delete(waiter)
      }
      const fail = (error: Error): void => {
        end()
        reject(error)
      }
      const timer = setTimeout(() => fail(new Error(`Not observed within ${PATIENCE_MS / 1_000} s: ${what}`)), PATIENCE_MS)
      const look = (): boolean => {
        const result = found(this.since(from, who))
        if (result === undefined || result === false) return false
        end()
        resolve(result)
        return true
      }
      const waiter = { look, reject: fail }
      if (!look()) this.#waiters.add(waiter)
    })
  }
}
