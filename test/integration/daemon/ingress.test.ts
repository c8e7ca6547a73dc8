/** Events of the world outside, over real sockets: what proves itself becomes one message, and nothing else does. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../../daemon/config.ts'
import { type Daemon, startDaemon } from '../../../daemon/main.ts'
import type { Input, Source } from '../../../src/contract/index.ts'
import type { MusterError } from '../../../src/errors.ts'
import { LIMITS } from '../../../src/limits.ts'
import { HttpClient } from '../../contract/support/http-client.ts'
import { RawSocket } from '../../contract/support/raw-socket.ts'
import { SteppedClock } from '../../contract/support/stepped-clock.ts'
import { bodyOf, HEADERS, type Program, SECRETS } from '../../support/hooks.ts'

const STEP_MS = 10_000
const PROGRAMS = Object.keys(SECRETS) as Program[]
let folder: string
let daemon: Daemon
let admin: HttpClient
let enrolment: HttpClient
const clock = new SteppedClock()
const errors: unknown[] = []
const environment: Record<string, string> = {}
let last = 0

interface Peer {
  readonly id: string
  readonly name: string
  readonly token: string
  readonly client: HttpClient
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-ingress-'))
  Object.assign(environment, { MUSTER_HOME: join(folder, 'home'), MUSTER_PORT: '0', MUSTER_PUBLIC_URL: 'https://crew.example.org/', VARIED: SECRETS.github })
  const config = loadConfig(environment, folder)
  const quiet = () => undefined
  daemon = await startDaemon({ config, clock, log: { debug: quiet, info: quiet, warn: quiet, error: (entry: unknown) => errors.push(entry) }, onFatal: quiet })
  admin = new HttpClient(daemon.url, readFileSync(config.paths.adminToken, 'utf8').trim())
  enrolment = new HttpClient(daemon.url, readFileSync(config.paths.enrolmentToken, 'utf8').trim())
})
afterAll(async () => {
  await daemon.stop()
  rmSync(folder, { recursive: true, force: true })
  expect(errors).toEqual([])
})
// What a source may take in a minute is no matter but where a test is about it.
beforeEach(() => pass(60_000))

/** Lets time pass, with turns in between, in which what is due is done. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= STEP_MS) {
    clock.advance(Math.min(left, STEP_MS))
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }
}

async function joinAs(role: 'agent' | 'orchestrator' = 'agent'): Promise<Peer> {
  const name = `peer-${++last}`
  const minted = role === 'agent' ? enrolment : new HttpClient(daemon.url, (await admin.call('enrolments.create', { circle: 'main', roles: [role] })).token)
  const { peer, token } = await minted.call('peers.register', { name, role, mode: 'pull' })
  return { id: peer.id, name, token, client: new HttpClient(daemon.url, token) }
}

function secretFile(text: string): string {
  const path = join(folder, `secret-${++last}`)
  writeFileSync(path, `${text}\n`, { mode: 0o600 })
  return path
}

async function makeSource(to: Peer, about: Partial<Input<'ingress.create'>> = {}): Promise<Source> {
  const program = (typeof about.verify === 'string' ? about.verify : 'github') as Program
  const input = {
    name: `hook-${++last}`,
    verify: program,
    secret: { file: secretFile(SECRETS[program]) },
    to: to.name,
    text: 'Event {{@event}}: {{n}}',
    ...about,
  }
  return (await admin.call('ingress.create', input)).source
}

const seconds = () => Math.floor(clock.wallMs() / 1_000)

interface Event {
  readonly id?: string
  readonly event?: string
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly secret?: string
  readonly time?: number
  readonly headers?: Readonly<Record<string, string>>
}

async function send(
  source: Pick<Source, 'path'>,
  program: Program,
  { id = `e${++last}`, event = 'push', body, secret, time = seconds(), headers = {} }: Event = {},
) {
  const text = body ?? bodyOf(program, id, event)
  const signed = HEADERS[program](String(text), { id, event, time, ...(secret !== undefined && { secret }) })
  const response = await fetch(`${daemon.url}${source.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...signed, ...headers },
    body: text,
  })
  const said = await response.text()
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: said === '' ? undefined : (JSON.parse(said) as Record<string, unknown>),
  }
}

/** What waits for a peer. */
async function mail({ client }: Peer) {
  return (await client.call('mailbox.inbox', { limit: 50 })).items.map(({ message, thread }) => ({ ...message, thread }))
}

