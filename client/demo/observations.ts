import type { Fact, Name, Report } from './wire.ts'

/** What the demo promises to show. It succeeds only when each of these was really seen. */
export const NAMED = [
  'four processes joined',
  'an ask was answered',
  'a handler asked in turn',
  'an ask was declined',
  'a notify reached every agent',
  'a reminder was sent',
  'an ask expired',
  'the expiry was escalated',
  'a late answer arrived',
  'a peer was killed in the middle of a handler',
  'its mail waited',
  'the ask was redelivered as attempt 2',
  'the mail was caught up in order',
  'the daemon was killed with an ask in hand',
  'everyone resumed and the answer arrived',
  'nothing was left over',
] as const
export type Named = (typeof NAMED)[number]

const PATIENCE_MS = 15_000

interface Waiter {
  readonly look: () => boolean
  readonly reject: (error: Error) => void
}

/** What the actors have reported, and the named events that were seen in it. */
export class Observations {
  readonly #reports: Report[] = []
  readonly #waiters = new Set<Waiter>()
  readonly #seen = new Set<Named>()
  #failure: Error | undefined

  add(report: Report): void {
    this.#reports.push(report)
    for (const waiter of [...this.#waiters]) waiter.look()
  }

  /** Everything that is waited for will not come. */
  fail(error: Error): void {
    this.#failure ??= error
    for (const waiter of [...this.#waiters]) waiter.reject(error)
  }

  see(named: Named): void {
    this.#seen.add(named)
  }

  get missing(): Named[] {
    return NAMED.filter((named) => !this.#seen.has(named))
  }

  /** How many reports there are: a place in the story, from which {@link until} and {@link since} look. */
  get now(): number {
    return this.#reports.length
  }

  since(from: number, who: Name): Fact[] {
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
  until<T>(what: string, from: number, who: Name, found: (facts: readonly Fact[]) => T | undefined | false): Promise<T> {
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
