/** What a client needs to know about one error code. What it says is in `errors.ts` and how each door shows it in `error-statuses.ts`, which a browser never loads. */
export interface ErrorFacts {
  /** Whether the same request may succeed later without being changed. */
  readonly retryable?: true
  /** WebSocket close code, for the errors that end a connection. */
  readonly close?: number
}

/**
 * The closed list of errors that cross the wire. `docs/protocol.md` documents each one and a test
 * holds the two together. A code is never reused for another meaning.
 */
export const ERROR_CODES = {
  // The frame
  invalid_frame: { close: 4400 },
  unknown_operation: {},
  invalid_input: {},
  too_large: {},
  method_not_allowed: {},
  unsupported_media_type: {},
  duplicate_id: {},
  too_many_requests: { retryable: true },
  // The handshake and the connection
  hello_required: {},
  hello_timeout: { retryable: true, close: 4408 },
  unsupported_protocol: { close: 4406 },
  unauthenticated: { close: 4401 },
  replaced: { close: 4409 },
  slow_consumer: { retryable: true, close: 4429 },
  too_many_connections: { retryable: true },
  // Authority and reading
  forbidden: {},
  not_found: {},
  ambiguous_address: {},
  cursor_expired: {},
  scan_timeout: {},
  // State
  name_taken: {},
  already_closed: {},
  idempotency_mismatch: {},
  stale_attempt: {},
  not_leading: {},
  wrong_mode: {},
  mailbox_full: { retryable: true },
  too_many_schedules: {},
  too_many_reviews: { retryable: true },
  too_many_watchdogs: {},
  too_many_cards: {},
  quota_exceeded: { retryable: true },
  thread_full: {},
  pair_parked: { retryable: true },
  // The node
  unavailable: { retryable: true },
  read_only: { retryable: true },
  backup_failed: {},
  shutting_down: { retryable: true, close: 1012 },
  internal: { close: 1011 },
} as const satisfies Record<string, ErrorFacts>

export type ErrorCode = keyof typeof ERROR_CODES

/** `data` of a JSON-RPC error object. `hint` says what would be accepted; other fields depend on the code. */
export interface ErrorData {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
  readonly [detail: string]: unknown
}

/** Whether the same request may succeed later without being changed. */
export function isRetryable(code: ErrorCode): boolean {
  return (ERROR_CODES[code] as ErrorFacts).retryable === true
}

/** An error that a caller can act on, the same class on both sides of the wire; told apart by `code`, never by subclass. */
export class MusterError extends Error {
  /** What each code says where the raiser says nothing: `errors.ts` fills it. Without it, as in a browser, the code stands for itself. */
  static sentences: Readonly<Partial<Record<ErrorCode, { readonly message: string }>>> = {}
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, details: Readonly<Record<string, unknown>> = {}, options: { message?: string; cause?: unknown } = {}) {
    super(
      options.message ?? MusterError.sentences[code]?.message ?? code.replaceAll('_', ' '),
      options.cause === undefined ? undefined : { cause: options.cause },
    )
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
    const known = typeof code === 'string' && Object.hasOwn(ERROR_CODES, code)
    const options = typeof message === 'string' ? { message } : {}
    return known ? new MusterError(code as ErrorCode, details, options) : new MusterError('internal', { ...details, unknownCode: code }, options)
  }
}
