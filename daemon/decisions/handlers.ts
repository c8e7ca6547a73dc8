import type { Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { parseDuration } from '../../src/time.ts'
import { asPeer, type Command } from '../caller.ts'
import { asSender, priorityNumber } from '../threads/index.ts'
import { comment } from './answers.ts'
import { approvalAt, use } from './approvals.ts'
import type { DecisionDeps } from './deps.ts'
import { asPerson, visibleCard } from './people.ts'
import { type Draft, raise } from './raising.ts'
import { ownApproval, visibleApproval } from './reading.ts'
import { refuseDecided, resolve } from './resolving.ts'
import { type Content, cardAt, isRequester, type Letter, toApproval, toCard } from './rows.ts'
import { leave, settle } from './settling.ts'

export function createDecisionHandlers(deps: DecisionDeps) {
  const raiseIt: Command<'decisions.raise'> = {
    run(tx, caller, input) {
      const by = asSender(caller)
      const { row, folded } = raise(tx, deps, by, draftOf(input))
      tx.created = { number: row.id, count: folded ? 2 : 1 }
      return { card: toCard(tx, by, row), folded }
    },
    replay: (tx, caller, { number, count }) => ({ card: toCard(tx, caller, cardAt(tx, number)), folded: count === 2 }),
  }

  const resolveIt: Command<'decisions.resolve'> = {
    run(tx, caller, input) {
      const by = asPerson(caller)
      const { row, approvals } = resolve(tx, deps, visibleCard(tx, by, input.card), by, { ...input, how: 'resolved' })
      return { card: toCard(tx, by, row), approvals: approvals.map((each) => toApproval(tx, each, tx.now)) }
    },
  }

  const commentIt: Command<'decisions.comment'> = {
    run(tx, caller, { card, body }) {
      const { peerId } = asSender(caller)
      return { number: comment(tx, deps, visibleCard(tx, caller, card), peerId, body) }
    },
  }

  const withdraw: Command<'decisions.withdraw'> = {
    run(tx, caller, { card, reason }) {
      const by = asSender(caller)
      const row = visibleCard(tx, by, card)
      refuseDecided(tx, row)
      const outcome = { state: 'withdrawn', how: 'withdrawn', by, note: reason } as const
      const now = isRequester(tx, row.id, by.peerId) ? leave(tx, deps, row, by.peerId, outcome) : settle(tx, deps, row, outcome)
      return { card: toCard(tx, by, now) }
    },
  }

  const useIt: Command<'approvals.use'> = {
    run(tx, caller, { approval, action }) {
      const by = asPeer(caller)
      const used = use(tx, by, ownApproval(tx, by.peerId, approval), action)
      tx.created = { number: used.id, count: 1 }
      return { approval: toApproval(tx, used, tx.now) }
    },
    replay: (tx, _caller, { number }) => ({ approval: toApproval(tx, approvalAt(tx, number), tx.now) }),
  }

  const revoke: Command<'approvals.revoke'> = {
    run(tx, caller, { approval }) {
      const by = asPeer(caller)
      const row = visibleApproval(tx, by, approval)
      if (row.revoked_at === null) {
        tx.run('UPDATE approvals SET revoked_at = ? WHERE id = ?', tx.now, row.id)
        const base = { actor: by.peerId, peer: row.requester_id, circle: row.circle_id, audience: 'granted' } as const
        tx.event({ type: 'approval.revoked', ...base, subject: ['approval', row.id] })
      }
      return { approval: toApproval(tx, approvalAt(tx, row.id), tx.now) }
    },
  }
  return { raise: raiseIt, resolve: resolveIt, comment: commentIt, withdraw, use: useIt, revoke }
}

function draftOf(input: Parsed<'decisions.raise'>): Draft {
  const { kind, question, context, recommendation, risk, action, topic, priority } = input
  const content: Content = {
    v: 1,
    question,
    context,
    options: input.options.map(({ does, ...option }) => ({ ...option, does: does ?? null })),
    recommendation,
    risk,
    arguments: action?.arguments ?? null,
  }
  const { option, after } = input.default
  const afterMs = after === undefined ? null : afterMsOf(after)
  return { kind, content, action, topic, priority: priorityNumber(priority), byDefault: option === 'stay_blocked' ? null : (option as Letter), afterMs }
}

/** @throws MusterError `invalid_input` */
export function afterMsOf(after: string): number {
  const ms = parseDuration(after) as number
  if (ms >= LIMITS.minDefaultMs && ms <= LIMITS.maxDefaultMs) return ms
  throw new MusterError('invalid_input', { field: 'after', hint: 'People get between a minute and 365 days.' })
}
