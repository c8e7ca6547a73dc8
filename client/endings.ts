import { ERRORS, type ErrorCode, type ErrorSpec, MusterError } from '../src/errors.ts'
import { ClientError } from './client-error.ts'
import type { ConnectionEnd } from './connection.ts'
import type { TransportEnd } from './transport.ts'

/** Whether it makes sense to come back after such an end, and no sooner than when. */
export function judge(end: ConnectionEnd): { readonly error: Error; readonly fatal: boolean; readonly afterMs?: number } {
  if (end.kind === 'rejected') return { error: end.error, fatal: !end.error.retryable && end.error.code !== 'internal' }
  const error = errorOf(end)
  return { error, fatal: refusesUs(end), afterMs: end.bye?.afterMs ?? 0 }
}

/** Another attempt would end alike. */
function refusesUs(end: Exclude<ConnectionEnd, { kind: 'rejected' }>): boolean {
  if (end.bye?.reconnect === false) return true
  if (end.kind === 'refused') return end.status >= 400 && end.status < 500 && end.status !== 429
  // An application's close code (4000 and up) speaks of this client; those of the protocol speak of the moment.
  const code = end.kind === 'closed' && end.code >= 4000 && codeOfClose(end.code)
  return code ? !ERRORS[code].retryable : false
}

function errorOf(end: TransportEnd): Error {
  if (end.kind === 'failed') return new ClientError('disconnected', 'The daemon cannot be reached.', { cause: end.cause })
  if (end.kind === 'refused') {
    return end.status === 401
      ? new MusterError('unauthenticated')
      : new ClientError('disconnected', `The server answered the connection with HTTP status ${end.status}.`)
  }
  const code = codeOfClose(end.code)
  return code ? new MusterError(code) : new ClientError('disconnected', `The connection was closed (${end.code} ${end.reason}).`)
}

function codeOfClose(close: number): ErrorCode | undefined {
  return (Object.keys(ERRORS) as ErrorCode[]).find((code) => (ERRORS[code] as ErrorSpec).close === close)
}
