import { execFile } from 'node:child_process'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import type { Step } from '../../support/scripted-model/script.ts'
import { ScriptedModel } from '../../support/scripted-model/server.ts'
import type { AgentKind } from './kind.ts'
import { killProcesses } from './processes.ts'
import { agentProgram } from './programs.ts'
import { Sandbox } from './sandbox.ts'
import { Screen } from './screen.ts'

const run = promisify(execFile)
const TURN_TIMEOUT_MS = 90_000
const START_PATIENCE_MS = 60_000
const REPORTED_TURNS = 4
const REPORTED_CHARS = 800

export interface AgentOptions {
  readonly steps: readonly Step[]
  /** Name of the folder it works in, and so a part of its peer's name. @default 'work' */
  readonly project?: string
  readonly env?: Readonly<Record<string, string>>
  /** Its program. @default the one that the tests are pinned to */
  readonly program?: string
}

export interface Turn {
  readonly said: string
  readonly session: string
  readonly stderr: string
  readonly ms: number
}

interface ExecFailure {
  readonly code: number | string | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A real agent program in a sandbox of its own, thinking with a scripted model. */
export class Agent implements AsyncDisposable {
  readonly kind: AgentKind
  readonly sandbox: Sandbox
  readonly model: ScriptedModel
  readonly #env: Readonly<Record<string, string>>
  readonly #screens: Screen[] = []

  private constructor(kind: AgentKind, sandbox: Sandbox, model: ScriptedModel, env: Readonly<Record<string, string>>) {
    this.kind = kind
    this.sandbox = sandbox
    this.model = model
    this.#env = env
  }

  static async start(kind: AgentKind, { steps, project = 'work', env = {}, program = agentProgram(kind.name) }: AgentOptions): Promise<Agent> {
    const model = await ScriptedModel.start(steps)
    const sandbox = new Sandbox(project, program)
    kind.configure(sandbox, model.url)
    return new Agent(kind, sandbox, model, env)
  }

  /** The name that a session of it joins with, unless it is taken. */
  get peerName(): string {
    return `${this.kind.name}-${basename(this.sandbox.work)}`
  }

  get env(): Readonly<Record<string, string>> {
    return { ...this.sandbox.env, ...this.kind.env(this.model.url), ...this.#env }
  }

  /** Runs `muster <args>` as its user would. */
  async muster(...args: string[]): Promise<string> {
    const { stdout } = await run('muster', args, { cwd: this.sandbox.work, env: this.env, timeout: TURN_TIMEOUT_MS })
    return stdout
  }

  /** One turn without a terminal. @throws Error when the program fails */
  async turn(prompt: string, resume?: string): Promise<Turn> {
    const startedAt = performance.now()
    const running = run(this.#program, this.kind.turn(prompt, resume), {
      cwd: this.sandbox.work,
      env: this.env,
      timeout: TURN_TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
    })
    // They read a prompt from it where it is no terminal.
    running.child.stdin?.end()
    const { stdout, stderr } = await running.catch((error: ExecFailure) => {
      throw new Error(`${this.kind.name} failed (${error.signal ?? error.code}): ${error.stderr}${error.stdout}`)
    })
    return { ...this.kind.read(stdout), stderr, ms: Math.round(performance.now() - startedAt) }
  }

  /** Kills it with all that it has started. */
  async kill(): Promise<void> {
    await killProcesses(this.sandbox.folder)
  }

  /** Opens a session in a terminal, and waits until it takes a prompt. */
  async open(resume?: string): Promise<Screen> {
    const command = [this.#program, ...this.kind.interactive(resume)]
    const screen = await Screen.open(command, { folder: this.sandbox.folder, cwd: this.sandbox.work, env: this.env })
    this.#screens.push(screen)
    await screen.shows(this.kind.ready, START_PATIENCE_MS)
    return screen
  }

  /** By the name under which a user starts it. */
  get #program(): string {
    return join(this.sandbox.folder, 'bin', this.kind.name)
  }

  /** What it did last, for whoever looks into a failure. */
  async report(): Promise<string> {
    const screens = await Promise.all(this.#screens.map((screen) => screen.text()))
    const asked = this.model.turns
      .slice(-REPORTED_TURNS)
      .flatMap(({ bytes, conversation, answer }) => [
        `asked its model (${bytes} bytes, turn ${conversation.turns}): ${conversation.newest.slice(-REPORTED_CHARS)}`,
        `and was told ${JSON.stringify(answer)}`,
      ])
    return [...screens, ...asked].map((text) => `--- ${this.kind.name} ${text}\n`).join('')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const screen of this.#screens) await screen[Symbol.asyncDispose]()
    await this.sandbox[Symbol.asyncDispose]()
    await this.model[Symbol.asyncDispose]()
  }
}
