import type { Output, Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { parseDuration } from '../../src/time.ts'
import type { Caller } from '../caller.ts'
import type { Outcome } from '../store/pipeline.ts'
import { newsOf, toFan, viewFan } from '../threads/index.ts'
import type { Signals } from '../threads/signals.ts'
import type { GatewayDeps } from './deps.ts'

type News = Output<'threads.wait'>
type FanNews = Output<'fans.wait'>
type WaitDeps = Pick<GatewayDeps, 'clock' | 'store' | 'signals' | 'fanSignals' | 'runner' | 'asMusterError'>

/** What is waited for, and how it is looked at: by reading the state, so a lost signal costs promptness and no answer. */
interface Waiting<Value extends { readonly timedOut: boolean }> {
  readonly signals: Signals
  readonly number: number
  readonly timeout: string
  readonly look: () => Omit<Value, 'timedOut'>
  readonly isOver: (seen: Omit<Value, 'timedOut'>) => boolean
}

/** The waits of one connection. A wait owns nothing: it reads the thread or the fan when something has changed, so it can be repeated at will. */
export class Waits {
  readonly #deps: WaitDeps
  readonly #caller: Caller
  readonly #ends = new Set<() => void>()

  constructor(deps: WaitDeps, caller: Caller) {
    this.#deps = deps
    this.#caller = caller
  }

  /**
   * Settles once: when the thread has news or closes, when the time is over, or never after {@link end}.
   *
   * @throws MusterError `not_found`, `invalid_input` or `too_many_requests`
   */
  onThread(input: Parsed<'threads.wait'>, settle: (outcome: Outcome<News>) => void): void {
    const { store, signals, runner } = this.#deps
    const look = () => newsOf(store, this.#caller, input.thread, input.after)
    const first = look()
    if (first.thread.kind === 'notify' && input.until === 'closed') {
      throw new MusterError('invalid_input', { hint: 'A notify never closes; wait `until: "message"`.' })
    }
    runner.named(this.#caller, input)
    const isOver = (news: Omit<News, 'timedOut'>) => isNews(news, input.until)
    this.#wait<News>({ signals, number: store.number('thread', input.thread), timeout: input.timeout, look, isOver }, first, settle)
  }

  /** The same for a fan: when it has ended, or more of its asks have than the caller knows of. */
  onFan(input: Parsed<'fans.wait'>, settle: (outcome: Outcome<FanNews>) => void): void {
    const { store, fanSignals } = this.#deps
    const look = () => ({ fan: toFan(store, viewFan(store, this.#caller, input.fan)) })
    const isOver = ({ fan }: Omit<FanNews, 'timedOut'>) => fan.state !== 'open' || endedOf(fan) > (input.ended ?? Number.POSITIVE_INFINITY)
    const first = look()
    this.#wait<FanNews>({ signals: fanSignals, number: store.number('fan', input.fan), timeout: input.timeout, look, isOver }, first, settle)
  }

  /** Forgets all waits; the connection is gone. */
  end(): void {
    for (const end of [...this.#ends]) end()
  }

  #wait<Value extends { readonly timedOut: boolean }>(
    waiting: Waiting<Value>,
    first: Omit<Value, 'timedOut'>,
    settle: (outcome: Outcome<Value>) => void,
  ): void {
    if (this.#ends.size >= LIMITS.maxWaits) throw new MusterError('too_many_requests', { limit: LIMITS.maxWaits, hint: 'Wait on fewer threads at a time.' })
    const { clock } = this.#deps
    if (waiting.isOver(first)) return settle({ ok: true, value: { ...first, timedOut: false } as Value })
    const finish = (outcome: Outcome<Value>) => {
      end()
      settle(outcome)
    }
    const look = (timedOut: boolean) => {
      try {
        const seen = waiting.look()
        if (timedOut || waiting.isOver(seen)) finish({ ok: true, value: { ...seen, timedOut } as Value })
      } catch (error) {
        finish({ ok: false, error: this.#deps.asMusterError(error) })
      }
    }
    const off = waiting.signals.on(waiting.number, () => look(false))
    const cancelTimer = clock.setTimer(() => look(true), Math.min(parseDuration(waiting.timeout) ?? 0, LIMITS.maxWaitMs))
    const end = () => {
      off()
      cancelTimer()
      this.#ends.delete(end)
    }
    this.#ends.add(end)
  }
}

function isNews(news: Omit<News, 'timedOut'>, until: 'message' | 'closed'): boolean {
  const closed = news.thread.state !== 'open' && news.thread.state !== 'notice'
  return closed || (until === 'message' && news.messages.length > 0)
}

function endedOf({ counts }: FanNews['fan']): number {
  return counts.answered + counts.declined + counts.cancelled + counts.expired + counts.failed
}
