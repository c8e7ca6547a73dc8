import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { CliHome, Finished } from './cli-process.ts'
import { ourProgram } from './our-program.ts'

const PROGRAM = fileURLToPath(new URL('./agent-program.mjs', import.meta.url))
/** `muster`, as arguments of Node. */
export const MUSTER = ourProgram('client/cli/main')
const PATIENCE_MS = 20_000

export interface AgentOptions {
  /** Of the agent, and so of all that it starts. */
  readonly env?: Readonly<Record<string, string>>
  /** Of the folder in which it works. */
  readonly cwd?: string
  /** Its bridge, as arguments of `muster`; without them it has none. */
  readonly bridge?: readonly string[]
  /** The same, as a whole command. */
  readonly command?: readonly string[]
}

export interface Run {
  readonly pid: number
  readonly finished: Promise<Finished>
}

interface Child {
  readonly pid: number
  readonly gone: Promise<unknown>
}

/** The standing place of an agent program: real processes above real hooks, waiters and a bridge, without the program itself. */
export class Agent implements AsyncDisposable {
  readonly #client: Client | undefined
  readonly #home: CliHome
  readonly #socket: string
  readonly #child: Child

  private constructor(home: CliHome, socket: string, client: Client | undefined, child: Child) {
    this.#client = client
    this.#home = home
    this.#socket = socket
    this.#child = child
  }

  /** @param program the name under which it runs, such as `claude` */
  static async start(
    home: CliHome,
    program: string,
    { env = {}, cwd = mkdtempSync(join(home.folder, 'work-')), bridge, command = bridge && [process.execPath, ...MUSTER, ...bridge] }: AgentOptions = {},
  ): Promise<Agent> {
    const file = join(home.folder, program)
    copyFileSync(PROGRAM, `${file}.mjs`)
    const socket = join(home.folder, `${program}-${Math.random().toString(36).slice(2)}.sock`)
    const all = { PATH: process.env['PATH'] ?? '', HOME: home.folder, MUSTER_HOME: home.folder, ...env }
    const args = [`${file}.mjs`, socket, ...(command ?? [])]
    if (!command) {
      const child: ChildProcess = spawn(process.execPath, args, { cwd, env: all, stdio: 'ignore' })
      const gone = once(child, 'exit')
      await answers(socket)
      return new Agent(home, socket, undefined, { pid: child.pid as number, gone })
    }
    const transport = new StdioClientTransport({ command: process.execPath, args, cwd, env: all, stderr: 'ignore' })
    const client = new Client({ name: 'test-agent', version: '1' })
    await client.connect(transport)
    return new Agent(home, socket, client, { pid: transport.pid as number, gone: Promise.resolve() })
  }

  /** The client of its bridge. */
  get mcp(): Client {
    if (!this.#client) throw new Error('This agent has no bridge')
    return this.#client
  }

  get pid(): number {
    return this.#child.pid
  }

  /** The process of its bridge. */
  async bridgePid(): Promise<number> {
    const { lines } = this.#say({})
    return (JSON.parse((await lines.next()).value as string) as { pid: number }).pid
  }

  /** Starts `muster <args>` as its child. @param stdin `null` leaves it open */
  async start(args: readonly string[], stdin: string | null = '', env: Readonly<Record<string, string>> = {}): Promise<Run> {
    const { lines } = this.#say({ args: [process.execPath, ...MUSTER, ...args], stdin, env })
    const { pid } = JSON.parse((await lines.next()).value as string) as { pid: number }
    const ended = async (): Promise<Finished> => {
      const { value } = (await lines.next()) as { value: string | undefined }
      return value === undefined ? { exit: null, stdout: '', stderr: '' } : (JSON.parse(value) as Finished)
    }
    const finished = ended()
    return { pid, finished }
  }

  /** Runs a hook to its end. */
  async hook(runtime: string, event: string, input: object, env: Readonly<Record<string, string>> = {}): Promise<Finished> {
    return await (await this.start(['hook', runtime, event], JSON.stringify({ cwd: this.#home.folder, ...input }), env)).finished
  }

  /** What a hook added to the model's context. */
  async context(runtime: string, event: string, input: object): Promise<string | undefined> {
    const { stdout } = await this.hook(runtime, event, input)
    if (stdout === '') return undefined
    const { hookSpecificOutput, reason, text } = JSON.parse(stdout) as { hookSpecificOutput?: { additionalContext: string }; reason?: string; text?: string }
    return hookSpecificOutput?.additionalContext ?? reason ?? text
  }

  /** Calls a tool of its bridge. */
  async tool(name: string, input: Record<string, unknown> = {}, meta?: Record<string, unknown>): Promise<ToolAnswer> {
    return (await this.mcp.callTool({ name, arguments: input, ...(meta && { _meta: meta }) })) as unknown as ToolAnswer
  }

  #say(request: object): { readonly lines: AsyncIterator<string> } {
    const connection = createConnection(this.#socket)
    connection.on('error', () => undefined)
    const lines = createInterface({ input: connection })[Symbol.asyncIterator]()
    connection.write(`${JSON.stringify(request)}\n`)
    return { lines }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.close().catch(() => undefined)
    kill(this.pid)
    await this.#child.gone
  }
}

export interface ToolAnswer {
  readonly isError?: boolean
  readonly structuredContent?: Readonly<Record<string, unknown>>
  readonly content: readonly { readonly text: string }[]
}

/** @throws Error when it does not become true in time */
export async function until(isTrue: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endAt = performance.now() + PATIENCE_MS
  while (!(await isTrue())) {
    if (performance.now() > endAt) throw new Error(`Waited in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The file is there a moment before somebody listens at it. */
async function answers(path: string): Promise<void> {
  await until(async () => {
    const socket = createConnection(path)
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    return isOpen
  }, `somebody listens at ${path}`)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has gone already.
  }
}
