import { createHash } from 'node:crypto'
import type { Mode, Role } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { CROCKFORD } from '../../src/ids.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatDuration, parseDuration, parseTime } from '../../src/time.ts'
import { asPeer, type Caller, type Command, type Query } from '../caller.ts'
import type { RandomBytes } from '../clock.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { resolveOne } from './addresses.ts'
import { circleName, ensureCircle } from './circles.ts'
import { type CredentialRow, type EnrolmentRow, findPeer, toCredential, toEnrolment } from './rows.ts'

/** Bytes for the first 32 of the 48 characters of a token, 5 bits each. At 240 random bits its hash needs no salt and no stretching. */
const TOKEN_BYTES = 32
const TOKEN_KINDS = { peer: 'mp', admin: 'ma', enrolment: 'me' } as const

export interface CredentialDeps {
  readonly random: RandomBytes
  /** Closes the connections of a credential that ended; called after the commit. */
  readonly disconnect: (credential: { readonly credentialId?: number; readonly enrolmentId?: number }) => void
  /** What the higher domains do, in the same transaction, when a credential of a peer was revoked. */
  readonly onRevoked: (tx: Tx, peerId: number) => void
}

function hashToken(token: string): Uint8Array {
  return createHash('sha256').update(token).digest()
}

/** A token for a credential that does not exist yet, and its hash: {@link admitToken} makes it good. */
export function reserveToken(random: RandomBytes): { readonly token: string; readonly hash: Uint8Array } {
  const token = newToken('peer', random)
  return { token, hash: hashToken(token) }
}

function newToken(kind: keyof typeof TOKEN_KINDS, random: RandomBytes): string {
  const text = Array.from(random(TOKEN_BYTES), (byte) => CROCKFORD[byte & 31]).join('')
  return `${TOKEN_KINDS[kind]}_${text}${Array.from(random(TOKEN_BYTES / 2), (byte) => CROCKFORD[byte & 31]).join('')}`
}

/** Who a token speaks for; `undefined` when it is unknown, expired or revoked. */
export function authenticate(reader: Reader, token: string, now: number): Caller | undefined {
  const hash = hashToken(token)
  const row = reader.get<{ id: number; kind: 'peer' | 'admin'; peer_id: number | null; role: Role; mode: Mode; circle_id: number }>(
    `SELECT k.id, k.kind, k.peer_id, p.role, p.mode, p.circle_id FROM credentials k LEFT JOIN peers p ON p.id = k.peer_id
     WHERE k.token_hash = ? AND k.revoked_at IS NULL AND p.retired_at IS NULL`,
    hash,
  )
  if (row?.kind === 'admin') return { kind: 'admin', credentialId: row.id }
  if (row) return { kind: 'peer', peerId: row.peer_id as number, credentialId: row.id, role: row.role, mode: row.mode, circleId: row.circle_id }
  const enrolment = reader.get<EnrolmentRow>('SELECT * FROM enrolments WHERE token_hash = ?', hash)
  return enrolment && whyUnusable(enrolment, now) === undefined ? { kind: 'enrolment', enrolmentId: enrolment.id } : undefined
}

/**
 * Refuses a caller whose credential ended after its connection opened; every command asks inside its transaction.
 *
 * @throws MusterError `unauthenticated`
 */
export function requireLive(reader: Reader, caller: Caller): void {
  if (caller.kind === 'enrolment' || caller.kind === 'nobody') return
  const { credentialId } = caller
  const live = reader.cached(`credential ${credentialId}`, () => reader.get('SELECT 1 FROM credentials WHERE id = ? AND revoked_at IS NULL', credentialId))
  if (!live) throw new MusterError('unauthenticated', { hint: 'The credential was revoked.' })
}

/** The enrolment, if it is live: it may mint another peer where {@link requireUnused} agrees, or resume one it minted. */
export function usableEnrolment(reader: Reader, enrolmentId: number, now: number): EnrolmentRow {
  const row = enrolmentById(reader, enrolmentId)
  const why = whyUnusable(row, now)
  if (why) throw new MusterError('unauthenticated', { hint: `The enrolment ${why}.` })
  return row
}

function whyUnusable(row: EnrolmentRow, now: number): string | undefined {
  if (row.revoked_at !== null) return 'was revoked'
  if (row.expires_at !== null && row.expires_at <= now) return 'has expired'
  return undefined
}

/** Only minting another peer uses an enrolment; resuming one whose first answer was lost does not. */
export function requireUnused(row: EnrolmentRow): void {
  if (row.max_uses !== null && row.uses >= row.max_uses) throw new MusterError('unauthenticated', { hint: 'The enrolment has been used up.' })
}

/** @throws MusterError `not_found` */
export function enrolmentById(reader: Reader, id: number): EnrolmentRow {
  const row = reader.get<EnrolmentRow>('SELECT e.*, c.name AS circle FROM enrolments e JOIN circles c ON c.id = e.circle_id WHERE e.id = ?', id)
  if (!row) throw new MusterError('not_found', { id: reader.id('enrolment', id) })
  return row
}

