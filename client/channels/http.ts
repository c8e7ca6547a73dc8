import { Agent, errors, request } from 'undici'
import { ChannelError } from './channel.ts'

export interface Call {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  readonly signal: AbortSignal
  /** Until the answer begins, and in all, in ms. @default 20 s */
  readonly timeoutMs?: number
}

export interface Answer {
  readonly status: number
  readonly text: string
  /** What the other side says in `Retry-After`. */
  readonly retryAfterSeconds: number | undefined
}

const CONNECT_MS = 10_000
const TOTAL_MS = 20_000
const MAX_RESPONSE_BYTES = 1_048_576
const MAX_HEADER_BYTES = 32_768
const MAX_CONNECTIONS = 4
const MAX_RETRY_SECONDS = 86_400

/** POST, bounded in time and size. A redirect is not followed: what is sent goes where the settings or a push subscription say, and nowhere else. */
export class Http {
  readonly #agent = new Agent({
    connections: MAX_CONNECTIONS,
    connect: { timeout: CONNECT_MS },
    maxResponseSize: MAX_RESPONSE_BYTES,
    maxHeaderSize: MAX_HEADER_BYTES,
  })

  /** @throws ChannelError `failed` where no answer came */
  async post(url: string, { headers, body, signal, timeoutMs = TOTAL_MS }: Call): Promise<Answer> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const options = { method: 'POST', dispatcher: this.#agent, headers, body, signal: bounded, headersTimeout: timeoutMs, bodyTimeout: timeoutMs } as const
    try {
      const answer = await request(url, options)
      const text = await answer.body.text()
      return { status: answer.statusCode, text, retryAfterSeconds: secondsOf(answer.headers['retry-after']) }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw new ChannelError('failed', whyNot(error, bounded.aborted))
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }
}

/** Seconds, or a date. */
function secondsOf(header: string | readonly string[] | undefined): number | undefined {
  const text = typeof header === 'string' ? header.trim() : ''
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - Date.now()) / 1_000)
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), MAX_RETRY_SECONDS) : undefined
}

function whyNot(error: unknown, timedOut: boolean): string {
  if (error instanceof errors.ResponseExceededMaxSizeError || error instanceof errors.HeadersOverflowError) return 'its answer is too large'
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (timedOut || /TIMEOUT|TIMEDOUT/.test(code)) return 'it did not answer in time'
  return `it cannot be reached${/^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? ` (${code})` : ''}`
}

/** What a status means where the other side documents no more. @throws ChannelError for all but success */
export function requireSuccess({ status, retryAfterSeconds }: Answer): void {
  if (status >= 200 && status < 300) return
  if (status === 429 || status === 503) throw new ChannelError('failed', `it wants less (${status})`, retryAfterSeconds)
  throw new ChannelError('failed', status >= 500 ? `it has trouble of its own (${status})` : `it answered with ${status}`)
}
