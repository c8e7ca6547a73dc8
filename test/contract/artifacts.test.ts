import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { connect as openSocket } from 'node:net'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { contentDisposition } from '../../daemon/gateway/http-artifacts.ts'
import type { Output } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { DaemonProcess, registerPeer, TestHome } from '../support/daemon.ts'
import { WireClient } from '../support/wire-client.ts'
import { TestDaemon } from './support/test-daemon.ts'

type Uploaded = Output<'artifacts.upload'>['artifact']

let daemon: TestDaemon
let folder: string
const tokens: Record<string, string> = {}

beforeAll(async () => {
  daemon = await TestDaemon.start()
  folder = daemon.artifacts
  for (const name of ['ada', 'bob', 'eve']) tokens[name] = (await daemon.register({ name })).token
  Object.assign(tokens, { admin: daemon.adminToken, enrolment: daemon.enrolmentToken })
  await upload('ada', 'the first makes the folder')
})
afterEach(() => expect(daemon.errors.splice(0)).toEqual([]))
afterAll(async () => {
  await daemon.expectHealthy()
  await daemon[Symbol.asyncDispose]()
})

const bearer = (name: string) => ({ authorization: `Bearer ${tokens[name]}` })
const names = () => readdirSync(folder).sort()

function post(name: string, body: string | Buffer, query = '?name=notes.txt', headers: Record<string, string> = {}): Promise<Response> {
  const all = { ...bearer(name), 'content-type': 'text/plain; charset=utf-8', ...headers }
  return fetch(`${daemon.url}/v1/artifacts${query}`, { method: 'POST', body, headers: all })
}

async function upload(name: string, body: string | Buffer, query?: string): Promise<Uploaded> {
  const response = await post(name, body, query)
  expect(response.status).toBe(201)
  return ((await response.json()) as { artifact: Uploaded }).artifact
}

async function refusal(response: Response): Promise<{ status: number; code: string }> {
  const { error } = (await response.json()) as { error: { code: string } }
  return { status: response.status, code: error.code }
}

const get = (name: string, id: string, headers: Record<string, string> = {}) =>
  fetch(`${daemon.url}/v1/artifacts/${id}`, { headers: { ...bearer(name), ...headers } })

/** Sends a file from ada to bob; returns the id that it has in the message. */
async function send(id: string): Promise<string> {
  await using wire = await daemon.greet(tokens['ada'] as string)
  const { sent } = await wire.call('threads.notify', { to: 'bob', body: 'see', attachments: [id] })
  const { message } = await wire.call('threads.trace', { id: sent[0]?.message as string })
  return message.attachments[0]?.id as string
}

/** Writes to the door byte by byte, as no client library would. */
async function raw(head: readonly string[], body = ''): Promise<ReturnType<typeof openSocket>> {
  const { hostname, port } = new URL(daemon.url)
  const socket = openSocket(Number(port), hostname)
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const authorization = `Authorization: Bearer ${tokens['ada']}`
  socket.write(`POST /v1/artifacts?name=x HTTP/1.1\r\nHost: localhost\r\n${[authorization, ...head].join('\r\n')}\r\n\r\n${body}`)
  return socket
}

const unfinished = () => names().filter((name) => name.endsWith('.part'))

