import type { Command, PeerCaller } from '../caller.ts'
import type { PeerRow } from '../peers/index.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Store } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { Refusals } from './refusals.ts'
import type { Variable } from './secrets.ts'

/** What the rules of this domain need besides the transaction. */
export interface IngressDeps {
  readonly store: Store
  readonly pipeline: Pipeline
  readonly threads: {
    readonly commands: { readonly 'threads.ask': Command<'threads.ask'>; readonly 'threads.notify': Command<'threads.notify'> }
    /** Acks what waits for a peer that reads nothing, a batch at a time. Returns whether there may be more. */
    readonly receiveAll: (tx: Tx, peerId: number) => boolean
  }
  readonly variable: Variable
  /** Where devices and senders reach the daemon from elsewhere; empty where nobody does. */
  readonly publicUrl: string
  readonly refusals: Refusals
  /** Retires the peer of a source that is removed. */
  readonly retire: (tx: Tx, peerId: number, reason: string) => void
  readonly callerOf: (peer: PeerRow) => PeerCaller
}
