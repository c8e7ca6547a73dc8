import type { Device, Pairing, PersonAction } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { formatTime } from '../../src/time.ts'
import { type CredentialRow, refOf, timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'

export interface PairingRow {
  readonly id: number
  readonly person: string
  readonly person_id: number | null
  readonly first: 0 | 1
  readonly begun_by: number | null
  readonly state: Pairing['state']
  readonly reason: string | null
  readonly device: string | null
  readonly comparison: string | null
  readonly token_hash: Uint8Array | null
  readonly reused: number
  readonly credential_id: number | null
  readonly created_at: number
  readonly expires_at: number
  readonly ended_at: number | null
}

export function pairingById(reader: Reader, id: number): PairingRow {
  const row = reader.get<PairingRow>('SELECT * FROM pairings WHERE id = ?', id)
  if (!row) throw new MusterError('not_found', { id: reader.id('pairing', id) })
  return row
}

export function toPairing(reader: Reader, row: PairingRow): Pairing {
  return {
    id: reader.id('pairing', row.id),
    person: row.person,
    first: row.first === 1,
    state: row.state,
    reason: row.reason,
    device: row.device,
    comparison: row.comparison,
    reused: row.reused,
    begunBy: refOf(reader, row.begun_by),
    createdAt: formatTime(row.created_at),
    expiresAt: formatTime(row.expires_at),
    endedAt: timeOrNull(row.ended_at),
  }
}

/** Whether nobody was ever paired here: revoking all devices does not bring that back, or whoever administers could become a person by it. */
export function isBeforeFirst(reader: Reader): boolean {
  return reader.get("SELECT 1 FROM pairings WHERE state = 'paired' LIMIT 1") === undefined
}

export function toDevice(reader: Reader, row: CredentialRow): Device {
  const person = refOf(reader, row.peer_id)
  if (!person) throw new Error(`The device ${row.id} has no person`)
  const first = reader.get('SELECT 1 FROM pairings WHERE credential_id = ? AND first = 1', row.id) !== undefined
  return {
    id: reader.id('credential', row.id),
    name: row.label,
    person,
    first,
    pairedAt: formatTime(row.created_at),
    lastUsedAt: timeOrNull(row.last_used_at),
    revokedAt: timeOrNull(row.revoked_at),
  }
}

export interface ActionRow {
  readonly id: number
  readonly person_id: number
  readonly proposed_by: number | null
  readonly operation: string
  readonly input: string
  readonly state: PersonAction['state']
  readonly reason: string | null
  readonly how: PersonAction['how']
  readonly output: string | null
  readonly created_at: number
  readonly expires_at: number
  readonly ended_at: number | null
}

export function toAction(reader: Reader, row: ActionRow): PersonAction {
  const person = refOf(reader, row.person_id)
  if (!person) throw new Error(`The action ${row.id} has no person`)
  return {
    id: reader.id('action', row.id),
    person,
    operation: row.operation,
    input: JSON.parse(row.input) as Record<string, unknown>,
    state: row.state,
    reason: row.reason,
    how: row.how,
    proposedBy: refOf(reader, row.proposed_by),
    output: row.output === null ? null : (JSON.parse(row.output) as Record<string, unknown>),
    createdAt: formatTime(row.created_at),
    expiresAt: formatTime(row.expires_at),
    endedAt: timeOrNull(row.ended_at),
  }
}
