import type { Item } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import type { PeerCaller } from '../caller.ts'
import { findPeer, type PeerRow } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { ackDeliveries } from './deliveries.ts'
import type { ThreadDeps } from './deps.ts'
import { owedDeliveries, queuedAfter, releaseHold } from './mailbox.ts'
import { bodyBytes, fitting } from './page.ts'
import { CONTROL, type DeliveryRow, findDelivery, findMessage, findThread, type MessageRow, type ThreadRow, toDelivery, toMessage, toThread } from './rows.ts'

const HAND_OVER = `UPDATE deliveries SET state = 'offered', attempt = attempt + 1, offered_at = ?, holder = ?, handover = ? WHERE id = ?`
/** The second condition is for the planner: it makes the partial index of what waits fit. */
const HELD = `SELECT * FROM deliveries WHERE peer_id = ? AND state = 'offered' AND state IN ('queued', 'offered')`

/** Which of the mail that waits a pull session takes over. */
export interface Choice {
  readonly limit: number
  /** The least pressing priority that is taken, as a number. */
  readonly upTo: number
  /** Something as pressing as this must be among it, or nothing is taken. */
  readonly needs: number
  /** First what this session holds unacked already: its reply was lost, or its process began anew. */
  readonly again: boolean
  /** Given back by this very command: their backoff begins with its commit. */
  readonly except?: ReadonlySet<number>
}

export const EVERYTHING = { upTo: Number.POSITIVE_INFINITY, needs: Number.POSITIVE_INFINITY, again: true } as const

/** What is taken over next, and whether there is more of it. */
export function chooseMail(tx: Tx, deps: ThreadDeps, peer: PeerCaller, choice: Choice): { readonly chosen: DeliveryRow[]; readonly more: boolean } {
  const fresh: DeliveryRow[] = []
  for (const row of deliverable(tx, deps, peer.peerId, choice.except)) {
    if (fresh.length > choice.limit || row.priority > choice.upTo) break
    fresh.push(row)
  }
  // Together in mailbox order: what is in hand and can wait must not take the room of what is worth it.
  const rows = [...(choice.again ? heldBy(tx, peer) : []), ...fresh].sort((a, b) => a.priority - b.priority || a.id - b.id)
  if (!rows.some((row) => row.priority <= choice.needs)) return { chosen: [], more: false }
  const chosen = fitting(rows.slice(0, choice.limit), (row) => bodyBytes(tx, row.message_id))
  return { chosen, more: rows.length > chosen.length }
}

/** Hands deliveries over to a session, under a number by which they are found again. */
export function handOver(tx: Tx, deps: ThreadDeps, peer: PeerCaller, rows: readonly DeliveryRow[], handover: number): Item[] {
  for (const row of rows) {
    tx.run(HAND_OVER, tx.now, peer.credentialId, handover, row.id)
    const parcel = { deliveryId: row.id, peerId: row.peer_id, threadId: row.thread_id, messageId: row.message_id }
    tx.after(() => {
      deps.holds.add(parcel, LIMITS.pullVisibilityMs)
      deps.watch?.offered(parcel, row.attempt + 1)
    })
  }
  return rows.map((row) => toItem(tx, deps, findDelivery(tx, row.id) as DeliveryRow, false))
}

/** What all sessions of a peer were handed and have not acked. */
export function heldOf(reader: Reader, peerId: number): DeliveryRow[] {
  return reader.all<DeliveryRow>(HELD, peerId)
}

/** What a peer was handed under a number and has not acked. */
export function heldUnder(reader: Reader, peerId: number, handover: number): DeliveryRow[] {
  return reader.all<DeliveryRow>(`${HELD} AND handover = ? ORDER BY priority, id`, peerId, handover)
}

/** What this very session was handed and has not acked. */
function heldBy(reader: Reader, peer: PeerCaller): DeliveryRow[] {
  return reader.all<DeliveryRow>(`${HELD} AND holder = ? ORDER BY priority, id LIMIT ?`, peer.peerId, peer.credentialId, LIMITS.maxPage)
}

/** What could be handed over now, in mailbox order: at most one of each thread besides control notices, none of a thread that is in hand. */
function* deliverable(reader: Reader, deps: Pick<ThreadDeps, 'dispatcher'>, peerId: number, except?: ReadonlySet<number>): Generator<DeliveryRow> {
  const busy = new Set(heldOf(reader, peerId).map((row) => row.thread_id))
  for (const row of queuedInPages(reader, peerId)) {
    const waits = deps.dispatcher.delays.has(row.id) || except?.has(row.id)
    if (!waits && (row.priority === CONTROL || !busy.has(row.thread_id))) yield row
    busy.add(row.thread_id)
  }
}

