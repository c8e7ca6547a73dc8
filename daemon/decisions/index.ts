/** The decisions domain: cards that wait for a person, approvals and leases, and the tiers that say what needs one. */
import { LIMITS } from '../../src/limits.ts'
import type { PeerCaller } from '../caller.ts'
import type { Clock } from '../clock.ts'
import { isActive } from '../peers/index.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Store } from '../store/store.ts'
import type { DueTimer } from '../store/timer.ts'
import type { Tx } from '../store/transaction.ts'
import { type FollowedEnd, findThread } from '../threads/index.ts'
import { comment, onAskEnded, onCardWord } from './answers.ts'
import type { DecisionDeps } from './deps.ts'
import { nextDue, takeDefaults } from './due.ts'
import { createDecisionHandlers } from './handlers.ts'
import { giveDue, giveMissing, isAnyMissing, nextMail } from './mail.ts'
import { Permits } from './permits.ts'
import { createQuiet, quietUntil } from './quiet.ts'
import { createReading } from './reading.ts'
import { createRequesting } from './requesting.ts'
import { type Choice, resolve } from './resolving.ts'
import { type CardRow, cardAt, type MailRow } from './rows.ts'
import { leave } from './settling.ts'
import { listTiers, setTier } from './tiers.ts'
import { lookAtTrouble, type TroubleAt } from './troubles.ts'

export { cardOfThread, LETTER } from './answers.ts'
export type { Permits } from './permits.ts'
export { rankedCards, waitingCards } from './reading.ts'
export type { Choice as CardChoice } from './resolving.ts'
export { purgeApprovals, purgeCards } from './retention.ts'
export { type CardRow, closedOf, contentOf, findCard, LETTERS, type Letter, requestersOf } from './rows.ts'
export { type Spent, spendApprovals, spentApprovals } from './spent.ts'
export { actionText, alsoAsked, inLine, optionLine, optionText, withoutHidden } from './wording.ts'

export interface DecisionsOptions extends DecisionDeps {
  readonly store: Store
  readonly pipeline: Pipeline
  readonly timer: DueTimer
  readonly clock: Clock
}

export function createDecisions(deps: DecisionsOptions) {
  const { store, pipeline, timer, clock } = deps
  const permits = new Permits(deps, deps)
  const submit = (run: (tx: Tx) => void) => pipeline.submit(run, () => undefined)
  const wall = (at: number | undefined) => (at === undefined ? undefined : { wall: at })
  timer.add({ next: () => wall(nextDue(store)), run: () => submit((tx) => takeDefaults(tx, deps)) })
  timer.add({ next: () => wall(nextMail(store)), run: () => submit((tx) => giveDue(tx, deps)) })
  watchForPeople(deps, submit)
  const handlers = createDecisionHandlers(deps)
  const reading = createReading(clock)
  return {
    permits,
    /** At a start. */
    prepare: (tx: Tx) => permits.prepare(tx),
    onCardWord: (tx: Tx, said: Parameters<typeof onCardWord>[2]) => onCardWord(tx, deps, said),
    onAskEnded: (tx: Tx, ended: FollowedEnd) => onAskEnded(tx, deps, ended),
    onTrouble: (tx: Tx, trouble: TroubleAt) => lookAtTrouble(tx, deps, trouble),
    onRetired: (tx: Tx, peerId: number) => onRetired(tx, deps, peerId),
    /** Decides a card in the name of a person who did so elsewhere. @throws MusterError what refuses it */
    decide: (tx: Tx, row: CardRow, by: PeerCaller, choice: Choice) => resolve(tx, deps, row, by, choice).row,
    comment: (tx: Tx, row: CardRow, by: number, body: string) => comment(tx, deps, row, by, body),
    quietUntil: (tx: Tx, personId: number) => quietUntil(tx, personId, tx.now),
    commands: {
      'decisions.raise': handlers.raise,
      'decisions.request': createRequesting(deps),
      'decisions.resolve': handlers.resolve,
      'decisions.comment': handlers.comment,
      'decisions.withdraw': handlers.withdraw,
      'decisions.quiet': createQuiet(deps),
      'approvals.use': handlers.use,
      'approvals.revoke': handlers.revoke,
      'tiers.set': setTier,
    },
    queries: {
      'decisions.get': reading.get,
      'decisions.list': reading.list,
      'decisions.queue': reading.queue,
      'approvals.check': reading.check,
      'approvals.preview': reading.preview,
      'approvals.list': reading.approvals,
      'tiers.list': listTiers,
    },
  } as const
}

/** Whoever becomes a person of a circle gets what waits there: looked at after peers or grants have changed, at most once a second, and at the start. */
function watchForPeople(deps: DecisionsOptions, submit: (run: (tx: Tx) => void) => void): void {
  const { store, pipeline, timer, clock } = deps
  let seen = -1
  let lookAt: number | undefined = clock.monoMs()
  pipeline.afterBatch(() => {
    if (store.peerChanges === seen) return
    seen = store.peerChanges
    lookAt ??= clock.monoMs() + LIMITS.cardLookMs
  })
  timer.add({
    next: () => (lookAt === undefined ? undefined : { mono: lookAt }),
    run: () => {
      lookAt = undefined
      if (!isAnyMissing(store)) return
      submit((tx) => giveMissing(tx, deps))
      // There may be more than one command gives.
      lookAt = clock.monoMs() + LIMITS.cardLookMs
    },
  })
}

const OF_PEER = 'SELECT d.* FROM decision_requesters r JOIN decisions d ON d.id = r.decision_id WHERE r.peer_id = ? AND r.waits = 1'

/** What a peer that retires waits for passes to whoever got its asks with the lead; otherwise it waits no longer. */
function onRetired(tx: Tx, deps: DecisionDeps, peerId: number): void {
  for (const { id } of tx.all<CardRow>(OF_PEER, peerId)) {
    const row = cardAt(tx, id)
    const heir = heirOf(tx, id, peerId)
    if (heir !== undefined) tx.run('INSERT OR REPLACE INTO decision_requesters (decision_id, peer_id, at, waits) VALUES (?, ?, ?, 1)', id, heir, tx.now)
    leave(tx, deps, row, peerId, { state: 'withdrawn', how: 'retired', by: null })
  }
}

function heirOf(tx: Tx, card: number, peerId: number): number | undefined {
  const mail = tx.all<MailRow>('SELECT * FROM decision_mail WHERE decision_id = ? AND thread_id IS NOT NULL', card)
  const openers = mail.map(({ thread_id }) => findThread(tx, thread_id as number)).filter((thread) => thread?.state === 'open')
  return openers.map((thread) => thread?.opener_id ?? peerId).find((id) => id !== peerId && isActive(tx, id))
}
