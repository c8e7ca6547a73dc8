/**
 * The same asks on MQTT 3.1.1 with QoS 1. Mosquitto promises nothing to the disk before its PUBACK and does not confirm a PUBACK of
 * ours, so an ask counts when its answer arrives: the figure stands beside the others, not against them.
 */
import { readFileSync } from 'node:fs'
import { fail } from '../load/connection.ts'
import { askOf, body, ClosedLoop, type Driver, type Level, type Timing } from '../load/measure.ts'
import { TextConnection } from './tcp.ts'

interface MqttLoad extends Timing {
  readonly port: number
  readonly pid: number
  readonly inFlight: readonly number[]
  readonly run: string
}
const load = JSON.parse(readFileSync(0, 'utf8')) as MqttLoad
const [CONNACK, PUBLISH, PUBACK, SUBACK] = [2, 3, 4, 9]

const u16 = (value: number) => String.fromCharCode(value >> 8, value & 255)
const text = (value: string) => u16(value.length) + value
/** Fixed header with the remaining length in one or two bytes: no packet here reaches 16 kB. */
function packet(head: number, rest: string): string {
  const length = rest.length < 128 ? String.fromCharCode(rest.length) : String.fromCharCode((rest.length & 127) | 128, rest.length >> 7)
  return String.fromCharCode(head) + length + rest
}

class Mqtt {
  readonly #connection: TextConnection
  readonly #received: (payload: string) => void
  #ready: () => void = () => {}
  #packetId = 0

  private constructor(connection: TextConnection, received: (payload: string) => void) {
    this.#connection = connection
    this.#received = received
    connection.onText = (input) => this.#read(input)
  }

  static async open(name: string, topic: string, received: (payload: string) => void): Promise<Mqtt> {
    const mqtt = new Mqtt(await TextConnection.open(load.port), received)
    await mqtt.#exchange(packet(0x10, `${text('MQTT')}\x04\x02${u16(0)}${text(name)}`))
    await mqtt.#exchange(packet(0x82, `${u16(1)}${text(topic)}\x01`))
    return mqtt
  }

  publish(topic: string, payload: string): void {
    this.#packetId = (this.#packetId % 65_535) + 1
    this.#connection.write(packet(0x32, text(topic) + u16(this.#packetId) + payload))
  }

  close(): void {
    this.#connection.close()
  }

  #exchange(request: string): Promise<void> {
    return new Promise((resolve) => {
      this.#ready = resolve
      this.#connection.write(request)
    })
  }

  #read(input: string): string {
    let at = 0
    while (input.length >= at + 2) {
      const first = input.charCodeAt(at + 1)
      const long = first > 127
      if (long && input.length < at + 3) break
      const length = long ? (first & 127) + (input.charCodeAt(at + 2) << 7) : first
      const start = at + (long ? 3 : 2)
      if (input.length < start + length) break
      this.#receive(input.charCodeAt(at) >> 4, input.slice(start, start + length))
      at = start + length
    }
    return input.slice(at)
  }

  #receive(kind: number, rest: string): void {
    if (kind === CONNACK || kind === SUBACK) this.#ready()
    else if (kind === PUBLISH) this.#take(rest)
    else if (kind !== PUBACK) fail(`Mosquitto sent a packet of kind ${kind}.`)
  }

  #take(rest: string): void {
    const topicEnd = 2 + (rest.charCodeAt(0) << 8) + rest.charCodeAt(1)
    this.#connection.write(packet(0x40, rest.slice(topicEnd, topicEnd + 2)))
    this.#received(rest.slice(topicEnd + 2))
  }
}

class Asker implements Driver {
  readonly loop = new ClosedLoop(this)
  #counted = 0

  start(n: number): void {
    mqtt.publish(asks, body(n))
  }

  counted(): number {
    return this.#counted
  }

  received(payload: string): void {
    this.#counted++
    this.loop.ended(askOf(payload))
  }
}

const asks = `asks/${load.run}`
const answers = `answers/${load.run}`
const answerer: Mqtt = await Mqtt.open(`answerer-${load.run}`, asks, (payload) => answerer.publish(answers, payload))
const asker = new Asker()
const mqtt = await Mqtt.open(`asker-${load.run}`, answers, (payload) => asker.received(payload))
const levels: Level[] = []
for (const inFlight of load.inFlight) levels.push(await asker.loop.run(inFlight, load, load.pid))
process.stdout.write(`${JSON.stringify({ levels })}\n`)
mqtt.close()
answerer.close()
