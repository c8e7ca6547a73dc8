/**
 * One sender, many receivers. Each round sends one notify to all of them and ends with the last delivery; the acks follow and are
 * awaited before the next round, timed apart. `raw` asks the bare `ws` server for sends of the same size instead.
 */
import { readFileSync } from 'node:fs'
import { Connection, fail } from './connection.ts'
import { body } from './measure.ts'
import { RawSocket } from './raw-socket.ts'

export interface FanOutLoad {
  readonly url: string
  readonly senderToken: string
  readonly tokens: readonly string[]
  readonly rounds: number
  /** Bytes of one frame of the raw server; absent: the daemon. */
  readonly rawBytes?: number
  readonly to: string
}

export interface FanOutResult {
  /** Deliveries per second from the send to the last delivery, one figure a round. */
  readonly perSecond: number[]
  /** The same with all acks confirmed. */
  readonly withAcksPerSecond: number[]
  readonly frameBytes: number
}

const load = JSON.parse(readFileSync(0, 'utf8')) as FanOutLoad
let arrived = 0
let acked = 0
let frameBytes = 0
let wake: () => void = () => {}
let waiting: string[] = []
const sockets: RawSocket[] = []

function onText(text: Buffer, socket: RawSocket): void {
  const head = text.subarray(0, 64).toString('latin1')
  if (head.includes('"error"')) fail(text.toString())
  if (!text.includes('"mailbox.deliver"')) {
    acked++
  } else {
    arrived++
    frameBytes = text.length
    if (load.rawBytes === undefined) waiting.push((JSON.parse(text.toString('latin1')) as { params: { delivery: string } }).params.delivery)
    owners.push(socket)
  }
  wake()
}
let owners: RawSocket[] = []

function until(reached: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    wake = () => {
      if (!reached()) return
      wake = () => {}
      resolve()
    }
    wake()
  })
}

async function connectAll(): Promise<void> {
  for (let from = 0; from < load.tokens.length; from += 100) {
    const opened = await Promise.all(load.tokens.slice(from, from + 100).map((token) => RawSocket.open(load.url, token, onText)))
    sockets.push(...opened)
    if (load.rawBytes !== undefined) continue
    const before = acked
    for (const socket of opened) socket.send('{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1,"client":"muster-bench","consume":true}}')
    await until(() => acked === before + opened.length)
  }
}

async function ackAll(): Promise<void> {
  const before = acked
  const count = waiting.length
  for (const [n, delivery] of waiting.entries()) owners[n]?.send(`{"jsonrpc":"2.0","id":2,"method":"mailbox.ack","params":{"deliveries":["${delivery}"]}}`)
  await until(() => acked === before + count)
}

await connectAll()
const sender = await Connection.open(load.url, load.senderToken)
if (load.rawBytes === undefined) await sender.hello({ consume: false, prefetch: 1 })
const perSecond: number[] = []
const withAcksPerSecond: number[] = []
for (let round = 0; round < load.rounds; round++) {
  arrived = 0
  waiting = []
  owners = []
  const startedAt = performance.now()
  if (load.rawBytes === undefined)
    void sender.call('threads.notify', { to: load.to, select: 'all', body: body(round), causedBy: null, key: `${process.pid}-${round}` })
  else sender.send(`{"fanOut":${load.rawBytes}}`)
  await until(() => arrived === load.tokens.length)
  perSecond.push((load.tokens.length / (performance.now() - startedAt)) * 1_000)
  if (load.rawBytes === undefined) await ackAll()
  withAcksPerSecond.push((load.tokens.length / (performance.now() - startedAt)) * 1_000)
}
process.stdout.write(`${JSON.stringify({ perSecond, withAcksPerSecond, frameBytes } satisfies FanOutResult)}\n`)
sender.close()
for (const socket of sockets) socket.close()
