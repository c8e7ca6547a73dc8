import type { Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { formatTime } from '../../src/time.ts'
import { asPeer, type Caller, type Command, type Query } from '../caller.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { resolveOne } from './addresses.ts'
import { type PeerRow, refOf } from './rows.ts'

/** Whether a caller may see into a circle: its own, one it holds a grant for, or any for the administrator. */
export function maySee(reader: Reader, caller: Caller, circleId: number): boolean {
  if (caller.kind === 'admin') return true
  if (caller.kind !== 'peer') return false
  return caller.circleId === circleId || hasGrant(reader, caller.peerId, circleId)
}

/** Whether a peer was let into a circle beyond what its membership of one gives. */
export function hasGrant(reader: Reader, peerId: number, circleId: number): boolean {
  return reader.get('SELECT 1 FROM grants WHERE peer_id = ? AND circle_id = ?', peerId, circleId) !== undefined
}

/**
 * The circle of a name, where the caller may see into it.
 *
 * @throws MusterError `not_found`
 */
export function visibleCircle(reader: Reader, caller: Caller, name: string): number {
  const row = reader.get<{ id: number }>('SELECT id FROM circles WHERE name = ?', name)
  if (!row || !maySee(reader, caller, row.id)) throw new MusterError('not_found', { circle: name, hint: 'circles.list shows the circles that you may see.' })
  return row.id
}

/** The circles that a peer was let into. */
export function grantedCircles(reader: Reader, peerId: number): number[] {
  return reader.all<{ id: number }>('SELECT circle_id AS id FROM grants WHERE peer_id = ?', peerId).map(({ id }) => id)
}

/** Whether a peer was let into every circle there is, as people are. */
export function isLetIntoAll(reader: Reader, peerId: number): boolean {
  return reader.get('SELECT 1 FROM circles WHERE id NOT IN (SELECT circle_id FROM grants WHERE peer_id = ?)', peerId) === undefined
}

/** SQL for the circles that the peer `@self` was let into. */
export const GRANTED_CIRCLES = 'SELECT circle_id FROM grants WHERE peer_id = @self'

/** Circles are never renamed and never deleted. */
export function circleName(reader: Reader, id: number | null): string | null {
  if (id === null) return null
  return reader.cached(`circle ${id}`, () => reader.get<{ name: string }>('SELECT name FROM circles WHERE id = ?', id))?.name ?? null
}

/** The circle of that name, made if there is none. */
export function ensureCircle(tx: Tx, name: string): number {
  const row = tx.get<{ id: number }>('SELECT id FROM circles WHERE name = ?', name)
  if (row) return row.id
  const id = tx.take('circle')
  tx.run('INSERT INTO circles (id, name, created_at) VALUES (?, ?, ?)', id, name, tx.now)
  tx.event({ type: 'circle.created', circle: id, audience: 'circle', subject: ['circle', id], changed: { name } })
  letPeopleIn(tx, id)
  return id
}

/** A person sees into all circles. Who is a person by pairing came by no enrolment. */
function letPeopleIn(tx: Tx, circle: number): void {
  for (const { id } of tx.all<{ id: number }>("SELECT id FROM peers WHERE role = 'person' AND enrolment_id IS NULL AND retired_at IS NULL")) {
    tx.run('INSERT OR IGNORE INTO grants (peer_id, circle_id, created_at) VALUES (?, ?, ?)', id, circle, tx.now)
    tx.event({ type: 'grant.added', circle, peer: id, audience: 'granted', subject: ['peer', id] })
  }
}

/** Otherwise a circle comes to be with the first enrolment into it. */
export const createCircle: Command<'circles.create'> = {
  run(tx, _caller, { name }) {
    if (tx.get('SELECT 1 FROM circles WHERE name = ?', name)) {
      throw new MusterError('name_taken', { name, hint: 'circles.list shows those that there are.' }, { message: `There is a circle ${name} already.` })
    }
    const id = ensureCircle(tx, name)
    return { circle: { id: tx.id('circle', id), name, peers: 0, createdAt: formatTime(tx.now) } }
  },
}

export const listCircles: Query<'circles.list'> = (reader, caller) => {
  const rows = reader.all<{ id: number; name: string; peers: number; created_at: number }>(
    `SELECT c.id, c.name, c.created_at, (SELECT count(*) FROM peers p WHERE p.circle_id = c.id AND p.retired_at IS NULL) AS peers
     FROM circles c WHERE @self IS NULL OR c.id = @own OR c.id IN (SELECT circle_id FROM grants WHERE peer_id = @self) ORDER BY c.name LIMIT 1000`,
    caller.kind === 'peer' ? { self: caller.peerId, own: caller.circleId } : { self: null, own: null },
  )
  return { circles: rows.map((row) => ({ id: reader.id('circle', row.id), name: row.name, peers: row.peers, createdAt: formatTime(row.created_at) })) }
}

/** Roles whose work crosses circles; an agent or a service gets another peer there instead. */
const GRANTABLE = new Set(['orchestrator', 'person', 'observer'])

export const addGrant: Command<'grants.add'> = {
  run(tx, caller, input) {
    const peer = resolveOne(tx, caller, input.peer)
    if (input.right === 'observe') return { grant: letObserve(tx, peer, circleNamed(tx, input.circle), input.circle) }
    if (!GRANTABLE.has(peer.role)) throw new MusterError('forbidden', { hint: `Grants are for ${[...GRANTABLE].join(', ')}; ${peer.name} is ${peer.role}.` })
    const circle = circleNamed(tx, input.circle)
    const added = tx.run('INSERT OR IGNORE INTO grants (peer_id, circle_id, created_at) VALUES (?, ?, ?)', peer.id, circle, tx.now)
    if (added > 0) {
      tx.changesPeers()
      tx.event({ type: 'grant.added', circle, peer: peer.id, audience: 'granted', subject: ['peer', peer.id] })
    }
    return { grant: toGrant(tx, { peer_id: peer.id, circle: input.circle, right: 'reach', created_at: tx.now }) }
  },
}

/** A service that the administrator trusts to tell the truth about forges. No peer can say so of itself. */
function letObserve(tx: Tx, peer: PeerRow, circle: number, name: string): Output<'grants.add'>['grant'] {
  if (peer.role !== 'service') throw new MusterError('forbidden', { hint: `Observing forges is for services; ${peer.name} is ${peer.role}.` })
  const added = tx.run('INSERT OR IGNORE INTO observing (peer_id, circle_id, created_at) VALUES (?, ?, ?)', peer.id, circle, tx.now)
  if (added > 0) tx.event({ type: 'grant.added', circle, peer: peer.id, audience: 'granted', subject: ['peer', peer.id], changed: { right: 'observe' } })
  return toGrant(tx, { peer_id: peer.id, circle: name, right: 'observe', created_at: tx.now })
}

export const removeGrant: Command<'grants.remove'> = {
  run(tx, caller, input) {
    const peer = resolveOne(tx, caller, input.peer)
    const circle = circleNamed(tx, input.circle)
    const sql =
      input.right === 'observe' ? 'DELETE FROM observing WHERE peer_id = ? AND circle_id = ?' : 'DELETE FROM grants WHERE peer_id = ? AND circle_id = ?'
    const removed = tx.run(sql, peer.id, circle) > 0
    if (removed) tx.event({ type: 'grant.removed', circle, peer: peer.id, audience: 'granted', subject: ['peer', peer.id], changed: { right: input.right } })
    return { removed }
  },
}

interface GrantRow {
  readonly peer_id: number
  readonly circle: string
  readonly right: 'reach' | 'observe'
  readonly created_at: number
}

const GRANTS = `SELECT g.peer_id, c.name AS circle, g.right, g.created_at FROM
  (SELECT peer_id, circle_id, 'reach' AS right, created_at FROM grants UNION ALL SELECT peer_id, circle_id, 'observe' AS right, created_at FROM observing) g
  JOIN circles c ON c.id = g.circle_id`

export const listGrants: Query<'grants.list'> = (reader, caller) => {
  const rows =
    caller.kind === 'admin'
      ? reader.all<GrantRow>(`${GRANTS} ORDER BY g.peer_id LIMIT 1000`)
      : reader.all<GrantRow>(`${GRANTS} WHERE g.peer_id = ? LIMIT 1000`, asPeer(caller).peerId)
  return { grants: rows.map((row) => toGrant(reader, row)) }
}

function toGrant(reader: Reader, row: GrantRow): Output<'grants.list'>['grants'][number] {
  const peer = refOf(reader, row.peer_id)
  if (!peer) throw new Error(`The grant of peer ${row.peer_id} has no peer`)
  return { peer, circle: row.circle, right: row.right, createdAt: formatTime(row.created_at) }
}

function circleNamed(reader: Reader, name: string): number {
  const row = reader.get<{ id: number }>('SELECT id FROM circles WHERE name = ?', name)
  if (!row) throw new MusterError('not_found', { hint: `There is no circle ${name}.` })
  return row.id
}
