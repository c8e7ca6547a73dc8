import { DashboardFileError, lateWords, look, replace, type Seen } from './dashboard-file.ts'
import { NEW_NOTES, notesIn, readContent } from './dashboard-text.ts'

/** A file that somebody else has written is left alone for so long: it may be half of what is to come. */
const REST_MS = 1_000
/** Somebody else may be quicker so often, before it waits. */
const ATTEMPTS = 5

export interface FileWriterOptions {
  readonly path: string
  /** What the user has written. */
  readonly onNotes: (text: string) => void
  /** A save that was under way while the file was replaced has come to its end. */
  readonly onLate: () => void
}

/** Writes the generated part of one file, and keeps the user's as it is. */
export class FileWriter {
  readonly #options: FileWriterOptions
  /** What this program has written, by which it knows its own change. */
  #own: { readonly inode: bigint; readonly changedAt: number; readonly users: Buffer } | undefined
  #missingSince: number | undefined
  #late: Buffer | undefined
  #replaced: { readonly seen: Seen; readonly timer: NodeJS.Timeout } | undefined

  constructor(options: FileWriterOptions) {
    this.#options = options
  }

  /**
   * @param generated up to the user's part, with a newline at its end
   * @returns `undefined` where the file says so now; otherwise in how many milliseconds to try again
   * @throws DashboardFileError where it is none that may be replaced, or cannot be written
   */
  async write(generated: string): Promise<number | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const seen = await look(this.#options.path)
      const done = await this.#writeOver(seen, generated).finally(() => seen !== this.#replaced?.seen && seen?.handle.close())
      if (done !== 'again') return done === 'done' ? undefined : done
    }
    return REST_MS
  }

  async end(): Promise<void> {
    await this.#letGo()
  }

  async #writeOver(seen: Seen | undefined, generated: string): Promise<'done' | 'again' | number> {
    const content = seen ? readContent(seen.bytes) : ({ kind: 'none' } as const)
    const restMs = this.#restOf(seen)
    if (content.kind === 'foreign') {
      if (restMs > 0 && this.#own) return restMs
      throw new DashboardFileError(content.why)
    }
    const users = content.kind === 'ours' ? this.#latest(content.users) : NEW_NOTES
    if (content.kind === 'ours') this.#options.onNotes(notesIn(users))
    const bytes = Buffer.concat([Buffer.from(`${generated}\n`), users])
    if (seen && bytes.equals(seen.bytes)) return 'done'
    if (restMs > 0) return restMs
    if (!(await replace(this.#options.path, seen, bytes))) return 'again'
    if (content.kind === 'none') this.#options.onNotes('')
    await this.#replacedBy(seen, users)
    return 'done'
  }

  /** For how long the file is to be left alone, since somebody else has changed it just now. */
  #restOf(seen: Seen | undefined): number {
    const now = Date.now()
    if (!seen) {
      // Some editors take the file away before they write it anew.
      if (!this.#own) return 0
      this.#missingSince ??= now
      return Math.max(0, REST_MS - (now - this.#missingSince))
    }
    this.#missingSince = undefined
    if (this.#own?.inode === seen.inode && this.#own.changedAt === seen.changedAt) return 0
    const age = now - seen.changedAt
    return age >= 0 && age < REST_MS ? REST_MS - age : 0
  }

  /** What was written late into the file before this one counts, unless this one was written to as well. */
  #latest(users: Buffer): Buffer {
    const late = this.#late
    this.#late = undefined
    return late && this.#own?.users.equals(users) ? late : users
  }

  async #replacedBy(seen: Seen | undefined, users: Buffer): Promise<void> {
    await this.#letGo()
    this.#missingSince = undefined
    const now = await look(this.#options.path)
    if (now) {
      this.#own = { inode: now.inode, changedAt: now.changedAt, users }
      await now.handle.close()
    }
    if (seen) this.#replaced = { seen, timer: setTimeout(() => void this.#letGo(), REST_MS) }
  }

  /** A last look at the file that was replaced: an editor that writes in place may have had it open. */
  async #letGo(): Promise<void> {
    const replaced = this.#replaced
    if (!replaced) return
    this.#replaced = undefined
    clearTimeout(replaced.timer)
    const late = await lateWords(replaced.seen).catch(() => undefined)
    await replaced.seen.handle.close()
    if (!late) return
    this.#late = late
    this.#options.onLate()
  }
}
