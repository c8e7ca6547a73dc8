import { LIMITS } from '../../src/limits.ts'
import { GRANTED_CIRCLES } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { ThreadDeps } from './deps.ts'
import { findDelivery, findMessage, type MessageRow, type ThreadRow } from './rows.ts'

/** Asks of a circle, as a peer may read them; a null peer reads all. */
export interface BoardScope {
  readonly self: number | null
  readonly circle: number
}

export interface FoundAsks {
  readonly asks: readonly ThreadRow[]
  /** Whether these are all that there are. */
  readonly complete: boolean
}

const READABLE = `(@self IS NULL OR t.opener_id = @self OR t.recipient_id = @self OR t.circle_id IN (${GRANTED_CIRCLES}))`
/** The bounds come before what is left out, so that one call examines no more than a query may. */
const OPEN = `SELECT t.*, ${READABLE} AS readable FROM (SELECT o.thread_id AS id FROM json_each(@peers) p CROSS JOIN open_asks o ON o.recipient_id = p.value LIMIT @limit) o
  CROSS JOIN threads t ON t.id = o.id`
const ENDED_TASKS = `SELECT t.*, ${READABLE} AS readable
  FROM (SELECT * FROM threads WHERE circle_id = @circle AND task IS NOT NULL AND closed_at >= @since ORDER BY closed_at DESC LIMIT @limit) t`
const ENDED_ASKS = `SELECT t.* FROM (SELECT * FROM threads WHERE circle_id = @circle ORDER BY id DESC LIMIT @limit) t
  WHERE t.kind = 'ask' AND t.task IS NULL AND t.closed_at >= @since AND ${READABLE}`
const BEHIND = 'SELECT opened_at FROM threads WHERE circle_id = @circle ORDER BY id DESC LIMIT 1 OFFSET @limit'

/** A row that was looked at, which the caller may read or not. */
type Judged = ThreadRow & { readonly readable: number }
const isReadable = ({ readable }: Judged): boolean => readable === 1

/** What waits for an answer of these peers, in no order. */
export function openAsksOf(reader: Reader, { self }: BoardScope, peers: readonly number[]): FoundAsks {
  const limit = LIMITS.maxBoardExamined
  const rows = reader.all<Judged>(OPEN, { self, peers: JSON.stringify(peers), limit })
  return { asks: rows.filter(isReadable), complete: rows.length < limit }
}

/**
 * The asks of a circle that ended since then, in no order. Those that say what work they are about are found by an index; of the others those among
 * the newest threads of the circle: an index by the time of the end would cost each ask what this is not worth.
 */
export function endedAsksOf(reader: Reader, scope: BoardScope, since: number): FoundAsks {
  const limit = LIMITS.maxBoardExamined
  const tasks = reader.all<Judged>(ENDED_TASKS, { ...scope, since, limit })
  const others = reader.all<ThreadRow>(ENDED_ASKS, { ...scope, since, limit })
  const behind = reader.get<{ opened_at: number }>(BEHIND, { circle: scope.circle, limit })
  return { asks: [...tasks.filter(isReadable), ...others], complete: tasks.length < limit && (behind === undefined || behind.opened_at < since) }
}

/** When the recipient of an ask took it up: it was handed over or offered, or has said something in it; `null` while it only waits. */
export function takenUpAt(reader: Reader, { dispatcher }: Pick<ThreadDeps, 'dispatcher'>, thread: ThreadRow): number | null {
  const row = findDelivery(reader, thread.opening_delivery)
  const offer = dispatcher.flights.get(thread.opening_delivery)
  if (offer) return offer.offeredAt
  if (row && row.state !== 'queued') return row.offered_at ?? row.ended_at
  return thread.size > 1 ? (lastSaid(reader, thread)?.at ?? null) : null
}

/** The last that the recipient of an open ask has said in it, among the newest messages. */
export function lastSaid(reader: Reader, thread: ThreadRow): MessageRow | undefined {
  let next: number | null = thread.tail
  for (let looked = 0; next !== null && looked < LIMITS.maxBoardLookBack; looked += 1) {
    const message = findMessage(reader, next)
    if (message?.kind === 'reply' && message.sender_id === thread.recipient_id) return message
    next = message?.prev ?? null
  }
  return undefined
}
