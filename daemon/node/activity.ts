import type { Output } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatDuration, formatTime } from '../../src/time.ts'
import type { Scan } from '../caller.ts'
import { eventsBetween, newestSeq } from '../events/changes.ts'
import type { ScanReader } from '../store/store.ts'
import { answeredAmong, deliveriesBetween, lastNumbers, threadsBetween } from '../threads/index.ts'

type Counts = Output<'node.activity'>['total']

const SPANS = {
  hour: { every: 60_000, buckets: 60 },
  day: { every: 900_000, buckets: 96 },
} as const
/** Rows of one statement. */
const STRIDE = 10_000

/** What happened in a stretch of time. */
class Bucket {
  messages = 0
  asks = 0
  answered = 0
  died = 0
  readonly ackMs: number[] = []
  readonly answerMs: number[] = []

  add(other: Bucket): this {
    this.messages += other.messages
    this.asks += other.asks
    this.answered += other.answered
    this.died += other.died
    for (const ms of other.ackMs) this.ackMs.push(ms)
    for (const ms of other.answerMs) this.answerMs.push(ms)
    return this
  }

  counts(): Counts {
    const { messages, asks, answered, died } = this
    return { messages, asks, answered, died, ackMs: spread(this.ackMs), answerMs: spread(this.answerMs) }
  }
}

/** By nearest rank. */
function spread(times: number[]): Counts['ackMs'] {
  if (times.length === 0) return null
  times.sort((a, b) => a - b)
  const rank = (share: number) => times[Math.ceil(share * times.length) - 1] as number
  return { p50: rank(0.5), p95: rank(0.95) }
}

/** How much the node did in the last hour or day, bucket by bucket, as far back as one scan reads. */
export const activityOf: Scan<'node.activity'> = (reader, _caller, { over }, now) => {
  const { every, buckets } = SPANS[over]
  const begin = (Math.floor(now / every) - buckets + 1) * every
  const found = Array.from({ length: buckets }, (_, index) => ({ at: begin + index * every, bucket: new Bucket() }))
  const since = fill(reader, begin, (at) => found[Math.floor((at - begin) / every)]?.bucket)
  // Of what lies before, only a part was read.
  const whole = found.filter(({ at }) => at >= since)
  return {
    every: formatDuration(every),
    complete: whole.length === buckets,
    buckets: whole.map(({ at, bucket }) => ({ at: formatTime(at), ...bucket.counts() })),
    total: whole.reduce((sum, { bucket }) => sum.add(bucket), new Bucket()).counts(),
  }
}

/** @returns from when on all is counted */
function fill(reader: ScanReader, begin: number, bucketOf: (at: number) => Bucket | undefined): number {
  const last = lastNumbers(reader)
  let message = 0
  const deliveries = back({ last: last.delivery, begin, read: (from, to) => deliveriesBetween(reader, from, to) }, ({ at, message_id, acked_at }) => {
    const bucket = bucketOf(at)
    // One that went to many has its deliveries in a row.
    if (bucket && message_id !== message) bucket.messages += 1
    if (acked_at !== null) bucket?.ackMs.push(Math.max(0, acked_at - at))
    message = message_id
  })
  const threads = back({ last: last.thread, begin, read: (from, to) => threadsBetween(reader, from, to) }, ({ at, kind }) => {
    const bucket = kind === 'ask' ? bucketOf(at) : undefined
    if (bucket) bucket.asks += 1
  })
  const closed: number[] = []
  const events = back({ last: newestSeq(reader), begin, read: (from, to) => eventsBetween(reader, from, to) }, ({ at, type, subject }) => {
    if (type === 'thread.closed' && subject !== null) closed.push(subject)
    const bucket = type === 'delivery.dead' ? bucketOf(at) : undefined
    if (bucket) bucket.died += 1
  })
  for (let from = 0; from < closed.length; from += STRIDE) {
    for (const { at, afterMs } of answeredAmong(reader, closed.slice(from, from + STRIDE))) {
      const bucket = bucketOf(at)
      if (!bucket) continue
      bucket.answered += 1
      bucket.answerMs.push(Math.max(0, afterMs))
    }
  }
  return Math.max(deliveries, threads, events)
}

interface Walk<Row> {
  /** The newest number. */
  readonly last: number
  readonly begin: number
  readonly read: (from: number, to: number) => readonly Row[]
}

/** Takes what was since `begin`, from the newest back: times rise with numbers, but where the clock was put back. @returns from when on all was taken */
function back<Row extends { readonly at: number }>({ last, begin, read }: Walk<Row>, take: (row: Row) => void): number {
  let oldest = Number.POSITIVE_INFINITY
  for (let to = last; to > 0; to -= STRIDE) {
    if (to <= last - LIMITS.maxScanned) return oldest
    const rows = read(Math.max(1, to - STRIDE + 1), to)
    for (const row of rows) if (row.at >= begin) take(row)
    oldest = rows.at(-1)?.at ?? oldest
    if (oldest < begin) break
  }
  return begin
}
