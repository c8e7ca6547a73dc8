import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { MusterError } from '../../src/errors.ts'
import { formatTime } from '../../src/time.ts'
import type { Clock, RandomBytes } from '../clock.ts'
import { openDatabase, SCHEMA } from '../store/database.ts'
import { adoptLives, INCARNATIONS, type IncarnationRow } from '../store/incarnations.ts'
import { lockDatabase } from '../store/lock.ts'
import { Store } from '../store/store.ts'
import { Tx } from '../store/transaction.ts'
import { type Ends, endsIn, keepEnds, NO_ENDS } from './ends.ts'
import { ARTIFACTS, BackupError, DATABASE, type Manifest, readManifest } from './manifest.ts'
import { backupsIn } from './rotation.ts'
import { copySolid, type Digest, flush, flushFolders, makeFolder, writeSolid } from './solid-files.ts'

export interface RestoreOptions {
  /** The folder of the backup. */
  readonly backup: string
  /** The data folder of the node. */
  readonly data: string
  readonly clock: Clock
  readonly random: RandomBytes
  /** Only look whether it could be done. */
  readonly dryRun: boolean
  readonly onProgress: (phase: 'checking' | 'database' | 'artifacts') => void
}

export interface Restored {
  readonly manifest: Manifest
  /** The tag of the life that begins with it; `null` after a dry run. */
  readonly incarnation: string | null
  /** Where what was there before is now; `null` where there was nothing. */
  readonly before: string | null
  /** Credentials and enrolments that were ended after the backup, and stay ended. */
  readonly ended: number
  /** What was there before could not be read, so what was ended after the backup is not known. */
  readonly unreadable: boolean
}

/** There while the files of a restore are being moved: the daemon does not start on half of them. */
const UNDER_WAY = 'restore.under-way'
const OF_DATABASE = [DATABASE, `${DATABASE}-wal`, `${DATABASE}-shm`, `${DATABASE}.suspect`, ARTIFACTS]

/** A restore that was broken off has to be done again before the daemon may start. */
export class UnfinishedRestoreError extends Error {
  override readonly name = 'UnfinishedRestoreError'
}

/** @throws UnfinishedRestoreError */
export function refuseUnfinishedRestore(data: string): void {
  if (!existsSync(join(data, UNDER_WAY))) return
  throw new UnfinishedRestoreError(
    `A restore into ${data} was broken off. Run it again: muster restore <backup>. Nothing is lost: what was there is beside it.`,
  )
}

/**
 * Puts a backup in the place of a node's data, with the daemon stopped. Everything is copied and checked beside it first; what
 * was there is moved aside, never deleted. The restored database begins another life: ids of before stay as they are, what
 * was given out behind the backup is unknown, and event cursors have expired.
 *
 * @throws BackupError, DatabaseInUseError
 */
export function restoreBackup(options: RestoreOptions): Restored {
  const { backup, data, clock, dryRun } = options
  const manifest = manifestOf(backup)
  makeFolder(data)
  // To look, the daemon need not be stopped.
  const unlock = dryRun ? () => undefined : lockDatabase(join(data, DATABASE))
  const staged = join(data, `restore.${process.pid}.partial`)
  try {
    if (!dryRun) clearLeftovers(data)
    makeFolder(staged)
    options.onProgress('checking')
    copyChecked(backup, staged, manifest, options.onProgress)
    const { unreadable, ...known } = knownAt(join(data, DATABASE))
    const life = beginLife(staged, options, known)
    if (dryRun) return { manifest, incarnation: null, before: null, ended: life.ended, unreadable }
    const before = exchange(data, staged, clock.wallMs())
    return { manifest, incarnation: life.tag, before, ended: life.ended, unreadable }
  } finally {
    rmSync(staged, { recursive: true, force: true })
    unlock()
  }
}

/** What a restore that was broken off had copied. */
function clearLeftovers(data: string): void {
  for (const name of readdirSync(data)) if (/^restore\.\d+\.partial$/.test(name)) rmSync(join(data, name), { recursive: true, force: true })
}

function manifestOf(backup: string): Manifest {
  let manifest: Manifest
  try {
    manifest = readManifest(backup)
  } catch (error) {
    const newest = existsSync(backup) ? safely(() => backupsIn(backup).at(-1)) : undefined
    if (newest === undefined) throw error
    throw new BackupError('no_backup', `${backup} holds several backups.`, `Name one of them; the newest is ${join(backup, newest)}.`)
  }
  if (manifest.schema > SCHEMA) {
    const what = `The backup has schema ${manifest.schema}, made by Muster ${manifest.version}; this version knows schema ${SCHEMA}.`
    throw new BackupError('newer_schema', what, 'Restore it with that version or a newer one.')
  }
  return manifest
}

