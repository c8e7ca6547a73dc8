import type { PeerCaller } from '../caller.ts'
import type { BreachRow } from './rows.ts'

/** What is over its time and was not before. */
export interface Found {
  /** A peer, a thread or a review. */
  readonly subject: number
  /** From when on it counts. */
  readonly since: number
}

/** What was over its time and is so no longer. */
export interface Over {
  readonly breach: BreachRow
  readonly at: number
  readonly outcome: string
}

/** What a look at the state came to. */
export interface Judgement {
  readonly found: readonly Found[]
  readonly over: readonly Over[]
  /** Nothing more can be over its time before this. */
  readonly next: number
  /** The last thread that has been dealt with. */
  readonly cursor?: number
  /** Others are over their time too, and are told when some of those that are known have ended. */
  readonly full?: boolean
}

/** There is nothing left to watch. */
export interface Gone {
  readonly gone: string
  /** Whether that is what one waited for, and nothing to be woken for. */
  readonly wellDone: boolean
}

export interface Sight {
  /** In whose name is looked: it is told of nothing that it could not read. */
  readonly owner: PeerCaller
  /** The breaches that go on. */
  readonly open: readonly BreachRow[]
  readonly now: number
}

export const OUT_OF_SIGHT = "it is out of its owner's sight"

/** When something that began at a time has lasted for so long. What seems to come out of the future, on a clock that was put back, begins now. */
export function lastsUntil(since: number, forMs: number, now: number): number {
  return Math.min(since, now) + forMs
}
