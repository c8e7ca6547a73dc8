import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { formatTime } from '../../src/time.ts'
import { LIVING } from '../store/incarnations.ts'
import { ARTIFACTS, BackupError, DATABASE, isBackup, MANIFEST, type Manifest } from './manifest.ts'
import { copySolid, type Digest, digestFile, filesBelow, flush, flushFolders, makeFolder, writeSolid } from './solid-files.ts'

/** A backup to be written. Plain data: it travels to another process. */
export interface BackupTask {
  readonly database: string
  readonly artifacts: string
  /** The folder that it becomes. */
  readonly target: string
  /** Replace a backup that is there already; anything else stays. */
  readonly force: boolean
  readonly node: string
  readonly version: string
  /** Epoch milliseconds. */
  readonly now: number
}

export interface BackupProgress {
  readonly phase: 'database' | 'checking' | 'artifacts'
  /** From 0 to 1. */
  readonly done: number
}

export interface WrittenBackup {
  readonly path: string
  readonly manifest: Manifest
}

/** Pages copied between two looks at what else is to be done: 4 MB. */
const PAGES_A_STEP = 1_024

/**
 * Writes a backup: the database as it is at this moment, the artifacts, and a manifest with the hashes of all. The daemon may
 * go on writing meanwhile. Everything is checked and flushed under a temporary name; only then it gets its own.
 *
 * @throws BackupError `refused` where something is in the way that is no backup, or is one and was not to be replaced
 */
export async function writeBackup(task: BackupTask, onProgress: (progress: BackupProgress) => void): Promise<WrittenBackup> {
  makeFolder(dirname(task.target))
  clearLeftovers(task)
  refuseToOverwrite(task)
  const partial = partialOf(task)
  mkdirSync(partial, { mode: 0o700 })
  try {
    const facts = await copyDatabase(task, join(partial, DATABASE), onProgress)
    const database = digestFile(join(partial, DATABASE))
    const artifacts = copyArtifacts(task, join(partial, ARTIFACTS), onProgress)
    const { node, version } = task
    const manifest: Manifest = { v: 1, kind: 'muster-backup', createdAt: formatTime(task.now), version, node, ...facts, database, artifacts }
    writeSolid(join(partial, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`)
    flushFolders(partial)
    moveIntoPlace(task, partial)
    return { path: task.target, manifest }
  } catch (error) {
    rmSync(partial, { recursive: true, force: true })
    throw error
  }
}

/** Where a backup grows until it is whole. */
export function partialOf({ target }: BackupTask): string {
  return `${target}.${process.pid}.partial`
}

function refuseToOverwrite({ target, force }: BackupTask): void {
  if (!existsSync(target)) return
  if (!isBackup(target)) throw new BackupError('refused', `${target} is there already and is no backup.`, 'Name a folder that does not exist yet.')
  if (!force) throw new BackupError('refused', `${target} is a backup already.`, 'Name another folder, or replace it with --force.')
}

/** What a process that is gone left beside the target: half written, or on its way out. */
function clearLeftovers({ target }: BackupTask): void {
  const name = `${basename(target)}.`
  for (const entry of readdirSync(dirname(target))) {
    const [, owner, what] = (entry.startsWith(name) && /^(\d+)\.(partial|earlier)$/.exec(entry.slice(name.length))) || []
    // A process in a container has the number of the one before it.
    if (what === undefined || (Number(owner) !== process.pid && isAlive(Number(owner)))) continue
    const path = join(dirname(target), entry)
    if (what === 'earlier' && !existsSync(target)) renameSync(path, target)
    else rmSync(path, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * One open transaction is one moment: SQLite's online backup within it copies what was committed before, and needs not begin
 * anew when the daemon writes. Until it ends, the write-ahead log keeps what is newer.
 */
async function copyDatabase(task: BackupTask, target: string, onProgress: (progress: BackupProgress) => void) {
  const db = new Database(task.database, { readonly: true, fileMustExist: true })
  let facts: { schema: number; incarnation: string }
  try {
    db.exec('BEGIN')
    facts = { schema: db.pragma('user_version', { simple: true }) as number, incarnation: db.prepare(LIVING).pluck().get() as string }
    await db.backup(target, {
      progress({ totalPages, remainingPages }) {
        onProgress({ phase: 'database', done: totalPages === 0 ? 1 : 1 - remainingPages / totalPages })
        return PAGES_A_STEP
      },
    })
  } finally {
    db.close()
  }
  chmodSync(target, 0o600)
  onProgress({ phase: 'checking', done: 0 })
  makeSingleFile(target)
  flush(target)
  return facts
}

/** Takes a copy out of WAL mode, so that it is one file, and checks all of it. */
function makeSingleFile(path: string): void {
  const db = new Database(path)
  try {
    db.pragma('journal_mode = DELETE')
    const found = db.pragma('integrity_check(1)', { simple: true })
    if (found !== 'ok') {
      throw new BackupError('backup_damaged', `The database itself is damaged: ${String(found)}`, 'Do not go on with it: muster restore <an earlier backup>.')
    }
  } finally {
    db.close()
  }
}

/** Artifacts never change under their name, so what is there now holds all that the copied database speaks of. */
function copyArtifacts(task: BackupTask, target: string, onProgress: (progress: BackupProgress) => void): (Digest & { path: string })[] {
  const paths = filesBelow(task.artifacts)
  return paths.flatMap((path, index) => {
    onProgress({ phase: 'artifacts', done: index / paths.length })
    try {
      return [{ path, ...copySolid(join(task.artifacts, path), join(target, path)) }]
    } catch (error) {
      // Nothing referred to it any more, and its time was over.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !existsSync(join(task.artifacts, path))) return []
      throw error
    }
  })
}

function moveIntoPlace(task: BackupTask, partial: string): void {
  const { target } = task
  // Looked at again: the copy took its time.
  refuseToOverwrite(task)
  const earlier = existsSync(target) ? `${target}.${process.pid}.earlier` : undefined
  if (earlier) renameSync(target, earlier)
  renameSync(partial, target)
  flush(dirname(target))
  if (earlier) rmSync(earlier, { recursive: true, force: true })
}
