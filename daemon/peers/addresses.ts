import { MusterError } from '../../src/errors.ts'
import { decodeId } from '../../src/ids.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Caller } from '../caller.ts'
import type { Reader } from '../store/store.ts'
import { leadersAmong } from './leading.ts'
import { findPeer, PEER_COLUMNS, type PeerRow, toRef } from './rows.ts'

/** How many peers a selector may mean. */
export type Select = 'one' | 'all'

const SELECTOR = /^(role|cap|circle):([^@]+)(?:@(.+))?$/
const FROM = 'FROM peers p JOIN circles c ON c.id = p.circle_id'
/** Circles the caller may reach: its own and those it holds grants for. A null peer reaches all. */
const REACHABLE = '(@peer IS NULL OR p.circle_id = @own OR p.circle_id IN (SELECT circle_id FROM grants WHERE peer_id = @peer))'
const IN_CIRCLE = '(@circle IS NULL OR c.name = @circle COLLATE NOCASE)'

const OWN_CIRCLE = `SELECT ${PEER_COLUMNS} ${FROM} WHERE p.circle_id = ? AND p.name = ? AND p.retired_at IS NULL`
const BY_NAME = `SELECT ${PEER_COLUMNS} ${FROM} WHERE p.name = @value AND p.retired_at IS NULL AND ${REACHABLE} AND ${IN_CIRCLE} ORDER BY p.id LIMIT @limit`
const BY_ROLE = `SELECT ${PEER_COLUMNS} ${FROM} WHERE p.role = @value AND p.retired_at IS NULL AND ${REACHABLE} AND ${IN_CIRCLE} ORDER BY p.id LIMIT @limit`
const BY_CAPABILITY = `SELECT ${PEER_COLUMNS} FROM capabilities k JOIN peers p ON p.id = k.peer_id JOIN circles c ON c.id = p.circle_id
  WHERE k.capability = @value AND p.retired_at IS NULL AND ${REACHABLE} AND ${IN_CIRCLE} ORDER BY p.id LIMIT @limit`

const BY_CIRCLE = `SELECT ${PEER_COLUMNS} ${FROM} WHERE c.name = @value COLLATE NOCASE AND p.retired_at IS NULL AND ${REACHABLE} AND ${IN_CIRCLE} ORDER BY p.id LIMIT @limit`
const BY_SELECTOR: Readonly<Record<string, string>> = { role: BY_ROLE, cap: BY_CAPABILITY, circle: BY_CIRCLE }

/**
 * The one peer that an address means to the caller.
 *
 * @throws MusterError `not_found`, or `ambiguous_address` with the candidates
 */
export function resolveOne(reader: Reader, caller: Caller, address: string): PeerRow {
  return resolve(reader, caller, address, 'one')[0] as PeerRow
}

/**
 * The one peer whose past an address means to the caller: like {@link resolveOne}, and by its id one that has retired too.
 *
 * @throws MusterError `not_found`, `ambiguous_address` with the candidates, or `invalid_input` for a selector
 */
export function resolvePast(reader: Reader, caller: Caller, address: string): PeerRow {
  if (/^(role|cap):/.test(address)) throw new MusterError('invalid_input', { hint: 'Name one peer: its name, name@circle or id.' })
  const row = decodeId(address)?.kind === 'peer' ? findPeer(reader, reader.number('peer', address)) : undefined
  return row && reaches(reader, caller, row.circle_id) ? row : resolveOne(reader, caller, address)
}

/**
 * The peers that an address means to the caller: exactly one, or for a selector with `all` at least one.
 *
 * @throws MusterError `not_found`, `ambiguous_address` with the candidates, or `invalid_input` when `select` is missing or out of place
 */
export function resolve(reader: Reader, caller: Caller, address: string, select: Select | undefined): PeerRow[] {
  const selector = SELECTOR.exec(address)
  if (selector) return resolveSelector(reader, caller, selector, address, select)
  if (select === 'all') throw new MusterError('invalid_input', { hint: 'Leave `select` out: only role:, cap: and circle: addresses can mean all.' })
  const row = fastPath(reader, caller, address)
  return row ? [row] : [exactlyOne(reader, byNameOrId(reader, caller, address), address)]
}

/** By far the most frequent address: a bare name in the caller's own circle, where no grant can make it ambiguous. */
function fastPath(reader: Reader, caller: Caller, address: string): PeerRow | undefined {
  if (caller.kind !== 'peer' || (caller.role !== 'agent' && caller.role !== 'service') || address.includes('@')) return undefined
  return reader.cached(`address ${caller.circleId} ${address}`, () => reader.get<PeerRow>(OWN_CIRCLE, caller.circleId, address))
}

