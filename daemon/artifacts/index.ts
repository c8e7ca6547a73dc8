/** The artifacts domain: what peers upload, and for how long it is kept. Who may read a file is for the messages that carry it. */

import { LIMITS } from '../../src/limits.ts'
import type { Query } from '../caller.ts'
import { asPeer } from '../caller.ts'
import type { Clock } from '../clock.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Store } from '../store/store.ts'
import type { DueTimer } from '../store/timer.ts'
import type { Tx } from '../store/transaction.ts'
import { Contents } from './contents.ts'
import type { ContentFiles } from './files.ts'
import { purgeArtifacts, uploadsOf } from './keeping.ts'
import { roomOf } from './room.ts'
import { toArtifact } from './rows.ts'
import { Uploads } from './uploads.ts'

export type { Contents } from './contents.ts'
export { type ContentFile, type ContentFiles, ContentFolder, type IncomingFile } from './files.ts'
export { carry, dropUncarried, uncarry } from './keeping.ts'
export { type ArtifactRow, fileFacts, findArtifact } from './rows.ts'
export type { UploadHead, Uploads } from './uploads.ts'

/** How often the folder is looked through for what no row names. */
const SWEEP_EVERY_MS = 86_400_000

export interface ArtifactsOptions {
  readonly store: Store
  readonly pipeline: Pipeline
  readonly clock: Clock
  readonly timer: DueTimer
  readonly files: ContentFiles
  readonly onUnexpected: (error: unknown) => void
}

export function createArtifacts({ store, pipeline, clock, timer, files, onUnexpected }: ArtifactsOptions) {
  const contents = new Contents({ files, reader: store, onUnexpected })
  let sweepAt = clock.monoMs()
  timer.add({
    next: () => ({ mono: sweepAt }),
    run: () => {
      sweepAt = clock.monoMs() + SWEEP_EVERY_MS
      void contents.sweep()
    },
  })
  return {
    contents,
    uploads: new Uploads({ store, pipeline, clock, files, contents }),
    open: (sha256: string) => files.open(sha256),
    close: () => contents.close(),
    purge: (tx: Tx) => purgeArtifacts(tx, contents),
    queries: { 'artifacts.list': listArtifacts },
  } as const
}

const listArtifacts: Query<'artifacts.list'> = (reader, caller, input) => {
  const { peerId } = asPeer(caller)
  const before = input.before === undefined ? Number.MAX_SAFE_INTEGER : reader.number('artifact', input.before)
  const rows = uploadsOf(reader, peerId, before, input.limit + 1)
  const page = rows.slice(0, input.limit)
  const last = rows.length > page.length ? page.at(-1) : undefined
  return {
    artifacts: page.map((row) => toArtifact(reader, row)),
    before: last ? reader.id('artifact', last.id) : null,
    room: { used: roomOf(reader, peerId), quota: LIMITS.peerArtifactBytes },
  }
}
