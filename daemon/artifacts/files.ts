import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { type FileHandle, open, opendir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

/** A file that is being received. */
export interface IncomingFile {
  write(bytes: Uint8Array): Promise<void>
  /** Flushes it to the disk and gives it its name. */
  keep(sha256: string): Promise<void>
  /** Takes it away, unless it was kept. */
  discard(): Promise<void>
}

/** A content that is open for reading. */
export interface ContentFile {
  readonly size: number
  /** At most `length` bytes from `offset` on, and fewer only at the end. */
  read(offset: number, length: number): Promise<Buffer>
  /** The bytes from `start` up to and with `end`; it closes the file at its own end. */
  stream(start: number, end: number): Readable
  close(): Promise<void>
}

/** Where contents lie, each under its SHA-256. They are written once and never changed. */
export interface ContentFiles {
  create(): Promise<IncomingFile>
  open(sha256: string): Promise<ContentFile>
  /** At once, so that nothing comes between the question whether it is still named and its end. */
  remove(sha256: string): void
  list(): AsyncIterable<string>
  /** Takes away what uploads of earlier runs left unfinished. */
  clear(): Promise<void>
}

const CONTENT = /^[0-9a-f]{64}$/
const UNFINISHED = /\.part$/

/** Contents in a folder that belongs to the daemon alone. */
export class ContentFolder implements ContentFiles {
  readonly #folder: string
  readonly #incoming = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
  }

  async create(): Promise<IncomingFile> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const name = `${randomUUID()}.part`
    const path = join(this.#folder, name)
    this.#incoming.add(name)
    try {
      const handle = await open(path, 'wx', 0o600)
      return this.#incomingFile(name, path, handle)
    } catch (error) {
      this.#incoming.delete(name)
      throw error
    }
  }

  async open(sha256: string): Promise<ContentFile> {
    const handle = await open(join(this.#folder, sha256), 'r')
    const { size } = await handle.stat()
    return {
      size,
      read: async (offset, length) => {
        const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - offset)))
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset)
        return buffer.subarray(0, bytesRead)
      },
      stream: (start, end) => handle.createReadStream({ start, end }),
      close: () => handle.close(),
    }
  }

  remove(sha256: string): void {
    rmSync(join(this.#folder, sha256), { force: true })
  }

  async *list(): AsyncGenerator<string> {
    for await (const name of this.#names()) if (CONTENT.test(name)) yield name
  }

  async clear(): Promise<void> {
    for await (const name of this.#names()) {
      if (UNFINISHED.test(name) && !this.#incoming.has(name)) await rm(join(this.#folder, name), { force: true })
    }
  }

  async *#names(): AsyncGenerator<string> {
    try {
      for await (const { name } of await opendir(this.#folder)) yield name
    } catch (error) {
      // Nothing was uploaded yet.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }

  #incomingFile(name: string, path: string, handle: FileHandle): IncomingFile {
    let isKept = false
    return {
      write: (bytes) => handle.writeFile(bytes),
      keep: async (sha256) => {
        await handle.sync()
        await handle.close()
        await rename(path, join(this.#folder, sha256))
        isKept = true
        await syncFolder(this.#folder)
      },
      discard: async () => {
        this.#incoming.delete(name)
        if (isKept) return
        await handle.close().catch(() => undefined)
        await rm(path, { force: true })
      },
    }
  }
}

/** A new name is safe from a power cut once its folder has reached the disk. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
