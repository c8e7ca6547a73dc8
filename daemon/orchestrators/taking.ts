import type { Handover } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { findPeer, type PeerRow, peersOfRole, refOf } from '../peers/index.ts'
import { enqueue } from '../store/outbox.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { OrchestratorDeps } from './deps.ts'
import { compile, wordsOf } from './record.ts'
import { findLeadership, type How, keepHandover, type LeadershipRow, mintToken, writeLeadership } from './rows.ts'

export const SUCCESSION = 'succession'

/** What is left of a succession, for the outbox: to whoever leads by then. */
export interface SuccessionRest {
  readonly circleId: number
  readonly fromId: number
  readonly keep: readonly number[]
}

/**
 * The orchestrators of a circle but one, in the order in which they take over: those who are online, the one longest there first;
 * then the others by their numbers.
 */
export function standbysOf(reader: Reader, deps: Pick<OrchestratorDeps, 'presenceOf'>, circleId: number, except: number | null): PeerRow[] {
  const isOnline = ({ id }: PeerRow) => deps.presenceOf(id) === 'online'
  // The last transition of who is online was its coming.
  const came = (peer: PeerRow) => (isOnline(peer) ? (peer.last_seen_at ?? 0) : Number.POSITIVE_INFINITY)
  const others = peersOfRole(reader, circleId, 'orchestrator', LIMITS.maxExamined).filter(({ id }) => id !== except)
  return others.sort((a, b) => (came(a) === came(b) ? a.id - b.id : came(a) - came(b)))
}

/** Who takes over now, if anybody is there. */
export function nextLeader(reader: Reader, deps: Pick<OrchestratorDeps, 'presenceOf'>, circleId: number, except: number | null): PeerRow | undefined {
  const [first] = standbysOf(reader, deps, circleId, except)
  return first && deps.presenceOf(first.id) === 'online' ? first : undefined
}

export interface Lead {
  readonly to: PeerRow
  readonly how: How
  /** Who brought it about; `null`: the daemon. */
  readonly actor: number | null
  readonly notes?: string | null | undefined
  readonly keep?: readonly number[]
}

/**
 * Has a peer lead its circle, with a new token. The one before it leads no more from this transaction on; what there is to hand over is told to the new
 * one before anything else, and the asks of its predecessor become its own.
 *
 * @returns the record; `undefined` where nobody led before
 */
export function lead(tx: Tx, deps: OrchestratorDeps, { to, how, actor, notes, keep = [] }: Lead): Handover | undefined {
  const circleId = to.circle_id
  const before = findLeadership(tx, circleId)
  const fromId = before?.leader_id ?? before?.former_id ?? null
  const number = (before?.takeovers ?? 0) + 1
  const handedNotes = (notes === undefined ? before?.notes : notes) || null
  const record = before && fromId !== null ? compile(tx, deps.duties, before, fromId, { how, to, number, notes: handedNotes, keep }) : undefined
  const token = mintToken(tx)
  const row: LeadershipRow = {
    circle_id: circleId,
    token,
    leader_id: to.id,
    former_id: fromId,
    how,
    since: tx.now,
    takeovers: number,
    notes: null,
    life: tx.store.tag,
  }
  writeLeadership(tx, row)
  const was = fromId === null ? {} : { was: tx.id('peer', fromId) }
  tx.event({
    type: 'orchestrator.leading',
    actor,
    circle: circleId,
    peer: to.id,
    audience: 'circle',
    subject: ['peer', to.id],
    changed: { how, number, ...was },
  })
  if (record && fromId !== null) {
    keepHandover(tx, circleId, record)
    deps.threads.tellFirst(tx, to.id, { body: wordsOf(record, token), quoting: handedNotes === null ? undefined : { from: fromId, body: handedNotes } })
    succeedTo(tx, deps, { circleId, fromId, keep }, to.id)
  }
  if (before?.leader_id && (how === 'lapsed' || how === 'appointed')) {
    deps.threads.tell(tx, before.leader_id, `${to.name} leads the circle ${to.circle} in your place: ${WHY[how]}. Your asks there are its own now.`)
  }
  const former = before?.leader_id
  tx.after(() => {
    if (former) deps.leases.ended(former)
    deps.leases.began(circleId, to.id)
  })
  return record
}