/** Mints a credential; the token is returned here and stored only as a hash. */
export function mintCredential(tx: Tx, random: RandomBytes, peerId: number | null, label: string): { readonly row: CredentialRow; readonly token: string } {
  const token = newToken(peerId === null ? 'admin' : 'peer', random)
  return { row: admitToken(tx, hashToken(token), peerId, label), token }
}

/** Makes a token good, which is known by its hash alone. */
export function admitToken(tx: Tx, hash: Uint8Array, peerId: number | null, label: string): CredentialRow {
  const kind = peerId === null ? 'admin' : 'peer'
  const row = { id: tx.take('credential'), kind, peer_id: peerId, label, created_at: tx.now, last_used_at: null, revoked_at: null } as const
  tx.run('INSERT INTO credentials (id, token_hash, kind, peer_id, label, created_at) VALUES (?, ?, ?, ?, ?, ?)', row.id, hash, kind, peerId, label, tx.now)
  tx.event({ type: 'credential.created', peer: peerId, audience: 'admin', subject: ['credential', row.id], changed: { label } })
  return row
}

export interface EnrolmentDraft {
  readonly circle: string
  readonly roles: readonly Role[]
  readonly label: string
  readonly maxUses: number | null
  readonly expiresAt: number | null
  /** Whose children its peers are. */
  readonly parentId?: number | null
}

export function mintEnrolment(tx: Tx, random: RandomBytes, draft: EnrolmentDraft): { readonly row: EnrolmentRow; readonly token: string } {
  const token = newToken('enrolment', random)
  const id = tx.take('enrolment')
  const circleId = ensureCircle(tx, draft.circle)
  tx.run(
    'INSERT INTO enrolments (id, token_hash, circle_id, roles, label, max_uses, created_at, expires_at, parent_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    id,
    hashToken(token),
    circleId,
    JSON.stringify(draft.roles),
    draft.label,
    draft.maxUses,
    tx.now,
    draft.expiresAt,
    draft.parentId ?? null,
  )
  tx.event({ type: 'enrolment.created', circle: circleId, audience: 'admin', subject: ['enrolment', id], changed: { roles: draft.roles, label: draft.label } })
  return { row: enrolmentById(tx, id), token }
}

/** Notes when a credential opened a connection. */
export function touchCredential(tx: Tx, credentialId: number): void {
  tx.run('UPDATE credentials SET last_used_at = ? WHERE id = ?', tx.now, credentialId)
}

/** Ends every credential of a peer. */
export function revokeAll(tx: Tx, deps: Pick<CredentialDeps, 'disconnect'>, peerId: number): void {
  const rows = tx.all<{ id: number }>('SELECT id FROM credentials WHERE peer_id = ? AND revoked_at IS NULL', peerId)
  for (const { id } of rows) revoke(tx, deps, id, peerId)
}

export function revoke(tx: Tx, deps: Pick<CredentialDeps, 'disconnect'>, id: number, peerId: number | null): void {
  tx.changesPeers()
  tx.run('UPDATE credentials SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL', tx.now, id)
  tx.event({ type: 'credential.revoked', peer: peerId, audience: 'admin', subject: ['credential', id] })
  tx.after(() => deps.disconnect({ credentialId: id }))
}

/** A credential of a person. */
export function findDevice(reader: Reader, id: number): CredentialRow | undefined {
  return reader.get<CredentialRow>(`${DEVICES} AND k.id = ?`, id)
}

/** The devices of a person, or of all; the newest first. */
export function devicesOf(reader: Reader, personId: number | null): CredentialRow[] {
  return reader.all<CredentialRow>(`${DEVICES} AND (@person IS NULL OR k.peer_id = @person) ORDER BY k.id DESC LIMIT 1000`, { person: personId })
}

const DEVICES = `SELECT k.id, k.kind, k.peer_id, k.label, k.created_at, k.last_used_at, k.revoked_at
  FROM peers p JOIN credentials k ON k.peer_id = p.id WHERE p.role = 'person'`

/** How many devices of people work. */
export function countDevices(reader: Reader): number {
  return reader.get<{ n: number }>(`SELECT count(*) AS n FROM (${DEVICES} AND p.retired_at IS NULL AND k.revoked_at IS NULL)`)?.n ?? 0
}

export function renameCredential(tx: Tx, id: number, label: string): void {
  tx.run('UPDATE credentials SET label = ? WHERE id = ?', label, id)
}

const CREDENTIALS = 'SELECT id, kind, peer_id, label, created_at, last_used_at, revoked_at FROM credentials'

