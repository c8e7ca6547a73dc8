import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { refuseDamage, refuseRemains } from './damage.ts'

export type Durability = 'full' | 'os'
export type OpenDriver = (path: string) => Database.Database

/** Pages in the log before a checkpoint runs: 16 MB at 4 kB a page, measured to take checkpoints off the hot path. */
const CHECKPOINT_PAGES = 4_000
const CACHE_KIB = 65_536
const MIGRATIONS = new URL('./migrations/', import.meta.url)
const MIGRATION_FILES = readdirSync(MIGRATIONS)
  .filter((file) => /^\d{3}_.+\.sql$/.test(file))
  .sort()
/** The schema that this program writes. */
export const SCHEMA = MIGRATION_FILES.length

/** Raised when the file was written by a newer Muster. */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError'
}

/**
 * Opens the database, sets its pragmas and migrates it.
 *
 * @param path a file, or `:memory:`
 * @throws NewerSchemaError when the file's schema is newer than this program knows
 * @throws DamagedDatabaseError when the file is not, or not wholly, a database
 */
export function openDatabase(path: string, durability: Durability, driver: OpenDriver = (file) => new Database(file)): Database.Database {
  if (path !== ':memory:') {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    refuseRemains(path)
  }
  const db = driver(path)
  try {
    if (path !== ':memory:' && existsSync(path)) chmodSync(path, 0o600)
    db.pragma('journal_mode = WAL')
    db.pragma(`synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`)
    if (durability === 'full' && process.platform === 'darwin') db.pragma('fullfsync = ON')
    db.pragma('foreign_keys = ON')
    db.pragma('busy_timeout = 2000')
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    db.pragma(`cache_size = -${CACHE_KIB}`)
    refuseDamage(db, path)
    migrate(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function migrate(db: Database.Database): void {
  const version = db.pragma('user_version', { simple: true }) as number
  if (version > SCHEMA) {
    throw new NewerSchemaError(
      `The database has schema ${version}; this version of Muster knows ${SCHEMA}. Start the newer version, or restore a backup of before: muster restore <backup>.`,
    )
  }
  const pending = MIGRATION_FILES.slice(version)
  if (pending.length === 0) return
  db.exec('BEGIN IMMEDIATE')
  try {
    for (const file of pending) db.exec(readFileSync(new URL(file, MIGRATIONS), 'utf8'))
    db.pragma(`user_version = ${SCHEMA}`)
    db.exec('COMMIT')
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK')
    throw error
  }
}
