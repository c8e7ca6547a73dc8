import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { asPeer, type Command } from '../caller.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { Parcel } from './consumer.ts'
import { failOrBury } from './deadletters.ts'
import { ackDeliveries } from './deliveries.ts'
import type { ThreadDeps } from './deps.ts'
import type { Delay, Flight } from './flights.ts'
import { deliverTail } from './frame.ts'
import { CONTROL, type DeliveryRow, findDelivery, findMessage, findThread, type MessageRow, type ThreadRow, toDelivery, toMessage } from './rows.ts'

/** Receipts: ack, nack and extend, from any connection of the peer. */
export function createReceipts(deps: ThreadDeps) {
  const ack: Command<'mailbox.ack'> = {
    run(tx, caller, input) {
      const { peerId, circleId } = asPeer(caller)
      // What a restore has undone needs no ack, and must not keep the others from theirs.
      const ids = input.deliveries.filter((id) => !tx.isUndone(id)).map((id) => tx.number('delivery', id))
      const acked = ackDeliveries(tx, deps, peerId, ids)
      if (acked.length > 0)
        tx.event({
          type: 'mailbox.acked',
          actor: peerId,
          circle: circleId,
          audience: 'granted',
          subject: ['peer', peerId],
          changed: { acked: acked.map((id) => tx.id('delivery', id)) },
        })
      return { acked: acked.length }
    },
  }

  const nack: Command<'mailbox.nack'> = {
    run(tx, caller, input) {
      const { peerId } = asPeer(caller)
      const row = findDelivery(tx, tx.number('delivery', input.delivery))
      if (row?.peer_id !== peerId) throw new MusterError('not_found', { id: input.delivery })
      if (currentAttempt(row, deps) !== input.attempt) throw staleAttempt(tx, row)
      failOrBury(tx, deps, row, input.reason || 'given back by the recipient', true)
      return { delivery: toDelivery(tx, findDelivery(tx, row.id) as DeliveryRow, undefined) }
    },
  }

  const extend: Command<'mailbox.extend'> = {
    run(tx, caller, input) {
      const { peerId } = asPeer(caller)
      const stale: string[] = []
      const current: DeliveryRow[] = []
      for (const { delivery, attempt } of input.deliveries) {
        const row = findDelivery(tx, tx.number('delivery', delivery))
        if (row?.peer_id === peerId && currentAttempt(row, deps) === attempt) current.push(row)
        else stale.push(delivery)
      }
      tx.after(() => {
        for (const row of current) extendOffer(deps, row)
      })
      return { extended: current.length, stale }
    },
  }
  return { ack, nack, extend }
}

function extendOffer(deps: ThreadDeps, row: DeliveryRow): void {
  deps.dispatcher.flights.extend(row.id)
  if (deps.holds.has(row.id)) deps.holds.add({ deliveryId: row.id, peerId: row.peer_id, threadId: row.thread_id }, LIMITS.pullVisibilityMs)
}

/** The attempt that a delivery is in, if it is in one. */
function currentAttempt(row: DeliveryRow, deps: ThreadDeps): number | undefined {
  if (row.state === 'offered') return row.attempt
  const flight = row.state === 'queued' ? deps.dispatcher.flights.get(row.id) : undefined
  // The row counts the attempts that ended: an attempt that a command before this one ended is no longer current.
  return flight?.attempt === row.attempt + 1 ? flight.attempt : undefined
}

/** Whether the offer is the one that its delivery is in: neither ended by a command before this one, nor followed by another. */
function isCurrent(row: DeliveryRow, flight: Flight, deps: ThreadDeps): boolean {
  return deps.dispatcher.flights.get(row.id) === flight && currentAttempt(row, deps) === flight.attempt
}

/** Forgets an offer, but never a newer one of the same delivery. */
function releaseFlight(deps: ThreadDeps, flight: Flight): void {
  if (deps.dispatcher.flights.get(flight.deliveryId) === flight) deps.dispatcher.release(flight.deliveryId)
}

function staleAttempt(tx: Tx, row: DeliveryRow): MusterError {
  return new MusterError('stale_attempt', { delivery: tx.id('delivery', row.id), state: row.state, hint: 'The delivery has ended or was offered again since.' })
}

