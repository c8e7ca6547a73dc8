/** Response headers by lower-case name, as undici gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>

const LONGEST_MS = 3_600_000
/** What GitHub's documentation says to wait at least after a secondary limit that names no time. */
const UNNAMED_MS = 60_000
/** A part of the allowance is left to whoever else uses the token. */
const RESERVE = 1 / 50

/** What a forge allows, by the headers of its answers. GitHub calls them `X-RateLimit-*`, GitLab `RateLimit-*`; `Retry-After` is of both. */
export class RateLimit {
  readonly #now: () => number
  #limit: number | undefined
  #remaining: number | undefined
  #resetAt: number | undefined
  #unnamed = 0

  /** @param now milliseconds that only go forward, near to the calendar */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Reads what an answer says of the allowance. */
  note(headers: Headers): void {
    const limit = numberOf(headers, 'x-ratelimit-limit') ?? numberOf(headers, 'ratelimit-limit')
    const remaining = numberOf(headers, 'x-ratelimit-remaining') ?? numberOf(headers, 'ratelimit-remaining')
    const reset = numberOf(headers, 'x-ratelimit-reset') ?? numberOf(headers, 'ratelimit-reset')
    if (limit !== undefined) this.#limit = limit
    if (remaining !== undefined) this.#remaining = remaining
    if (reset !== undefined) this.#resetAt = Math.min(this.#local(reset * 1_000, headers), this.#now() + LONGEST_MS)
  }

  /** Until when no further call is to be made, to leave the reserve; `undefined` where there is room. */
  exhaustedUntil(): number | undefined {
    if (this.#remaining === undefined || this.#resetAt === undefined || this.#resetAt <= this.#now()) return undefined
    return this.#remaining <= Math.floor((this.#limit ?? 0) * RESERVE) ? this.#resetAt : undefined
  }

  /** Until when to wait, if this answer (403 or 429) is one about limits. */
  limitedUntil(status: number, headers: Headers, body: string): number | undefined {
    const after = retryAfter(headers, Date.parse(textOf(headers, 'date') ?? '') || this.#now())
    if (after !== undefined) return this.#now() + Math.min(after, LONGEST_MS)
    if (this.#remaining === 0 && this.#resetAt !== undefined && this.#resetAt > this.#now()) return this.#resetAt
    if (status !== 429 && !/rate limit/i.test(body)) return undefined
    this.#unnamed += 1
    return this.#now() + Math.min(UNNAMED_MS * 2 ** (this.#unnamed - 1), LONGEST_MS)
  }

  /** A call went well. */
  passed(): void {
    this.#unnamed = 0
  }

  get allowance(): string | undefined {
    return this.#remaining === undefined || this.#limit === undefined ? undefined : `${this.#remaining} of ${this.#limit} calls left`
  }

  /** A time of the forge's clock by ours: it says what time it has. */
  #local(at: number, headers: Headers): number {
    const theirs = Date.parse(textOf(headers, 'date') ?? '')
    return Number.isNaN(theirs) ? at : this.#now() + (at - theirs)
  }
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfter(headers: Headers, theirs: number): number | undefined {
  const text = textOf(headers, 'retry-after')
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - theirs)
}

function numberOf(headers: Headers, name: string): number | undefined {
  const text = textOf(headers, name)
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined
}

export function textOf(headers: Headers, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
