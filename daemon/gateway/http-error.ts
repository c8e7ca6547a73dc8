import type { FastifyReply } from 'fastify'
import { ERRORS, MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { GatewayDeps } from './deps.ts'

/** Answers with an error: the status of its code, the headers that belong to that, and the same data as on every door. */
export function sendError(reply: FastifyReply, error: MusterError): FastifyReply {
  if (error.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer realm="muster"')
  const { allow } = error.details
  if (Array.isArray(allow)) reply.header('allow', allow.join(', '))
  const retryInMs = retryInMsOf(error)
  if (retryInMs !== undefined) reply.header('retry-after', String(Math.ceil(retryInMs / 1000)))
  return reply.code(ERRORS[error.code].http).header('cache-control', 'no-store').send({ error: error.toData() })
}

function retryInMsOf({ code, details }: MusterError): number | undefined {
  if (code === 'shutting_down') return LIMITS.restartMs
  return typeof details['retryInMs'] === 'number' ? details['retryInMs'] : undefined
}

/** What Fastify refuses before a door sees it, or a client breaks off, in our terms; anything else as every door reports it. */
export function asHttpError(deps: GatewayDeps, error: unknown): MusterError {
  const { statusCode, message } = error as { readonly statusCode?: unknown; readonly message?: string }
  if (error instanceof MusterError || typeof statusCode !== 'number' || statusCode >= 500) return deps.asMusterError(error)
  if (statusCode === 413) return new MusterError('too_large', { limit: LIMITS.maxFrameBytes, hint: `At most ${LIMITS.maxFrameBytes} bytes of JSON.` })
  if (statusCode === 415) return new MusterError('unsupported_media_type', { hint: 'Send JSON, as Content-Type: application/json.' })
  return new MusterError('invalid_frame', {}, { message: message ?? 'The request cannot be read.' })
}
