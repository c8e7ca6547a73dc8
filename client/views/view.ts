import { type Board, boardMarkdown, nextAgeAt } from '../../src/board-markdown.ts'
import { MusterError } from '../../src/errors.ts'
import type { MusterPeer } from '../peer.ts'
import type { Part } from '../services/run-service.ts'
import { DashboardFileError } from './dashboard-file.ts'
import { FolderWatch } from './folder-watch.ts'
import { UserNotes } from './user-notes.ts'
import { FileWriter } from './writer.ts'

/** What happens within this is one reason to look. */
const SETTLE_MS = 50
/** At most one write in so long. */
const EVERY_MS = 500
/** While anything is open: that an ask was taken up is told by no event. */
const OPEN_MS = 60_000
/** After what did not work, where nothing happens before. */
const RETRY_MS = 60_000

export interface ViewOptions {
  readonly peer: MusterPeer
  readonly circle: string
  readonly path: string
  readonly onState: () => void
  readonly log: (says: string) => void
}

/** Keeps one dashboard file as the board of its circle is. It sleeps until something happens, or until one of the ages in it would read otherwise. */
export class View {
  readonly #options: ViewOptions
  readonly #writer: FileWriter
  readonly #watch: FolderWatch
  readonly #notes: UserNotes
  #timer: NodeJS.Timeout | undefined
  #dueAt = Number.POSITIVE_INFINITY
  #ranAt = Number.NEGATIVE_INFINITY
  #running: Promise<void> | undefined
  #isEnded = false
  #part: Part

  constructor(options: ViewOptions) {
    const { path, circle, peer, log } = options
    this.#options = options
    this.#part = { name: path, state: 'waiting', says: 'not looked at yet', at: now() }
    this.#notes = new UserNotes({ peer, circle, file: path, log, onState: () => this.#part.state === 'ok' && this.#become('ok', this.#showing()) })
    this.#writer = new FileWriter({ path, onNotes: (text) => this.#notes.read(text), onLate: () => this.want() })
    this.#watch = new FolderWatch(path, () => this.want())
  }

  get part(): Part {
    return this.#part
  }

  /** Something has happened that it may have to show. */
  want(): void {
    this.#at(Math.max(performance.now() + SETTLE_MS, this.#ranAt + EVERY_MS))
  }

  /** Somebody may lead now. */
  retryNotes(): void {
    this.#notes.retry()
  }

  async end(): Promise<void> {
    this.#isEnded = true
    clearTimeout(this.#timer)
    this.#watch.end()
    this.#notes.end()
    await this.#running
    await this.#writer.end()
  }

  /** Runs then, or as it was to before, whatever is sooner. */
  #at(at: number): void {
    if (this.#isEnded || at >= this.#dueAt) return
    this.#dueAt = at
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#start(), Math.max(0, at - performance.now()))
  }

  #start(): void {
    this.#dueAt = Number.POSITIVE_INFINITY
    // One at a time; it goes on when that one is done.
    this.#running = (this.#running ?? Promise.resolve()).then(() => this.#run())
  }

  async #run(): Promise<void> {
    if (this.#isEnded) return
    const { peer, circle } = this.#options
    try {
      // Before the look, so that no change falls between.
      this.#watch.renew()
      const board = await peer.call('board.get', { circle, since: startOfDay().toISOString() })
      const againMs = await this.#writer.write(boardMarkdown(board))
      this.#become(againMs === undefined ? 'ok' : 'waiting', againMs === undefined ? this.#showing() : 'somebody else is writing it')
      this.#ranAt = performance.now()
      this.#at(this.#ranAt + Math.min(againMs ?? Number.POSITIVE_INFINITY, sleepOf(board)))
    } catch (error) {
      this.#ranAt = performance.now()
      if (this.#isEnded || peer.status.state === 'closed') return
      this.#become('failing', whyOf(error, circle))
      this.#at(this.#ranAt + RETRY_MS)
    }
  }

  #showing(): string {
    return `shows ${this.#options.circle}${this.#notes.isWaiting ? '; its notes wait for somebody who leads' : ''}`
  }

  #become(state: Part['state'], says: string): void {
    if (this.#part.state === state && this.#part.says === says) return
    this.#part = { ...this.#part, state, says, at: now() }
    this.#options.onState()
  }
}

/** For how long a board stays as it reads, if nothing happens. */
function sleepOf(board: Board): number {
  const at = Date.parse(board.at)
  const { active, pending, ended } = board.counts
  const ages = (nextAgeAt(board, at) ?? Number.POSITIVE_INFINITY) - at
  const day = ended > 0 ? startOfDay(1).getTime() - Date.now() : Number.POSITIVE_INFINITY
  return Math.min(ages, day, active + pending > 0 ? OPEN_MS : Number.POSITIVE_INFINITY)
}

/** When a day of this machine's zone begins: today, or so many days on. */
function startOfDay(days = 0): Date {
  const date = new Date()
  date.setHours(0, 0, 0, 0)
  date.setDate(date.getDate() + days)
  return date
}

function whyOf(error: unknown, circle: string): string {
  if (error instanceof DashboardFileError) return error.message
  if (error instanceof MusterError) return error.code === 'not_found' ? `there is no circle ${circle}` : `the daemon says ${error.code}`
  return 'the daemon does not answer'
}

function now(): string {
  return new Date().toISOString()
}
