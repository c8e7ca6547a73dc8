import { isSameCommit } from '../../src/review-subjects.ts'
import type { Part } from '../services/run-service.ts'
import { ForgeError } from './forge.ts'
import { RepositoryError } from './repositories.ts'
import type { Facts, Subject } from './subjects.ts'

/** What passes time for the observer. */
export interface LaneClock {
  /** Milliseconds that only go forward: backoffs and limits must not last longer because the calendar was put back. */
  now(): number
  /** Epoch milliseconds. */
  wallMs(): number
  /** Runs `fn` once, after `ms`; returns what cancels it. */
  setTimer(fn: () => void, ms: number): () => void
  /** From 0 up to, but not including, 1. */
  random(): number
}

export interface LaneOptions {
  /** Of the forge, or what it is. */
  readonly name: string
  /** How often a subject is looked at while something happens to it. */
  readonly everyMs: number
  readonly clock: LaneClock
  readonly signal: AbortSignal
  readonly look: (subject: Subject, signal: AbortSignal) => Promise<Facts>
  /** Tells the daemon; resolves once it has taken it. */
  readonly report: (subject: Subject, facts: Facts, at: number) => Promise<void>
  /** How it goes is not what it was. */
  readonly onState: () => void
  /** More about how it goes. */
  readonly detail?: () => string | undefined
}

interface Tracked {
  subject: Subject
  dueAt: number
  /** Looks in a row that showed nothing new. */
  quiet: number
  failures: number
  problem: string | undefined
  busy: boolean
  /** What was reported last, without what changed before it. */
  reported: string | undefined
  reportedHead: string | undefined
}

const AT_ONCE = 4
/** A subject to which nothing happens is looked at less and less often, down to this share. */
const QUIET_GROWTH = 1.5
const MAX_QUIET = 10
const LONGEST_BACKOFF_MS = 1_800_000
const JITTER = 0.1

/** The subjects of one forge, or of all repositories here: looks at each when it is due, and leaves the forge alone when that wants it. */
export class Lane {
  readonly #options: LaneOptions
  readonly #tracked = new Map<string, Tracked>()
  #pausedUntil = 0
  #failures = 0
  /** What `onState` was called for last. */
  #told = ''
  #state: Omit<Part, 'name'>
  #stopTimer = (): void => undefined

