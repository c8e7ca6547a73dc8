import type { Clock } from './clock.ts'

/** The daemon's limit of deliveries in one `mailbox.ack`. */
const MAX_PER_FRAME = 1_000

/** Gathers the acks of one turn of the event loop into one frame. */
export class Acks {
  readonly #clock: Clock
  readonly #send: (deliveries: string[]) => void
  #waiting: string[] = []

  constructor(clock: Clock, send: (deliveries: string[]) => void) {
    this.#clock = clock
    this.#send = send
  }

  add(delivery: string): void {
    if (this.#waiting.push(delivery) === 1) this.#clock.soon(() => this.#flush())
  }

  #flush(): void {
    while (this.#waiting.length > 0) this.#send(this.#waiting.splice(0, MAX_PER_FRAME))
  }
}
