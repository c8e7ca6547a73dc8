import type { Logger } from 'pino'
import type { Hello } from '../../src/contract/index.ts'
import type { ErrorCode, MusterError } from '../../src/errors.ts'
import type { ContentFile, Uploads } from '../artifacts/index.ts'
import type { Backups } from '../backups/index.ts'
import type { Caller } from '../caller.ts'
import type { Clock } from '../clock.ts'
import type { Permits } from '../decisions/index.ts'
import type { Ingress } from '../ingress/index.ts'
import type { OperationRunner } from '../operations.ts'
import type { Passphrases } from '../pairing/index.ts'
import type { PresenceTracker } from '../peers/presence.ts'
import type { SessionRegistry } from '../sessions/index.ts'
import type { Store } from '../store/store.ts'
import type { Dispatcher } from '../threads/dispatcher.ts'
import type { Outlook } from '../threads/index.ts'
import type { Signals } from '../threads/signals.ts'
import type { ToolCalls } from './tool-calls.ts'

/** A client that stays connected. */
export interface Link {
  readonly caller: Caller
  /** One heartbeat. */
  beat(): void
  /** New events were committed. */
  onEvents(): void
  /** Ends it with a reason that the client is told. */
  closeWith(code: ErrorCode, options?: { readonly orderly?: boolean }): void
}

/** What the doors need of the daemon. */
export interface GatewayDeps {
  readonly clock: Clock
  readonly log: Pick<Logger, 'info' | 'warn' | 'error' | 'debug'>
  readonly store: Store
  readonly runner: OperationRunner
  readonly presence: PresenceTracker
  readonly dispatcher: Dispatcher
  readonly signals: Signals
  readonly artifacts: { readonly uploads: Uploads; readonly open: (sha256: string) => Promise<ContentFile> }
  /** Of fans, by their numbers. */
  readonly fanSignals: Signals
  readonly sessions: SessionRegistry
  /** What waits in a mailbox. */
  readonly outlook: (peerId: number) => Outlook
  readonly connections: Set<Link>
  readonly backups: Backups
  readonly passphrases: Passphrases
  readonly ingress: Pick<Ingress, 'receive' | 'test' | 'attach'>
  readonly permits: Permits
  /** Calls that come without a connection. */
  readonly calls: ToolCalls
  /** Who a token speaks for now. */
  readonly authenticate: (token: string) => Caller | undefined
  /** What a connection is told when it greets, but for the operations: they are the doors'. */
  readonly hello: (caller: Caller) => Omit<Hello, 'operations'>
  /** Notes that a credential was used. */
  readonly touch: (credentialId: number) => void
  /** Ids for the log. */
  readonly describe: (caller: Caller) => string
  /** Logs what was not foreseen and gives the caller `internal`. */
  readonly asMusterError: (error: unknown) => MusterError
}
