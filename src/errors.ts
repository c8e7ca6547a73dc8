/** What a caller needs to know about one error code. */
export interface ErrorSpec {
  /** The sentence shown when the raiser gives none. */
  readonly message: string
  /** JSON-RPC error number (JSON-RPC 2.0, section 5.1); -32000 for everything of our own. */
  readonly rpc: number
  readonly http: number
  /** CLI exit status; 75 is EX_TEMPFAIL, 64 EX_USAGE, 77 EX_NOPERM (sysexits.h). */
  readonly exit: number
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean
  /** WebSocket close code, for the errors that end a connection. */
  readonly close?: number
}

/**
 * The closed list of errors that cross the wire. `docs/protocol.md` documents each one and a test
 * holds the two together. A code is never reused for another meaning.
 */
export const ERRORS = {
  // The frame
  invalid_frame: { message: 'The frame is not a JSON-RPC 2.0 request.', rpc: -32600, http: 400, exit: 64, retryable: false, close: 4400 },
  unknown_operation: { message: 'There is no operation of that name.', rpc: -32601, http: 404, exit: 64, retryable: false },
  invalid_input: { message: 'The input does not fit the operation.', rpc: -32602, http: 422, exit: 64, retryable: false },
  too_large: { message: 'The body is larger than the limit.', rpc: -32602, http: 413, exit: 64, retryable: false },
  method_not_allowed: { message: 'That path does not take this method.', rpc: -32000, http: 405, exit: 64, retryable: false },
  unsupported_media_type: { message: 'A body is sent as application/json.', rpc: -32000, http: 415, exit: 64, retryable: false },
  duplicate_id: { message: 'A request with that id is still being answered on this connection.', rpc: -32600, http: 400, exit: 64, retryable: false },
  too_many_requests: { message: 'Too many requests are waiting for an answer on this connection.', rpc: -32000, http: 429, exit: 75, retryable: true },
  // The handshake and the connection
  hello_required: { message: 'The first request on a connection must be hello.', rpc: -32000, http: 400, exit: 64, retryable: false },
  hello_timeout: { message: 'No hello arrived in time.', rpc: -32000, http: 408, exit: 75, retryable: true, close: 4408 },
  unsupported_protocol: { message: 'This daemon does not speak that protocol version.', rpc: -32000, http: 400, exit: 64, retryable: false, close: 4406 },
  unauthenticated: { message: 'The credential is missing, unknown, expired or revoked.', rpc: -32000, http: 401, exit: 77, retryable: false, close: 4401 },
  replaced: { message: 'A newer connection consumes this mailbox.', rpc: -32000, http: 409, exit: 1, retryable: false, close: 4409 },
  slow_consumer: { message: 'The connection does not read what it is sent.', rpc: -32000, http: 429, exit: 75, retryable: true, close: 4429 },
  too_many_connections: { message: 'The daemon holds as many connections as it may.', rpc: -32000, http: 503, exit: 75, retryable: true },
  // Authority and reading
  forbidden: { message: 'This credential may not do that.', rpc: -32000, http: 403, exit: 77, retryable: false },
  not_found: { message: 'There is nothing of that name or id that you may see.', rpc: -32000, http: 404, exit: 4, retryable: false },
  ambiguous_address: { message: 'The address fits more than one peer.', rpc: -32000, http: 409, exit: 5, retryable: false },
  cursor_expired: { message: 'The event cursor is of another incarnation or below the retention floor.', rpc: -32000, http: 410, exit: 6, retryable: false },
  scan_timeout: { message: 'Finding that took longer than it may.', rpc: -32000, http: 504, exit: 1, retryable: false },
  // State
  name_taken: { message: 'Another peer of the circle has that name.', rpc: -32000, http: 409, exit: 5, retryable: false },
  already_closed: { message: 'The thread has been decided already.', rpc: -32000, http: 409, exit: 5, retryable: false },
  idempotency_mismatch: { message: 'That idempotency key was used with another input.', rpc: -32000, http: 409, exit: 5, retryable: false },
  stale_attempt: { message: 'That attempt of the delivery is over.', rpc: -32000, http: 409, exit: 5, retryable: false },
  wrong_mode: { message: 'The peer consumes its mailbox in another mode.', rpc: -32000, http: 409, exit: 5, retryable: false },
  mailbox_full: { message: 'The recipient has no room for more.', rpc: -32000, http: 429, exit: 75, retryable: true },
  too_many_schedules: { message: 'The peer has as many schedules as it may have.', rpc: -32000, http: 409, exit: 5, retryable: false },
  quota_exceeded: { message: 'There is no room for more files.', rpc: -32000, http: 507, exit: 75, retryable: true },
  thread_full: { message: 'The thread has as many messages as it may have.', rpc: -32000, http: 409, exit: 5, retryable: false },
  pair_parked: { message: 'The two peers were parked because they kept each other busy.', rpc: -32000, http: 429, exit: 75, retryable: true },
  // The node
  unavailable: { message: 'The daemon could not commit; nothing was changed.', rpc: -32000, http: 503, exit: 75, retryable: true },
  read_only: { message: 'The disk is full: the daemon reads but does not write.', rpc: -32000, http: 507, exit: 75, retryable: true },
  backup_failed: { message: 'No backup was written.', rpc: -32000, http: 500, exit: 1, retryable: false },
  shutting_down: { message: 'The daemon is stopping.', rpc: -32000, http: 503, exit: 75, retryable: true, close: 1012 },
  internal: {
    message: 'The daemon failed in a way it did not foresee. Its log has the details.',
    rpc: -32603,
    http: 500,
    exit: 70,
    retryable: false,
    close: 1011,
  },
} as const satisfies Record<string, ErrorSpec>

export type ErrorCode = keyof typeof ERRORS

/** `data` of a JSON-RPC error object. `hint` says what would be accepted; other fields depend on the code. */
export interface ErrorData {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
  readonly [detail: string]: unknown
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
    return ERRORS[this.code].retryable
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
