import { isAbsolute } from 'node:path'
import type { Output, Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { formatTime } from '../../src/time.ts'
import type { Clock } from '../clock.ts'
import { readNote, writeNote } from '../store/meta.ts'
import type { Outcome, Pipeline } from '../store/pipeline.ts'
import type { Reader } from '../store/store.ts'
import { BackupError } from './manifest.ts'
import { targetOf } from './rotation.ts'
import type { BackupProgress, BackupTask, WrittenBackup } from './write-backup.ts'

/** What writes one; it ends early, leaving nothing, when the signal fires. */
export type BackupWriter = (task: BackupTask, onProgress: (progress: BackupProgress) => void, signal: AbortSignal) => Promise<WrittenBackup>

export interface BackupsOptions {
  readonly write: BackupWriter
  readonly database: string
  readonly artifacts: string
  readonly node: string
  readonly version: string
  readonly clock: Clock
  readonly pipeline: Pipeline
  readonly log: { info(entry: object, text: string): void; warn(entry: object, text: string): void }
}

type Result = Output<'node.backup'>

/** Backups of the running daemon, one at a time. */
export class Backups {
  readonly #options: BackupsOptions
  #running: { readonly startedAt: number; progress: BackupProgress; readonly stop: AbortController } | undefined

  constructor(options: BackupsOptions) {
    this.#options = options
  }

  /** Writes one and settles when it is there and checked, or when nothing of it is left. */
  start(input: Parsed<'node.backup'>, settle: (outcome: Outcome<Result>) => void): void {
    this.#run(input).then(
      (value) => settle({ ok: true, value }),
      (error: unknown) => settle({ ok: false, error: asMusterError(error) }),
    )
  }

  /** The running one, and when the last one succeeded. */
  status(reader: Reader): Output<'node.status'>['backup'] {
    const running = this.#running
    return {
      running: running ? { startedAt: formatTime(running.startedAt), ...running.progress } : null,
      last: readNote<{ at: string; bytes: number }>(reader, 'backup') ?? null,
    }
  }

  /** Gives up the running one. */
  stop(): void {
    this.#running?.stop.abort()
  }

  async #run({ path, force, keep }: Parsed<'node.backup'>): Promise<Result> {
    if (!isAbsolute(path))
      throw new MusterError('invalid_input', { field: 'path', hint: 'Give the whole path, from the root on: the daemon runs in a folder of its own.' })
    if (this.#running) throw new MusterError('too_many_requests', { limit: 1, hint: 'Another backup is being written; node.status says how far it is.' })
    const { write, clock, log, database, artifacts, node, version } = this.#options
    const startedAt = clock.wallMs()
    const { target, rotate } = targetOf({ path, keep }, startedAt)
    const stop = new AbortController()
    const running = { startedAt, progress: { phase: 'database', done: 0 } as BackupProgress, stop }
    this.#running = running
    try {
      const task = { database, artifacts, node, version, force, target, now: startedAt }
      const { path: written, manifest } = await write(task, (progress) => (running.progress = progress), stop.signal)
      const result = { ...summaryOf(written, manifest), removed: rotate() }
      log.info({ path: written, bytes: result.bytes, removed: result.removed }, 'backup written')
      await this.#remember(manifest.createdAt, result.bytes)
      return result
    } catch (error) {
      log.warn({ path: target, err: error }, 'no backup was written')
      throw error
    } finally {
      this.#running = undefined
    }
  }

  async #remember(at: string, bytes: number): Promise<void> {
    // The backup is good, whether or not this can be written down.
    await this.#options.pipeline.execute((tx) => writeNote(tx, 'backup', { at, bytes })).catch(() => undefined)
  }
}

/** What is told of a backup: its manifest without the files one by one. */
export function summaryOf(
  path: string,
  { createdAt, version, node, incarnation, schema, database, artifacts }: WrittenBackup['manifest'],
): Omit<Result, 'removed'> {
  const bytes = artifacts.reduce((sum, file) => sum + file.bytes, database.bytes)
  return { path, createdAt, version, node, incarnation, schema, bytes, artifacts: artifacts.length }
}

function asMusterError(error: unknown): MusterError {
  if (error instanceof MusterError) return error
  if (error instanceof BackupError && error.code === 'refused') {
    return new MusterError('invalid_input', { field: 'path', hint: error.hint }, { message: error.message })
  }
  const hint = error instanceof BackupError ? error.hint : 'Nothing is left of it. Look at the room and the permissions where it was to be written.'
  const reason = error instanceof Error ? error.message : String(error)
  return new MusterError('backup_failed', { hint }, { message: `No backup was written: ${reason}`, cause: error })
}
