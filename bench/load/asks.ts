/**
 * The load generator of the hot path: an asker and an answerer, two connections, one process. It speaks the wire protocol to the
 * daemon and to the fixed relay alike. An ask counts when the daemon has confirmed the ack of its answer; by then both messages,
 * both deliveries and both acks are committed. Acks of one turn of the event loop travel in one frame.
 */
import { readFileSync } from 'node:fs'
import { Connection, fail, type Incoming } from './connection.ts'
import { askOf, body, ClosedLoop, type Driver, type Level, type Timing } from './measure.ts'

export interface AskLoad extends Timing {
  readonly url: string
  readonly pid: number
  readonly askerToken: string
  readonly answererToken: string
  /** What the asker calls the answerer. */
  readonly to: string
  readonly inFlight: readonly number[]
  /** Makes idempotency keys unique to this process. */
  readonly run: string
}

const load = JSON.parse(readFileSync(0, 'utf8')) as AskLoad

class Asker implements Driver {
  readonly loop = new ClosedLoop(this)
  readonly #connection: Connection
  #acks: string[] = []
  readonly #acking = new Map<number, number>()
  #counted = 0

  constructor(connection: Connection) {
    this.#connection = connection
    connection.onFrame = (frame) => this.#receive(frame)
    connection.beforeFlush = () => this.#ack()
  }

  start(n: number): void {
    const id = this.#connection.nextId()
    const params = `{"to":"${load.to}","body":${JSON.stringify(body(n))},"causedBy":null,"key":"${load.run}-${n}"}`
    this.#connection.send(`{"jsonrpc":"2.0","id":${id},"method":"threads.ask","params":${params}}`)
  }

  counted(): number {
    return this.#counted
  }

  #receive(frame: Incoming): void {
    if (frame.error) fail(`The asker was refused: ${JSON.stringify(frame.error)}`)
    if (frame.method === 'mailbox.deliver' && frame.params) {
      if (frame.params.message.kind !== 'answer') fail(`The asker expected an answer: ${JSON.stringify(frame)}`)
      this.#acks.push(frame.params.delivery)
      this.#connection.flushThisTurn()
      this.loop.ended(askOf(frame.params.message.body))
      return
    }
    const acked = this.#acking.get(frame.id as number)
    if (acked === undefined) return
    this.#acking.delete(frame.id as number)
    this.#counted += acked
  }

  #ack(): void {
    if (this.#acks.length === 0) return
    const id = this.#connection.nextId()
    this.#acking.set(id, this.#acks.length)
    this.#connection.send(`{"jsonrpc":"2.0","id":${id},"method":"mailbox.ack","params":{"deliveries":${JSON.stringify(this.#acks)}}}`)
    this.#acks = []
  }
}

/** Answers each ask with its own body; the answer is the ack. */
function answerWith(connection: Connection): void {
  connection.onFrame = (frame) => {
    if (frame.error) fail(`The answerer was refused: ${JSON.stringify(frame.error)}`)
    if (frame.method !== 'mailbox.deliver' || !frame.params) return
    const { delivery, thread, message } = frame.params
    const params = `{"thread":"${thread.id}","delivery":"${delivery}","body":${JSON.stringify(message.body)},"key":"${load.run}-${askOf(message.body)}"}`
    connection.send(`{"jsonrpc":"2.0","id":${connection.nextId()},"method":"threads.answer","params":${params}}`)
  }
}

const answerer = await Connection.open(load.url, load.answererToken)
answerWith(answerer)
await answerer.hello({ consume: true, prefetch: 1_024 })
const connection = await Connection.open(load.url, load.askerToken)
const asker = new Asker(connection)
await connection.hello({ consume: true, prefetch: 1_024 })
const levels: Level[] = []
for (const inFlight of load.inFlight) levels.push(await asker.loop.run(inFlight, load, load.pid))
process.stdout.write(`${JSON.stringify({ levels })}\n`)
connection.close()
answerer.close()
