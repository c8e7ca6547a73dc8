import { connect, type Socket } from 'node:net'
import { WebSocket } from 'ws'

/**
 * One connection of the load generator: raw frames, no client library, so that what the generator costs is the same for every
 * server. All frames of one turn of the event loop leave in one write.
 */
export class Connection {
  readonly #socket: WebSocket
  readonly #stream: () => Socket
  #waiting: string[] = []
  #flushing = false
  #nextId = 1
  readonly #replies = new Map<number, (frame: Reply) => void>()
  /** Takes every frame that is not the reply to a `call`. */
  onFrame: (frame: Incoming) => void = () => {}
  /** Called when the server ends the connection: a load has then failed. */
  onClose: (error: string) => void = fail
  /** Called before the frames of a turn leave, for what the turn has gathered (acks). */
  beforeFlush: () => void = () => {}

  private constructor(socket: WebSocket, stream: () => Socket) {
    this.#socket = socket
    this.#stream = stream
    socket.on('message', (data: Buffer) => this.#receive(JSON.parse(data.toString('latin1')) as Incoming))
    socket.on('close', (code: number, reason: Buffer) => {
      const error = `The server closed the connection: ${code} ${String(reason)}`
      for (const waiting of this.#replies.values()) waiting({ error })
      this.onClose(error)
    })
  }

  static async open(url: string, token: string): Promise<Connection> {
    let stream: Socket | undefined
    const socket = new WebSocket(url, 'muster.v1', {
      perMessageDeflate: false,
      headers: { authorization: `Bearer ${token}` },
      createConnection: () => {
        stream = connect(Number(new URL(url).port), '127.0.0.1').setNoDelay(true)
        return stream
      },
    })
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    return new Connection(socket, () => stream as Socket)
  }

  async hello(options: { consume: boolean; prefetch: number }): Promise<unknown> {
    return this.call('hello', { protocol: 1, client: 'muster-bench', ...options })
  }

  /** For the set-up; the measured path uses `send`. */
  call(method: string, params: object): Promise<unknown> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#replies.set(id, (reply) => (reply.error ? reject(new Error(`${method}: ${JSON.stringify(reply.error)}`)) : resolve(reply.result)))
      this.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    })
  }

  /** Numbers above every id that `call` uses. */
  nextId(): number {
    return 1_000_000 + this.#nextId++
  }

  send(frame: string): void {
    this.#waiting.push(frame)
    this.flushThisTurn()
  }

  /** Has `beforeFlush` called at the end of this turn, even if nothing is sent before. */
  flushThisTurn(): void {
    if (this.#flushing) return
    this.#flushing = true
    setImmediate(() => this.#flush())
  }

  close(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.terminate()
  }

  #flush(): void {
    this.beforeFlush()
    const frames = this.#waiting
    this.#waiting = []
    this.#flushing = false
    const stream = this.#stream()
    stream.cork()
    for (const frame of frames) this.#socket.send(frame)
    stream.uncork()
  }

  #receive(frame: Incoming): void {
    const waiting = typeof frame.id === 'number' ? this.#replies.get(frame.id) : undefined
    if (waiting) {
      this.#replies.delete(frame.id as number)
      waiting(frame)
    } else this.onFrame(frame)
  }
}

interface Reply {
  readonly result?: unknown
  readonly error?: unknown
}

export interface Incoming extends Reply {
  readonly id?: number | string | null
  readonly method?: string
  readonly params?: {
    readonly delivery: string
    readonly attempt: number
    readonly thread: { readonly id: string }
    readonly message: { readonly kind: string; readonly body: string }
  }
}

/** A benchmark that met an error has measured nothing: it ends there and then. */
export function fail(reason: string): never {
  process.stderr.write(`${reason}\n`)
  process.exit(1)
}
