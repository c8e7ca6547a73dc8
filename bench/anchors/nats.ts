/**
 * The same asks on NATS JetStream: a stream each way on disk, publishes that wait for their PubAck, durable push consumers with
 * explicit acks. An ask counts when the server has confirmed the ack of its answer.
 */
import { readFileSync } from 'node:fs'
import { fail } from '../load/connection.ts'
import { askOf, body, ClosedLoop, type Driver, type Level, type Timing } from '../load/measure.ts'
import { TextConnection } from './tcp.ts'

interface NatsLoad extends Timing {
  readonly port: number
  readonly pid: number
  readonly inFlight: readonly number[]
  readonly run: string
}
const load = JSON.parse(readFileSync(0, 'utf8')) as NatsLoad

/** The client protocol (https://docs.nats.io/reference/reference-protocols/nats-protocol), as far as JetStream needs it. */
class Nats {
  readonly #connection: TextConnection
  readonly #handlers = new Map<string, (payload: string, reply: string) => void>()
  #subscriptions = 0
  readonly #inbox: string
  readonly #calls = new Map<string, (payload: string) => void>()
  #called = 0

  private constructor(connection: TextConnection, name: string) {
    this.#connection = connection
    this.#inbox = `_INBOX.${load.run}.${name}`
    connection.onText = (text) => this.#read(text)
    connection.write('CONNECT {"verbose":false,"pedantic":false,"lang":"bench","version":"1","protocol":1}\r\nPING\r\n')
    connection.write(`SUB ${this.#inbox}.* inbox\r\n`)
  }

  static async open(name: string): Promise<Nats> {
    return new Nats(await TextConnection.open(load.port), name)
  }

  subscribe(subject: string, handler: (payload: string, reply: string) => void): void {
    const sid = `s${++this.#subscriptions}`
    this.#handlers.set(sid, handler)
    this.#connection.write(`SUB ${subject} ${sid}\r\n`)
  }

  publish(subject: string, payload: string): void {
    this.#connection.write(`PUB ${subject} ${payload.length}\r\n${payload}\r\n`)
  }

  /** Publishes with a reply subject and hands the reply over: a PubAck, the confirmation of an ack, an API's answer. */
  request(subject: string, payload: string, confirmed: (payload: string) => void): void {
    const inbox = `${this.#inbox}.${++this.#called}`
    this.#calls.set(inbox, confirmed)
    this.#connection.write(`PUB ${subject} ${inbox} ${payload.length}\r\n${payload}\r\n`)
  }

  async api(subject: string, body: object): Promise<void> {
    const reply = await new Promise<string>((resolve) => this.request(`$JS.API.${subject}`, JSON.stringify(body), resolve))
    if (reply.includes('"error"')) fail(`JetStream said: ${reply}`)
  }

  close(): void {
    this.#connection.close()
  }

  #read(text: string): string {
    let at = 0
    for (;;) {
      const line = text.indexOf('\r\n', at)
      if (line < 0) return text.slice(at)
      const words = text.slice(at, line).split(' ')
      if (words[0] !== 'MSG') {
        if (words[0] === 'PING') this.#connection.write('PONG\r\n')
        if (words[0] === '-ERR') fail(words.join(' '))
        at = line + 2
        continue
      }
      const end = line + 2 + Number(words.at(-1))
      if (text.length < end + 2) return text.slice(at)
      this.#receive(words, text.slice(line + 2, end))
      at = end + 2
    }
  }

  /** `MSG <subject> <sid> [reply] <bytes>` */
  #receive(words: readonly string[], payload: string): void {
    const [, subject = '', sid = '', reply = ''] = words
    if (sid === 'inbox') {
      this.#calls.get(subject)?.(payload)
      this.#calls.delete(subject)
    } else this.#handlers.get(sid)?.(payload, words.length === 5 ? reply : '')
  }
}

class Asker implements Driver {
  readonly loop = new ClosedLoop(this)
  readonly #nats: Nats
  #counted = 0

  constructor(nats: Nats) {
    this.#nats = nats
    nats.subscribe(`deliver.${answers}`, (payload, ack) => {
      nats.request(ack, '+ACK', () => this.#counted++)
      this.loop.ended(askOf(payload))
    })
  }

  start(n: number): void {
    this.#nats.request(asks, body(n), expectStored)
  }

  counted(): number {
    return this.#counted
  }
}

function expectStored(reply: string): void {
  if (reply.includes('"error"') || !reply.includes('"seq"')) fail(`JetStream did not store a message: ${reply}`)
}

const asks = `asks-${load.run}`
const answers = `answers-${load.run}`
const answerer = await Nats.open('answerer')
answerer.subscribe(`deliver.${asks}`, (payload, ack) => {
  answerer.publish(ack, '+ACK')
  answerer.request(answers, payload, expectStored)
})
const connection = await Nats.open('asker')
const asker = new Asker(connection)
for (const stream of [asks, answers]) {
  await connection.api(`STREAM.CREATE.${stream}`, { name: stream, subjects: [stream], storage: 'file', retention: 'limits', num_replicas: 1 })
  const config = { durable_name: 'peer', deliver_subject: `deliver.${stream}`, ack_policy: 'explicit', deliver_policy: 'all', max_ack_pending: 2_000 }
  await connection.api(`CONSUMER.DURABLE.CREATE.${stream}.peer`, { stream_name: stream, config })
}
const levels: Level[] = []
for (const inFlight of load.inFlight) levels.push(await asker.loop.run(inFlight, load, load.pid))
process.stdout.write(`${JSON.stringify({ levels })}\n`)
connection.close()
answerer.close()
