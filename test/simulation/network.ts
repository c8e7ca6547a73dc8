import type { Connection, SocketPort } from '../../daemon/gateway/connection.ts'
import { LIMITS } from '../../src/limits.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'
import type { Random } from './random.ts'

/** A frame of the wire as the simulation reads it: a reply, a failure or a notification. */
export interface ServerFrame {
  readonly id?: number | string | null
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: Record<string, unknown>
  readonly error?: { readonly data: { readonly code: string; readonly [detail: string]: unknown } }
}

/** What the client's side of a link hears. */
export interface LinkClient {
  onFrame(frame: ServerFrame, text: string): void
  onPing?(): void
  /** `code` is that of a close frame; without one the connection was cut. */
  onEnd(code: number | undefined): void
}

export interface LinkWatcher {
  /** The daemon sends; `false` drops the frame, since the process is dead. */
  onServerSend(link: Link, frame: ServerFrame, text: string): boolean
  onServerClose(link: Link, code: number | undefined): void
  onServerRead(link: Link, text: string, late: boolean, overtook: boolean): void
}

type Packet = { readonly at: number; readonly order: number; readonly late: boolean } & (
  | { readonly kind: 'text'; readonly text: string; readonly frame?: ServerFrame }
  | { readonly kind: 'ping' | 'pong' }
  | { readonly kind: 'close'; readonly code: number }
)

type PacketBody =
  | { readonly kind: 'text'; readonly text: string; readonly frame?: ServerFrame }
  | { readonly kind: 'ping' | 'pong' }
  | { readonly kind: 'close'; readonly code: number }

/** One connection: two queues, in each of which nothing overtakes. */
export class Link {
  readonly number: number
  readonly token: string
  client: LinkClient | undefined
  /** The number of the credential behind the token, once known. */
  credential: number | undefined
  server: Connection | undefined
  readonly toServer: Packet[] = []
  readonly toClient: Packet[] = []
  /** The client reads nothing. */
  stalled = false
  /** Nothing arrives any more in either direction, and neither side knows. */
  silent = false
  clientOpen = true
  serverOpen = true
  /** The daemon's end. */
  readonly port: SocketPort
  readonly #network: Network

  constructor(network: Network, number: number, token: string) {
    this.#network = network
    this.port = portOf(this, network)
    this.number = number
    this.token = token
  }

  send(text: string): void {
    if (this.clientOpen) this.#network.enqueue(this, this.toServer, { kind: 'text', text })
  }

  /** The client says goodbye. */
  close(): void {
    if (!this.clientOpen) return
    this.clientOpen = false
    this.#network.enqueue(this, this.toServer, { kind: 'close', code: 1000 })
    this.client?.onEnd(1000)
    this.client = undefined
  }

  endClient(code: number | undefined): void {
    if (!this.clientOpen) return
    this.clientOpen = false
    const { client } = this
    this.client = undefined
    client?.onEnd(code)
  }

  /** The daemon's end learns that the connection is gone. */
  endServer(orderly: boolean): void {
    if (!this.serverOpen) return
    this.serverOpen = false
    this.#network.watcher.onServerClose(this, orderly ? 1000 : undefined)
    this.server?.onClose(orderly)
  }

  stall(): void {
    this.stalled = true
  }

  unstall(): void {
    if (!this.stalled) return
    this.stalled = false
    if (this.serverOpen) this.server?.onDrain()
    this.#network.arm()
  }
}

function portOf(link: Link, network: Network): SocketPort {
  return {
    send(text) {
      const frame = JSON.parse(text) as ServerFrame
      if (link.serverOpen && network.watcher.onServerSend(link, frame, text)) network.enqueue(link, link.toClient, { kind: 'text', text, frame })
    },
    close(code) {
      if (!link.serverOpen) return
      link.serverOpen = false
      network.watcher.onServerClose(link, code)
      network.enqueue(link, link.toClient, { kind: 'close', code })
    },
    terminate() {
      if (!link.serverOpen) return
      link.serverOpen = false
      network.watcher.onServerClose(link, undefined)
      link.toClient.length = 0
      link.endClient(undefined)
    },
    ping: () => network.enqueue(link, link.toClient, { kind: 'ping' }),
    get bufferedBytes() {
      return link.stalled ? LIMITS.parkAtBufferedBytes + 1 : 0
    },
  }
}

