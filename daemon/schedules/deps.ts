import type { PeerCaller } from '../caller.ts'
import type { RandomBytes } from '../clock.ts'
import type { PeerRow } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { Scheduled, ScheduledSend } from '../threads/index.ts'

/** What the rules of this domain need besides the transaction. */
export interface ScheduleDeps {
  readonly threads: {
    readonly sendScheduled: (tx: Tx, scheduled: Scheduled) => ScheduledSend
    /** The daemon tells a peer something. */
    readonly tell: (tx: Tx, peerId: number, body: string) => void
  }
  readonly random: RandomBytes
  /** The zone of this machine, for schedules that name none. */
  readonly zone: string
  /** A schedule was paused by its failures, or goes on, or is gone. */
  readonly onTrouble: (tx: Tx, trouble: { readonly source: 'failed_schedule'; readonly about: number; readonly circleId: number }) => void
  readonly callerOf: (peer: PeerRow) => PeerCaller
  /** Whether a review is owed: a fact of a domain above. @throws MusterError `not_found` where the caller may not see it */
  readonly reviewOwed: (reader: Reader, caller: PeerCaller, about: { readonly review?: string | undefined; readonly peerId?: number | undefined }) => boolean
}