describe('an upload', () => {
  it('is on the disk under its SHA-256, for its owner only, and comes back as it was', async () => {
    const bytes = randomBytes(3_000_000)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const artifact = await upload('ada', bytes, '?name=%C3%BCber%20alles.bin')
    expect(artifact).toMatchObject({ name: 'über alles.bin', mediaType: 'text/plain', size: bytes.length, sha256, messages: 0, from: { name: 'ada' } })
    expect(readFileSync(join(folder, sha256)).equals(bytes)).toBe(true)
    expect([statSync(join(folder, sha256)).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700])
    expect(Buffer.from(await (await get('ada', artifact.id)).arrayBuffer()).equals(bytes)).toBe(true)
    expect(unfinished()).toEqual([])
  })

  it('without a byte is a file, too', async () => {
    const artifact = await upload('ada', '', '?name=empty')
    expect(artifact.size).toBe(0)
    const response = await get('ada', artifact.id)
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '0', ''])
  })

  it('of one content many times at once is one file, and one artifact for each name', async () => {
    const before = names().length
    const all = await Promise.all(Array.from({ length: LIMITS.maxPeerUploads }, (_, index) => upload('ada', 'the same', `?name=${index % 2}`)))
    const other = await upload('bob', 'the same', '?name=0')
    expect(names().length).toBe(before + 1)
    expect(new Set([...all, other].map(({ id }) => id)).size).toBe(3)
  })

  it.each([
    ['no name', ''],
    ['a path', '?name=..%2F..%2Fetc%2Fpasswd'],
    ['a path of Windows', '?name=a%5Cb'],
    ['the folder above', '?name=..'],
    ['a NUL', '?name=a%00b'],
    ['a newline', '?name=a%0D%0Ab'],
    ['a name that reads backwards', '?name=%E2%80%AEtxt.exe'],
    ['a name beyond the limit', `?name=${'ü'.repeat(128)}`],
    ['two names', '?name=a&name=b'],
    ['a field that there is not', '?name=a&path=b'],
  ])('with %s is refused before its body is read', async (_what, query) => {
    const before = names()
    expect(await refusal(await post('ada', 'body', query))).toEqual({ status: 422, code: 'invalid_input' })
    expect(names()).toEqual(before)
  })

  it('of somebody who may not is refused', async () => {
    expect(await refusal(await fetch(`${daemon.url}/v1/artifacts?name=x`, { method: 'POST', body: 'x' }))).toEqual({ status: 401, code: 'unauthenticated' })
    expect(await refusal(await post('admin', 'x'))).toEqual({ status: 403, code: 'forbidden' })
    expect(await refusal(await post('enrolment', 'x'))).toEqual({ status: 403, code: 'forbidden' })
    expect(await refusal(await post('ada', 'x', '?name=a', { 'content-type': 'nonsense' }))).toEqual({ status: 422, code: 'invalid_input' })
    expect((await post('ada', 'x', '?name=a', { host: 'evil.example', origin: 'https://evil.example' })).status).toBe(403)
  })

  it('over the WebSocket is refused with the way to do it', async () => {
    await using wire = await daemon.greet(tokens['ada'] as string)
    await expect(wire.say('artifacts.upload', { name: 'x' })).rejects.toMatchObject({
      code: 'invalid_input',
      details: { hint: expect.stringContaining('POST /v1/artifacts') },
    })
  })
})

