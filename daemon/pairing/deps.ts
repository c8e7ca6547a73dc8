import type { Logger } from 'pino'
import type { PeerCaller } from '../caller.ts'
import type { Clock, RandomBytes } from '../clock.ts'
import type { CredentialDeps, PeerRow } from '../peers/index.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { ActionCodes } from './action-codes.ts'
import type { OpenCode } from './open-code.ts'
import type { PassphraseTries } from './passphrase-tries.ts'

/** What the rules of this domain need besides the transaction. */
export interface PairingDeps {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly log: Pick<Logger, 'warn'>
  readonly pipeline: Pipeline
  readonly store: Reader
  /** Where devices reach the daemon; empty where that was not set. */
  readonly publicUrl: string
  readonly disconnect: CredentialDeps['disconnect']
  readonly callerOf: (peer: PeerRow) => PeerCaller
  /** A message of the daemon to a peer. */
  readonly tell: (tx: Tx, peerId: number, body: string) => void
  /** Runs a command of the contract in a transaction that is under way, as a person. */
  readonly perform: (tx: Tx, person: PeerCaller, operation: string, input: unknown) => unknown
}

export interface HandlerDeps extends PairingDeps {
  readonly code: OpenCode
  readonly actionCodes: ActionCodes
  readonly tries: PassphraseTries
}