  constructor(options: LaneOptions) {
    this.#options = options
    this.#state = { state: 'ok', says: 'nothing to look at yet', at: this.#at() }
    options.signal.addEventListener('abort', () => this.#stopTimer(), { once: true })
  }

  get part(): Part {
    const detail = this.#options.detail?.()
    const { state, says, at } = this.#state
    return { name: this.#options.name, state, says: detail === undefined || state !== 'ok' ? says : `${says}; ${detail}`, at }
  }

  /** From now on these are looked at: new ones and those that somebody else has moved at once. */
  watch(subjects: readonly Subject[]): void {
    const wanted = new Map(subjects.map((subject) => [subject.review, subject]))
    for (const id of this.#tracked.keys()) if (!wanted.has(id)) this.#tracked.delete(id)
    for (const [id, subject] of wanted) {
      const tracked = this.#tracked.get(id)
      if (!tracked) this.#tracked.set(id, fresh(subject, this.#options.clock.now()))
      else {
        const { head } = subject
        const isNews = head !== undefined && head !== tracked.subject.head && !(tracked.reportedHead !== undefined && isSameCommit(head, tracked.reportedHead))
        tracked.subject = subject
        if (isNews) Object.assign(tracked, { dueAt: this.#options.clock.now(), quiet: 0, reported: undefined })
      }
    }
    this.#say()
    this.#arm()
  }

  #arm(): void {
    this.#stopTimer()
    this.#stopTimer = () => undefined
    if (this.#options.signal.aborted) return
    const all = [...this.#tracked.values()]
    const idle = all.filter(({ busy }) => !busy)
    if (idle.length === 0 || all.length - idle.length >= AT_ONCE) return
    const { clock } = this.#options
    const dueAt = Math.max(this.#pausedUntil, Math.min(...idle.map((tracked) => tracked.dueAt)))
    this.#stopTimer = clock.setTimer(() => this.#begin(), Math.max(0, dueAt - clock.now()))
  }

  /** Begins the looks that are due, the longest overdue first. */
  #begin(): void {
    const now = this.#options.clock.now()
    if (now >= this.#pausedUntil) {
      const all = [...this.#tracked.values()]
      const room = AT_ONCE - all.filter(({ busy }) => busy).length
      const due = all.filter((tracked) => !tracked.busy && tracked.dueAt <= now).sort((a, b) => a.dueAt - b.dueAt)
      for (const tracked of due.slice(0, room)) void this.#look(tracked)
    }
    this.#arm()
  }

  async #look(tracked: Tracked): Promise<void> {
    const { look, report, signal, clock } = this.#options
    const { subject } = tracked
    const startedAt = clock.wallMs()
    tracked.busy = true
    try {
      const facts = await look(subject, signal)
      const { changed: _changed, ...lasting } = facts
      const digest = JSON.stringify(lasting)
      tracked.quiet = digest === tracked.reported ? tracked.quiet + 1 : 0
      if (digest !== tracked.reported) {
        tracked.reportedHead = facts.head
        await report(subject, facts, startedAt)
        tracked.reported = digest
      }
      // Checks that run will end soon.
      if (facts.checks === 'pending') tracked.quiet = 0
      this.#went(tracked)
    } catch (error) {
      if (!signal.aborted) this.#failed(tracked, error)
    } finally {
      tracked.busy = false
      this.#say()
      this.#arm()
    }
  }

  #went(tracked: Tracked): void {
    const { clock, everyMs } = this.#options
    Object.assign(tracked, { failures: 0, problem: undefined })
    this.#failures = 0
    tracked.dueAt = clock.now() + this.#jittered(everyMs * Math.min(MAX_QUIET, QUIET_GROWTH ** tracked.quiet))
  }

  /** What is wrong with one subject keeps that one back; what is wrong with the forge, all of them. */
  #failed(tracked: Tracked, error: unknown): void {
    const { clock } = this.#options
    const problem = problemOf(error)
    const isOfAll = error instanceof ForgeError && ['limited', 'refused', 'unreachable'].includes(error.kind)
    if (!isOfAll) {
      tracked.problem = problem
      tracked.dueAt = clock.now() + this.#backoff(++tracked.failures)
      return
    }
    // Of several calls at the same time the first one that failed has said it.
    if (clock.now() < this.#pausedUntil) return
    this.#failures += error.kind === 'limited' ? 0 : 1
    this.#pausedUntil = Math.max(error.retryAt ?? 0, clock.now() + this.#backoff(Math.max(1, this.#failures)))
    this.#become(error.kind === 'limited' ? 'waiting' : 'failing', `${problem}; the next look is at ${this.#at(this.#pausedUntil - clock.now())}`)
  }

  #backoff(failures: number): number {
    return this.#jittered(Math.min(LONGEST_BACKOFF_MS, this.#options.everyMs * 2 ** Math.min(failures, 20)))
  }

  #jittered(ms: number): number {
    return ms * (1 + JITTER * (2 * this.#options.clock.random() - 1))
  }

  #say(): void {
    if (this.#options.clock.now() < this.#pausedUntil) return
    const all = [...this.#tracked.values()]
    const problems = all.flatMap(({ problem, subject }) => (problem === undefined ? [] : [`${nameOf(subject)}: ${problem}`]))
    const watched = `looks at ${all.length}`
    if (problems.length === 0) this.#become('ok', watched)
    else this.#become('waiting', `${watched}, cannot look at ${problems.length}: ${problems[0]}`)
  }

  #become(state: Part['state'], says: string): void {
    this.#state = { state, says, at: this.#at() }
    const { at: _at, ...told } = this.part
    const text = JSON.stringify(told)
    if (text === this.#told) return
    this.#told = text
    this.#options.onState()
  }

  #at(inMs = 0): string {
    return new Date(this.#options.clock.wallMs() + inMs).toISOString()
  }
}

function fresh(subject: Subject, dueAt: number): Tracked {
  return { subject, dueAt, quiet: 0, failures: 0, problem: undefined, busy: false, reported: undefined, reportedHead: undefined }
}

function nameOf({ review, host, project, number, repository }: Subject): string {
  if (host !== undefined) return `${host}/${project}#${number}`
  return repository ?? review
}

function problemOf(error: unknown): string {
  if (error instanceof ForgeError || error instanceof RepositoryError) return error.message
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return `${error.name} ${error.code}`
  return error instanceof Error ? error.name : 'failed'
}
