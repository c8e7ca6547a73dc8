import { Readable } from 'node:stream'
import type { ContentFile, ContentFiles, IncomingFile } from '../../daemon/artifacts/index.ts'

/** Contents without a disk: what was kept outlives the daemon that it is given to. */
export class MemoryContents implements ContentFiles {
  readonly kept = new Map<string, Buffer>()

  async create(): Promise<IncomingFile> {
    const chunks: Uint8Array[] = []
    return {
      write: async (bytes) => void chunks.push(bytes),
      keep: async (sha256) => void this.kept.set(sha256, Buffer.concat(chunks)),
      discard: async () => undefined,
    }
  }

  async open(sha256: string): Promise<ContentFile> {
    const bytes = this.kept.get(sha256)
    if (!bytes) throw new Error(`There is no content ${sha256}`)
    return {
      size: bytes.length,
      read: async (offset, length) => bytes.subarray(offset, offset + length),
      stream: (start, end) => Readable.from([bytes.subarray(start, end + 1)]),
      close: async () => undefined,
    }
  }

  remove(sha256: string): void {
    this.kept.delete(sha256)
  }

  async *list(): AsyncGenerator<string> {
    yield* [...this.kept.keys()]
  }

  async clear(): Promise<void> {}
}
