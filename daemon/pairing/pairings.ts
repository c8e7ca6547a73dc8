import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Caller, Command, Query } from '../caller.ts'
import { admitToken, findPeer, isActive, makePerson, type PeerRow, people, personNamed, requireFreeName, reserveToken } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { newCode, newDigits, plainCode } from './code.ts'
import type { HandlerDeps } from './deps.ts'
import { isBeforeFirst, type PairingRow, pairingById, toPairing } from './rows.ts'

const FIRST_PERSON = 'owner'

/** The commands by which a device becomes a person's. */
export function createPairingHandlers(deps: HandlerDeps) {
  const { code: open, random } = deps

  const begin: Command<'pairings.begin'> = {
    run(tx, caller, input) {
      requireAuthority(caller)
      const first = isBeforeFirst(tx) && people(tx, 1).length === 0
      const { name, id: personId } = whose(tx, caller, input.person, first)
      if (personId === null) requireFreeName(tx, name)
      // By the table: of two that begin in one batch, the first has no code in memory yet.
      endUnfinished(tx, deps, 'Another pairing was begun.')
      const id = tx.take('pairing')
      const code = newCode(random)
      tx.run(
        "INSERT INTO pairings (id, person, person_id, first, begun_by, state, created_at, expires_at) VALUES (?, ?, ?, ?, ?, 'open', ?, ?)",
        id,
        name,
        personId,
        first ? 1 : 0,
        actorOf(caller),
        tx.now,
        tx.now + LIMITS.pairingMs,
      )
      tx.run("DELETE FROM pairings WHERE state = 'ended' AND id <= ?", id - LIMITS.keptPairings)
      noted(tx, 'pairing.begun', caller, id, { person: name, first })
      tx.after(() => open.open(id, plainCode(code) as string))
      return { pairing: toPairing(tx, pairingById(tx, id)), code, url: deps.publicUrl === '' ? null : `${deps.publicUrl.replace(/\/+$/, '')}/pair` }
    },
  }

  const redeem: Command<'pairings.redeem'> = {
    run(tx, _caller, { code, device }) {
      const retryInMs = open.pausedForMs()
      if (retryInMs > 0) throw new MusterError('too_many_requests', { retryInMs, hint: 'Too many wrong codes. Wait a minute.' })
      const plain = plainCode(code)
      if (plain === undefined)
        throw new MusterError('invalid_input', { field: 'code', hint: 'The code was mistyped. It has eight letters and digits, as muster pair shows them.' })
      const found = open.attempt(plain)
      const row = 'pairing' in found ? pairingById(tx, found.pairing) : undefined
      if (row?.state !== 'open') throw refusedCode(tx, deps, found, row)
      const { token, hash } = reserveToken(random)
      const comparison = newDigits(random)
      tx.run("UPDATE pairings SET state = 'redeemed', device = ?, comparison = ?, token_hash = ? WHERE id = ?", device, comparison, hash, row.id)
      noted(tx, 'pairing.redeemed', undefined, row.id, { device })
      tx.after(() => open.redeemed(row.id))
      return { pairing: toPairing(tx, pairingById(tx, row.id)), token }
    },
  }

  const confirm: Command<'pairings.confirm'> = {
    run(tx, caller, input) {
      requireAuthority(caller)
      const row = pairingById(tx, tx.number('pairing', input.pairing))
      if (row.state === 'paired' || row.state === 'ended') throw hasEnded(row)
      if (open.isOver(row.id)) throw hasEnded({ state: 'ended', reason: 'Its time is over.' })
      requireConfirmer(tx, deps, caller, row)
      if (row.state === 'open') throw new MusterError('invalid_input', { hint: 'No device has redeemed the code yet.' })
      // Once: right digits in the same batch, or before the end could be written down, come too late.
      if (!open.compare(row.id, input.comparison === row.comparison)) {
        tx.onFailure(() =>
          deps.pipeline.submit(
            (later) => endPairing(later, deps, row.id, 'Wrong digits were confirmed.'),
            () => undefined,
          ),
        )
        throw new MusterError(
          'forbidden',
          { hint: 'Another device may have redeemed the code.' },
          { message: 'The device shows other digits: the pairing ends.' },
        )
      }
      pair(tx, deps, caller, row)
      return { pairing: toPairing(tx, pairingById(tx, row.id)) }
    },
  }

  const cancel: Command<'pairings.cancel'> = {
    run(tx, caller, input) {
      requireAuthority(caller)
      const row = pairingById(tx, tx.number('pairing', input.pairing))
      if (row.state === 'paired')
        throw new MusterError('already_closed', { state: row.state, hint: 'devices.revoke takes a device back.' }, { message: 'The device is paired already.' })
      endPairing(tx, deps, row.id, 'It was cancelled.', caller)
      return { pairing: toPairing(tx, pairingById(tx, row.id)) }
    },
  }

  return { begin, redeem, confirm, cancel }
}