/** One peer sends another as much as that has room for. */
async function fill(to: Peer, { token }: Peer): Promise<void> {
  const { runner, authenticate } = daemon.core.gateway
  const sender = authenticate(token)
  if (!sender) throw new Error('Nobody has that token')
  const input = { to: to.id, body: 'more', priority: 'normal', causedBy: null }
  await Promise.all(Array.from({ length: LIMITS.maxUnsolicited }, () => new Promise((resolve) => runner.run(sender, 'threads.notify', input, resolve))))
}

const arrivals = async ({ id }: Source) => await admin.call('ingress.arrivals', { source: id })

describe.each(PROGRAMS)('an event of %s', (program) => {
  it('becomes a message of a program, once, however often it comes', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob, { verify: program })
    expect(source).toMatchObject({ problem: null, url: `https://crew.example.org${source.path}`, sender: { role: 'service', name: `hook-${source.name}` } })
    const event = { id: `evt_${program}`, event: 'push', body: bodyOf(program, `evt_${program}`, 'push', { n: 7 }) }
    const first = await send(source, program, event)
    const again = await send(source, program, event)
    if (program === 'slack')
      expect([first, again]).toMatchObject([
        { status: 200, body: undefined },
        { status: 200, body: undefined },
      ])
    else
      expect([first, again]).toMatchObject([
        { status: 202, body: { duplicate: false } },
        { status: 200, body: { duplicate: true, id: first.body?.['id'] } },
      ])
    const [message, ...others] = await mail(bob)
    expect(others).toEqual([])
    expect(message).toMatchObject({ kind: 'notify', body: 'Event push: 7', from: { id: source.sender.id, role: 'service' }, causedBy: null })
    expect((await arrivals(source)).arrivals).toMatchObject([{ outcome: 'accepted', times: 2, event: 'push', delivery: event.id, thread: message?.thread.id }])
  })

  it('becomes none with another secret, and nobody learns why', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob, { verify: program })
    const refused = await send(source, program, { secret: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' })
    const nowhere = await send({ path: '/hooks/nowhere' }, program)
    expect(refused.status).toBe(401)
    expect(nowhere).toEqual(refused)
    expect(await mail(bob)).toEqual([])
    const { arrivals: none, refused: kept } = await arrivals(source)
    expect(none).toEqual([])
    expect(kept).toMatchObject({ count: 1, recent: [{ says: expect.stringMatching(/signature does not fit|token is another/) as string }] })
  })

  it('is not taken again under another id', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob, { verify: program })
    const body = bodyOf(program, 'seen', 'push', { n: 1 })
    await send(source, program, { id: 'seen', body })
    // Of GitLab the token is all there is, so whoever has it can say anything.
    if (program === 'gitlab') return
    const headers = program === 'github' ? { 'X-GitHub-Delivery': 'another' } : program === 'standard' ? { 'webhook-id': 'another' } : {}
    expect((await send(source, program, { id: 'seen', body, headers })).status).toBe(program === 'standard' ? 401 : 200)
    expect(await mail(bob)).toHaveLength(1)
  })
})

describe.each(['slack', 'stripe', 'standard'] as const)('the time of an event of %s', (program) => {
  it('may be five minutes from now, and no more', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob, { verify: program })
    const off = LIMITS.eventWindowMs / 1_000
    for (const by of [-off - 1, off + 1, -86_400])
      expect(await send(source, program, { time: seconds() + by }), `${by}`).toMatchObject({ status: 400, body: { error: { code: 'invalid_frame' } } })
    expect(await mail(bob)).toEqual([])
    expect((await arrivals(source)).refused.recent[0]?.says).toMatch(/signed 86400 s ago/)
    for (const by of [-off, off]) expect((await send(source, program, { time: seconds() + by })).status, `${by}`).toBeLessThan(300)
    expect(await mail(bob)).toHaveLength(2)
  })
})

