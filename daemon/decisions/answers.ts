import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { PeerCaller } from '../caller.ts'
import { maySee } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { CardWord, FollowedEnd } from '../threads/index.ts'
import type { DecisionDeps } from './deps.ts'
import { giveToAll } from './mail.ts'
import { resolve } from './resolving.ts'
import { type CardRow, findCard, isRequester, type Letter, type MailRow, requestersOf } from './rows.ts'
import { leave } from './settling.ts'

/** `b`, `B.`, `(b)` and `b)`. */
export const LETTER = /^\s*\(?([a-e])\)?[.)]?\s*$/i

interface Said {
  readonly by: PeerCaller
  readonly threadId: number
  readonly body: string
  /** Without files. */
  readonly plain: boolean
}

/** A letter on the thread of a card decides it; anything else is a comment. @throws MusterError what refuses the decision */
export function onCardWord(tx: Tx, deps: DecisionDeps, { by, threadId, body, plain }: Said): CardWord {
  const row = cardOfThread(tx, threadId)
  if (!row) return undefined
  if (!maySee(tx, by, row.circle_id)) throw new MusterError('not_found', { id: tx.id('thread', threadId) })
  const letter = plain ? LETTER.exec(body)?.[1] : undefined
  if (letter === undefined) {
    comment(tx, deps, row, by.peerId, body)
    return 'comment'
  }
  resolve(tx, deps, row, by, { option: letter.toLowerCase() as Letter, how: 'letter', said: body })
  return 'resolved'
}

/** Writes down what somebody says about a card, and tells whoever waits for it, or is to decide it, in that peer's name. @returns its number */
export function comment(tx: Tx, deps: DecisionDeps, row: CardRow, by: number, body: string): number {
  const number = row.comments + 1
  if (number > LIMITS.maxCardComments)
    throw new MusterError('thread_full', { limit: LIMITS.maxCardComments }, { message: 'The card has as many comments as it may have.' })
  tx.run('UPDATE decisions SET comments = ? WHERE id = ?', number, row.id)
  tx.run('INSERT INTO decision_comments (decision_id, number, at, by_id, body) VALUES (?, ?, ?, ?, ?)', row.id, number, tx.now, by, body)
  const requesters = requestersOf(tx, row.id).map(({ peer_id }) => peer_id)
  const people = tx.all<MailRow>('SELECT * FROM decision_mail WHERE decision_id = ? AND thread_id IS NOT NULL', row.id).map(({ peer_id }) => peer_id)
  const base = { actor: by, peer: requesters[0] ?? null, circle: row.circle_id, audience: 'granted' } as const
  tx.event({ type: 'decision.commented', ...base, subject: ['decision', row.id], changed: { number } })
  const told = new Set(requesters.includes(by) ? [...requesters, ...people] : requesters)
  for (const peerId of told) {
    if (peerId === by) continue
    deps.threads.tellFirst(tx, peerId, { body: `Somebody commented on ${tx.id('decision', row.id)}, which is ${row.state}.`, quoting: { from: by, body } })
  }
  return number
}

/** A thread of a card has ended other than by a decision: the card waits on, unless nobody wants to know any more. It refuses nothing. */
export function onAskEnded(tx: Tx, deps: DecisionDeps, { threadId, state, by, body, opener }: FollowedEnd): void {
  const row = cardOfThread(tx, threadId)
  if (row?.state !== 'waiting') return
  // Whoever declines has seen it, and is not asked again; others are, by a thread of their own, while there are any.
  if (state === 'declined') return
  tx.run('DELETE FROM decision_mail WHERE thread_id = ?', threadId)
  const how = by === null ? 'retired' : 'withdrawn'
  const isOwn = state === 'cancelled' && opener !== null && isRequester(tx, row.id, opener)
  const now = isOwn ? leave(tx, deps, row, opener, { state: 'withdrawn', how, by: null, note: body }) : row
  // Others wait still: it is asked in the name of one of them.
  if (now.state === 'waiting') giveToAll(tx, deps, now)
}

/** The card that a thread asks about. */
export function cardOfThread(reader: Reader, threadId: number): CardRow | undefined {
  const mail = reader.get<MailRow>('SELECT * FROM decision_mail WHERE thread_id = ?', threadId)
  return mail && findCard(reader, mail.decision_id)
}
