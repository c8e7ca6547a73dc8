import type { PeerCaller } from '../caller.ts'
import type { PeerRow } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import type { Ending, FirstWord, Followed } from '../threads/index.ts'
import type { CardRow } from './rows.ts'

/** What the rules of this domain need besides the transaction. */
export interface DecisionDeps {
  readonly threads: {
    readonly openFollowed: (tx: Tx, followed: Followed) => number
    readonly endFollowed: (tx: Tx, threadId: number, ending: Ending) => number | null
    /** @throws MusterError what refuses it */
    readonly say: (tx: Tx, sender: PeerCaller, recipients: readonly PeerRow[], body: string) => unknown
    readonly tell: (tx: Tx, peerId: number, body: string) => void
    readonly tellFirst: (tx: Tx, peerId: number, first: FirstWord) => void
    readonly endDead: (tx: Tx, peerId: number, how: 'replay' | 'discard', bounds: { readonly by: number; readonly limit: number }) => number
    readonly release: (tx: Tx, pair: { readonly a: number; readonly b: number; readonly circleId: number }, by: number) => boolean
  }
  readonly schedules: {
    /** Resumes or deletes a schedule in the name of a person. @throws MusterError */
    readonly settle: (tx: Tx, schedule: number, how: 'resume' | 'delete', by: PeerCaller) => void
  }
  /** A card of a runtime has ended. */
  readonly onPermitClosed: (card: number) => void
  /** A card has reached a person; it was decided, or ended otherwise. For the domain above, which tells people elsewhere. */
  readonly onGiven: (tx: Tx, card: CardRow, personId: number) => void
  readonly onSettled: (tx: Tx, card: CardRow) => void
  readonly callerOf: (peer: PeerRow) => PeerCaller
  readonly zone: string
}
