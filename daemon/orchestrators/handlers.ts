import type { Handover, Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { asPeer, type Caller, type Command, type PeerCaller } from '../caller.ts'
import type { Clock } from '../clock.ts'
import { findPeer, type PeerRow, resolveOne } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { viewThread } from '../threads/index.ts'
import type { OrchestratorDeps } from './deps.ts'
import { ledBy } from './fence.ts'
import { oversees, toLeadership } from './reading.ts'
import { findHandover, findLeadership, writeNotes } from './rows.ts'
import { isFree, lead, nextLeader, pass } from './taking.ts'

export function createLeading(deps: OrchestratorDeps & { readonly clock: Clock }) {
  const claim: Command<'orchestrators.claim'> = {
    run(tx, caller) {
      const peer = asOrchestrator(caller)
      const row = findLeadership(tx, peer.circleId)
      const isFirst = row?.leader_id !== peer.peerId && (row === undefined || isFree(deps, row))
      const how = row?.leader_id ? 'lapsed' : 'claimed'
      const handover = isFirst ? lead(tx, deps, { to: findPeer(tx, peer.peerId) as PeerRow, how, actor: peer.peerId }) : undefined
      const leadership = toLeadership(tx, deps, peer, peer.circleId)
      return { leading: leadership.token !== null, leadership, handover: handover ?? null }
    },
  }

  const handover: Command<'orchestrators.handover'> = {
    run(tx, caller, input) {
      const peer = asPeer(caller)
      const to = successor(tx, peer, input)
      const keep = input.keep.map((id) => keepable(tx, peer, id))
      const record = lead(tx, deps, { to, how: 'handed_over', actor: peer.peerId, notes: input.notes, keep }) as Handover
      tx.created = { number: record.number, count: 1 }
      return { handover: record }
    },
    replay(tx, caller, created) {
      const record = findHandover(tx, asPeer(caller).circleId, created.number)
      if (!record) throw new MusterError('not_found', { number: created.number, hint: 'The newest records are kept.' })
      return { handover: record }
    },
  }

  /** Whom the leader names, or the next in line; somebody who is there. */
  const successor = (tx: Tx, peer: PeerCaller, { to }: Parsed<'orchestrators.handover'>): PeerRow => {
    const found = to === undefined ? nextLeader(tx, deps, peer.circleId, peer.peerId) : resolveOne(tx, peer, to)
    if (!found)
      throw new MusterError('not_found', { hint: 'No other orchestrator of the circle is there. orchestrators.resign leaves it to the next that comes.' })
    if (found.id === peer.peerId) throw new MusterError('invalid_input', { field: 'to', hint: 'You lead already. Name another orchestrator of the circle.' })
    return requireThere(requireOrchestrator(found, peer.circleId))
  }

  const requireThere = (peer: PeerRow): PeerRow => {
    const presence = deps.presenceOf(peer.id)
    if (presence === 'online') return peer
    throw new MusterError('invalid_input', { peer: peer.name, presence, hint: `${peer.name} is ${presence}: only who is online can lead.` })
  }

  const resign: Command<'orchestrators.resign'> = {
    run(tx, caller, input) {
      const peer = asPeer(caller)
      const handover = pass(tx, deps, ledBy(tx, peer), 'resigned', input.notes === undefined ? undefined : input.notes || null)
      return { leadership: toLeadership(tx, deps, peer, peer.circleId), handover: handover ?? null }
    },
  }

  const note: Command<'orchestrators.note'> = {
    run(tx, caller, { notes }) {
      writeNotes(tx, asPeer(caller).circleId, notes || null)
      return { notes: notes || null }
    },
  }

  const appoint: Command<'orchestrators.appoint'> = {
    run(tx, caller, input) {
      if (caller.kind === 'peer' && caller.role !== 'person')
        throw new MusterError('forbidden', { hint: 'A person or the administrator appoints. The leader itself can use orchestrators.handover.' })
      const to = resolveOne(tx, caller, input.peer)
      requireOrchestrator(to, to.circle_id)
      if (!oversees(tx, caller, to.circle_id)) throw new MusterError('forbidden', { hint: `You do not see into the circle ${to.circle}.` })
      const leads = findLeadership(tx, to.circle_id)?.leader_id === to.id
      const actor = caller.kind === 'peer' ? caller.peerId : null
      const handover = leads ? undefined : lead(tx, deps, { to: requireThere(to), how: 'appointed', actor })
      return { leadership: toLeadership(tx, deps, caller, to.circle_id), handover: handover ?? null }
    },
  }
  return { claim, handover, resign, note, appoint }
}

/** The number of an open ask that a leader may keep: one of its own, or one that it owes. */
function keepable(tx: Tx, peer: PeerCaller, id: string): number {
  const { thread } = viewThread(tx, peer, id)
  if (thread.state === 'open' && (thread.opener_id === peer.peerId || thread.recipient_id === peer.peerId)) return thread.id
  throw new MusterError('invalid_input', { field: 'keep', thread: id, hint: 'Only open asks of yours, and such that you owe, can be kept.' })
}

function asOrchestrator(caller: Caller): PeerCaller {
  const peer = asPeer(caller)
  if (peer.role === 'orchestrator') return peer
  throw new MusterError('forbidden', {
    role: peer.role,
    hint: 'Only an orchestrator leads. An enrolment of that role mints one: muster token enrol --roles orchestrator.',
  })
}

function requireOrchestrator(peer: PeerRow, circleId: number): PeerRow {
  if (peer.role === 'orchestrator' && peer.circle_id === circleId) return peer
  throw new MusterError('invalid_input', {
    peer: peer.name,
    role: peer.role,
    hint: `${peer.name} is no orchestrator of the circle. orchestrators.status lists who stands by.`,
  })
}
