import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { fail } from './connection.ts'

/**
 * A WebSocket on a bare socket (RFC 6455), for loads with thousands of connections in one process, where a client library would
 * cost more than the server. It reads unfragmented frames and answers pings.
 */
export class RawSocket {
  readonly #socket: Socket
  #rest: Buffer = Buffer.alloc(0)
  #open = false
  readonly #onText: (text: Buffer, socket: RawSocket) => void

  private constructor(socket: Socket, onText: (text: Buffer, socket: RawSocket) => void) {
    this.#socket = socket
    this.#onText = onText
  }

  static open(url: string, token: string, onText: (text: Buffer, socket: RawSocket) => void): Promise<RawSocket> {
    const { port, pathname } = new URL(url)
    const socket = connect(Number(port), '127.0.0.1').setNoDelay(true)
    const raw = new RawSocket(socket, onText)
    const key = randomBytes(16).toString('base64')
    const lines = [`GET ${pathname} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
    lines.push(`Sec-WebSocket-Key: ${key}`, 'Sec-WebSocket-Protocol: muster.v1', `Authorization: Bearer ${token}`, '', '')
    socket.write(lines.join('\r\n'))
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.on('data', (data) => raw.#receive(data, () => resolve(raw)))
      socket.on('close', () => fail('The server closed a connection.'))
    })
  }

  send(text: string): void {
    this.#socket.write(frame(1, Buffer.from(text)))
  }

  close(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }

  #receive(data: Buffer, opened: () => void): void {
    let rest: Buffer = this.#rest.length > 0 ? Buffer.concat([this.#rest, data]) : data
    if (!this.#open) {
      const end = rest.indexOf('\r\n\r\n')
      if (end >= 0 && !rest.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) fail(rest.subarray(0, end).toString())
      if (end < 0) {
        this.#rest = rest
        return
      }
      this.#open = true
      rest = rest.subarray(end + 4)
      opened()
    }
    this.#rest = this.#readFrames(rest)
  }

  #readFrames(data: Buffer): Buffer {
    let at = 0
    while (data.length >= at + 2) {
      const { head, length } = sizes(data, at)
      const end = at + head + length
      if (data.length < end) break
      this.#take(data.readUInt8(at) & 15, data.subarray(at + head, end))
      at = end
    }
    return data.subarray(at)
  }

  #take(opcode: number, payload: Buffer): void {
    if (opcode === 1) this.#onText(payload, this)
    else if (opcode === 9) this.#socket.write(frame(10, payload))
    else if (opcode === 8) fail(`The server sent a close frame: ${payload.subarray(2).toString()}`)
  }
}

/** Bytes of a frame's head and payload; an unending payload where the head is not complete yet. */
function sizes(data: Buffer, at: number): { head: number; length: number } {
  const short = data.readUInt8(at + 1) & 127
  if (short < 126) return { head: 2, length: short }
  const head = short === 126 ? 4 : 10
  if (data.length < at + head) return { head, length: Number.POSITIVE_INFINITY }
  return { head, length: short === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2)) }
}

/** A client frame must be masked; a mask of zeros leaves the payload as it is. */
function frame(opcode: number, payload: Buffer): Buffer {
  const head =
    payload.length < 126 ? Buffer.from([0x80 | opcode, 0x80 | payload.length]) : Buffer.from([0x80 | opcode, 0xfe, payload.length >> 8, payload.length & 255])
  return Buffer.concat([head, Buffer.alloc(4), payload])
}
