import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { type Answer, HttpClient } from '../support/http-client.ts'
import { until } from '../support/mcp-client.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { type Member, TestDaemon } from '../support/test-daemon.ts'

let daemon: TestDaemon
let ada: Member
let bob: Member
let http: HttpClient

beforeAll(async () => {
  daemon = await TestDaemon.start()
  ada = await daemon.register({ name: 'ada' })
  bob = await daemon.register({ name: 'bob' })
  http = new HttpClient(daemon.url, ada.token)
})

afterAll(async () => {
  await daemon.expectHealthy()
  await daemon[Symbol.asyncDispose]()
})

const errorOf = ({ body }: Answer) => (body as { error: Record<string, unknown> }).error

describe('an operation over HTTP', () => {
  it('says 201 where it creates, 200 elsewhere, and gives what the WebSocket gives', async () => {
    const asked = await http.request('POST', '/v1/threads', { body: { to: 'bob', body: 'Do you hear me?', causedBy: null } })
    expect(asked.status).toBe(201)
    const { thread } = (asked.body as { sent: { thread: string }[] }).sent[0] as { thread: string }
    const got = await http.request('GET', `/v1/threads/${thread}`)
    expect(got.status).toBe(200)
    await using wire = await daemon.greet(ada.token)
    expect(got.body).toEqual(await wire.call('threads.get', { thread }))
    expect(got.headers.get('cache-control')).toBe('no-store')
    expect(got.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('reads numbers, booleans and lists from its query', async () => {
    const { body } = await http.request('GET', '/v1/peers?limit=1&retired=false&match=d')
    expect((body as { peers: { name: string }[] }).peers.map(({ name }) => name)).toEqual(['ada'])
    for (const query of ['types=peer', 'types=peer&types=thread.opened']) expect((await http.request('GET', `/v1/events?${query}`)).status).toBe(200)
  })

  it.each([
    ['a number that is none', '/v1/peers?limit=many', 'limit'],
    ['a number out of bounds', '/v1/peers?limit=0', 'limit'],
    ['a boolean that is none', '/v1/peers?retired=1', 'retired'],
    ['an empty value', '/v1/peers?limit=', 'limit'],
    ['one value given twice', '/v1/peers?limit=1&limit=2', 'limit'],
    ['an unknown field', '/v1/peers?color=red', 'color'],
    ['a field of the prototype', '/v1/peers?__proto__=1', '__proto__'],
    ['a field that the path names', '/v1/peers/bob?peer=ada', 'peer'],
  ])('refuses %s', async (_name, path, field) => {
    const answer = await http.request('GET', path)
    expect([answer.status, errorOf(answer)['code']]).toEqual([422, 'invalid_input'])
    expect(JSON.stringify(errorOf(answer))).toContain(field)
  })

  it('reads the path decoded', async () => {
    expect((await http.request('GET', '/v1/peers/bob%40main')).body).toMatchObject({ peer: { name: 'bob' } })
    expect((await http.request('GET', '/v1/peers/bob@main')).body).toMatchObject({ peer: { name: 'bob' } })
    expect((await http.request('GET', '/v1/peers/..%2Fstatus')).status).toBe(422)
  })

  it('refuses a path that cannot be decoded, or is longer than any value', async () => {
    const broken = await http.request('GET', '/v1/peers/%zz')
    expect([broken.status, errorOf(broken)['code']]).toEqual([400, 'invalid_frame'])
    expect((await http.request('GET', `/v1/peers/${'a'.repeat(2_000)}`)).status).toBe(404)
  })

  it('refuses fields in the wrong place', async () => {
    for (const path of ['/v1/threads?to=bob', '/v1/mailbox/read?upTo=x']) expect((await http.request('POST', path, { body: {} })).status).toBe(422)
    const { sent } = await http.call('threads.ask', { to: 'bob', body: 'x', causedBy: null })
    const cancel = await http.request('POST', `/v1/threads/${sent[0]?.thread}/cancel`, { body: { thread: sent[0]?.thread } })
    expect([cancel.status, errorOf(cancel)['code']]).toEqual([422, 'invalid_input'])
  })
})

describe('a body', () => {
  it.each([
    ['is not JSON', '{"to":', 400, 'invalid_frame'],
    ['has two values', '{} {}', 400, 'invalid_frame'],
    ['is not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 400, 'invalid_frame'],
    ['is a list', '[]', 422, 'invalid_input'],
    ['is null', 'null', 422, 'invalid_input'],
    ['names a field of the prototype', '{"__proto__":{"to":"bob"}}', 422, 'invalid_input'],
    ['has an unknown field', '{"to":"bob","body":"x","sender":"eve"}', 422, 'invalid_input'],
  ])('that %s is refused', async (_name, body, status, code) => {
    const answer = await http.request('POST', '/v1/threads', { body })
    expect([answer.status, errorOf(answer)['code']]).toEqual([status, code])
  })

  it.each([
    ['more than a code can be', 'Content-Length: 1000000'],
    ['nobody knows how much', 'Transfer-Encoding: chunked'],
  ])('of somebody without a credential is not waited for where it is %s', async (_what, length) => {
    await using raw = await RawSocket.connect(daemon.url)
    const head = ['POST /v1/redemptions HTTP/1.1', `Host: ${new URL(daemon.url).host}`, 'Content-Type: application/json', length]
    raw.socket.write([...head, '', ''].join('\r\n'))
    expect(await raw.until('"too_large"')).toContain('HTTP/1.1 413')
  })

  it('of another type is refused, as is one of no type', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'nonsense']) {
      const answer = await http.request('POST', '/v1/threads', { body: '{"to":"bob","body":"x"}', headers: { 'content-type': type } })
      expect([answer.status, errorOf(answer)['code']], type).toEqual([415, 'unsupported_media_type'])
    }
  })

  it('may say its character set', async () => {
    const answer = await http.request('POST', '/v1/notifies', {
      body: { to: 'bob', body: 'x' },
      headers: { 'content-type': 'application/json; charset=utf-8' },
    })
    expect(answer.status).toBe(201)
  })

  it('may be left out or empty where nothing must be said', async () => {
    const { sent } = await http.call('threads.ask', { to: 'bob', body: 'x', causedBy: null })
    expect((await http.request('POST', `/v1/threads/${sent[0]?.thread}/cancel`)).status).toBe(200)
    expect((await http.request('POST', `/v1/threads/${sent[0]?.thread}/cancel`, { body: '' })).status).toBe(200)
  })

  it('may be of the size of the limit, and no byte more', async () => {
    const body = (chars: number) => `{"x":"${'x'.repeat(chars)}"}`
    const fits = LIMITS.maxFrameBytes - body(0).length
    expect((await http.request('POST', '/v1/threads', { body: body(fits) })).status).toBe(422)
    const over = await http.request('POST', '/v1/threads', { body: body(fits + 1) })
    expect([over.status, errorOf(over)['code']]).toEqual([413, 'too_large'])
  })

  it('is refused where the method has none', async () => {
    const answer = await http.request('DELETE', `/v1/credentials/${bob.credential}`, { body: {} })
    expect([answer.status, errorOf(answer)['code']]).toEqual([422, 'invalid_input'])
  })
})

describe('the methods of a path', () => {
  it('are named to who uses another, and to who asks', async () => {
    const refused = await http.request('PUT', '/v1/peers/bob')
    expect([refused.status, errorOf(refused)['code'], refused.headers.get('allow')]).toEqual([405, 'method_not_allowed', 'GET, HEAD, OPTIONS'])
    const asked = await new HttpClient(daemon.url).request('OPTIONS', '/v1/threads')
    expect([asked.status, asked.headers.get('allow')]).toEqual([204, 'GET, HEAD, POST, OPTIONS'])
  })

  it('include HEAD, which says what GET would, without the body', async () => {
    const get = await http.request('GET', '/v1/circles')
    const head = await http.request('HEAD', '/v1/circles')
    expect([head.status, head.headers.get('content-length'), head.body]).toEqual([200, get.headers.get('content-length'), undefined])
  })

  it('are none where there is no path', async () => {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const answer = await http.request(method, '/v1/nothing?token=secret')
      expect([answer.status, errorOf(answer)['code'], errorOf(answer)['path']]).toEqual([404, 'not_found', '/v1/nothing'])
    }
  })
})

