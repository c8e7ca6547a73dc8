import type { PeerCaller } from '../caller.ts'
import type { PeerRow } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import type { createThreads } from '../threads/index.ts'

/** What the rules of this domain need besides the transaction. */
export interface ReviewDeps {
  readonly threads: Pick<ReturnType<typeof createThreads>, 'tell' | 'say' | 'openFollowed' | 'endFollowed'>
  readonly schedules: {
    /** Makes a schedule for its owner; returns its number. @throws MusterError */
    readonly add: (tx: Tx, owner: PeerCaller, input: { readonly to: string; readonly body: string; readonly every: string; readonly review: string }) => number
    /** Ends a schedule, if it is there and has not ended. */
    readonly end: (tx: Tx, schedule: number, reason: string) => void
  }
  readonly callerOf: (peer: PeerRow) => PeerCaller
}
