import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { run } from '../../client/cli/run.ts'
import { type MusterPaths, musterPaths } from '../../src/paths.ts'
import { ourProgram } from './our-program.ts'

const MUSTER = ourProgram('client/cli/main')

export interface Finished {
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface ProcessOptions {
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A folder of its own for a daemon and its peers, and the CLI as a process in it. */
export class CliHome {
  readonly folder: string
  readonly paths: MusterPaths

  private constructor(folder: string) {
    this.folder = folder
    this.paths = musterPaths({ MUSTER_HOME: folder }, folder)
  }

  static async make(): Promise<CliHome> {
    return new CliHome(await mkdtemp(join(tmpdir(), 'muster-cli-')))
  }

  /** Starts `muster <args>`. Nothing of the tests' own environment reaches it. */
  start(args: readonly string[], { stdin = '', env = {} }: ProcessOptions = {}): CliProcess {
    const child = spawn(process.execPath, [...MUSTER, ...args], {
      env: { PATH: process.env['PATH'], HOME: this.folder, MUSTER_HOME: this.folder, MUSTER_PORT: '0', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    child.stdin.end(stdin)
    return new CliProcess(child)
  }

  /** Runs `muster <args>` to its end. */
  async run(args: readonly string[], options?: ProcessOptions): Promise<Finished> {
    return await this.start(args, options).finished
  }

  /** Runs `muster <args>` in this process: the same code on the same files, without the cost of starting Node. */
  async runHere(args: readonly string[], { stdin = '', env = {} }: ProcessOptions = {}): Promise<Finished> {
    const written = { stdout: '', stderr: '' }
    const sink = (name: keyof typeof written) => ({
      write(text: string | Buffer) {
        written[name] += text
      },
    })
    const { signal } = new AbortController()
    const exit = await run(args, {
      env: { MUSTER_HOME: this.folder, ...env },
      paths: this.paths,
      now: Date.now,
      stdin: Readable.from([Buffer.from(stdin)]),
      stdout: sink('stdout'),
      stderr: sink('stderr'),
      userName: () => 'tester',
      interrupted: () => signal,
      cwd: () => this.folder,
      parentPid: () => process.pid,
    })
    return { exit, ...written }
  }

  /** Runs it with `--json` and parses the one document that it prints. What starts or stops a daemon does so from a process of its own. */
  async json<T extends object = object>(args: readonly string[], options?: ProcessOptions): Promise<T & { readonly exit: number | null }> {
    const isOfDaemon = args[0] === 'up' || args[0] === 'down'
    const { exit, stdout, stderr } = await this[isOfDaemon ? 'run' : 'runHere']([...args, '--json'], options)
    if (!/^\{"v":1,?[^\n]*\}\n$/.test(stdout)) throw new Error(`Expected one JSON document from ${args.join(' ')}, got: ${stdout}${stderr}`)
    return { ...(JSON.parse(stdout) as T), exit }
  }

  async token(name: string): Promise<string> {
    return (await readFile(this.paths.peerToken(name), 'utf8')).trim()
  }

  /** Stops the daemon, in order or not, and removes everything. */
  async remove(): Promise<void> {
    await this.run(['down'])
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** One running `muster`, whose output can be waited for. */
export class CliProcess {
  readonly finished: Promise<Finished>
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #written = { stdout: '', stderr: '' }
  readonly #watchers = new Set<() => void>()

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.#child = child
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        this.#written[name] += text
        for (const look of this.#watchers) look()
      })
    }
    this.finished = once(child, 'close').then(([exit]) => ({ exit: exit as number | null, ...this.#written }))
  }

  /** Resolves once the output fits. @throws Error when the process ends before */
  async said(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void> {
    const heard = new Promise<true>((resolve) => {
      const look = (): void => {
        if (!pattern.test(this.#written[stream])) return
        this.#watchers.delete(look)
        resolve(true)
      }
      this.#watchers.add(look)
      look()
    })
    const first = await Promise.race([heard, this.finished])
    if (first !== true && !pattern.test(first[stream])) throw new Error(`It ended without saying ${pattern}: ${JSON.stringify(first)}`)
  }

  /** What it has written by now. */
  get written(): Readonly<Record<'stdout' | 'stderr', string>> {
    return this.#written
  }

  interrupt(): void {
    this.#child.kill('SIGINT')
  }
}
