import { MusterError } from '../../src/errors.ts'
import { formatTime } from '../../src/time.ts'
import type { Caller } from '../caller.ts'
import type { Outcome } from '../store/pipeline.ts'
import { admit } from './admission.ts'
import type { GatewayDeps } from './deps.ts'
import { readPart, refuseUpload } from './file-reading.ts'
import { testSource } from './hooks/testing.ts'
import { PermitWaits } from './permit-waits.ts'
import { Waits } from './waits.ts'
import { SessionWatches } from './watches.ts'

export interface OneCall {
  readonly deps: GatewayDeps
  readonly caller: Caller
  /** Ends a wait before its time; its reason, where it is a MusterError, is what the caller is told. */
  readonly signal: AbortSignal
}

type Settle = (outcome: Outcome<unknown>) => void

/**
 * Runs an operation for a caller that has no connection, and settles once.
 *
 * @throws MusterError what `OperationRunner.admit` throws, and what a wait refuses at its start
 */
export function callOnce({ deps, caller, signal }: OneCall, operation: string, params: unknown, settle: Settle): void {
  const { name, input } = admit(deps, caller, operation, params)
  switch (name) {
    case 'node.ping':
      return settle({ ok: true, value: { at: formatTime(deps.clock.wallMs()) } })
    case 'threads.wait':
      return waitOnce(new Waits(deps, caller), (waits, then) => waits.onThread(input as never, then), signal, settle)
    case 'fans.wait':
      return waitOnce(new Waits(deps, caller), (waits, then) => waits.onFan(input as never, then), signal, settle)
    case 'sessions.watch':
      return waitOnce(new SessionWatches(deps, caller), (watches, then) => watches.start(input as never, then), signal, settle)
    case 'decisions.permit':
      return waitOnce(new PermitWaits(deps, caller), (waits, then) => waits.start(input as never, then), signal, settle)
    case 'node.backup':
      return deps.backups.start(input as never, settle)
    case 'passphrase.set':
      return deps.passphrases.set(caller, input as never, settle)
    case 'passphrase.approve':
      return deps.passphrases.approve(caller, input as never, settle)
    case 'artifacts.read':
      return readPart(deps, caller, input as never, settle)
    case 'artifacts.upload':
      return refuseUpload()
    case 'ingress.test':
      return testSource(deps, caller, input as never, settle)
    case 'events.subscribe':
    case 'events.unsubscribe':
      throw new MusterError('unknown_operation', { operation: name, hint: 'A subscription needs a connection.' })
    default:
      return deps.runner.run(caller, name, input, settle)
  }
}

function waitOnce<Of extends { end(): void }>(waits: Of, start: (waits: Of, settle: Settle) => void, signal: AbortSignal, settle: Settle): void {
  if (signal.aborted) return settle({ ok: false, error: endingOf(signal) })
  const onAbort = () => {
    waits.end()
    settle({ ok: false, error: endingOf(signal) })
  }
  signal.addEventListener('abort', onAbort, { once: true })
  start(waits, (outcome) => {
    signal.removeEventListener('abort', onAbort)
    settle(outcome)
  })
}

/** Why a call ended before its time. A client that has gone will not read it. */
export function endingOf({ reason }: AbortSignal): MusterError {
  return reason instanceof MusterError ? reason : new MusterError('unavailable', { hint: 'The call was cancelled.' })
}
