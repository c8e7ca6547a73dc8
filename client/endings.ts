import { ERRORS, type ErrorCode, type ErrorSpec, MusterError } from '../src/errors.ts'
import { ClientError } from './client-error.ts'
import type { ConnectionEnd } from './connection.ts'

/** Whether it makes sense to come back after such an end, and no sooner than when. */
export function judge(end: ConnectionEnd): { readonly error: Error; readonly isFinal: boolean; readonly afterMs?: number } {
  // A daemon that fails in a way it did not foresee may do better the next time.
  if (end.kind === 'rejected') return { error: end.error, isFinal: !end.error.retryable && end.error.code !== 'internal' }
  const code = codeOf(end)
  return {
    error: code ? new MusterError(code) : new ClientError('disconnected', describe(end), { cause: end.kind === 'failed' ? end.cause : undefined }),
    isFinal: end.bye?.reconnect === false || refusesUs(end, code),
    afterMs: end.bye?.afterMs ?? 0,
  }
}

type Lost = Exclude<ConnectionEnd, { readonly kind: 'rejected' }>

/** Another attempt would end alike. */
function refusesUs(end: Lost, code: ErrorCode | undefined): boolean {
  if (end.kind === 'refused') return end.status >= 400 && end.status < 500 && end.status !== 429
  // An application's close code (4000 and up) speaks of this client; those of the protocol speak of the moment.
  return end.kind === 'closed' && end.code >= 4000 && code !== undefined && !ERRORS[code].retryable
}

function codeOf(end: Lost): ErrorCode | undefined {
  if (end.kind === 'refused' && end.status === 401) return 'unauthenticated'
  return end.kind === 'closed' ? (Object.keys(ERRORS) as ErrorCode[]).find((code) => (ERRORS[code] as ErrorSpec).close === end.code) : undefined
}

function describe(end: Lost): string {
  if (end.kind === 'failed') return 'The daemon cannot be reached.'
  return end.kind === 'refused' ? `The server answered with HTTP ${end.status}.` : `The connection was closed: ${end.code} ${end.reason}`
}

/** Whether trying again later may help: the network, or a daemon that is busy. */
export function isPassing(error: unknown): boolean {
  return error instanceof MusterError ? error.retryable : error instanceof ClientError && error.code === 'disconnected'
}
