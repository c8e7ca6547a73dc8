import * as z from 'zod'
import type { MusterPeer } from '../peer.ts'
import type { BotApi } from './bot-api.ts'
import { BotListener } from './bot-listener.ts'
import { ChannelError } from './channel.ts'
import { pause } from './pause.ts'

export interface BotOptions {
  readonly api: BotApi
  readonly peer: Pick<MusterPeer, 'call'>
  readonly signal: AbortSignal
  readonly onState: (problem: string | undefined) => void
  /** Who it is is known. */
  readonly onKnown: () => void
}

const Me = z.object({ id: z.int() })
const RETRY_MS = 30_000

/** Which bot the token speaks for, and the listening to it while somebody may speak. */
export class Bot {
  readonly #options: BotOptions
  #id: string | undefined
  #introduced: Promise<void> | undefined
  #listening: { readonly end: AbortController; readonly over: Promise<void> } | undefined

  constructor(options: BotOptions) {
    this.#options = options
  }

  /** The server and the bot, so that an account that was bound at one counts at no other; `undefined` while the server has not said. */
  get id(): string | undefined {
    return this.#id
  }

  start(): void {
    this.#introduced = this.#introduce()
  }

  listen(isWanted: boolean): void {
    if (isWanted && this.#id !== undefined && !this.#listening) {
      const { api, peer, onState } = this.#options
      const end = new AbortController()
      const both = AbortSignal.any([this.#options.signal, end.signal])
      this.#listening = { end, over: new BotListener({ api, peer, bot: this.#id, onState }).run(both) }
    }
    if (!isWanted) {
      this.#listening?.end.abort()
      this.#listening = undefined
    }
  }

  async over(): Promise<void> {
    await this.#introduced
    await this.#listening?.over
  }

  async #introduce(): Promise<void> {
    const { api, signal, onState, onKnown } = this.#options
    while (!signal.aborted && this.#id === undefined) {
      try {
        const { id } = await api.call('getMe', Me, {}, { signal })
        this.#id = `${api.baseUrl}#${id}`
        onState(undefined)
        onKnown()
      } catch (error) {
        if (signal.aborted) return
        const problem = error instanceof ChannelError ? error : undefined
        onState(problem?.message ?? 'something unforeseen happened')
        await pause(problem?.retryAfterSeconds === undefined ? RETRY_MS : problem.retryAfterSeconds * 1_000, signal)
      }
    }
  }
}