describe('one event, in the same millisecond from many connections', () => {
  it('is one message', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob)
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(source, 'github', { id: 'one', body: '{"n":1}' })))
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(19).fill(200), 202])
    expect(new Set(answers.map(({ body }) => body?.['id'])).size).toBe(1)
    expect(await mail(bob)).toHaveLength(1)
    expect((await arrivals(source)).arrivals).toMatchObject([{ times: 20 }])
  })

  it('and one whose answer is lost is one message, too', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob)
    const body = '{"n":2}'
    const head = Object.entries({
      Host: new URL(daemon.url).host,
      'Content-Type': 'application/json',
      'Content-Length': String(body.length),
      ...HEADERS.github(body, { id: 'lost', time: 0 }),
    })
    const release = clock.hold()
    {
      await using raw = await RawSocket.connect(daemon.url)
      raw.socket.end(`POST ${source.path} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`)
      await expect.poll(() => daemon.core.gateway.runner.stats.calls.size).toBeGreaterThan(0)
      await new Promise((resolve) => setImmediate(resolve))
    }
    release()
    await expect.poll(async () => (await arrivals(source)).arrivals.length).toBe(1)
    expect(await send(source, 'github', { id: 'lost', body })).toMatchObject({ status: 200, body: { duplicate: true } })
    expect(await mail(bob)).toHaveLength(1)
  })
})

describe('what is known again', () => {
  it('without an id is the same body, for a quarter of an hour where a token is all there is', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob, { verify: { by: 'token', header: 'X-Token' } })
    const nightly = () => send(source, 'github', { body: '{"n":"nightly build failed"}', headers: { 'X-Token': SECRETS.github } })
    expect([(await nightly()).status, (await nightly()).status]).toEqual([202, 200])
    await pass(LIMITS.sameBodyMs + 1)
    expect([(await nightly()).status, (await nightly()).status]).toEqual([202, 200])
    expect(await mail(bob)).toHaveLength(2)
  })

  it('is forgotten after 30 days', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob)
    await send(source, 'github', { id: 'old', body: '{"n":3}' })
    await daemon.core.pipeline.execute((tx) => tx.run('UPDATE arrivals SET at = at - ?', LIMITS.arrivalMs))
    await pass(3_600_000)
    await expect.poll(async () => (await arrivals(source)).arrivals).toEqual([])
    expect((await admin.call('node.status', {})).retention.purged.find(({ what }) => what === 'arrivals')?.rows).toBeGreaterThan(0)
  })
})

