import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { PeerCaller } from '../caller.ts'
import type { Tx } from '../store/transaction.ts'
import type { ThreadDeps } from './deps.ts'
import type { Cause } from './post.ts'
import { NO_CAUSE } from './post.ts'
import { findMessage, type MessageRow } from './rows.ts'

/**
 * Where a new message stands in its chain: after the message that the sender names, after none (`null`), or, where the
 * sender does not say, after the message with the most hops that it has in hand.
 *
 * @throws MusterError `invalid_input` when the named message was neither sent nor received by the caller
 */
export function causeOf(tx: Tx, deps: ThreadDeps, caller: PeerCaller, causedBy: string | null | undefined): Cause {
  const attended = caller.role === 'person'
  if (causedBy === null) return { ...NO_CAUSE, attended }
  const message = causedBy === undefined ? heaviestInHand(tx, deps, caller) : namedCause(tx, caller, causedBy)
  if (!message) return { ...NO_CAUSE, attended }
  return { causedBy: message.id, hops: message.hops + 1, attended: attended || message.attended === 1 }
}

function namedCause(tx: Tx, caller: PeerCaller, id: string): MessageRow {
  const message = findMessage(tx, tx.number('message', id))
  if (message?.sender_id === caller.peerId) return message
  const received = message
    ? tx.get('SELECT 1 FROM deliveries WHERE id BETWEEN ? AND ? AND peer_id = ?', message.first_delivery, lastDelivery(message), caller.peerId)
    : undefined
  if (!message || !received) throw new MusterError('invalid_input', { hint: '`causedBy` must name a message that you sent or were sent, or be null.' })
  return message
}

export function lastDelivery(message: MessageRow): number {
  return message.first_delivery + message.delivery_count - 1
}

/** The received message with the most hops among those the peer has in hand: in flight to its consumer, or handed over. */
function heaviestInHand(tx: Tx, deps: ThreadDeps, caller: PeerCaller): MessageRow | undefined {
  const flight = deps.dispatcher.heaviest(caller.peerId)
  if (flight) return findMessage(tx, flight.messageId)
  return tx.get<MessageRow>(
    `SELECT m.* FROM deliveries d JOIN messages m ON m.id = d.message_id
     WHERE d.peer_id = ? AND d.state = 'offered' AND d.state IN ('queued', 'offered') ORDER BY m.hops DESC LIMIT 1`,
    caller.peerId,
  )
}

interface PairRow {
  readonly times: string
  readonly parked_until: number | null
  readonly reason: string | null
}

/**
 * Refuses what a runaway pair would send: a chain of more than 16 hops, or the 31st caused message between the same two
 * peers within 10 minutes. What has a person, a schedule or a work item in its chain is never held back, and neither is
 * an answer or a closing, which do not come here.
 *
 * @throws MusterError `pair_parked`
 */
export function guardRunaway(tx: Tx, deps: ThreadDeps, caller: PeerCaller, recipientId: number, cause: Cause, circleId: number): void {
  if (cause.attended) return
  const [a, b] = caller.peerId < recipientId ? [caller.peerId, recipientId] : [recipientId, caller.peerId]
  const pair = tx.get<PairRow>('SELECT times, parked_until, reason FROM pairs WHERE a = ? AND b = ?', a, b)
  if (pair?.parked_until && isParked(pair.parked_until, tx.now)) throw parked(pair.reason ?? '', pair.parked_until - tx.now)
  if (cause.causedBy === null) return
  const times = (JSON.parse(pair?.times ?? '[]') as number[]).filter((at) => isWithin(at, tx.now, LIMITS.pairWindowMs))
  const reason = runawayReason(cause, times)
  if (reason) {
    // The refusal undoes this command, so the parking is a command of its own; one refusal among several undoes nothing.
    const park = () =>
      deps.pipeline.submit(
        (next) => deps.parkPair(next, { a, b, circleId, reason }),
        () => undefined,
      )
    tx.onFailure(park)
    tx.after(park)
    throw parked(reason, LIMITS.pairParkedMs)
  }
  times.push(tx.now)
  tx.run('INSERT INTO pairs (a, b, times) VALUES (?, ?, ?) ON CONFLICT (a, b) DO UPDATE SET times = excluded.times', a, b, JSON.stringify(times))
}

/** Whether a time lies within the last `ms`. One that is still to come is of a clock that was set back since. */
export function isWithin(at: number, now: number, ms: number): boolean {
  return at > now - ms && at <= now
}

/** A parking that would last longer than any does was begun on a clock that was set back since. */
export function isParked(until: number | null, now: number): boolean {
  return until !== null && isWithin(until - LIMITS.pairParkedMs, now, LIMITS.pairParkedMs)
}

function runawayReason(cause: Cause, times: readonly number[]): string | undefined {
  if (cause.hops > LIMITS.maxHops) return `a chain of more than ${LIMITS.maxHops} messages, each caused by the one before`
  if (times.length >= LIMITS.pairMessages) return `more than ${LIMITS.pairMessages} messages in ${LIMITS.pairWindowMs / 60_000} minutes, each caused by another`
  return undefined
}

function parked(reason: string, retryInMs: number): MusterError {
  return new MusterError('pair_parked', { reason, retryInMs, hint: 'The orchestrator was told; it or the administrator can use pairs.release.' })
}
