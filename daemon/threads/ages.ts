import { LIMITS } from '../../src/limits.ts'
import { GRANTED_CIRCLES } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { findDelivery, findThread, isWaiting, type MessageRow } from './rows.ts'

/** An ask that waits for its answer. */
export interface OpenAsk {
  readonly id: number
  readonly opener_id: number | null
  readonly recipient_id: number
  readonly opened_at: number
  readonly deadline_at: number
}

/** Those that a peer was sent, those that it sent, or those of a circle. */
export type AskScope = { readonly to: number } | { readonly from: number } | { readonly circle: number }

const TO = 'SELECT thread_id AS id FROM open_asks WHERE recipient_id = @of AND thread_id > @after ORDER BY thread_id'
const FROM = 'SELECT id FROM threads WHERE opener_id = @of AND id > @after ORDER BY id'
const IN_CIRCLE = 'SELECT id FROM threads WHERE id > @after ORDER BY id'
/** The bound comes before what is left out, so that one call examines no more than a query may. */
const asksIn = (candidates: string, filter: string) => `SELECT t.id, t.opener_id, t.recipient_id, t.opened_at, t.deadline_at,
  t.kind = 'ask' AND t.state = 'open' AND ${filter} AND (t.opener_id = @self OR t.recipient_id = @self OR t.circle_id IN (${GRANTED_CIRCLES})) AS fits
  FROM (${candidates} LIMIT ${LIMITS.maxExamined}) c JOIN threads t ON t.id = c.id ORDER BY t.id`
const ASKS_TO = asksIn(TO, '1')
const ASKS_FROM = asksIn(FROM, '1')
const ASKS_IN_CIRCLE = asksIn(IN_CIRCLE, 't.circle_id = @of')

export interface AsksAfter {
  /** In the order in which they were opened. */
  readonly asks: readonly OpenAsk[]
  /** The last thread that was looked at. */
  readonly reached: number
  /** Whether there may be others behind it. */
  readonly more: boolean
}

/** The open asks behind a thread, as far as one call examines them, of those that the peer `self` may read. */
export function openAsksAfter(reader: Reader, self: number, scope: AskScope, after: number): AsksAfter {
  const [sql, of] = 'to' in scope ? [ASKS_TO, scope.to] : 'from' in scope ? [ASKS_FROM, scope.from] : [ASKS_IN_CIRCLE, scope.circle]
  const rows = reader.all<OpenAsk & { readonly fits: number }>(sql, { self, of, after })
  return { asks: rows.filter(({ fits }) => fits === 1), reached: rows.at(-1)?.id ?? after, more: rows.length === LIMITS.maxExamined }
}

const OWED = `SELECT t.id, t.opener_id, t.recipient_id, t.opened_at, t.deadline_at
  FROM (SELECT thread_id FROM open_asks WHERE recipient_id = ? LIMIT ${LIMITS.maxExamined}) o JOIN threads t ON t.id = o.thread_id ORDER BY t.deadline_at, t.id`

/** What waits for an answer of a peer, the next to end first; of the oldest thousand. */
export function asksOwedBy(reader: Reader, peerId: number): OpenAsk[] {
  return reader.all<OpenAsk>(OWED, peerId)
}

/** Whether a message still waits for one of those to whom it went. */
export function isMessageUnread(reader: Reader, message: MessageRow, peerId: number): boolean {
  for (let id = message.first_delivery; id < message.first_delivery + message.delivery_count; id += 1) {
    const delivery = findDelivery(reader, id)
    if (delivery?.peer_id === peerId) return isWaiting(delivery)
  }
  return false
}

/** Whether the message that opened a thread for one peer still waits for it: in its mailbox, or handed over and not acked. */
export function isUnread(reader: Reader, threadId: number): boolean {
  const thread = findThread(reader, threadId)
  const delivery = thread && findDelivery(reader, thread.opening_delivery)
  return delivery !== undefined && isWaiting(delivery)
}
