import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { processStart } from './process-start.ts'

/** The process that runs a service, written down as soon as it is there: a daemon that was killed cannot say what it left. */
export class ProcessRecord {
  readonly #path: string

  constructor(folder: string, service: string) {
    this.#path = `${folder}/${service}.json`
  }

  write(pid: number): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
    const temporary = `${this.#path}.${process.pid}.tmp`
    writeFileSync(temporary, `${JSON.stringify({ pid, startedAt: processStart(pid) ?? null })}\n`, { mode: 0o600 })
    renameSync(temporary, this.#path)
  }

  clear(): void {
    rmSync(this.#path, { force: true })
  }

  /** The recorded process, if that very one still runs; another one of the same id started at another time. */
  leftOver(): number | undefined {
    try {
      const { pid, startedAt } = JSON.parse(readFileSync(this.#path, 'utf8')) as { readonly pid: unknown; readonly startedAt: unknown }
      if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 1) return undefined
      return typeof startedAt === 'string' && processStart(pid) === startedAt ? pid : undefined
    } catch {
      // None was recorded, or half of a record: a process is told what to do only behind a whole one.
      return undefined
    }
  }

  /** Ends it and what it has started, looking once more whether it is that one. */
  killLeftOver(): void {
    const pid = this.leftOver()
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL')
    } catch {
      // It has gone in this moment.
    }
  }
}
