import type { Output, Parsed, Role, Turn } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { decodeId } from '../../src/ids.ts'
import { asPeer, type Caller, type Command, type PeerCaller, type Query } from '../caller.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { resolveOne, resolvePast } from './addresses.ts'
import { type CredentialDeps, mintCredential, requireUnused, revokeAll, usableEnrolment } from './credentials.ts'
import { type EnrolmentRow, findPeer, isActive, type Liveness, PEER_COLUMNS, type PeerRow, toCredential, toPeer } from './rows.ts'

export interface RegistrationDeps extends Omit<CredentialDeps, 'onRevoked'> {
  readonly live: Liveness
  /** What the higher domains do, in the same transaction, when a peer leaves for good. */
  readonly onRetired: (tx: Tx, peerId: number, reason: string) => void
  /** What the higher domains do when a peer reports its turn. */
  readonly onTurn: (tx: Tx, peer: PeerCaller, turn: Turn) => void
}

type Register = Parsed<'peers.register'>

export function createRegistration(deps: RegistrationDeps) {
  const registered = (tx: Tx, peerId: number, resumed: boolean): Output<'peers.register'> => {
    const { row, token } = mintCredential(tx, deps.random, peerId, resumed ? 'resumed' : 'registered')
    return { peer: toPeer(tx, mustFind(tx, peerId), deps.live), credential: toCredential(tx, row), token, resumed }
  }

  const register: Command<'peers.register'> = {
    run(tx, caller, input) {
      const enrolment = enrolmentOf(tx, caller)
      const earlier = input.session === undefined ? undefined : peerOfSession(tx, enrolment.id, input.session)
      if (earlier !== undefined) {
        tx.created = { number: earlier, count: 1 }
        return registered(tx, earlier, true)
      }
      const id = enrol(tx, enrolment, input)
      tx.created = { number: id, count: 1 }
      return registered(tx, id, false)
    },
    replay(tx, caller, created) {
      enrolmentOf(tx, caller)
      if (!isActive(tx, created.number)) throw new MusterError('not_found', { hint: 'The peer that this key registered has retired. Use a new key.' })
      return registered(tx, created.number, true)
    },
  }

  const describe: Command<'peers.describe'> = {
    run(tx, caller, input) {
      const peer = asPeer(caller)
      const { peerId } = peer
      const before = mustFind(tx, peerId)
      const changed = changesOf(before, input)
      if (Object.keys(changed).length > 0) {
        tx.changesPeers()
        tx.run(
          'UPDATE peers SET description = ?, capabilities = ?, turn = ?, turn_since = ? WHERE id = ?',
          input.description ?? before.description,
          input.capabilities ? JSON.stringify(input.capabilities) : before.capabilities,
          input.turn ?? before.turn,
          'turn' in changed ? tx.now : before.turn_since,
          peerId,
        )
        if (input.capabilities) writeCapabilities(tx, peerId, input.capabilities)
        tx.event({ type: 'peer.described', actor: peerId, circle: before.circle_id, audience: 'circle', subject: ['peer', peerId], changed })
      }
      if (input.turn !== undefined) deps.onTurn(tx, peer, input.turn)
      return { peer: toPeer(tx, mustFind(tx, peerId), deps.live) }
    },
  }

  const rename: Command<'peers.rename'> = {
    run(tx, caller, input) {
      const peer = ownOrAny(tx, caller, input.peer)
      if (peer.name !== input.name) {
        refuseTakenName(tx, peer.circle_id, input.name, peer.id)
        tx.changesPeers()
        tx.run('UPDATE peers SET name = ? WHERE id = ?', input.name, peer.id)
        const changed = { name: input.name, was: peer.name }
        tx.event({
          type: 'peer.renamed',
          actor: actorOf(caller),
          circle: peer.circle_id,
          peer: peer.id,
          audience: 'circle',
          subject: ['peer', peer.id],
          changed,
        })
      }
      return { peer: toPeer(tx, mustFind(tx, peer.id), deps.live) }
    },
  }

  const retire: Command<'peers.retire'> = {
    run(tx, caller, input) {
      const peer = ownOrAny(tx, caller, input.peer)
      tx.changesPeers()
      tx.run('UPDATE peers SET retired_at = ? WHERE id = ?', tx.now, peer.id)
      tx.run('DELETE FROM capabilities WHERE peer_id = ?', peer.id)
      const changed = { reason: input.reason }
      tx.event({ type: 'peer.retired', actor: actorOf(caller), circle: peer.circle_id, peer: peer.id, audience: 'circle', subject: ['peer', peer.id], changed })
      revokeAll(tx, deps, peer.id)
      deps.onRetired(tx, peer.id, input.reason)
      return { peer: toPeer(tx, mustFind(tx, peer.id), deps.live) }
    },
  }

  // By its id also one that has retired: peers.list shows those, too.
  const get: Query<'peers.get'> = (reader, caller, { peer }) => {
    const row = decodeId(peer)?.kind === 'peer' ? resolvePast(reader, caller, peer) : resolveOne(reader, caller, peer)
    return { peer: toPeer(reader, row, deps.live) }
  }

  return { register, describe, rename, retire, get, list: listPeers(deps.live) }
}