/** Carries frames with seeded delays. All that is due at one instant is handed over in one turn, in a seeded order of the links. */
export class Network {
  readonly watcher: LinkWatcher
  readonly links = new Set<Link>()
  /** How slow the network is: 0 is instant. */
  jitter = 0
  readonly #clock: VirtualClock
  readonly #random: Random
  #order = 0
  #lastLink = 0
  #cancel: (() => void) | undefined
  #armedAt = Number.POSITIVE_INFINITY

  constructor(clock: VirtualClock, random: Random, watcher: LinkWatcher) {
    this.#clock = clock
    this.#random = random
    this.watcher = watcher
  }

  open(token: string): Link {
    this.#lastLink += 1
    const link = new Link(this, this.#lastLink, token)
    this.links.add(link)
    return link
  }

  /** The network fails under a link: what is on its way is lost. Each side learns of it at once, or later by itself. */
  cut(link: Link, knows: { readonly client: boolean; readonly server: boolean }): void {
    link.toClient.length = 0
    link.toServer.length = 0
    link.silent = true
    if (knows.server) link.endServer(false)
    if (knows.client) link.endClient(undefined)
  }

  /** The daemon's process is gone; what it sent is still on its way or lost with it. */
  processDied(link: Link, isLost: boolean): void {
    link.serverOpen = false
    link.server = undefined
    link.toServer.length = 0
    if (isLost) link.toClient.length = 0
    this.enqueue(link, link.toClient, { kind: 'close', code: 1006 })
  }

  enqueue(link: Link, queue: Packet[], body: PacketBody): void {
    if (link.silent) return
    const delay = this.#delay()
    const at = Math.max(this.#clock.monoMs() + delay, queue.at(-1)?.at ?? 0)
    this.#order += 1
    queue.push({ ...body, at, order: this.#order, late: delay >= 5 })
    this.#armAt(at)
  }

  arm(): void {
    let next = Number.POSITIVE_INFINITY
    for (const link of this.links) {
      next = Math.min(next, link.toServer[0]?.at ?? next)
      if (!link.stalled) next = Math.min(next, link.toClient[0]?.at ?? next)
    }
    if (next < Number.POSITIVE_INFINITY) this.#armAt(next)
  }

  #armAt(next: number): void {
    if (this.#cancel && this.#armedAt <= next) return
    this.#cancel?.()
    this.#armedAt = next
    this.#cancel = this.#clock.setTimer(() => this.#tick(), Math.max(0, next - this.#clock.monoMs()))
  }

  #delay(): number {
    if (this.jitter === 0 || this.#random.chance(0.6)) return 0
    if (this.#random.chance(0.6)) return this.#random.between(1, 4)
    return this.#random.chance(0.9) ? this.#random.between(5, 400) : this.#random.between(1_000, 20_000 * this.jitter)
  }

  #tick(): void {
    this.#cancel = undefined
    this.#armedAt = Number.POSITIVE_INFINITY
    const now = this.#clock.monoMs()
    for (const link of this.#random.shuffle([...this.links])) {
      while (link.toServer[0] && link.toServer[0].at <= now) this.#toServer(link, link.toServer.shift() as Packet)
      while (!link.stalled && link.toClient[0] && link.toClient[0].at <= now) this.#toClient(link, link.toClient.shift() as Packet)
      if (!link.clientOpen && !link.serverOpen) this.links.delete(link)
    }
    this.arm()
  }

  #toServer(link: Link, packet: Packet): void {
    if (!link.serverOpen || !link.server) return
    if (packet.kind === 'text') {
      const overtook = [...this.links].some((other) => other !== link && (other.toServer[0]?.order ?? packet.order) < packet.order)
      this.watcher.onServerRead(link, packet.text, packet.late, overtook)
      link.server.onText(packet.text)
    } else if (packet.kind === 'pong') link.server.onPong()
    else link.endServer(true)
  }

  #toClient(link: Link, packet: Packet): void {
    if (packet.kind === 'close') return link.endClient(packet.code)
    if (!link.clientOpen) return
    if (packet.kind === 'ping') {
      link.client?.onPing?.()
      this.enqueue(link, link.toServer, { kind: 'pong' })
    } else if (packet.kind === 'text') link.client?.onFrame(packet.frame as ServerFrame, packet.text)
  }
}
