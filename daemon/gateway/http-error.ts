import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { ERROR_STATUSES } from '../../src/error-statuses.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { GatewayDeps } from './deps.ts'

/** Answers with an error: the status of its code, the headers that belong to that, and the same data as on every door. */
export function sendError(reply: FastifyReply, error: MusterError): FastifyReply {
  if (error.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer realm="muster"')
  const { allow } = error.details
  if (Array.isArray(allow)) reply.header('allow', allow.join(', '))
  const retryInMs = retryInMsOf(error)
  if (retryInMs !== undefined) reply.header('retry-after', String(Math.ceil(retryInMs / 1000)))
  return reply
    .code(ERROR_STATUSES[error.code].http)
    .headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    .send({ error: error.toData() })
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

const MAX_ECHOED_CHARS = 200

/** The path of a request as an error repeats it: without the query, which may hold a secret, and cut to a bounded length. */
export function pathOf(url: string): string {
  const [path = ''] = url.split('?')
  return path.length > MAX_ECHOED_CHARS ? `${path.slice(0, MAX_ECHOED_CHARS)}…` : path
}

/** Answers on a bare socket, where there is no request to reply to, and ends the connection. */
export function refuseSocket(socket: Duplex, error: MusterError): void {
  const { http } = ERROR_STATUSES[error.code]
  const body = JSON.stringify({ error: error.toData() })
  const head = [
    `HTTP/1.1 ${http} ${STATUS_CODES[http]}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ].join('\r\n')
  socket.end(`${head}\r\n\r\n${body}`)
}

/** Answers what is no HTTP, or did not come in time. */
export function refuseClient(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const message = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'The request did not arrive in time.' : 'The request is not HTTP, or its head is too large.'
  refuseSocket(socket, new MusterError('invalid_frame', {}, { message }))
}
