import type { Output, Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { parseDuration } from '../../src/time.ts'
import type { Caller } from '../caller.ts'
import { asPullPeer } from '../sessions/index.ts'
import type { Outcome } from '../store/pipeline.ts'
import { type Outlook, priorityNumber } from '../threads/index.ts'
import type { GatewayDeps } from './deps.ts'

type Watched = Output<'sessions.watch'>
type WatchDeps = Pick<GatewayDeps, 'clock' | 'sessions' | 'outlook'>

/** The watches of one connection. A watch owns nothing but the wake that it is settled with. */
export class SessionWatches {
  readonly #deps: WatchDeps
  readonly #caller: Caller
  readonly #ends = new Set<() => void>()

  constructor(deps: WatchDeps, caller: Caller) {
    this.#deps = deps
    this.#caller = caller
  }

  /**
   * Settles once: when the session is to be woken, when the time is over, or never after {@link end}.
   *
   * @throws MusterError `wrong_mode` or `too_many_requests`
   */
  start(input: Parsed<'sessions.watch'>, settle: (outcome: Outcome<Watched>) => void): void {
    const peer = asPullPeer(this.#caller)
    if (this.#ends.size >= LIMITS.maxWaits) throw new MusterError('too_many_requests', { limit: LIMITS.maxWaits, hint: 'One watch a session is enough.' })
    const { clock, sessions, outlook } = this.#deps
    let cancelTimer = (): void => undefined
    let stop = (): void => undefined
    const end = () => {
      cancelTimer()
      stop()
      this.#ends.delete(end)
    }
    const finish = (wake: boolean, { waiting, priority }: Outlook) => {
      end()
      settle({ ok: true, value: { wake, waiting, urgent: priority !== undefined && priority <= priorityNumber('urgent') } })
    }
    this.#ends.add(end)
    cancelTimer = clock.setTimer(() => finish(false, outlook(peer.peerId)), Math.min(parseDuration(input.timeout) ?? 0, LIMITS.maxWaitMs))
    stop = sessions.watch(peer, { wake: (found) => finish(true, found) })
  }

  /** Forgets all watches; the connection is gone. */
  end(): void {
    for (const end of [...this.#ends]) end()
  }
}