export const listPairings: Query<'pairings.list'> = (reader, caller) => {
  requireAuthority(caller)
  const rows = reader.all<PairingRow>('SELECT * FROM pairings ORDER BY id DESC LIMIT 50')
  return { pairings: rows.map((row) => toPairing(reader, row)) }
}

/** Ends one that is under way. */
export function endPairing(tx: Tx, deps: HandlerDeps, id: number, reason: string, caller?: Caller): void {
  const ended = tx.run(
    "UPDATE pairings SET state = 'ended', reason = ?, comparison = NULL, token_hash = NULL, ended_at = ? WHERE id = ? AND (state = 'open' OR state = 'redeemed')",
    reason,
    tx.now,
    id,
  )
  if (ended > 0) noted(tx, 'pairing.ended', caller, id, { reason })
  tx.after(() => deps.code.close(id))
}

/** Ends whatever is under way. */
export function endUnfinished(tx: Tx, deps: HandlerDeps, reason: string): void {
  const rows = tx.all<{ id: number }>("SELECT id FROM pairings WHERE state = 'open' OR state = 'redeemed'")
  for (const { id } of rows) endPairing(tx, deps, id, reason)
}

function pair(tx: Tx, deps: HandlerDeps, caller: Caller, row: PairingRow): void {
  if (row.person_id !== null && !isActive(tx, row.person_id)) throw new MusterError('not_found', { hint: `${row.person} has retired.` })
  const personId = row.person_id ?? makePerson(tx, row.person)
  const device = row.device as string
  const credential = admitToken(tx, row.token_hash as Uint8Array, personId, device)
  tx.run(
    "UPDATE pairings SET state = 'paired', person_id = ?, credential_id = ?, comparison = NULL, token_hash = NULL, ended_at = ? WHERE id = ?",
    personId,
    credential.id,
    tx.now,
    row.id,
  )
  const changed = { person: row.person, device, first: row.first === 1, credential: tx.id('credential', credential.id) }
  tx.event({ type: 'pairing.paired', actor: actorOf(caller), peer: personId, audience: 'admin', subject: ['pairing', row.id], changed })
  tx.after(() => {
    deps.code.close(row.id)
    deps.log.warn({ person: changed.person, device, first: changed.first }, 'a device was paired')
  })
}

function hasEnded({ state, reason }: Pick<PairingRow, 'state' | 'reason'>): MusterError {
  const became = state === 'paired' ? 'was confirmed already' : 'has ended'
  return new MusterError('already_closed', { state, reason }, { message: `The pairing ${became}.${reason === null ? '' : ` ${reason}`}` })
}

/** Only people and the administrator have to do with pairings at all. */
export function requireAuthority(caller: Caller): void {
  if (caller.kind === 'admin' || (caller.kind === 'peer' && caller.role === 'person')) return
  throw new MusterError('forbidden', { hint: "This takes a person's paired device, or the administrator's credential." })
}