describe('who calls', () => {
  it('says so with a token that is good, before the body is read', async () => {
    for (const client of [new HttpClient(daemon.url), new HttpClient(daemon.url, 'mp_nonsense')]) {
      const answer = await client.request('POST', '/v1/threads', { body: '{' })
      expect([answer.status, errorOf(answer)['code'], answer.headers.get('www-authenticate')]).toEqual([401, 'unauthenticated', 'Bearer realm="muster"'])
    }
  })

  it('may not be a page of another site, nor come by another name', async () => {
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }]) {
      const answer = await http.request('GET', '/v1/status', { headers })
      expect([answer.status, errorOf(answer)['code']]).toEqual([403, 'forbidden'])
    }
    expect((await http.request('GET', '/v1/status', { headers: { origin: daemon.url } })).status).toBe(200)
  })

  it('may end between the head of a request and its body', async () => {
    const eve = await daemon.register({ name: 'eve1', mode: 'pull' })
    await using raw = await RawSocket.connect(daemon.url)
    const head = [
      'POST /v1/session/watch HTTP/1.1',
      `Host: ${new URL(daemon.url).host}`,
      `Authorization: Bearer ${eve.token}`,
      'Content-Type: application/json',
    ]
    raw.socket.write([...head, 'Content-Length: 2', '', ''].join('\r\n'))
    await using admin = await daemon.greet(daemon.adminToken)
    // The head was read: it is a sign of life.
    while ((await admin.call('peers.get', { peer: eve.id })).peer.presence !== 'online');
    await admin.call('credentials.revoke', { credential: eve.credential })
    raw.socket.write('{}')
    expect(await raw.until('unauthenticated')).toMatch(/^HTTP\/1\.1 401 /)
  })

  it('counts as there for a while, and its credential as used', async () => {
    const eve = await daemon.register({ name: 'eve', mode: 'pull' })
    await new HttpClient(daemon.url, eve.token).call('circles.list', {})
    await until(() => daemon.dump()['events']?.some((event) => JSON.stringify(event).includes('eve')) ?? false)
    await using admin = await daemon.greet(daemon.adminToken)
    expect(await admin.call('peers.get', { peer: 'eve' })).toMatchObject({ peer: { presence: 'online' } })
    expect((await admin.call('credentials.list', { peer: 'eve' })).credentials[0]?.lastUsedAt).not.toBeNull()
  })
})

