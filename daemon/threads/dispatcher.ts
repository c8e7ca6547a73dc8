import { LIMITS } from '../../src/limits.ts'
import type { Clock } from '../clock.ts'
import type { Consumer, Parcel } from './consumer.ts'
import { Delays, type Flight, Flights } from './flights.ts'

export interface DispatcherOptions {
  readonly clock: Clock
  readonly deliveryId: (number: number) => string
  /** The next queued deliveries of a peer in the order of the mailbox, from the one after `after` on. */
  readonly queued: (peerId: number, limit: number, after: Parcel | undefined) => Parcel[]
  /** The next ask, after that of a thread, that was acked earlier and is still open: presented again to a new consumer. */
  readonly owed: (peerId: number, afterThread: number) => Parcel | undefined
  /** Offers that ended with their connection: what becomes of them is a command, after which {@link Dispatcher.release} is due. */
  readonly onReturned: (flights: readonly Flight[], how: 'orderly' | 'lost') => void
  /** A mailbox without a consumer may have something to fetch. */
  readonly onWaiting: (peerId: number) => void
  /** Who watches offers come and go, where somebody does. */
  readonly watch?: OfferWatch | undefined
}

/** Told of each delivery that goes out, offered on a connection or handed over to a session, and of the end of that. */
export interface OfferWatch {
  offered(parcel: Pick<Parcel, 'deliveryId' | 'threadId' | 'messageId' | 'peerId'>, attempt: number): void
  ended(deliveryId: number): void
}

/** Rows that one refill reads at a time. */
const MAX_REFILL_ROWS = 256

interface Box {
  consumer: Consumer | undefined
  inFlight: number
  /** Threads with a delivery in flight or in backoff: the next one of the thread waits. */
  readonly busy: Map<number, number>
  /** How far the owed asks have been presented to this consumer, and how many may follow. */
  owed: { readonly after: number; readonly left: number } | undefined
  /** Something may be queued that was not offered. */
  backlog: boolean
}

/**
 * Offers deliveries to the consumers that are connected. All of its state is about live connections and dies with the
 * process: a delivery in flight is still `queued` on the disk, so nothing here can be lost. It acts only in effects,
 * after a commit.
 */
