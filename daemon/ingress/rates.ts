interface Bucket {
  tokens: number
  /** Monotonic time. */
  at: number
}

/** How many events each source takes: a bucket that holds those of a minute, and fills up evenly. A start fills it. */
export class Rates {
  readonly #buckets = new Map<number, Bucket>()

  /** Takes one. @returns how long until there is one, in milliseconds; 0 where it was taken */
  take(sourceId: number, perMinute: number, now: number): number {
    const bucket = this.#buckets.get(sourceId) ?? { tokens: perMinute, at: now }
    const msEach = 60_000 / perMinute
    const tokens = Math.min(perMinute, bucket.tokens + (now - bucket.at) / msEach)
    const isThere = tokens >= 1
    this.#buckets.set(sourceId, { tokens: isThere ? tokens - 1 : tokens, at: now })
    return isThere ? 0 : Math.ceil((1 - tokens) * msEach)
  }

  forget(sourceId: number): void {
    this.#buckets.delete(sourceId)
  }
}