describe('an idempotency key', () => {
  it('in the header is the key of the command', async () => {
    const send = (headers: Record<string, string>, body: string) => http.request('POST', '/v1/notifies', { headers, body: { to: 'bob', body, causedBy: null } })
    const first = await send({ 'idempotency-key': 'k1' }, 'once')
    const again = await send({ 'Idempotency-Key': 'k1' }, 'once')
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.body).toEqual(first.body)
    await using wire = await daemon.greet(ada.token)
    expect(await wire.call('threads.notify', { to: 'bob', body: 'once', causedBy: null, key: 'k1' })).toEqual(first.body)
    const other = await send({ 'idempotency-key': 'k1' }, 'twice')
    expect([other.status, errorOf(other)['code']]).toEqual([409, 'idempotency_mismatch'])
  })

  it('is refused where it is none, said twice, or not taken', async () => {
    const both = await http.request('POST', '/v1/notifies', { headers: { 'idempotency-key': 'a' }, body: { to: 'bob', body: 'x', key: 'a' } })
    const none = await http.request('POST', '/v1/notifies', { headers: { 'idempotency-key': 'a b' }, body: { to: 'bob', body: 'x' } })
    const useless = await http.request('PATCH', '/v1/me', { headers: { 'idempotency-key': 'a' }, body: { description: 'x' } })
    for (const answer of [both, none, useless]) expect([answer.status, errorOf(answer)['code']]).toEqual([422, 'invalid_input'])
  })
})

