import { Agent, request as httpRequest } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OperationName } from '../../../src/contract/index.ts'
import { httpRoutes, type Route } from '../../../src/contract/routes.ts'
import { ERROR_STATUSES } from '../../../src/error-statuses.ts'
import { type BadInput, expandInput, readCorpus } from '../support/corpus.ts'
import { HttpClient } from '../support/http-client.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { type Member, TestDaemon } from '../support/test-daemon.ts'

const MAX_REFUSAL_CHARS = 8_192
/** One would end the peer that sends; the others wait, for a time that stands still or for a client that goes. */
const LEFT_OUT: readonly OperationName[] = ['peers.retire', 'threads.wait', 'sessions.watch', 'events.subscribe']

let daemon: TestDaemon
let me: Member
let http: HttpClient
let names: Record<string, string>
let state: unknown
let agent: Agent

beforeAll(async () => {
  daemon = await TestDaemon.start()
  me = await daemon.register({ name: 'me' })
  await daemon.register({ name: 'other' })
  http = new HttpClient(daemon.url, me.token)
  const { sent } = await http.call('threads.ask', { to: 'other', body: 'Do you hear me?', causedBy: null })
  names = { me: 'me', other: 'other', thread: sent[0]?.thread ?? '', delivery: sent[0]?.delivery ?? '' }
  state = daemon.dump()
  agent = new Agent({ keepAlive: true, maxSockets: 1 })
})

afterAll(async () => {
  agent.destroy()
  await daemon.expectHealthy()
  await daemon[Symbol.asyncDispose]()
})

interface Sent {
  readonly method: string
  readonly path: string
  readonly type?: string
  readonly body?: Buffer
}

