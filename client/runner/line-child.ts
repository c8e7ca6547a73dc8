import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Env } from '../agents/door.ts'

export interface LineChildOptions {
  /** The program and its arguments. */
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Env
  /** A request or a notification of the program's own. */
  readonly onMessage: (message: ChildMessage) => void
}

export interface ChildMessage {
  /** Only where it wants an answer. */
  readonly id: number | string | undefined
  readonly method: string
  readonly params: Fields
}

export type Fields = Readonly<Record<string, unknown>>

interface Pending {
  readonly method: string
  readonly resolve: (result: Fields) => void
  readonly reject: (error: Error) => void
}

const REQUEST_MS = 60_000
/** Standard input is closed first; what has not ended after this is killed. */
const CLOSE_MS = 3_000
/** What a process that has ended leaves open is read for this long. */
const PIPES_MS = 500
const MAX_LINE_CHARS = 33_554_432
const MAX_STDERR_CHARS = 2_000

/** The program answered a request with an error: it runs, and does not do that. */
export class RefusedRequest extends Error {
  constructor(method: string, message: string) {
    super(`${method}: ${message}`)
    this.name = 'RefusedRequest'
  }
}

/** The program has ended, or could not be started. */
export class ChildGone extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'ChildGone'
  }
}

/**
 * A process of our own that speaks JSON-RPC over its standard streams, one message a line. It gets a process group of its own: a
 * Ctrl-C in the terminal reaches us alone, and what a wrapper has started ends with it.
 */
export class LineChild {
  /** Why it ended; resolves when all its pipes are closed and nothing of its group is left. */
  readonly gone: Promise<string>
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #onMessage: LineChildOptions['onMessage']
  readonly #pending = new Map<number, Pending>()
  #end: string | undefined
  #lastId = 0
  #buffered = ''
  #stderr = ''

  constructor({ command: [program = '', ...args], cwd, env, onMessage }: LineChildOptions) {
    this.#onMessage = onMessage
    this.#child = spawn(program, args, { cwd, env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    this.#child.stdin.on('error', () => undefined)
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#read(text))
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = `${this.#stderr}${text}`.slice(-MAX_STDERR_CHARS)
    })
    this.gone = this.#untilGone()
  }

  get isGone(): boolean {
    return this.#end !== undefined
  }

  /** The last of what it wrote to its standard error. */
  get stderr(): string {
    return this.#stderr.trim()
  }

  /**
   * Sends a request.
   *
   * @param onResult called with the result before the lines behind it are read
   * @throws RefusedRequest
   * @throws ChildGone
   */
  request(method: string, params: Fields, onResult?: (result: Fields) => void): Promise<Fields> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id)
        reject(new RefusedRequest(method, `no answer within ${REQUEST_MS} ms`))
      }, REQUEST_MS)
      const settled = (): void => {
        clearTimeout(timer)
        this.#pending.delete(id)
      }
      this.#pending.set(id, {
        method,
        resolve(result) {
          settled()
          onResult?.(result)
          resolve(result)
        },
        reject(error) {
          settled()
          reject(error)
        },
      })
      if (this.#end === undefined) this.send({ id, method, params })
      else this.#pending.get(id)?.reject(new ChildGone(this.#end))
    })
  }

  /** A notification, or the answer to a request of the program. */
  send(message: Fields): void {
    this.#child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  }

  /** Ends it, by the end of its standard input and then by force. */
  async close(): Promise<void> {
    this.#child.stdin.end()
    const cut = setTimeout(() => this.#kill(), CLOSE_MS)
    await this.gone
    clearTimeout(cut)
  }

  #untilGone(): Promise<string> {
    return new Promise((resolve) => {
      const end = (reason: string): void => {
        this.#end ??= reason
        for (const { reject } of [...this.#pending.values()]) reject(new ChildGone(this.#end))
      }
      this.#child.once('error', (error) => {
        end(`it cannot be started: ${error.message}`)
        resolve(this.#end as string)
      })
      this.#child.once('exit', (code, signal) => {
        end(signal ? `ended by ${signal}` : `ended with status ${code}`)
        // Of a wrapper that was killed the program itself goes on, at the end of its input for a moment only.
        this.#child.stdin.end()
        const cut = setTimeout(() => this.#kill(), PIPES_MS)
        this.#child.once('close', () => {
          clearTimeout(cut)
          this.#kill()
          resolve(this.#end as string)
        })
      })
    })
  }

  #kill(): void {
    try {
      process.kill(-(this.#child.pid as number), 'SIGKILL')
    } catch {
      // Nothing of the group is left.
    }
    this.#child.stdout.destroy()
    this.#child.stderr.destroy()
  }

  #read(text: string): void {
    const lines = `${this.#buffered}${text}`.split('\n')
    this.#buffered = lines.pop() ?? ''
    if (this.#buffered.length > MAX_LINE_CHARS) this.#kill()
    for (const line of lines) {
      const message = parse(line)
      if (message) this.#onLine(message)
    }
  }

  #onLine({ id, method, params, result, error }: Fields): void {
    if (typeof method === 'string') return this.#onMessage({ id: isId(id) ? id : undefined, method, params: asFields(params) })
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined
    const problem = asFields(error)['message']
    if (error !== undefined) pending?.reject(new RefusedRequest(pending.method, typeof problem === 'string' ? problem : 'failed'))
    else pending?.resolve(asFields(result))
  }
}

export function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

function isId(id: unknown): id is number | string {
  return typeof id === 'number' || typeof id === 'string'
}

/** Nothing for a line that is no message: some programs print a warning there. */
function parse(line: string): Fields | undefined {
  try {
    return asFields(JSON.parse(line))
  } catch {
    return undefined
  }
}
