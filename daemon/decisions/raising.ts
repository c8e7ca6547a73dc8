import type { Action, Card } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { PeerCaller } from '../caller.ts'
import type { Tx } from '../store/transaction.ts'
import type { DecisionDeps } from './deps.ts'
import { actionHash, foldHash } from './hashes.ts'
import { giveToAll } from './mail.ts'
import { type CardRow, type Content, cardAt, type Letter, requestersOf } from './rows.ts'
import { leave } from './settling.ts'

export interface Draft {
  /** @default 'peer' */
  readonly source?: 'permission'
  readonly kind: Card['kind']
  readonly content: Content
  readonly action?: Action | undefined
  readonly priority: number
  readonly topic?: string | undefined
  /** The option that is taken after a time; `null`: it stays blocked. */
  readonly byDefault: Letter | null
  readonly afterMs: number | null
}

const INSERT = `INSERT INTO decisions (id, circle_id, kind, state, source, about, other, priority, topic, fold, content, action_kind, action_name, action_hash,
  default_option, default_at, due_at, raised_at) VALUES (@id, @circle_id, @kind, 'waiting', @source, @about, @other, @priority, @topic, @fold, @content, @action_kind,
  @action_name, @action_hash, @default_option, @default_at, @default_at, @now)`

export interface About {
  readonly circleId: number
  readonly fold: string
  readonly source: Card['source']
  readonly about?: number | undefined
  readonly other?: number | undefined
}

/** Writes a card down and gives it to people. */
export function insert(
  tx: Tx,
  deps: DecisionDeps,
  { kind, content, action, priority, topic, byDefault, afterMs }: Draft,
  about: About,
  by: number | null,
): CardRow {
  const id = tx.take('decision')
  tx.run(INSERT, {
    id,
    circle_id: about.circleId,
    kind,
    source: about.source,
    about: about.about ?? null,
    other: about.other ?? null,
    priority,
    topic: topic ?? null,
    fold: about.fold,
    content: JSON.stringify(content),
    action_kind: action?.kind ?? null,
    action_name: action?.name ?? null,
    action_hash: action ? actionHash(action) : null,
    default_option: byDefault,
    default_at: afterMs === null ? null : tx.now + afterMs,
    now: tx.now,
  })
  if (by !== null) tx.run('INSERT INTO decision_requesters (decision_id, peer_id, at, waits) VALUES (?, ?, ?, 1)', id, by, tx.now)
  const changed = { kind, source: about.source, ...(action && { action: action.kind }) }
  tx.event({ type: 'decision.raised', actor: by, circle: about.circleId, audience: 'granted', subject: ['decision', id], changed })
  const row = cardAt(tx, id)
  giveToAll(tx, deps, row)
  return row
}

export function waitingByFold(tx: Tx, circleId: number, fold: string): CardRow | undefined {
  return tx.get<CardRow>("SELECT * FROM decisions WHERE circle_id = ? AND fold = ? AND state = 'waiting'", circleId, fold)
}

/**
 * Raises a card in the name of a peer. The same card that waits already gets one more who waits for it; an earlier one of the same topic makes room.
 *
 * @throws MusterError `too_many_cards`
 */
export function raise(tx: Tx, deps: DecisionDeps, by: PeerCaller, draft: Draft): { readonly row: CardRow; readonly folded: boolean } {
  const { source = 'peer' } = draft
  // Who waits for a permission is told otherwise than a peer, so the two do not share a card.
  const fold = `${source === 'peer' ? '' : `${source} `}${foldHash(draft.content, draft.action)}`
  const same = waitingByFold(tx, by.circleId, fold)
  const earlier = draft.topic === undefined ? undefined : ofTopic(tx, by.peerId, draft.topic)
  if (earlier && earlier.id !== same?.id) leave(tx, deps, earlier, by.peerId, { state: 'superseded', how: 'superseded', by })
  if (same) return { row: join(tx, same, by, draft), folded: true }
  requireRoom(tx, by.peerId)
  return { row: insert(tx, deps, draft, { circleId: by.circleId, fold, source }, by.peerId), folded: false }
}

function join(tx: Tx, row: CardRow, by: PeerCaller, { priority }: Draft): CardRow {
  const there = requestersOf(tx, row.id)
  const mine = there.find(({ peer_id }) => peer_id === by.peerId)
  if (mine?.waits === 1) return row
  requireRoom(tx, by.peerId)
  if (!mine && there.length >= LIMITS.maxCardRequesters)
    throw new MusterError('too_many_cards', { limit: LIMITS.maxCardRequesters, hint: `${tx.id('decision', row.id)} has as many requesters as it may have.` })
  tx.run('INSERT OR REPLACE INTO decision_requesters (decision_id, peer_id, at, waits) VALUES (?, ?, ?, 1)', row.id, by.peerId, tx.now)
  if (priority < row.priority) tx.run('UPDATE decisions SET priority = ? WHERE id = ?', priority, row.id)
  if (priority === 1) tx.run('UPDATE decision_mail SET due_at = ? WHERE decision_id = ? AND due_at IS NOT NULL', tx.now, row.id)
  tx.event({ type: 'decision.joined', actor: by.peerId, circle: row.circle_id, audience: 'granted', subject: ['decision', row.id] })
  return cardAt(tx, row.id)
}

function requireRoom(tx: Tx, peerId: number): void {
  const waiting = tx.get<{ n: number }>('SELECT count(*) AS n FROM decision_requesters WHERE peer_id = ? AND waits = 1', peerId)?.n ?? 0
  if (waiting < LIMITS.maxWaitingCards) return
  throw new MusterError('too_many_cards', { limit: LIMITS.maxWaitingCards, hint: 'Withdraw those that matter no more, or wait until some are decided.' })
}

const BY_TOPIC = `SELECT d.* FROM decision_requesters r JOIN decisions d ON d.id = r.decision_id
  WHERE r.peer_id = ? AND r.waits = 1 AND d.topic = ? AND d.state = 'waiting' LIMIT 1`

function ofTopic(tx: Tx, peerId: number, topic: string): CardRow | undefined {
  return tx.get<CardRow>(BY_TOPIC, peerId, topic)
}
