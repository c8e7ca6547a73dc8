import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'

/** A call under way. */
export interface OpenCall extends Disposable {
  /** Aborted with a MusterError as its reason when the call must end. */
  readonly signal: AbortSignal
  /** Its client may have cancelled it, so that its result counts as not received. */
  readonly doubtful: boolean
}

interface Call {
  readonly requestId: string | number | undefined
  readonly controller: AbortController
  doubtful: boolean
}

interface Session {
  readonly calls: Set<Call>
  /** What its last inbox said. */
  cursor: string | undefined
  /** Monotonic time at which the use of the credential was last noted. */
  notedAt: number | undefined
}

/** A credential is noted as used this often at most: each time is a commit. */
const NOTE_EVERY_MS = 60_000

/**
 * What the daemon remembers of those that call over HTTP, which has no connection to remember it by: the calls under way of each
 * credential and, for the tools of MCP, where it stands in its mailbox. Forgetting it loses nothing: what was handed over and not acked
 * is handed over again.
 */
export class ToolCalls {
  /** Those that called last come last. */
  readonly #sessions = new Map<number, Session>()
  #closed = false

  get closed(): boolean {
    return this.#closed
  }

  /**
   * Begins a call; disposing of it ends it.
   *
   * @param requestId what the client calls it, where it may cancel it by that name
   * @param limit how many calls the credential may have under way
   * @throws MusterError `shutting_down` or `too_many_requests`
   */
  open(credentialId: number, requestId?: string | number, limit: number = LIMITS.maxWaits): OpenCall {
    if (this.#closed) throw new MusterError('shutting_down')
    const session = this.#session(credentialId)
    if (session.calls.size >= limit) throw new MusterError('too_many_requests', { limit, hint: 'Make fewer calls at a time.' })
    const call: Call = { requestId, controller: new AbortController(), doubtful: false }
    session.calls.add(call)
    return {
      signal: call.controller.signal,
      get doubtful() {
        return call.doubtful
      },
      [Symbol.dispose]: () => void session.calls.delete(call),
    }
  }

  /**
   * A client of a 2025 revision gives up a call. Clients number their requests alike, so where two of one credential have such
   * a call, neither is ended, and what either is told counts as not received.
   */
  cancel(credentialId: number, requestId: string | number): void {
    const meant = [...(this.#sessions.get(credentialId)?.calls ?? [])].filter((call) => call.requestId === requestId)
    for (const call of meant) call.doubtful = true
    if (meant.length === 1) meant[0]?.controller.abort(new MusterError('unavailable', { hint: 'The call was cancelled.' }))
  }

  cursorOf(credentialId: number): string | undefined {
    return this.#sessions.get(credentialId)?.cursor
  }

  moveCursor(credentialId: number, cursor: string): void {
    this.#session(credentialId).cursor = cursor
  }

  /** Whether the use of a credential should be written down again. */
  isNoteDue(credentialId: number, monoMs: number): boolean {
    const session = this.#session(credentialId)
    if (session.notedAt !== undefined && monoMs - session.notedAt < NOTE_EVERY_MS) return false
    session.notedAt = monoMs
    return true
  }

  /** The credential was revoked. */
  forget(credentialId: number): void {
    const session = this.#sessions.get(credentialId)
    this.#sessions.delete(credentialId)
    if (session) endAll(session, new MusterError('unauthenticated', { hint: 'The credential was revoked.' }))
  }

  /** Ends every call and begins no other. */
  close(): void {
    this.#closed = true
    for (const session of this.#sessions.values()) endAll(session, new MusterError('shutting_down'))
    this.#sessions.clear()
  }

  #session(credentialId: number): Session {
    const session = this.#sessions.get(credentialId) ?? { calls: new Set(), cursor: undefined, notedAt: undefined }
    this.#sessions.delete(credentialId)
    this.#sessions.set(credentialId, session)
    if (this.#sessions.size > LIMITS.maxConnections) this.#forgetOldest()
    return session
  }

  #forgetOldest(): void {
    for (const [credentialId, { calls }] of this.#sessions) {
      if (calls.size > 0) continue
      this.#sessions.delete(credentialId)
      return
    }
  }
}

function endAll(session: Session, reason: MusterError): void {
  for (const { controller } of [...session.calls]) controller.abort(reason)
  session.calls.clear()
}