/** Most callers take a few and stop. */
const PAGE_ROWS = 50

function* queuedInPages(reader: Reader, peerId: number): Generator<DeliveryRow> {
  let after: { readonly priority: number; readonly deliveryId: number } | undefined
  for (let examined = 0; examined < LIMITS.maxExamined; examined += PAGE_ROWS) {
    const page = queuedAfter(reader, peerId, PAGE_ROWS, after)
    yield* page
    const last = page.at(-1)
    if (!last || page.length < PAGE_ROWS) return
    after = { priority: last.priority, deliveryId: last.id }
  }
}

/**
 * A turn ended: what this session was handed and did not ack waits again, after a backoff.
 *
 * @returns the deliveries given back
 */
export function endTurn(tx: Tx, deps: ThreadDeps, peerId: number, credentialId: number): Set<number> {
  const held = tx.all<DeliveryRow>(`${HELD} AND holder = ?`, peerId, credentialId)
  for (const row of held) releaseHold(tx, deps, row.id, 'the turn ended without an ack')
  return new Set(held.map(({ id }) => id))
}

/** Acks what an operation that names a thread proves to be received: the handovers of that thread to this peer. */
export function ackThread(tx: Tx, deps: ThreadDeps, peerId: number, threadId: number): void {
  const ids = tx.all<DeliveryRow>(`${HELD} AND thread_id = ?`, peerId, threadId).map(({ id }) => id)
  if (ids.length > 0) ackReceived(tx, deps, peerId, ids)
}

/** Acks what a peer has received, with the event of it. */
export function ackReceived(tx: Tx, deps: ThreadDeps, peerId: number, ids: readonly number[]): void {
  const acked = ackDeliveries(tx, deps, peerId, ids)
  if (acked.length === 0) return
  const changed = { acked: acked.map((id) => tx.id('delivery', id)) }
  const circle = (findPeer(tx, peerId) as PeerRow).circle_id
  tx.event({ type: 'mailbox.acked', actor: peerId, circle, audience: 'granted', subject: ['peer', peerId], changed })
}

/** What waits in a mailbox for somebody to fetch it. */
export interface Outlook {
  /** Queued deliveries, counted up to `LIMITS.maxExamined`. */
  readonly waiting: number
  /** The most pressing priority among them. */
  readonly priority: number | undefined
  /** The most pressing priority of what could be handed over now: neither in backoff nor behind another of its thread. */
  readonly due: number | undefined
}

const COUNT_QUEUED = `SELECT count(*) AS n FROM (SELECT 1 FROM deliveries WHERE peer_id = ? AND state = 'queued' AND state IN ('queued', 'offered') LIMIT ?)`

export function countQueued(reader: Reader, peerId: number): number {
  return reader.get<{ n: number }>(COUNT_QUEUED, peerId, LIMITS.maxExamined)?.n ?? 0
}

export function outlookOf(reader: Reader, deps: Pick<ThreadDeps, 'dispatcher'>, peerId: number): Outlook {
  const [due] = deliverable(reader, deps, peerId)
  return { waiting: countQueued(reader, peerId), priority: queuedAfter(reader, peerId, 1, undefined)[0]?.priority, due: due?.priority }
}

export function toItem(reader: Reader, deps: Pick<ThreadDeps, 'dispatcher'>, row: DeliveryRow, owed: boolean): Item {
  const message = findMessage(reader, row.message_id) as MessageRow
  const thread = findThread(reader, row.thread_id) as ThreadRow
  const delivery = toDelivery(reader, row, deps.dispatcher.flights.get(row.id))
  return { delivery, message: toMessage(reader, message), thread: toThread(reader, thread), owed }
}

/** The asks that a peer acked and has not answered, as many as fit. */
export function owedItems(reader: Reader, deps: Pick<ThreadDeps, 'dispatcher'>, peerId: number): Item[] {
  const rows = owedDeliveries(reader, peerId, 0, LIMITS.maxOwedPresented, 'acked')
  return fitting(rows, (row) => bodyBytes(reader, row.message_id)).map((row) => toItem(reader, deps, row, true))
}
