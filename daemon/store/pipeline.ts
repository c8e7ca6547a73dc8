import { ERRORS, MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Clock } from '../clock.ts'
import { sqliteCode } from './sqlite-code.ts'
import type { Store } from './store.ts'
import { Tx } from './transaction.ts'

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: MusterError }

export interface PipelineOptions {
  readonly store: Store
  readonly clock: Clock
  /** Called once when COMMIT failed with an I/O error: what is on the disk is unknown, so the process must stop and recover. */
  readonly onFatal: (error: unknown) => void
  /** An error that no handler foresaw; the caller was told `internal`. */
  readonly onUnexpected: (error: unknown) => void
}

export interface PipelineStats {
  batches: number
  commands: number
  failures: number
}

interface Job {
  readonly run: (tx: Tx) => unknown
  readonly settle: (outcome: Outcome<never>) => void
  outcome?: Outcome<unknown>
  effects?: (() => void)[]
  firstEffects?: (() => void)[]
}

/** How long the pipeline refuses writes after a full disk before it tries again. */
const FULL_DISK_RETRY_MS = 5_000

/**
 * The only way to write. All commands that arrive in one turn of the event loop run one after another inside one
 * transaction, so that one flush of the log serves them all. A command that fails takes nothing else down with it.
 *
 * Ordering: outcomes and effects run after COMMIT, in command order, each outcome before the effects of its command.
 */
export class Pipeline {
  readonly stats: PipelineStats = { batches: 0, commands: 0, failures: 0 }
  readonly #options: PipelineOptions
  readonly #afterBatch: (() => void)[] = []
  #queue: Job[] = []
  #scheduled = false
  #stopped = false
  #readOnlyUntil: number | undefined

  constructor(options: PipelineOptions) {
    this.#options = options
  }

  /** Whether the disk was full at the last try. */
  get readOnly(): boolean {
    return this.#readOnlyUntil !== undefined
  }

  /** Registers work that runs after the effects of every batch. */
  afterBatch(fn: () => void): void {
    this.#afterBatch.push(fn)
  }

