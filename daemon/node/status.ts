import type { Output } from '../../src/contract/index.ts'
import { formatTime } from '../../src/time.ts'
import type { Backups } from '../backups/index.ts'
import type { Query } from '../caller.ts'
import { waitingCards } from '../decisions/index.ts'
import { deviceCounts } from '../pairing/index.ts'
import { presenceCounts } from '../peers/index.ts'
import type { Services } from '../services/index.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Store } from '../store/store.ts'
import { depths, type SearchIndex } from '../threads/index.ts'
import type { Retention } from './retention.ts'
import { storageOf } from './storage.ts'

export interface StatusSource {
  readonly store: Store
  readonly pipeline: Pipeline
  readonly node: string
  readonly version: string
  readonly startedAt: number
  readonly connections: () => number
  readonly retention: Retention
  readonly backups: Backups
  readonly search: SearchIndex
  readonly services: Pick<Services, 'status'>
  /** The database's file. */
  readonly path: string
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
      cards: waitingCards(reader),
      devices: deviceCounts(reader),
      cursor: store.cursor(store.last('event')),
      retention: source.retention.status(reader),
      storage: storageOf(source.path),
      search: source.search.status(reader),
      backup: source.backups.status(reader),
      services: source.services.status().map(({ parts, ...service }) => ({ ...service, failing: parts.filter(({ state }) => state === 'failing').length })),
    }
  }
}
