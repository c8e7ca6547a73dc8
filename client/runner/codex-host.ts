import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Env } from '../agents/door.ts'
import { SERVER_NAME } from '../agents/install/target.ts'
import { CodexAppServer, type CodexEvent, type CodexThread, type TurnInput } from './codex-app-server.ts'
import { RefusedRequest } from './line-child.ts'

export interface CodexHostOptions {
  /** Codex, as a command. */
  readonly command: readonly string[]
  /** Settings that give its model the Muster tools. */
  readonly settings: readonly string[]
  readonly env: Env
  readonly cwd: string
  readonly version: string
  readonly stop: AbortSignal
  /** A thread to go on with; `last` is the newest of the folder. Without it another one begins. */
  readonly resume: string | undefined
  readonly onEvent: (event: CodexEvent) => void
  /** The app-server has ended, and not because it was to. */
  readonly onGone: (reason: string) => void
}

/** How long a turn that is interrupted may take to end. */
const INTERRUPT_MS = 2_000

/** Codex has no such thread. */
export class NoSuchThread extends Error {}

/** One thread of Codex in an app-server of our own, which can be started again. */
export class CodexHost {
  readonly #options: CodexHostOptions
  #server: CodexAppServer
  #thread: CodexThread
  #isClosed = false

  private constructor(options: CodexHostOptions, server: CodexAppServer, thread: CodexThread) {
    this.#options = options
    this.#server = server
    this.#thread = thread
    this.#listen(server)
  }

  /** @throws NoSuchThread, or Error where Codex does not start */
  static async open(options: CodexHostOptions): Promise<CodexHost> {
    const server = await CodexAppServer.start(options)
    try {
      return new CodexHost(options, server, await openThread(server, options))
    } catch (error) {
      await server.close()
      throw error
    }
  }

  get thread(): CodexThread {
    return this.#thread
  }

  get isWorking(): boolean {
    return !this.isGone && this.#server.isWorking(this.#thread.id)
  }

  get isGone(): boolean {
    return this.#server.isGone
  }

  /** @throws RefusedRequest, ChildGone */
  async tell(input: TurnInput): Promise<'steered' | 'began'> {
    return await this.#server.tell(this.#thread.id, input)
  }

  /** Starts it again and goes on with the thread. One that never had a turn Codex does not keep: then another begins. */
  async revive(): Promise<void> {
    const server = await CodexAppServer.start(this.#options)
    try {
      const { cwd } = this.#options
      this.#thread = existsSync(this.#thread.path) ? await server.resumeThread(this.#thread.id, cwd, SERVER_NAME) : await server.startThread(cwd, SERVER_NAME)
    } catch (error) {
      await server.close()
      throw error
    }
    this.#server = server
    this.#listen(server)
  }

  /** Interrupts what runs, and ends it. */
  async close(): Promise<void> {
    this.#isClosed = true
    // Where it cannot be interrupted, it is cut.
    const interrupted = this.#server.interrupt(this.#thread.id).catch(() => undefined)
    await Promise.race([interrupted, pause(INTERRUPT_MS, undefined, { ref: false })])
    await this.#server.close()
  }

  #listen(server: CodexAppServer): void {
    void server.gone.then((reason) => {
      if (!this.#isClosed) this.#options.onGone(`Codex ${reason}`)
    })
  }
}

async function openThread(server: CodexAppServer, { resume, cwd }: CodexHostOptions): Promise<CodexThread> {
  if (resume === undefined) return await server.startThread(cwd, SERVER_NAME)
  const id = resume === 'last' ? await server.lastThread(cwd) : resume
  if (id === undefined) throw new NoSuchThread(`Codex has no thread in ${cwd} yet`)
  try {
    return await server.resumeThread(id, cwd, SERVER_NAME)
  } catch (error) {
    if (!(error instanceof RefusedRequest)) throw error
    throw new NoSuchThread(`Codex does not go on with thread ${id}: ${error.message}`, { cause: error })
  }
}
