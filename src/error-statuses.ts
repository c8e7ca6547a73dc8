import type { ErrorCode } from './muster-error.ts'

/** How the doors show an error code. */
export interface ErrorStatus {
  /** JSON-RPC error number (JSON-RPC 2.0, section 5.1); -32000 for everything of our own. */
  readonly rpc: number
  readonly http: number
  /** CLI exit status; 75 is EX_TEMPFAIL, 64 EX_USAGE, 77 EX_NOPERM (sysexits.h). */
  readonly exit: number
}

/** A status for each code of the closed list, in its order. */
export const ERROR_STATUSES = {
  invalid_frame: { rpc: -32600, http: 400, exit: 64 },
  unknown_operation: { rpc: -32601, http: 404, exit: 64 },
  invalid_input: { rpc: -32602, http: 422, exit: 64 },
  too_large: { rpc: -32602, http: 413, exit: 64 },
  method_not_allowed: { rpc: -32000, http: 405, exit: 64 },
  unsupported_media_type: { rpc: -32000, http: 415, exit: 64 },
  duplicate_id: { rpc: -32600, http: 400, exit: 64 },
  too_many_requests: { rpc: -32000, http: 429, exit: 75 },
  hello_required: { rpc: -32000, http: 400, exit: 64 },
  hello_timeout: { rpc: -32000, http: 408, exit: 75 },
  unsupported_protocol: { rpc: -32000, http: 400, exit: 64 },
  unauthenticated: { rpc: -32000, http: 401, exit: 77 },
  replaced: { rpc: -32000, http: 409, exit: 1 },
  slow_consumer: { rpc: -32000, http: 429, exit: 75 },
  too_many_connections: { rpc: -32000, http: 503, exit: 75 },
  forbidden: { rpc: -32000, http: 403, exit: 77 },
  not_found: { rpc: -32000, http: 404, exit: 4 },
  ambiguous_address: { rpc: -32000, http: 409, exit: 5 },
  cursor_expired: { rpc: -32000, http: 410, exit: 6 },
  scan_timeout: { rpc: -32000, http: 504, exit: 1 },
  name_taken: { rpc: -32000, http: 409, exit: 5 },
  already_closed: { rpc: -32000, http: 409, exit: 5 },
  idempotency_mismatch: { rpc: -32000, http: 409, exit: 5 },
  stale_attempt: { rpc: -32000, http: 409, exit: 5 },
  not_leading: { rpc: -32000, http: 409, exit: 5 },
  wrong_mode: { rpc: -32000, http: 409, exit: 5 },
  mailbox_full: { rpc: -32000, http: 429, exit: 75 },
  too_many_schedules: { rpc: -32000, http: 409, exit: 5 },
  too_many_reviews: { rpc: -32000, http: 409, exit: 75 },
  too_many_watchdogs: { rpc: -32000, http: 409, exit: 5 },
  too_many_cards: { rpc: -32000, http: 409, exit: 5 },
  quota_exceeded: { rpc: -32000, http: 507, exit: 75 },
  thread_full: { rpc: -32000, http: 409, exit: 5 },
  pair_parked: { rpc: -32000, http: 429, exit: 75 },
  unavailable: { rpc: -32000, http: 503, exit: 75 },
  read_only: { rpc: -32000, http: 507, exit: 75 },
  backup_failed: { rpc: -32000, http: 500, exit: 1 },
  shutting_down: { rpc: -32000, http: 503, exit: 75 },
  internal: { rpc: -32603, http: 500, exit: 70 },
} as const satisfies Record<ErrorCode, ErrorStatus>
