import { createHash, randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { link, lstat, mkdir, open, readFile, realpath, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { InstallError } from './install-error.ts'

/** A file as it was read. */
export interface Snapshot {
  readonly text: string
  /** Of its bytes. */
  readonly hash: string
  /** The file behind the links that lead to it. */
  readonly target: string
}

const OWNER_MAY_WRITE = 0o200
const NEW_FILE_MODE = 0o644
const PERMISSIONS = 0o7777

/**
 * Reads a configuration file; `undefined` where there is none.
 *
 * @throws InstallError `config_refused` where it could not be written back as it was
 */
export async function readConfig(path: string): Promise<Snapshot | undefined> {
  try {
    const target = await realpath(path)
    const { mode } = await stat(target)
    if ((mode & OWNER_MAY_WRITE) === 0) throw new InstallError('config_refused', `${path} is read-only`, 'Nothing was written. chmod u+w makes it writable.')
    const bytes = await readFile(target)
    return { text: decode(path, bytes), hash: hashOf(bytes), target }
  } catch (cause) {
    if (cause instanceof InstallError) throw cause
    const code = codeOf(cause)
    if (code !== 'ENOENT') throw new InstallError('config_refused', `${path} cannot be read (${code})`, 'Nothing was written.', cause)
    await refuseDanglingLink(path)
    return undefined
  }
}

export function hashOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/**
 * Replaces a file as a whole, or not at all, keeping its mode, its owner and the links that lead to it. Resolves to the folders that
 * had to be made for it, the outermost first.
 *
 * @throws InstallError `config_changed` where it is not any more what was read
 */
export async function writeConfig(path: string, before: Snapshot | undefined, text: string): Promise<readonly string[]> {
  const target = before?.target ?? path
  const draft = `${target}.muster-${randomUUID()}`
  let folders: readonly string[] = []
  try {
    if (!before) folders = await makeFolders(dirname(path))
    await writeDraft(draft, text, before && (await stat(target)))
    await refuseChanged(path, before)
    // A file that has come to be in the meantime makes a link fail, where a rename would replace it.
    if (before) await rename(draft, target)
    else await link(draft, target)
  } catch (cause) {
    throw cause instanceof InstallError ? cause : unwritable(path, cause)
  } finally {
    await rm(draft, { force: true })
  }
  return folders
}

/** Removes a file, and those folders that are empty without it, the outermost first. @throws InstallError `config_changed` */
export async function removeConfig(path: string, before: Snapshot, folders: readonly string[]): Promise<void> {
  await refuseChanged(path, before)
  await rm(path)
  for (const folder of folders.toReversed()) {
    try {
      await rmdir(folder)
    } catch {
      // Somebody else keeps something in it.
      return
    }
  }
}

/** @throws InstallError `config_changed` */
export async function refuseChanged(path: string, before: Snapshot | undefined): Promise<void> {
  if ((await readConfig(path))?.hash !== before?.hash) throw changed(path)
}

function unwritable(path: string, cause: unknown): InstallError {
  const code = codeOf(cause)
  return code === 'EEXIST' ? changed(path) : new InstallError('config_refused', `${path} cannot be written (${code})`, 'It was left as it is.', cause)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

function changed(path: string): InstallError {
  return new InstallError('config_changed', `${path} has changed since it was read`, 'It was left as it is. Try again.')
}

async function writeDraft(draft: string, text: string, like: Stats | undefined): Promise<void> {
  const file = await open(draft, 'wx', (like?.mode ?? NEW_FILE_MODE) & PERMISSIONS)
  try {
    await file.writeFile(text)
    if (like) {
      const { uid, gid } = await file.stat()
      if (uid !== like.uid || gid !== like.gid) await file.chown(like.uid, like.gid)
      // Behind the owner, whose change clears bits; and the mask of this process has taken some at the start.
      await file.chmod(like.mode & PERMISSIONS)
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

async function makeFolders(folder: string): Promise<readonly string[]> {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return []
  const made: string[] = []
  for (let at = folder; at.length >= first.length; at = dirname(at)) made.unshift(at)
  return made
}

async function refuseDanglingLink(path: string): Promise<void> {
  const isLink = await lstat(path).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  )
  if (isLink)
    throw new InstallError('config_refused', `${path} is a link to a file that is not there`, 'Nothing was written. Make that file, or remove the link.')
}

function decode(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new InstallError('config_refused', `${path} is not UTF-8 text`, 'Nothing was written.', cause)
  }
}
