import type { Output, Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { parseDuration } from '../../src/time.ts'
import type { Caller } from '../caller.ts'
import type { Outcome } from '../store/pipeline.ts'
import { newsOf } from '../threads/index.ts'
import type { GatewayDeps } from './deps.ts'

type News = Output<'threads.wait'>

/** The waits of one connection. A wait owns nothing: it reads the thread when something has changed, so it can be repeated at will. */
export class ThreadWaits {
  readonly #deps: Pick<GatewayDeps, 'clock' | 'store' | 'signals' | 'runner' | 'asMusterError'>
  readonly #caller: Caller
  readonly #ends = new Set<() => void>()

  constructor(deps: Pick<GatewayDeps, 'clock' | 'store' | 'signals' | 'runner' | 'asMusterError'>, caller: Caller) {
    this.#deps = deps
    this.#caller = caller
  }

  /**
   * Settles once: when the thread has news or closes, when the time is over, or never after {@link end}.
   *
   * @throws MusterError `not_found`, `invalid_input` or `too_many_requests`
   */
  start(input: Parsed<'threads.wait'>, settle: (outcome: Outcome<News>) => void): void {
    if (this.#ends.size >= LIMITS.maxWaits) throw new MusterError('too_many_requests', { limit: LIMITS.maxWaits, hint: 'Wait on fewer threads at a time.' })
    const { store, signals, clock, runner } = this.#deps
    const first = newsOf(store, this.#caller, input.thread, input.after)
    if (first.thread.kind === 'notify' && input.until === 'closed') {
      throw new MusterError('invalid_input', { hint: 'A notify never closes; wait `until: "message"`.' })
    }
    runner.named(this.#caller, input)
    if (isNews(first, input.until)) return settle({ ok: true, value: { ...first, timedOut: false } })
    const finish = (outcome: Outcome<News>) => {
      end()
      settle(outcome)
    }
    const look = (timedOut: boolean) => {
      try {
        const news = newsOf(store, this.#caller, input.thread, input.after)
        if (timedOut || isNews(news, input.until)) finish({ ok: true, value: { ...news, timedOut } })
      } catch (error) {
        finish({ ok: false, error: this.#deps.asMusterError(error) })
      }
    }
    const off = signals.on(store.number('thread', input.thread), () => look(false))
    const cancelTimer = clock.setTimer(() => look(true), Math.min(parseDuration(input.timeout) ?? 0, LIMITS.maxWaitMs))
    const end = () => {
      off()
      cancelTimer()
      this.#ends.delete(end)
    }
    this.#ends.add(end)
  }

  /** Forgets all waits; the connection is gone. */
  end(): void {
    for (const end of [...this.#ends]) end()
  }
}

function isNews(news: Omit<News, 'timedOut'>, until: 'message' | 'closed'): boolean {
  const closed = news.thread.state !== 'open' && news.thread.state !== 'notice'
  return closed || (until === 'message' && news.messages.length > 0)
}