describe('events that are not wanted', () => {
  it('are written down and dropped', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob, {
      events: ['pull_request'],
      where: [
        { field: 'action', is: 'opened' },
        { field: 'pull_request.draft', is: 'false' },
      ],
    })
    const event = (action: string, draft: boolean) => JSON.stringify({ action, n: ++last, pull_request: { draft } })
    expect((await send(source, 'github', { event: 'ping', body: event('opened', false) })).status).toBe(202)
    expect((await send(source, 'github', { event: 'pull_request', body: event('closed', false) })).status).toBe(202)
    expect((await send(source, 'github', { event: 'pull_request', body: event('opened', true) })).status).toBe(202)
    expect((await send(source, 'github', { event: 'pull_request', body: event('opened', false) })).status).toBe(202)
    expect((await arrivals(source)).arrivals.map(({ outcome, event }) => [outcome, event])).toEqual([
      ['accepted', 'pull_request'],
      ['filtered', 'pull_request'],
      ['filtered', 'pull_request'],
      ['filtered', 'ping'],
    ])
    expect(await mail(bob)).toHaveLength(1)
  })

  it('of Slack: its question is answered, once it has proved itself', async () => {
    const source = await makeSource(await joinAs(), { verify: 'slack' })
    const body = JSON.stringify({ type: 'url_verification', challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P', token: 'x' })
    expect(await send(source, 'slack', { body })).toMatchObject({ status: 200, body: { challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P' } })
    expect((await send(source, 'slack', { body, secret: 'another secret, as long' })).status).toBe(401)
    expect((await arrivals(source)).arrivals).toEqual([])
  })
})

describe('a message that cannot be sent', () => {
  it('is written down, and sent when it comes again', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob)
    await bob.client.call('peers.rename', { peer: bob.id, name: `${bob.name}-away` })
    const event = { id: 'later', body: '{"n":4}' }
    expect(await send(source, 'github', event)).toMatchObject({ status: 503, retryAfter: '60', body: { error: { code: 'unavailable' } } })
    expect((await arrivals(source)).arrivals).toMatchObject([
      { outcome: 'failed', thread: null, reason: expect.stringMatching(/nothing of that name/) as string },
    ])
    expect((await admin.call('node.diagnose', {})).sources.find(({ name }) => name === source.name)).toMatchObject({
      failed: { says: expect.any(String) as string },
    })
    await bob.client.call('peers.rename', { peer: bob.id, name: bob.name })
    expect(await send(source, 'github', event)).toMatchObject({ status: 202 })
    expect((await arrivals(source)).arrivals).toMatchObject([{ outcome: 'accepted', times: 2, reason: null }])
    expect(await mail(bob)).toHaveLength(1)
  })

  it('for a full mailbox, too; and some of many is said', async () => {
    const [bob, lead] = [await joinAs(), await joinAs('orchestrator')]
    const source = await makeSource(bob)
    await fill(bob, lead)
    expect((await send(source, 'github')).status).toBe(503)
    expect((await arrivals(source)).arrivals[0]?.reason).toMatch(/no room/)
    await bob.client.call('peers.describe', { capabilities: ['night'] })
    await lead.client.call('peers.describe', { capabilities: ['night'] })
    const wide = await makeSource(bob, { to: 'cap:night', select: 'all' })
    expect((await send(wide, 'github')).status).toBe(202)
    expect((await arrivals(wide)).arrivals[0]).toMatchObject({
      outcome: 'accepted',
      reason: expect.stringMatching(new RegExp(`^Not sent to ${bob.name}: .*room`)) as string,
    })
    expect(await mail(lead)).toHaveLength(1)
  })

  it('says of a source without its secret what is missing, and takes events as soon as it is there', async () => {
    const bob = await joinAs()
    const path = join(folder, 'not-yet')
    const source = await makeSource(bob, { secret: { file: path } })
    expect(source.problem).toBe(`there is no file ${path} for its secret`)
    expect(await send(source, 'github')).toMatchObject({ status: 503 })
    expect((await arrivals(source)).refused.recent[0]?.says).toBe(source.problem)
    writeFileSync(path, SECRETS.github)
    chmodSync(path, 0o644)
    expect((await admin.call('ingress.get', { source: source.name })).source.problem).toBe(`others may read its secret: chmod 600 ${path}`)
    chmodSync(path, 0o600)
    expect((await admin.call('ingress.get', { source: source.name })).source.problem).toBeNull()
    expect((await send(source, 'github')).status).toBe(202)
    for (const [text, why] of [
      ['short', /too short/],
      ['two lines of\nsecrets, of which neither', /no secret/],
      ['', /too short/],
    ] as const) {
      writeFileSync(path, text)
      expect((await admin.call('ingress.get', { source: source.name })).source.problem, text).toMatch(why)
    }
    expect((await admin.call('ingress.update', { source: source.name, secret: { file: folder } })).source.problem).toMatch(/is no file/)
    expect((await admin.call('ingress.update', { source: source.name, secret: { variable: 'NOT_THERE' } })).source.problem).toMatch(/no variable NOT_THERE/)
    expect((await admin.call('ingress.update', { source: source.name, secret: { variable: 'VARIED' } })).source.problem).toBeNull()
    expect((await send(source, 'github')).status).toBe(202)
  })
})

describe('more than a source takes', () => {
  it('is refused for a while, and counts only what has proved itself', async () => {
    const source = await makeSource(await joinAs(), { perMinute: 3 })
    for (let n = 0; n < 10; n += 1) expect((await send(source, 'github', { secret: 'another secret, as long' })).status).toBe(401)
    const answers = []
    for (let n = 0; n < 5; n += 1) answers.push(await send(source, 'github'))
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 429, 429])
    expect(answers[4]?.retryAfter).toBe('20')
    await pass(20_000)
    expect([(await send(source, 'github')).status, (await send(source, 'github')).status]).toEqual([202, 429])
    const other = await makeSource(await joinAs(), { perMinute: 1 })
    expect((await send(other, 'github')).status).toBe(202)
  })
})

