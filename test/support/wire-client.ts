import { WebSocket } from 'ws'
import type { Hello, Input, OperationName, Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { SUBPROTOCOL, WS_PATH } from '../../src/rpc.ts'

interface Frame {
  readonly id?: number | null
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: unknown
  readonly error?: { readonly data: { readonly code: string } }
}

/** How long a test waits for what must happen; where all is well nothing takes that long. */
const PATIENCE_MS = 15_000

/** A client over a real socket that keeps every frame until a test asks for it, so that none is missed. */
export class WireClient implements AsyncDisposable {
  readonly socket: WebSocket
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  readonly #frames: Frame[] = []
  readonly #watchers = new Set<() => void>()
  #lastId = 0

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('error', () => undefined)
    socket.on('message', (data) => {
      this.#frames.push(JSON.parse(String(data)) as Frame)
      for (const look of [...this.#watchers]) look()
    })
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() })
        for (const look of [...this.#watchers]) look()
      })
    })
  }

  /** Opens a connection and says nothing. @throws Error with the HTTP status where the upgrade is refused */
  static open(url: string, token: string): Promise<WireClient> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${WS_PATH}`, SUBPROTOCOL, { headers: { authorization: `Bearer ${token}` } })
    const client = new WireClient(socket)
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(client))
      socket.on('unexpected-response', (_request, response) => {
        response.resume()
        reject(new Error(`HTTP ${response.statusCode}`))
      })
      socket.on('error', reject)
    })
  }

  /** Opens a connection and says hello. */
  static async greet(url: string, token: string, hello: { consume?: boolean; prefetch?: number } = {}): Promise<WireClient> {
    const client = await WireClient.open(url, token)
    await client.say('hello', { protocol: 1, client: 'test', ...hello })
    return client
  }

  hello(): Promise<Hello> {
    return this.say('hello', { protocol: 1, client: 'test' }) as Promise<Hello>
  }

  /** The result of any request. @throws MusterError */
  async say(method: string, params: unknown): Promise<unknown> {
    this.#lastId += 1
    const id = this.#lastId
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    const frame = await this.#take((candidate) => candidate.id === id)
    if (frame.error) throw MusterError.fromData(frame.error.data)
    return frame.result
  }

  call<N extends OperationName>(method: N, params: Input<N>): Promise<Output<N>> {
    return this.say(method, params) as Promise<Output<N>>
  }

  /** The next notification of a method, whether it has come or is to come. */
  async next(method: string): Promise<Readonly<Record<string, unknown>>> {
    return (await this.#take((frame) => frame.method === method)).params ?? {}
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close(1000)
    await this.closed
  }

  #take(fits: (frame: Frame) => boolean): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const index = this.#frames.findIndex(fits)
        if (index >= 0) finish(() => resolve(this.#frames.splice(index, 1)[0] as Frame))
        else if (this.socket.readyState === WebSocket.CLOSED) finish(() => reject(new Error('The connection closed first')))
      }
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        this.#watchers.delete(look)
        settle()
      }
      const timer = setTimeout(() => finish(() => reject(new Error('Waited in vain for a frame'))), PATIENCE_MS)
      this.#watchers.add(look)
      look()
    })
  }
}
