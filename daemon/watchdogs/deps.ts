import type { PeerCaller } from '../caller.ts'
import type { PeerRow } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import type { Recoveries } from './recoveries.ts'

/** What the rules of this domain need besides the transaction. */
export interface WatchdogDeps {
  readonly threads: {
    /** Tells a peer something that it, or another, asked to be told. Returns the thread. */
    readonly remind: (tx: Tx, peerId: number, body: string) => number | undefined
    readonly hasRoom: (tx: Tx, peerId: number) => boolean
  }
  readonly callerOf: (peer: PeerRow) => PeerCaller
}

/** What looking at a watchdog needs besides. */
export interface LookDeps extends WatchdogDeps {
  readonly recoveries: Recoveries
  /** Wall time from which on peers could be heard again: of the start, or of the last leap of the clock. */
  readonly hearsSince: () => number
}