describe('an ask from outside', () => {
  it('is answered, and what is said to the source piles up nowhere', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob, { kind: 'ask', deadline: '2h', priority: 'urgent', text: '{{n}}?' })
    expect((await send(source, 'github', { body: '{"n":"Look into it"}' })).status).toBe(202)
    const [asked] = await mail(bob)
    expect(asked).toMatchObject({ kind: 'ask', body: 'Look into it?', thread: { priority: 'urgent' } })
    const thread = asked?.thread.id ?? ''
    await bob.client.call('threads.answer', { thread, body: 'It was the cable.' })
    expect((await admin.call('threads.get', { thread })).thread.state).toBe('answered')
    expect((await admin.call('ingress.arrivals', { source: source.name })).arrivals[0]?.thread).toBe(thread)
    const waiting = () =>
      daemon.core.store.all("SELECT 1 FROM deliveries WHERE peer_id = ? AND state = 'queued'", daemon.core.store.number('peer', source.sender.id))
    expect(waiting()).toHaveLength(1)
    await pass(3_600_000)
    await expect.poll(waiting).toEqual([])
  })

  it('is refused where it goes to many, or is a notify', async () => {
    const bob = await joinAs()
    for (const [about, field] of [
      [{ kind: 'ask', to: 'cap:x', select: 'all' }, 'select'],
      [{ kind: 'notify', deadline: '1h' }, 'deadline'],
      [{ kind: 'ask', topic: 'x' }, 'topic'],
      [{ kind: 'ask', deadline: '1000d' }, 'deadline'],
      [{ text: '{{a b}}' }, 'text'],
      [{ topic: '{{' }, 'topic'],
      [{ verify: { by: 'hmac', header: 'X-S', signed: 'timestamp.body' } }, 'timestampHeader'],
      [{ verify: { by: 'hmac', header: 'X-S', timestampHeader: 'X-T' } }, 'timestampHeader'],
      [{ verify: { by: 'hmac', header: 'X-S', signed: 'id.timestamp.body', timestampHeader: 'X-T' } }, 'idHeader'],
      [{ verify: { by: 'token' }, events: ['push'] }, 'events'],
    ] as const)
      await expect(makeSource(bob, about as never), JSON.stringify(about)).rejects.toMatchObject({ code: 'invalid_input', details: { field } })
  })
})

describe('a topic', () => {
  it('lets the newest of what waits stand for all', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob, { topic: 'build {{branch}}' })
    for (const n of [1, 2, 3]) await send(source, 'github', { body: JSON.stringify({ n, branch: 'main' }) })
    await send(source, 'github', { body: JSON.stringify({ n: 4, branch: 'other' }) })
    expect((await mail(bob)).map(({ body }) => body)).toEqual(['Event push: 3', 'Event push: 4'])
  })
})