/** Says what `fetch` would not: any method, any path, any body. */
function say({ method, path, type, body }: Sent): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { authorization: `Bearer ${me.token}`, ...(type !== undefined && { 'content-type': type }), ...(body && { 'content-length': body.length }) }
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${daemon.url}/`, { agent, method, path, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** A refusal is one of the table, foreseen, of bounded length, and has changed nothing. */
function judge({ status, text }: { readonly status: number; readonly text: string }): void {
  const after = daemon.dump()
  if (status >= 400) {
    expect(Object.values(ERROR_STATUSES).map(({ http: known }) => known)).toContain(status)
    expect(status).not.toBe(ERROR_STATUSES.internal.http)
    // A HEAD has no body.
    if (text !== '') expect(ERROR_STATUSES[(JSON.parse(text) as { error: { code: keyof typeof ERROR_STATUSES } }).error.code].http).toBe(status)
    expect(text.length).toBeLessThan(MAX_REFUSAL_CHARS)
    expect(after).toEqual(state)
  }
  expect(daemon.errors).toEqual([])
  state = after
}

/** The corpus of the WebSocket, as far as its entries name a route and fill its path. */
const CORPUS = readCorpus<BadInput>('bad-input.json').flatMap((entry) => {
  const route = httpRoutes().find(({ operation, hasBody }) => operation === entry.method && hasBody)
  return route ? [{ ...entry, route }] : []
})

/** The path and the body that say what the params of a frame say. */
function partsOf(route: Route, params: string): { readonly path: string; readonly body: string } {
  if (route.params.length === 0) return { path: route.path, body: params }
  const fields = Object.entries(JSON.parse(params) as object)
  const path = route.path.replaceAll(/:(\w+)/g, (_all, name: string) => encodeURIComponent(fields.find(([field]) => field === name)?.[1] ?? 'me'))
  const rest = fields.filter(([name]) => !route.params.includes(name))
  // By hand: an object literal would make a prototype of `__proto__`.
  return { path, body: `{${rest.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}` }
}

describe('a request that does not fit', () => {
  it.each(CORPUS)('gets the code that it gets over the WebSocket: $name', async ({ route, ...entry }) => {
    const [, params = '{}'] = /"params":(.*)\}$/s.exec(expandInput(entry, 1, names)) ?? []
    const { path, body } = partsOf(route, params)
    const answer = await say({ method: route.method, path, type: 'application/json', body: Buffer.from(body) })
    expect((JSON.parse(answer.text) as { error: { code: string } }).error.code, answer.text.slice(0, 500)).toBe(entry.code)
    judge(answer)
  })
})

const routes = httpRoutes().filter(({ operation }) => !LEFT_OUT.includes(operation))
const segment = fc.oneof(
  fc.constantFrom('me', 'other', 'thr_k7qm2x1', '%00', '%2e%2e', '%zz', '%', '..', '', 'a%2Fb', ':peer', '*', 'role:agent', '%ff'),
  fc.string({ unit: 'grapheme-ascii', maxLength: 20 }).map(encodeURIComponent),
)
const query = fc.oneof(
  fc.constantFrom('', '?', '?limit=1', '?limit', '?limit=1&limit=2', '?__proto__=1', '?constructor[prototype]=1', '?a=%zz', '?types=&types=x', '?%'),
  fc.string({ unit: 'grapheme-ascii', maxLength: 40 }).map((text) => `?${encodeURI(text)}`),
)
const body = fc.oneof(
  fc.constant(undefined),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text)),
  fc.constantFrom('{}', '[]', 'null', '""', '{"__proto__":1}', '{"to":"other"}').map((text) => Buffer.from(text)),
)
const anyRequest = fc
  .record({
    route: fc.constantFrom(...routes),
    segments: fc.array(segment, { minLength: 3, maxLength: 3 }),
    tail: fc.constantFrom('', '', '', '/', '/more'),
    query,
    method: fc.option(fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY', 'TRACE'), { nil: undefined, freq: 3 }),
    type: fc.constantFrom('application/json', 'application/json', 'text/plain', 'application/json;', 'application/json; charset=utf-16', '', 'x'),
    body,
  })
  .map(({ route, segments, tail, query: search, method = route.method, type, body: content }): Sent => {
    const values = [...segments]
    const path = route.path.replaceAll(/:\w+/g, () => values.pop() ?? '') + tail + search
    return { method, path, type, ...(content && !['GET', 'HEAD', 'TRACE'].includes(method) && { body: content }) }
  })

describe('the door', () => {
  it('answers every request, and a refused one changes nothing', async () => {
    const met = new Map<number, number>()
    await fc.assert(
      fc.asyncProperty(anyRequest, async (sent) => {
        const answer = await say(sent)
        met.set(answer.status, (met.get(answer.status) ?? 0) + 1)
        judge(answer)
      }),
      { numRuns: 1_000 },
    )
    // A generator that only ever misses, or only ever hits, would prove little.
    for (const status of [200, 400, 403, 404, 405, 415, 422]) expect(met.get(status) ?? 0, String(status)).toBeGreaterThan(3)
  })

  it('answers requests that come in one piece one after the other, in their order', async () => {
    await using raw = await RawSocket.connect(daemon.url)
    const { host } = new URL(daemon.url)
    const one = (path: string) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${me.token}\r\n`
    for (let count = 0; count < 50; count += 1) raw.socket.write(`${one('/v1/ping')}\r\n`)
    raw.socket.write(`${one('/v1/nothing')}Connection: close\r\n\r\n`)
    await raw.ended
    const statuses = [...raw.text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)
    expect(statuses).toEqual([...Array<string>(50).fill('200'), '404'])
  })

  it('leaves alone what is no HTTP, what stops in the middle, and what says two lengths', async () => {
    const { host } = new URL(daemon.url)
    const head = `POST /v1/threads HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${me.token}\r\nContent-Type: application/json\r\n`
    for (const bytes of ['nonsense\r\n\r\n', `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{"to"`, `${head}X: ${'x'.repeat(40_000)}\r\n\r\n`]) {
      await using raw = await RawSocket.connect(daemon.url)
      raw.socket.write(bytes)
      await raw.ended
      expect(raw.text).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"invalid_frame"/)
    }
    {
      await using raw = await RawSocket.connect(daemon.url)
      raw.socket.write(`${head}Content-Length: 500\r\n\r\n{"to":"other"`)
    }
    expect(daemon.dump()).toEqual(state)
    expect(daemon.errors).toEqual([])
  })
})