/** What the dispatcher reads and commands; all of it is about stream consumers. */
export function createDispatching(deps: () => ThreadDeps) {
  return {
    queued: (reader: Reader, peerId: number, limit: number, after: Parcel | undefined, lastAtStart: number): Parcel[] =>
      queuedAfter(reader, peerId, limit, after).map((row) => toParcel(reader, row, row.id <= lastAtStart)),

    owed: (reader: Reader, peerId: number, afterThread: number): Parcel | undefined =>
      owedDeliveries(reader, peerId, afterThread, 1, 'acked').map((row) => toParcel(reader, row, true))[0],

    /** Offers whose connection is gone. A lost one counts an attempt; an orderly one only leaves its time. */
    returned: (tx: Tx, flights: readonly Flight[], how: 'orderly' | 'lost'): void => {
      for (const flight of flights) {
        const row = findDelivery(tx, flight.deliveryId)
        if (!row || !isCurrent(row, flight, deps())) continue
        if (how === 'lost') failOrBury(tx, deps(), row, 'the connection was lost', false)
        else tx.run('UPDATE deliveries SET offered_at = ? WHERE id = ?', flight.offeredAt, row.id)
      }
    },

    /** Offers that nobody extended in time. */
    timedOut: (tx: Tx, flights: readonly Flight[]): void => {
      for (const flight of flights) {
        const row = findDelivery(tx, flight.deliveryId)
        if (row && isCurrent(row, flight, deps())) failOrBury(tx, deps(), row, 'nobody acked it in time', true)
        else tx.after(() => releaseFlight(deps(), flight))
      }
    },

    /** Handovers that nobody acked in time. */
    holdsOver: (tx: Tx, holds: readonly Delay[]): void => {
      for (const { deliveryId } of holds) releaseHold(tx, deps(), deliveryId, 'nobody acked it in time')
    },
  }
}

/** A pull handover is over without an ack: the delivery waits again. */
export function releaseHold(tx: Tx, deps: ThreadDeps, deliveryId: number, reason: string): void {
  const row = findDelivery(tx, deliveryId)
  if (row?.state === 'offered') failOrBury(tx, deps, row, reason, true)
  else tx.after(() => deps.holds.remove(deliveryId))
}

const OWED = `SELECT d.* FROM open_asks o JOIN threads t ON t.id = o.thread_id JOIN deliveries d ON d.id = t.opening_delivery
  WHERE o.recipient_id = ? AND o.thread_id > ? AND (? = 'open' OR d.state = 'acked') ORDER BY o.thread_id LIMIT ?`

/** The opening deliveries of the asks that a peer has not answered, oldest first: those it acked, or all that are open. */
export function owedDeliveries(reader: Reader, peerId: number, afterThread: number, limit: number, which: 'acked' | 'open'): DeliveryRow[] {
  return reader.all<DeliveryRow>(OWED, peerId, afterThread, which, limit)
}

const QUEUED = `SELECT * FROM deliveries WHERE peer_id = ? AND state = 'queued' AND state IN ('queued', 'offered') AND (priority, id) > (?, ?) ORDER BY priority, id LIMIT ?`

/** Queued deliveries in mailbox order: by priority, then by number. */
export function queuedAfter(
  reader: Reader,
  peerId: number,
  limit: number,
  after: { readonly priority: number; readonly deliveryId: number } | undefined,
): DeliveryRow[] {
  return reader.all<DeliveryRow>(QUEUED, peerId, after?.priority ?? -1, after?.deliveryId ?? 0, limit)
}

function toParcel(reader: Reader, row: DeliveryRow, maybeOffered: boolean): Parcel {
  const message = findMessage(reader, row.message_id) as MessageRow
  return {
    deliveryId: row.id,
    threadId: row.thread_id,
    messageId: row.message_id,
    peerId: row.peer_id,
    priority: row.priority,
    control: row.priority === CONTROL,
    solicited: row.solicited === 1,
    hops: message.hops,
    attempt: row.attempt,
    redelivered: maybeOffered || row.offered_at !== null,
    tail: () => deliverTail(reader, findThread(reader, row.thread_id) as ThreadRow, toMessage(reader, message)),
  }
}
