import { ERROR_CODES, type ErrorCode, type ErrorFacts, isRetryable, MusterError } from '../src/muster-error.ts'
import { ClientError } from './client-error.ts'
import type { ConnectionEnd } from './connection.ts'

/** Whether it makes sense to come back after such an end, and no sooner than when. */
export function judge(end: ConnectionEnd): { readonly error: Error; readonly isFinal: boolean; readonly afterMs?: number } {
  // A daemon that fails in a way it did not foresee may do better the next time.
  if (end.kind === 'rejected') return { error: end.error, isFinal: !end.error.retryable && end.error.code !== 'internal' }
  // Neither is ever 0.
  const status = end.kind === 'refused' ? end.status : 0
  const close = end.kind === 'closed' ? end.code : 0
  const code =
    status === 401 ? 'unauthenticated' : (Object.keys(ERROR_CODES) as ErrorCode[]).find((known) => (ERROR_CODES[known] as ErrorFacts).close === close)
  const text = status ? `The daemon answered with HTTP ${status}.` : close ? `The connection was closed (${close}).` : 'The daemon cannot be reached.'
  const cause = end.kind === 'failed' ? end.cause : undefined
  // An application's close code (4000 and up) speaks of this client; those of the protocol speak of the moment.
  const isOurs = (status >= 400 && status < 500 && status !== 429) || (close >= 4000 && code !== undefined && !isRetryable(code))
  return {
    error: code ? new MusterError(code) : new ClientError('disconnected', text, { cause }),
    isFinal: isOurs || end.bye?.reconnect === false,
    afterMs: end.bye?.afterMs ?? 0,
  }
}

/** Whether trying again later may help: the network, or a daemon that is busy. */
export function isPassing(error: unknown): boolean {
  return error instanceof MusterError ? error.retryable : error instanceof ClientError && error.code === 'disconnected'
}
