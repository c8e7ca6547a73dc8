import { LIMITS } from '../../src/limits.ts'
import type { Tx } from '../store/transaction.ts'
import { closeThread } from './close.ts'
import { tellOfDeath } from './deadletters.ts'
import { endDelivery } from './deliveries.ts'
import type { ThreadDeps } from './deps.ts'
import { type DeliveryRow, findThread, type ThreadRow } from './rows.ts'

export const RETIREMENT = 'retirement'

/**
 * What a peer that has left still owes and is owed, a batch at a time: asks to it fail, asks of it are cancelled, and its
 * mail is dead-lettered with notice to the senders.
 *
 * @returns whether anything may be left
 */
export function retireBatch(tx: Tx, deps: ThreadDeps, payload: { readonly peerId: number; readonly reason: string }): boolean {
  const { peerId } = payload
  const reason = `the recipient has retired: ${payload.reason}`
  const owed = tx.all<{ thread_id: number }>('SELECT thread_id FROM open_asks WHERE recipient_id = ? LIMIT ?', peerId, LIMITS.batchOperations)
  for (const { thread_id } of owed) {
    closeThread(tx, deps, findThread(tx, thread_id) as ThreadRow, { state: 'failed', kind: 'fail', by: null, body: reason, reason })
  }
  // One after the other: closing an ask ends mail of the peer too, which must not be on a list that was read before.
  if (owed.length > 0) return true
  const own = tx.all<ThreadRow>("SELECT * FROM threads WHERE opener_id = ? AND state = 'open' LIMIT ?", peerId, LIMITS.batchOperations)
  for (const { id } of own) {
    // One that is closed can close others of the same card.
    const thread = findThread(tx, id)
    if (thread?.state !== 'open') continue
    const why = `the asker has retired: ${payload.reason}`
    closeThread(tx, deps, thread, { state: 'cancelled', kind: 'cancel', by: null, body: why, reason: why })
  }
  if (own.length > 0) return true
  const mail = tx.all<DeliveryRow>("SELECT * FROM deliveries WHERE peer_id = ? AND state IN ('queued', 'offered') LIMIT ?", peerId, LIMITS.batchOperations)
  for (const row of mail) {
    endDelivery(tx, deps, row, 'dead', reason)
    tellOfDeath(tx, deps, row, reason)
  }
  return mail.length > 0
}
