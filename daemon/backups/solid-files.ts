import { createHash } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'

const CHUNK_BYTES = 1_048_576

export interface Digest {
  readonly bytes: number
  readonly sha256: string
}

/** Reads a file to its end; `copyTo` is written along the way, mode 0600, and flushed to the disk. */
export function digestFile(path: string, copyTo?: string): Digest {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  const source = openSync(path, 'r')
  let target: number | undefined
  let bytes = 0
  try {
    if (copyTo !== undefined) target = openSync(copyTo, 'wx', 0o600)
    for (;;) {
      const count = readSync(source, buffer, 0, CHUNK_BYTES, null)
      if (count === 0) break
      const chunk = buffer.subarray(0, count)
      hash.update(chunk)
      if (target !== undefined) writeAll(target, chunk)
      bytes += count
    }
    if (target !== undefined) fsyncSync(target)
  } finally {
    closeSync(source)
    if (target !== undefined) closeSync(target)
  }
  return { bytes, sha256: hash.digest('hex') }
}

function writeAll(file: number, chunk: Uint8Array): void {
  for (let written = 0; written < chunk.length; ) written += writeSync(file, chunk, written)
}

/** Writes a file of its owner's alone, to the disk. */
export function writeSolid(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600, flush: true })
}

/** A folder of its owner's alone, with those above it. One by one: Node's own way of it never returns below /proc. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}

/** Makes what was created, renamed or removed in a folder, or written to a file, outlast a power cut. */
export function flush(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** {@link flush} for a folder and all folders in it, the inner ones first. */
export function flushFolders(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) flushFolders(join(path, entry.name))
  flush(path)
}

/** The regular files below a folder, as paths relative to it with `/`, in order; what is hidden or half written is left out. */
export function filesBelow(folder: string, prefix = ''): string[] {
  let entries: ReturnType<typeof readEntries>
  try {
    entries = readEntries(join(folder, prefix))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  return entries.flatMap((entry) => {
    if (/^\.|\.(tmp|part)$/.test(entry.name)) return []
    const path = prefix ? `${prefix}/${entry.name}` : entry.name
    if (entry.isDirectory()) return filesBelow(folder, path)
    return entry.isFile() ? [path] : []
  })
}

function readEntries(folder: string) {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** {@link digestFile} with the folders that the copy needs. */
export function copySolid(from: string, to: string): Digest {
  makeFolder(dirname(to))
  return digestFile(from, to)
}
