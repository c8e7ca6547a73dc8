import type { Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Caller } from '../caller.ts'
import type { Outcome } from '../store/pipeline.ts'
import { asSender } from '../threads/index.ts'
import type { GatewayDeps } from './deps.ts'

/** What the runtimes behind one connection ask their user. */
export class PermitWaits {
  readonly #permits: GatewayDeps['permits']
  readonly #caller: Caller
  readonly #ends = new Set<() => void>()

  constructor({ permits }: Pick<GatewayDeps, 'permits'>, caller: Caller) {
    this.#permits = permits
    this.#caller = caller
  }

  /**
   * Settles once, or never after {@link end}.
   *
   * @throws MusterError `forbidden` or `too_many_requests`
   */
  start(input: Parsed<'decisions.permit'>, settle: (outcome: Outcome<unknown>) => void): void {
    const by = asSender(this.#caller)
    if (this.#ends.size >= LIMITS.maxWaits) throw new MusterError('too_many_requests', { limit: LIMITS.maxWaits, hint: 'Wait for answers first.' })
    const end = this.#permits.start(by, input, (outcome) => {
      this.#ends.delete(end)
      settle(outcome)
    })
    this.#ends.add(end)
  }

  /** The connection is gone. */
  end(): void {
    for (const end of this.#ends) end()
    this.#ends.clear()
  }
}
