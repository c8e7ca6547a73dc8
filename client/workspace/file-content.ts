import { createHash } from 'node:crypto'
import { closeSync, constants, fchmodSync, fstatSync, fsyncSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { fileError, WorkspaceError } from './workspace-error.ts'

const NEW_FILE_MODE = 0o644

/** SHA-256 in hexadecimal. */
export function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** @throws WorkspaceError `file_unreadable` where it is no UTF-8 text */
export function textOf(bytes: Uint8Array, path: string): string {
  if (bytes.includes(0)) throw unreadable(path, 'is no text')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw unreadable(path, 'is not UTF-8 text', cause)
  }
}

/**
 * The bytes of a file; `undefined` where there is none.
 *
 * @param path how it is called in messages
 * @throws WorkspaceError `file_unreadable` for what is no file, a link, or longer than `maxBytes`
 */
export function readWhole(file: string, path: string, maxBytes: number): Buffer | undefined {
  try {
    // Neither follows a link nor waits for the writer of a pipe.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      return wholeOf(descriptor, path, maxBytes)
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    if ((cause as NodeJS.ErrnoException).code === 'ELOOP') throw unreadable(path, 'is a link')
    throw fileError(path, cause)
  }
}

/** @param mode of the file that it replaces; a new one gets what this user gives new files */
export function writeDraft(draft: string, content: string | Uint8Array, mode?: number): void {
  const descriptor = openSync(draft, 'wx', mode ?? NEW_FILE_MODE)
  try {
    if (mode !== undefined) fchmodSync(descriptor, mode)
    const bytes = Buffer.from(content)
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** What cannot be removed has never been written, or is a hidden file too many. */
export function discard(draft: string): void {
  try {
    rmSync(draft, { force: true })
  } catch {
    // The error of the writing itself says more.
  }
}

function wholeOf(descriptor: number, path: string, maxBytes: number): Buffer {
  const stats = fstatSync(descriptor)
  if (!stats.isFile()) throw unreadable(path, 'is no file')
  if (stats.size > maxBytes) throw unreadable(path, `is longer than ${maxBytes} bytes`)
  // One byte more shows a file that has grown since.
  const bytes = Buffer.alloc(stats.size + 1)
  let length = 0
  for (let read = -1; read !== 0 && length < bytes.length; length += read) read = readSync(descriptor, bytes, length, bytes.length - length, null)
  if (length > stats.size) throw unreadable(path, 'is being written to')
  return bytes.subarray(0, length)
}

function unreadable(path: string, why: string, cause?: unknown): WorkspaceError {
  return new WorkspaceError('file_unreadable', `${path} ${why}`, 'It was left as it is.', cause)
}
