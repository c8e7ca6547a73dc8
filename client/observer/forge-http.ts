import { errors, Pool } from 'undici'
import type * as z from 'zod'
import { ForgeError } from './forge.ts'
import { type Headers, RateLimit, textOf } from './rate.ts'

export interface ForgeHttpOptions {
  /** Without a slash at its end. Nothing outside of it is ever called. */
  readonly baseUrl: string
  /** Read for each call, so that a new token is taken up. `undefined`: there is none. @throws ForgeError */
  readonly token: () => Promise<string | undefined>
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds that only go forward. */
  readonly now: () => number
  readonly timeouts?: Timeouts
}

/** How long a call may take to connect, to begin an answer, between two pieces of it, and in all, in ms. */
export interface Timeouts {
  readonly connect: number
  readonly headers: number
  readonly body: number
  readonly total: number
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

interface Page {
  readonly value: unknown
  readonly next: string | undefined
}

interface Kept extends Page {
  readonly etag: string
}

const TIMEOUTS: Timeouts = { connect: 10_000, headers: 15_000, body: 15_000, total: 30_000 }
const MAX_RESPONSE_BYTES = 4_194_304
const MAX_HEADER_BYTES = 32_768
const MAX_CONNECTIONS = 4
const MAX_REDIRECTS = 3
/** The most that both forges give on a page. */
const FULL_PAGE = 100
const MAX_PAGES = 10
/** Answers that are kept to be asked for again with their ETag; the ones that were not for the longest time go first. */
const MAX_KEPT = 2_000

/**
 * The one way to a forge: GET below its base URL, with its token, bounded in time and size. What has not changed costs the forge and its limit
 * nothing (a 304). A redirect is followed below the base URL only, so the token goes nowhere else.
 */
export class ForgeHttp {
  readonly rate: RateLimit
  readonly #options: ForgeHttpOptions
  readonly #timeouts: Timeouts
  readonly #base: URL
  readonly #pool: Pool
  readonly #kept = new Map<string, Kept>()

  constructor(options: ForgeHttpOptions) {
    this.#options = options
    this.#timeouts = options.timeouts ?? TIMEOUTS
    this.#base = new URL(`${options.baseUrl}/`)
    this.rate = new RateLimit(options.now)
    this.#pool = new Pool(this.#base.origin, {
      connections: MAX_CONNECTIONS,
      connect: { timeout: this.#timeouts.connect },
      headersTimeout: this.#timeouts.headers,
      bodyTimeout: this.#timeouts.body,
      maxResponseSize: MAX_RESPONSE_BYTES,
      maxHeaderSize: MAX_HEADER_BYTES,
    })
  }

  /** What stands at a path below the base URL. @throws ForgeError */
  async get<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    return (await this.#page(this.#at(path), schema, signal)).value as T
  }

  /** The items of a list over its pages (RFC 8288), at most ten of them. @throws ForgeError */
  async list<T>(path: string, schema: z.ZodType<readonly T[]>, signal: AbortSignal): Promise<readonly T[]> {
    const items: T[] = []
    let next: URL | undefined = this.#at(path)
    for (let pages = 0; next !== undefined && pages < MAX_PAGES; pages++) {
      const page: Page = await this.#page(next, schema, signal)
      items.push(...(page.value as readonly T[]))
      next = page.next === undefined ? undefined : this.#within(page.next, next)
    }
    return items
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  async #page<T>(url: URL, schema: z.ZodType<T>, signal: AbortSignal): Promise<Page> {
    const kept = this.#kept.get(url.href)
    const { status, headers, text } = await this.#follow(url, kept?.etag, signal)
    if (status === 304 && kept) {
      this.#keep(url.href, kept)
      return kept
    }
    const page = { value: read(text, schema), next: nextOf(headers) }
    const etag = textOf(headers, 'etag')
    if (etag !== undefined && !isFullLast(page)) this.#keep(url.href, { ...page, etag })
    return page
  }

