import { LIMITS } from '../../src/limits.ts'
import { findPeer, isActive, maySee, type PeerRow, peopleOf } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { DecisionDeps } from './deps.ts'
import { quietUntil } from './quiet.ts'
import { type CardRow, findCard, isRequester, type MailRow, requestersOf } from './rows.ts'
import { bodyOf } from './wording.ts'

/** Cards that one command gives to people. */
const AT_ONCE = 32

/** Gives a card to everybody who may decide it and has not got it. @returns to how many */
export function giveToAll(tx: Tx, deps: DecisionDeps, row: CardRow): number {
  const people = peopleOf(tx, row.circle_id, LIMITS.maxCardPeople).filter(({ id }) => !mailOf(tx, row.id, id) && !isRequester(tx, row.id, id))
  for (const person of people) give(tx, deps, row, person)
  return people.length
}

/** Now, or when that person's quiet hours are over; what is urgent does not wait for that. */
function give(tx: Tx, deps: DecisionDeps, row: CardRow, person: PeerRow): void {
  const until = row.priority === 1 ? undefined : quietUntil(tx, person.id, tx.now)
  const thread = until === undefined ? open(tx, deps, row, person) : null
  tx.run('INSERT OR REPLACE INTO decision_mail (decision_id, peer_id, thread_id, due_at) VALUES (?, ?, ?, ?)', row.id, person.id, thread, until ?? null)
  if (thread !== null) deps.onGiven(tx, row, person.id)
}

/** In the name of whoever asked first and still waits; what the daemon asks, it asks itself. */
function open(tx: Tx, deps: DecisionDeps, row: CardRow, recipient: PeerRow): number {
  const asker = requestersOf(tx, row.id).find(({ peer_id, waits }) => waits === 1 && isActive(tx, peer_id))
  const peer = asker && findPeer(tx, asker.peer_id)
  const followed = { opener: peer ? deps.callerOf(peer) : null, recipient, body: bodyOf(tx, row), priority: row.priority, isCard: true } as const
  return deps.threads.openFollowed(tx, { ...followed, deadlineMs: LIMITS.maxDeadlineMs })
}

function mailOf(reader: Reader, cardId: number, peerId: number): MailRow | undefined {
  return reader.get<MailRow>('SELECT * FROM decision_mail WHERE decision_id = ? AND peer_id = ?', cardId, peerId)
}

export function nextMail(reader: Reader): number | undefined {
  return reader.get<{ due_at: number }>('SELECT due_at FROM decision_mail WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1')?.due_at
}

/** Gives what quiet hours held back. */
export function giveDue(tx: Tx, deps: DecisionDeps): void {
  const due = tx.all<MailRow>('SELECT * FROM decision_mail WHERE due_at <= ? ORDER BY due_at LIMIT ?', tx.now, AT_ONCE)
  for (const { decision_id, peer_id } of due) {
    const [row, person] = [findCard(tx, decision_id), findPeer(tx, peer_id)]
    const isMeant = row?.state === 'waiting' && person?.retired_at === null && maySee(tx, deps.callerOf(person), row.circle_id)
    if (isMeant) give(tx, deps, row, person)
    else tx.run('DELETE FROM decision_mail WHERE decision_id = ? AND peer_id = ?', decision_id, peer_id)
  }
}

const WAITING = `SELECT * FROM decisions WHERE state = 'waiting' ORDER BY id LIMIT ${LIMITS.maxExamined}`

/** Whether a card waits that somebody who may decide it has not got. */
export function isAnyMissing(reader: Reader): boolean {
  return missing(reader).length > 0
}

/** Gives the cards that wait to people who have come, a few at a time. */
export function giveMissing(tx: Tx, deps: DecisionDeps): void {
  for (const row of missing(tx).slice(0, AT_ONCE)) giveToAll(tx, deps, row)
}

function missing(reader: Reader): CardRow[] {
  const people = new Map<number, PeerRow[]>()
  return reader.all<CardRow>(WAITING).filter((row) => {
    const known = people.get(row.circle_id) ?? peopleOf(reader, row.circle_id, LIMITS.maxCardPeople)
    people.set(row.circle_id, known)
    return known.some(({ id }) => !mailOf(reader, row.id, id) && !isRequester(reader, row.id, id))
  })
}
