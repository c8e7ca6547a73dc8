import type { Reader } from '../../store/store.ts'
import type { Tx } from '../../store/transaction.ts'
import { type Document, documentsOf } from './document.ts'

/** The form of what is in the index; raised whenever documents, the tokenizer or its pages change, so that it is built anew. */
const FORM = 2
/** Stands for an index that cannot be trusted. */
const BROKEN = 0
const HOUR_MS = 3_600_000

/** Without contents of its own: bodies stay in one place, and what is not there cannot leak. */
const CREATE = `CREATE VIRTUAL TABLE message_index USING fts5(body, facts, content='', tokenize='unicode61 remove_diacritics 2')`
/** Bytes of its pages: to find one message among those of a word, half a page is read through. A quarter of the usual size takes a third off a search. */
const PAGES = "INSERT INTO message_index (message_index, rank) VALUES ('pgsz', 1000)"
const INSERT = 'INSERT INTO message_index (rowid, body, facts) VALUES (?, ?, ?)'
const REMOVE = "INSERT INTO message_index (message_index, rowid, body, facts) VALUES ('delete', ?, ?, ?)"
/** While it is on, what is removed leaves no trace in the index; it costs a hundred times as much. */
const erasing = (on: 0 | 1) => `INSERT INTO message_index (message_index, rank) VALUES ('secure-delete', ${on})`

/** The last message that was looked at; `undefined` where the index is to be built anew. */
export function indexedUpTo(reader: Reader): number | undefined {
  return reader.get<{ message: number }>('SELECT message FROM search_cursor WHERE form = ?', FORM)?.message
}

/** Makes the index where there is none that can be used: empty, to be filled from the first message on. */
export function prepareIndex(tx: Tx): number {
  const known = indexedUpTo(tx)
  if (known !== undefined && tx.get("SELECT 1 FROM sqlite_master WHERE name = 'message_index'")) return known
  tx.run('DROP TABLE IF EXISTS message_index')
  tx.run(CREATE)
  tx.run(PAGES)
  tx.run('DELETE FROM search_hours')
  tx.run('INSERT OR REPLACE INTO search_cursor (id, form, message) VALUES (1, ?, 0)', FORM)
  return 0
}

export function moveCursor(tx: Tx, to: number): void {
  tx.run('UPDATE search_cursor SET message = ?', to)
}

/** The next {@link prepareIndex} builds it anew. */
export function distrustIndex(tx: Tx): void {
  tx.run('UPDATE search_cursor SET form = ?', BROKEN)
}

const EXTEND_HOUR = `INSERT INTO search_hours (hour, first, last) VALUES (?, ?, ?)
  ON CONFLICT (hour) DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)`

/** Puts messages into the index, in the order of their numbers. */
export function addDocuments(tx: Tx, documents: readonly Document[]): void {
  const hours = new Map<number, { readonly first: number; last: number }>()
  for (const { id, at, body, facts } of documents) {
    tx.run(INSERT, id, body, facts)
    const hour = Math.floor(at / HOUR_MS)
    const known = hours.get(hour)
    if (known) known.last = id
    else hours.set(hour, { first: id, last: id })
  }
  for (const [hour, { first, last }] of hours) tx.run(EXTEND_HOUR, hour, first, last)
}

/**
 * Takes a message out of the index, in the transaction that redacts or deletes it and before it does.
 *
 * @param how `erased`: its words leave the file of the index at once; `forgotten`: they are found no more, and go when its parts are merged
 */
export function removeDocument(tx: Tx, id: number, how: 'erased' | 'forgotten'): void {
  const upTo = indexedUpTo(tx)
  const [document] = upTo !== undefined && id <= upTo ? documentsOf(tx, id, id) : []
  if (!document) return
  try {
    if (how === 'erased') tx.run(erasing(1))
    tx.run(REMOVE, document.id, document.body, document.facts)
    if (how === 'erased') tx.run(erasing(0))
  } catch {
    // What is derived keeps nobody from redacting: it is built anew, without this message.
    distrustIndex(tx)
  }
}

/** Has messages found under other facts: what the index holds of them is taken out before the change that makes it so, and put in again after it. */
export function refile(tx: Tx, messages: readonly number[], change: () => void): void {
  for (const id of messages) removeDocument(tx, id, 'forgotten')
  change()
  // Where taking out failed, the index is built anew, and nothing may be put in.
  const upTo = indexedUpTo(tx) ?? 0
  for (const id of messages) if (id <= upTo) addDocuments(tx, documentsOf(tx, id, id))
}

/** Forgets the hours of which no message is left. */
export function forgetHours(tx: Tx): number {
  return tx.run('DELETE FROM search_hours WHERE last < (SELECT coalesce(min(id), 9e15) FROM messages)')
}

/** The numbers among which the messages of a time are; `undefined` where there are none. */
export function rangeOf(reader: Reader, since: number, until: number): { readonly first: number; readonly last: number } | undefined {
  const row = reader.get<{ first: number | null; last: number | null }>(
    'SELECT min(first) AS first, max(last) AS last FROM search_hours WHERE hour BETWEEN ? AND ?',
    Math.floor(since / HOUR_MS),
    Math.floor((until - 1) / HOUR_MS),
  )
  return row && row.first !== null && row.last !== null ? { first: row.first, last: row.last } : undefined
}
