import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What one request is answered with. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A server on loopback whose answers a test decides; tests wait for what it received, never for time. */
export abstract class ScriptedHttp implements AsyncDisposable {
  readonly #server: Server
  readonly #watchers = new Set<() => void>()

  protected constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  protected async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get url(): string {
    return `http://${this.host}`
  }

  /** Resolves with what a look finds, once it finds something. */
  async until<T>(look: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = look()
      if (found !== undefined && found !== false) return found
      await new Promise<void>((resolve) => void this.#watchers.add(resolve))
    }
  }

  protected changed(): void {
    const watchers = [...this.#watchers]
    this.#watchers.clear()
    for (const wake of watchers) wake()
  }

  /** `undefined`: none yet; the connection stays open. */
  protected abstract answer(received: Received, gone: AbortSignal): Promise<Answer> | Answer

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    const {
      status = 200,
      headers = {},
      body,
    } = await this.answer({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) }, gone.signal)
    if (!response.destroyed) response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body === undefined ? '' : JSON.stringify(body))
    this.changed()
  }
}
