import { type FSWatcher, statSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { CHUNK_BYTES, LineReader, NEWLINE, openIfThere } from './line-reader.ts'

/** A place in a file that may have been renamed since. */
export interface Place {
  /** The number of the file itself, whatever it is called by now. */
  readonly inode: number
  readonly offset: number
}

export interface FileEnd {
  readonly lines: readonly string[]
  /** Where the last whole line ends. */
  readonly place: Place
}

/** Announcements get lost on network file systems; then the file is looked at this often. */
const LOOK_EVERY_MS = 1_000
/** As many old files as a daemon may keep. */
const MAX_OLD_FILES = 100

/**
 * The last whole lines of a log, read from its end, and where it does not have so many, from the files that it was before: `<path>.1`,
 * `<path>.2` and so on. `undefined` where there is no file.
 */
export async function lastLines(path: string, count: number): Promise<FileEnd | undefined> {
  const end = await endOf(path, count)
  if (!end) return undefined
  const seen = new Set([end.place.inode])
  let lines = end.lines
  for (let number = 1; number <= MAX_OLD_FILES && lines.length < count; number += 1) {
    const older = await endOf(nameOf(path, number), count - lines.length)
    if (!older) continue
    // Renamed while this was reading: it has been read.
    if (seen.has(older.place.inode)) continue
    seen.add(older.place.inode)
    lines = [...older.lines, ...lines]
  }
  return { lines, place: end.place }
}

async function endOf(path: string, count: number): Promise<FileEnd | undefined> {
  const file = await openIfThere(path)
  if (!file) return undefined
  try {
    const { size, ino } = await file.stat()
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
    return { lines: lines.slice(-count), place: { inode: ino, offset: start + whole } }
  } finally {
    await file.close()
  }
}

/**
 * Each line that is added to a log behind a place, until the signal fires. A file that was renamed in the meantime is read to its end, then
 * those that came after it, however many. A file that became shorter is read from its beginning.
 */
export async function* followFile(path: string, from: Place, signal: AbortSignal): AsyncGenerator<string> {
  const changes = watchFile(path)
  let reader = await firstReader(path, from)
  try {
    while (!signal.aborted) {
      const next = reader ? await successorOf(path, reader.inode) : await firstReader(path, from)
      if (next) {
        // Nothing is written to a file once it has a successor: now it can be read to its end.
        if (reader) yield* reader.rest()
        await reader?.close()
        reader = next
        continue
      }
      if (reader) yield* reader.lines()
      await changes.next(signal)
    }
  } finally {
    changes.stop()
    await reader?.close()
  }
}

/** The file of a place; where it is gone, the present one from its beginning. */
async function firstReader(path: string, { inode, offset }: Place): Promise<LineReader | undefined> {
  const number = numberOf(path, inode)
  const handle = await openIfThere(nameOf(path, number ?? 0))
  if (!handle) return undefined
  const opened = (await handle.stat()).ino
  return new LineReader(handle, opened, opened === inode ? offset : 0)
}

/** The file that came after that of a number: itself renamed already, or the present one. `undefined` where it is the present one, or a rotation is under way. */
async function successorOf(path: string, inode: number): Promise<LineReader | undefined> {
  const number = numberOf(path, inode)
  if (number === 0) return undefined
  let at = (number ?? 1) - 1
  // Where a daemon was killed while it renamed, a name is missing.
  while (at > 0 && inodeOf(nameOf(path, at)) === undefined) at -= 1
  const handle = await openIfThere(nameOf(path, at))
  if (!handle) return undefined
  const opened = (await handle.stat()).ino
  // Files only move up, so with both in their places nothing has come between them.
  const isNext = inodeOf(nameOf(path, at)) === opened && (number === undefined || (inodeOf(nameOf(path, number)) === inode && isFree(path, at + 1, number)))
  if (isNext) return new LineReader(handle, opened, 0)
  await handle.close()
  return await successorOf(path, inode)
}

function isFree(path: string, from: number, to: number): boolean {
  for (let number = from; number < to; number += 1) if (inodeOf(nameOf(path, number)) !== undefined) return false
  return true
}

/** Under which of its names a file is found now. */
function numberOf(path: string, inode: number): number | undefined {
  for (let number = 0; number <= MAX_OLD_FILES; number += 1) if (inodeOf(nameOf(path, number)) === inode) return number
  return undefined
}

function nameOf(path: string, number: number): string {
  return number === 0 ? path : `${path}.${number}`
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
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
