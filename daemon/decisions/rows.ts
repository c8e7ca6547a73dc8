import type { Approval, Card, CardState } from '../../src/contract/index.ts'
import { formatTime } from '../../src/time.ts'
import type { Caller } from '../caller.ts'
import { circleName, refOf, timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { PRIORITIES } from '../threads/index.ts'

/** What a card says, as it is stored. */
export interface Content extends Pick<Card, 'question' | 'context' | 'risk' | 'recommendation'> {
  readonly v: 1
  /** In the order of their letters. */
  readonly options: readonly Omit<Card['options'][number], 'letter'>[]
  readonly arguments: Readonly<Record<string, unknown>> | null
}

export interface CardRow {
  readonly id: number
  readonly circle_id: number
  readonly kind: Card['kind']
  readonly state: CardState
  readonly source: Card['source']
  readonly about: number | null
  readonly other: number | null
  readonly priority: number
  readonly topic: string | null
  readonly fold: string
  readonly content: string
  readonly action_kind: string | null
  readonly action_name: string | null
  readonly action_hash: string | null
  readonly default_option: string | null
  readonly default_at: number | null
  /** When the default is to be looked at; `null` once that was done. */
  readonly due_at: number | null
  readonly raised_at: number
  readonly comments: number
  readonly option: string | null
  readonly note: string | null
  readonly closed_at: number | null
  readonly closed_by: number | null
  readonly device: string | null
  readonly how: NonNullable<Card['closed']>['how'] | null
}

export interface MailRow {
  readonly decision_id: number
  readonly peer_id: number
  readonly thread_id: number | null
  readonly due_at: number | null
}

export const LETTERS = ['a', 'b', 'c', 'd', 'e'] as const
export type Letter = (typeof LETTERS)[number]

export function findCard(reader: Reader, id: number): CardRow | undefined {
  return reader.get<CardRow>('SELECT * FROM decisions WHERE id = ?', id)
}

export function cardAt(reader: Reader, id: number): CardRow {
  const row = findCard(reader, id)
  if (!row) throw new Error(`There is no card ${id}`)
  return row
}

export function contentOf(row: Pick<CardRow, 'content'>): Content {
  return JSON.parse(row.content) as Content
}

/** Who asked, the first to ask first. */
export function requestersOf(reader: Reader, id: number): { readonly peer_id: number; readonly at: number; readonly waits: number }[] {
  return reader.all('SELECT peer_id, at, waits FROM decision_requesters WHERE decision_id = ? ORDER BY at, peer_id', id)
}

export function isRequester(reader: Reader, id: number, peerId: number): boolean {
  return reader.get('SELECT 1 FROM decision_requesters WHERE decision_id = ? AND peer_id = ?', id, peerId) !== undefined
}

export function toCard(reader: Reader, caller: Caller, row: CardRow): Card {
  const { question, context, options, recommendation, risk, arguments: given } = contentOf(row)
  const action = row.action_kind === null || row.action_name === null ? null : { kind: row.action_kind, name: row.action_name, arguments: { ...given } }
  return {
    id: reader.id('decision', row.id),
    kind: row.kind,
    state: row.state,
    source: row.source,
    circle: circleName(reader, row.circle_id) ?? '',
    requesters: requestersOf(reader, row.id).flatMap(({ peer_id }) => refOf(reader, peer_id) ?? []),
    priority: PRIORITIES[row.priority - 1] ?? 'normal',
    topic: row.topic,
    question,
    context,
    options: options.map((each, index) => ({ letter: LETTERS[index] as Letter, ...each })),
    recommendation,
    risk,
    default: { option: row.default_option ?? 'stay_blocked', at: timeOrNull(row.default_at) },
    action,
    raisedAt: formatTime(row.raised_at),
    option: row.option as Letter | null,
    note: row.note,
    closed: closedOf(reader, row),
    thread: threadOf(reader, caller, row),
  }
}

export function closedOf(reader: Reader, { closed_by, closed_at, how, device }: CardRow): Card['closed'] {
  return closed_at === null || how === null ? null : { by: refOf(reader, closed_by), at: formatTime(closed_at), how, device }
}

function threadOf(reader: Reader, caller: Caller, { id }: CardRow): string | null {
  if (caller.kind !== 'peer') return null
  const mail = reader.get<MailRow>('SELECT * FROM decision_mail WHERE decision_id = ? AND peer_id = ?', id, caller.peerId)
  return mail?.thread_id ? reader.id('thread', mail.thread_id) : null
}

export interface ApprovalRow {
  readonly id: number
  readonly circle_id: number
  readonly decision_id: number
  readonly requester_id: number
  readonly action_kind: string
  readonly action_name: string
  /** Of the action, where no argument may be another. */
  readonly hash: string | null
  /** Of a lease for whatever is within it, as JSON. */
  readonly scope: string | null
  readonly uses: number
  readonly max_uses: number
  readonly expires_at: number
  readonly past_approved: number
  readonly past_denied: number
  readonly granted_by: number
  readonly granted_at: number
  readonly revoked_at: number | null
}

export function stateOf(row: ApprovalRow, now: number): Approval['state'] {
  if (row.revoked_at !== null) return 'revoked'
  if (row.uses >= row.max_uses) return 'used'
  // A clock that was put back lengthens nothing.
  return row.expires_at <= now || row.granted_at > now ? 'expired' : 'live'
}

export function formOf({ scope, max_uses }: Pick<ApprovalRow, 'scope' | 'max_uses'>): Approval['form'] {
  return scope === null && max_uses === 1 ? 'once' : 'lease'
}

export function toApproval(reader: Reader, row: ApprovalRow, now: number): Approval {
  const [requester, grantedBy] = [refOf(reader, row.requester_id), refOf(reader, row.granted_by)]
  if (!requester || !grantedBy) throw new Error(`Approval ${row.id} is nobody's`)
  return {
    id: reader.id('approval', row.id),
    form: formOf(row),
    state: stateOf(row, now),
    requester,
    circle: circleName(reader, row.circle_id) ?? '',
    card: reader.id('decision', row.decision_id),
    kind: row.action_kind,
    name: row.action_name,
    scope: row.scope === null ? null : (JSON.parse(row.scope) as Record<string, unknown>),
    uses: row.uses,
    maxUses: row.max_uses,
    expiresAt: formatTime(row.expires_at),
    grantedBy,
    grantedAt: formatTime(row.granted_at),
    revokedAt: timeOrNull(row.revoked_at),
    past: { approved: row.past_approved, denied: row.past_denied },
  }
}
