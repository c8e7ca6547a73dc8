import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type Database from 'better-sqlite3'
import { sqliteCode } from './sqlite-code.ts'

/** Up to this size a start looks through the whole database, at a few milliseconds a megabyte; beyond it, only where damage has shown itself. */
const CHECKED_BYTES = 33_554_432

/** The database cannot be used. The process ends with 65 (EX_DATAERR), and nothing was written. */
export class DamagedDatabaseError extends Error {
  override readonly name = 'DamagedDatabaseError'
}

/** The files cannot be made or written where they have to be. */
export class UnwritableError extends Error {
  override readonly name = 'UnwritableError'
}

/** Whether an error of SQLite says that the file is not, or not wholly, a database. */
export function isDamage(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(sqliteCode(error))
}

/** Damage showed itself while the daemon ran: the next start looks through everything, whatever the size. */
export function markSuspect(path: string): void {
  if (path !== ':memory:') writeFileSync(suspectFile(path), '', { mode: 0o600 })
}

/**
 * Refuses files that SQLite would take for a new database.
 *
 * @throws DamagedDatabaseError
 */
export function refuseRemains(path: string): void {
  const database = statSync(path, { throwIfNoEntry: false })
  if (database?.size === 0) throw damaged(path, 'it is empty', ' Where nothing was ever in it, delete it.')
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false })
  if (!database && log && log.size > 0) throw damaged(path, 'it is gone, and only its write-ahead log is there', ' Or put it back.')
}

/** @throws DamagedDatabaseError */
export function refuseDamage(db: Database.Database, path: string): void {
  if (path === ':memory:') return
  const isSuspect = existsSync(suspectFile(path))
  if (!isSuspect && (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > CHECKED_BYTES) return
  const found = db.pragma('quick_check(1)', { simple: true })
  if (found !== 'ok') throw damaged(path, String(found).replace(/\s+/g, ' '))
  if (isSuspect) rmSync(suspectFile(path), { force: true })
}

/** What went wrong while opening, in words that say what to do; anything else as it was. */
export function explained(error: unknown, path: string): unknown {
  const code = sqliteCode(error) || ((error as NodeJS.ErrnoException).code ?? '')
  if (isDamage(error)) return damaged(path, (error as Error).message)
  if (/^(SQLITE_(CANTOPEN|READONLY|PERM)|EACCES|EPERM|EROFS|ENOTDIR)/.test(code)) {
    return new UnwritableError(`${dirname(path)} cannot be written (${code}). It has to belong to the user who runs the daemon, on a disk that can be written.`)
  }
  if (/^(SQLITE_FULL|ENOSPC)/.test(code)) return new UnwritableError(`The disk that holds ${path} is full. Free some space; nothing is lost.`)
  return error
}

function damaged(path: string, how: string, more = ''): DamagedDatabaseError {
  return new DamagedDatabaseError(`${path} is damaged: ${how}. It was left as it is. Restore a backup: muster restore <backup>.${more}`)
}

function suspectFile(path: string): string {
  return `${path}.suspect`
}
