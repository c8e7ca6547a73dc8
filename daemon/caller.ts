import type { Mode, OperationName, Operations, Output, Parsed, Role } from '../src/contract/index.ts'
import { MusterError } from '../src/errors.ts'
import type { Reader, ScanReader } from './store/store.ts'
import type { Tx } from './store/transaction.ts'

export interface PeerCaller {
  readonly kind: 'peer'
  readonly peerId: number
  readonly credentialId: number
  readonly circleId: number
  readonly role: Role
  readonly mode: Mode
}

/** Who is speaking, as the credential says. */
export type Caller = PeerCaller | { readonly kind: 'admin'; readonly credentialId: number } | { readonly kind: 'enrolment'; readonly enrolmentId: number }

type NamesOf<Kind> = { [N in OperationName]: Operations[N]['kind'] extends Kind ? N : never }[OperationName]
export type CommandName = NamesOf<'command'>
export type QueryName = NamesOf<'query'>
export type ScanName = NamesOf<'scan'>
/** Commands of who leads a circle. */
export type LedName = { [N in CommandName]: Operations[N]['access'] extends 'leader' ? N : never }[CommandName]
/** What {@link OperationRunner} runs; streams live in the doors. */
export type RunnableName = CommandName | QueryName | ScanName

/** A command's handler. It never awaits and changes nothing outside the database. */
export interface Command<N extends OperationName> {
  run(tx: Tx, caller: Caller, input: Parsed<N>): Output<N>
  /** Answers a repeat with the same idempotency key from what the first run created. */
  replay?(tx: Tx, caller: Caller, created: { readonly number: number; readonly count: number }, input: Parsed<N>): Output<N>
}

export type Query<N extends OperationName> = (reader: Reader, caller: Caller, input: Parsed<N>) => Output<N>

/** Like a query, and away from the loop: it may read what no query may, for up to 5 s. `now` is wall time. */
export type Scan<N extends OperationName> = (reader: ScanReader, caller: Caller, input: Parsed<N>, now: number) => Output<N>

/** @throws MusterError `forbidden` when the caller is no peer */
export function asPeer(caller: Caller): PeerCaller {
  if (caller.kind !== 'peer') throw new MusterError('forbidden', { hint: "Use a peer's credential." })
  return caller
}
