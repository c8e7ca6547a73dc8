import { request } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { McpClient, threadsIn, until } from '../support/mcp-client.ts'
import { type Member, TestDaemon } from '../support/test-daemon.ts'

interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: { readonly error?: { readonly code?: unknown; readonly message?: string; readonly hint?: string } }
  readonly text: string
}

const CALL = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'peers', arguments: {} } }

describe('the MCP door', () => {
  let daemon: TestDaemon
  let ada: Member

  beforeAll(async () => {
    daemon = await TestDaemon.start()
    ada = await daemon.register({ name: 'ada', mode: 'pull' })
    await daemon.register({ name: 'bob', mode: 'pull' })
  })

  afterAll(async () => {
    await daemon.expectHealthy()
    await daemon[Symbol.asyncDispose]()
  })

  async function post(body: unknown, headers: Record<string, string> = {}, path = '/mcp', method = 'POST'): Promise<Reply> {
    const response = await fetch(`${daemon.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${ada.token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      ...(method === 'GET' || method === 'DELETE' ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const data = /^data: (\{.*\})$/m.exec(text)?.[1] ?? text
    let parsed: unknown = {}
    try {
      parsed = JSON.parse(data)
    } catch {
      // No JSON is an answer too.
    }
    return { status: response.status, headers: response.headers, body: parsed as Reply['body'], text }
  }

  it('opens to the token of a peer alone, and says what it would take', async () => {
    for (const authorization of ['', 'Bearer', 'Bearer nonsense', `Basic ${ada.token}`, `Bearer ${ada.token}x`, `Bearer ${'x'.repeat(300)}`]) {
      const { status, headers, body } = await post(CALL, { authorization })
      expect([status, body.error?.code, headers.get('www-authenticate')]).toEqual([401, 'unauthenticated', 'Bearer realm="muster"'])
      expect(body.error?.hint).toContain('Authorization: Bearer')
    }
    for (const token of [daemon.adminToken, daemon.enrolmentToken]) {
      const { status, body } = await post(CALL, { authorization: `Bearer ${token}` })
      expect([status, body.error?.code]).toEqual([403, 'forbidden'])
      expect(body.error?.hint).toContain('Tools are called by a peer')
    }
    const before = await post(CALL, {}, `/mcp?token=${ada.token}`)
    expect(before.status).toBe(200)
    expect((await post(CALL, { authorization: '' }, `/mcp?token=${ada.token}`)).status).toBe(401)
  })

  it('stays shut to pages of other sites', async () => {
    expect(await post(CALL, { origin: 'https://evil.example' })).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } })
    const { port } = new URL(daemon.url)
    const status = await new Promise((resolve, reject) => {
      const headers = { host: 'evil.example', authorization: `Bearer ${ada.token}`, 'content-type': 'application/json' }
      const sent = request({ host: '127.0.0.1', port, path: '/mcp', method: 'POST', headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      sent.on('error', reject)
      sent.end(JSON.stringify(CALL))
    })
    expect(status).toBe(403)
  })

  it('knows its profiles, by query and by header', async () => {
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    const count = async (path: string, headers = {}) => (await post(list, headers, path)).text.split('"inputSchema"').length - 1
    const [few, more, all] = [await count('/mcp'), await count('/mcp?profile=orchestrator'), await count('/mcp', { 'muster-profile': 'full' })]
    expect(few).toBe(11)
    expect(more).toBeGreaterThan(few)
    expect(all).toBeGreaterThan(more)
    for (const path of ['/mcp?profile=root', '/mcp?profile=', '/mcp?profile=full&profile=full', '/mcp?profile=__proto__']) {
      expect(await post(list, {}, path)).toMatchObject({
        status: 422,
        body: { error: { code: 'invalid_input', hint: 'The profiles are default, orchestrator, full.' } },
      })
    }
  })

  it.each([
    ['no JSON', '{"jsonrpc":', 400],
    ['nothing', '', 400],
    ['a number', '7', 400],
    ['null', 'null', 400],
    ['an empty batch', '[]', 400],
    ['no request', { hello: 1 }, 400],
    ['another version', { ...CALL, jsonrpc: '1.0' }, 400],
    ['parameters that are none', { ...CALL, params: 7 }, 400],
  ])('answers %s as the protocol has it', async (_what, body, status) => {
    const reply = await post(body)
    expect(reply.status).toBe(status)
    expect(reply.body.error?.code).toBeTypeOf('number')
  })

  it.each([
    ['an unknown method', { jsonrpc: '2.0', id: 1, method: 'tools/destroy' }, -32601],
    ['resources, of which there are none', { jsonrpc: '2.0', id: 1, method: 'resources/list' }, -32601],
    ['an unknown tool', { ...CALL, params: { name: 'x'.repeat(5_000), arguments: {} } }, -32602],
    ['a tool of another profile', { ...CALL, params: { name: 'retire', arguments: {} } }, -32602],
    ['a tool that every object has', { ...CALL, params: { name: 'constructor', arguments: {} } }, -32602],
    ['a tool without a name', { ...CALL, params: { arguments: {} } }, -32602],
    ['arguments that are a list', { ...CALL, params: { name: 'peers', arguments: [] } }, -32602],
    ['a key that is none', { ...CALL, params: { name: 'peers', arguments: {}, _meta: { 'muster/key': 7 } } }, -32602],
    ['an empty key', { ...CALL, params: { name: 'peers', arguments: {}, _meta: { 'muster/key': '' } } }, -32602],
  ])('refuses %s with its code', async (_what, body, code) => {
    const { body: answer, text } = await post(body)
    expect(answer.error?.code, text.slice(0, 300)).toBe(code)
    expect(text.length).toBeLessThan(1_000)
  })

  it.each([
    ['fields too many', JSON.parse('{"__proto__":1,"constructor":2}') as unknown],
    ['the wrong types', { to: 1, text: ['x'], wait: 'long' }],
    ['depth', { to: 'bob', text: JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`) as unknown }],
    ['a wait without an end', { to: 'bob', text: 'x', wait: 1e308 }],
    ['half a character', { to: 'bob', text: '\ud800' }],
    ['an address that is none', { to: '../../etc/passwd', text: 'x' }],
    ['a body over the limit', { to: 'bob', text: 'x'.repeat(LIMITS.maxBodyBytes + 1) }],
  ])('tells the model of arguments with %s, and does nothing', async (_what, args) => {
    const before = daemon.dump()
    const { status, text } = await post({ ...CALL, params: { name: 'ask', arguments: args } })
    expect(status).toBe(200)
    expect(text).toContain('"isError":true')
    expect(text).toContain('invalid_input: ')
    expect(text.length).toBeLessThan(1_500)
    expect(daemon.dump()).toEqual(before)
  })

  it('takes no body beyond its limit, announced or not', async () => {
    const body = JSON.stringify({ ...CALL, pad: 'x'.repeat(LIMITS.maxFrameBytes) })
    expect((await post(body)).status).toBe(413)
    const { port } = new URL(daemon.url)
    const status = await new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${ada.token}`, 'content-type': 'application/json', 'transfer-encoding': 'chunked' }
      const sent = request({ host: '127.0.0.1', port, path: '/mcp', method: 'POST', headers }, (response) => {
        response.resume()
        response.on('end', () => sent.destroy())
        resolve(response.statusCode)
      })
      sent.on('error', reject)
      sent.write(body.slice(0, 700_000))
      sent.end(body.slice(700_000))
    })
    expect(status).toBe(413)
  })

  it('takes JSON only, and the methods that it has', async () => {
    expect((await post(CALL, { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await post('', {}, '/mcp', 'GET')).status).toBe(405)
    expect((await post('', {}, '/mcp', 'DELETE')).status).toBe(405)
    expect(await post(CALL, {}, '/mcp', 'PUT')).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } })
    expect(await post(CALL, {}, '/mcp/more')).toMatchObject({ status: 404 })
  })

  it('survives whatever is sent', async () => {
    const method = fc.constantFrom('tools/call', 'tools/list', 'initialize', 'server/discover', 'ping', 'notifications/cancelled', 'subscriptions/nothing')
    const params = fc.oneof(
      fc.jsonValue(),
      fc.record({ name: fc.constantFrom('ask', 'inbox', 'boot', 'wait'), arguments: fc.jsonValue() }),
      fc.record({ requestId: fc.jsonValue() }),
    )
    const frame = fc.oneof(
      fc.jsonValue(),
      fc.record({ jsonrpc: fc.constant('2.0'), id: fc.oneof(fc.nat(), fc.string(), fc.jsonValue()), method, params }, { requiredKeys: [] }),
    )
    const header = fc.option(fc.constantFrom('2025-06-18', '2026-07-28', '1999-01-01', 'x'), { nil: undefined })
    await fc.assert(
      fc.asyncProperty(frame, header, async (body, version) => {
        const { status } = await post(JSON.stringify(body), version === undefined ? {} : { 'mcp-protocol-version': version })
        expect(status).toBeLessThan(500)
      }),
      { numRuns: 150 },
    )
  })

  it('ends the wait of a client that hangs up, and keeps the answer for it', async () => {
    const [asker, asked] = [await daemon.register({ name: 'asker', mode: 'pull' }), await daemon.register({ name: 'asked', mode: 'pull' })]
    await using mcp = await McpClient.connect(daemon.url, asked.token)
    await mcp.ok('boot')
    const gone = new AbortController()
    const body = JSON.stringify({ ...CALL, params: { name: 'ask', arguments: { to: 'asked', text: 'Still there?', wait: 50 } } })
    const headers = { authorization: `Bearer ${asker.token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
    const { calls } = daemon.daemon.core.runner.stats
    const before = calls.get('threads.wait') ?? 0
    const asking = fetch(`${daemon.url}/mcp`, { method: 'POST', headers, body, signal: gone.signal }).then((response) => response.text())
    await until(() => (calls.get('threads.wait') ?? 0) === before + 1)
    const { pending } = daemon.clock
    gone.abort()
    await expect(asking).rejects.toThrow()
    await until(() => daemon.clock.pending < pending)
    const [thread] = threadsIn((await mcp.ok('inbox')).text)
    await mcp.ok('reply', { thread, text: 'Yes.' })
    await using again = await McpClient.connect(daemon.url, asker.token)
    expect((await again.ok('inbox')).text).toContain('| Yes.')
  })
})
