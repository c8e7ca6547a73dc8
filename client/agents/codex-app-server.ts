import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Env } from './door.ts'

export interface CodexAppServerOptions {
  /** The program and its first arguments. @default ['codex'] */
  readonly command?: readonly string[]
  readonly cwd: string
  readonly env: Env
  readonly client: { readonly name: string; readonly version: string }
  /** A turn began or ended. */
  readonly onTurn?: (thread: string, turn: string | undefined) => void
}

export interface ThreadOptions {
  readonly cwd: string
  /** When Codex asks for permission, which nobody here gives. @default 'never' */
  readonly approvalPolicy?: 'never' | 'on-request' | 'untrusted'
  /** @default 'workspace-write' */
  readonly sandbox?: 'read-only' | 'workspace-write'
}

interface Message {
  readonly id?: number | string
  readonly method?: string
  readonly params?: { readonly threadId?: string; readonly turn?: { readonly id?: string } }
  readonly result?: unknown
  readonly error?: { readonly code?: number; readonly message?: string }
}

interface Pending {
  readonly method: string
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** Of a reply, before the lines behind it are read. */
type OnResult = (result: never) => void

const REQUEST_MS = 60_000
/** Standard input is closed first; what has not ended after this is killed. */
const CLOSE_MS = 3_000
const MAX_LINE_CHARS = 33_554_432
/** JSON-RPC 2.0, section 5.1: a method that is not there. */
const NO_SUCH_METHOD = -32_601

/** Codex answered a request with an error. */
class CodexError extends Error {
  readonly method: string

  constructor(method: string, message: string) {
    super(`${method}: ${message}`)
    this.name = 'CodexError'
    this.method = method
  }
}

/**
 * A `codex app-server` that this process owns, spoken to over its standard streams: one JSON-RPC message a line. It begins
 * threads and turns, and puts text into running turns. Whatever Codex asks for permission is refused: that is for a person.
 */
export class CodexAppServer implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #onTurn: CodexAppServerOptions['onTurn']
  readonly #pending = new Map<number, Pending>()
  readonly #turns = new Map<string, string>()
  readonly #gone: Promise<void>
  #lastId = 0
  #buffered = ''

  private constructor({ command = ['codex'], cwd, env, onTurn }: CodexAppServerOptions) {
    const [program = 'codex', ...args] = command
    this.#onTurn = onTurn
    this.#child = spawn(program, [...args, 'app-server'], { cwd, env: { ...env }, stdio: ['pipe', 'pipe', 'ignore'] })
    this.#child.stdin.on('error', () => undefined)
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#read(text))
    this.#gone = new Promise((resolve) => {
      const end = (why: string): void => {
        for (const { reject } of this.#pending.values()) reject(new Error(why))
        this.#pending.clear()
        resolve()
      }
      this.#child.once('error', (error) => end(`codex cannot be started: ${error.message}`))
      this.#child.once('close', () => end('The app-server has ended.'))
    })
  }

  /** @throws Error where Codex cannot be started or does not understand */
  static async start(options: CodexAppServerOptions): Promise<CodexAppServer> {
    const server = new CodexAppServer(options)
    try {
      await server.#request('initialize', { clientInfo: { ...options.client, title: 'Muster' } })
      server.#send({ method: 'initialized' })
      return server
    } catch (error) {
      await server.close()
      throw error
    }
  }

  /** Begins a thread and returns its id. */
  async startThread({ cwd, approvalPolicy = 'never', sandbox = 'workspace-write' }: ThreadOptions): Promise<string> {
    const { thread } = (await this.#request('thread/start', { cwd, approvalPolicy, sandbox })) as { thread: { id: string } }
    return thread.id
  }

  /** The turn that a thread is in. */
  turnOf(thread: string): string | undefined {
    return this.#turns.get(thread)
  }

  /** Puts a text into the turn that runs, or begins one with it. */
  async deliver(thread: string, text: string): Promise<'steered' | 'started'> {
    const input = [{ type: 'text', text }]
    const running = this.#turns.get(thread)
    if (running !== undefined) {
      try {
        await this.#request('turn/steer', { threadId: thread, expectedTurnId: running, input })
        return 'steered'
      } catch (error) {
        // It ended in the same moment.
        if (!(error instanceof CodexError)) throw error
      }
    }
    // At once: the end of the turn may be in the lines behind the reply.
    await this.#request('turn/start', { threadId: thread, input }, ({ turn }: { readonly turn: { readonly id: string } }) => this.#turns.set(thread, turn.id))
    return 'started'
  }

  /** Ends the process, and with it the turns that run. */
  async close(): Promise<void> {
    this.#child.stdin.end()
    const cut = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_MS)
    await this.#gone
    clearTimeout(cut)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #request(method: string, params: object, onResult?: OnResult): Promise<unknown> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(() => reject(new Error(`${method}: no answer within ${REQUEST_MS} ms.`))), REQUEST_MS)
      const settle = (fn: () => void): void => {
        clearTimeout(timer)
        this.#pending.delete(id)
        fn()
      }
      this.#pending.set(id, {
        method,
        resolve(result) {
          onResult?.(result as never)
          settle(() => resolve(result))
        },
        reject: (error) => settle(() => reject(error)),
      })
      if (this.#child.exitCode !== null) settle(() => reject(new Error('The app-server has ended.')))
      else this.#send({ id, method, params })
    })
  }

  #send(message: object): void {
    this.#child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  }

  #read(text: string): void {
    const lines = `${this.#buffered}${text}`.split('\n')
    this.#buffered = lines.pop() ?? ''
    if (this.#buffered.length > MAX_LINE_CHARS) this.#child.kill('SIGKILL')
    for (const line of lines) if (line !== '') this.#onMessage(JSON.parse(line) as Message)
  }

  #onMessage({ id, method, params, result, error }: Message): void {
    if (method === undefined) this.#onReply(id as number, result, error)
    else if (id !== undefined) this.#send({ id, error: { code: NO_SUCH_METHOD, message: 'Only a person may decide that, and none is here.' } })
    else if (method === 'turn/started') this.#turn(params, params?.turn?.id)
    else if (method === 'turn/completed') this.#turn(params, undefined)
  }

  #onReply(id: number, result: unknown, error: Message['error']): void {
    const pending = this.#pending.get(id)
    if (error) pending?.reject(new CodexError(pending.method, error.message ?? 'failed'))
    else pending?.resolve(result)
  }

  #turn(params: Message['params'], turn: string | undefined): void {
    const thread = params?.threadId
    if (thread === undefined) return
    if (turn === undefined) this.#turns.delete(thread)
    else this.#turns.set(thread, turn)
    this.#onTurn?.(thread, turn)
  }
}
