import { type ChildProcess, fork, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { musterPaths } from '../../src/paths.ts'
import type { Report } from './wire.ts'

const END_WITHIN_MS = 5_000
const READY_WITHIN_MS = 15_000

export interface ProcessesOptions {
  readonly onReport: (report: Report) => void
  /** A process ended that nobody had told to. */
  readonly onUnexpectedEnd: (error: Error) => void
}

/** The processes of the demo and the temporary folder they live in. All of it is gone after {@link Processes.end}. */
export class Processes {
  readonly #options: ProcessesOptions
  readonly #home = mkdtempSync(join(tmpdir(), 'muster-demo-'))
  readonly #running = new Map<string, ChildProcess>()
  readonly #errors = new Map<ChildProcess, string>()
  #port = 0

  constructor(options: ProcessesOptions) {
    this.#options = options
    process.once('exit', this.#onExit)
  }

  get adminToken(): string {
    return readFileSync(musterPaths({ MUSTER_HOME: this.#home }, '').adminToken, 'utf8').trim()
  }

  pid(name: string): number {
    return this.#running.get(name)?.pid ?? 0
  }

  /** Starts the daemon on a free port the first time, and on the same one afterwards. Resolves with its address when it is ready. */
  async startDaemon(): Promise<string> {
    const child = spawn(process.execPath, [...process.execArgv, beside('../../daemon/bin')], { stdio: ['ignore', 'pipe', 'pipe'], env: this.#env() })
    this.#watch('daemon', child)
    const url = await readyUrl(child, () => this.#errors.get(child) ?? '')
    this.#port = Number(new URL(url).port)
    return url
  }

  /** @param enrolment where the local enrolment file does not allow the role */
  startActor(story: string, name: string, enrolment?: string): void {
    const env = { ...this.#env(), ...(enrolment && { MUSTER_TOKEN: enrolment }) }
    const child = fork(beside('peer'), [story, name], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env })
    this.#watch(name, child)
    child.on('message', (report: Report) => this.#options.onReport(report))
  }

  cue(name: string, cue: string): void {
    this.#running.get(name)?.send(cue)
  }

  /** `kill -9`: the process gets no chance to say goodbye. Resolves when it is gone. */
  async kill(name: string): Promise<void> {
    await this.#stop(name, 'SIGKILL')
  }

  /** Orderly, the actors before the daemon, and nothing stays. */
  async end(): Promise<void> {
    const actors = [...this.#running.keys()].filter((name) => name !== 'daemon')
    await Promise.all(actors.map((name) => this.#stop(name, 'SIGTERM')))
    await this.#stop('daemon', 'SIGTERM')
    process.off('exit', this.#onExit)
    rmSync(this.#home, { recursive: true, force: true })
  }

  /** What the caller's environment says of its own daemon is not for this one. */
  #env(): NodeJS.ProcessEnv {
    const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('MUSTER_')))
    return { ...env, MUSTER_HOME: this.#home, MUSTER_PORT: String(this.#port) }
  }

  #watch(name: string, child: ChildProcess): void {
    this.#running.set(name, child)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#errors.set(child, `${this.#errors.get(child) ?? ''}${text}`.slice(-2_000)))
    child.once('exit', (code, signal) => {
      if (this.#running.get(name) !== child) return
      this.#running.delete(name)
      this.#options.onUnexpectedEnd(new Error(`${name} ended with ${signal ?? `exit status ${code}`}: ${this.#errors.get(child) ?? ''}`))
    })
  }

  async #stop(name: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#running.get(name)
    if (!child) return
    this.#running.delete(name)
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill(signal)
    const impatience = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS)
    await ended
    clearTimeout(impatience)
  }

  /** The last resort, also after an uncaught error: nothing may outlive the demo. */
  readonly #onExit = (): void => {
    for (const child of this.#running.values()) child.kill('SIGKILL')
    rmSync(this.#home, { recursive: true, force: true })
  }
}

/** A file of this project beside this one: compiled where this is compiled. */
function beside(path: string): string {
  return fileURLToPath(new URL(`${path}${import.meta.url.endsWith('.js') ? '.js' : '.ts'}`, import.meta.url))
}

/** The address from the line that the daemon logs when it is ready. */
function readyUrl(child: ChildProcess, errors: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`The daemon ${why}: ${errors()}`))
    const late = setTimeout(() => fail(`was not ready within ${READY_WITHIN_MS} ms`), READY_WITHIN_MS)
    child.once('exit', (code) => fail(`ended with ${code} before it was ready`))
    child.once('exit', () => clearTimeout(late))
    if (!child.stdout) return fail('has no output')
    createInterface(child.stdout).on('line', (line) => {
      const { msg, url } = JSON.parse(line) as { msg?: string; url?: string }
      if (msg !== 'ready' || !url) return
      clearTimeout(late)
      resolve(url)
    })
  })
}
