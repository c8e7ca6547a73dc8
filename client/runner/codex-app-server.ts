import { setTimeout as pause } from 'node:timers/promises'
import type { Env } from '../agents/door.ts'
import { asFields, type ChildMessage, type Fields, LineChild, RefusedRequest } from './line-child.ts'
import { mailContext } from './mail-context.ts'
import { type Refused, refusalOf, refusedIn } from './refusals.ts'

export interface CodexAppServerOptions {
  /** The program and its arguments before `app-server`. */
  readonly command: readonly string[]
  /** Settings that count for it alone, as `name=value` in TOML. */
  readonly settings: readonly string[]
  readonly cwd: string
  readonly env: Env
  readonly version: string
  /** Ends the wait for its MCP servers. */
  readonly stop: AbortSignal
  readonly onEvent: (event: CodexEvent) => void
}

/** A thread of Codex, and the file into which it writes what its model is sent. */
export interface CodexThread {
  readonly id: string
  readonly path: string
}

/** What a turn begins with, or is told in its middle. */
export interface TurnInput {
  /** Stands where the words of Codex's user stand. */
  readonly text: string
  /** Stands beside it, as what it is: words of others. May be empty. */
  readonly mail: string
}

export type CodexEvent =
  | { readonly what: 'turn-began'; readonly thread: string }
  | { readonly what: 'turn-ended'; readonly thread: string; readonly status: string; readonly problem: string | undefined }
  /** A text was put before the model, with the mail beside it. */
  | { readonly what: 'told'; readonly thread: string }
  | { readonly what: 'said'; readonly thread: string; readonly text: string }
  | { readonly what: 'refused'; readonly refused: Refused }
  | { readonly what: 'problem'; readonly text: string }

/** Longer than a bridge takes to start on a busy machine; then the turns begin without it. */
const TOOLS_MS = 30_000
/** Many a second, and of no use here. */
const UNWANTED = ['item/agentMessage/delta', 'item/commandExecution/outputDelta', 'item/reasoning/textDelta', 'item/reasoning/summaryTextDelta']

/**
 * A `codex app-server` of our own. It begins and resumes threads, begins turns and puts text into running ones. Whatever Codex
 * asks to be allowed is refused at once. Tried with 0.169.0.
 */
export class CodexAppServer {
  readonly #child: LineChild
  readonly #onEvent: CodexAppServerOptions['onEvent']
  readonly #stop: AbortSignal
  /** The turns that run, by thread. */
  readonly #turns = new Map<string, string>()
  /** Called as the MCP servers that were waited for have started, or have failed to. */
  readonly #starting = new Set<(server: string) => void>()

