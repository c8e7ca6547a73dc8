import type { Item, Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { decodeCursor } from '../../src/ids.ts'
import { LIMITS } from '../../src/limits.ts'
import { asPeer, type Command, type PeerCaller, type Query } from '../caller.ts'
import { findPeer, moveReadMarker, type PeerRow, resolveOne } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { ackDeliveries } from './deliveries.ts'
import type { ThreadDeps } from './deps.ts'
import { owedDeliveries, queuedAfter, releaseHold } from './mailbox.ts'
import { bodyBytes, fitting } from './page.ts'
import { CONTROL, type DeliveryRow, findDelivery, findMessage, findThread, type MessageRow, type ThreadRow, toDelivery, toMessage, toThread } from './rows.ts'

const HAND_OVER = `UPDATE deliveries SET state = 'offered', attempt = attempt + 1, offered_at = ?, holder = ?, handover = ? WHERE id = ?`
const HELD = `SELECT * FROM deliveries WHERE peer_id = ? AND state = 'offered' AND state IN ('queued', 'offered')`

/** The mailboxes of peers that fetch: `inbox` (pull mode) and the read marker (read mode). */
export function createPulling(deps: ThreadDeps) {
  const inbox: Command<'mailbox.inbox'> = {
    run(tx, caller, input) {
      const peer = asPeer(caller)
      requireMode(tx, peer, 'pull', 'Its SDK connection is sent its mail; a person reads with mailbox.peek and mailbox.read.')
      if (input.cursor !== undefined) ackHandover(tx, deps, peer, input.cursor)
      const handover = tx.take('handover')
      // Also beside a cursor: what is held after its ack was in a reply that never arrived.
      const again = heldBy(tx, peer)
      const rows = [...again, ...nextQueued(tx, deps, peer, input.limit - again.length + 1)]
      const taken = fitting(rows.slice(0, input.limit), (row) => bodyBytes(tx, row.message_id))
      for (const row of taken) handOver(tx, deps, peer, row, handover)
      const items = taken.map((row) => toItem(tx, deps, findDelivery(tx, row.id) as DeliveryRow, false))
      const owed = input.owed ? owedItems(tx, deps, peer.peerId, LIMITS.maxOwedPresented) : []
      return { items: [...owed, ...items], cursor: tx.store.cursor(handover), more: rows.length > taken.length }
    },
  }

  const read: Command<'mailbox.read'> = {
    run(tx, caller, input) {
      const peer = asPeer(caller)
      requireMode(tx, peer, 'read', 'Only a peer that reads has a read marker.')
      const upTo = tx.number('delivery', input.upTo)
      if (findDelivery(tx, upTo)?.peer_id !== peer.peerId) throw new MusterError('not_found', { id: input.upTo })
      const waiting = tx.all<{ id: number }>(
        "SELECT id FROM deliveries WHERE peer_id = ? AND state IN ('queued', 'offered') AND id <= ? LIMIT ?",
        peer.peerId,
        upTo,
        LIMITS.maxExamined,
      )
      const ids = waiting.map(({ id }) => id)
      const count = ackDeliveries(tx, deps, peer.peerId, ids).length
      moveReadMarker(tx, peer.peerId, upTo)
      const changed = { readUpTo: input.upTo, acked: ids.map((id) => tx.id('delivery', id)) }
      if (count > 0) tx.event({ type: 'mailbox.read', actor: peer.peerId, circle: peer.circleId, audience: 'granted', subject: ['peer', peer.peerId], changed })
      return { read: count }
    },
  }
  return { inbox, read }
}

/** A turn ended: what this session was handed and did not ack waits again, at once. */
export function endTurn(tx: Tx, deps: ThreadDeps, peerId: number, credentialId: number): void {
  const held = tx.all<DeliveryRow>(`${HELD} AND holder = ?`, peerId, credentialId)
  for (const row of held) releaseHold(tx, deps, row.id, 'the turn ended without an ack')
}

/** Acks what an operation that names a thread proves to be received: the handovers of that thread to this peer. */
export function ackThread(tx: Tx, deps: ThreadDeps, peerId: number, threadId: number): void {
  const ids = tx.all<DeliveryRow>(`${HELD} AND thread_id = ?`, peerId, threadId).map(({ id }) => id)
  if (ids.length === 0) return
  ackDeliveries(tx, deps, peerId, ids)
  noteAcks(tx, peerId, (findPeer(tx, peerId) as PeerRow).circle_id, ids)
}

function noteAcks(tx: Tx, peerId: number, circle: number, ids: readonly number[]): void {
  const changed = { acked: ids.map((id) => tx.id('delivery', id)) }
  tx.event({ type: 'mailbox.acked', actor: peerId, circle, audience: 'granted', subject: ['peer', peerId], changed })
}

function requireMode(tx: Tx, peer: PeerCaller, mode: PeerRow['mode'], hint: string): PeerRow {
  const row = findPeer(tx, peer.peerId) as PeerRow
  if (row.mode !== mode) throw new MusterError('wrong_mode', { mode: row.mode, hint: `This peer consumes in ${row.mode} mode. ${hint}` })
  return row
}

/** Acks what an earlier call handed over. A cursor that is long over acks nothing. */
function ackHandover(tx: Tx, deps: ThreadDeps, peer: PeerCaller, cursor: string): void {
  const decoded = decodeCursor(cursor)
  if (!decoded) throw new MusterError('invalid_input', { hint: 'Give the cursor of an earlier mailbox.inbox, or none.' })
  // Another incarnation may have given out the same number for something else.
  if (decoded.tag !== tx.store.tag) return
  const held = tx.all<DeliveryRow>(`${HELD} AND handover = ?`, peer.peerId, decoded.seq)
  const ids = held.map(({ id }) => id)
  if (ids.length === 0) return
  ackDeliveries(tx, deps, peer.peerId, ids)
  noteAcks(tx, peer.peerId, peer.circleId, ids)
}

/** What this very session was handed and never acked: its reply was lost, or its process began anew. */
function heldBy(tx: Tx, peer: PeerCaller): DeliveryRow[] {
  return tx.all<DeliveryRow>(`${HELD} AND holder = ? ORDER BY priority, id LIMIT ?`, peer.peerId, peer.credentialId, LIMITS.maxPage)
}

/** The next deliveries in mailbox order, at most one of each thread besides control notices, none of a thread that is in hand. */
function nextQueued(tx: Tx, deps: ThreadDeps, peer: PeerCaller, limit: number): DeliveryRow[] {
  const busy = new Set(tx.all<DeliveryRow>(HELD, peer.peerId).map((row) => row.thread_id))
  const rows: DeliveryRow[] = []
  for (const row of queuedAfter(tx, peer.peerId, LIMITS.maxExamined, undefined)) {
    if (rows.length >= limit) break
    if (deps.dispatcher.delays.has(row.id)) busy.add(row.thread_id)
    else if (row.priority === CONTROL || !busy.has(row.thread_id)) {
      rows.push(row)
      busy.add(row.thread_id)
    }
  }
  return rows
}

function handOver(tx: Tx, deps: ThreadDeps, peer: PeerCaller, row: DeliveryRow, handover: number): void {
  tx.run(HAND_OVER, tx.now, peer.credentialId, handover, row.id)
  tx.after(() => deps.holds.add({ deliveryId: row.id, peerId: row.peer_id, threadId: row.thread_id }, LIMITS.pullVisibilityMs))
}

function toItem(reader: Reader, deps: Pick<ThreadDeps, 'dispatcher'>, row: DeliveryRow, owed: boolean): Item {
  const message = findMessage(reader, row.message_id) as MessageRow
  const thread = findThread(reader, row.thread_id) as ThreadRow
  const delivery = toDelivery(reader, row, deps.dispatcher.flights.get(row.id))
  return { delivery, message: toMessage(reader, message), thread: toThread(reader, thread), owed }
}

function owedItems(reader: Reader, deps: Pick<ThreadDeps, 'dispatcher'>, peerId: number, limit: number): Item[] {
  const rows = owedDeliveries(reader, peerId, 0, limit, 'acked')
  return fitting(rows, (row) => bodyBytes(reader, row.message_id)).map((row) => toItem(reader, deps, row, true))
}

export function owedThreads(deps: Pick<ThreadDeps, 'dispatcher'>): Query<'threads.owed'> {
  return (reader, caller, input): Output<'threads.owed'> => {
    const after = input.after === undefined ? 0 : reader.number('thread', input.after)
    const rows = owedDeliveries(reader, asPeer(caller).peerId, after, input.limit + 1, 'open')
    const page = fitting(rows.slice(0, input.limit), (row) => bodyBytes(reader, row.message_id))
    const last = rows.length > page.length ? page.at(-1) : undefined
    const owed = page.map((row) => {
      const { thread, message, delivery } = toItem(reader, deps, row, true)
      return { thread, message, delivery }
    })
    return { owed, after: last ? reader.id('thread', last.thread_id) : null }
  }
}

export function peekMailbox(deps: Pick<ThreadDeps, 'dispatcher'>): Query<'mailbox.peek'> {
  return (reader, caller, input) => {
    const self = caller.kind === 'peer' ? caller.peerId : undefined
    const peerId = input.peer === undefined ? self : resolveOne(reader, caller, input.peer).id
    if (peerId === undefined) throw new MusterError('invalid_input', { hint: 'Say whose mailbox.' })
    if (self !== undefined && peerId !== self) throw new MusterError('forbidden', { hint: 'A peer looks into its own mailbox only.' })
    const rows = reader.all<DeliveryRow>(
      "SELECT * FROM deliveries WHERE peer_id = ? AND state IN ('queued', 'offered') ORDER BY priority, id LIMIT ?",
      peerId,
      LIMITS.maxExamined,
    )
    const page = fitting(rows.slice(0, input.limit), (row) => bodyBytes(reader, row.message_id))
    return { items: page.map((row) => toItem(reader, deps, row, false)), waiting: rows.length }
  }
}
