import Database from 'better-sqlite3'
import { decodeId, encodeCursor, encodeId, type IdKind } from '../../src/ids.ts'
import { INCARNATIONS, type IncarnationRow, Incarnations } from './incarnations.ts'
import { Statements, type Value } from './statements.ts'
import type { ScanReader } from './store.ts'

/** A ranked search reads 1,000 messages; what the next one reads of the index is still there after it. The thread ends when nobody searches. */
const CACHE_KIB = 65_536

/** A second connection to the daemon's database that can only read, for scans. Each of them sees one state of all tables. */
export class ReadStore implements ScanReader {
  readonly tag: string
  readonly #db: Database.Database
  readonly #statements: Statements
  readonly #incarnations: Incarnations
  readonly #cache = new Map<string, unknown>()

  /** @param path the file of a daemon that runs */
  constructor(path: string) {
    this.#db = new Database(path, { readonly: true, fileMustExist: true })
    this.#db.pragma('busy_timeout = 2000')
    this.#db.pragma(`cache_size = -${CACHE_KIB}`)
    this.#statements = new Statements(this.#db)
    this.#incarnations = new Incarnations(this.#statements.all<IncarnationRow>(INCARNATIONS))
    this.tag = this.#incarnations.living as string
  }

  get<Row>(sql: string, ...values: readonly Value[]): Row | undefined {
    return this.#statements.get<Row>(sql, ...values)
  }

  all<Row>(sql: string, ...values: readonly Value[]): Row[] {
    return this.#statements.all<Row>(sql, ...values)
  }

  id(kind: IdKind, number: number): string {
    return encodeId(kind, this.#incarnations.tagOf(kind, number), number)
  }

  number(kind: IdKind, id: string): number {
    return this.#incarnations.numberOf(kind, id)
  }

  isUndone(id: string): boolean {
    const decoded = decodeId(id)
    return decoded !== undefined && this.#incarnations.isUndone(decoded.kind, decoded.tag, decoded.number)
  }

  cursor(seq: number): string {
    return encodeCursor(this.tag, seq)
  }

  /** Nobody tells this connection what changed, so nothing is kept for longer than one scan. */
  cached<T>(key: string, load: () => T): T {
    let value = this.#cache.get(key) as T | undefined
    if (value === undefined) {
      value = load()
      this.#cache.set(key, value)
    }
    return value
  }

  /** Reads within one state of the database. */
  within<T>(read: () => T): T {
    this.#cache.clear()
    this.#statements.run('BEGIN')
    try {
      return read()
    } finally {
      this.#statements.run('COMMIT')
    }
  }
}
