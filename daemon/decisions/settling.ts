import type { CardState } from '../../src/contract/index.ts'
import type { PeerCaller } from '../caller.ts'
import { credentialLabel, isActive, refOf } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import type { DecisionDeps } from './deps.ts'
import { type ApprovalRow, type CardRow, cardAt, contentOf, formOf, LETTERS, type Letter, type MailRow, requestersOf } from './rows.ts'

export interface Outcome {
  readonly state: Exclude<CardState, 'waiting'>
  readonly how: NonNullable<CardRow['how']>
  /** `null`: the daemon itself. */
  readonly by: PeerCaller | null
  /** By what it was decided, where that is no device. */
  readonly device?: string | undefined
  readonly option?: Letter | undefined
  /** What was said with it, or how it should be instead. */
  readonly note?: string | undefined
  /** What whoever decided said on the thread. */
  readonly said?: string | undefined
  /** What each requester got. */
  readonly approvals?: readonly ApprovalRow[]
}

const CLOSE = `UPDATE decisions SET state = @state, option = @option, note = @note, closed_at = @now, closed_by = @by, device = @device, how = @how, due_at = NULL
  WHERE id = @id AND state = 'waiting'`

/** Ends a card, once: its threads end with it, and each who waits for it is told, in one transaction. @returns it as it is now */
export function settle(tx: Tx, deps: DecisionDeps, row: CardRow, outcome: Outcome): CardRow {
  const { state, how, by, option = null, note = null } = outcome
  const device = by === null ? null : (outcome.device ?? credentialLabel(tx, by.credentialId))
  const changed = tx.run(CLOSE, { id: row.id, state, option, note, now: tx.now, by: by?.peerId ?? null, device, how })
  if (changed !== 1) throw new Error(`Card ${row.id} was decided before`)
  const requesters = requestersOf(tx, row.id)
  const waiting = requesters.filter(({ waits }) => waits === 1).map(({ peer_id }) => peer_id)
  tx.run('UPDATE decision_requesters SET waits = 0 WHERE decision_id = ?', row.id)
  if (row.source === 'permission') tx.after(() => deps.onPermitClosed(row.id))
  const base = { actor: by?.peerId ?? null, peer: waiting[0] ?? null, circle: row.circle_id, audience: 'granted' } as const
  tx.event({ type: 'decision.closed', ...base, subject: ['decision', row.id], changed: { state, how, option } })
  // Whoever has taken its request back was told then, though the threads may still be in its name.
  const heirs = endThreads(tx, deps, row, outcome).filter((id) => !requesters.some(({ peer_id }) => peer_id === id))
  const first = requesters[0]?.peer_id
  for (const peerId of new Set([...waiting, ...heirs])) tell(tx, deps, row, outcome, { peerId, isFirst: peerId === first })
  const now = cardAt(tx, row.id)
  deps.onSettled(tx, now)
  return now
}

/** @returns who had asked on threads that were open: whoever leads in place of the requester is told, too */
function endThreads(tx: Tx, deps: DecisionDeps, row: CardRow, { by, option, said, state }: Outcome): number[] {
  const mail = tx.all<MailRow>('SELECT * FROM decision_mail WHERE decision_id = ?', row.id)
  const reason = `${tx.id('decision', row.id)} is ${state}${option ? `: ${option}` : ''}${by ? `, by ${refOf(tx, by.peerId)?.name}` : ''}`
  const askers = mail.map(({ thread_id, peer_id }) => {
    if (thread_id === null) return null
    if (by?.peerId !== peer_id || said === undefined)
      return deps.threads.endFollowed(tx, thread_id, { state: 'cancelled', kind: 'cancel', by: null, body: reason, reason, isTold: true })
    return deps.threads.endFollowed(tx, thread_id, { state: 'answered', kind: 'answer', by: peer_id, body: said, reason: null, isTold: true })
  })
  tx.run('DELETE FROM decision_mail WHERE decision_id = ? AND thread_id IS NULL', row.id)
  return askers.filter((id): id is number => id !== null)
}

interface Told {
  readonly peerId: number
  /** Whose words the card has: the daemon repeats them to nobody else. */
  readonly isFirst: boolean
}

/** The outcome to one who waits for it, ahead of what else waits there; what a person said with it follows in that person's name. */
function tell(tx: Tx, deps: DecisionDeps, row: CardRow, outcome: Outcome, { peerId, isFirst }: Told): void {
  // The runtime is told by the call that waits for it. A message would wake a model to say what it has been told.
  if (row.source === 'permission' || !isActive(tx, peerId)) return
  const { by, note, option, approvals = [] } = outcome
  const { question, options } = contentOf(row)
  const chosen = option === undefined ? undefined : options[LETTERS.indexOf(option)]
  const which = option === undefined ? '' : `: ${option}${isFirst && chosen ? ` (${chosen.text})` : ''}`
  const who = by === null ? '' : `, by ${refOf(tx, by.peerId)?.name}`
  const approval = approvals.find(({ requester_id }) => requester_id === peerId)
  const body = [
    `${tx.id('decision', row.id)} is ${outcome.state}${which}${who}${outcome.how === 'default' ? ', since nobody decided in time' : ''}.`,
    ...(isFirst ? [`It asked: ${question}`] : []),
    ...(approval ? [approvalText(tx, approval)] : []),
  ].join('\n\n')
  const quoting = note !== undefined && by !== null && by.peerId !== peerId ? { from: by.peerId, body: note } : undefined
  deps.threads.tellFirst(tx, peerId, { body, quoting })
}

function approvalText(tx: Tx, row: ApprovalRow): string {
  const { id, max_uses } = row
  const form = formOf(row) === 'once' ? 'for that action with those arguments, once' : `as a lease, ${max_uses} times`
  return `You have ${tx.id('approval', id)}, ${form}. decisions.request uses it.`
}

/** One who asked waits no longer. Where nobody does, the card ends; otherwise it goes on for the others. @returns it as it is now */
export function leave(tx: Tx, deps: DecisionDeps, row: CardRow, peerId: number, outcome: Outcome): CardRow {
  const others = requestersOf(tx, row.id).filter(({ peer_id, waits }) => waits === 1 && peer_id !== peerId)
  if (others.length === 0) return settle(tx, deps, row, outcome)
  if (tx.run('UPDATE decision_requesters SET waits = 0 WHERE decision_id = ? AND peer_id = ? AND waits = 1', row.id, peerId) === 0) return row
  tx.event({ type: 'decision.left', actor: peerId, circle: row.circle_id, audience: 'granted', subject: ['decision', row.id], changed: { how: outcome.how } })
  tell(tx, deps, row, outcome, { peerId, isFirst: false })
  return row
}
