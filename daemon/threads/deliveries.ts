import type { DeliveryState } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Tx } from '../store/transaction.ts'
import type { ThreadDeps } from './deps.ts'
import type { Flight } from './flights.ts'
import { type DeliveryRow, findDelivery, isWaiting } from './rows.ts'

type EndState = Extract<DeliveryState, 'acked' | 'superseded' | 'withdrawn' | 'expired' | 'dead'>

const END = `UPDATE deliveries SET state = ?, attempt = ?, offered_at = ?, ended_at = ?, reason = ?, backoff_ms = 0, holder = NULL, handover = NULL WHERE id = ?`

/**
 * Ends a waiting delivery, writes down the offer that was in the air, and frees what it held after the commit.
 *
 * @param closedFrame sent to the consumer that has it in hand, if one has
 */
export function endDelivery(tx: Tx, deps: ThreadDeps, row: DeliveryRow, state: EndState, reason: string | null, closedFrame?: () => string): void {
  const flight = deps.dispatcher.flights.get(row.id)
  tx.run(END, state, flight ? flight.attempt : row.attempt, flight ? flight.offeredAt : row.offered_at, tx.now, reason, row.id)
  // All commands of a batch have the same time: this one may be stored by the same commit.
  if (row.queued_at === tx.now && row.state === 'queued' && !flight) tx.afterFirst(() => deps.dispatcher.neverArrives(row.id))
  tx.after(() => {
    const released = freed(deps, row.id, row.peer_id, row.solicited === 1)
    if (closedFrame) released?.consumer.port.send(closedFrame())
  })
}

const ACK_OFFERED =
  "UPDATE deliveries SET state = 'acked', attempt = ?, offered_at = ?, ended_at = ?, reason = NULL WHERE id = ? AND peer_id = ? AND state = 'queued'"

/**
 * Acks deliveries of a peer. A stale ack is accepted; one of somebody else's delivery changes nothing.
 *
 * @returns those that were waiting
 */
export function ackDeliveries(tx: Tx, deps: ThreadDeps, peerId: number, ids: readonly number[]): number[] {
  return ids.filter((id) => ackOffered(tx, deps, peerId, id) || ackStored(tx, deps, peerId, id))
}

/** Acks what waits for a peer that nobody reads for, as much as one command may. @returns whether there may be more */
export function receiveAll(tx: Tx, deps: ThreadDeps, peerId: number): boolean {
  const sql = "SELECT id FROM deliveries WHERE peer_id = ? AND state IN ('queued', 'offered') LIMIT ?"
  const waiting = tx.all<{ id: number }>(sql, peerId, LIMITS.batchOperations).map(({ id }) => id)
  ackDeliveries(tx, deps, peerId, waiting)
  return waiting.length === LIMITS.batchOperations
}

/** By far the most frequent ack: of what is in flight, about which everything is known without reading the row. */
function ackOffered(tx: Tx, deps: ThreadDeps, peerId: number, id: number): boolean {
  const flight = deps.dispatcher.flights.get(id)
  if (flight?.peerId !== peerId || tx.run(ACK_OFFERED, flight.attempt, flight.offeredAt, tx.now, id, peerId) === 0) return false
  tx.after(() => freed(deps, id, peerId, flight.solicited))
  return true
}

function ackStored(tx: Tx, deps: ThreadDeps, peerId: number, id: number): boolean {
  const row = findDelivery(tx, id)
  if (row?.peer_id !== peerId || !isWaiting(row)) return false
  endDelivery(tx, deps, row, 'acked', null)
  return true
}

/** What the end of a delivery frees, after its commit. */
function freed(deps: ThreadDeps, id: number, peerId: number, solicited: boolean): Flight | undefined {
  if (!solicited) deps.room.changed(peerId, -1)
  deps.holds.remove(id)
  deps.dispatcher.undelay(id)
  return deps.dispatcher.release(id)
}

const RETRY = `UPDATE deliveries SET state = 'queued', attempt = ?, failures = ?, backoff_ms = ?, offered_at = ?, reason = ?, holder = NULL, handover = NULL WHERE id = ?`

/** What became of a delivery that failed. */
export type FailureOutcome = 'retried' | 'dead'

/**
 * An offer failed: by a nack or a visibility timeout (`counts`), or by losing its connection, which raises only the
 * attempt. The delivery is offered again, after a backoff where it counts, or dies.
 */
export function failDelivery(tx: Tx, deps: ThreadDeps, row: DeliveryRow, reason: string, counts: boolean): FailureOutcome {
  const flight = deps.dispatcher.flights.get(row.id)
  // A pull handover counted its attempt when it was made.
  const attempt = row.state === 'offered' ? row.attempt : row.attempt + 1
  const failures = row.failures + (counts ? 1 : 0)
  if (failures >= LIMITS.maxFailures || attempt >= LIMITS.maxAttempts) {
    tx.run('UPDATE deliveries SET failures = ? WHERE id = ?', failures, row.id)
    endDelivery(tx, deps, row, 'dead', reason)
    return 'dead'
  }
  const backoffMs = counts ? backoff(failures, deps) : 0
  tx.run(RETRY, attempt, failures, backoffMs, flight?.offeredAt ?? row.offered_at, reason, row.id)
  tx.after(() => {
    deps.holds.remove(row.id)
    if (backoffMs > 0) deps.dispatcher.delay({ deliveryId: row.id, peerId: row.peer_id, threadId: row.thread_id }, backoffMs)
    deps.dispatcher.release(row.id)
    deps.dispatcher.wake(row.peer_id)
  })
  return 'retried'
}

/** 1 s, 2 s, 4 s, 8 s … 5 min, each less up to a fifth, so that what failed together does not return together. */
function backoff(failures: number, deps: ThreadDeps): number {
  const ceiling = Math.min(LIMITS.backoffFirstMs * 2 ** (failures - 1), LIMITS.backoffLastMs)
  const jitter = (deps.random(1)[0] ?? 0) / 255 / 5
  return Math.round(ceiling * (1 - jitter))
}
