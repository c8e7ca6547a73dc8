import type { Action, Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Command, PeerCaller } from '../caller.ts'
import { peopleOf } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { asSender, priorityNumber } from '../threads/index.ts'
import { approvalAt, usableFor, use } from './approvals.ts'
import type { DecisionDeps } from './deps.ts'
import { afterMsOf } from './handlers.ts'
import { type Draft, raise } from './raising.ts'
import { cardAt, toApproval, toCard } from './rows.ts'
import { tierOf } from './tiers.ts'
import { shown } from './wording.ts'

/** What a repeated request is answered from: what it came to, by how many it says it created. */
const [TOLD, USED, RAISED] = [0, 1, 2] as const

export function createRequesting(deps: DecisionDeps): Command<'decisions.request'> {
  return {
    run(tx, caller, input) {
      const by = asSender(caller)
      const tier = tierOf(tx, by.circleId, input.action.kind)
      if (tier !== 'gate') {
        allowByTier(tx, deps, by, tier, input)
        tx.created = { number: 0, count: TOLD }
        return { verdict: 'allowed', tier, approval: null, card: null }
      }
      const there = usableFor(tx, by.peerId, input.action, tx.now)
      if (there) {
        tx.created = { number: there.id, count: USED }
        return { verdict: 'allowed', tier, approval: toApproval(tx, use(tx, by, there, input.action), tx.now), card: null }
      }
      const { row } = raise(tx, deps, by, draftOf(input))
      tx.created = { number: row.id, count: RAISED }
      return { verdict: 'waits', tier, approval: null, card: toCard(tx, by, row) }
    },
    replay(tx, caller, { number, count }, { action }) {
      const tier = tierOf(tx, asSender(caller).circleId, action.kind)
      if (count === RAISED) return { verdict: 'waits', tier, approval: null, card: toCard(tx, caller, cardAt(tx, number)) }
      return { verdict: 'allowed', tier, approval: count === USED ? toApproval(tx, approvalAt(tx, number), tx.now) : null, card: null }
    },
  }
}

interface Announced {
  readonly action: Action
  readonly why: string
}

/** People are told of what the tier lets happen with a notice. */
export function allowByTier(tx: Tx, deps: DecisionDeps, by: PeerCaller, tier: 'autonomous' | 'notify', { action, why }: Announced): void {
  if (tier === 'notify') {
    const people = peopleOf(tx, by.circleId, LIMITS.maxCardPeople).filter(({ id }) => id !== by.peerId)
    const body = `I go ahead with ${action.kind}: ${action.name}, of which you are told and not asked. ${why}\n\nArguments: ${shown(action.arguments)}`
    for (const person of people) {
      try {
        deps.threads.say(tx, by, [person], body)
      } catch (error) {
        if (!(error instanceof MusterError)) throw error
        deps.threads.tell(
          tx,
          person.id,
          `${tx.id('peer', by.peerId)} goes ahead with something of which you are to be told. It could not say what: ${error.message}`,
        )
      }
    }
  }
  tx.event({ type: 'action.allowed', actor: by.peerId, circle: by.circleId, audience: 'granted', changed: { kind: action.kind, tier } })
}

function draftOf({ action, why, risk, after, priority }: Parsed<'decisions.request'>): Draft {
  const options = [
    { text: 'Allow it, once', pros: why, cons: risk, safe: false, does: 'approve' },
    { text: 'Do not allow it', pros: 'Nothing is risked.', cons: 'Whoever asks stays blocked.', safe: true, does: 'deny' },
  ] as const
  const content = {
    v: 1,
    question: `May I do this: ${action.name}?`,
    context: why,
    options,
    recommendation: { option: 'a', because: 'whoever asks considers it needed; the context says why.' },
    risk,
    arguments: action.arguments,
  } as const
  const afterMs = after === undefined ? null : afterMsOf(after)
  return { kind: 'approval', content, action, priority: priorityNumber(priority), byDefault: afterMs === null ? null : 'b', afterMs }
}