function byNameOrId(reader: Reader, caller: Caller, address: string): PeerRow[] {
  if (decodeId(address)?.kind === 'peer') {
    const row = findPeer(reader, reader.number('peer', address))
    if (!row || !reaches(reader, caller, row.circle_id)) return []
    if (row.retired_at !== null) throw new MusterError('not_found', { hint: `${row.name} has retired.` })
    return [row]
  }
  const [name, circle] = address.split('@') as [string, string | undefined]
  return search(reader, caller, BY_NAME, name, circle, LIMITS.maxCandidates + 1)
}

function resolveSelector(reader: Reader, caller: Caller, parts: RegExpExecArray, address: string, select: Select | undefined): PeerRow[] {
  if (!select) throw new MusterError('invalid_input', { hint: 'Say `select: "one"` or `select: "all"` with a role:, cap: or circle: address.' })
  const [, kind = '', value, circle] = parts
  if (kind === 'circle' && circle !== undefined) throw new MusterError('invalid_input', { hint: `A circle stands by itself: circle:${value}.` })
  const self = caller.kind === 'peer' ? caller.peerId : 0
  const found = search(reader, caller, BY_SELECTOR[kind] as string, value as string, circle, LIMITS.maxFanOut + 2).filter((row) => row.id !== self)
  if (select === 'one') return [exactlyOne(reader, value === 'orchestrator' ? whoLeads(reader, kind, found) : found, address)]
  if (found.length === 0) throw notFound(address)
  if (found.length > LIMITS.maxFanOut) throw new MusterError('invalid_input', { hint: `${address} means more than ${LIMITS.maxFanOut} peers; choose fewer.` })
  return found
}

/** Of several orchestrators the one that leads is meant; where none of them does, or more than one, it stays open. */
function whoLeads(reader: Reader, kind: string, found: PeerRow[]): PeerRow[] {
  const leaders = kind === 'role' && found.length > 1 ? leadersAmong(reader, found) : []
  return leaders.length === 1 ? leaders : found
}

/**
 * The peers that several addresses mean, in their order, each once; a selector means all that it names.
 *
 * @throws MusterError as {@link resolve}, and `invalid_input` when they are more than `limit` or meant too often
 */
export function resolveMany(reader: Reader, caller: Caller, addresses: readonly string[], limit: number): PeerRow[] {
  const found = new Map<number, PeerRow>()
  let meant = 0
  for (const address of new Set(addresses)) {
    const rows = resolve(reader, caller, address, SELECTOR.test(address) ? 'all' : undefined)
    for (const row of rows) if (!found.has(row.id)) found.set(row.id, row)
    meant += rows.length
    if (found.size > limit) throw new MusterError('invalid_input', { hint: `At most ${limit} peers at a time; choose fewer.` })
    if (meant > LIMITS.maxExamined) throw new MusterError('invalid_input', { hint: 'The selectors mean the same peers too often; leave some out.' })
  }
  return [...found.values()]
}

function search(reader: Reader, caller: Caller, sql: string, value: string, circle: string | undefined, limit: number): PeerRow[] {
  const [peerId, circleId] = caller.kind === 'peer' ? [caller.peerId, caller.circleId] : [null, null]
  return reader.all<PeerRow>(sql, { peer: peerId, own: circleId, circle: circle ?? null, value, limit })
}

function reaches(reader: Reader, caller: Caller, circleId: number): boolean {
  if (caller.kind !== 'peer') return caller.kind === 'admin'
  if (caller.circleId === circleId) return true
  return reader.get('SELECT 1 FROM grants WHERE peer_id = ? AND circle_id = ?', caller.peerId, circleId) !== undefined
}

function exactlyOne(reader: Reader, found: PeerRow[], address: string): PeerRow {
  const [only] = found
  if (!only) throw notFound(address)
  if (found.length === 1) return only
  throw new MusterError('ambiguous_address', {
    address,
    candidates: found.slice(0, LIMITS.maxCandidates).map((row) => toRef(reader, row)),
    hint: 'Use an id, or name@circle; or `select: "all"` with a selector.',
  })
}

function notFound(address: string): MusterError {
  return new MusterError('not_found', { address, hint: 'peers.list shows who can be addressed.' })
}
