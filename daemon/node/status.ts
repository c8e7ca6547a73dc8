import type { Output } from '../../src/contract/index.ts'
import { formatTime } from '../../src/time.ts'
import type { Query } from '../caller.ts'
import { eventFloor } from '../events/events.ts'
import { timeOrNull } from '../peers/index.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Reader, Store, Value } from '../store/store.ts'
import type { RetentionState } from './retention.ts'

export interface StatusSource {
  readonly store: Store
  readonly pipeline: Pipeline
  readonly node: string
  readonly version: string
  readonly startedAt: number
  readonly connections: () => number
  readonly retention: RetentionState
  readonly now: () => number
}

/** Counting stops here: a deeper mailbox shows this many. */
const MAX_COUNTED = 100_000

export function nodeStatus(source: StatusSource): Query<'node.status'> {
  return (reader): Output<'node.status'> => {
    const { store } = source
    return {
      node: source.node,
      version: source.version,
      incarnation: store.tag,
      startedAt: formatTime(source.startedAt),
      durability: store.durability,
      readOnly: source.pipeline.readOnly,
      connections: source.connections(),
      peers: peerCounts(reader),
      openAsks: count(reader, 'SELECT 1 FROM open_asks'),
      queued: count(reader, "SELECT 1 FROM deliveries WHERE state IN ('queued', 'offered')"),
      deadLetters: count(reader, "SELECT 1 FROM deliveries WHERE state = 'dead'"),
      parkedPairs: count(reader, 'SELECT 1 FROM pairs WHERE parked_until > ?', source.now()),
      cursor: store.cursor(store.last('event')),
      retention: {
        lastRunAt: timeOrNull(source.retention.lastRunAt),
        purgedRows: source.retention.purgedRows,
        eventsSince: store.cursor(eventFloor(reader)),
      },
    }
  }
}

function peerCounts(reader: Reader): { online: number; away: number; offline: number } {
  const counts = { online: 0, away: 0, offline: 0 }
  for (const row of reader.all<{ presence: keyof typeof counts; n: number }>(
    'SELECT presence, count(*) AS n FROM peers WHERE retired_at IS NULL GROUP BY presence',
  )) {
    counts[row.presence] = row.n
  }
  return counts
}

function count(reader: Reader, sql: string, ...values: readonly Value[]): number {
  return reader.get<{ n: number }>(`SELECT count(*) AS n FROM (${sql} LIMIT ${MAX_COUNTED})`, ...values)?.n ?? 0
}