export class Dispatcher {
  readonly flights: Flights
  readonly delays: Delays
  readonly #options: DispatcherOptions
  readonly #boxes = new Map<number, Box>()
  readonly #dirty = new Set<number>()
  /** Deliveries that ended in the very commit that stored them: there is nothing to offer. */
  readonly #stillborn = new Set<number>()

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.flights = new Flights(options.clock)
    this.delays = new Delays(options.clock)
  }

  consuming(peerId: number): boolean {
    return this.#boxes.get(peerId)?.consumer !== undefined
  }

  /** The offer with the most hops among those in flight to a peer. */
  heaviest(peerId: number): Flight | undefined {
    const consumer = this.#boxes.get(peerId)?.consumer
    let found: Flight | undefined
    for (const flight of consumer ? this.flights.of(consumer) : []) if (!found || flight.hops > found.hops) found = flight
    return found
  }

  /** Makes a connection the consumer of a mailbox; an earlier one is replaced, its offers count as lost. */
  attach(consumer: Consumer): void {
    const box = this.#box(consumer.peerId)
    const earlier = box.consumer
    box.consumer = consumer
    box.backlog = true
    if (earlier) {
      earlier.port.replaced()
      this.#end(earlier, 'lost')
    }
    box.owed = { after: 0, left: LIMITS.maxOwedPresented }
    this.#dirty.add(consumer.peerId)
    this.flush()
  }

  /** The connection is gone: `orderly` gives its deliveries back as if never offered, `lost` counts an attempt. */
  detach(consumer: Consumer, how: 'orderly' | 'lost'): void {
    const box = this.#boxes.get(consumer.peerId)
    if (box?.consumer !== consumer) return
    box.consumer = undefined
    // Where nothing was in flight, the next flush forgets the box.
    this.#dirty.add(consumer.peerId)
    this.#end(consumer, how)
  }

  /** Sends a frame to the consumer of a mailbox, where it has one. */
  tell(peerId: number, frame: () => string): void {
    this.#boxes.get(peerId)?.consumer?.port.send(frame())
  }

  /** A delivery was committed. */
  arrived(parcel: Parcel): void {
    if (this.#stillborn.delete(parcel.deliveryId)) return
    const box = this.#boxes.get(parcel.peerId)
    if (!box?.consumer) return this.#options.onWaiting(parcel.peerId)
    const direct = parcel.control || (!box.backlog && this.#room(box) > 0 && !box.busy.has(parcel.threadId))
    if (direct && !box.consumer.port.parked) this.#offer(box, box.consumer, parcel)
    else {
      box.backlog = true
      this.#dirty.add(parcel.peerId)
    }
  }

  /** A delivery ended in the batch that stores it: what {@link arrived} will announce is over already. */
  neverArrives(deliveryId: number): void {
    this.#stillborn.add(deliveryId)
  }

  /** The offer ended: acked, nacked, withdrawn or given back. What waited behind it may go. */
  release(deliveryId: number): Flight | undefined {
    const flight = this.flights.remove(deliveryId)
    if (!flight) return undefined
    this.#options.watch?.ended(deliveryId)
    const box = this.#box(flight.peerId)
    if (!flight.control) {
      box.inFlight -= 1
      this.#unblock(box, flight.threadId)
    }
    this.#dirty.add(flight.peerId)
    return flight
  }

  /** Keeps a delivery, and with it its thread, back for a while. */
  delay(parcel: Pick<Parcel, 'deliveryId' | 'peerId' | 'threadId'>, ms: number): void {
    if (!this.delays.add(parcel, ms)) return
    const box = this.#box(parcel.peerId)
    box.busy.set(parcel.threadId, (box.busy.get(parcel.threadId) ?? 0) + 1)
  }

  /** Ends a delay, because it is over or because its delivery has ended. */
  undelay(deliveryId: number): void {
    const delay = this.delays.remove(deliveryId)
    if (!delay) return
    const box = this.#box(delay.peerId)
    this.#unblock(box, delay.threadId)
    box.backlog = true
    this.#dirty.add(delay.peerId)
    if (!box.consumer) this.#options.onWaiting(delay.peerId)
  }

  /** The mailbox may have something that was not announced by {@link arrived}. */
  wake(peerId: number): void {
    const box = this.#boxes.get(peerId)
    if (!box?.consumer) this.#options.onWaiting(peerId)
    if (!box) return
    box.backlog = true
    this.#dirty.add(peerId)
  }

  /** Offers what can be offered now; runs after every batch. */
  flush(): void {
    this.#stillborn.clear()
    for (const peerId of this.#dirty) {
      this.#dirty.delete(peerId)
      const box = this.#boxes.get(peerId)
      if (box?.backlog && box.consumer) this.#refill(box, box.consumer)
      if (box && !box.consumer && box.inFlight === 0 && box.busy.size === 0) this.#boxes.delete(peerId)
    }
  }

  /** Before anything else, and no faster than the consumer reads. */
  #presentOwed(box: Box, consumer: Consumer): void {
    while (box.owed && !consumer.port.parked) {
      const { after, left } = box.owed
      const parcel = left > 0 ? this.#options.owed(consumer.peerId, after) : undefined
      if (parcel) consumer.port.send(this.#frame(parcel, parcel.attempt, true))
      box.owed = parcel && { after: parcel.threadId, left: left - 1 }
    }
  }

  #refill(box: Box, consumer: Consumer): void {
    this.#presentOwed(box, consumer)
    const pageSize = Math.min(this.#room(box) + box.inFlight + 1, MAX_REFILL_ROWS)
    let skipped = false
    let after: Parcel | undefined
    do {
      const page = this.#options.queued(consumer.peerId, pageSize, after)
      for (const parcel of page) {
        if (this.flights.get(parcel.deliveryId)) continue
        if (!this.#hasRoom(box, consumer, parcel)) return
        if (this.#mustWait(box, parcel)) skipped = true
        else this.#offer(box, consumer, parcel)
      }
      after = page.length < pageSize ? undefined : page.at(-1)
    } while (after)
    box.backlog = skipped
  }

  #hasRoom(box: Box, consumer: Consumer, parcel: Parcel): boolean {
    return !consumer.port.parked && (parcel.control || this.#room(box) > 0)
  }

  /** Whether a parcel is in backoff, or behind another of its thread. */
  #mustWait(box: Box, parcel: Parcel): boolean {
    return this.delays.has(parcel.deliveryId) || (!parcel.control && box.busy.has(parcel.threadId))
  }

  #offer(box: Box, consumer: Consumer, parcel: Parcel): void {
    const attempt = parcel.attempt + 1
    this.flights.add({
      deliveryId: parcel.deliveryId,
      threadId: parcel.threadId,
      messageId: parcel.messageId,
      peerId: parcel.peerId,
      hops: parcel.hops,
      control: parcel.control,
      solicited: parcel.solicited,
      consumer,
      attempt,
      offeredAt: this.#options.clock.wallMs(),
    })
    if (!parcel.control) {
      box.inFlight += 1
      box.busy.set(parcel.threadId, (box.busy.get(parcel.threadId) ?? 0) + 1)
    }
    this.#options.watch?.offered(parcel, attempt)
    consumer.port.send(this.#frame(parcel, attempt, false))
  }

  #frame(parcel: Parcel, attempt: number, owed: boolean): string {
    const id = this.#options.deliveryId(parcel.deliveryId)
    const redelivered = parcel.redelivered || parcel.attempt > 0
    const head = `{"jsonrpc":"2.0","method":"mailbox.deliver","params":{"delivery":"${id}","attempt":${attempt},"redelivered":${redelivered},"owed":${owed},`
    return head + parcel.tail()
  }

  #end(consumer: Consumer, how: 'orderly' | 'lost'): void {
    const flights = this.flights.of(consumer)
    if (flights.length > 0) this.#options.onReturned(flights, how)
  }

  #room(box: Box): number {
    return (box.consumer?.prefetch ?? LIMITS.prefetch) - box.inFlight
  }

  #unblock(box: Box, threadId: number): void {
    const count = (box.busy.get(threadId) ?? 0) - 1
    if (count > 0) box.busy.set(threadId, count)
    else box.busy.delete(threadId)
  }

  #box(peerId: number): Box {
    let box = this.#boxes.get(peerId)
    if (!box) {
      box = { consumer: undefined, inFlight: 0, busy: new Map(), owed: undefined, backlog: true }
      this.#boxes.set(peerId, box)
    }
    return box
  }
}
