import type { EventPreview, MessageKind } from '../../src/contract/index.ts'
import type { Caller } from '../caller.ts'
import { refOf } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { READS_ALL, VISIBLE_MESSAGE } from './reading.ts'
import type { ThreadRow } from './rows.ts'

const EXCERPT_CHARS = 200
/** As many bytes as so many characters can take. */
const EXCERPT_BYTES = 4 * EXCERPT_CHARS
/** Recipients that are named. */
const MAX_NAMED = 3

/** SQL for the beginning of the body of a message, for {@link excerptOf}. By bytes, since `substr` ends a text at a character 0, behind which somebody could hide. */
export const beginning = (message: string) => `substr(CAST(${message}.body AS BLOB), 1, ${EXCERPT_BYTES})`

/** The first 200 characters of a body, of as many bytes as SQL gave of it. */
export function excerptOf(bytes: Uint8Array): string {
  return [...Buffer.from(bytes).toString('utf8')].slice(0, EXCERPT_CHARS).join('')
}

/** What something is about: a thread stands for the message that opened it. */
export type About = readonly [kind: 'message' | 'thread' | 'delivery', number: number]

interface Row {
  readonly place: number
  readonly thread_id: number
  readonly opener_id: number | null
  readonly recipient_id: number | null
  readonly head: number
  readonly opened_as: ThreadRow['kind']
  readonly id: number
  readonly kind: MessageKind
  readonly sender_id: number | null
  readonly said: Uint8Array | null
  readonly opening: Uint8Array | null
  /** The numbers of the first, as JSON. */
  readonly recipients: string
  readonly told: number
}

const MESSAGE = `CASE a.value ->> 0 WHEN 'message' THEN a.value ->> 1
  WHEN 'thread' THEN (SELECT head FROM threads WHERE id = a.value ->> 1)
  ELSE (SELECT message_id FROM deliveries WHERE id = a.value ->> 1) END`
const unlessRedacted = (message: string) => `CASE WHEN ${message}.redacted_at IS NULL THEN ${beginning(message)} END`
const of = (delivery: string, message: string) => `iif(a.value ->> 0 = 'delivery', ${delivery}, ${message})`
/** Whether the caller may know of all recipients of a message; of another it knows that it was one. As with `threads.trace`. */
const KNOWS_ALL = `(${READS_ALL} OR m.sender_id = @self)`
const RECIPIENTS = `SELECT peer_id FROM deliveries d WHERE d.id BETWEEN ${of('a.value ->> 1', 'm.first_delivery')}
  AND ${of('a.value ->> 1', 'm.first_delivery + m.delivery_count - 1')} AND (${KNOWS_ALL} OR d.peer_id = @self) ORDER BY d.id LIMIT ${MAX_NAMED}`
/** In this order of joins, each by its number. A body is read where it is shown. */
const EXCERPTS = `SELECT a.key AS place, t.id AS thread_id, t.opener_id, t.recipient_id, t.head, t.kind AS opened_as, m.id, m.kind, m.sender_id,
  ${unlessRedacted('m')} AS said, CASE WHEN o.id <> m.id THEN ${unlessRedacted('o')} END AS opening,
  (SELECT json_group_array(peer_id) FROM (${RECIPIENTS})) AS recipients, ${of('1', `iif(${KNOWS_ALL}, m.delivery_count, 1)`)} AS told
  FROM json_each(@about) a CROSS JOIN messages m ON m.id = ${MESSAGE} CROSS JOIN threads t ON t.id = m.thread_id CROSS JOIN messages o ON o.id = t.head
  WHERE ${VISIBLE_MESSAGE}`

/** How messages begin and between whom they are, by the place in `about`. What the caller may not read, or is gone, has none. */
export function excerptsOf(reader: Reader, caller: Caller, about: readonly About[]): ReadonlyMap<number, EventPreview> {
  if (about.length === 0 || (caller.kind !== 'peer' && caller.kind !== 'admin')) return new Map()
  const self = caller.kind === 'peer' ? caller.peerId : null
  const rows = reader.all<Row>(EXCERPTS, { about: JSON.stringify(about), self })
  return new Map(rows.map((row) => [row.place, toPreview(reader, row)]))
}

function toPreview(reader: Reader, row: Row): EventPreview {
  const { id, head, opener_id, recipient_id, sender_id } = row
  const named = JSON.parse(row.recipients) as number[]
  // What needs no delivery, such as an answer that a fan counts, is for the other party all the same.
  const other = named.length > 0 || sender_id === null ? undefined : sender_id === opener_id ? recipient_id : opener_id
  const to = (typeof other === 'number' ? [other] : named).flatMap((peer) => refOf(reader, peer) ?? [])
  const first = {
    message: reader.id('message', head),
    kind: row.opened_as,
    from: refOf(reader, opener_id),
    to: refOf(reader, recipient_id),
    text: row.opening && excerptOf(row.opening),
  }
  return {
    thread: reader.id('thread', row.thread_id),
    message: reader.id('message', id),
    kind: row.kind,
    from: refOf(reader, sender_id),
    to,
    told: Math.max(row.told, to.length),
    text: row.said && excerptOf(row.said),
    first: id === head ? null : first,
  }
}