describe('bodies', () => {
  it('of a form are read as GitHub sends them, and as any other', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob)
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await send(source, 'github', { headers: form, body: `payload=${encodeURIComponent('{"n":"ä & b"}')}` })).status).toBe(202)
    expect((await send(source, 'github', { headers: form, body: 'n=from+a+form&__proto__=x' })).status).toBe(202)
    expect((await mail(bob)).map(({ body }) => body)).toEqual(['Event push: ä & b', 'Event push: from a form'])
  })

  it('that cannot be read are refused when they have proved themselves', async () => {
    const source = await makeSource(await joinAs())
    for (const body of ['{"n":', 'Hello, World!', '', '\u0000', '{"n":1}{"n":2}', 'payload=%7B']) {
      const answer = await send(source, 'github', { body })
      expect(answer, body).toMatchObject({ status: 400, body: { error: { code: 'invalid_frame' } } })
    }
    const bytes = new Uint8Array(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]))
    const signed = HEADERS.github(bytes as never, { id: 'x', time: 0 })
    expect((await send(source, 'github', { body: bytes, headers: signed })).status).toBe(400)
    expect((await arrivals(source)).refused).toMatchObject({ count: 7, recent: [{ says: 'it is no UTF-8' }, { says: 'it is no JSON' }, {}, {}, {}, {}, {}] })
    expect((await arrivals(source)).arrivals).toEqual([])
  })

  it('are bounded, and of a kind that can be read', async () => {
    const source = await makeSource(await joinAs())
    const most = JSON.stringify({ n: 'x'.repeat(LIMITS.maxEventBytes - 8) })
    expect(most).toHaveLength(LIMITS.maxEventBytes)
    expect((await send(source, 'github', { body: most })).status).toBe(202)
    expect(await send(source, 'github', { body: `${most} ` })).toMatchObject({
      status: 413,
      body: { error: { code: 'too_large', limit: LIMITS.maxEventBytes } },
    })
    for (const headers of [
      { 'content-type': 'text/plain' },
      { 'content-type': 'multipart/form-data; boundary=x' },
      { 'content-type': 'nonsense' },
      { 'content-encoding': 'gzip' },
    ])
      expect(await send(source, 'github', { headers }), JSON.stringify(headers)).toMatchObject({
        status: 415,
        body: { error: { code: 'unsupported_media_type' } },
      })
    expect((await send(source, 'github', { headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' } })).status).toBe(202)
    expect((await send({ path: `${source.path}?token=x` }, 'github')).status).toBe(422)
  })

  it('of any shape make a message and no trouble', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob, { text: '{{a.b}} {{__proto__.x}} {{constructor.name}} {{@body}}' })
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
    const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`k${n}`, n])))
    const bodies = ['[]', 'null', '"text"', '7', '{"__proto__":{"x":1},"constructor":{"name":2}}', nested(120_000), wide, '{"a":{"b":"\\u202e\\u0000\\ud800"}}']
    for (const body of bodies) expect((await send(source, 'github', { body })).status, body.slice(0, 40)).toBe(202)
    const said = (await mail(bob)).map(({ body }) => body)
    expect(said).toHaveLength(bodies.length)
    expect(said[0]).toBe('(no a.b) (no __proto__.x) (no constructor.name) []')
    expect(said[4]).toBe('(no a.b) 1 2 {"__proto__":{"x":1},"constructor":{"name":2}}')
    for (const body of said) expect(body.length).toBeLessThan(5_000)
    expect(said.at(-1)).toMatch(/^\ufffd\ufffd\ufffd /)
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })

  it('that come too slowly are cut', async () => {
    const source = await makeSource(await joinAs())
    await using raw = await RawSocket.connect(daemon.url)
    raw.socket.write(`POST ${source.path} HTTP/1.1\r\nHost: ${new URL(daemon.url).host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"n":`)
    // The timer for it is set when the head has come.
    const before = clock.pending
    await expect.poll(() => clock.pending >= before).toBe(true)
    await fetch(`${daemon.url}/health`)
    clock.advance(11_000)
    await raw.ended
    expect(raw.text).toBe('')
  })
})

