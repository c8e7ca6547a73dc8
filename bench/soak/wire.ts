/** What a peer of the soak tells its supervisor, and the reverse. */
export type Report =
  | { readonly kind: 'online'; readonly resumed: boolean }
  /** Nothing is being sent, and every ask has ended as far as this sender knows. */
  | { readonly kind: 'settled' }
  | { readonly kind: 'failed'; readonly reason: string }

/** `settle`: send nothing new, finish what was begun. */
export type Order = 'settle'

export interface Assignment {
  readonly name: string
  readonly ledger: string
  /** Differs in every life of the process. */
  readonly seed: number
  readonly workers: readonly string[]
}

/** What every worker can, and so who is meant by a send to all of them. */
export const WORK = 'booking'
export const WORKERS = `cap:${WORK}`

/** The body of every message: its sender and its number there, which no other send has, and the amount to book. */
export interface Work {
  readonly n: string
  readonly amount: number
}
