import { statSync } from 'node:fs'
import type Database from 'better-sqlite3'
import { MusterError } from '../../src/errors.ts'
import { decodeId, ID_KINDS, type IdKind } from '../../src/ids.ts'

/** The last number of each kind that a life had given out when it ended. */
type Ceilings = Readonly<Partial<Record<IdKind, number>>>

export interface IncarnationRow {
  readonly tag: string
  readonly ceilings: string | null
}

/** In the order of their lives, the living one last. Each began at least a millisecond after the one before it. */
export const INCARNATIONS = 'SELECT tag, ceilings FROM incarnations ORDER BY minted_at'

/** The tag of the life that goes on. */
export const LIVING = 'SELECT tag FROM incarnations WHERE ceilings IS NULL'

/**
 * The lives of a database: one from its creation on, and another after each restore, copy or move. A number belongs to the
 * life that gave it out, so an id stays the same for good; and what a restore has undone can never be taken for what has its
 * number since.
 */
export class Incarnations {
  readonly #past: { readonly tag: string; readonly ceilings: Ceilings }[] = []
  #living: string | undefined
  /** The last numbers of all past lives; whatever is above them is of the living one. */
  readonly #floor: Partial<Record<IdKind, number>> = {}

  constructor(rows: readonly IncarnationRow[]) {
    for (const { tag, ceilings } of rows) {
      if (ceilings === null) this.#living = tag
      else this.#bury(tag, JSON.parse(ceilings) as Ceilings)
    }
  }

  /** The tag of the life that goes on; `undefined` in a database that was only just created. */
  get living(): string | undefined {
    return this.#living
  }

  /** Whether there was another life before: this one goes on from a copy. */
  get hasPast(): boolean {
    return this.#past.length > 0
  }

  /** The life that gave out a number. */
  tagOf(kind: IdKind, number: number): string {
    if (number > (this.#floor[kind] ?? 0)) return this.#living as string
    return this.#past.find(({ ceilings }) => number <= (ceilings[kind] ?? 0))?.tag ?? (this.#living as string)
  }

  /** Whether a number was given out under a tag, or may be, in what this database has lived through. */
  holds(kind: IdKind, tag: string, number: number): boolean {
    return tag === this.#living || number <= (this.#past.find((life) => life.tag === tag)?.ceilings[kind] ?? 0)
  }

  /**
   * The number behind an id of this or an earlier life.
   *
   * @throws MusterError `not_found` when it was minted elsewhere, or in an earlier life behind the copy that this one lives on
   */
  numberOf(kind: IdKind, id: string): number {
    const decoded = decodeId(id)
    if (decoded?.kind === kind && this.holds(kind, decoded.tag, decoded.number)) return decoded.number
    throw new MusterError('not_found', { id })
  }

  /** Whether an id was given out behind the copy that this life began with. */
  isUndone(kind: IdKind, tag: string, number: number): boolean {
    return !this.holds(kind, tag, number) && this.#past.some((life) => life.tag === tag)
  }

  /** Ends the living one, at these last numbers, and begins another. Returns the ceilings to be stored. */
  begin(tag: string, last: (kind: IdKind) => number): string {
    const ceilings = Object.fromEntries((Object.keys(ID_KINDS) as IdKind[]).map((kind) => [kind, last(kind)]))
    if (this.#living !== undefined) this.#bury(this.#living, ceilings)
    this.#living = tag
    return JSON.stringify(ceilings)
  }

  #bury(tag: string, ceilings: Ceilings): void {
    this.#past.push({ tag, ceilings })
    for (const [kind, last] of Object.entries(ceilings) as [IdKind, number][]) this.#floor[kind] = Math.max(last, this.#floor[kind] ?? 0)
  }
}

/** Takes note of lives that began behind a backup: nothing that was given out in them is known here. */
export function adoptLives(db: Database.Database, lives: readonly IncarnationRow[]): void {
  const adopt = db.prepare(
    "INSERT OR IGNORE INTO incarnations (tag, minted_at, reason, ceilings) SELECT ?, max(minted_at) + 1, 'undone by a restore', '{}' FROM incarnations",
  )
  for (const { tag } of lives) adopt.run(tag)
}

/** Tells a file from its copies. */
export function fileIdentity(path: string): string {
  if (path === ':memory:') return path
  const { dev, ino } = statSync(path)
  return `${dev}:${ino}`
}
