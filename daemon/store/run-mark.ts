import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import type Database from 'better-sqlite3'
import type { Durability } from './database.ts'

/** What a running daemon leaves in its database until it stops in order. */
interface Mark {
  readonly durability: Durability
  readonly boot: string
}

/** What lay beside the database before it was opened. */
export interface LogTraces {
  readonly hadLog: boolean
  /** Pages in the log, as the index of SQLite counted them last; 0 where there is none. */
  readonly frames: number
}

export function logTraces(path: string): LogTraces {
  return { hadLog: existsSync(`${path}-wal`), frames: framesIn(`${path}-shm`) }
}

/**
 * Why what was accepted last may not be there, after a daemon that did not stop in order. What is lost cannot be brought back,
 * but its numbers must not be given out again under the ids of before: that is what another life is for.
 */
export function whyIncomplete(db: Database.Database, path: string, before: LogTraces): string | undefined {
  const value = db.prepare("SELECT value FROM meta WHERE key = 'running'").pluck().get() as string | undefined
  if (value === undefined) return undefined
  if (!before.hadLog) return 'the write-ahead log was gone'
  if (framesIn(`${path}-shm`) < before.frames) return 'the write-ahead log was cut or damaged'
  const { durability, boot } = JSON.parse(value) as Mark
  return durability === 'os' && boot !== bootId() ? 'the machine went down without durability full' : undefined
}

/** `mxFrame` of the index that SQLite keeps of the log, in the order of bytes of this machine (https://www.sqlite.org/walformat.html). */
const [INITIALISED_AT, FRAMES_AT, HEADER_BYTES] = [12, 16, 48]

function framesIn(path: string): number {
  if (!existsSync(path)) return 0
  const header = Buffer.alloc(HEADER_BYTES)
  const file = openSync(path, 'r')
  try {
    if (readSync(file, header, 0, HEADER_BYTES, 0) < HEADER_BYTES || header[INITIALISED_AT] !== 1) return 0
  } finally {
    closeSync(file)
  }
  return new Uint32Array(header.buffer, header.byteOffset + FRAMES_AT, 1)[0] ?? 0
}

/** Marks the database itself, not only its log. */
export function markRunning(db: Database.Database, durability: Durability): void {
  db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('running', ?)").run(JSON.stringify({ durability, boot: bootId() } satisfies Mark))
  db.pragma('wal_checkpoint(PASSIVE)')
}

/** The end in order. Where the disk refuses it, the next start takes this one for a crash, which is no harm. */
export function unmarkRunning(db: Database.Database): void {
  try {
    db.prepare("DELETE FROM meta WHERE key = 'running'").run()
  } catch {
    // As said above.
  }
}

/** Another after each start of the machine; the same for ever where the system does not tell. */
function bootId(): string {
  const file = '/proc/sys/kernel/random/boot_id'
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
}