/** The administrator confirms the first one, since nobody else is there. From then on it takes a person: the administrator's token is a file. */
function requireConfirmer(tx: Tx, deps: HandlerDeps, caller: Caller, row: PairingRow): void {
  if (caller.kind === 'peer') return
  if (row.first === 1 && isBeforeFirst(tx) && people(tx, 1).length === 0) return
  suspect(tx, deps, row.id, 'The administrator tried to confirm a device.')
  throw new MusterError('forbidden', { hint: 'There is a person on this node: a further device is confirmed on one that is paired.' })
}

/** Why a code was not taken. What ends by it, and that somebody tried, is written down by a command of its own: this one is rolled back. */
function refusedCode(tx: Tx, deps: HandlerDeps, found: ReturnType<HandlerDeps['code']['attempt']>, row: PairingRow | undefined): MusterError {
  // One that ended in this batch has a code in memory still, which is worth what any other is.
  if (row && row.state !== 'ended') {
    suspect(tx, deps, row.id, 'A code was used again.', (later) => void later.run('UPDATE pairings SET reused = reused + 1 WHERE id = ?', row.id))
    return new MusterError(
      'already_closed',
      { state: row.state, hint: 'If that was not you, answer no in the terminal and begin again.' },
      { message: 'The code has been used.' },
    )
  }
  const spent = 'spent' in found ? found.spent : undefined
  suspect(tx, deps, deps.code.pairing, 'A wrong code was tried.')
  if (spent !== undefined) {
    tx.onFailure(() =>
      deps.pipeline.submit(
        (later) => endPairing(later, deps, spent, 'Too many wrong codes were tried.'),
        () => undefined,
      ),
    )
  }
  return new MusterError('not_found', { hint: 'No pairing that is under way has this code. muster pair shows a new one.' })
}

/** Notes an attempt that was refused, by a command of its own: what refuses it is rolled back. */
function suspect(tx: Tx, deps: HandlerDeps, pairing: number | undefined, reason: string, write?: (later: Tx) => void): void {
  tx.onFailure(() => {
    deps.log.warn({ reason }, 'a pairing was refused')
    const note = (later: Tx) => {
      write?.(later)
      later.event({ type: 'pairing.refused', audience: 'admin', ...(pairing !== undefined && { subject: ['pairing', pairing] }), changed: { reason } })
    }
    deps.pipeline.submit(note, () => undefined)
  })
}

/** The person whose device it is going to be hears of it; of one that makes a person, the first who can confirm it. */
function noted(tx: Tx, type: string, caller: Caller | undefined, id: number, changed: Readonly<Record<string, unknown>>): void {
  const peer = pairingById(tx, id).person_id ?? people(tx, 1)[0]?.id ?? null
  tx.event({ type, actor: caller ? actorOf(caller) : null, peer, audience: 'admin', subject: ['pairing', id], changed })
}

/** Whose device it is going to be. */
function whose(reader: Reader, caller: Caller, name: string | undefined, first: boolean): { readonly name: string; readonly id: number | null } {
  if (name !== undefined) {
    const found = personNamed(reader, name)
    return found ? { name: found.name, id: found.id } : { name, id: null }
  }
  if (first) return { name: FIRST_PERSON, id: null }
  const all = caller.kind === 'peer' ? [findPeer(reader, caller.peerId) as PeerRow] : people(reader, LIMITS.maxCandidates)
  const [one] = all
  if (one && all.length === 1) return { name: one.name, id: one.id }
  throw new MusterError('invalid_input', {
    field: 'person',
    hint: all.length === 0 ? 'Say who: nobody is left.' : `Say who: ${all.map((each) => each.name).join(', ')}.`,
  })
}

function actorOf(caller: Caller): number | null {
  return caller.kind === 'peer' ? caller.peerId : null
}
