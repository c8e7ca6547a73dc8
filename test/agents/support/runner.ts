import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { RunnerEvent } from '../../../client/runner/report.ts'
import type { Agent } from './agent.ts'
import { processesOf } from './processes.ts'

const PATIENCE_MS = 30_000

type Of<W extends RunnerEvent['what']> = RunnerEvent & { readonly what: W }

/** `muster run codex --json` in the sandbox of an agent, as its user starts it. It ends with the sandbox. */
export class RunnerProcess {
  readonly events: RunnerEvent[] = []
  readonly #agent: Agent
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #watchers = new Set<() => void>()
  readonly #gone: Promise<unknown[]>
  #stderr = ''

  private constructor(agent: Agent, child: ChildProcessByStdio<null, Readable, Readable>) {
    this.#agent = agent
    this.#child = child
    this.#gone = once(child, 'close')
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.events.push(JSON.parse(line) as RunnerEvent)
      for (const look of this.#watchers) look()
    })
  }

  /** Starts it and waits until its session has joined. */
  static async start(agent: Agent, ...args: string[]): Promise<RunnerProcess> {
    const child = spawn(join(agent.sandbox.folder, 'bin', 'muster'), ['run', 'codex', '--json', ...args], {
      cwd: agent.sandbox.work,
      env: agent.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const runner = new RunnerProcess(agent, child)
    await runner.heard('joined')
    return runner
  }

  /** Resolves with the newest event of a kind, once there have been so many. @throws Error when the process ends before */
  async heard<W extends RunnerEvent['what']>(what: W, times = 1): Promise<Of<W>> {
    const all = () => this.events.filter((event): event is Of<W> => event.what === what)
    const enough = new Promise<void>((resolve) => {
      const look = (): void => {
        if (all().length >= times) resolve()
      }
      this.#watchers.add(look)
      look()
    })
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS)
    })
    await Promise.race([enough, this.#gone, late]).finally(() => clearTimeout(timer))
    const found = all()
    if (found.length < times) throw new Error(`No ${what} in ${JSON.stringify(this.events, null, 1)}${this.#stderr}`)
    return found.at(-1) as Of<W>
  }

  /** What the session was told, message by message. */
  get told(): string[] {
    return this.events.flatMap((event) => (event.what === 'told' ? event.messages : []))
  }

  /** Ends Codex itself, and not what has started it, as a power cut would. */
  killCodex(): void {
    const own = processesOf(this.#agent.sandbox.folder).filter((pid) => /\/codex\0app-server\0/.test(commandLine(pid)))
    // The script that npm installs comes first, and the program that it starts after it.
    process.kill(Math.max(...own), 'SIGKILL')
  }

  /** Ctrl-C. Resolves with the exit status. */
  async interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT')
    return (await this.#gone)[0] as number | null
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#gone
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
