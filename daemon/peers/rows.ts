import type { Credential, Enrolment, Mode, Peer, PeerRef, Presence, Reach, Role, Turn } from '../../src/contract/index.ts'
import { formatTime } from '../../src/time.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'

export interface PeerRow {
  readonly id: number
  readonly name: string
  readonly circle: string
  readonly circle_id: number
  readonly role: Role
  readonly mode: Mode
  readonly runtime: string
  readonly description: string
  readonly capabilities: string
  readonly turn: Turn
  readonly turn_since: number | null
  readonly presence: Presence
  readonly read_marker: number
  /** When its presence last changed. */
  readonly last_seen_at: number | null
  readonly created_at: number
  readonly retired_at: number | null
  readonly spawned_by: number | null
}

/** What only live connections tell. */
export interface Liveness {
  /** Whether a stream peer has a consumer connected, known to the dispatcher alone. */
  consuming(peerId: number): boolean
  /** Whether something would wake a session of a pull peer (`push`), or its hooks take its mail (`hook`). */
  attended(peerId: number): 'push' | 'hook' | undefined
}

export const PEER_COLUMNS = `p.id, p.name, c.name AS circle, p.circle_id, p.role, p.mode, p.runtime, p.description, p.capabilities, p.turn, p.turn_since, p.presence,
  p.read_marker, p.last_seen_at, p.created_at, p.retired_at, p.spawned_by`
const PEER_BY_ID = `SELECT ${PEER_COLUMNS} FROM peers p JOIN circles c ON c.id = p.circle_id WHERE p.id = ?`
const REF_BY_ID = 'SELECT p.id, p.name, c.name AS circle, p.role FROM peers p JOIN circles c ON c.id = p.circle_id WHERE p.id = ?'

export function findPeer(reader: Reader, id: number): PeerRow | undefined {
  return reader.get<PeerRow>(PEER_BY_ID, id)
}

export function toRef(reader: Reader, row: Pick<PeerRow, 'id' | 'name' | 'circle' | 'role'>): PeerRef {
  return { id: reader.id('peer', row.id), name: row.name, circle: row.circle, role: row.role }
}

/** The reference to a peer by number; `null` stands for the daemon itself. */
export function refOf(reader: Reader, id: number | null): PeerRef | null {
  if (id === null) return null
  const load = (): PeerRef | undefined => {
    const row = reader.get<Pick<PeerRow, 'id' | 'name' | 'circle' | 'role'>>(REF_BY_ID, id)
    return row && toRef(reader, row)
  }
  return reader.cached(`ref ${id}`, load) ?? null
}

/** Whether a peer is still there to be told something. */
export function isActive(reader: Reader, id: number): boolean {
  return reader.cached(`active ${id}`, () => reader.get('SELECT 1 FROM peers WHERE id = ? AND retired_at IS NULL', id)) !== undefined
}

/** The peers of a role in a circle, the longest there first. */
export function peersOfRole(reader: Reader, circleId: number, role: Role, limit: number): PeerRow[] {
  const where = 'p.circle_id = ? AND p.role = ? AND p.retired_at IS NULL'
  return reader.all<PeerRow>(
    `SELECT ${PEER_COLUMNS} FROM peers p JOIN circles c ON c.id = p.circle_id WHERE ${where} ORDER BY p.id LIMIT ?`,
    circleId,
    role,
    limit,
  )
}

/** Those of a circle that have not retired. */
export function activePeers(reader: Reader, circleId: number, limit: number): number[] {
  return reader.all<{ id: number }>('SELECT id FROM peers WHERE circle_id = ? AND retired_at IS NULL LIMIT ?', circleId, limit).map(({ id }) => id)
}

/** The people who see into a circle, as its members or by a grant, the longest there first. */
export function peopleOf(reader: Reader, circleId: number, limit: number): PeerRow[] {
  const sees = '(p.circle_id = @circle OR p.id IN (SELECT peer_id FROM grants WHERE circle_id = @circle))'
  return reader.all<PeerRow>(
    `SELECT ${PEER_COLUMNS} FROM peers p JOIN circles c ON c.id = p.circle_id WHERE p.role = 'person' AND p.retired_at IS NULL AND ${sees} ORDER BY p.id LIMIT @limit`,
    { circle: circleId, limit },
  )
}

