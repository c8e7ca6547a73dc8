import type { Action, Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { PeerCaller } from '../caller.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { actionHash, isWithin } from './hashes.ts'
import { type ApprovalRow, type CardRow, contentOf, formOf, stateOf } from './rows.ts'

type Reason = NonNullable<Output<'approvals.check'>['reason']>
type Scope = Readonly<Record<string, unknown>>

/** How many of the newest answers to an action are looked at. */
const PAST = 200
const DECIDED = `SELECT state, content, action_hash FROM decisions WHERE circle_id = ? AND action_kind = ? AND action_name = ? AND (state = 'approved' OR state = 'denied')
  ORDER BY id DESC LIMIT ${PAST}`

/** How people decided on an action in the past, as far as the arguments were within a scope; `null`: those of the card, and no others. */
export function pastOf(reader: Reader, { circle_id, action_kind, action_name, action_hash }: CardRow, scope: Scope | null): Output<'approvals.preview'> {
  if (action_kind === null || action_name === null) return { approved: 0, denied: 0, examined: 0 }
  const rows = reader.all<Pick<CardRow, 'state' | 'content' | 'action_hash'>>(DECIDED, circle_id, action_kind, action_name)
  const matched = rows.filter((row) => (scope === null ? row.action_hash === action_hash : isWithin(scope, contentOf(row).arguments ?? {})))
  const approved = matched.filter(({ state }) => state === 'approved').length
  return { approved, denied: matched.length - approved, examined: rows.length }
}

const INSERT = `INSERT INTO approvals (id, circle_id, decision_id, requester_id, action_kind, action_name, hash, scope, max_uses, expires_at, past_approved, past_denied,
  granted_by, granted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

interface Granted {
  readonly by: number
  readonly forMs: number
  /** `null`: for the arguments of the card, and no others. */
  readonly scope: Scope | null
  readonly uses: number
}

export function grant(tx: Tx, card: CardRow, requesterId: number, { by, forMs, scope, uses }: Granted): ApprovalRow {
  const id = tx.take('approval')
  const past = pastOf(tx, card, scope)
  const [hash, text] = scope === null ? [card.action_hash, null] : [null, JSON.stringify(scope)]
  const [kind, name] = [card.action_kind, card.action_name]
  const until = tx.now + forMs
  tx.run(INSERT, id, card.circle_id, card.id, requesterId, kind, name, hash, text, uses, until, past.approved, past.denied, by, tx.now)
  const row = approvalAt(tx, id)
  const changed = { form: formOf(row), card: tx.id('decision', card.id) }
  tx.event({ type: 'approval.granted', actor: by, peer: requesterId, circle: card.circle_id, audience: 'granted', subject: ['approval', id], changed })
  return row
}

export function findApproval(reader: Reader, id: number): ApprovalRow | undefined {
  return reader.get<ApprovalRow>('SELECT * FROM approvals WHERE id = ?', id)
}

export function approvalAt(reader: Reader, id: number): ApprovalRow {
  const row = findApproval(reader, id)
  if (!row) throw new Error(`There is no approval ${id}`)
  return row
}

function isFor(row: ApprovalRow, action: Action): boolean {
  if (row.action_kind !== action.kind || row.action_name !== action.name) return false
  return row.scope === null ? row.hash === actionHash(action) : isWithin(JSON.parse(row.scope) as Scope, action.arguments)
}

/** Why an approval cannot be used for an action; `null` where it can. */
export function refusalOf(row: ApprovalRow, action: Action, now: number): Reason | null {
  const state = stateOf(row, now)
  if (state !== 'live') return state
  return isFor(row, action) ? null : 'other_action'
}

const USABLE = `SELECT * FROM approvals WHERE requester_id = ? AND action_kind = ? AND action_name = ? AND revoked_at IS NULL AND uses < max_uses
  ORDER BY id LIMIT ${LIMITS.maxExamined}`

/** What a peer may use for an action: what is for once comes first, then the lease that ends first. */
export function usableFor(reader: Reader, requesterId: number, action: Action, now: number): ApprovalRow | undefined {
  const rows = reader.all<ApprovalRow>(USABLE, requesterId, action.kind, action.name).filter((row) => refusalOf(row, action, now) === null)
  return rows.sort((a, b) => Number(formOf(a) === 'lease') - Number(formOf(b) === 'lease') || a.expires_at - b.expires_at)[0]
}

/** What a card has given to one of its requesters. */
export function approvalOf(reader: Reader, card: number, requesterId: number): ApprovalRow | undefined {
  return reader.get<ApprovalRow>('SELECT * FROM approvals WHERE requester_id = ? AND decision_id = ?', requesterId, card)
}

/** @throws MusterError `forbidden` with why it cannot be used */
export function use(tx: Tx, caller: PeerCaller, row: ApprovalRow, action: Action): ApprovalRow {
  const reason = refusalOf(row, action, tx.now)
  if (reason !== null) throw new MusterError('forbidden', { approval: tx.id('approval', row.id), reason, hint: HINTS[reason] })
  tx.run('UPDATE approvals SET uses = uses + 1 WHERE id = ?', row.id)
  const changed = { uses: row.uses + 1, of: row.max_uses }
  tx.event({ type: 'approval.used', actor: caller.peerId, circle: row.circle_id, audience: 'granted', subject: ['approval', row.id], changed })
  return { ...row, uses: row.uses + 1 }
}

const HINTS: Readonly<Record<Reason, string>> = {
  used: 'It has been used as often as it may be. decisions.request asks again.',
  expired: 'Its time is over. decisions.request asks again.',
  revoked: 'It was revoked. decisions.request asks again.',
  other_action: 'It is for another action, or for other arguments. decisions.request asks for this one.',
}
