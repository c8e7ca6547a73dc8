import type { Refused } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import type { PeerCaller } from '../caller.ts'
import { findPeer, type PeerRow, refOf, resolve, toRef } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { admit } from './admission.ts'
import type { ThreadDeps } from './deps.ts'
import { openThread, refuseUnanswerable } from './open.ts'
import { type Cause, NO_CAUSE } from './post.ts'

/** What a peer once asked to have sent at a later time. */
export interface Scheduled {
  readonly owner: PeerRow
  readonly kind: 'ask' | 'notify'
  /** One peer, or an address that is resolved now, as its owner would. */
  readonly to: number | { readonly address: string; readonly select: 'one' | 'all' | undefined }
  readonly body: string
  readonly priority: number
  /** For an ask. */
  readonly deadlineMs: number
}

export interface ScheduledSend {
  readonly threads: readonly number[]
  readonly refused: readonly Refused[]
  /** Why nothing was sent at all. */
  readonly reason: string | null
}

/** Nobody's doing in this moment: such a message begins a chain, and a schedule or a watchdog in it is no runaway. */
export const BY_PLAN: Cause = { ...NO_CAUSE, attended: true }

/**
 * Sends in the name of the owner of a schedule. It refuses nothing by throwing: whom it did not reach, and why, is in the result. What a peer asks
 * of itself is opened by the daemon, since its own answer need not come back to it.
 */
export function sendScheduled(tx: Tx, deps: ThreadDeps, scheduled: Scheduled): ScheduledSend {
  try {
    const { owner, kind } = scheduled
    const sender = callerOf(owner)
    const recipients = recipientsOf(tx, sender, scheduled)
    const asksOther = kind === 'ask' && !(recipients.length === 1 && recipients[0]?.id === owner.id)
    const check = asksOther ? (peer: PeerRow) => refuseUnanswerable(sender, peer) : () => undefined
    const { admitted, refused } = admit(tx, deps, { sender, cause: BY_PLAN, recipients, check })
    const groups = kind === 'ask' ? admitted.map((peer) => [peer]) : admitted.length > 0 ? [admitted] : []
    const threads = groups.map((group) => openFor(tx, deps, scheduled, group, kind === 'notify' || asksOther))
    return { threads, refused, reason: threads.length > 0 ? null : (refused[0]?.message ?? 'Nobody is meant by the address now.') }
  } catch (error) {
    if (error instanceof MusterError) return { threads: [], refused: [], reason: error.message }
    throw error
  }
}

function openFor(tx: Tx, deps: ThreadDeps, { owner, kind, body, priority, deadlineMs }: Scheduled, recipients: PeerRow[], byOwner: boolean): number {
  const opener = byOwner ? owner.id : null
  const circleId = recipients.length === 1 ? (recipients[0] as PeerRow).circle_id : owner.circle_id
  const deadlineAt = kind === 'ask' ? tx.now + deadlineMs : null
  const opening = { kind, opener, from: refOf(tx, opener), recipients, circleId, body, priority, cause: BY_PLAN, deadlineAt, escalateTo: null } as const
  return openThread(tx, deps, opening).threadId
}

function recipientsOf(tx: Tx, sender: PeerCaller, { to }: Scheduled): PeerRow[] {
  if (typeof to !== 'number') return resolve(tx, sender, to.address, to.select)
  const peer = findPeer(tx, to)
  if (!peer || peer.retired_at !== null) throw new MusterError('not_found', {}, { message: `${peer?.name ?? 'The recipient'} has retired.` })
  // Whoever the owner could once reach may have been taken out of its reach.
  return resolve(tx, sender, toRef(tx, peer).id, undefined)
}

function callerOf(owner: PeerRow): PeerCaller {
  return { kind: 'peer', peerId: owner.id, credentialId: 0, circleId: owner.circle_id, role: owner.role, mode: owner.mode }
}
