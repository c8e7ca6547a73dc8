import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { SUBPROTOCOL, WS_PATH } from '../../../src/rpc.ts'

/** A socket on which a test says any bytes, and reads what comes back. */
export class RawSocket implements AsyncDisposable {
  readonly socket: Socket
  readonly ended: Promise<void>
  #received = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      socket.emit('received')
    })
    socket.on('error', () => undefined)
    this.ended = new Promise((resolve) => {
      socket.on('close', () => {
        socket.emit('received')
        resolve()
      })
    })
  }

  static async connect(url: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    const raw = new RawSocket(socket)
    await once(socket, 'connect')
    return raw
  }

  /** Connects and finishes the upgrade by hand. */
  static async upgraded(url: string, token: string): Promise<RawSocket> {
    const raw = await RawSocket.connect(url)
    raw.socket.write(upgradeHead(url, { Authorization: `Bearer ${token}`, 'Sec-WebSocket-Protocol': SUBPROTOCOL }))
    const head = await raw.until('\r\n\r\n')
    if (!head.startsWith('HTTP/1.1 101')) throw new Error(`The upgrade was refused: ${head}`)
    raw.#received = Buffer.alloc(0)
    return raw
  }

  get text(): string {
    return this.#received.toString('latin1')
  }

  /** All that has come, once it holds the text or the connection has ended. */
  async until(text: string): Promise<string> {
    while (!this.text.includes(text) && !this.socket.destroyed) await once(this.socket, 'received')
    return this.text
  }

  /** The code of the close frame with which the daemon ends the connection; 1006 without one. */
  async closeCode(): Promise<number> {
    await this.ended
    // Server frames are not masked; the last one is the close: 0x88, its length, two bytes of code.
    for (let at = 0; at + 4 <= this.#received.length; ) {
      const first = this.#received.readUInt8(at)
      const length = this.#received.readUInt8(at + 1)
      if (first === 0x88) return this.#received.readUInt16BE(at + 2)
      at += 2 + (length === 126 ? 2 + this.#received.readUInt16BE(at + 2) : length)
    }
    return 1006
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
    await this.ended
  }
}

/** The head of an upgrade with the headers given. */
export function upgradeHead(url: string, headers: Readonly<Record<string, string>>, path: string = WS_PATH): string {
  const all = {
    Host: new URL(url).host,
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}
