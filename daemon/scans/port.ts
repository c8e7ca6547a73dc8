import { MusterError } from '../../src/errors.ts'
import type { Clock } from '../clock.ts'
import type { Outcome } from '../store/pipeline.ts'
import type { ScanReader } from '../store/store.ts'
import { runScan, type ScanJob } from './handlers.ts'

/** Where scans run. */
export interface ScanPort {
  /** Runs a scan and settles once, never within this call. */
  run(job: ScanJob, settle: (outcome: Outcome<unknown>) => void): void
  /** Ends what runs and what waits with `shutting_down`, and takes nothing more. It may be called again. */
  close(): Promise<void>
}

/** Scans in this thread, one after the other: where the database is in memory, or time is simulated. */
export class InlineScans implements ScanPort {
  readonly #reader: ScanReader
  readonly #clock: Clock
  #closed = false

  constructor(reader: ScanReader, clock: Clock) {
    this.#reader = reader
    this.#clock = clock
  }

  run(job: ScanJob, settle: (outcome: Outcome<unknown>) => void): void {
    this.#clock.soon(() =>
      settle(this.#closed ? { ok: false, error: new MusterError('shutting_down') } : attempt(() => runScan(this.#reader, job, this.#clock.wallMs()))),
    )
  }

  async close(): Promise<void> {
    this.#closed = true
  }
}

function attempt(run: () => unknown): Outcome<unknown> {
  try {
    return { ok: true, value: run() }
  } catch (error) {
    return { ok: false, error: error instanceof MusterError ? error : new MusterError('internal', {}, { cause: error }) }
  }
}
