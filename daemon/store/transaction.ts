import type { IdKind } from '../../src/ids.ts'
import type { Value } from './statements.ts'
import type { CounterKind, Reader, Store } from './store.ts'

/** Who may see an event besides its actor, the peer concerned and the administrator. */
export type Audience = 'circle' | 'granted' | 'admin'

export interface EventDraft {
  readonly type: string
  readonly actor?: number | null
  readonly circle?: number | null
  /** The peer concerned, other than the actor. */
  readonly peer?: number | null
  readonly audience: Audience
  readonly subject?: readonly [IdKind, number]
  readonly changed?: Readonly<Record<string, unknown>>
}

const INSERT_EVENT = `INSERT INTO events (seq, at, type, actor_id, circle_id, peer_id, audience, subject_kind, subject, changed)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** What a command handler works with: reading, writing, numbers, events, and effects for after the commit. */
export class Tx implements Reader {
  /** Wall time, the same for all commands of a batch. */
  readonly now: number
  readonly effects: (() => void)[] = []
  /** Effects that run before those of any command of the batch. */
  readonly firstEffects: (() => void)[] = []
  /** Effects that run when the command fails and its writes are rolled back. */
  readonly failureEffects: (() => void)[] = []
  readonly store: Store
  /** Whether there is anything to undo. */
  hasWritten = false
  /** What a repeat of this command is answered from: the first number it created and how many followed. */
  created: { readonly number: number; readonly count: number } | undefined

  constructor(store: Store, now: number) {
    this.store = store
    this.now = now
  }

  get<Row>(sql: string, ...values: readonly Value[]): Row | undefined {
    return this.store.get<Row>(sql, ...values)
  }

  all<Row>(sql: string, ...values: readonly Value[]): Row[] {
    return this.store.all<Row>(sql, ...values)
  }

  id(kind: IdKind, number: number): string {
    return this.store.id(kind, number)
  }

  number(kind: IdKind, id: string): number {
    return this.store.number(kind, id)
  }

  isUndone(id: string): boolean {
    return this.store.isUndone(id)
  }

  cached<T>(key: string, load: () => T): T {
    return this.store.cached(key, load)
  }

  /** To be called by a command that changes what {@link cached} keeps: peers, or whether a credential is live. */
  changesPeers(): void {
    this.store.suspendCache()
  }

  /** @returns the number of rows changed */
  run(sql: string, ...values: readonly Value[]): number {
    this.hasWritten = true
    return this.store.unsafeRun(sql, ...values)
  }

  take(kind: CounterKind, count = 1): number {
    return this.store.take(kind, count)
  }

  /** Runs once after the commit, if it comes to that. Whatever must happen belongs in the outbox instead. */
  after(effect: () => void): void {
    this.effects.push(effect)
  }

  /** Like {@link after}, but ahead of the outcomes and effects of every command of the batch. */
  afterFirst(effect: () => void): void {
    this.firstEffects.push(effect)
  }

  /** Runs once after the batch, if this command fails. */
  onFailure(effect: () => void): void {
    this.failureEffects.push(effect)
  }

  /** Appends to the event log, in the transaction that makes the change. */
  event(draft: EventDraft): void {
    this.run(
      INSERT_EVENT,
      this.take('event'),
      this.now,
      draft.type,
      draft.actor ?? null,
      draft.circle ?? null,
      draft.peer ?? null,
      draft.audience,
      draft.subject?.[0] ?? null,
      draft.subject?.[1] ?? null,
      draft.changed ? JSON.stringify(draft.changed) : '{}',
    )
  }
}