  #keep(url: string, answer: Kept): void {
    this.#kept.delete(url)
    this.#kept.set(url, answer)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest)
  }

  async #follow(first: URL, etag: string | undefined, signal: AbortSignal): Promise<Answer> {
    let url = first
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const answer = await this.#call(url, etag, signal)
      const location = textOf(answer.headers, 'location')
      if (![301, 302, 307, 308].includes(answer.status) || location === undefined) return this.#judged(answer)
      url = this.#within(location, url)
    }
    throw new ForgeError('unexpected', 'it redirects in a circle')
  }

  #at(path: string): URL {
    return this.#within(`${this.#base.href}${path}`, this.#base)
  }

  /** @throws ForgeError for an address outside of the base URL, to which no token may go */
  #within(address: string, from: URL): URL {
    const url = URL.canParse(address, from.href) ? new URL(address, from) : undefined
    const inside = url && url.origin === this.#base.origin && url.pathname.startsWith(this.#base.pathname) && `${url.username}${url.password}` === ''
    if (!url || !inside) throw new ForgeError('unexpected', 'it points to an address outside of its base URL, which is not called')
    return url
  }

  async #call(url: URL, etag: string | undefined, signal: AbortSignal): Promise<Answer> {
    const exhausted = this.rate.exhaustedUntil()
    if (exhausted !== undefined) throw new ForgeError('limited', 'its rate limit is used up', exhausted)
    const token = await this.#options.token()
    const headers = {
      ...this.#options.headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(etag !== undefined && { 'if-none-match': etag }),
    }
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(this.#timeouts.total)])
    try {
      const answer = await this.#pool.request({ method: 'GET', path: `${url.pathname}${url.search}`, headers, signal: bounded })
      this.rate.note(answer.headers)
      return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
    } catch (error) {
      throw signal.aborted ? signal.reason : unreachable(error, bounded.aborted)
    }
  }

  #judged(answer: Answer): Answer {
    const { status, headers, text } = answer
    if (status === 200 || status === 304) {
      this.rate.passed()
      return answer
    }
    if (status === 401) throw new ForgeError('refused', 'it does not accept the token (401)')
    if (status === 403 || status === 429) {
      const until = this.rate.limitedUntil(status, headers, text)
      if (until !== undefined) throw new ForgeError('limited', `it limits the calls (${status})`, until)
      throw new ForgeError('missing', 'the token may not see it (403)')
    }
    if (status === 404 || status === 410) throw new ForgeError('missing', `there is none, or the token may not see it (${status})`)
    throw status >= 500 ? new ForgeError('unreachable', `it has trouble of its own (${status})`) : new ForgeError('unexpected', `it answered with ${status}`)
  }
}

/** A page that the next item would follow: its own content, and with it its ETag, stays the same then. */
function isFullLast({ value, next }: Page): boolean {
  return next === undefined && Array.isArray(value) && value.length >= FULL_PAGE
}

function unreachable(error: unknown, timedOut: boolean): ForgeError {
  if (error instanceof errors.ResponseExceededMaxSizeError || error instanceof errors.HeadersOverflowError) {
    return new ForgeError('unexpected', `its answer is larger than ${MAX_RESPONSE_BYTES / 1_048_576} MiB`)
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const late = timedOut || /TIMEOUT|TIMEDOUT/.test(code)
  return new ForgeError('unreachable', late ? 'it did not answer in time' : `it cannot be reached${/^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? ` (${code})` : ''}`)
}

function read<T>(text: string, schema: z.ZodType<T>): T {
  try {
    const parsed = schema.safeParse(JSON.parse(text))
    if (parsed.success) return parsed.data
  } catch {
    // Said below.
  }
  throw new ForgeError('unexpected', 'its answer is not what its documentation says')
}

function nextOf(headers: Headers): string | undefined {
  const links = textOf(headers, 'link')?.split(/,(?=\s*<)/) ?? []
  const next = links.find((link) => /;\s*rel="?next"?/i.test(link))
  return next === undefined ? undefined : /<([^>]*)>/.exec(next)?.[1]
}

/** The parts of a project's path, each encoded. @throws ForgeError where one of them would lead elsewhere */
export function partsOf(project: string): readonly string[] {
  const parts = project.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..')) throw new ForgeError('missing', 'its link names no project')
  return parts.map(encodeURIComponent)
}
