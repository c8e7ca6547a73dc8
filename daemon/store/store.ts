import type Database from 'better-sqlite3'
import { decodeId, encodeCursor, encodeId, type IdKind, tagFrom } from '../../src/ids.ts'
import type { Clock, RandomBytes } from '../clock.ts'
import { explained } from './damage.ts'
import { type Durability, type OpenDriver, openDatabase } from './database.ts'
import { fileIdentity, INCARNATIONS, type IncarnationRow, Incarnations } from './incarnations.ts'
import { lockDatabase } from './lock.ts'
import { type LogTraces, logTraces, markRunning, unmarkRunning, whyIncomplete } from './run-mark.ts'
import { Statements, type Value } from './statements.ts'

/** What a counter counts: the kinds that have ids, and the numbers that never leave the daemon. */
export type CounterKind = IdKind | 'event' | 'handover' | 'lease' | 'notice'

/** Reading by prepared statement; each SQL text is prepared once. */
export interface Reader {
  get<Row>(sql: string, ...values: readonly Value[]): Row | undefined
  all<Row>(sql: string, ...values: readonly Value[]): Row[]
  /** The id that shows a number of ours. */
  id(kind: IdKind, number: number): string
  /**
   * The number behind an id of this or an earlier incarnation.
   *
   * @throws MusterError `not_found` when it was minted elsewhere, or in an earlier life after the copy that this one lives on
   */
  number(kind: IdKind, id: string): number
  /** Whether an id was given out after the copy that this database was restored from: what it named is gone. */
  isUndone(id: string): boolean
  /** What `load` reads, kept until a command changes peers or credentials. `undefined` is not kept. */
  cached<T>(key: string, load: () => T): T
}

/** What a scan reads: the tables, and how cursors into the log are written. */
export interface ScanReader extends Reader {
  /** The tag of this incarnation, part of every id and cursor. */
  readonly tag: string
  cursor(seq: number): string
}

export interface StoreOptions {
  readonly path: string
  readonly durability: Durability
  readonly clock: Clock
  readonly random: RandomBytes
  /** Where faults are injected by the simulation. */
  readonly driver?: OpenDriver
  /** Says why this is not the life in which the ids so far were minted, such as `restored`. */
  readonly reincarnate?: string
}

/** Entries of a few hundred bytes each. */
const MAX_CACHED = 20_000

/** The open database: statements, ids and counters. Only the commit pipeline writes through it. */
export class Store implements ScanReader {
  readonly db: Database.Database
  readonly durability: Durability
  /** The tag of this incarnation, part of every id and cursor that it mints. */
  readonly tag: string
  /** Why this incarnation began with this start; `undefined` where it goes on. */
  readonly begunBecause: string | undefined
  readonly #inFile: boolean
  readonly #unlock: () => void
  readonly #statements: Statements
  readonly #counters = new Map<CounterKind, number>()
  readonly #dirtyCounters = new Set<CounterKind>()
  readonly #cache = new Map<string, unknown>()
  #cacheable = true
  #peerChanges = 0
  readonly #incarnations: Incarnations

