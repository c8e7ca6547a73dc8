import type { PeerCaller } from '../caller.ts'
import type { RandomBytes } from '../clock.ts'
import type { CardChoice, CardRow } from '../decisions/index.ts'
import type { PeerRow } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'

/** What the settings allow, as far as this domain has to know. */
export interface ChannelSettings {
  readonly telegram: boolean
  readonly ntfy: boolean
  /** By their names. */
  readonly webhooks: readonly string[]
  /** Hosts of push services besides those of the known browsers. */
  readonly pushHosts: readonly string[]
  /** The public key of this node for push messages; made where there is none yet. */
  readonly pushKey: () => string
}

/** What the rules of this domain need besides the transaction. */
export interface ChannelDeps {
  readonly random: RandomBytes
  readonly settings: ChannelSettings
  readonly decisions: {
    /** @throws MusterError what refuses the decision */
    readonly decide: (tx: Tx, row: CardRow, by: PeerCaller, choice: CardChoice) => unknown
    /** @throws MusterError `thread_full` */
    readonly comment: (tx: Tx, row: CardRow, by: number, body: string) => number
    /** When a person's quiet hours end; `undefined` outside of them. */
    readonly quietUntil: (tx: Tx, personId: number) => number | undefined
  }
  /** Asks in the name of a person. @throws MusterError what refuses it */
  readonly ask: (tx: Tx, by: PeerCaller, to: string, body: string) => void
  /** Says something in a thread in the name of a person: the answer, where one is owed. @throws MusterError what refuses it */
  readonly reply: (tx: Tx, by: PeerCaller, threadId: number, body: string) => void
  readonly callerOf: (peer: PeerRow) => PeerCaller
  /** Something is bound, so the service is needed. */
  readonly onNeeded: () => void
}
