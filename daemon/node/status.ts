import type { Output } from '../../src/contract/index.ts'
import { formatTime } from '../../src/time.ts'
import type { Query } from '../caller.ts'
import { eventFloor } from '../events/events.ts'
import { presenceCounts, timeOrNull } from '../peers/index.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Store } from '../store/store.ts'
import { depths } from '../threads/index.ts'
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
      peers: presenceCounts(reader),
      ...depths(reader, source.now()),
      cursor: store.cursor(store.last('event')),
      retention: {
        lastRunAt: timeOrNull(source.retention.lastRunAt),
        purgedRows: source.retention.purgedRows,
        // Whoever reads on from here misses nothing of what is kept.
        eventsSince: store.cursor(eventFloor(reader) - 1),
      },
    }
  }
}
