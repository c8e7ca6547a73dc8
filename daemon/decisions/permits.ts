import type { Parsed } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { parseDuration } from '../../src/time.ts'
import type { PeerCaller } from '../caller.ts'
import type { Clock } from '../clock.ts'
import { requireLive } from '../peers/index.ts'
import type { Outcome, Pipeline } from '../store/pipeline.ts'
import type { DueTimer } from '../store/timer.ts'
import type { Tx } from '../store/transaction.ts'
import type { DecisionDeps } from './deps.ts'
import { ask, lapse, outcomeOf, type Verdict, waitingPermissions } from './permission.ts'

interface Waiting {
  readonly card: number
  readonly peer: number
  /** The card is decided. A yes without a lease is for the first of those of the same peer alone. */
  readonly closed: (isFirst: boolean) => void
}

interface Alone extends Pick<Waiting, 'card' | 'peer'> {
  /** Monotonic. */
  readonly until: number
}

/**
 * Who waits for what a runtime asks its user, in memory alone. A card for which nobody waits any more goes after a moment, in which whoever lost its connection comes
 * back; so none is left that was answered at the terminal.
 */
export class Permits {
  readonly #deps: DecisionDeps
  readonly #pipeline: Pipeline
  readonly #clock: Clock
  readonly #waiting = new Set<Waiting>()
  #alone: Alone[] = []

  constructor(deps: DecisionDeps, { pipeline, clock, timer }: { readonly pipeline: Pipeline; readonly clock: Clock; readonly timer: DueTimer }) {
    this.#deps = deps
    this.#pipeline = pipeline
    this.#clock = clock
    timer.add({
      next: () => (this.#alone.length === 0 ? undefined : { mono: Math.min(...this.#alone.map(({ until }) => until)) }),
      run: () => this.#lapse(),
    })
  }

  /** At a start: whoever waited has to come back. */
  prepare(tx: Tx): void {
    const until = this.#clock.monoMs() + LIMITS.permitStartMs
    this.#alone = waitingPermissions(tx).map((each) => ({ ...each, until }))
  }

  /** Settles once, or never after what it returns was called. */
  start(by: PeerCaller, input: Parsed<'decisions.permit'>, settle: (outcome: Outcome<Verdict>) => void): () => void {
    let asked: Verdict | undefined
    let isOver = false
    let isLate = false
    let stop = (): void => undefined
    const end = () => {
      isOver = true
      cancelTimer()
      stop()
    }
    const finish = (outcome: Outcome<Verdict>) => {
      if (isOver) return
      end()
      settle(outcome)
    }
    const decided = (card: number, isFirst: boolean) => {
      asked = undefined
      this.#pipeline.submit(
        (tx) => outcomeOf(tx, by, card, input),
        (outcome) => {
          const isTheirs = isFirst || (outcome.ok && (outcome.value.verdict !== 'allowed' || outcome.value.approval !== null))
          if (isTheirs) finish(outcome)
          else if (!isOver) begin()
        },
      )
    }
    const begin = () =>
      this.#pipeline.submit(
        (tx) => {
          requireLive(tx, by)
          return ask(tx, this.#deps, by, input)
        },
        (outcome) => {
          if (!outcome.ok) return finish(outcome)
          const { row, ...verdict } = outcome.value
          if (!row) return finish({ ok: true, value: verdict })
          asked = verdict
          stop = this.#wait({ card: row.id, peer: by.peerId, closed: (isFirst) => decided(row.id, isFirst) })
          if (isOver) stop()
          else if (isLate) finish({ ok: true, value: verdict })
        },
      )
    const onLate = () => {
      isLate = true
      if (asked) finish({ ok: true, value: asked })
    }
    const cancelTimer = this.#clock.setTimer(onLate, Math.min(parseDuration(input.timeout) ?? 0, LIMITS.maxWaitMs))
    begin()
    return end
  }

  /** A card was decided, or has ended otherwise. */
  closed(card: number): void {
    const peers = new Set<number>()
    for (const each of [...this.#waiting].filter((waiting) => waiting.card === card)) {
      this.#waiting.delete(each)
      each.closed(!peers.has(each.peer))
      peers.add(each.peer)
    }
  }

  #wait(waiting: Waiting): () => void {
    this.#waiting.add(waiting)
    return () => {
      if (!this.#waiting.delete(waiting)) return
      const { card, peer } = waiting
      this.#alone.push({ card, peer, until: this.#clock.monoMs() + LIMITS.permitGraceMs })
    }
  }

  #lapse(): void {
    const now = this.#clock.monoMs()
    const over = this.#alone.filter(({ until }) => until <= now)
    this.#alone = this.#alone.filter(({ until }) => until > now)
    for (const { card, peer } of over) {
      if ([...this.#waiting].some((each) => each.card === card && each.peer === peer)) continue
      this.#pipeline.submit(
        (tx) => lapse(tx, this.#deps, card, peer),
        () => undefined,
      )
    }
  }
}
