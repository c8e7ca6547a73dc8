import type { BackupTask, BackupWriter } from '../../daemon/backups/index.ts'
import type { Clock } from '../../daemon/clock.ts'
import { type Core, createCore } from '../../daemon/core.ts'
import { formatTime } from '../../src/time.ts'
import type { MemoryContents } from '../support/memory-contents.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'
import type { Disk, Holder } from './disk.ts'
import type { Random } from './random.ts'

export interface LifeOptions {
  readonly clock: VirtualClock
  readonly disk: Disk
  readonly random: Random
  readonly contents: MemoryContents
  readonly onFatal: () => void
  readonly onUnexpected: (error: unknown, message: string) => void
  readonly reincarnate?: string
}

/** One process of the daemon, from its start to its end. What it has set dies with it. */
export class Life implements Holder {
  dead = false
  readonly core: Core
  readonly #clock: VirtualClock
  readonly #timers = new Set<() => void>()

  constructor(options: LifeOptions) {
    this.#clock = options.clock
    const ignore = () => undefined
    const error = ({ err }: { err?: unknown }, message: string) => options.onUnexpected(err, message)
    this.core = createCore({
      path: options.disk.path,
      files: options.contents,
      durability: 'full',
      node: 'simulated',
      zone: 'UTC',
      version: '0.0.0',
      clock: this.#ownClock(),
      random: options.random.bytes,
      log: { info: ignore, warn: ignore, debug: ignore, error } as never,
      onFatal: options.onFatal,
      driver: options.disk.driverFor(this),
      backupWriter: (task) => this.#backUp(options, task),
      ...(options.reincarnate !== undefined && { reincarnate: options.reincarnate }),
    })
    options.disk.watch()
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.size
  }

  /** Nothing of this process runs any more. */
  die(): void {
    this.dead = true
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }

  /** SQLite's own copy of a database in memory, in the place of files and threads. */
  #backUp({ disk, contents }: LifeOptions, { target, node, version }: BackupTask): ReturnType<BackupWriter> {
    if (this.dead) return Promise.reject(new Error('the process is gone'))
    disk.backUp()
    disk.contents = new Map(contents.kept)
    const database = { bytes: disk.copy?.length ?? 0, sha256: '' }
    const facts = { createdAt: formatTime(this.#clock.wallMs()), incarnation: this.core.store.tag, schema: 0, node, version }
    return Promise.resolve({ path: target, manifest: { v: 1, kind: 'muster-backup', ...facts, database, artifacts: [] } })
  }

  #ownClock(): Clock {
    return {
      wallMs: this.#clock.wallMs,
      monoMs: this.#clock.monoMs,
      soon: (fn) => this.#clock.soon(() => (this.dead ? undefined : fn())),
      setTimer: (fn, ms) => {
        const cancel = this.#clock.setTimer(() => {
          this.#timers.delete(cancel)
          if (!this.dead) fn()
        }, ms)
        this.#timers.add(cancel)
        return () => {
          this.#timers.delete(cancel)
          cancel()
        }
      },
    }
  }
}
