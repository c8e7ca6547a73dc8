/** The door for events from outside, over real sockets: bodies and headers of every kind. */
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { RawSocket } from '../../contract/support/raw-socket.ts'
import { HookedDaemon } from '../../support/hooked-daemon.ts'
import { HEADERS } from '../../support/hooks.ts'

const node = HookedDaemon.use()

describe('bodies', () => {
  it('of a form are read as GitHub sends them, and as any other', async () => {
    const bob = await node.join()
    const source = await node.source(bob)
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await node.send(source, 'github', { headers: form, body: `payload=${encodeURIComponent('{"n":"ä & b"}')}` })).status).toBe(202)
    expect((await node.send(source, 'github', { headers: form, body: 'n=from+a+form&__proto__=x' })).status).toBe(202)
    expect((await node.mail(bob)).map(({ body }) => body)).toEqual(['Event push: ä & b', 'Event push: from a form'])
  })

  it('that cannot be read are refused when they have proved themselves', async () => {
    const source = await node.source(await node.join())
    for (const body of ['{"n":', 'Hello, World!', '', '\u0000', '{"n":1}{"n":2}', 'payload=%7B']) {
      const answer = await node.send(source, 'github', { body })
      expect(answer, body).toMatchObject({ status: 400, body: { error: { code: 'invalid_frame' } } })
    }
    const bytes = new Uint8Array(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]))
    const signed = HEADERS.github(bytes as never, { id: 'x', time: 0 })
    expect((await node.send(source, 'github', { body: bytes, headers: signed })).status).toBe(400)
    expect((await node.arrivals(source)).refused).toMatchObject({
      count: 7,
      recent: [{ says: 'it is no UTF-8' }, { says: 'it is no JSON' }, {}, {}, {}, {}, {}],
    })
    expect((await node.arrivals(source)).arrivals).toEqual([])
  })

  it('are bounded, and of a kind that can be read', async () => {
    const source = await node.source(await node.join())
    const most = JSON.stringify({ n: 'x'.repeat(LIMITS.maxEventBytes - 8) })
    expect(most).toHaveLength(LIMITS.maxEventBytes)
    expect((await node.send(source, 'github', { body: most })).status).toBe(202)
    expect(await node.send(source, 'github', { body: `${most} ` })).toMatchObject({
      status: 413,
      body: { error: { code: 'too_large', limit: LIMITS.maxEventBytes } },
    })
    for (const headers of [
      { 'content-type': 'text/plain' },
      { 'content-type': 'multipart/form-data; boundary=x' },
      { 'content-type': 'nonsense' },
      { 'content-encoding': 'gzip' },
    ])
      expect(await node.send(source, 'github', { headers }), JSON.stringify(headers)).toMatchObject({
        status: 415,
        body: { error: { code: 'unsupported_media_type' } },
      })
    expect((await node.send(source, 'github', { headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' } })).status).toBe(202)
    expect((await node.send({ path: `${source.path}?token=x` }, 'github')).status).toBe(422)
  })

  it('of any shape make a message and no trouble', async () => {
    const bob = await node.join()
    const source = await node.source(bob, { text: '{{a.b}} {{__proto__.x}} {{constructor.name}} {{@body}}' })
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
    const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`k${n}`, n])))
    const bodies = ['[]', 'null', '"text"', '7', '{"__proto__":{"x":1},"constructor":{"name":2}}', nested(120_000), wide, '{"a":{"b":"\\u202e\\u0000\\ud800"}}']
    for (const body of bodies) expect((await node.send(source, 'github', { body })).status, body.slice(0, 40)).toBe(202)
    const said = (await node.mail(bob)).map(({ body }) => body)
    expect(said).toHaveLength(bodies.length)
    expect(said[0]).toBe('(no a.b) (no __proto__.x) (no constructor.name) []')
    expect(said[4]).toBe('(no a.b) 1 2 {"__proto__":{"x":1},"constructor":{"name":2}}')
    for (const body of said) expect(body.length).toBeLessThan(5_000)
    expect(said.at(-1)).toMatch(/^\ufffd\ufffd\ufffd /)
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })

  it('that come too slowly are cut, and only so many are held at once', async () => {
    const bob = await node.join()
    const source = await node.source(bob, { perMinute: 6_000 })
    const half = `POST ${source.path} HTTP/1.1\r\nHost: ${new URL(node.daemon.url).host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"n":`
    const slow = await Promise.all(Array.from({ length: LIMITS.maxEventsAtOnce }, () => RawSocket.connect(node.daemon.url)))
    for (const { socket } of slow) socket.write(half)
    const patience = { timeout: 15_000, interval: 50 }
    await expect.poll(async () => (await node.send(source, 'github')).status, patience).toBe(429)
    expect(await node.send(source, 'github')).toMatchObject({ retryAfter: '1', body: { error: { message: 'Too many events at once.' } } })
    // Other doors know nothing of it.
    expect((await fetch(`${node.daemon.url}/health`)).status).toBe(200)
    node.clock.advance(11_000)
    await Promise.all(slow.map(({ ended }) => ended))
    expect(slow.map(({ text }) => text).join('')).toBe('')
    await expect.poll(async () => (await node.send(source, 'github')).status, patience).toBe(202)
  })
})

describe('headers', () => {
  it('that would say more than they may say nothing', async () => {
    const bob = await node.join()
    const source = await node.source(bob, { text: '{{@event}}|{{@id}}' })
    expect((await node.send(source, 'github', { event: `push${' x'.repeat(2_000)}`, id: 'i'.repeat(3_000) })).status).toBe(202)
    const [arrival] = (await node.arrivals(source)).arrivals
    expect(arrival?.event).toHaveLength(100)
    expect(arrival?.delivery).toHaveLength(100)
    await using raw = await RawSocket.connect(node.daemon.url)
    const body = '{"n":5}'
    const { 'X-Hub-Signature-256': signature } = HEADERS.github(body, { id: 'x', time: 0 })
    const head = (host: string, more: string) =>
      `POST ${source.path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`
    raw.socket.write(head('evil.example', `X-Hub-Signature-256: ${signature}\r\n`))
    expect(await raw.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 /)
    await using page = await RawSocket.connect(node.daemon.url)
    page.socket.write(head(new URL(node.daemon.url).host, `Origin: https://evil.example\r\nX-Hub-Signature-256: ${signature}\r\n`))
    expect(await page.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 /)
    await using proxied = await RawSocket.connect(node.daemon.url)
    // Two signatures in one request are no choice of one.
    proxied.socket.write(head('crew.example.org', `X-Hub-Signature-256: ${signature}\r\nX-Hub-Signature-256: sha256=00\r\n`))
    expect(await proxied.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 401 /)
    await using right = await RawSocket.connect(node.daemon.url)
    right.socket.write(head('crew.example.org', `X-Hub-Signature-256: ${signature}\r\n`))
    expect(await right.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 202 /)
  })
})