  private constructor({ command, settings, cwd, env, stop, onEvent }: CodexAppServerOptions) {
    this.#onEvent = onEvent
    this.#stop = stop
    this.#child = new LineChild({
      command: [...command, 'app-server', ...settings.flatMap((setting) => ['-c', setting])],
      cwd,
      env,
      onMessage: (message) => this.#onMessage(message),
    })
  }

  /** @throws Error where Codex cannot be started, with what it says about it */
  static async start(options: CodexAppServerOptions): Promise<CodexAppServer> {
    const server = new CodexAppServer(options)
    try {
      await server.#child.request('initialize', {
        clientInfo: { name: 'muster', title: 'Muster', version: options.version },
        // Beyond what is stable this uses `additionalContext` alone.
        capabilities: { experimentalApi: true, requestAttestation: false, optOutNotificationMethods: UNWANTED },
      })
    } catch (error) {
      await server.close()
      const { stderr } = server.#child
      throw new Error(`Codex does not start: ${error instanceof Error ? error.message : error}${stderr === '' ? '' : `\n${stderr}`}`, { cause: error })
    }
    server.#child.send({ method: 'initialized' })
    return server
  }

  /** Why it ended, once nothing of it is left. */
  get gone(): Promise<string> {
    return this.#child.gone
  }

  get isGone(): boolean {
    return this.#child.isGone
  }

  /** Begins a thread, whose MCP server `tools` has started then. @throws RefusedRequest, ChildGone */
  async startThread(cwd: string, tools: string): Promise<CodexThread> {
    return await this.#openThread('thread/start', { cwd }, tools)
  }

  /** @throws RefusedRequest where Codex has no such thread */
  async resumeThread(threadId: string, cwd: string, tools: string): Promise<CodexThread> {
    return await this.#openThread('thread/resume', { threadId, cwd, excludeTurns: true }, tools)
  }

  /** The thread of a folder that was spoken in last. */
  async lastThread(cwd: string): Promise<string | undefined> {
    const { data } = await this.#child.request('thread/list', { cwd, limit: 1, sortKey: 'updated_at' })
    const id = asFields(Array.isArray(data) ? data[0] : undefined)['id']
    return typeof id === 'string' ? id : undefined
  }

  /** Whether a thread is in a turn. */
  isWorking(thread: string): boolean {
    return this.#turns.has(thread)
  }

  /**
   * Tells the model something: in the turn that runs, or by beginning one.
   *
   * @throws RefusedRequest, ChildGone
   */
  async tell(thread: string, { text, mail }: TurnInput): Promise<'steered' | 'began'> {
    const told = { threadId: thread, input: [{ type: 'text', text, text_elements: [] }], ...(mail !== '' && { additionalContext: mailContext(mail) }) }
    const running = this.#turns.get(thread)
    if (running !== undefined) {
      try {
        await this.#child.request('turn/steer', { ...told, expectedTurnId: running })
        return 'steered'
      } catch (error) {
        // It ended in the same moment; a turn that cannot be steered goes on, and what was refused waits for its end.
        if (!(error instanceof RefusedRequest) || this.#turns.get(thread) === running) throw error
      }
    }
    // At once: the end of the turn may be in the lines behind the reply.
    await this.#child.request('turn/start', told, ({ turn }) => this.#begun(thread, turn))
    return 'began'
  }

  /** Ends the turn of a thread, if it is in one. */
  async interrupt(thread: string): Promise<void> {
    const turnId = this.#turns.get(thread)
    if (turnId !== undefined) await this.#child.request('turn/interrupt', { threadId: thread, turnId })
  }

  async close(): Promise<void> {
    await this.#child.close()
  }

  /** A turn that begins before its MCP server has started has a model without the tools, which on a busy machine is the first one. */
  async #openThread(method: string, params: Fields, tools: string): Promise<CodexThread> {
    const started = new Promise<void>((resolve) => {
      this.#starting.add((server) => (server === tools ? resolve() : undefined))
    })
    const thread = threadIn(await this.#child.request(method, params), method)
    const patience = new AbortController()
    const signal = AbortSignal.any([patience.signal, this.#stop])
    await Promise.race([started, this.#child.gone, pause(TOOLS_MS, undefined, { signal }).catch(() => undefined)])
    patience.abort()
    this.#starting.clear()
    return thread
  }

  #begun(thread: string, turn: unknown): void {
    const { id } = asFields(turn)
    if (typeof id === 'string') this.#turns.set(thread, id)
  }

  #onMessage(message: ChildMessage): void {
    if (message.id !== undefined) {
      this.#child.send(refusalOf(message))
      return this.#onEvent({ what: 'refused', refused: refusedIn(message) })
    }
    const { method, params } = message
    const { threadId: thread } = params
    if (method === 'turn/started' && typeof thread === 'string') {
      this.#begun(thread, params['turn'])
      this.#onEvent({ what: 'turn-began', thread })
    } else if (method === 'turn/completed' && typeof thread === 'string') {
      this.#turns.delete(thread)
      const { status, error } = asFields(params['turn'])
      this.#onEvent({ what: 'turn-ended', thread, status: textOf(status) ?? 'completed', problem: textOf(asFields(error)['message']) })
    } else if (method === 'item/completed' && typeof thread === 'string') this.#onItem(thread, asFields(params['item']))
    else if (method === 'mcpServer/startupStatus/updated') this.#onServer(params)
  }

  #onServer({ name, status, error }: Fields): void {
    if (typeof name !== 'string' || status === 'starting') return
    for (const settled of this.#starting) settled(name)
    if (status === 'failed') this.#onEvent({ what: 'problem', text: `MCP server ${name}: ${textOf(error) ?? 'it does not start'}` })
  }

  #onItem(thread: string, { type, text }: Fields): void {
    if (type === 'userMessage') this.#onEvent({ what: 'told', thread })
    if (type === 'agentMessage' && typeof text === 'string') this.#onEvent({ what: 'said', thread, text })
  }
}

function threadIn(result: Fields, method: string): CodexThread {
  const { id, path } = asFields(result['thread'])
  if (typeof id !== 'string' || typeof path !== 'string') throw new RefusedRequest(method, 'Codex names no thread with a file')
  return { id, path }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
