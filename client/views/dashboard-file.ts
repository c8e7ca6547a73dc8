import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { readContent } from './dashboard-text.ts'

/** A file that is longer is none that this program has any business with. */
const MAX_BYTES = 8 * 1_048_576
/** Of a new file: what peers say is for its owner, who may let others read it. */
const NEW_MODE = 0o600
const MODE_BITS = 0o777

/** Why a dashboard file is left as it is. */
export class DashboardFileError extends Error {}

/** A file as it was read; its handle stays open, so that a late write to what was replaced is not lost. */
export interface Seen {
  readonly bytes: Buffer
  readonly mode: number
  readonly changedAt: number
  readonly inode: bigint
  readonly handle: FileHandle
}

/**
 * Reads the file as it is; `undefined` where there is none.
 *
 * @throws DashboardFileError where it is none that may be replaced
 */
export async function look(path: string): Promise<Seen | undefined> {
  // A link is not followed: it leads to a file that nobody has named. A pipe is not waited for.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await open(path, flags).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw refusal(error)
  })
  if (!handle) return undefined
  try {
    return await read(handle)
  } catch (error) {
    await handle.close()
    throw refusal(error)
  }
}

async function read(handle: FileHandle): Promise<Seen> {
  const stats = await handle.stat({ bigint: true })
  if (!stats.isFile()) throw new DashboardFileError('it is no file')
  if (stats.size > MAX_BYTES) throw new DashboardFileError(`it is longer than ${MAX_BYTES} bytes`)
  const bytes = Buffer.alloc(Number(stats.size))
  let length = 0
  for (let got = 1; length < bytes.length && got > 0; length += got) got = (await handle.read(bytes, length, bytes.length - length, length)).bytesRead
  return { bytes: bytes.subarray(0, length), mode: Number(stats.mode) & MODE_BITS, changedAt: Number(stats.mtimeNs / 1_000_000n), inode: stats.ino, handle }
}

/**
 * Puts new bytes in the place of a file that was seen, or where none was, in one step that leaves either the one or the other whole.
 *
 * @returns whether it did: not where the file is another by now
 * @throws DashboardFileError where it cannot be written
 */
export async function replace(path: string, seen: Seen | undefined, bytes: Buffer): Promise<boolean> {
  const draft = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
  try {
    await writeDraft(draft, seen?.mode ?? NEW_MODE, bytes)
    if (!seen) return await placeNew(draft, path)
    if (!(await isStill(path, seen))) return false
    await rename(draft, path)
    return true
  } catch (error) {
    throw refusal(error)
  } finally {
    await rm(draft, { force: true })
  }
}

async function writeDraft(draft: string, mode: number, bytes: Buffer): Promise<void> {
  const handle = await open(draft, 'wx', mode)
  try {
    await handle.writeFile(bytes)
    // Whatever the mask of the process takes away.
    await handle.chmod(mode)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A hard link never replaces: whoever made the file meanwhile keeps it. */
async function placeNew(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** The last look before the rename: the same file, with the same bytes. */
async function isStill(path: string, seen: Seen): Promise<boolean> {
  const again = await read(seen.handle)
  const stats = await lstat(path, { bigint: true }).catch(() => undefined)
  return stats?.ino === seen.inode && again.bytes.equals(seen.bytes)
}

/** What was written to a file after it was replaced, by somebody who had it open: the user's part of that; `undefined` where nothing was. */
export async function lateWords(seen: Seen): Promise<Buffer | undefined> {
  const { bytes } = await read(seen.handle)
  if (bytes.equals(seen.bytes)) return undefined
  const content = readContent(bytes)
  return content.kind === 'ours' ? content.users : undefined
}

const REASONS: Readonly<Record<string, string>> = {
  ELOOP: 'it is a symbolic link: name the file that it leads to',
  EMLINK: 'it is a symbolic link: name the file that it leads to',
  ENOENT: 'there is no such folder',
  ENOTDIR: 'its folder is a file',
  EISDIR: 'it is a folder',
  EACCES: 'it, or its folder, may not be written',
  EPERM: 'it, or its folder, may not be written',
  EROFS: 'its disk can only be read',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
}

function refusal(error: unknown): Error {
  if (error instanceof DashboardFileError) return error
  const code = codeOf(error)
  return new DashboardFileError(REASONS[code] ?? `it cannot be used: ${code || 'for an unknown reason'}`, { cause: error })
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? ''
}
