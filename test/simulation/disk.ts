import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { OpenDriver } from '../../daemon/store/database.ts'
import { type Change, Journal } from './journal.ts'

/**
 * How a commit goes wrong. `busy` and `full` leave the transaction open, `fullEnded` ends it as SQLite may, `insertFull` strikes a
 * statement before, `begin` the beginning; after `lostIo` nothing was written, after `doneIo` everything, and nobody can tell.
 */
export const COMMIT_FAULTS = ['busy', 'full', 'fullEnded', 'insertFull', 'begin', 'lostIo', 'doneIo'] as const
export type CommitFault = (typeof COMMIT_FAULTS)[number]

export interface DiskListener {
  onCommitted(changes: Change[]): void
  onFailed(changes: Change[]): void
  /** Asked right before and right after a COMMIT: whether the process dies here. */
  diesAt(point: 'before' | 'after'): boolean
}

/** Whether the process that holds the database still lives. */
export interface Holder {
  readonly dead: boolean
}

const CODES: Record<CommitFault, string> = {
  busy: 'SQLITE_BUSY',
  full: 'SQLITE_FULL',
  fullEnded: 'SQLITE_FULL',
  insertFull: 'SQLITE_FULL',
  begin: 'SQLITE_BUSY',
  lostIo: 'SQLITE_IOERR_FSYNC',
  doneIo: 'SQLITE_IOERR_FSYNC',
}

/**
 * The disk under the daemon: what was committed survives the process. By default it is memory, where a closed database is kept
 * open for the next life; with `onFile` it is a real file.
 */
export class Disk {
  readonly path: string
  readonly injected = new WeakSet<object>()
  /** Strikes the next commit. */
  fault: CommitFault | undefined
  /** The fault, or the crash, waits for a commit that makes a rare change. */
  waitsForRare = false
  /** The newest backup. */
  copy: Buffer | undefined
  /** The files beside the database, copied after it. */
  contents: ReadonlyMap<string, Buffer> = new Map()
  readonly #listener: DiskListener
  readonly #folder: string | undefined
  #db: Database.Database | undefined
  #journal: Journal | undefined

  constructor(listener: DiskListener, onFile: boolean) {
    this.#listener = listener
    this.#folder = onFile ? mkdtempSync(join(tmpdir(), 'muster-simulation-')) : undefined
    this.path = this.#folder ? join(this.#folder, 'muster.db') : ':memory:'
  }

  /** The database itself, for looking at what is stored. */
  get db(): Database.Database {
    if (!this.#db) throw new Error('The database is closed')
    return this.#db
  }

  /** Opens the database for one life of the daemon. */
  driverFor(holder: Holder): OpenDriver {
    return (path) => {
      if (!this.#db) {
        this.#db = new Database(path)
        this.#journal = undefined
      } else if (this.#db.inTransaction) this.#db.exec('ROLLBACK')
      return this.#wrap(this.#db, holder)
    }
  }

  /** Begins to write down changes; the tables must exist. */
  watch(): void {
    this.#journal ??= new Journal(this.db)
  }

  /** Keeps a copy that may be put back. */
  backUp(): void {
    this.copy = this.db.serialize()
  }

  /** Puts an older copy in the place of the database. */
  restore(copy: Buffer): void {
    this.#db?.close()
    if (this.#folder) {
      // Beside the old file, so that the copy is another file.
      writeFileSync(`${this.path}.copy`, copy)
      for (const suffix of ['-wal', '-shm']) rmSync(this.path + suffix, { force: true })
      renameSync(`${this.path}.copy`, this.path)
      this.#db = new Database(this.path)
    } else this.#db = new Database(copy)
    this.#journal = undefined
  }

  dispose(): void {
    this.#db?.close()
    this.#db = undefined
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true })
  }

  #wrap(db: Database.Database, holder: Holder): Database.Database {
    const execute = (sql: string, run: () => unknown): unknown => {
      if (holder.dead) throw this.#error('SQLITE_ABORT')
      if (/^BEGIN/.test(sql) && this.fault === 'begin') throw this.#strike('begin')
      if (/^INSERT INTO (messages|deliveries)/.test(sql) && this.fault === 'insertFull') {
        this.#listener.onFailed(this.#journal?.take() ?? [])
        db.exec('ROLLBACK')
        throw this.#strike('insertFull')
      }
      return sql === 'COMMIT' && this.#journal ? this.#commit(db, run) : run()
    }
    const prepare = (sql: string) => {
      const statement = db.prepare(sql)
      if (!/^(BEGIN|COMMIT|INSERT INTO (messages|deliveries))/.test(sql)) return statement
      const run = statement.run.bind(statement)
      statement.run = ((...values: unknown[]) => execute(sql, () => run(...values))) as typeof statement.run
      return statement
    }
    const close = () => {
      if (db.inTransaction) db.exec('ROLLBACK')
      if (!this.#folder) return
      db.close()
      this.#db = undefined
    }
    const own: Record<string | symbol, unknown> = { prepare, close, exec: (sql: string) => execute(sql, () => db.exec(sql)) }
    return new Proxy(db, {
      get(target, name) {
        if (Object.hasOwn(own, name)) return own[name]
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  #commit(db: Database.Database, run: () => unknown): unknown {
    const changes = this.#journal?.take() ?? []
    // A commit that changes nothing is not worth a fault.
    const isWorth = this.waitsForRare ? changes.some(isRare) : changes.length > 0
    const fault = isWorth ? this.fault : undefined
    if (isWorth && this.#listener.diesAt('before')) {
      this.#listener.onFailed(changes)
      db.exec('ROLLBACK')
      throw this.#error('SQLITE_ABORT')
    }
    if (fault && fault !== 'doneIo') {
      this.#listener.onFailed(changes)
      if (fault === 'fullEnded' || fault === 'lostIo') db.exec('ROLLBACK')
      throw this.#strike(fault)
    }
    const result = run()
    this.#listener.onCommitted(changes)
    if (fault) throw this.#strike(fault)
    if (isWorth) this.#listener.diesAt('after')
    return result
  }

  #strike(fault: CommitFault): Error {
    this.fault = undefined
    return this.#error(CODES[fault])
  }

  #error(code: string): Error {
    const error = new Database.SqliteError('injected by the simulation', code)
    this.injected.add(error)
    return error
  }
}

/** What happens seldom is struck too seldom by chance alone. */
function isRare(change: Change): boolean {
  if (change.what === 'closed') return change.state === 'failed' || change.state === 'cancelled'
  if (change.what === 'message') return change.kind === 'remind' || change.late
  return change.what === 'redacted' || (change.what === 'moved' && (change.was === 'dead' || change.state === 'dead' || change.state === 'superseded'))
}
