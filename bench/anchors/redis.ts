/**
 * The same asks on Redis streams: XADD to the answerer's stream, XREADGROUP, XADD of the answer to the asker's stream, XREADGROUP,
 * and an XACK each way. With `appendfsync always` Redis flushes once a turn of its loop before it replies. An ask counts when the
 * XACK of its answer is confirmed. Acks of one turn travel in one command.
 */
import { readFileSync } from 'node:fs'
import { fail } from '../load/connection.ts'
import { askOf, body, ClosedLoop, type Driver, type Level, type Timing } from '../load/measure.ts'
import { TextConnection } from './tcp.ts'

interface RedisLoad extends Timing {
  readonly port: number
  readonly pid: number
  readonly inFlight: readonly number[]
  readonly run: string
}
type Value = string | number | null | Value[]
const load = JSON.parse(readFileSync(0, 'utf8')) as RedisLoad

/** RESP2 (https://redis.io/docs/latest/develop/reference/protocol-spec/), as far as these five commands need it. */
class Redis {
  readonly #connection: TextConnection
  readonly #replies: ((value: Value) => void)[] = []

  private constructor(connection: TextConnection) {
    this.#connection = connection
    connection.onText = (text) => this.#read(text)
  }

  static async open(): Promise<Redis> {
    return new Redis(await TextConnection.open(load.port))
  }

  send(command: readonly string[], reply: (value: Value) => void = () => {}): void {
    this.#replies.push(reply)
    this.#connection.write(`*${command.length}\r\n${command.map((part) => `$${part.length}\r\n${part}\r\n`).join('')}`)
  }

  call(...command: string[]): Promise<Value> {
    return new Promise((resolve) => this.send(command, resolve))
  }

  beforeFlush(gather: () => void): void {
    this.#connection.beforeFlush = gather
  }

  flushThisTurn(): void {
    this.#connection.flushThisTurn()
  }

  close(): void {
    this.#connection.close()
  }

  #read(text: string): string {
    let at = 0
    for (;;) {
      const parsed = parse(text, at)
      if (!parsed) return text.slice(at)
      at = parsed.end
      this.#replies.shift()?.(parsed.value)
    }
  }
}

function parse(text: string, at: number): { value: Value; end: number } | undefined {
  const line = text.indexOf('\r\n', at)
  if (line < 0) return undefined
  const head = text.slice(at + 1, line)
  const next = line + 2
  switch (text[at]) {
    case '+':
      return { value: head, end: next }
    case ':':
      return { value: Number(head), end: next }
    case '$': {
      const end = next + Number(head)
      if (head === '-1') return { value: null, end: next }
      return text.length < end + 2 ? undefined : { value: text.slice(next, end), end: end + 2 }
    }
    case '*':
      return parseArray(text, Number(head), next)
    default:
      return fail(`Redis said: ${head}`)
  }
}

function parseArray(text: string, length: number, start: number): { value: Value; end: number } | undefined {
  const value: Value[] = []
  let end = start
  for (let i = 0; i < length; i++) {
    const part = parse(text, end)
    if (!part) return undefined
    value.push(part.value)
    end = part.end
  }
  return { value: length < 0 ? null : value, end }
}

/** Reads a stream as its only consumer and acks what it read, on another connection, together with what the handler wrote there. */
async function consume(stream: string, writer: Redis, handle: (text: string) => void, acked: (count: number) => void): Promise<Redis> {
  const reader = await Redis.open()
  let ids: string[] = []
  writer.beforeFlush(() => {
    if (ids.length > 0) writer.send(['XACK', stream, 'group', ...ids], (count) => acked(Number(count)))
    ids = []
  })
  const read = () =>
    reader.send(['XREADGROUP', 'GROUP', 'group', 'consumer', 'COUNT', '1024', 'BLOCK', '0', 'STREAMS', stream, '>'], (value) => {
      const [[, entries]] = value as [[string, [string, [string, string]][]]]
      for (const [id, [, text]] of entries) {
        ids.push(id)
        handle(text)
      }
      writer.flushThisTurn()
      read()
    })
  read()
  return reader
}

class Asker implements Driver {
  readonly loop = new ClosedLoop(this)
  readonly #writer: Redis
  #counted = 0

  constructor(writer: Redis) {
    this.#writer = writer
  }

  start(n: number): void {
    this.#writer.send(['XADD', asks, '*', 'body', body(n)])
  }

  counted(): number {
    return this.#counted
  }

  acked(count: number): void {
    this.#counted += count
  }
}

const asks = `asks-${load.run}`
const answers = `answers-${load.run}`
const askerWriter = await Redis.open()
const answererWriter = await Redis.open()
for (const stream of [asks, answers]) await askerWriter.call('XGROUP', 'CREATE', stream, 'group', '$', 'MKSTREAM')
const asker = new Asker(askerWriter)
const readers = [
  await consume(
    answers,
    askerWriter,
    (text) => asker.loop.ended(askOf(text)),
    (count) => asker.acked(count),
  ),
  await consume(
    asks,
    answererWriter,
    (text) => answererWriter.send(['XADD', answers, '*', 'body', text]),
    () => {},
  ),
]
const levels: Level[] = []
for (const inFlight of load.inFlight) levels.push(await asker.loop.run(inFlight, load, load.pid))
process.stdout.write(`${JSON.stringify({ levels })}\n`)
for (const redis of [...readers, askerWriter, answererWriter]) redis.close()
