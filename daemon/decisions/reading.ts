import type { Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import { asPeer, type Caller, type Query } from '../caller.ts'
import type { Clock } from '../clock.ts'
import { GRANTED_CIRCLES, refOf, resolveOne, timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { countOwed } from '../threads/index.ts'
import { findApproval, pastOf, refusalOf } from './approvals.ts'
import { overseesCards, visibleCard, visibleTo } from './people.ts'
import { quietOf } from './quiet.ts'
import { costOf } from './ranking.ts'
import { type ApprovalRow, type CardRow, requestersOf, toApproval, toCard } from './rows.ts'

/** Of what one requester owes, so much counts. */
const MAX_OWED = 100

export interface RankedCard {
  readonly row: CardRow
  readonly blocked: number
  readonly overdue: boolean
  readonly cost: number
}

/** The cards that wait and that a caller may see, the one that costs most first. */
export function rankedCards(reader: Reader, caller: Caller, now: number): RankedCard[] {
  const { rule, values } = visibleTo(caller)
  const sql = `SELECT d.* FROM decisions d WHERE d.state = 'waiting' AND ${rule} ORDER BY d.id LIMIT ${LIMITS.maxExamined}`
  const rows = reader.all<CardRow>(sql, values)
  const owed = new Map<number, number>()
  const owedBy = (peerId: number): number => {
    const known = owed.get(peerId) ?? countOwed(reader, peerId, MAX_OWED)
    owed.set(peerId, known)
    return known
  }
  const ranked = rows.map((row) => {
    const waiting = requestersOf(reader, row.id).filter(({ waits }) => waits === 1)
    const blocked = waiting.reduce((sum, { peer_id }) => sum + 1 + owedBy(peer_id), 0)
    const dueInMs = row.default_at === null ? null : row.default_at - now
    const cost = costOf({ priority: row.priority, blocked, ageMs: now - row.raised_at, dueInMs })
    return { row, blocked, overdue: dueInMs !== null && dueInMs <= 0, cost }
  })
  return ranked.sort((a, b) => b.cost - a.cost || a.row.id - b.row.id)
}

const LIST = (rule: string) =>
  `SELECT d.* FROM decisions d WHERE d.id < @before AND (@state IS NULL OR d.state = @state) AND ${rule} ORDER BY d.id DESC LIMIT @limit`

export function createReading(clock: Clock) {
  const get: Query<'decisions.get'> = (reader, caller, input) => {
    const row = visibleCard(reader, caller, input.card)
    const comments = reader.all<{ number: number; by_id: number; at: number; body: string }>(
      'SELECT number, by_id, at, body FROM decision_comments WHERE decision_id = ? ORDER BY number',
      row.id,
    )
    const past = row.kind === 'approval' ? pastOf(reader, row, null) : null
    return {
      card: toCard(reader, caller, row),
      comments: comments.flatMap(({ number, by_id, at, body }) => {
        const by = refOf(reader, by_id)
        return by ? [{ number, by, at: formatTime(at), body }] : []
      }),
      past: past && { approved: past.approved, denied: past.denied },
    }
  }

  const list: Query<'decisions.list'> = (reader, caller, input) => {
    const { rule, values } = visibleTo(caller)
    const before = input.before === undefined ? Number.MAX_SAFE_INTEGER : reader.number('decision', input.before)
    const rows = reader.all<CardRow>(LIST(rule), { ...values, before, state: input.state ?? null, limit: input.limit + 1 })
    const page = rows.slice(0, input.limit)
    const last = rows.length > page.length ? page.at(-1) : undefined
    return { cards: page.map((row) => toCard(reader, caller, row)), before: last ? reader.id('decision', last.id) : null }
  }

  const queue: Query<'decisions.queue'> = (reader, caller, { limit }) => {
    const ranked = rankedCards(reader, caller, clock.wallMs())
    const cards = ranked.slice(0, limit).map(({ row, cost, ...facts }) => ({ card: toCard(reader, caller, row), ...facts, cost: Math.round(cost) }))
    return { cards, waiting: ranked.length, quiet: caller.kind === 'peer' ? quietOf(reader, caller.peerId) : null }
  }

  const check: Query<'approvals.check'> = (reader, caller, { approval, action }) => {
    const row = ownApproval(reader, asPeer(caller).peerId, approval)
    const reason = refusalOf(row, action, clock.wallMs())
    return { allowed: reason === null, reason, approval: toApproval(reader, row, clock.wallMs()) }
  }

  const preview: Query<'approvals.preview'> = (reader, caller, { card, scope }) => {
    const row = visibleCard(reader, caller, card)
    if (row.kind !== 'approval') throw new MusterError('invalid_input', { field: 'card', hint: 'A lease is for an action; this card asks a question.' })
    return pastOf(reader, row, scope ?? null)
  }

  const approvals: Query<'approvals.list'> = (reader, caller, input) => {
    const now = clock.wallMs()
    const peer = input.peer === undefined ? null : resolveOne(reader, caller, input.peer).id
    const before = input.before === undefined ? Number.MAX_SAFE_INTEGER : reader.number('approval', input.before)
    const { rule, values } = approvalsOf(caller)
    const sql = `SELECT * FROM approvals WHERE id < @before AND (@peer IS NULL OR requester_id = @peer)
      AND (NOT @live OR (revoked_at IS NULL AND uses < max_uses AND expires_at > @now)) AND ${rule} ORDER BY id DESC LIMIT @limit`
    const rows = reader.all<ApprovalRow>(sql, { ...values, before, peer, live: input.live ? 1 : 0, now, limit: input.limit + 1 })
    const page = rows.slice(0, input.limit)
    const last = rows.length > page.length ? page.at(-1) : undefined
    return { approvals: page.map((row) => toApproval(reader, row, now)), before: last ? reader.id('approval', last.id) : null }
  }
  return { get, list, queue, check, preview, approvals }
}

function approvalsOf(caller: Caller): ReturnType<typeof visibleTo> {
  if (caller.kind !== 'peer') return { rule: '1', values: {} }
  const self = { self: caller.peerId }
  if (caller.role !== 'orchestrator' && caller.role !== 'person') return { rule: 'requester_id = @self', values: self }
  return { rule: `(requester_id = @self OR circle_id = @own OR circle_id IN (${GRANTED_CIRCLES}))`, values: { ...self, own: caller.circleId } }
}

/** One that is the caller's to use. @throws MusterError `not_found` */
export function ownApproval(reader: Reader, peerId: number, id: string): ApprovalRow {
  const row = findApproval(reader, reader.number('approval', id))
  if (row?.requester_id === peerId) return row
  throw new MusterError('not_found', { id, hint: 'approvals.list shows those that you may use.' })
}

/** One that is the caller's, or that it looks after. @throws MusterError `not_found` */
export function visibleApproval(reader: Reader, caller: Caller, id: string): ApprovalRow {
  const row = findApproval(reader, reader.number('approval', id))
  const isOwn = caller.kind === 'peer' && row?.requester_id === caller.peerId
  if (row && (isOwn || overseesCards(reader, caller, row.circle_id))) return row
  throw new MusterError('not_found', { id })
}

const MAX_COUNTED = 100_000

/** How many cards wait on the node, and since when. */
export function waitingCards(reader: Reader): Output<'node.status'>['cards'] {
  const count = reader.get<{ n: number }>(`SELECT count(*) AS n FROM (SELECT 1 FROM decisions WHERE state = 'waiting' LIMIT ${MAX_COUNTED})`)
  const oldest = reader.get<{ raised_at: number }>("SELECT raised_at FROM decisions WHERE state = 'waiting' ORDER BY id LIMIT 1")
  return { waiting: count?.n ?? 0, oldestAt: timeOrNull(oldest?.raised_at ?? null) }
}
