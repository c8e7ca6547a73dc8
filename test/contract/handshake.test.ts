import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { OPERATION_NAMES } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { BEARER_SUBPROTOCOL_PREFIX, SUBPROTOCOL, WS_PATH } from '../../src/rpc.ts'
import { RawSocket, upgradeHead } from './support/raw-socket.ts'
import { type Member, TestDaemon } from './support/test-daemon.ts'
import { Wire } from './support/wire.ts'

let daemon: TestDaemon
let me: Member

beforeAll(async () => {
  daemon = await TestDaemon.start()
  me = await daemon.register({ name: 'me' })
})

afterAll(async () => {
  await daemon.expectHealthy()
  await daemon[Symbol.asyncDispose]()
})

afterEach(() => {
  expect(daemon.errors.splice(0)).toEqual([])
})

/** The status line and the body that an upgrade gets. */
async function upgrade(headers: Readonly<Record<string, string>>, path?: string): Promise<{ status: number; code: unknown; text: string }> {
  await using raw = await RawSocket.connect(daemon.url)
  raw.socket.write(upgradeHead(daemon.url, { 'Sec-WebSocket-Protocol': SUBPROTOCOL, ...headers }, path))
  const head = await raw.until('\r\n\r\n')
  const status = Number(head.slice(9, 12))
  if (status === 101) return { status, code: undefined, text: head }
  await raw.ended
  const body = raw.text.slice(raw.text.indexOf('\r\n\r\n') + 4)
  return { status, code: body.startsWith('{') ? (JSON.parse(body) as { error?: { code?: unknown } }).error?.code : undefined, text: raw.text }
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

describe('the upgrade', () => {
  it('takes a token in the header or as a second subprotocol, and selects the first', async () => {
    const byHeader = await upgrade(bearer(me.token))
    const byProtocol = await upgrade({ 'Sec-WebSocket-Protocol': `${SUBPROTOCOL}, ${BEARER_SUBPROTOCOL_PREFIX}${me.token}` })
    for (const { status, text } of [byHeader, byProtocol]) {
      expect(status).toBe(101)
      expect(text).toMatch(new RegExp(`^Sec-WebSocket-Protocol: ${SUBPROTOCOL}\r$`, 'im'))
      expect(text).not.toContain(me.token)
      expect(text).not.toMatch(/permessage-deflate/i)
    }
  })

  it.each([
    ['without a token', {}],
    ['with an empty token', bearer('')],
    ['with an unknown token', bearer('mp_0000000000')],
    ['with a token and more', { Authorization: 'Bearer a b' }],
    ['with another scheme', { Authorization: 'Basic bWU6bWU=' }],
    ['with a token of great length', bearer('x'.repeat(10_000))],
    ['with an empty bearer subprotocol', { 'Sec-WebSocket-Protocol': `${SUBPROTOCOL}, ${BEARER_SUBPROTOCOL_PREFIX}` }],
  ])('is refused %s', async (_name, headers) => {
    expect(await upgrade(headers as Record<string, string>)).toMatchObject({ status: 401, code: 'unauthenticated' })
  })

  it('is refused with a token in the URL', async () => {
    expect(await upgrade({}, `${WS_PATH}?token=${me.token}`)).toMatchObject({ status: 401 })
  })

  it.each([
    ['for another path', bearer('x'), '/', 404, 'not_found'],
    ['for a path above it', bearer('x'), '/v1/ws/../../etc/passwd', 404, 'not_found'],
    ['for a path that is no URL', bearer('x'), '//', 404, 'not_found'],
    ['without the subprotocol', { 'Sec-WebSocket-Protocol': 'graphql-ws' }, WS_PATH, 400, 'invalid_frame'],
    ['for another host, as DNS rebinding would', { ...bearer('x'), Host: 'evil.example' }, WS_PATH, 403, 'forbidden'],
    ['for another site', { ...bearer('x'), Origin: 'https://evil.example' }, WS_PATH, 403, 'forbidden'],
    ['for a site whose name begins like ours', { ...bearer('x'), Origin: 'http://localhost.evil.example' }, WS_PATH, 403, 'forbidden'],
    ['for no site', { ...bearer('x'), Origin: 'null' }, WS_PATH, 403, 'forbidden'],
  ])('is refused %s, before the token is looked at', async (_name, headers, path, status, code) => {
    expect(await upgrade(headers as Record<string, string>, path)).toMatchObject({ status, code })
  })

  it('is refused, and nothing breaks, where its own head is broken', async () => {
    const heads = [
      'GET /v1/ws HTTP/1.1\r\n\r\n',
      'GET /v1/ws HTTP/9.9\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      `POST /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n`,
      `GET ${'/x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      `GET /v1/ws HTTP/1.1\r\nHost: localhost\r\n${'x: y\r\n'.repeat(5_000)}\r\n`,
      '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
      '\r\n\r\n\r\n',
      '\u0000'.repeat(100),
    ]
    for (const head of heads) {
      await using raw = await RawSocket.connect(daemon.url)
      raw.socket.end(head, 'latin1')
      await raw.ended
      expect(raw.text, head.slice(0, 60)).not.toContain('101 Switching')
    }
    for (const [header, value] of [
      ['Sec-WebSocket-Version', '7'],
      ['Sec-WebSocket-Key', 'short'],
      ['Sec-WebSocket-Key', ''],
    ] as const) {
      expect((await upgrade({ ...bearer(me.token), [header]: value })).status).toBeGreaterThanOrEqual(400)
    }
  })

  it('is refused when the daemon holds as many connections as it may', async () => {
    const { connections } = daemon.daemon.core.gateway
    const fillers = Array.from({ length: LIMITS.maxConnections - connections.size }, () => ({}) as never)
    for (const filler of fillers) connections.add(filler)
    expect(await upgrade(bearer(me.token))).toMatchObject({ status: 503, code: 'too_many_connections' })
    for (const filler of fillers) connections.delete(filler)
    expect((await upgrade(bearer(me.token))).status).toBe(101)
  })

  it('does not wait for a head that never ends', async () => {
    await using slow = await RawSocket.connect(daemon.url)
    slow.socket.write('GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nX-')
    // Node's own timer cuts it, on the machine's clock.
    await slow.ended
    expect(slow.text).not.toContain('101 Switching')
  })
})

describe('hello', () => {
  it('comes first: until then everything else is refused', async () => {
    await using wire = await daemon.open(me.token)
    for (const method of ['node.ping', 'threads.ask', 'mailbox.ack', 'no.such']) expect(await wire.refusal(method, {})).toBe('hello_required')
    expect(await wire.say('hello', { protocol: 1, client: 'test' })).toMatchObject({ protocol: 1 })
    expect(await wire.say('node.ping')).toHaveProperty('at')
  })

  it('says who the caller is, the limits and the operations', async () => {
    await using wire = await daemon.greet(me.token)
    const { you, limits, operations, heartbeatMs, node } = wire.hello
    expect(you).toMatchObject({ kind: 'peer', peer: { id: me.id, name: 'me', circle: 'main', role: 'agent' }, credential: me.credential })
    expect(limits).toEqual(LIMITS)
    expect(operations).toEqual([...OPERATION_NAMES])
    expect(heartbeatMs).toBe(LIMITS.heartbeatMs)
    expect(me.id.slice(5, 11)).toBe(node.incarnation)
  })

  it.each([
    ['without a protocol', { client: 'x' }, 'invalid_input'],
    ['without a client', { protocol: 1 }, 'invalid_input'],
    ['with a client of two lines', { protocol: 1, client: 'a\nb' }, 'invalid_input'],
    ['with a token', { protocol: 1, client: 'x', token: 'y' }, 'invalid_input'],
    ['with a role', { protocol: 1, client: 'x', role: 'admin' }, 'invalid_input'],
    ['with a prefetch of none', { protocol: 1, client: 'x', prefetch: 0 }, 'invalid_input'],
    ['with a prefetch of all', { protocol: 1, client: 'x', prefetch: 1e9 }, 'invalid_input'],
  ])('is refused %s, and may be said again', async (_name, params, code) => {
    await using wire = await daemon.open(me.token)
    expect(await wire.refusal('hello', params)).toBe(code)
    expect(await wire.refusal('node.ping')).toBe('hello_required')
    expect(await wire.say('hello', { protocol: 1, client: 'test' })).toMatchObject({ protocol: 1 })
  })

  it.each([0, 2, -1])('of protocol %d ends the connection', async (protocol) => {
    await using wire = await daemon.open(me.token)
    const { error } = await wire.reply(wire.post('hello', { protocol, client: 'x' }))
    expect(error?.data).toMatchObject({ code: 'unsupported_protocol', spoken: [1] })
    expect(await wire.closed).toEqual({ code: 4406, reason: 'unsupported_protocol' })
  })

  it('is said once', async () => {
    await using wire = await daemon.greet(me.token, { consume: true })
    expect(await wire.refusal('hello', { protocol: 1, client: 'x' })).toBe('invalid_input')
    expect(await wire.refusal('hello', { protocol: 1, client: 'x', consume: true })).toBe('invalid_input')
    expect(await wire.say('node.ping')).toHaveProperty('at')
  })

  it('does not let consume who has no stream', async () => {
    const puller = await daemon.register({ name: 'puller', mode: 'pull' })
    for (const token of [puller.token, daemon.adminToken, daemon.enrolmentToken]) {
      await using wire = await daemon.open(token)
      expect(await wire.refusal('hello', { protocol: 1, client: 'x', consume: true })).toBe('wrong_mode')
    }
  })

  it('that never comes ends the connection, also one that says other things', async () => {
    const wires = await Promise.all(Array.from({ length: 50 }, () => daemon.open(me.token)))
    for (const wire of wires.slice(0, 10)) expect(await wire.refusal('node.ping')).toBe('hello_required')
    daemon.clock.advance(LIMITS.helloTimeoutMs)
    for (const wire of wires) {
      expect(await wire.closed).toEqual({ code: 4408, reason: 'hello_timeout' })
      expect(wire.frames.at(-1)).toMatchObject({ method: 'bye', params: { reason: 'hello_timeout' } })
    }
    expect(daemon.daemon.core.gateway.connections.size).toBe(0)
  })

  it('in time keeps the connection', async () => {
    await using wire = await daemon.greet(me.token)
    daemon.clock.advance(LIMITS.helloTimeoutMs + 1)
    expect(await wire.say('node.ping')).toHaveProperty('at')
  })
})

describe('a credential', () => {
  it('that is revoked ends its connections, answers who revoked it, and opens no more', async () => {
    const peer = await daemon.register({ name: 'leaver' })
    const admin = await daemon.greet(daemon.adminToken)
    const wires = [await daemon.greet(peer.token), await daemon.greet(peer.token, { consume: true }), await daemon.open(peer.token)]
    wires[0]?.post('events.subscribe', {})
    expect(await admin.call('credentials.revoke', { credential: peer.credential })).toMatchObject({ credential: { id: peer.credential } })
    for (const wire of wires) {
      expect(await wire.closed).toEqual({ code: 4401, reason: 'unauthenticated' })
      expect(wire.frames.at(-1)).toEqual({ jsonrpc: '2.0', method: 'bye', params: { reason: 'unauthenticated', reconnect: false, afterMs: null } })
    }
    await expect(Wire.open(daemon.url, peer.token)).rejects.toMatchObject({ code: 'unauthenticated' })
    await admin[Symbol.asyncDispose]()
  })

  it('may end itself, and hears so', async () => {
    const peer = await daemon.register({ name: 'quitter' })
    await using wire = await daemon.greet(peer.token)
    const id = wire.post('credentials.revoke', { credential: peer.credential })
    expect((await wire.reply(id)).result).toHaveProperty('credential')
    expect((await wire.closed).code).toBe(4401)
  })

  it('that is revoked in one batch with a request refuses the request', async () => {
    const peer = await daemon.register({ name: 'racer' })
    await using wire = await daemon.greet(peer.token)
    const release = daemon.clock.hold()
    const revocation = wire.post('credentials.revoke', { credential: peer.credential })
    const late = wire.post('threads.notify', { to: 'me', body: 'too late' })
    // A query is answered at once: when it is, the two before it wait in the pipeline.
    await wire.reply(wire.post('mailbox.peek', {}))
    release()
    expect((await wire.reply(revocation)).result).toHaveProperty('credential')
    const answered = await wire.closed.then(() => wire.frames.find((frame) => frame.id === late))
    expect(answered?.result).toBeUndefined()
  })

  it('of an enrolment that is revoked ends its connections, not its peers', async () => {
    await using admin = await daemon.greet(daemon.adminToken)
    const { enrolment, token } = await admin.call('enrolments.create', { label: 'short' })
    await using enrolled = await daemon.greet(token)
    const { token: peerToken } = await enrolled.call('peers.register', { name: 'stayer' })
    await using peer = await daemon.greet(peerToken)
    await admin.call('enrolments.revoke', { enrolment: enrolment.id })
    expect((await enrolled.closed).code).toBe(4401)
    expect(await peer.say('node.ping')).toHaveProperty('at')
    await expect(Wire.open(daemon.url, token)).rejects.toMatchObject({ code: 'unauthenticated' })
  })
})

describe('a crowd', () => {
  it('of a thousand connections comes and goes without a trace', async () => {
    const { connections } = daemon.daemon.core.gateway
    const sockets = Array.from(
      { length: 1_000 },
      () => new WebSocket(`${daemon.url.replace('http', 'ws')}${WS_PATH}`, [SUBPROTOCOL], { headers: bearer(me.token) }),
    )
    await Promise.all(sockets.map((socket) => new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))))
    expect(connections.size).toBe(1_000)
    const closed = sockets.map((socket) => new Promise((resolve) => socket.on('close', resolve)))
    for (const socket of sockets) socket.terminate()
    await Promise.all(closed)
    await expect.poll(() => connections.size).toBe(0)
  })
})