describe('headers', () => {
  it('that would say more than they may say nothing', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob, { text: '{{@event}}|{{@id}}' })
    expect((await send(source, 'github', { event: `push${' x'.repeat(2_000)}`, id: 'i'.repeat(3_000) })).status).toBe(202)
    const [arrival] = (await arrivals(source)).arrivals
    expect(arrival?.event).toHaveLength(100)
    expect(arrival?.delivery).toHaveLength(100)
    await using raw = await RawSocket.connect(daemon.url)
    const body = '{"n":5}'
    const { 'X-Hub-Signature-256': signature } = HEADERS.github(body, { id: 'x', time: 0 })
    const head = (host: string, more: string) =>
      `POST ${source.path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`
    raw.socket.write(head('evil.example', `X-Hub-Signature-256: ${signature}\r\n`))
    expect(await raw.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 /)
    await using page = await RawSocket.connect(daemon.url)
    page.socket.write(head(new URL(daemon.url).host, `Origin: https://evil.example\r\nX-Hub-Signature-256: ${signature}\r\n`))
    expect(await page.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 /)
    await using proxied = await RawSocket.connect(daemon.url)
    // Two signatures in one request are no choice of one.
    proxied.socket.write(head('crew.example.org', `X-Hub-Signature-256: ${signature}\r\nX-Hub-Signature-256: sha256=00\r\n`))
    expect(await proxied.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 401 /)
    await using right = await RawSocket.connect(daemon.url)
    right.socket.write(head('crew.example.org', `X-Hub-Signature-256: ${signature}\r\n`))
    expect(await right.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 202 /)
  })
})

describe('sources', () => {
  it('are made, changed and removed by people and the administrator, and read by orchestrators of the circle', async () => {
    const [bob, lead] = [await joinAs(), await joinAs('orchestrator')]
    const source = await makeSource(bob)
    const { name } = source
    const refusal = async (client: HttpClient, run: (client: HttpClient) => Promise<unknown>) =>
      await run(client).then(
        () => 'done',
        (error: MusterError) => error.code,
      )
    const changes = [
      (client: HttpClient) => client.call('ingress.create', { name: 'x', verify: 'github', secret: { variable: 'X' }, to: bob.name }),
      (client: HttpClient) => client.call('ingress.update', { source: name, to: bob.name }),
      (client: HttpClient) => client.call('ingress.test', { source: name }),
      (client: HttpClient) => client.call('ingress.remove', { source: name }),
    ]
    for (const change of changes) for (const { client } of [bob, lead]) expect(await refusal(client, change)).toBe('forbidden')
    expect(await refusal(bob.client, (client) => client.call('ingress.get', { source: name }))).toBe('not_found')
    expect(await refusal(bob.client, (client) => client.call('ingress.arrivals', { source: name }))).toBe('not_found')
    expect((await bob.client.call('ingress.list', {})).sources).toEqual([])
    expect((await lead.client.call('ingress.get', { source: name })).source.id).toBe(source.id)
    expect((await lead.client.call('ingress.list', {})).sources.map((each) => each.id)).toContain(source.id)

    const updated = (await admin.call('ingress.update', { source: name, kind: 'ask', deadline: '5m', events: ['push'] })).source
    expect(updated).toMatchObject({ kind: 'ask', deadline: '5m', events: ['push'], text: source.text, verify: 'github' })
    expect((await admin.call('ingress.update', { source: name, kind: 'notify', events: null, text: null })).source).toMatchObject({
      kind: 'notify',
      deadline: null,
      events: null,
      text: '{{@source}} was sent:\n\n{{@body}}',
    })
    expect(await refusal(admin, (client) => client.call('ingress.update', { source: name, to: 'nobody-there' }))).toBe('not_found')
    expect((await admin.call('ingress.get', { source: name })).source.to).toBe(bob.name)
    expect(
      await refusal(admin, (client) => client.call('ingress.create', { name: name.toUpperCase(), verify: 'github', secret: { variable: 'X' }, to: bob.name })),
    ).toBe('name_taken')

    expect((await admin.call('ingress.remove', { source: name })).removed).toBe(true)
    expect((await admin.call('peers.get', { peer: source.sender.id }).catch(({ code }: MusterError) => code)) as unknown).toBe('not_found')
    expect((await send(source, 'github')).status).toBe(401)
    const types = (await admin.call('events.list', { types: ['source'], limit: 200 })).events
      .filter(({ subject }) => subject === source.id)
      .map(({ type }) => type)
    expect(types).toEqual(['source.created', 'source.updated', 'source.updated', 'source.removed'])
  })

  it('of one name are one: the same creation twice, and not one more than there may be', async () => {
    const bob = await joinAs()
    const before = (await admin.call('ingress.list', {})).sources.length
    const input = { name: 'keyed', verify: 'github', secret: { variable: 'VARIED' }, to: bob.name, key: 'k1' } as const
    const [a, b] = [await admin.call('ingress.create', input), await admin.call('ingress.create', input)]
    expect(b.source.id).toBe(a.source.id)
    const rest = LIMITS.maxSources - before - 1
    const many = await Promise.all(Array.from({ length: rest }, () => makeSource(bob, { secret: { variable: 'VARIED' } })))
    await expect(makeSource(bob)).rejects.toMatchObject({ code: 'invalid_input', details: { limit: LIMITS.maxSources } })
    const answers = await Promise.all(many.map((source) => send(source, 'github')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    expect(await mail(bob)).toHaveLength(Math.min(rest, 50))
    for (const { id } of many) await admin.call('ingress.remove', { source: id })
  })

  it('say what they are sent to a new peer when theirs was retired', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob)
    await admin.call('peers.retire', { peer: source.sender.id, reason: 'a slip' })
    expect((await send(source, 'github')).status).toBe(202)
    expect((await mail(bob))[0]?.from).toMatchObject({ name: `hook-${source.name}`, role: 'service' })
  })

  it('never show a secret', async () => {
    const source = await makeSource(await joinAs())
    await send(source, 'github')
    await admin.call('ingress.test', { source: source.name })
    const shown = JSON.stringify(
      await Promise.all([admin.call('ingress.list', {}), arrivals(source), admin.call('events.list', { limit: 200 }), admin.call('node.diagnose', {})]),
    )
    expect(shown).not.toContain(SECRETS.github)
    expect(readFileSync(join(folder, 'home', 'muster.db')).includes(SECRETS.github)).toBe(false)
    expect(readFileSync(join(folder, 'home', 'muster.db-wal')).includes(SECRETS.github)).toBe(false)
  })
})

