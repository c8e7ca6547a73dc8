import { closeSync, fstatSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

export interface LogFileOptions {
  readonly path: string
  /** A line that would make the file larger than this goes into a new one. */
  readonly maxBytes: number
  /** How many old files are kept, as `<path>.1` (the newest) to `<path>.<keep>`. */
  readonly keep: number
  readonly now?: () => number
}

/** How often a file that somebody moved away or removed is noticed. */
const LOOK_EVERY_MS = 1_000

/**
 * The daemon's own log file. Written line by line, each in the file before the call returns, so that a crash loses none. A full file is
 * renamed, never copied or cut: whoever follows it reads the old one to its end. A log that cannot be written must not stop what it
 * tells of: lines that the disk refuses are counted, and the next one that gets through says how many.
 */
export class LogFile {
  readonly #options: LogFileOptions
  readonly #now: () => number
  #fd: number | undefined
  #inode = 0
  #size = 0
  /** Grows where renaming fails, so that it is not tried with each line. */
  #limit: number
  #lookAt = 0
  #lost = 0
  #lastError = ''

  constructor(options: LogFileOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#limit = options.maxBytes
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 })
    this.#open()
  }

  /** Appends whole lines. Never throws. */
  write(lines: string): void {
    try {
      this.#append(Buffer.from(lines))
    } catch (error) {
      this.#lost += 1
      this.#lastError = (error as NodeJS.ErrnoException).code ?? String(error)
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #append(bytes: Buffer): void {
    if (this.#fd === undefined || this.#isElsewhere()) this.#open()
    if (this.#size > 0 && this.#size + bytes.length > this.#limit) this.#rotate()
    if (this.#lost > 0) {
      this.#writeAll(Buffer.from(`${JSON.stringify({ level: 40, time: this.#now(), lost: this.#lost, code: this.#lastError, msg: 'lines lost' })}\n`))
      this.#lost = 0
    }
    this.#writeAll(bytes)
  }

  #writeAll(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const written = writeSync(this.#fd as number, bytes, at)
      at += written
      this.#size += written
    }
  }

  /** Whether the path leads to another file than the one that is open, or to none. */
  #isElsewhere(): boolean {
    const now = this.#now()
    if (now < this.#lookAt && this.#lookAt - now <= LOOK_EVERY_MS) return false
    this.#lookAt = now + LOOK_EVERY_MS
    return statSync(this.#options.path, { throwIfNoEntry: false })?.ino !== this.#inode
  }

  #open(): void {
    const fd = openSync(this.#options.path, 'a', 0o600)
    this.close()
    this.#fd = fd
    const { ino, size } = fstatSync(fd)
    this.#inode = ino
    this.#size = size
    this.#limit = this.#options.maxBytes
  }

  #rotate(): void {
    const { path, keep, maxBytes } = this.#options
    try {
      // A daemon that starts beside this one, and ends since this one runs, may have rotated it already.
      if (statSync(path, { throwIfNoEntry: false })?.ino === this.#inode) makeRoom(path, keep)
      this.#open()
    } catch {
      this.#limit = this.#size + maxBytes
    }
  }
}

/** Moves each file one number up to the first that is free; without a free one, the last goes. */
function makeRoom(path: string, keep: number): void {
  const name = (number: number): string => (number === 0 ? path : `${path}.${number}`)
  let free = 1
  while (free < keep && statSync(name(free), { throwIfNoEntry: false })) free += 1
  for (let number = free; number > 0; number -= 1) renameSync(name(number - 1), name(number))
}
