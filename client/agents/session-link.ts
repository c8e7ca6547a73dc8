import type { Hello, Input, OperationName, Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { PROTOCOL } from '../../src/rpc.ts'
import { asyncCauses } from '../async-causes.ts'
import { createKeys } from '../calls.ts'
import { ClientError } from '../client-error.ts'
import { systemClock, systemRandom } from '../clock.ts'
import { MusterPeer } from '../peer.ts'
import { openWsTransport } from '../ws-transport.ts'
import type { AgentSession } from './session.ts'

export interface LinkCallOptions {
  /** Gives the call up. */
  readonly signal?: AbortSignal
  /** How long the call goes on without a connection. @default Infinity */
  readonly patienceMs?: number
}

/**
 * A lasting connection as an agent session. It may be begun with the daemon down, comes back whenever that does, and repeats
 * what was under way with the same idempotency key.
 */
export class SessionLink {
  readonly session: AgentSession
  #peer: MusterPeer | undefined
  readonly #onOnline: (() => void) | undefined
  #pending = 0
  #isClosed = false

  /** @param onOnline called whenever the connection has come about */
  constructor(session: AgentSession, onOnline?: () => void) {
    this.session = session
    this.#onOnline = onOnline
  }

  /** Connects, if it is not connected: a session is present for as long as its link is. */
  start(): void {
    this.#current()
  }

  /**
   * Calls an operation.
   *
   * @throws MusterError what the daemon answered
   * @throws ClientError `disconnected` when the patience is over, `aborted`
   */
  async call<N extends OperationName>(name: N, input: Input<N>, options: LinkCallOptions = {}): Promise<Output<N>> {
    try {
      return await this.#callOn(this.#current(), name, input, options)
    } catch (error) {
      // The credential ended while the link was up. Joining anew is tried once a call; a link that fails at it says so.
      if (this.#isClosed || !(error instanceof ClientError) || error.code !== 'closed' || !isRefusal(error.cause)) throw error
      return await this.#callOn(this.#current(), name, input, options)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#peer?.close()
  }

  /** The peer's id and name, once the daemon has said them. */
  get hello(): Hello | undefined {
    return this.#peer?.hello
  }

  #current(): MusterPeer {
    const known = this.#peer
    const state = known?.status.state
    // A link that waits for its next try would keep the call waiting, too; a fresh one tries at once.
    if (known && state !== 'closed' && !(state === 'waiting' && this.#pending === 0)) return known
    if (known && state !== 'closed') void known.close()
    const { session } = this
    const newKey = createKeys(systemRandom)
    this.#peer = new MusterPeer({
      platform: { open: openWsTransport, clock: systemClock, random: systemRandom, causes: asyncCauses },
      url: async () => session.options.door.url(),
      credentials: session,
      hello: { protocol: PROTOCOL, client: session.options.client, consume: false, prefetch: 1 },
      handlers: {},
      callTimeoutMs: Number.POSITIVE_INFINITY,
      newKey,
    })
    this.#peer.on('status', ({ state }) => {
      if (state === 'online') this.#onOnline?.()
    })
    this.#peer.start()
    return this.#peer
  }

  async #callOn<N extends OperationName>(
    peer: MusterPeer,
    name: N,
    input: Input<N>,
    { signal, patienceMs = Number.POSITIVE_INFINITY }: LinkCallOptions,
  ): Promise<Output<N>> {
    const lost = new AbortController()
    let stopPatience: (() => void) | undefined
    const look = (): void => {
      const isOnline = peer.status.state === 'online'
      if (isOnline) stopPatience?.()
      if (isOnline) stopPatience = undefined
      else if (Number.isFinite(patienceMs)) stopPatience ??= systemClock.setTimer(() => lost.abort(), patienceMs)
    }
    const off = peer.on('status', look)
    look()
    this.#pending += 1
    try {
      return await peer.call(name, input, { signal: signal ? AbortSignal.any([signal, lost.signal]) : lost.signal })
    } catch (error) {
      throw lost.signal.aborted && !signal?.aborted ? new ClientError('disconnected', 'The daemon cannot be reached.', { cause: error }) : error
    } finally {
      this.#pending -= 1
      off()
      stopPatience?.()
    }
  }
}

function isRefusal(cause: unknown): boolean {
  return cause instanceof MusterError && cause.code === 'unauthenticated'
}
