import type { Input, OperationName, Output } from '../../../src/contract/index.ts'
import { httpRoutes, type Route } from '../../../src/contract/routes.ts'
import { MusterError } from '../../../src/errors.ts'

const ROUTES: ReadonlyMap<OperationName, Route> = new Map(httpRoutes().map((route) => [route.operation, route]))

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** The JSON of the body; `undefined` where there is none. */
  readonly body: unknown
}

export interface RequestParts {
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as it is; an object as JSON. */
  readonly body?: string | Uint8Array<ArrayBuffer> | object
  readonly signal?: AbortSignal
}

/** Calls operations over HTTP, with plain `fetch`. */
export class HttpClient {
  readonly #url: string
  readonly #token: string | undefined

  constructor(url: string, token?: string) {
    this.#url = url
    this.#token = token
  }

  async request(method: string, path: string, { headers = {}, body, signal }: RequestParts = {}): Promise<Answer> {
    const json = typeof body === 'object' && !(body instanceof Uint8Array)
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: json ? JSON.stringify(body) : body }),
      ...(signal && { signal }),
    })
    const text = await response.text()
    const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json')
    return { status: response.status, headers: response.headers, body: isJson && text !== '' ? JSON.parse(text) : text === '' ? undefined : text }
  }

  /** Sends an operation's input by the parts that its route names. */
  say(operation: OperationName, input: Readonly<Record<string, unknown>>, parts: RequestParts = {}): Promise<Answer> {
    const { method, path, body } = requestFor(operation, input)
    return this.request(method, path, { ...(body && { body }), ...parts })
  }

  /** @throws MusterError */
  async call<N extends OperationName>(operation: N, input: Input<N>): Promise<Output<N>> {
    const { status, body } = await this.say(operation, input as Record<string, unknown>)
    if (status >= 400) throw MusterError.fromData((body as { error: { code: string } }).error)
    return body as Output<N>
  }
}

/** A request as its route says; `undefined` for an operation without a route. */
function requestFor(operation: OperationName, input: Readonly<Record<string, unknown>>) {
  const route = ROUTES.get(operation)
  if (!route) throw new Error(`${operation} has no HTTP door`)
  const path = route.path.replaceAll(/:(\w+)/g, (_all, name: string) => encodeURIComponent(String(input[name])))
  const rest = Object.entries(input).filter(([name, value]) => !route.params.includes(name) && value !== undefined)
  if (route.hasBody) return { method: route.method, path, body: Object.fromEntries(rest) }
  const query = rest.flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((each): [string, string] => [name, String(each)]))
  return { method: route.method, path: query.length > 0 ? `${path}?${new URLSearchParams(query)}` : path, body: undefined }
}