/** The commands and queries about credentials and enrolments. */
export function createCredentialHandlers(deps: CredentialDeps) {
  const createEnrolment: Command<'enrolments.create'> = {
    run(tx, caller, input) {
      const expiresAt = input.expiresAt === undefined ? null : (parseTime(input.expiresAt) as number)
      if (expiresAt !== null && expiresAt <= tx.now) throw new MusterError('invalid_input', { hint: '`expiresAt` must lie in the future.' })
      const parentId = input.spawnedBy === undefined ? null : resolveOne(tx, caller, input.spawnedBy).id
      const draft = { circle: input.circle, roles: input.roles, label: input.label, maxUses: input.maxUses ?? null, expiresAt, parentId }
      const { row, token } = mintEnrolment(tx, deps.random, draft)
      return { enrolment: toEnrolment(tx, row), token }
    },
  }
  const spawnEnrolment: Command<'enrolments.spawn'> = {
    run(tx, caller, { roles, label, maxUses, lasts }) {
      const parent = asPeer(caller)
      if (parent.role === 'observer') throw new MusterError('forbidden', { hint: 'An observer reads and spawns nobody.' })
      const lastsMs = parseDuration(lasts) as number
      if (lastsMs > LIMITS.spawningMs) throw new MusterError('invalid_input', { field: 'lasts', hint: `At most ${formatDuration(LIMITS.spawningMs)}.` })
      const circle = circleName(tx, parent.circleId) as string
      const draft = { circle, roles, label, maxUses, expiresAt: tx.now + lastsMs, parentId: parent.peerId }
      const { row, token } = mintEnrolment(tx, deps.random, draft)
      return { enrolment: toEnrolment(tx, row), token }
    },
  }
  const revokeEnrolment: Command<'enrolments.revoke'> = {
    run(tx, _caller, input) {
      const id = tx.number('enrolment', input.enrolment)
      enrolmentById(tx, id)
      const revoked = tx.run('UPDATE enrolments SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL', tx.now, id) > 0
      if (revoked) tx.event({ type: 'enrolment.revoked', audience: 'admin', subject: ['enrolment', id] })
      tx.after(() => deps.disconnect({ enrolmentId: id }))
      return { enrolment: toEnrolment(tx, enrolmentById(tx, id)) }
    },
  }
  const createCredential: Command<'credentials.create'> = {
    run(tx, caller, input) {
      const peerId = subjectPeer(tx, caller, input.peer)
      // Whoever minted another would speak as the person without a device, and the administrator's token is a file.
      if (peerId !== null && findPeer(tx, peerId)?.role === 'person') {
        throw new MusterError('forbidden', { hint: "A person's credentials come from paired devices only: muster pair." })
      }
      const { row, token } = mintCredential(tx, deps.random, peerId, input.label)
      return { credential: toCredential(tx, row), token }
    },
  }
  const revokeCredential: Command<'credentials.revoke'> = {
    run(tx, caller, input) {
      const id = tx.number('credential', input.credential)
      const row = tx.get<CredentialRow>(`${CREDENTIALS} WHERE id = ?`, id)
      const own = caller.kind === 'peer' && row?.peer_id === caller.peerId
      if (!row || !(caller.kind === 'admin' || own)) throw new MusterError('not_found', { id: input.credential })
      if (row.revoked_at === null) {
        revoke(tx, deps, id, row.peer_id)
        if (row.peer_id !== null) deps.onRevoked(tx, row.peer_id)
      }
      return { credential: toCredential(tx, { ...row, revoked_at: row.revoked_at ?? tx.now }) }
    },
  }
  return { createEnrolment, spawnEnrolment, revokeEnrolment, createCredential, revokeCredential }
}

export const listEnrolments: Query<'enrolments.list'> = (reader) => {
  const rows = reader.all<EnrolmentRow>('SELECT e.*, c.name AS circle FROM enrolments e JOIN circles c ON c.id = e.circle_id ORDER BY e.id DESC LIMIT 1000')
  return { enrolments: rows.map((row) => toEnrolment(reader, row)) }
}

export const listCredentials: Query<'credentials.list'> = (reader, caller, input) => {
  const peerId = caller.kind === 'peer' || input.peer !== undefined ? subjectPeer(reader, caller, input.peer) : null
  const rows =
    peerId === null
      ? reader.all<CredentialRow>(`${CREDENTIALS} ORDER BY id DESC LIMIT 1000`)
      : reader.all<CredentialRow>(`${CREDENTIALS} WHERE peer_id = ? ORDER BY id DESC LIMIT 1000`, peerId)
  return { credentials: rows.map((row) => toCredential(reader, row)) }
}

/** The peer that a caller may act for: itself, or for the administrator any; `null` means the administrator. */
function subjectPeer(reader: Reader, caller: Caller, address: string | undefined): number | null {
  if (caller.kind === 'admin') return address === undefined ? null : resolveOne(reader, caller, address).id
  const self = caller.kind === 'peer' ? caller.peerId : null
  if (address !== undefined && resolveOne(reader, caller, address).id !== self) throw new MusterError('forbidden', { hint: 'A peer acts for itself only.' })
  return self
}
