import type { Action, Output, Parsed } from '../../src/contract/index.ts'
import type { PeerCaller } from '../caller.ts'
import { peopleOf, refOf } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { approvalOf, usableFor, use } from './approvals.ts'
import type { DecisionDeps } from './deps.ts'
import { type Draft, raise } from './raising.ts'
import { allowByTier } from './requesting.ts'
import { type CardRow, cardAt, requestersOf, toApproval, toCard } from './rows.ts'
import { leave } from './settling.ts'
import { tierOf } from './tiers.ts'

export type Verdict = Output<'decisions.permit'>
type Input = Parsed<'decisions.permit'>

const NORMAL = 2
const OPEN: Verdict = { verdict: 'open', by: null, note: null, card: null, approval: null }
const ALLOWED: Verdict = { ...OPEN, verdict: 'allowed' }

function actionOf({ tool, arguments: given }: Input): Action {
  return { kind: 'tool', name: tool, arguments: given }
}

/** What a runtime asks its user, put to the people of the circle: answered at once where the tier or an approval does, and otherwise by a card. */
export function ask(tx: Tx, deps: DecisionDeps, by: PeerCaller, input: Input): Verdict & { readonly row?: CardRow } {
  const action = actionOf(input)
  const tier = tierOf(tx, by.circleId, action.kind)
  if (tier !== 'gate') {
    allowByTier(tx, deps, by, tier, { action, why: input.context })
    return ALLOWED
  }
  const there = usableFor(tx, by.peerId, action, tx.now)
  if (there) return { ...ALLOWED, by: refOf(tx, there.granted_by), approval: toApproval(tx, use(tx, by, there, action), tx.now) }
  // Nobody else would ever answer it, and the runtime asks at its terminal.
  if (peopleOf(tx, by.circleId, 2).every(({ id }) => id === by.peerId)) return OPEN
  const { row } = raise(tx, deps, by, draftOf(action, input))
  return { ...OPEN, verdict: 'waits', card: toCard(tx, by, row), row }
}

/** What became of a card, for one who waited for it. A lease that was granted with it is used for the first time. */
export function outcomeOf(tx: Tx, by: PeerCaller, card: number, input: Input): Verdict {
  const row = cardAt(tx, card)
  const told = { by: refOf(tx, row.closed_by), note: row.note, card: toCard(tx, by, row), approval: null }
  if (row.state === 'denied' || row.state === 'revised') return { ...told, verdict: 'denied' }
  if (row.state !== 'approved') return { ...told, verdict: 'open' }
  const lease = approvalOf(tx, card, by.peerId)
  return { ...told, verdict: 'allowed', approval: lease ? toApproval(tx, use(tx, by, lease, actionOf(input)), tx.now) : null }
}

/** Whoever asked does not wait any more: it was answered at the terminal, or its session has gone. */
export function lapse(tx: Tx, deps: DecisionDeps, card: number, peerId: number): void {
  const row = cardAt(tx, card)
  if (row.state === 'waiting')
    leave(tx, deps, row, peerId, { state: 'withdrawn', how: 'settled', by: null, note: 'It was answered at the terminal, or asks no more.' })
}

/** Those that wait, and who for. */
export function waitingPermissions(tx: Tx): { readonly card: number; readonly peer: number }[] {
  const cards = tx.all<{ id: number }>("SELECT id FROM decisions WHERE state = 'waiting' AND source = 'permission' ORDER BY id")
  return cards.flatMap(({ id }) =>
    requestersOf(tx, id)
      .filter(({ waits }) => waits === 1)
      .map(({ peer_id }) => ({ card: id, peer: peer_id })),
  )
}

function draftOf(action: Action, { context }: Input): Draft {
  const options = [
    { text: 'Allow it, this time', pros: 'The session goes on at once.', cons: 'It happens with the rights of the user there.', safe: false, does: 'approve' },
    { text: 'Do not allow it', pros: 'Nothing happens.', cons: 'The session is told no, and does without or tries another way.', safe: true, does: 'deny' },
  ] as const
  const content = {
    v: 1,
    question: `May it use ${action.name}?`,
    context,
    options,
    recommendation: { option: 'b', because: 'Muster does not know what it would do: allow it where you do.' },
    risk: 'Whatever the arguments say, to the last character.',
    arguments: action.arguments,
  } as const
  return { kind: 'approval', source: 'permission', content, action, priority: NORMAL, byDefault: null, afterMs: null }
}
