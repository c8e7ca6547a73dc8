import { LIMITS } from '../../../src/limits.ts'
import type { Reader } from '../../store/store.ts'
import type { MessageRow, ThreadRow } from '../rows.ts'
import { wholeAt } from './words.ts'

/** A message as the index holds it. */
export interface Document {
  readonly id: number
  readonly at: number
  readonly body: string
  /** {@link fact}s, by which a search is narrowed down before anything is read. */
  readonly facts: string
}

/**
 * What can be looked for besides words. `party`: somebody between whom the thread is, or who said it. `told`: one of several that
 * it went to, who are no business of each other.
 */
const FACTS = { party: 'p', told: 'd', sender: 's', circle: 'c', thread: 't', cause: 'b' } as const

/** A word of the column `facts`. */
export function fact(kind: keyof typeof FACTS, number: number): string {
  return `${FACTS[kind]}${number}`
}

export function kindFact(kind: MessageRow['kind']): string {
  return `k${kind}`
}

/** The part of a body in which it is found. SQLite's `substr` would end it at a character 0, behind which somebody could hide. */
export function indexedPart(body: string): string {
  return body.length <= LIMITS.indexedChars ? body : body.slice(0, wholeAt(body, LIMITS.indexedChars))
}

type Source = Pick<MessageRow, 'id' | 'thread_id' | 'kind' | 'sender_id' | 'body' | 'at' | 'caused_by' | 'first_delivery' | 'delivery_count'> &
  Pick<ThreadRow, 'circle_id' | 'opener_id' | 'recipient_id'>

const SOURCES = `SELECT m.id, m.thread_id, m.kind, m.sender_id, m.body, m.at, m.caused_by, m.first_delivery, m.delivery_count,
  t.circle_id, t.opener_id, t.recipient_id FROM messages m CROSS JOIN threads t ON t.id = m.thread_id
  WHERE m.id BETWEEN ? AND ? AND m.redacted_at IS NULL ORDER BY m.id`

/**
 * What the index holds of the messages from one number to another, or will; nothing of those that were redacted. Nothing that it is
 * made of ever changes but by a redaction, so that what was put in can be taken out again.
 */
export function documentsOf(reader: Reader, from: number, to: number): Document[] {
  return reader.all<Source>(SOURCES, from, to).map((row) => ({ id: row.id, at: row.at, body: indexedPart(row.body), facts: factsOf(reader, row).join(' ') }))
}

function factsOf(reader: Reader, row: Source): string[] {
  const parties = new Set([row.opener_id, row.recipient_id, row.sender_id].filter((id) => id !== null))
  const last = row.first_delivery + row.delivery_count - 1
  const several = row.recipient_id === null
  const told = several ? reader.all<{ id: number }>('SELECT peer_id AS id FROM deliveries WHERE id BETWEEN ? AND ?', row.first_delivery, last) : []
  return [
    ...[...parties].map((id) => fact('party', id)),
    ...told.map(({ id }) => fact('told', id)),
    ...(row.sender_id === null ? [] : [fact('sender', row.sender_id)]),
    ...(row.caused_by === null ? [] : [fact('cause', row.caused_by)]),
    fact('circle', row.circle_id),
    fact('thread', row.thread_id),
    kindFact(row.kind),
  ]
}