describe('an upload that is no good', () => {
  it('is refused by its announced size', async () => {
    const socket = await raw([`Content-Length: ${LIMITS.maxArtifactBytes + 1}`])
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /)
    expect(unfinished()).toEqual([])
  })

  it('is cut where it never ends, and leaves nothing', async () => {
    const before = names()
    const socket = await raw(['Transfer-Encoding: chunked'])
    let answer = ''
    socket.on('data', (data: Buffer) => {
      answer += String(data)
    })
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000, 1), Buffer.from('\r\n')])
    let isOpen = true
    socket.once('close', () => {
      isOpen = false
    })
    for (let sent = 0; isOpen; sent += 1) {
      expect(sent).toBeLessThan(4_000)
      if (answer !== '') daemon.clock.advance(100)
      await new Promise((resolve) => socket.write(chunk, resolve))
      await nextTurn()
    }
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    await expect.poll(names).toEqual(before)
  })

  it.each([
    ['stops coming', LIMITS.uploadIdleMs, 1],
    ['takes too long', LIMITS.uploadIdleMs / 2, (2 * LIMITS.uploadMs) / LIMITS.uploadIdleMs],
  ])('that %s is given up', async (_what, pauseMs, pauses) => {
    const before = names()
    const socket = await raw(['Content-Length: 1000'], 'x')
    const closed = once(socket, 'close')
    await expect.poll(() => unfinished().length).toBe(1)
    const [name] = unfinished()
    for (let pause = 1; pause <= pauses; pause += 1) {
      expect(unfinished()).toEqual([name])
      daemon.clock.advance(pauseMs)
      socket.write('x')
      const written = pause + 1
      if (pause < pauses) await expect.poll(() => statSync(join(folder, name as string)).size, { interval: 1 }).toBe(written)
    }
    await closed
    await expect.poll(names).toEqual(before)
  })

  it.each([
    ['shorter than announced', ['Content-Length: 100'], 'too short'],
    ['broken off within a chunk', ['Transfer-Encoding: chunked'], 'ff\r\nhalf of it'],
    ['that says no length that there is', ['Content-Length: 12', 'Content-Length: 13'], 'x'],
  ])('leaves nothing where it is %s', async (_what, head, body) => {
    const before = names()
    const socket = await raw(head, body)
    await expect.poll(() => unfinished().length === 1 || socket.readableLength > 0 || socket.readableEnded || socket.destroyed).toBe(true)
    socket.destroy()
    await expect.poll(names).toEqual(before)
    expect((await get('ada', (await upload('ada', 'still there')).id)).status).toBe(200)
  })

  it('counts while it is under way: a peer has four at a time', async () => {
    const sockets = await Promise.all(Array.from({ length: LIMITS.maxPeerUploads }, () => raw(['Content-Length: 5'], 'x')))
    await expect.poll(() => unfinished().length).toBe(LIMITS.maxPeerUploads)
    expect(await refusal(await post('ada', 'one more'))).toEqual({ status: 429, code: 'too_many_requests' })
    expect((await post('bob', 'has its own')).status).toBe(201)
    for (const socket of sockets) socket.destroy()
    await expect.poll(unfinished).toEqual([])
    expect((await post('ada', 'one more')).status).toBe(201)
  })
})

