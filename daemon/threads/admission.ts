import type { Refused } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { PeerCaller } from '../caller.ts'
import { type PeerRow, toRef } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { guardRunaway } from './causes.ts'
import type { ThreadDeps } from './deps.ts'
import type { Cause } from './post.ts'

/** What is sent to one peer or to several, before it is known who takes it. */
export interface Admission {
  readonly sender: PeerCaller
  readonly cause: Cause
  readonly recipients: readonly PeerRow[]
  /** The circle whose orchestrators hear of a runaway; without one, that of the recipient. */
  readonly circleId?: number
  /** Throws what else speaks against a recipient. */
  readonly check?: (peer: PeerRow) => void
}

/**
 * The recipients that can take an unsolicited message now, and those that cannot.
 *
 * @throws MusterError what refuses it, when there is but one recipient
 */
export function admit(tx: Tx, deps: ThreadDeps, admission: Admission): { readonly admitted: PeerRow[]; readonly refused: Refused[] } {
  const refused: Refused[] = []
  const admitted = admission.recipients.filter((peer) => {
    try {
      requireAdmission(tx, deps, admission, peer)
      return true
    } catch (error) {
      if (admission.recipients.length === 1 || !(error instanceof MusterError)) throw error
      refused.push({ to: toRef(tx, peer), code: error.code, message: error.message })
      return false
    }
  })
  return { admitted, refused }
}

function requireAdmission(tx: Tx, deps: ThreadDeps, { sender, cause, circleId, check }: Admission, peer: PeerRow): void {
  check?.(peer)
  guardRunaway(tx, deps, sender, peer.id, cause, circleId ?? peer.circle_id)
  if (!deps.room.hasRoom(tx, peer.id)) {
    throw new MusterError('mailbox_full', { to: toRef(tx, peer), limit: LIMITS.maxUnsolicited, hint: 'Try again when the recipient has caught up.' })
  }
}
