import { createReadStream, type FSWatcher, watch } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

export interface FileEnd {
  readonly lines: readonly string[]
  /** Where the last whole line ends. */
  readonly offset: number
}

const CHUNK_BYTES = 65_536
const NEWLINE = 0x0a
/** Announcements get lost on network file systems; then the file is looked at this often. */
const LOOK_EVERY_MS = 1_000

/** The last whole lines of a file, read from its end; `undefined` where there is no file. */
export async function lastLines(path: string, count: number): Promise<FileEnd | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!file) return undefined
  try {
    const { size } = await file.stat()
    let start = size
    let tail = Buffer.alloc(0)
    // One newline more than lines: it ends the line before them.
    while (start > 0 && newlines(tail) <= count) {
      const length = Math.min(CHUNK_BYTES, start)
      start -= length
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start)
      tail = Buffer.concat([buffer.subarray(0, bytesRead), tail])
    }
    const whole = tail.lastIndexOf(NEWLINE) + 1
    const lines = tail.subarray(0, whole).toString('utf8').split('\n').slice(0, -1)
    return { lines: lines.slice(-count), offset: start + whole }
  } finally {
    await file.close()
  }
}

/** Each line that is added to a file, until the signal fires. A file that became shorter is read from its beginning. */
export async function* followFile(path: string, from: number, signal: AbortSignal): AsyncGenerator<string> {
  let offset = from
  const changes = watchFile(path)
  try {
    while (!signal.aborted) {
      const size = await sizeOf(path)
      if (size < offset) offset = 0
      if (size > offset) {
        const { lines, bytes } = await readLines(path, offset, size)
        offset += bytes
        yield* lines
      }
      await changes.next(signal)
    }
  } finally {
    changes.stop()
  }
}

async function readLines(path: string, start: number, end: number): Promise<{ readonly lines: readonly string[]; readonly bytes: number }> {
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(path, { start, end: end - 1 })) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks)
  const whole = text.subarray(0, text.lastIndexOf(NEWLINE) + 1)
  return { lines: whole.toString('utf8').split('\n').slice(0, -1), bytes: whole.length }
}

/** The folder is watched, since the file may be replaced. */
function watchFile(path: string): { next: (signal: AbortSignal) => Promise<void>; stop: () => void } {
  let wake: (() => void) | undefined
  let pending = false
  const watcher: FSWatcher = watch(dirname(path), (_event, name) => {
    if (name !== null && name !== basename(path)) return
    pending = true
    wake?.()
  })
  return {
    async next(signal) {
      if (!pending && !signal.aborted) {
        const changed = new Promise<void>((resolve) => {
          wake = resolve
        })
        const timer = new AbortController()
        const stop = (): void => timer.abort()
        signal.addEventListener('abort', stop, { once: true })
        // An aborted pause is an early one, nothing else.
        await Promise.race([changed, pause(LOOK_EVERY_MS, undefined, { signal: timer.signal }).catch(() => undefined)])
        signal.removeEventListener('abort', stop)
        timer.abort()
      }
      pending = false
    },
    stop: () => watcher.close(),
  }
}

function newlines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count++
  return count
}

/** 0 while it is not there: between two daemons the log may be moved away. */
async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