function listPeers(live: Liveness): Query<'peers.list'> {
  return (reader, caller, input) => {
    const after = input.after === undefined ? 0 : reader.number('peer', input.after)
    const { sql, values } = listSql(caller, input)
    const rows = reader.all<PeerRow>(sql, { ...values, after, limit: input.limit + 1 })
    const page = rows.slice(0, input.limit)
    const last = rows.length > input.limit ? page.at(-1) : undefined
    return { peers: page.map((row) => toPeer(reader, row, live)), after: last ? reader.id('peer', last.id) : null }
  }
}

function listSql(caller: Caller, input: Parsed<'peers.list'>) {
  const where = ['p.id > @after']
  const values: Record<string, string | number> = {}
  const filter = (condition: string, name: string, value: string | number | undefined) => {
    if (value === undefined) return
    where.push(condition)
    values[name] = value
  }
  if (!input.retired) where.push('p.retired_at IS NULL')
  if (caller.kind === 'peer') {
    where.push('(p.circle_id = @own OR p.circle_id IN (SELECT circle_id FROM grants WHERE peer_id = @self))')
    values['own'] = caller.circleId
    values['self'] = caller.peerId
  }
  filter('c.name = @circle COLLATE NOCASE', 'circle', input.circle)
  filter('p.role = @role', 'role', input.role)
  filter('p.presence = @presence', 'presence', input.presence)
  filter('instr(lower(p.name), lower(@match)) > 0', 'match', input.match)
  filter('p.id IN (SELECT peer_id FROM capabilities WHERE capability = @capability)', 'capability', input.capability)
  return { sql: `SELECT ${PEER_COLUMNS} FROM peers p JOIN circles c ON c.id = p.circle_id WHERE ${where.join(' AND ')} ORDER BY p.id LIMIT @limit`, values }
}

function enrolmentOf(tx: Tx, caller: Caller): EnrolmentRow {
  if (caller.kind !== 'enrolment') throw new MusterError('forbidden', { hint: 'Register with an enrolment credential.' })
  return usableEnrolment(tx, caller.enrolmentId, tx.now)
}

/** The peer that this enrolment minted for a session, if it has not retired. */
function peerOfSession(reader: Reader, enrolmentId: number, session: string): number | undefined {
  return reader.get<{ id: number }>('SELECT id FROM peers WHERE enrolment_id = ? AND session = ? AND retired_at IS NULL', enrolmentId, session)?.id
}

