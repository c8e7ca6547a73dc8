import { workEventsAfter } from '../events/events.ts'
import type { Store } from '../store/store.ts'
import type { WatchdogRow } from './rows.ts'

export interface RecoveriesOptions {
  readonly store: Store
  /** Something happened to what these watchdogs have found: they are to be looked at. */
  readonly onChange: (watchdogs: readonly number[]) => void
}

/** How what it watches is named among all that is watched. */
const PREFIX = { silence: 'p', ask: 't', review: 'r' } as const

/**
 * Notices at once when what was over its time is so no longer: that a silent peer speaks, an ask closes, a review changes. It reads the new events of each
 * batch, and only while there is something to notice. What it misses, a look at its time finds.
 */
export class Recoveries {
  readonly #options: RecoveriesOptions
  /** The peers, threads or reviews that a watchdog has found, as `p12`, `t7` and `r3`. */
  readonly #found = new Map<number, readonly string[]>()
  readonly #watchdogs = new Map<string, Set<number>>()
  /** The last event that was looked at; `undefined` while there is nothing to notice. */
  #seen: number | undefined

  constructor(options: RecoveriesOptions) {
    this.#options = options
  }

  /** @param subjects what is over its time; none of a watchdog that is no longer on watch
   *  @param seq the last event that the look at it knew of */
  watch({ id, watches }: Pick<WatchdogRow, 'id' | 'watches'>, subjects: readonly number[], seq: number): void {
    for (const key of this.#found.get(id) ?? []) {
      const watchdogs = this.#watchdogs.get(key)
      watchdogs?.delete(id)
      if (watchdogs?.size === 0) this.#watchdogs.delete(key)
    }
    const keys = subjects.map((subject) => `${PREFIX[watches]}${subject}`)
    if (keys.length === 0) this.#found.delete(id)
    else this.#found.set(id, keys)
    for (const key of keys) this.#watchdogs.set(key, (this.#watchdogs.get(key) ?? new Set()).add(id))
    this.#seen = this.#found.size === 0 ? undefined : Math.min(this.#seen ?? seq, seq)
  }

  /** After each batch. */
  onBatch(): void {
    const { store, onChange } = this.#options
    const last = store.last('event')
    if (this.#seen === undefined || this.#seen >= last) return
    const changed = new Set<number>()
    for (const { type, subject_kind, actor_id, subject } of workEventsAfter(store, this.#seen)) {
      const keys = subject_kind === 'review' ? [`r${subject}`] : [`p${actor_id}`, ...(type === 'thread.closed' ? [`t${subject}`] : [])]
      for (const key of keys) for (const id of this.#watchdogs.get(key) ?? []) changed.add(id)
    }
    this.#seen = last
    if (changed.size > 0) onChange([...changed])
  }
}
