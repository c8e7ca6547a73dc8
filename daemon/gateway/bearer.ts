import { MusterError } from '../../src/errors.ts'
import type { Caller } from '../caller.ts'
import type { GatewayDeps } from './deps.ts'

/** Who calls without any credential. */
export const NOBODY: Caller = { kind: 'nobody' }

/** The token of an `Authorization` header. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer ([\w-]{1,200})$/i.exec(authorization ?? '')?.[1]
}

/**
 * Who sends a request that belongs to no connection. `otherwise`: the token of a request that has no such header.
 *
 * @throws MusterError `shutting_down` or `unauthenticated`
 */
export function callerOf(deps: GatewayDeps, authorization: string | undefined, whose: string, otherwise?: () => string | undefined): Caller {
  if (deps.calls.closed) throw new MusterError('shutting_down')
  const token = authorization === undefined ? otherwise?.() : bearerToken(authorization)
  const caller = token === undefined ? undefined : deps.authenticate(token)
  if (!caller) throw new MusterError('unauthenticated', { hint: `Send Authorization: Bearer <${whose}>.` })
  return caller
}

/** A request without a connection is a sign of life, and uses its credential. */
export function noteCall(deps: GatewayDeps, caller: Caller): void {
  if (caller.kind === 'peer') deps.presence.sign(caller.peerId)
  if ('credentialId' in caller && deps.calls.isNoteDue(caller.credentialId, deps.clock.monoMs())) deps.touch(caller.credentialId)
}
