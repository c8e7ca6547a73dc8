import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Artifact } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { asPeer, type Caller, type PeerCaller } from '../caller.ts'
import type { Clock } from '../clock.ts'
import { requireLive } from '../peers/index.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Store } from '../store/store.ts'
import type { Contents } from './contents.ts'
import type { ContentFiles, IncomingFile } from './files.ts'
import { storeArtifact } from './keeping.ts'
import { bytesOnDisk, requireRoom } from './room.ts'
import { toArtifact } from './rows.ts'

export interface UploadsOptions {
  readonly store: Store
  readonly pipeline: Pipeline
  readonly clock: Clock
  readonly files: ContentFiles
  readonly contents: Contents
}

export interface UploadHead {
  readonly name: string
  readonly mediaType: string
  /** As the sender announced it. */
  readonly size?: number
}

interface UnderWay {
  readonly peerId: number
  /** Room that it may come to take. */
  readonly bytes: number
}

/** Receives files: into a file beside, to the disk, under its name, and only then into the database. What breaks off leaves nothing. */
export class Uploads {
  readonly #options: UploadsOptions
  readonly #underWay = new Set<UnderWay>()

  constructor(options: UploadsOptions) {
    this.#options = options
  }

  /**
   * Resolves when the upload is durable. The body is read to its end, unless it is refused.
   *
   * @throws MusterError `too_large`, `quota_exceeded`, `too_many_requests`, `read_only`, `forbidden`, or what the body failed with
   */
  async receive(caller: Caller, head: UploadHead, body: Readable): Promise<Artifact> {
    const uploader = asUploader(caller)
    const underWay = this.#admit(uploader, head)
    this.#underWay.add(underWay)
    try {
      return await this.#store(uploader, head, body)
    } catch (error) {
      throw isFullDisk(error) ? new MusterError('read_only', { hint: 'Free space on the disk that holds the artifacts.' }, { cause: error }) : error
    } finally {
      this.#underWay.delete(underWay)
    }
  }

  #admit({ peerId }: PeerCaller, { size }: UploadHead): UnderWay {
    if (size !== undefined && size > LIMITS.maxArtifactBytes) throw tooLarge()
    const all = [...this.#underWay]
    const own = all.filter((other) => other.peerId === peerId)
    if (own.length >= LIMITS.maxPeerUploads || all.length >= LIMITS.maxUploads) {
      const message = 'Too many uploads are under way.'
      throw new MusterError('too_many_requests', { limit: LIMITS.maxPeerUploads, hint: 'Wait until one of them has ended.' }, { message })
    }
    const sum = (of: readonly UnderWay[]) => of.reduce((bytes, other) => bytes + other.bytes, 0)
    requireRoom(this.#options.store, peerId, size ?? 0, { ofPeer: sum(own), ofAll: sum(all) })
    return { peerId, bytes: bytesOnDisk(size ?? LIMITS.maxArtifactBytes) }
  }

  async #store(uploader: PeerCaller, head: UploadHead, body: Readable): Promise<Artifact> {
    const { files, contents } = this.#options
    const file = await files.create()
    try {
      const { sha256, size } = await this.#write(file, body)
      contents.hold(sha256)
      try {
        await file.keep(sha256)
        return await this.#commit(uploader, { ...head, sha256, size })
      } finally {
        contents.release(sha256)
      }
    } finally {
      await file.discard()
    }
  }

  async #write(file: IncomingFile, body: Readable): Promise<{ readonly sha256: string; readonly size: number }> {
    const hash = createHash('sha256')
    const patience = new Patience(this.#options.clock, body)
    let size = 0
    try {
      // The sender of what is refused is still to be told so.
      for await (const chunk of body.iterator({ destroyOnReturn: false })) {
        const bytes = chunk as Buffer
        patience.renew()
        size += bytes.length
        if (size > LIMITS.maxArtifactBytes) throw tooLarge()
        hash.update(bytes)
        await file.write(bytes)
      }
    } finally {
      patience.end()
    }
    return { sha256: hash.digest('hex'), size }
  }

  #commit(uploader: PeerCaller, { name, mediaType, sha256, size }: Required<UploadHead> & { readonly sha256: string }): Promise<Artifact> {
    return this.#options.pipeline.execute((tx) => {
      requireLive(tx, uploader)
      return toArtifact(tx, storeArtifact(tx, { uploaderId: uploader.peerId, circleId: uploader.circleId, name, mediaType, sha256, size }))
    })
  }
}

/** Ends a body that stops coming, or that comes too slowly. */
class Patience {
  readonly #clock: Clock
  readonly #body: Readable
  readonly #cancelAll: () => void
  #cancelIdle: () => void

  constructor(clock: Clock, body: Readable) {
    this.#clock = clock
    this.#body = body
    this.#cancelAll = this.#after(LIMITS.uploadMs)
    this.#cancelIdle = this.#after(LIMITS.uploadIdleMs)
  }

  renew(): void {
    this.#cancelIdle()
    this.#cancelIdle = this.#after(LIMITS.uploadIdleMs)
  }

  end(): void {
    this.#cancelIdle()
    this.#cancelAll()
  }

  #after(ms: number): () => void {
    const message = 'The upload did not come in time.'
    return this.#clock.setTimer(() => this.#body.destroy(new MusterError('unavailable', { hint: 'Upload it again.' }, { message })), ms)
  }
}

/** @throws MusterError `forbidden` when the caller is no peer or may only look */
function asUploader(caller: Caller): PeerCaller {
  const peer = asPeer(caller)
  if (peer.role === 'observer') throw new MusterError('forbidden', { hint: 'An observer reads and does not send.' })
  return peer
}

function tooLarge(): MusterError {
  const limit = LIMITS.maxArtifactBytes
  return new MusterError('too_large', { limit, hint: `A file has at most ${limit} bytes.` }, { message: 'The file is larger than the limit.' })
}

function isFullDisk(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}