  constructor(options: StoreOptions) {
    const { path, durability } = options
    this.durability = durability
    this.#inFile = path !== ':memory:'
    let [unlock, db]: [() => void, Database.Database | undefined] = [() => undefined, undefined]
    try {
      if (this.#inFile) unlock = lockDatabase(path)
      const before = logTraces(path)
      db = openDatabase(path, durability, options.driver)
      this.#unlock = unlock
      this.db = db
      this.#statements = new Statements(db)
      this.reloadCounters()
      this.#incarnations = new Incarnations(this.all<IncarnationRow>(INCARNATIONS))
      this.begunBecause = this.#whyAnother(options, before)
      this.tag = this.begunBecause === undefined ? (this.#incarnations.living as string) : this.#mintIncarnation(options, this.begunBecause)
      if (this.#inFile) markRunning(this.db, durability)
    } catch (error) {
      db?.close()
      unlock()
      throw explained(error, path)
    }
  }

  /** Whether the database lives on a copy of itself, behind which numbers may have been given out that it does not know of. */
  get isCopy(): boolean {
    return this.#incarnations.hasPast
  }

  get<Row>(sql: string, ...values: readonly Value[]): Row | undefined {
    return this.#statements.get<Row>(sql, ...values)
  }

  all<Row>(sql: string, ...values: readonly Value[]): Row[] {
    return this.#statements.all<Row>(sql, ...values)
  }

  cached<T>(key: string, load: () => T): T {
    if (!this.#cacheable) return load()
    let value = this.#cache.get(key) as T | undefined
    if (value === undefined) {
      value = load()
      if (this.#cache.size >= MAX_CACHED) this.#cache.clear()
      if (value !== undefined) this.#cache.set(key, value)
    }
    return value
  }

  /** A command of this batch changes what is cached: until the batch has ended either way, everything is read from its tables. */
  suspendCache(): void {
    this.#peerChanges += 1
    this.#cacheable = false
    this.#cache.clear()
  }

  /** Counts the commands that changed peers, grants or credentials since the start. */
  get peerChanges(): number {
    return this.#peerChanges
  }

  resumeCache(): void {
    this.#cacheable = true
  }

  /** @returns the number of rows changed */
  unsafeRun(sql: string, ...values: readonly Value[]): number {
    return this.#statements.run(sql, ...values)
  }

  id(kind: IdKind, number: number): string {
    return encodeId(kind, this.#incarnations.tagOf(kind, number), number)
  }

  cursor(seq: number): string {
    return encodeCursor(this.tag, seq)
  }

  number(kind: IdKind, id: string): number {
    return this.#incarnations.numberOf(kind, id)
  }

  isUndone(id: string): boolean {
    const decoded = decodeId(id)
    return decoded !== undefined && this.#incarnations.isUndone(decoded.kind, decoded.tag, decoded.number)
  }

  /** The next `count` numbers of a kind; returns the first. Numbers taken by a command that fails are never given out again. */
  take(kind: CounterKind, count = 1): number {
    const last = this.#counters.get(kind) ?? 0
    this.#counters.set(kind, last + count)
    this.#dirtyCounters.add(kind)
    return last + 1
  }

  last(kind: CounterKind): number {
    return this.#counters.get(kind) ?? 0
  }

  /** Writes the counters that moved; the pipeline calls it once a batch, before COMMIT. */
  saveCounters(): void {
    for (const kind of this.#dirtyCounters) this.unsafeRun('INSERT OR REPLACE INTO counters (kind, last) VALUES (?, ?)', kind, this.last(kind))
    this.#dirtyCounters.clear()
  }

  /** After a failed commit: the counters on disk count, unless ours are already further (a number is never reused). */
  reloadCounters(): void {
    for (const { kind, last } of this.all<{ kind: CounterKind; last: number }>('SELECT kind, last FROM counters')) {
      this.#counters.set(kind, Math.max(last, this.last(kind)))
    }
    for (const kind of this.#counters.keys()) this.#dirtyCounters.add(kind)
  }

  close(): void {
    this.#statements.clear()
    if (this.#inFile) unmarkRunning(this.db)
    this.db.close()
    this.#unlock()
  }

  /** Why this is not the life of before; `undefined` where it goes on. A copy shows itself by its inode. */
  #whyAnother({ path, reincarnate }: StoreOptions, before: LogTraces): string | undefined {
    if (reincarnate !== undefined) return reincarnate
    if (this.#incarnations.living === undefined) return 'created'
    const known = this.get<{ value: string }>("SELECT value FROM meta WHERE key = 'file'")?.value
    if (known !== fileIdentity(path)) return 'the file was copied or moved'
    return this.#inFile ? whyIncomplete(this.db, path, before) : undefined
  }

  #mintIncarnation({ path, random, clock }: StoreOptions, reason: string): string {
    const tag = tagFrom(random(8))
    const previous = this.#incarnations.living
    const ceilings = this.#incarnations.begin(tag, (kind) => this.last(kind))
    this.db.transaction(() => {
      if (previous) this.unsafeRun('UPDATE incarnations SET ceilings = ? WHERE tag = ?', ceilings, previous)
      // Their order is that of their times, also where the clock was set back.
      const after = this.get<{ at: number | null }>('SELECT max(minted_at) AS at FROM incarnations')?.at ?? 0
      this.unsafeRun('INSERT INTO incarnations (tag, minted_at, reason) VALUES (?, ?, ?)', tag, Math.max(clock.wallMs(), after + 1), reason)
      this.unsafeRun("INSERT OR REPLACE INTO meta (key, value) VALUES ('file', ?)", fileIdentity(path))
    })()
    return tag
  }
}