const WHY = { lapsed: 'you were away for too long', appointed: 'it was appointed' } as const

/** Ends a leadership without a successor. */
export function vacate(tx: Tx, deps: OrchestratorDeps, row: LeadershipRow, how: How): void {
  const { circle_id: circleId, leader_id: leaderId } = row
  if (leaderId === null) return
  writeLeadership(tx, { ...row, leader_id: null, former_id: leaderId, how, since: tx.now })
  tx.event({ type: 'orchestrator.vacant', peer: leaderId, circle: circleId, audience: 'circle', subject: ['peer', leaderId], changed: { how } })
  tx.after(() => {
    deps.leases.ended(leaderId)
    deps.leases.vacated(circleId)
  })
}

/** Ends a leadership: the next standby that is there takes over, or nobody. */
export function pass(tx: Tx, deps: OrchestratorDeps, row: LeadershipRow, how: How, notes?: string | null): Handover | undefined {
  const next = nextLeader(tx, deps, row.circle_id, row.leader_id)
  if (next) return lead(tx, deps, { to: next, how, actor: how === 'resigned' ? row.leader_id : null, notes })
  vacate(tx, deps, notes === undefined ? row : { ...row, notes }, how)
  return undefined
}

/** Moves what the predecessor has open: at once, unless that is a great many, whose rest is moved in commands of their own. */
function succeedTo(tx: Tx, deps: OrchestratorDeps, rest: SuccessionRest, toId: number): void {
  if (rest.fromId === toId) return
  if (deps.threads.succeed(tx, { ...rest, toId })) enqueue(tx, deps.outbox, SUCCESSION, rest)
}

/** @returns whether anything may be left */
export function succeedRest(tx: Tx, deps: OrchestratorDeps, rest: SuccessionRest): boolean {
  const leaderId = findLeadership(tx, rest.circleId)?.leader_id
  // Where nobody leads now, or it came back itself, its asks stay with it until another takes over.
  if (!leaderId || leaderId === rest.fromId || !refOf(tx, leaderId)) return false
  return deps.threads.succeed(tx, { ...rest, toId: leaderId })
}

/** A leader was away for too long, unless it has come back meanwhile. Where nobody is there to take over, it may yet come back to what it left. */
export function lapse(tx: Tx, deps: OrchestratorDeps, circleId: number, leaderId: number): void {
  const row = findLeadership(tx, circleId)
  if (row?.leader_id !== leaderId) return tx.after(() => deps.leases.ended(leaderId))
  if (deps.presenceOf(leaderId) === 'online') return
  const next = nextLeader(tx, deps, circleId, leaderId)
  if (next) lead(tx, deps, { to: next, how: 'lapsed', actor: null })
  else tx.after(() => deps.leases.ranOut(leaderId))
}

/** An orchestrator came online: where its circle is led by nobody, other than by its own will, or by one whose lease has run out, it leads from now on. */
export function arrive(tx: Tx, deps: OrchestratorDeps, peerId: number): void {
  const peer = findPeer(tx, peerId)
  if (peer?.role !== 'orchestrator' || peer.retired_at !== null || deps.presenceOf(peerId) !== 'online') return
  const row = findLeadership(tx, peer.circle_id)
  if (!row || !isFree(deps, row) || (row.how === 'resigned' && row.former_id === peerId && row.leader_id === null)) return
  lead(tx, deps, { to: peer, how: row.leader_id === null ? row.how : 'lapsed', actor: null })
}

/** Whether a circle that was led before may be led by another: nobody leads it, or one that was away for too long. */
export function isFree({ leases }: Pick<OrchestratorDeps, 'leases'>, { leader_id: leaderId }: LeadershipRow): boolean {
  return leaderId === null || leases.isOver(leaderId)
}