/** @throws BackupError `backup_damaged` where a file is not what the manifest says, or the database is not whole */
function copyChecked(backup: string, staged: string, manifest: Manifest, onProgress: RestoreOptions['onProgress']): void {
  onProgress('database')
  copyOne(backup, staged, DATABASE, manifest.database)
  onProgress('artifacts')
  makeFolder(join(staged, ARTIFACTS))
  for (const { path, ...digest } of manifest.artifacts) copyOne(join(backup, ARTIFACTS), join(staged, ARTIFACTS), path, digest)
}

function copyOne(from: string, to: string, path: string, wanted: Digest): void {
  const damaged = (what: string) => new BackupError('backup_damaged', `${join(from, path)} ${what}.`, 'Use another backup; nothing was changed.')
  let found: Digest
  try {
    found = copySolid(join(from, path), join(to, path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw damaged('is missing')
    throw error
  }
  if (found.bytes !== wanted.bytes || found.sha256 !== wanted.sha256) throw damaged('is not what was backed up')
}

interface Known {
  readonly ends: Ends
  readonly lives: readonly IncarnationRow[]
}

/** What must outlast a restore: what has ended, and which lives there were. */
function knownAt(path: string): Known & { readonly unreadable: boolean } {
  if (!existsSync(path)) return { ends: NO_ENDS, lives: [], unreadable: false }
  const read = safely(() => {
    const db = new Database(path, { readonly: true, fileMustExist: true })
    try {
      return { ends: endsIn(db), lives: db.prepare(INCARNATIONS).all() as IncarnationRow[] }
    } finally {
      db.close()
    }
  })
  return read ? { ...read, unreadable: false } : { ends: NO_ENDS, lives: [], unreadable: true }
}

/** Brings the copy up to date, begins its next life, and says so in its log of events. */
function beginLife(staged: string, { clock, random }: RestoreOptions, known: Known) {
  const path = join(staged, DATABASE)
  const db = openDatabase(path, 'full')
  try {
    const found = db.pragma('integrity_check(1)', { simple: true })
    if (found !== 'ok')
      throw new BackupError('backup_damaged', `The database of the backup is damaged: ${String(found)}`, 'Use another backup; nothing was changed.')
    adoptLives(db, known.lives)
  } finally {
    db.close()
  }
  const store = new Store({ path, durability: 'full', clock, random, reincarnate: 'restored' })
  try {
    const ended = store.db.transaction(() => {
      const tx = new Tx(store, clock.wallMs())
      const { tokens, approvals } = keepEnds(tx, known.ends)
      tx.event({ type: 'node.restored', audience: 'admin', changed: { incarnation: store.tag, ended: tokens, approvals } })
      store.saveCounters()
      return tokens
    })()
    return { tag: store.tag, ended }
  } finally {
    store.close()
    rmSync(`${path}.lock`, { force: true })
  }
}

/** Moves the old data aside and the new in. Broken off, it leaves a mark that keeps the daemon from starting, and the old data where it is or beside. */
function exchange(data: string, staged: string, now: number): string | null {
  flushFolders(staged)
  flush(join(staged, DATABASE))
  const old = OF_DATABASE.filter((name) => existsSync(join(data, name)))
  const before = old.length > 0 ? freshFolder(data, now) : null
  writeSolid(join(data, UNDER_WAY), `${staged}\n`)
  flush(data)
  for (const name of old) renameSync(join(data, name), join(before as string, name))
  if (before) flush(before)
  for (const name of [DATABASE, ARTIFACTS]) renameSync(join(staged, name), join(data, name))
  flush(data)
  rmSync(join(data, UNDER_WAY))
  flush(data)
  return before
}

function freshFolder(data: string, now: number): string {
  const name = `before-restore-${formatTime(now).slice(0, 19).replaceAll(':', '-')}Z`
  for (let count = 1; ; count += 1) {
    const path = join(data, count === 1 ? name : `${name}-${count}`)
    if (existsSync(path)) continue
    makeFolder(path)
    return path
  }
}

function safely<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof MusterError) throw error
    return undefined
  }
}
