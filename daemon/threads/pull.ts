import type { Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { decodeCursor } from '../../src/ids.ts'
import { LIMITS } from '../../src/limits.ts'
import { asPeer, type Command, type PeerCaller, type Query } from '../caller.ts'
import { findPeer, moveReadMarker, type PeerRow, resolveOne } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { ackDeliveries } from './deliveries.ts'
import type { ThreadDeps } from './deps.ts'
import { ackReceived, chooseMail, EVERYTHING, handOver, heldUnder, owedItems, toItem } from './handover.ts'
import { owedDeliveries } from './mailbox.ts'
import { bodyBytes, fitting } from './page.ts'
import { type DeliveryRow, findDelivery } from './rows.ts'

/** The mailboxes of peers that fetch: `inbox` (pull mode) and the read marker (read mode). */
export function createPulling(deps: ThreadDeps) {
  const inbox: Command<'mailbox.inbox'> = {
    run(tx, caller, input) {
      const peer = asPeer(caller)
      requireMode(tx, peer, 'pull', 'Its SDK connection is sent its mail; a person reads with mailbox.peek and mailbox.read.')
      if (input.cursor !== undefined) ackHandover(tx, deps, peer, input.cursor)
      const handover = tx.take('handover')
      // Also beside a cursor: what is held after its ack was in a reply that never arrived.
      const { chosen, more } = chooseMail(tx, deps, peer, { ...EVERYTHING, limit: input.limit })
      const items = handOver(tx, deps, peer, chosen, handover)
      const owed = input.owed ? owedItems(tx, deps, peer.peerId) : []
      tx.after(() => deps.sessions.fetched(peer))
      return { items: [...owed, ...items], cursor: tx.store.cursor(handover), more }
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
  const ids = heldUnder(tx, peer.peerId, decoded.seq).map(({ id }) => id)
  if (ids.length > 0) ackReceived(tx, deps, peer.peerId, ids)
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
