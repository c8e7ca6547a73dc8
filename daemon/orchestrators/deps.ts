import type { Handover, Presence } from '../../src/contract/index.ts'
import type { Outbox } from '../store/outbox.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { FirstWord, Succession } from '../threads/index.ts'
import type { Leases } from './leases.ts'

/** A list of a record, as much as fits, and how many more there are. */
export type Listed<T> = { readonly items: readonly T[]; readonly more: number }

/** What domains of their own know about a leader's duties, for the record of a handover. */
export interface Duties {
  /** Schedules that a peer owns or that wake it, those that come due first. */
  readonly schedules: (reader: Reader, peerId: number, limit: number) => Listed<Handover['schedules']['items'][number]>
  /** Reviews that are owed in a circle, those that wait longest first. */
  readonly reviews: (reader: Reader, circleId: number, limit: number) => Listed<Handover['reviews']['items'][number]>
}

/** What the rules of this domain need besides the transaction. */
export interface OrchestratorDeps {
  readonly outbox: Outbox
  readonly threads: {
    readonly tell: (tx: Tx, peerId: number, body: string) => void
    readonly tellFirst: (tx: Tx, peerId: number, first: FirstWord) => void
    readonly succeed: (tx: Tx, succession: Succession) => boolean
  }
  readonly presenceOf: (peerId: number) => Presence
  readonly duties: Duties
  readonly leases: Leases
}
