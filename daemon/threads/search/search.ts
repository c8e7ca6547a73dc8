import type { Hit, Output, Parsed } from '../../../src/contract/index.ts'
import { MusterError } from '../../../src/errors.ts'
import { LIMITS } from '../../../src/limits.ts'
import { formatTime } from '../../../src/time.ts'
import type { Scan } from '../../caller.ts'
import { refOf } from '../../peers/index.ts'
import type { Reader } from '../../store/store.ts'
import { VISIBLE_MESSAGE } from '../reading.ts'
import type { MessageRow, ThreadRow } from '../rows.ts'
import { indexedPart } from './document.ts'
import { type Plan, planOf } from './plan.ts'
import { rank } from './rank.ts'
import { snippetOf } from './snippet.ts'
import { indexedUpTo } from './tables.ts'

type Found = Pick<MessageRow, 'id' | 'thread_id' | 'kind' | 'sender_id' | 'at' | 'body'> & Pick<ThreadRow, 'opener_id' | 'recipient_id'>

/** The index narrows down, the tables decide: what is shown is judged by the rows themselves. */
const FIND = `SELECT m.id, m.thread_id, m.kind, m.sender_id, m.at, m.body, t.opener_id, t.recipient_id
  FROM message_index i CROSS JOIN messages m ON m.id = i.rowid CROSS JOIN threads t ON t.id = m.thread_id
  WHERE i.message_index MATCH @match AND i.rowid BETWEEN @first AND @last AND m.redacted_at IS NULL AND m.at >= @since AND m.at < @until
    AND ${VISIBLE_MESSAGE} ORDER BY i.rowid DESC LIMIT @limit`

/** The messages that hold some words. */
export const searchMessages: Scan<'messages.search'> = (reader, caller, input) => {
  const plan = planOf(reader, caller, input)
  const upTo = indexedUpTo(reader)
  if (upTo === undefined) throw new MusterError('unavailable', { hint: 'Try again in a moment.' }, { message: 'The index is being built anew.' })
  const newest = reader.get<{ id: number | null }>('SELECT max(id) AS id FROM messages')?.id ?? 0
  const page = input.rank ? bestPage(reader, plan, input) : newestPage(reader, plan, input)
  return { ...page, complete: upTo >= newest }
}

type Page = Pick<Output<'messages.search'>, 'hits' | 'cursor'>

function newestPage(reader: Reader, plan: Plan, { cursor, limit }: Parsed<'messages.search'>): Page {
  const before = cursor === undefined ? undefined : readCursor(reader, cursor).message
  const rows = find(reader, plan, before === undefined ? plan.last : before - 1, limit + 1)
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return { hits: page.map((row) => toHit(reader, plan, row)), cursor: last ? reader.id('message', last.id) : null }
}

/** The cursor of a ranked search holds on to the newest match that it began with, so that its pages belong together. */
function bestPage(reader: Reader, plan: Plan, { cursor, limit }: Parsed<'messages.search'>): Page {
  const begun = cursor === undefined ? undefined : readCursor(reader, cursor)
  const rows = find(reader, plan, begun?.message ?? plan.last, LIMITS.maxRanked)
  const order = rank(
    rows.map(({ body }) => indexedPart(body)),
    plan.phrases,
  )
  const from = begun?.shown ?? 0
  const hits = order.slice(from, from + limit).map((index) => toHit(reader, plan, rows[index] as Found))
  const [newest] = rows
  return { hits, cursor: newest && from + limit < rows.length ? `${reader.id('message', newest.id)}.${from + limit}` : null }
}

function find(reader: Reader, { match, first, since, until, self, last }: Plan, upTo: number, limit: number): Found[] {
  return reader.all<Found>(FIND, { match, first, last: Math.min(last, upTo), since, until, self, limit })
}

/** @throws MusterError `invalid_input` for what no search gave out, `not_found` for one of another life of the database */
function readCursor(reader: Reader, cursor: string): { readonly message: number; readonly shown: number } {
  const [, id = '', shown = '0'] = /^(msg_\w+)(?:\.(\d{1,4}))?$/.exec(cursor) ?? []
  if (id === '') throw new MusterError('invalid_input', { hint: 'cursor: take it from the answer before, or leave it out.' })
  return { message: reader.number('message', id), shown: Number(shown) }
}

function toHit(reader: Reader, { phrases }: Plan, row: Found): Hit {
  const other = row.sender_id === row.opener_id ? row.recipient_id : row.opener_id
  const indexed = indexedPart(row.body)
  const snippet = snippetOf(indexed, phrases)
  if (indexed.length < row.body.length) snippet.more.after = true
  return {
    message: reader.id('message', row.id),
    thread: reader.id('thread', row.thread_id),
    kind: row.kind,
    from: refOf(reader, row.sender_id),
    to: row.sender_id === null ? null : refOf(reader, other),
    at: formatTime(row.at),
    snippet,
  }
}
