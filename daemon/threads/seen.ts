import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { PeerCaller } from '../caller.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { ThreadDeps } from './deps.ts'
import { ackReceived, heldOf } from './handover.ts'
import { type DeliveryRow, findMessage, isWaiting } from './rows.ts'

/**
 * Messages that a session's own transcript holds: what of them this peer was handed is acked, and the time is noted once.
 * Anything else changes nothing and is not told apart, since a transcript may quote any id.
 */
export function markSeen(tx: Tx, deps: ThreadDeps, peer: PeerCaller, messages: readonly string[]): void {
  if (messages.length === 0) return
  const rows = handedOver(tx, peer.peerId, messages)
  const waiting = rows.filter(isWaiting).map(({ id }) => id)
  if (waiting.length > 0) ackReceived(tx, deps, peer.peerId, waiting)
  const fresh = rows.filter((row) => row.seen_at === null)
  if (fresh.length === 0) return
  for (const { id } of fresh) tx.run('UPDATE deliveries SET seen_at = ? WHERE id = ?', tx.now, id)
  const changed = { seen: fresh.map(({ id }) => tx.id('delivery', id)) }
  tx.event({ type: 'mailbox.seen', actor: peer.peerId, circle: peer.circleId, audience: 'granted', subject: ['peer', peer.peerId], changed })
}

/** The deliveries of these messages that this peer was ever handed: first those in hand, then as many others as may be examined. */
function handedOver(reader: Reader, peerId: number, messages: readonly string[]): DeliveryRow[] {
  const inHand = new Map(heldOf(reader, peerId).map((row) => [row.message_id, row]))
  const rows: DeliveryRow[] = []
  let examined = 0
  for (const number of new Set(messages.flatMap((id) => messageNumber(reader, id)))) {
    const held = inHand.get(number)
    if (held) rows.push(held)
    const message = held ? undefined : findMessage(reader, number)
    if (!message || examined + message.delivery_count > LIMITS.maxExamined) continue
    examined += message.delivery_count
    const [first, last] = [message.first_delivery, message.first_delivery + message.delivery_count - 1]
    rows.push(...reader.all<DeliveryRow>('SELECT * FROM deliveries WHERE id BETWEEN ? AND ? AND peer_id = ? AND attempt > 0', first, last, peerId))
  }
  return rows
}

function messageNumber(reader: Reader, id: string): number | [] {
  try {
    return reader.number('message', id)
  } catch (error) {
    // An id of another node, or one that somebody made up.
    if (error instanceof MusterError) return []
    throw error
  }
}