function enrol(tx: Tx, enrolment: EnrolmentRow, input: Register): number {
  requireUnused(enrolment)
  const roles = JSON.parse(enrolment.roles) as Role[]
  if (!roles.includes(input.role)) throw new MusterError('forbidden', { hint: `This enrolment mints ${roles.join(', ')}.` })
  refuseTakenName(tx, enrolment.circle_id, input.name, 0)
  const id = insertPeer(tx, { circleId: enrolment.circle_id, enrolmentId: enrolment.id, spawnedBy: enrolment.parent_id }, input)
  tx.run('UPDATE enrolments SET uses = uses + 1 WHERE id = ?', enrolment.id)
  return id
}

/** Where a peer comes from. */
interface Origin {
  readonly circleId: number
  readonly enrolmentId: number | null
  readonly spawnedBy: number | null
}

/** Makes a peer, whose name must be free. */
export function insertPeer(tx: Tx, place: Origin, input: Omit<Register, 'role'> & { readonly role: Role }): number {
  tx.changesPeers()
  const id = tx.take('peer')
  tx.run(
    `INSERT INTO peers (id, name, circle_id, role, mode, runtime, description, capabilities, turn, presence, enrolment_id, session, created_at, spawned_by)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'unknown', 'offline', ?, ?, ?, ?)`,
    id,
    input.name,
    place.circleId,
    input.role,
    input.mode,
    input.runtime,
    input.description,
    JSON.stringify(input.capabilities),
    place.enrolmentId,
    input.session ?? null,
    tx.now,
    place.spawnedBy,
  )
  writeCapabilities(tx, id, input.capabilities)
  const changed = { name: input.name, role: input.role, runtime: input.runtime }
  tx.event({ type: 'peer.registered', actor: id, circle: place.circleId, audience: 'circle', subject: ['peer', id], changed })
  return id
}

function writeCapabilities(tx: Tx, peerId: number, capabilities: readonly string[]): void {
  tx.run('DELETE FROM capabilities WHERE peer_id = ?', peerId)
  for (const capability of capabilities) tx.run('INSERT OR IGNORE INTO capabilities (capability, peer_id) VALUES (?, ?)', capability, peerId)
}

export function refuseTakenName(tx: Tx, circleId: number, name: string, except: number): void {
  const holder = tx.get<{ id: number; name: string }>('SELECT id, name FROM peers WHERE circle_id = ? AND name = ? AND retired_at IS NULL', circleId, name)
  if (!holder || holder.id === except) return
  throw new MusterError('name_taken', {
    name: holder.name,
    hint: 'Resume that peer with its own credential (muster token issue mints one), or choose another name.',
  })
}

function changesOf(before: PeerRow, input: Parsed<'peers.describe'>): Record<string, unknown> {
  const changed: Record<string, unknown> = {}
  if (input.description !== undefined && input.description !== before.description) changed['description'] = input.description
  if (input.capabilities && JSON.stringify(input.capabilities) !== before.capabilities) changed['capabilities'] = input.capabilities
  if (input.turn !== undefined && input.turn !== before.turn) changed['turn'] = input.turn
  return changed
}

/** A peer acts on itself, a person on whoever it sees but on other people; the administrator names one. */
function ownOrAny(tx: Tx, caller: Caller, address: string | undefined): PeerRow {
  if (caller.kind === 'admin') {
    if (address === undefined) throw new MusterError('invalid_input', { hint: 'Say which peer.' })
    return resolveOne(tx, caller, address)
  }
  const { peerId, role } = asPeer(caller)
  const peer = address === undefined ? mustFind(tx, peerId) : resolveOne(tx, caller, address)
  if (peer.id === peerId || (role === 'person' && peer.role !== 'person')) return peer
  const hint = role === 'person' ? 'Another person is for the administrator to look after.' : 'A peer may do this to itself only.'
  throw new MusterError('forbidden', { hint })
}

function mustFind(reader: Reader, id: number): PeerRow {
  const row = findPeer(reader, id)
  if (!row) throw new MusterError('not_found', { id: reader.id('peer', id) })
  return row
}

function actorOf(caller: Caller): number | null {
  return caller.kind === 'peer' ? caller.peerId : null
}
