import { ERROR_STATUSES } from './error-statuses.ts'
import { type ErrorData, MusterError } from './muster-error.ts'

/** JSON-RPC 2.0 over WebSocket (https://www.jsonrpc.org/specification), without batches and without client notifications. */
export const PROTOCOL = 1
export const SUBPROTOCOL = 'muster.v1'
/** A browser cannot set headers on a WebSocket: it offers its token as a second subprotocol with this prefix. */
export const BEARER_SUBPROTOCOL_PREFIX = 'bearer.'
export const WS_PATH = '/v1/ws'
export const DEFAULT_PORT = 6878

export type RequestId = string | number

export interface Request {
  readonly jsonrpc: '2.0'
  readonly id: RequestId
  readonly method: string
  readonly params?: Readonly<Record<string, unknown>>
}

export interface Failure {
  readonly jsonrpc: '2.0'
  readonly id: RequestId | null
  readonly error: { readonly code: number; readonly message: string; readonly data: ErrorData }
}

const MAX_ID_CHARS = 64
const FIELDS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params'])

/**
 * Reads one client frame.
 *
 * @throws MusterError `invalid_frame` when it is not JSON, a batch, a notification or not a request; `details.id` is the
 * request's id where one could be read.
 */
export function parseRequest(text: string): Request {
  let frame: unknown
  try {
    frame = JSON.parse(text)
  } catch (cause) {
    throw new MusterError('invalid_frame', { hint: 'Send one JSON object per frame.' }, { message: 'The frame is not JSON.', cause })
  }
  if (Array.isArray(frame)) throw invalidFrame('Batches are refused: send one request per frame.')
  if (typeof frame !== 'object' || frame === null) throw invalidFrame('The frame is not a JSON object.')
  const { jsonrpc, id, method, params } = frame as Record<string, unknown>
  const known = isRequestId(id) ? id : undefined
  if (jsonrpc !== '2.0') throw invalidFrame('`jsonrpc` must be "2.0".', known)
  if (known === undefined) throw invalidFrame(`Every frame is a request: \`id\` must be a whole number or a string of at most ${MAX_ID_CHARS} characters.`)
  if (typeof method !== 'string') throw invalidFrame('`method` must be a string.', known)
  if (params !== undefined && (typeof params !== 'object' || params === null || Array.isArray(params))) throw invalidFrame('`params` must be an object.', known)
  for (const field in frame) if (!FIELDS.has(field)) throw invalidFrame(`Unknown field \`${field.slice(0, MAX_ID_CHARS)}\` in the frame.`, known)
  return frame as Request
}

export function isRequestId(id: unknown): id is RequestId {
  return typeof id === 'string' ? id.length > 0 && id.length <= MAX_ID_CHARS : Number.isSafeInteger(id)
}

export function encodeSuccess(id: RequestId, result: unknown): string {
  return `{"jsonrpc":"2.0","id":${typeof id === 'number' ? id : JSON.stringify(id)},"result":${JSON.stringify(result)}}`
}

export function encodeFailure(id: RequestId | null, error: MusterError): string {
  const frame: Failure = { jsonrpc: '2.0', id, error: { code: ERROR_STATUSES[error.code].rpc, message: error.message, data: error.toData() } }
  return JSON.stringify(frame)
}

export function encodeNotification(method: string, params: unknown): string {
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${JSON.stringify(params)}}`
}

function invalidFrame(message: string, id?: RequestId): MusterError {
  return new MusterError('invalid_frame', id === undefined ? {} : { id }, { message })
}
