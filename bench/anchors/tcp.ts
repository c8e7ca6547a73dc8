import { connect, type Socket } from 'node:net'
import { fail } from '../load/connection.ts'

/** A TCP connection that writes once a turn of the event loop and hands over what arrived as latin1 text, one character a byte. */
export class TextConnection {
  readonly #socket: Socket
  #waiting: string[] = []
  #rest = ''
  /** Consumes complete messages from the front of the text and returns what is left. */
  onText: (text: string) => string = () => ''
  /** Called before what a turn has written leaves. */
  beforeFlush: () => void = () => {}
  #flushing = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.#rest = this.onText(this.#rest === '' ? text : this.#rest + text)
    })
    socket.on('close', () => fail('The server closed the connection.'))
  }

  static async open(port: number): Promise<TextConnection> {
    const socket = connect(port, '127.0.0.1').setNoDelay(true)
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new TextConnection(socket)
  }

  write(text: string): void {
    this.#waiting.push(text)
    this.flushThisTurn()
  }

  flushThisTurn(): void {
    if (this.#flushing) return
    this.#flushing = true
    setImmediate(() => {
      this.beforeFlush()
      this.#flushing = false
      if (this.#waiting.length > 0) this.#socket.write(this.#waiting.join(''), 'latin1')
      this.#waiting = []
    })
  }

  close(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }
}
