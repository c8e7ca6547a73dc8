import { type ErrorCode, MusterError } from './muster-error.ts'

export { ERROR_CODES, type ErrorCode, type ErrorData, type ErrorFacts, isRetryable, MusterError } from './muster-error.ts'

/** The sentence of each code, shown when the raiser gives none. The daemon sends one with every error, so a browser does without these. */
export const ERRORS = {
  // The frame
  invalid_frame: { message: 'The frame is not a JSON-RPC 2.0 request.' },
  unknown_operation: { message: 'There is no operation of that name.' },
  invalid_input: { message: 'The input does not fit the operation.' },
  too_large: { message: 'The body is larger than the limit.' },
  method_not_allowed: { message: 'That path does not take this method.' },
  unsupported_media_type: { message: 'A body is sent as application/json.' },
  duplicate_id: { message: 'A request with that id is still being answered on this connection.' },
  too_many_requests: { message: 'Too many requests are waiting for an answer on this connection.' },
  // The handshake and the connection
  hello_required: { message: 'The first request on a connection must be hello.' },
  hello_timeout: { message: 'No hello arrived in time.' },
  unsupported_protocol: { message: 'This daemon does not speak that protocol version.' },
  unauthenticated: { message: 'The credential is missing, unknown, expired or revoked.' },
  replaced: { message: 'A newer connection consumes this mailbox.' },
  slow_consumer: { message: 'The connection does not read what it is sent.' },
  too_many_connections: { message: 'The daemon holds as many connections as it may.' },
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
  mailbox_full: { message: 'The recipient has no room for more.' },
  too_many_schedules: { message: 'The peer has as many schedules as it may have.' },
  too_many_reviews: { message: 'The circle owes as many reviews as it may.' },
  too_many_watchdogs: { message: 'The peer has as many watchdogs as it may have.' },
  too_many_cards: { message: 'The peer has as many cards waiting as it may have.' },
  quota_exceeded: { message: 'There is no room for more files.' },
  thread_full: { message: 'The thread has as many messages as it may have.' },
  pair_parked: { message: 'The two peers were parked because they kept each other busy.' },
  // The node
  unavailable: { message: 'The daemon could not commit; nothing was changed.' },
  read_only: { message: 'The disk is full: the daemon reads but does not write.' },
  backup_failed: { message: 'No backup was written.' },
  shutting_down: { message: 'The daemon is stopping.' },
  internal: { message: 'The daemon failed in a way it did not foresee. Its log has the details.' },
} as const satisfies Record<ErrorCode, { readonly message: string }>

MusterError.sentences = ERRORS