/** The name of a credential, as that of a device. */
export function credentialLabel(reader: Reader, id: number): string | null {
  return reader.get<{ label: string }>('SELECT label FROM credentials WHERE id = ?', id)?.label ?? null
}

export function presenceCounts(reader: Reader): Record<Presence, number> {
  const counts: Record<Presence, number> = { online: 0, away: 0, offline: 0 }
  const rows = reader.all<{ presence: Presence; n: number }>('SELECT presence, count(*) AS n FROM peers WHERE retired_at IS NULL GROUP BY presence')
  for (const row of rows) counts[row.presence] = row.n
  return counts
}

/** Moves the read marker of a peer forward; back it never goes. */
export function moveReadMarker(tx: Tx, peerId: number, upTo: number): void {
  tx.run('UPDATE peers SET read_marker = ? WHERE id = ? AND read_marker < ?', upTo, peerId, upTo)
}

/** Whether the peer can be reached now, and how. */
export function reachOf(row: Pick<PeerRow, 'id' | 'mode' | 'presence'>, live: Liveness): Reach {
  if (row.mode === 'stream') return live.consuming(row.id) ? 'push' : 'none'
  return row.presence === 'offline' ? 'none' : (live.attended(row.id) ?? 'poll')
}

export function toPeer(reader: Reader, row: PeerRow, live: Liveness): Peer {
  return {
    ...toRef(reader, row),
    runtime: row.runtime,
    mode: row.mode,
    capabilities: JSON.parse(row.capabilities) as string[],
    description: row.description,
    presence: row.presence,
    presenceSince: formatTime(row.last_seen_at ?? row.created_at),
    turn: row.turn,
    turnSince: timeOrNull(row.turn_since),
    reach: reachOf(row, live),
    lastSeenAt: timeOrNull(row.last_seen_at),
    createdAt: formatTime(row.created_at),
    retiredAt: timeOrNull(row.retired_at),
    ...parentOf(reader, row),
  }
}

/** One of another circle is not shown: whoever sees the peer may not see that one. */
function parentOf(reader: Reader, row: PeerRow): Pick<Peer, 'spawnedBy'> {
  const parent = refOf(reader, row.spawned_by)
  return parent?.circle === row.circle ? { spawnedBy: parent } : {}
}

export interface CredentialRow {
  readonly id: number
  readonly kind: 'peer' | 'admin'
  readonly peer_id: number | null
  readonly label: string
  readonly created_at: number
  readonly last_used_at: number | null
  readonly revoked_at: number | null
}

export function toCredential(reader: Reader, row: CredentialRow): Credential {
  return {
    id: reader.id('credential', row.id),
    kind: row.kind,
    peer: refOf(reader, row.peer_id),
    label: row.label,
    createdAt: formatTime(row.created_at),
    lastUsedAt: timeOrNull(row.last_used_at),
    revokedAt: timeOrNull(row.revoked_at),
  }
}

export interface EnrolmentRow {
  readonly id: number
  readonly circle_id: number
  readonly circle: string
  readonly roles: string
  readonly label: string
  readonly uses: number
  readonly max_uses: number | null
  readonly created_at: number
  readonly expires_at: number | null
  readonly revoked_at: number | null
  readonly parent_id: number | null
}

export function toEnrolment(reader: Reader, row: EnrolmentRow): Enrolment {
  return {
    id: reader.id('enrolment', row.id),
    circle: row.circle,
    roles: JSON.parse(row.roles) as Role[],
    label: row.label,
    uses: row.uses,
    maxUses: row.max_uses,
    createdAt: formatTime(row.created_at),
    expiresAt: timeOrNull(row.expires_at),
    revokedAt: timeOrNull(row.revoked_at),
    ...(row.parent_id !== null && { spawnedBy: refOf(reader, row.parent_id) as PeerRef }),
  }
}

export function timeOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : formatTime(epochMs)
}

/** The newest of those who have retired. */
export function retiredPeers(reader: Reader, limit: number): number[] {
  return reader
    .all<{ id: number }>('SELECT id FROM (SELECT id, retired_at FROM peers ORDER BY id DESC LIMIT ?) WHERE retired_at IS NOT NULL', limit)
    .map(({ id }) => id)
}

export function hasLiveCredential(reader: Reader, peerId: number): boolean {
  return reader.get('SELECT 1 FROM credentials WHERE peer_id = ? AND revoked_at IS NULL LIMIT 1', peerId) !== undefined
}
