import type { ChannelErrand, Input } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { systemClock } from '../clock.ts'
import type { MusterPeer } from '../peer.ts'
import { ChannelError } from './channel.ts'

export interface ErrandsOptions {
  readonly peer: Pick<MusterPeer, 'call'>
  readonly signal: AbortSignal
  /** @returns what the other side calls what was sent @throws ChannelError */
  readonly carry: (errand: ChannelErrand) => Promise<string | undefined>
  /** The Telegram server and bot, once it is known. */
  readonly bot: () => string | null
  /** Whether anybody may speak to it. */
  readonly onListen: (listen: boolean) => void
  readonly onReady: () => void
  readonly onProblem: (says: string) => void
}

/** After a question that the daemon did not answer. */
const RETRY_MS = 5_000

/** Takes what is to be sent from the daemon, one errand of each channel at a time, and says what came of it. It keeps nothing: what was not reported is given out again. */
export class Errands {
  readonly #options: ErrandsOptions
  readonly #busy = new Map<string, Promise<void>>()
  #wanted = false
  #running: Promise<void> | undefined
  #isReady = false
  #cancelTimer: (() => void) | undefined

  constructor(options: ErrandsOptions) {
    this.#options = options
  }

  /** There may be something. */
  wake(): void {
    this.#wanted = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#wanted && !this.#options.signal.aborted) this.wake()
    })
  }

  /** Resolves when nothing is under way any more. */
  async over(): Promise<void> {
    this.#cancelTimer?.()
    await this.#running
    await Promise.all(this.#busy.values())
  }

  async #run(): Promise<void> {
    const { signal, onProblem } = this.#options
    while (this.#wanted && !signal.aborted) {
      this.#wanted = false
      try {
        await this.#look()
      } catch (error) {
        if (signal.aborted) return
        onProblem(`cannot ask the daemon what is to be sent: ${error instanceof MusterError ? error.code : String(error)}`)
        this.#wakeIn(RETRY_MS)
      }
    }
  }

  async #look(): Promise<void> {
    const { peer, bot, onListen, onReady } = this.#options
    const { errands, nextAt, listen } = await peer.call('channels.take', { bot: bot(), busy: [...this.#busy.keys()] })
    onListen(listen)
    if (!this.#isReady) onReady()
    this.#isReady = true
    for (const errand of errands) this.#busy.set(errand.channel, this.#do(errand))
    if (nextAt !== null) this.#wakeIn(Math.max(Date.parse(nextAt) - Date.now(), 0))
  }

  async #do(errand: ChannelErrand): Promise<void> {
    const { peer, signal, onProblem } = this.#options
    try {
      const report = await this.#carried(errand)
      if (report) await peer.call('channels.report', { errand: errand.id, ...report })
    } catch (error) {
      if (!signal.aborted) onProblem(`cannot tell the daemon what came of an errand: ${error instanceof MusterError ? error.code : String(error)}`)
    } finally {
      this.#busy.delete(errand.channel)
      if (!signal.aborted) this.wake()
    }
  }

  /** `undefined`: it was broken off, and is given out again. */
  async #carried(errand: ChannelErrand): Promise<Omit<Input<'channels.report'>, 'errand'> | undefined> {
    try {
      const handle = await this.#options.carry(errand)
      return { outcome: 'sent', ...(handle !== undefined && { handle }) }
    } catch (error) {
      if (this.#options.signal.aborted) return undefined
      const { outcome, message, retryAfterSeconds } = error instanceof ChannelError ? error : new ChannelError('failed', 'something unforeseen happened')
      return { outcome, problem: message.slice(0, 300), ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) }
    }
  }

  #wakeIn(ms: number): void {
    this.#cancelTimer?.()
    this.#cancelTimer = systemClock.setTimer(() => this.wake(), ms)
  }
}
