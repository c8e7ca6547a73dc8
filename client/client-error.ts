import type { PeerRef } from '../src/contract/index.ts'

/**
 * Why the SDK itself gave up. These never cross the wire; what the daemon refuses is a `MusterError`.
 *
 * - `aborted`: the caller's signal fired.
 * - `closed`: the connection was closed for good; `cause` says why where it was not the caller's doing.
 * - `disconnected`: the connection was lost and the request must not be repeated, or no connection could be made.
 * - `queue_full`: too much waits to be sent.
 * - `timeout`: the answer did not come in time. What was asked for may still happen.
 */
export type ClientErrorCode = 'aborted' | 'closed' | 'disconnected' | 'queue_full' | 'timeout'

/** An error of this side of the wire, told apart by `code`. */
export class ClientError extends Error {
  readonly code: ClientErrorCode

  constructor(code: ClientErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'ClientError'
    this.code = code
  }
}

/** `answered` is only ever the reason of a handler's signal: the ask was answered by another way. */
export type AskErrorCode = 'answered' | 'declined' | 'cancelled' | 'expired' | 'failed'

/** An ask that ended without an answer. `by` is `null` where the daemon ended it. */
export class AskError extends Error {
  readonly code: AskErrorCode
  readonly thread: string
  readonly by: PeerRef | null

  constructor(code: AskErrorCode, thread: string, reason: string | null, by: PeerRef | null) {
    super(reason || `The ask was ${code}.`)
    this.name = 'AskError'
    this.code = code
    this.thread = thread
    this.by = by
  }
}
