import { Worker } from 'node:worker_threads'
import { type ErrorData, MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Caller } from '../caller.ts'
import type { Clock } from '../clock.ts'
import type { Outcome } from '../store/pipeline.ts'
import type { ScanJob } from './handlers.ts'
import type { ScanPort } from './port.ts'

export interface ScanRequest {
  readonly id: number
  readonly job: ScanJob
}

/** What was found travels as JSON: to copy it as objects from thread to thread takes five times as long. */
export type ScanAnswer =
  | { readonly id: number; readonly json: string }
  | { readonly id: number; readonly refused: ErrorData }
  | { readonly id: number; readonly failed: string; readonly code: string }

export interface WorkerScansOptions {
  /** The file of the database. */
  readonly path: string
  readonly clock: Clock
  /** A scan failed in a way that nobody foresaw; its caller was told `internal`. */
  readonly onUnexpected: (error: unknown) => void
}

interface Waiting {
  readonly job: ScanJob
  readonly settle: (outcome: Outcome<unknown>) => void
}

interface Running extends Waiting {
  readonly id: number
  readonly cancelTimer: () => void
}

/** Memory of the thread beyond which its scan is given up. */
const MAX_HEAP_MB = 256
/** How long a stop waits for a thread that is inside SQLite, where nothing can interrupt it. */
const FAREWELL_MS = 1_000

/**
 * Scans in a worker thread, one at a time, in the order in which they came. The thread starts with the first scan and ends
 * after a minute without one, so a daemon in which nobody searches pays for none.
 *
 * SQLite has no way to be interrupted through its driver. A scan that is over its time is answered, its thread is abandoned to
 * end by itself as soon as SQLite returns, and the next scan gets a fresh one.
 */
export class WorkerScans implements ScanPort {
  readonly #options: WorkerScansOptions
  readonly #queue: Waiting[] = []
  readonly #ending = new Set<Promise<unknown>>()
  #worker: Worker | undefined
  #running: Running | undefined
  #cancelIdle: () => void = () => undefined
  #lastId = 0
  #closing: Promise<void> | undefined

  constructor(options: WorkerScansOptions) {
    this.#options = options
  }

  /** Whether a thread is there to scan. */
  get started(): boolean {
    return this.#worker !== undefined
  }

  run(job: ScanJob, settle: (outcome: Outcome<unknown>) => void): void {
    const refusal = this.#refusal(job.caller)
    if (refusal) return this.#options.clock.soon(() => settle({ ok: false, error: refusal }))
    this.#queue.push({ job, settle })
    this.#next()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #refusal(caller: Caller): MusterError | undefined {
    if (this.#closing !== undefined) return new MusterError('shutting_down')
    const all = this.#running ? [this.#running, ...this.#queue] : this.#queue
    const own = all.filter(({ job }) => keyOf(job.caller) === keyOf(caller)).length
    if (own < LIMITS.maxScansPerCaller && this.#queue.length < LIMITS.maxScansWaiting) return undefined
    const limit = own >= LIMITS.maxScansPerCaller ? LIMITS.maxScansPerCaller : LIMITS.maxScansWaiting
    return new MusterError('too_many_requests', { limit, hint: 'Wait for answers first.' }, { message: 'Too many searches are waiting.' })
  }

  #next(): void {
    const next = this.#running ? undefined : this.#queue.shift()
    if (!next) return
    this.#cancelIdle()
    const id = ++this.#lastId
    const cancelTimer = this.#options.clock.setTimer(() => this.#tooLong(), LIMITS.scanMs)
    this.#running = { ...next, id, cancelTimer }
    this.#worker ??= this.#start()
    this.#worker.postMessage({ id, job: next.job } satisfies ScanRequest)
  }

  #start(): Worker {
    const worker = newWorker(this.#options.path)
    worker.on('message', (answer: ScanAnswer) => this.#onAnswer(answer))
    const onLost = (error: unknown) => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#options.onUnexpected(error)
      this.#settle({
        ok: false,
        error: new MusterError('unavailable', { hint: 'Try again, or ask for less.' }, { message: 'The search ended before its time.' }),
      })
    }
    worker.on('error', onLost)
    worker.on('exit', (code) => onLost(new Error(`The thread of the scans ended with ${code}`)))
    return worker
  }

  #onAnswer(answer: ScanAnswer): void {
    // One that came too late has been answered.
    if (answer.id !== this.#running?.id) return
    if ('json' in answer) return this.#settle({ ok: true, value: JSON.parse(answer.json) })
    if ('refused' in answer) return this.#settle({ ok: false, error: MusterError.fromData(answer.refused) })
    const error = Object.assign(new Error(answer.failed), { code: answer.code })
    this.#options.onUnexpected(error)
    this.#settle({ ok: false, error: new MusterError('internal', {}, { cause: error }) })
  }

  #tooLong(): void {
    this.#abandon()
    this.#settle({ ok: false, error: new MusterError('scan_timeout', { limit: LIMITS.scanMs, hint: 'Ask for less: more or longer words, a shorter time.' }) })
  }

  #settle(outcome: Outcome<unknown>): void {
    const { settle, cancelTimer } = this.#running ?? {}
    this.#running = undefined
    cancelTimer?.()
    settle?.(outcome)
    this.#next()
    if (!this.#running && this.#worker) this.#cancelIdle = this.#options.clock.setTimer(() => this.#abandon(), LIMITS.scanIdleMs)
  }

  /** Lets go of the thread, which ends as soon as it is not inside SQLite. */
  #abandon(): void {
    const worker = this.#worker
    this.#worker = undefined
    if (!worker) return
    const ended = worker.terminate().finally(() => this.#ending.delete(ended))
    this.#ending.add(ended)
  }

  async #close(): Promise<void> {
    this.#cancelIdle()
    const over = this.#running ? [this.#running, ...this.#queue] : [...this.#queue]
    this.#running?.cancelTimer()
    this.#running = undefined
    this.#queue.length = 0
    this.#abandon()
    for (const { settle } of over) settle({ ok: false, error: new MusterError('shutting_down') })
    let cancel = (): void => undefined
    const late = new Promise<void>((resolve) => {
      cancel = this.#options.clock.setTimer(resolve, FAREWELL_MS)
    })
    await Promise.race([Promise.all(this.#ending), late])
    cancel()
  }
}

function keyOf(caller: Caller): string {
  return caller.kind === 'enrolment' ? `enrolment ${caller.enrolmentId}` : `${caller.kind} ${caller.credentialId}`
}

/** The worker beside this file: compiled where this is compiled, through tsx where this is TypeScript. */
function newWorker(path: string): Worker {
  const options = { workerData: { path }, resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } }
  if (import.meta.url.endsWith('.js')) return new Worker(new URL('./worker.js', import.meta.url), options)
  const [tsx, entry] = [import.meta.resolve('tsx/esm/api'), new URL('./worker.ts', import.meta.url).href]
  const source = `import(${JSON.stringify(tsx)}).then(({ register }) => { register(); return import(${JSON.stringify(entry)}) })`
  return new Worker(source, { ...options, eval: true })
}