  /** Queues a command. `settle` is called exactly once, after the commit that it is part of. */
  submit<T>(run: (tx: Tx) => T, settle: (outcome: Outcome<T>) => void): void {
    if (this.#stopped) return settle({ ok: false, error: new MusterError('shutting_down') })
    this.#queue.push({ run, settle: settle as Job['settle'] })
    if (!this.#scheduled) {
      this.#scheduled = true
      this.#options.clock.soon(() => this.#turn())
    }
  }

  /** {@link submit} as a promise. */
  execute<T>(run: (tx: Tx) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.submit(run, (outcome) => (outcome.ok ? resolve(outcome.value) : reject(outcome.error)))
    })
  }

  /** Runs what is queued now, including what that queues. */
  flush(): void {
    while (this.#queue.length > 0 && !this.#stopped) this.#runBatch()
  }

  /** Runs what is queued and refuses everything after it. */
  stop(): void {
    this.flush()
    this.#stopped = true
  }

  /** Forgets what is queued, as a crash would. */
  abandon(): void {
    this.#stopped = true
    this.#queue = []
  }

  #turn(): void {
    this.#scheduled = false
    if (this.#stopped) return
    this.#runBatch()
    if (this.#queue.length > 0 && !this.#scheduled) {
      this.#scheduled = true
      this.#options.clock.soon(() => this.#turn())
    }
  }

  #runBatch(): void {
    const jobs = this.#commitBatch()
    this.stats.batches += 1
    for (const job of jobs) for (const effect of job.firstEffects ?? []) this.#guard(effect)
    for (const job of jobs) {
      this.stats.commands += 1
      this.#guard(() => job.settle(job.outcome as Outcome<never>))
      for (const effect of job.effects ?? []) this.#guard(effect)
    }
    for (const fn of this.#afterBatch) this.#guard(fn)
  }

  /** Runs and commits one batch; on return every job has its outcome. */
  #commitBatch(): Job[] {
    const { store, clock } = this.#options
    const refusal = this.#refusal()
    if (refusal) return this.#failAll(this.#queue.splice(0), refusal)
    const jobs: Job[] = []
    try {
      store.unsafeRun('BEGIN IMMEDIATE')
      const startedAt = clock.monoMs()
      const now = clock.wallMs()
      let careful = false
      while (this.#queue.length > 0 && jobs.length < LIMITS.batchOperations && clock.monoMs() - startedAt < LIMITS.batchMs) {
        const job = this.#queue.shift() as Job
        jobs.push(job)
        if (this.#runJob(job, now, careful)) continue
        careful = true
        this.#runAgain(jobs, now)
      }
      store.saveCounters()
      this.#commit()
      this.#readOnlyUntil = undefined
      store.resumeCache()
      return jobs
    } catch (error) {
      if (jobs.length === 0) jobs.push(...this.#queue.splice(0, LIMITS.batchOperations))
      return this.#batchFailed(jobs, error)
    }
  }

  /**
   * Runs one command, in a savepoint of its own if `careful`. Most commands succeed or fail before they write anything, and
   * a savepoint costs as much as two statements and a copy of every page that follows it.
   *
   * @returns false when the command failed after writing and only the whole transaction can be undone
   */
  #runJob(job: Job, now: number, careful: boolean): boolean {
    const { store } = this.#options
    const tx = new Tx(store, now)
    if (careful) store.unsafeRun('SAVEPOINT command')
    try {
      job.outcome = { ok: true, value: job.run(tx) }
      job.effects = tx.effects
      job.firstEffects = tx.firstEffects
    } catch (error) {
      // SQLite ends the whole transaction by itself after some errors (https://www.sqlite.org/lang_transaction.html).
      if (!store.db.inTransaction || isFullDisk(error)) throw error
      if (tx.hasWritten && !careful) return false
      if (careful) store.unsafeRun('ROLLBACK TO command')
      job.effects = tx.failureEffects
      delete job.firstEffects
      job.outcome = { ok: false, error: this.#asMusterError(error) }
    }
    if (careful) store.unsafeRun('RELEASE command')
    return true
  }

  /** Undoes the batch so far and runs its commands again, each in a savepoint: they are functions of the database, so only their numbers differ. */
  #runAgain(jobs: readonly Job[], now: number): void {
    const { store } = this.#options
    store.unsafeRun('ROLLBACK')
    store.unsafeRun('BEGIN IMMEDIATE')
    for (const job of jobs) this.#runJob(job, now, true)
  }

  #commit(): void {
    try {
      this.#options.store.unsafeRun('COMMIT')
    } catch (error) {
      if (isIoError(error)) {
        this.#stopped = true
        this.#options.onFatal(error)
      }
      throw error
    }
  }

  #batchFailed(jobs: Job[], error: unknown): Job[] {
    const { store, clock } = this.#options
    this.stats.failures += 1
    if (!this.#stopped && store.db.inTransaction) store.unsafeRun('ROLLBACK')
    if (!this.#stopped) store.reloadCounters()
    store.resumeCache()
    if (isFullDisk(error)) this.#readOnlyUntil = clock.monoMs() + FULL_DISK_RETRY_MS
    else this.#options.onUnexpected(error)
    return this.#failAll(jobs, new MusterError(isFullDisk(error) ? 'read_only' : 'unavailable', {}, { cause: error }))
  }

  #failAll(jobs: Job[], error: MusterError): Job[] {
    for (const job of jobs) {
      job.outcome = { ok: false, error }
      delete job.effects
      delete job.firstEffects
    }
    return jobs
  }

  #refusal(): MusterError | undefined {
    const waiting = this.#readOnlyUntil !== undefined && this.#options.clock.monoMs() < this.#readOnlyUntil
    return waiting ? new MusterError('read_only', { hint: 'Free space on the disk that holds the database.' }) : undefined
  }

  #asMusterError(error: unknown): MusterError {
    if (error instanceof MusterError) return error
    this.#options.onUnexpected(error)
    return new MusterError('internal', {}, { message: ERRORS.internal.message, cause: error })
  }

  /** An effect is only an optimisation: one that throws must not keep the others from running. */
  #guard(fn: () => void): void {
    try {
      fn()
    } catch (error) {
      this.#options.onUnexpected(error)
    }
  }
}

function isFullDisk(error: unknown): boolean {
  return sqliteCode(error) === 'SQLITE_FULL'
}

function isIoError(error: unknown): boolean {
  return sqliteCode(error).startsWith('SQLITE_IOERR')
}
