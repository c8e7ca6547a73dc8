import { setTimeout } from 'node:timers/promises'
import type { Card, Input, Output } from '../../../src/contract/index.ts'
import { HttpClient } from '../../contract/support/http-client.ts'

const PATIENCE_MS = 30_000
const LOOK_AGAIN_MS = 50

/** The paired device of a person. */
export class Phone {
  readonly #http: HttpClient

  private constructor(http: HttpClient) {
    this.#http = http
  }

  /** The first device of a node. */
  static async pair(url: string, adminToken: string): Promise<Phone> {
    const admin = new HttpClient(url, adminToken)
    const { pairing, code } = await admin.call('pairings.begin', {})
    const { token, pairing: redeemed } = await new HttpClient(url).call('pairings.redeem', { code, device: 'phone' })
    await admin.call('pairings.confirm', { pairing: pairing.id, comparison: redeemed.comparison ?? '' })
    return new Phone(new HttpClient(url, token))
  }

  async waiting(): Promise<readonly Card[]> {
    return (await this.#http.call('decisions.list', { state: 'waiting' })).cards
  }

  async get(card: string): Promise<Card> {
    return (await this.#http.call('decisions.get', { card })).card
  }

  async decide(card: string, choice: Omit<Input<'decisions.resolve'>, 'card'>): Promise<Output<'decisions.resolve'>> {
    return await this.#http.call('decisions.resolve', { card, ...choice })
  }

  /** The card that comes. */
  async card(): Promise<Card> {
    return await poll(async () => (await this.waiting())[0], 'a card')
  }

  /** Resolves when a card waits no longer. */
  async gone(card: string): Promise<void> {
    await poll(async () => ((await this.waiting()).some(({ id }) => id === card) ? undefined : true), `the end of ${card}`)
  }
}

async function poll<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  const giveUpAt = performance.now() + PATIENCE_MS
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > giveUpAt) throw new Error(`Waited in vain for ${what}`)
    await setTimeout(LOOK_AGAIN_MS)
  }
}
