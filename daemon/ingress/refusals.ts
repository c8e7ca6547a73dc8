import type { Output } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'

interface Kept {
  count: number
  /** The newest first. */
  recent: { readonly at: number; readonly says: string }[]
}

/** What was turned away, by the number of the source: in memory only, since whoever sends it has proved nothing and must not make the daemon write. */
export class Refusals {
  readonly #of = new Map<number, Kept>()

  note(sourceId: number, at: number, says: string): void {
    const kept = this.#of.get(sourceId) ?? { count: 0, recent: [] }
    this.#of.set(sourceId, { count: kept.count + 1, recent: [{ at, says }, ...kept.recent].slice(0, LIMITS.keptRefusals) })
  }

  count(sourceId: number): number {
    return this.#of.get(sourceId)?.count ?? 0
  }

  last(sourceId: number): { readonly at: number; readonly says: string } | undefined {
    return this.#of.get(sourceId)?.recent[0]
  }

  of(sourceId: number): Output<'ingress.arrivals'>['refused'] {
    const { count, recent } = this.#of.get(sourceId) ?? { count: 0, recent: [] }
    return { count, recent: recent.map(({ at, says }) => ({ at: formatTime(at), says })) }
  }

  forget(sourceId: number): void {
    this.#of.delete(sourceId)
  }
}
