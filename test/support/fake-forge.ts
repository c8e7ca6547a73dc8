import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the server answers a path with; `undefined`: 404. */
export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Instead of an answer: none at all, or one that never ends. */
  readonly hang?: 'before' | 'within'
}

export interface Asked {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  status: number
}

/**
 * A server that speaks as a forge does: JSON with an ETag for each answer, 304 for one that has not changed, and the headers of its
 * rate limit, which a 304 does not touch.
 */
export class FakeForge implements AsyncDisposable {
  readonly asked: Asked[] = []
  /** By path with its query; `token`, where there is one, must be the bearer's. */
  readonly replies = new Map<string, Reply>()
  token: string | undefined
  limit = { limit: 5_000, remaining: 5_000, resetAt: Math.ceil(Date.now() / 1_000) + 3_600 }
  /** `x-ratelimit` of GitHub or `ratelimit` of GitLab. */
  prefix: 'x-ratelimit' | 'ratelimit' = 'x-ratelimit'
  readonly #server: Server
  readonly #waiting = new Set<() => void>()

  private constructor() {
    this.#server = createServer((request, response) => {
      const asked = { path: request.url ?? '', headers: request.headers, status: 0 }
      this.#answer(asked, response)
      asked.status = response.statusCode
      this.asked.push(asked)
      for (const look of this.#waiting) look()
    })
  }

  static async start(): Promise<FakeForge> {
    const forge = new FakeForge()
    await new Promise<void>((resolve) => forge.#server.listen(0, '127.0.0.1', resolve))
    return forge
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** How often a path was asked for, and how often something was there to be sent. */
  count(path: string, status?: number): number {
    return this.asked.filter((one) => one.path === path && (status === undefined || one.status === status)).length
  }

  /** Resolves when what was asked fulfils a condition. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer({ path, headers }: Asked, response: ServerResponse): void {
    if (this.token !== undefined && headers.authorization !== `Bearer ${this.token}`) return send(response, 401, {}, { message: 'Bad credentials' })
    const reply = this.replies.get(path)
    if (!reply) return send(response, 404, this.#limits(), { message: 'Not Found' })
    const { status = 200, body = {}, hang, headers: more = {} } = reply
    if (hang === 'before') return
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    if (hang === 'within') {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.write(text.slice(0, 1))
      return
    }
    const etag = `W/"${createHash('sha256').update(text).digest('hex')}"`
    if (status === 200 && headers['if-none-match'] === etag) return send(response, 304, { ...this.#limits(), etag }, undefined)
    this.limit = { ...this.limit, remaining: Math.max(0, this.limit.remaining - 1) }
    send(response, status, { ...this.#limits(), etag, ...more }, text)
  }

  #limits(): Readonly<Record<string, string>> {
    const { limit, remaining, resetAt } = this.limit
    return { [`${this.prefix}-limit`]: `${limit}`, [`${this.prefix}-remaining`]: `${remaining}`, [`${this.prefix}-reset`]: `${resetAt}` }
  }
}

function send(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
  response.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body))
}
