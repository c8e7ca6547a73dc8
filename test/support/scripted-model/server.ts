import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { anthropic } from './anthropic.ts'
import { chat } from './chat.ts'
import type { Conversation } from './conversation.ts'
import { gemini } from './gemini.ts'
import { responses } from './responses.ts'
import { type Answer, answerOf, type Script, type Step, stepFor } from './script.ts'
import type { Json, Wire, WireRequest } from './wire.ts'

const WIRES: readonly Wire[] = [anthropic, responses, chat, gemini]

/** A request for an answer, as it arrived. */
export interface ModelRequest {
  readonly wire: Wire['name']
  /** Milliseconds of the monotonic clock. */
  readonly at: number
  /** Length of the body. */
  readonly bytes: number
  readonly body: Json
  readonly conversation: Conversation
  /** Whether the script says what to answer: requests without tools (titles, quota checks) are no part of it. */
  readonly scripted: boolean
  /** What it is answered, once that is no longer held. */
  readonly answer: Answer
}

/**
 * A model on loopback that answers from a script, over the wire API of whoever asks. It keeps nothing between two requests: the script's position is the
 * number of answers in the conversation, so a session that is resumed, forked or compacted plays on.
 */
export class ScriptedModel implements AsyncDisposable {
  readonly requests: ModelRequest[] = []
  /** Requests for something else than an answer, `METHOD /path`. */
  readonly others: string[] = []
  readonly #script: Script
  readonly #server: Server
  readonly #released = new Set<string>()
  readonly #watchers = new Set<() => void>()
  /** Names at which a request is held right now. */
  readonly #held = new Map<string, number>()

  private constructor(script: Script) {
    this.#script = script
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
    })
  }

  static async start(script: Script | readonly Step[]): Promise<ScriptedModel> {
    const model = new ScriptedModel('steps' in script ? script : { steps: script })
    await new Promise<void>((resolve) => {
      model.#server.listen(0, '127.0.0.1', resolve)
    })
    return model
  }

  /** `http://127.0.0.1:<port>`, without a path. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The requests that the script answered. */
  get turns(): readonly ModelRequest[] {
    return this.requests.filter(({ scripted }) => scripted)
  }

  /** Lets every request go on that is held by this name, now or later. */
  release(name: string): void {
    this.#released.add(name)
    this.#changed()
  }

  /** Resolves when a request is held by this name: the model is in mid thought. */
  async holding(name: string): Promise<void> {
    await this.#until(() => (this.#held.get(name) ?? 0) > 0)
  }

  /** Resolves with the first request that fits, past or to come. */
  async turn(fits: (request: ModelRequest) => boolean): Promise<ModelRequest> {
    let found: ModelRequest | undefined
    await this.#until(() => {
      found = this.turns.find(fits)
      return found !== undefined
    })
    return found as ModelRequest
  }

  /** Calls it whenever something has happened: a request has come, is held, or goes on. */
  watch(look: () => void): void {
    this.#watchers.add(look)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const body = await readBody(request)
    const wire = WIRES.find((candidate) => request.method === 'POST' && candidate.serves(path))
    if (!wire) return this.#serveOther(request.method ?? '', path, body, response)
    const parsed = JSON.parse(body.toString('utf8')) as Json
    const conversation = wire.read(parsed)
    const step = stepFor(this.#script, conversation)
    const answer = answerOf(this.#script, step, conversation)
    this.requests.push({ wire: wire.name, at: performance.now(), bytes: body.length, body: parsed, conversation, scripted: step !== undefined, answer })
    const number = this.requests.length
    this.#changed()
    if (step?.hold !== undefined && !(await this.#hold(step.hold, response))) return
    send(response, wire, answer, number, { path, body: parsed })
  }

  /** Returns false where the one who asked has hung up meanwhile. */
  async #hold(name: string, response: ServerResponse): Promise<boolean> {
    let isGone = false
    response.once('close', () => {
      isGone = true
      this.#changed()
    })
    this.#held.set(name, (this.#held.get(name) ?? 0) + 1)
    this.#changed()
    await this.#until(() => isGone || this.#released.has(name))
    this.#held.set(name, (this.#held.get(name) ?? 1) - 1)
    return !isGone
  }

  /** What runtimes ask for besides answers: signs of life and counts of tokens. */
  #serveOther(method: string, path: string, body: Buffer, response: ServerResponse): void {
    this.others.push(`${method} ${path}`)
    if (path.endsWith('count_tokens')) sendJson(response, 200, { input_tokens: Math.ceil(body.length / 4) })
    else if (path.endsWith(':countTokens')) sendJson(response, 200, { totalTokens: Math.ceil(body.length / 4) })
    else if (path === '/' || path === '/api/hello') sendJson(response, 200, {})
    else sendJson(response, 404, { error: { message: `No such thing: ${path}` } })
  }

  #changed(): void {
    for (const look of [...this.#watchers]) look()
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return
        this.#watchers.delete(look)
        resolve()
      }
      this.#watchers.add(look)
      look()
    })
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function send(response: ServerResponse, wire: Wire, answer: Answer, number: number, request: WireRequest): void {
  if (answer.kind === 'error') return sendJson(response, answer.status, wire.writeError(answer.status, answer.message))
  const { contentType, text } = wire.write(answer, number, request)
  response.writeHead(200, { 'content-type': contentType }).end(text)
}

function sendJson(response: ServerResponse, status: number, value: Json): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
