import { type FileHandle, open } from 'node:fs/promises'

export const CHUNK_BYTES = 65_536
export const NEWLINE = 0x0a

/** Reads whole lines as they come. The open file keeps its number from being given to another one. */
export class LineReader {
  readonly inode: number
  readonly #handle: FileHandle
  #offset: number

  constructor(handle: FileHandle, inode: number, offset: number) {
    this.#handle = handle
    this.inode = inode
    this.#offset = offset
  }

  async *lines(): AsyncGenerator<string> {
    const { size } = await this.#handle.stat()
    if (size < this.#offset) this.#offset = 0
    let text = Buffer.alloc(0)
    for (let at = this.#offset; at < size; ) {
      const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(Math.min(CHUNK_BYTES, size - at)), 0, undefined, at)
      if (bytesRead === 0) break
      at += bytesRead
      text = Buffer.concat([text, buffer.subarray(0, bytesRead)])
      const whole = text.lastIndexOf(NEWLINE) + 1
      this.#offset += whole
      yield* text.subarray(0, whole).toString('utf8').split('\n').slice(0, -1)
      text = text.subarray(whole)
    }
  }

  /** The rest of a file to which nothing is added any more: the last line may be half a line, of a process that was killed. */
  async *rest(): AsyncGenerator<string> {
    yield* this.lines()
    const { size } = await this.#handle.stat()
    if (size <= this.#offset) return
    const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(size - this.#offset), 0, undefined, this.#offset)
    this.#offset += bytesRead
    yield buffer.subarray(0, bytesRead).toString('utf8')
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

/** `undefined` where there is no such file. */
export async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
