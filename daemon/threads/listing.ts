import type { Output, Parsed, ThreadState } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import { asPeer, type Caller, type Query } from '../caller.ts'
import { grantedCircles, isLetIntoAll, refOf, resolvePast, visibleCircle } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { beginning, excerptOf } from './excerpts.ts'
import { findThread, type MessageRow, type ThreadRow, toThread } from './rows.ts'

type Input = Parsed<'threads.list'>
type Preview = NonNullable<Output<'threads.list'>['threads'][number]['preview']>

interface Listed {
  readonly id: number
  readonly state: ThreadState
  readonly opener_id: number | null
  readonly recipient_id: number | null
  readonly circle_id: number
}

/** Threads from the newest back, by an index: all that one yields are the caller's to read. */
interface Source {
  readonly sql: string
  readonly of: number
}

const back = (where: string) =>
  `SELECT id, state, opener_id, recipient_id, circle_id FROM threads WHERE ${where} AND id < @before ORDER BY id DESC LIMIT @bound`
const OPENED_BY = back('opener_id = @of')
const SENT_TO = back('recipient_id = @of')
const OF_CIRCLE = back('circle_id = @of')
const ALL = back('id > @of')

export const listThreads: Query<'threads.list'> = (reader, caller, input) => {
  const filter = filterOf(reader, caller, input)
  const before = input.before === undefined ? Number.MAX_SAFE_INTEGER : reader.number('thread', input.before)
  const examined = examine(reader, sourcesOf(reader, asPeer(caller).peerId, input.side, filter), { before, fill: filter.narrows ? undefined : input.limit + 1 })
  const fitting = examined.rows.filter(filter.takes)
  const page = fitting.slice(0, input.limit)
  // What is rare may fill no page within the rows that one call examines; the cursor says where the next one goes on.
  const last = fitting.length > input.limit ? page.at(-1)?.id : examined.reached
  const threads = page.map(({ id }) => {
    const thread = findThread(reader, id) as ThreadRow
    return { ...toThread(reader, thread), ...(input.preview && { preview: previewOf(reader, thread) }) }
  })
  return { threads, before: last === undefined ? null : reader.id('thread', last) }
}

interface Filter {
  readonly peer: number | undefined
  readonly circle: number | undefined
  /** Whether it may leave anything out. */
  readonly narrows: boolean
  takes(row: Listed): boolean
}

function filterOf(reader: Reader, caller: Caller, { state, ...input }: Input): Filter {
  const peer = input.peer === undefined ? undefined : resolvePast(reader, caller, input.peer).id
  const circle = input.circle === undefined ? undefined : visibleCircle(reader, caller, input.circle)
  const takes = (row: Listed) =>
    (state === undefined || row.state === state) &&
    (peer === undefined || row.opener_id === peer || row.recipient_id === peer) &&
    (circle === undefined || row.circle_id === circle)
  return { peer, circle, narrows: [state, peer, circle].some((part) => part !== undefined), takes }
}

/** The narrowest there are: of who sees everything, those of the peer or the circle that are asked for. */
function sourcesOf(reader: Reader, self: number, side: Input['side'], { peer, circle }: Pick<Filter, 'peer' | 'circle'>): Source[] {
  if (side !== 'visible') return [{ sql: side === 'mine' ? OPENED_BY : SENT_TO, of: self }]
  const seesAll = isLetIntoAll(reader, self)
  if (peer === self || (seesAll && peer !== undefined)) return partOf(peer)
  if (seesAll) return [circle === undefined ? { sql: ALL, of: 0 } : { sql: OF_CIRCLE, of: circle }]
  const granted = grantedCircles(reader, self)
  if (circle !== undefined && granted.includes(circle)) return [{ sql: OF_CIRCLE, of: circle }]
  return [...partOf(self), ...(circle === undefined ? granted.map((of) => ({ sql: OF_CIRCLE, of })) : [])]
}

const partOf = (of: number): Source[] => [
  { sql: OPENED_BY, of },
  { sql: SENT_TO, of },
]

interface Examined {
  /** The newest first, each once. */
  readonly rows: readonly Listed[]
  /** Behind which there may be more. */
  readonly reached: number | undefined
}

/**
 * The threads of several sources in one order, as far back as all of them were looked at. Each is looked at as far as a query may examine,
 * divided among them, or as far as it takes to `fill` a page.
 */
function examine(reader: Reader, sources: readonly Source[], { before, fill = LIMITS.maxExamined }: { before: number; fill: number | undefined }): Examined {
  const bound = Math.max(1, Math.min(fill, Math.floor(LIMITS.maxExamined / sources.length)))
  const found = new Map<number, Listed>()
  let reached = 0
  for (const { sql, of } of sources) {
    const rows = reader.all<Listed>(sql, { of, before, bound })
    for (const row of rows) found.set(row.id, row)
    if (rows.length === bound) reached = Math.max(reached, rows.at(-1)?.id ?? 0)
  }
  const rows = [...found.values()].filter(({ id }) => id >= reached).sort((a, b) => b.id - a.id)
  return { rows, reached: reached === 0 ? undefined : reached }
}

const OPENING = `SELECT id, kind, sender_id, at, ${beginning('m')} AS said FROM messages m WHERE id = ?`

function previewOf(reader: Reader, { size, head, tail }: ThreadRow): Preview {
  const first = openingOf(reader, head)
  return { messages: size, first, latest: tail === head ? first : openingOf(reader, tail) }
}

function openingOf(reader: Reader, id: number): Preview['first'] {
  const row = reader.get<Pick<MessageRow, 'id' | 'kind' | 'sender_id' | 'at'> & { readonly said: Uint8Array }>(OPENING, id)
  if (!row) throw new Error(`There is no message ${id}`)
  return { message: reader.id('message', row.id), kind: row.kind, from: refOf(reader, row.sender_id), at: formatTime(row.at), text: excerptOf(row.said) }
}
