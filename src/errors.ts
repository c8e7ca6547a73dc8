/** What the SDK needs to know about one error code; how each door shows it is in `error-statuses.ts`, which a browser never loads. */
export interface ErrorSpec {
  /** The sentence shown when the raiser gives none. */
  readonly message: string
  /** Whether the same request may succeed later without being changed. */
  readonly retryable?: true
  /** WebSocket close code, for the errors that end a connection. */
  readonly close?: number
}

/**
 * The closed list of errors that cross the wire. `docs/protocol.md` documents each one and a test
 * holds the two together. A code is never reused for another meaning.
 */
export const ERRORS = {
  // The frame
  invalid_frame: { message: 'The frame is not a JSON-RPC 2.0 request.', close: 4400 },
  unknown_operation: { message: 'There is no operation of that name.' },
  invalid_input: { message: 'The input does not fit the operation.' },
  too_large: { message: 'The body is larger than the limit.' },
  method_not_allowed: { message: 'That path does not take this method.' },
  unsupported_media_type: { message: 'A body is sent as application/json.' },
  duplicate_id: { message: 'A request with that id is still being answered on this connection.' },
  too_many_requests: { message: 'Too many requests are waiting for an answer on this connection.', retryable: true },
  // The handshake and the connection
  hello_required: { message: 'The first request on a connection must be hello.' },
  hello_timeout: { message: 'No hello arrived in time.', retryable: true, close: 4408 },
  unsupported_protocol: { message: 'This daemon does not speak that protocol version.', close: 4406 },
  unauthenticated: { message: 'The credential is missing, unknown, expired or revoked.', close: 4401 },
  replaced: { message: 'A newer connection consumes this mailbox.', close: 4409 },
  slow_consumer: { message: 'The connection does not read what it is sent.', retryable: true, close: 4429 },
  too_many_connections: { message: 'The daemon holds as many connections as it may.', retryable: true },
  // Authority and reading
  forbidden: { message: 'This credential may not do that.' },
  not_found: { message: 'There is nothing of that name or id that you may see.' },
  ambiguous_address: { message: 'The address fits more than one peer.' },
  cursor_expired: { message: 'The event cursor is of another incarnation or below the retention floor.' },
  scan_timeout: { message: 'Finding that took longer than it may.' },
  // State
  name_taken: { message: 'Another peer of the circle has that name.' },
  already_closed: { message: 'The thread has been decided already.' },
  idempotency_mismatch: { message: 'That idempotency key was used with another input.' },
  stale_attempt: { message: 'That attempt of the delivery is over.' },
  not_leading: { message: 'You do not lead the circle with that token.' },
  wrong_mode: { message: 'The peer consumes its mailbox in another mode.' },
  mailbox_full: { message: 'The recipient has no room for more.', retryable: true },
  too_many_schedules: { message: 'The peer has as many schedules as it may have.' },
  too_many_reviews: { message: 'The circle owes as many reviews as it may.', retryable: true },
  quota_exceeded: { message: 'There is no room for more files.', retryable: true },
  thread_full: { message: 'The thread has as many messages as it may have.' },
  pair_parked: { message: 'The two peers were parked because they kept each other busy.', retryable: true },
  // The node
  unavailable: { message: 'The daemon could not commit; nothing was changed.', retryable: true },
  read_only: { message: 'The disk is full: the daemon reads but does not write.', retryable: true },
  backup_failed: { message: 'No backup was written.' },
  shutting_down: { message: 'The daemon is stopping.', retryable: true, close: 1012 },
  internal: { message: 'The daemon failed in a way it did not foresee. Its log has the details.', close: 1011 },
} as const satisfies Record<string, ErrorSpec>

export type ErrorCode = keyof typeof ERRORS

/** `data` of a JSON-RPC error object. `hint` says what would be accepted; other fields depend on the code. */
export interface ErrorData {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
  readonly [detail: string]: unknown
}

/** Whether the same request may succeed later without being changed. */
export function isRetryable(code: ErrorCode): boolean {
  return (ERRORS[code] as ErrorSpec).retryable === true
}

/** An error that a caller can act on, the same class on both sides of the wire; told apart by `code`, never by subclass. */
export class MusterError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, details: Readonly<Record<string, unknown>> = {}, options: { message?: string; cause?: unknown } = {}) {
    super(options.message ?? ERRORS[code].message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'MusterError'
    this.code = code
    this.details = details
  }

  get retryable(): boolean {
    return isRetryable(this.code)
  }

  toData(): ErrorData {
    return { ...this.details, code: this.code, message: this.message }
  }

  /** Rebuilds an error from the wire. A code this version does not know becomes `internal` and keeps its name in `details.unknownCode`. */
  static fromData(data: { code?: unknown; message?: unknown; [detail: string]: unknown }): MusterError {
    const { code, message, ...details } = data
    const known = typeof code === 'string' && Object.hasOwn(ERRORS, code)
    const options = typeof message === 'string' ? { message } : {}
    return known ? new MusterError(code as ErrorCode, details, options) : new MusterError('internal', { ...details, unknownCode: code }, options)
  }
}