describe('a test', () => {
  it.each(PROGRAMS)('sends a sample through the door, signed as %s does', async (program) => {
    const bob = await joinAs()
    const about = { verify: program, text: '{{a.b}} {{a.b.c}} {{__proto__.x}}', where: [{ field: 'action', is: 'opened' }] } as const
    const source = await makeSource(bob, { ...about, where: [...about.where] })
    const { status, arrival, says } = await admin.call('ingress.test', { source: source.name })
    expect({ status, says }).toEqual({ status: program === 'slack' ? 200 : 202, says: null })
    expect(arrival).toMatchObject({ outcome: 'accepted', thread: expect.any(String) as string })
    expect((await mail(bob))[0]?.body).toBe('a.b (no a.b.c) __proto__.x')
    expect(({} as { x?: unknown }).x).toBeUndefined()
    expect((await admin.call('ingress.test', { source: source.name, body: { action: 'closed' } })).arrival?.outcome).toBe('filtered')
    expect(await admin.call('ingress.test', { source: source.name }).then(({ arrival: next }) => next?.id)).not.toBe(arrival?.id)
  })

  it('says what is wrong', async () => {
    const bob = await joinAs()
    const source = await makeSource(bob, { secret: { variable: 'NOT_THERE' } })
    await expect(admin.call('ingress.test', { source: source.name })).rejects.toMatchObject({
      code: 'unavailable',
      details: { hint: expect.stringMatching(/NOT_THERE/) as string },
    })
    const other = await makeSource(bob)
    await bob.client.call('peers.retire', { peer: bob.id, reason: 'done' })
    const { status, arrival } = await admin.call('ingress.test', { source: other.name, event: 'release' })
    expect({ status, arrival }).toMatchObject({ status: 503, arrival: { outcome: 'failed', event: 'release', reason: expect.any(String) as string } })
  })
})
