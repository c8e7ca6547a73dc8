import { WebSocket } from 'ws'
import type { Hello, Input, OperationName, Output } from '../../../src/contract/index.ts'
import { MusterError } from '../../../src/errors.ts'
import { SUBPROTOCOL, WS_PATH } from '../../../src/rpc.ts'

export interface Frame {
  readonly id?: string | number | null
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string; readonly data: { readonly code: string; readonly [detail: string]: unknown } }
}

export interface Closed {
  readonly code: number
  readonly reason: string
}

/** How long a test waits for something that must happen. Not a pace: nothing waits for it where all is well. */
const PATIENCE_MS = 20_000

/**
 * A client that says exactly what it is told and misses nothing: every frame is kept until a test asks for it. It shares no
 * code with the SDK, so that both cannot be wrong in one way.
 */
export class Wire implements AsyncDisposable {
  readonly socket: WebSocket
  readonly closed: Promise<Closed>
  /** Every frame so far, in the order in which it came. */
  readonly frames: Frame[] = []
  /** The size of the largest frame so far, in characters. */
  longestFrame = 0
  readonly #taken = new Set<Frame>()
  readonly #watchers = new Set<() => void>()
  #lastId = 0

  private constructor(socket: WebSocket) {
    this.socket = socket
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() })
        this.#changed()
      })
    })
    socket.on('error', () => undefined)
    socket.on('message', (data) => {
      const text = data.toString()
      this.longestFrame = Math.max(this.longestFrame, text.length)
      this.frames.push(JSON.parse(text) as Frame)
      this.#changed()
    })
  }

  /** Opens a connection and says nothing. @throws MusterError what refused the upgrade */
  static open(url: string, token: string, headers: Readonly<Record<string, string>> = {}): Promise<Wire> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}${WS_PATH}`, [SUBPROTOCOL], { headers: { authorization: `Bearer ${token}`, ...headers } })
    const wire = new Wire(socket)
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(wire))
      socket.on('unexpected-response', (_request, response) => {
        let body = ''
        response.on('data', (chunk) => {
          body += chunk
        })
        response.on('end', () => reject(MusterError.fromData((JSON.parse(body) as { error: { code: string } }).error)))
      })
    })
  }

  /** Opens a connection and says hello. */
  static async greet(url: string, token: string, hello: { consume?: boolean; prefetch?: number } = {}): Promise<Wire & { hello: Hello }> {
    const wire = await Wire.open(url, token)
    const reply = await wire.say('hello', { protocol: 1, client: 'test', ...hello })
    return Object.assign(wire, { hello: reply as Hello })
  }

  send(data: string | Buffer, options: { binary?: boolean } = {}): void {
    this.socket.send(data, { binary: options.binary ?? false })
  }

  /** Sends a request and returns its id; the reply is left in the frames. */
  post(method: string, params?: unknown, id: string | number = this.nextId()): string | number {
    this.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    return id
  }

  /** The result of any request. @throws MusterError */
  async say(method: string, params?: unknown): Promise<unknown> {
    const reply = await this.reply(this.post(method, params))
    if (reply.error) throw MusterError.fromData(reply.error.data)
    return reply.result
  }

  call<N extends OperationName>(method: N, params: Input<N>): Promise<Output<N>> {
    return this.say(method, params) as Promise<Output<N>>
  }

  /** The error code that a request gets; `undefined` where it gets a result. */
  async refusal(method: string, params?: unknown): Promise<string | undefined> {
    return (await this.reply(this.post(method, params))).error?.data.code
  }

  reply(id: string | number | null): Promise<Frame> {
    return this.take((frame) => frame.id === id && frame.method === undefined)
  }

  notification(method: string): Promise<Readonly<Record<string, unknown>>> {
    return this.take((frame) => frame.method === method).then((frame) => frame.params ?? {})
  }

  /** The first frame that fits and was not taken before, now or when it comes. */
  async take(fits: (frame: Frame) => boolean): Promise<Frame> {
    const find = () => this.frames.find((frame) => !this.#taken.has(frame) && fits(frame))
    await this.until(() => find() !== undefined, 'a frame that fits')
    const frame = find() as Frame
    this.#taken.add(frame)
    return frame
  }

  /** Waits until something is so, looking again after each frame and at the close. */
  until(isSo: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        this.#watchers.delete(look)
        clearTimeout(timer)
        settle()
      }
      const look = () => {
        if (isSo()) finish(resolve)
        else if (this.socket.readyState === WebSocket.CLOSED) finish(() => reject(new Error(`The connection closed before ${what}; frames: ${this.#tail()}`)))
      }
      const timer = setTimeout(() => finish(() => reject(new Error(`Waited in vain for ${what}; frames: ${this.#tail()}`))), PATIENCE_MS)
      this.#watchers.add(look)
      look()
    })
  }

  nextId(): number {
    this.#lastId += 1
    return this.#lastId
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.resume()
    this.socket.close(1000)
    await this.closed
  }

  #tail(): string {
    return JSON.stringify(this.frames.slice(-5)).slice(0, 2_000)
  }

  #changed(): void {
    for (const look of [...this.#watchers]) look()
  }
}