describe('a wait', () => {
  const ask = async () => (await http.call('threads.ask', { to: 'bob', body: 'x', causedBy: null })).sent[0]?.thread ?? ''
  const waiting = (count: number) => until(() => daemon.clock.pending === count)

  it('ends with its news, or its time', async () => {
    const thread = await ask()
    const timers = daemon.clock.pending
    const news = http.call('threads.wait', { thread })
    await waiting(timers + 1)
    await new HttpClient(daemon.url, bob.token).call('threads.answer', { thread, body: 'yes' })
    expect(await news).toMatchObject({ timedOut: false, thread: { state: 'answered' } })
    const late = http.call('threads.wait', { thread: await ask(), timeout: '5s' })
    await waiting(timers + 1)
    daemon.clock.advance(5_000)
    expect(await late).toMatchObject({ timedOut: true })
  })

  it('is forgotten when its client goes', async () => {
    const thread = await ask()
    const timers = daemon.clock.pending
    const controller = new AbortController()
    const gone = http.say('threads.wait', { thread }, { signal: controller.signal }).catch(() => 'gone')
    await waiting(timers + 1)
    controller.abort()
    expect(await gone).toBe('gone')
    await waiting(timers)
  })

  it('ends with its credential', async () => {
    const eve = await daemon.register({ name: 'eve2' })
    const client = new HttpClient(daemon.url, eve.token)
    const thread = (await client.call('threads.ask', { to: 'bob', body: 'x', causedBy: null })).sent[0]?.thread ?? ''
    const timers = daemon.clock.pending
    const wait = client.say('threads.wait', { thread })
    await waiting(timers + 1)
    await using admin = await daemon.greet(daemon.adminToken)
    await admin.call('credentials.revoke', { credential: eve.credential })
    const answer = await wait
    expect([answer.status, errorOf(answer)['code']]).toEqual([401, 'unauthenticated'])
    expect((await client.say('threads.get', { thread })).status).toBe(401)
  })

  it('is one of a bounded number', async () => {
    const eve = await daemon.register({ name: 'eve3' })
    const client = new HttpClient(daemon.url, eve.token)
    const thread = (await client.call('threads.ask', { to: 'bob', body: 'x', causedBy: null })).sent[0]?.thread ?? ''
    const timers = daemon.clock.pending
    const controller = new AbortController()
    const waits = Array.from({ length: LIMITS.maxWaits }, () => client.say('threads.wait', { thread }, { signal: controller.signal }).catch(() => undefined))
    await waiting(timers + LIMITS.maxWaits)
    const over = await client.say('threads.wait', { thread })
    expect([over.status, errorOf(over)['code']]).toEqual([429, 'too_many_requests'])
    expect((await client.say('threads.get', { thread })).status).toBe(200)
    controller.abort()
    await Promise.all(waits)
  })
})

describe('an error', () => {
  it('says when to come back, where it knows', async () => {
    await using own = await TestDaemon.start()
    const me = await own.register({ name: 'me' })
    await own.register({ name: 'other' })
    const client = new HttpClient(own.url, me.token)
    const { sent } = await client.call('threads.ask', { to: 'other', body: 'x', causedBy: null })
    const wait = client.say('threads.wait', { thread: sent[0]?.thread })
    await until(() => own.daemon.core.runner.stats.calls.get('threads.wait') === 1)
    await own.daemon.stop()
    const answer = await wait
    expect([answer.status, errorOf(answer)['code'], answer.headers.get('retry-after')]).toEqual([503, 'shutting_down', '1'])
  })
})
