import type { Output } from '../../../src/contract/index.ts'
import type { MusterError } from '../../../src/errors.ts'
import { LIMITS } from '../../../src/limits.ts'
import { formatTime } from '../../../src/time.ts'
import type { Clock } from '../../clock.ts'
import type { Pipeline } from '../../store/pipeline.ts'
import type { Reader, Store } from '../../store/store.ts'
import type { DueTimer } from '../../store/timer.ts'
import type { Tx } from '../../store/transaction.ts'
import { documentsOf } from './document.ts'
import { addDocuments, distrustIndex, indexedUpTo, moveCursor, prepareIndex } from './tables.ts'

export interface SearchIndexOptions {
  readonly store: Store
  readonly pipeline: Pipeline
  readonly clock: Clock
  readonly timer: DueTimer
}

/**
 * Fills the index behind its cursor with commands of its own, never within one that writes a message: when nothing was
 * committed for 20 ms, and at least every 2 s. While others work, one run does so much and no more, and the rest waits for a
 * quieter time.
 */
export class SearchIndex {
  readonly #options: SearchIndexOptions
  #upTo = 0
  /** Monotonic times: when the first message that is not indexed yet was seen, and when anything was last committed. */
  #behindSince: number | undefined
  #lastBatchAt = 0
  #notBefore = 0
  #failures = 0
  #filling = false

  constructor(options: SearchIndexOptions) {
    this.#options = options
    const { pipeline, timer } = options
    pipeline.afterBatch(() => this.#afterBatch())
    timer.add({ next: () => this.#next(), run: () => this.#run(0) })
  }

  /** Before anything else writes: makes the index where it is missing. */
  prepare(tx: Tx): void {
    const upTo = prepareIndex(tx)
    tx.after(() => {
      this.#upTo = upTo
    })
  }

  /** It was found to be damaged: it is built anew. */
  distrust(): void {
    this.#behindSince ??= this.#options.clock.monoMs()
    this.#options.pipeline.submit(distrustIndex, () => undefined)
  }

  /** How far it is behind. Numbers that a failed command left unused count too, so that nothing has to be read for it. */
  status(reader: Reader): Output<'node.status'>['search'] {
    const behind = Math.max(0, this.#options.store.last('message') - this.#upTo)
    const oldest = behind === 0 ? undefined : reader.get<{ at: number }>('SELECT at FROM messages WHERE id > ? ORDER BY id LIMIT 1', this.#upTo)
    return { behind, oldestAt: oldest ? formatTime(oldest.at) : null, failures: this.#failures }
  }

  #afterBatch(): void {
    if (this.#filling) return
    const now = this.#options.clock.monoMs()
    this.#lastBatchAt = now
    if (this.#options.store.last('message') > this.#upTo) this.#behindSince ??= now
  }

  #next(): { readonly mono: number } | undefined {
    if (this.#filling || this.#behindSince === undefined) return undefined
    const due = Math.min(this.#lastBatchAt + LIMITS.indexQuietMs, this.#behindSince + LIMITS.indexEveryMs)
    return { mono: Math.max(due, this.#notBefore) }
  }

  /** One command, and the next one as soon as others had their turn. */
  #run(done: number): void {
    const { pipeline, clock } = this.#options
    this.#filling = true
    const before = pipeline.stats.commands
    pipeline.submit(
      (tx) => fillMore(tx),
      (outcome) => {
        this.#filling = false
        if (!outcome.ok) return this.#failed(outcome.error)
        this.#failures = 0
        this.#upTo = outcome.value
        if (this.#options.store.last('message') <= this.#upTo) {
          this.#behindSince = undefined
          return
        }
        this.#behindSince = clock.monoMs()
        const alone = pipeline.stats.commands === before + 1
        if (alone || done + 1 < LIMITS.indexBusyCommands) this.#run(alone ? 0 : done + 1)
      },
    )
  }

  /** It is tried again in a while. What is not the disk's or the pipeline's is the index's own: then it is built anew. */
  #failed(error: MusterError): void {
    this.#failures += 1
    this.#notBefore = this.#options.clock.monoMs() + Math.min(LIMITS.backoffLastMs, LIMITS.indexEveryMs * 2 ** this.#failures)
    if (error.code === 'internal') this.distrust()
  }
}

/** Indexes the next messages; returns how far the index reaches now. */
function fillMore(tx: Tx): number {
  const from = indexedUpTo(tx) ?? prepareIndex(tx)
  const next = tx.all<{ id: number; chars: number }>(
    'SELECT id, min(octet_length(body), ?) AS chars FROM messages WHERE id > ? ORDER BY id LIMIT ?',
    LIMITS.indexedChars,
    from,
    LIMITS.indexMessages,
  )
  let chars = 0
  let upTo = from
  let whole = true
  for (const { id, chars: more } of next) {
    chars += more
    whole = upTo === from || chars <= LIMITS.indexChars
    if (!whole) break
    upTo = id
  }
  if (upTo > from) addDocuments(tx, documentsOf(tx, from + 1, upTo))
  // Every number up to here that is not there now belongs to a command that failed, and stays unused.
  if (whole && next.length < LIMITS.indexMessages) upTo = tx.store.last('message')
  moveCursor(tx, upTo)
  return upTo
}
