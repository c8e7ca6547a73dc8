import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'

/** Raised when another process writes to the database. */
export class DatabaseInUseError extends Error {
  override readonly name = 'DatabaseInUseError'
}

/**
 * Claims a database for this process: two daemons that number the same file would overwrite each other. The claim is an open
 * transaction on a file beside it, so the operating system ends it with the process, however that ends; on the database
 * itself it would keep readers such as `sqlite3` away.
 *
 * @returns what gives the claim back
 * @throws DatabaseInUseError
 */
export function lockDatabase(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const lock = `${path}.lock`
  // Whoever may read it may keep it locked; SQLite itself makes it for all to read.
  // Never opened here where it is there: closing it would end a lock that this process has (fcntl(2)).
  if (!existsSync(lock)) writeFileSync(lock, '', { mode: 0o600, flag: 'a' })
  chmodSync(lock, 0o600)
  const db = new Database(lock, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (!(error instanceof Database.SqliteError) || !error.code.startsWith('SQLITE_BUSY')) throw error
    throw new DatabaseInUseError(`Another daemon uses ${path}. Stop it, or give this one a MUSTER_HOME of its own.`)
  }
  return () => db.close()
}