describe('a download', () => {
  it('is never run by a browser, whatever the file says it is', async () => {
    const { id } = await upload('ada', '<script>alert(1)</script>', '?name=%22%3B%20filename%3Dx.html')
    const { headers } = await get('ada', id)
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/plain',
      'content-disposition': `attachment; filename="__ filename_x.html"; filename*=UTF-8''%22%3B%20filename%3Dx.html`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'private, no-cache',
    })
  })

  it('gives ranges, and nothing where nothing has changed', async () => {
    const { id, sha256 } = await upload('ada', '0123456789')
    const part = async (range: string, headers: Record<string, string> = {}) => {
      const response = await get('ada', id, { range, ...headers })
      return [response.status, response.headers.get('content-range'), response.status === 416 ? '' : await response.text()]
    }
    expect(await part('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234'])
    expect(await part('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789'])
    expect(await part('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789'])
    expect(await part('bytes=5-999')).toEqual([206, 'bytes 5-9/10', '56789'])
    expect(await part('bytes=10-')).toEqual([416, 'bytes */10', ''])
    for (const whole of ['bytes=4-2', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=-', 'nonsense']) expect(await part(whole)).toEqual([200, null, '0123456789'])
    expect(await part('bytes=2-4', { 'if-range': '"another"' })).toEqual([200, null, '0123456789'])
    expect((await get('ada', id, { 'if-none-match': `"${sha256}"` })).status).toBe(304)
    const head = await fetch(`${daemon.url}/v1/artifacts/${id}`, { method: 'HEAD', headers: bearer('ada') })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', ''])
  })

  it('is for the uploader, and for who can read a message that carries it', async () => {
    const { id } = await upload('ada', 'between us')
    const sent = await send(id)
    for (const [who, what, status] of [
      ['ada', id, 200],
      ['ada', sent, 200],
      ['bob', sent, 200],
      ['bob', id, 404],
      ['eve', id, 404],
      ['eve', sent, 404],
    ] as const)
      expect([who, what, (await get(who, what)).status]).toEqual([who, what, status])
    expect((await get('admin', sent)).status).toBe(200)
    for (const id of ['nonsense', '..%2Fmuster.db', 'msg_k7qm2x1', '%00']) expect((await get('bob', id)).status).toBe(422)
    expect((await fetch(`${daemon.url}/v1/artifacts/${sent}`)).status).toBe(401)
  })

  it('that nobody reads to its end holds no file open', async () => {
    const { id } = await upload('ada', Buffer.alloc(20_000_000))
    const open = () => readdirSync('/proc/self/fd').length
    const before = open()
    for (let times = 0; times < 5; times += 1) {
      const response = await get('ada', id)
      await response.body?.cancel()
    }
    await expect.poll(open).toBeLessThanOrEqual(before + 1)
  })

  it('comes in parts over the WebSocket, for the same readers', async () => {
    const sent = await send((await upload('ada', '0123456789')).id)
    await using bob = await daemon.greet(tokens['bob'] as string)
    const { file, data, next } = await bob.call('artifacts.read', { artifact: sent, offset: 4, limit: 3 })
    expect([file, Buffer.from(data, 'base64').toString(), next]).toEqual([expect.objectContaining({ id: sent, name: 'notes.txt', size: 10 }), '456', 7])
    expect(await bob.call('artifacts.read', { artifact: sent, offset: 7 })).toMatchObject({ next: null })
    expect(await bob.call('artifacts.read', { artifact: sent, offset: 99 })).toMatchObject({ data: '', next: null })
    await using eve = await daemon.greet(tokens['eve'] as string)
    await expect(eve.say('artifacts.read', { artifact: sent })).rejects.toMatchObject({ code: 'not_found', details: { id: sent } })
  })
})

describe('the name in a header', () => {
  it('stays within its quotes, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }), (name) => {
        const header = contentDisposition(name)
        expect(header).toMatch(/^attachment; filename="[\w .()+,-]*"; filename\*=UTF-8''[A-Za-z0-9%._~!-]*$/)
        expect(decodeURIComponent(header.split("UTF-8''")[1] as string)).toBe(name)
      }),
    )
  })
})

describe('a kill -9', () => {
  it('in the middle of uploads leaves nothing behind and loses nothing that was confirmed', async () => {
    const home = new TestHome()
    const confirmed: Uploaded[] = []
    let token = ''
    {
      const victim = new DaemonProcess(home)
      const url = await victim.url()
      token = (await registerPeer(url, home.token('enrolment'), 'ada')).token
      const put = async (index: number) => {
        const response = await fetch(`${url}/v1/artifacts?name=${index}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}` },
          body: randomBytes(200_000),
        })
        confirmed.push(((await response.json()) as { artifact: Uploaded }).artifact)
        if (index >= 30) victim.child.kill('SIGKILL')
      }
      const lane = async (first: number) => {
        for (let index = first; ; index += LIMITS.maxPeerUploads) await put(index)
      }
      await Promise.allSettled(Array.from({ length: LIMITS.maxPeerUploads }, (_, first) => lane(first)))
      await victim.end()
    }
    await using again = new DaemonProcess(home)
    const url = await again.url()
    const of = (id: string) => fetch(`${url}/v1/artifacts/${id}`, { headers: { authorization: `Bearer ${token}` } })
    for (const { id, sha256 } of confirmed) {
      const bytes = Buffer.from(await (await of(id)).arrayBuffer())
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
    }
    await using wire = await WireClient.greet(url, token)
    const known = async () => (await wire.call('artifacts.list', { limit: 200 })).artifacts.map(({ sha256 }) => sha256).sort()
    await expect.poll(() => readdirSync(home.paths.artifacts).sort()).toEqual(await known())
  })
})
