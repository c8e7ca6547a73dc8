/** Events of the world outside, over real sockets: what proves itself becomes one message, and nothing else does. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { MusterError } from '../../../src/errors.ts'
import { LIMITS } from '../../../src/limits.ts'
import type { HttpClient } from '../../contract/support/http-client.ts'
import { RawSocket } from '../../contract/support/raw-socket.ts'
import { HookedDaemon } from '../../support/hooked-daemon.ts'
import { bodyOf, HEADERS, type Program, SECRETS } from '../../support/hooks.ts'
import { HOOK_SECRET, TestCore } from '../../support/test-core.ts'

const PROGRAMS = Object.keys(SECRETS) as Program[]
const node = HookedDaemon.use()

describe.each(PROGRAMS)('an event of %s', (program) => {
  it('becomes a message of a program, once, however often it comes', async () => {
    const bob = await node.join()
    const source = await node.source(bob, { verify: program })
    expect(source).toMatchObject({ problem: null, url: `https://crew.example.org${source.path}`, sender: { role: 'service', name: `hook-${source.name}` } })
    const event = { id: `evt_${program}`, event: 'push', body: bodyOf(program, `evt_${program}`, 'push', { n: 7 }) }
    const first = await node.send(source, program, event)
    const again = await node.send(source, program, event)
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
    const [message, ...others] = await node.mail(bob)
    expect(others).toEqual([])
    expect(message).toMatchObject({ kind: 'notify', body: 'Event push: 7', from: { id: source.sender.id, role: 'service' }, causedBy: null })
    expect((await node.arrivals(source)).arrivals).toMatchObject([
      { outcome: 'accepted', times: 2, event: 'push', delivery: event.id, thread: message?.thread.id },
    ])
  })

  it('becomes none with another secret, and nobody learns why', async () => {
    const bob = await node.join()
    const source = await node.source(bob, { verify: program })
    const refused = await node.send(source, program, { secret: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' })
    expect(refused.status).toBe(401)
    // Also for ids: of none that there is, and of another daemon.
    for (const name of ['nowhere', `${source.id}zz`, 'src_k7qm2x4', '%00']) expect(await node.send({ path: `/hooks/${name}` }, program), name).toEqual(refused)
    expect(await node.mail(bob)).toEqual([])
    const { arrivals: none, refused: kept } = await node.arrivals(source)
    expect(none).toEqual([])
    expect(kept).toMatchObject({ count: 1, recent: [{ says: expect.stringMatching(/signature does not fit|token is another/) as string }] })
    expect((await node.send({ path: `/hooks/${source.id}` }, program)).status).toBeLessThan(300)
  })

  it('is not taken again under another id', async () => {
    const bob = await node.join()
    const source = await node.source(bob, { verify: program })
    const body = bodyOf(program, 'seen', 'push', { n: 1 })
    await node.send(source, program, { id: 'seen', body })
    // Of GitLab the token is all there is, so whoever has it can say anything.
    if (program === 'gitlab') return
    const headers = program === 'github' ? { 'X-GitHub-Delivery': 'another' } : program === 'standard' ? { 'webhook-id': 'another' } : {}
    expect((await node.send(source, program, { id: 'seen', body, headers })).status).toBe(program === 'standard' ? 401 : 200)
    expect(await node.mail(bob)).toHaveLength(1)
  })
})

describe.each(['slack', 'stripe', 'standard'] as const)('the time of an event of %s', (program) => {
  it('may be five minutes from now, and no more', async () => {
    const bob = await node.join()
    const source = await node.source(bob, { verify: program })
    const off = LIMITS.eventWindowMs / 1_000
    for (const by of [-off - 1, off + 1, -86_400])
      expect(await node.send(source, program, { time: node.seconds + by }), `${by}`).toMatchObject({ status: 400, body: { error: { code: 'invalid_frame' } } })
    expect(await node.mail(bob)).toEqual([])
    expect((await node.arrivals(source)).refused.recent[0]?.says).toMatch(/signed 86400 s ago/)
    for (const by of [-off, off]) expect((await node.send(source, program, { time: node.seconds + by })).status, `${by}`).toBeLessThan(300)
    expect(await node.mail(bob)).toHaveLength(2)
  })
})

describe('one event, in the same millisecond from many connections', () => {
  it('is one message', async () => {
    const bob = await node.join()
    const source = await node.source(bob)
    const answers = await Promise.all(Array.from({ length: 20 }, () => node.send(source, 'github', { id: 'one', body: '{"n":1}' })))
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(19).fill(200), 202])
    expect(new Set(answers.map(({ body }) => body?.['id'])).size).toBe(1)
    expect(await node.mail(bob)).toHaveLength(1)
    expect((await node.arrivals(source)).arrivals).toMatchObject([{ times: 20 }])
  })

  it('and one whose answer is lost is one message, too', async () => {
    const bob = await node.join()
    const source = await node.source(bob)
    const body = '{"n":2}'
    const head = Object.entries({
      Host: new URL(node.daemon.url).host,
      'Content-Type': 'application/json',
      'Content-Length': String(body.length),
      ...HEADERS.github(body, { id: 'lost', time: 0 }),
    })
    const release = node.clock.hold()
    {
      await using raw = await RawSocket.connect(node.daemon.url)
      raw.socket.write(`POST ${source.path} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`)
      // Answered after what came before it; the commit is held back, so nobody was told anything.
      for (let n = 0; n < 3; n += 1) await fetch(`${node.daemon.url}/health`)
      expect(raw.text).toBe('')
    }
    release()
    await expect.poll(async () => (await node.arrivals(source)).arrivals.length).toBe(1)
    expect(await node.send(source, 'github', { id: 'lost', body })).toMatchObject({ status: 200, body: { duplicate: true } })
    expect(await node.mail(bob)).toHaveLength(1)
  })
})

describe('a daemon that ends in the middle', () => {
  it.each(['before', 'after'] as const)('%s its commit has sent one message when the event has come again', async (when) => {
    const path = join(node.folder, `crash-${when}.db`)
    const body = Buffer.from('{"n":1}')
    const headers = { 'x-token': HOOK_SECRET.text, 'x-id': 'e1' }
    const knock = { source: 'ci', headers, body }
    const first = await TestCore.start({ path })
    const { id } = first.register('bob', { mode: 'pull' })
    const verify = { by: 'token', header: 'X-Token', idHeader: 'X-Id' } as const
    first.admin.call('ingress.create', { name: 'ci', verify, secret: { variable: HOOK_SECRET.variable }, to: 'bob', text: '{{n}}' })
    // Whoever sent it never hears.
    first.core.gateway.ingress.receive(knock).catch(() => undefined)
    if (when === 'after') first.clock.advance(0)
    first.crash()
    using second = await TestCore.start({ path })
    const again = second.core.gateway.ingress.receive(knock)
    second.clock.advance(0)
    expect(await again).toMatchObject({ kind: 'event', isDuplicate: when === 'after' })
    expect(second.rows('SELECT body FROM messages')).toEqual([{ body: '1' }])
    expect(second.rows('SELECT peer_id, state FROM deliveries')).toEqual([{ peer_id: second.number(id), state: 'queued' }])
    expect(second.errors).toEqual([])
  })
})

describe('what is known again', () => {
  it('without an id is the same body, for a quarter of an hour where a token is all there is', async () => {
    const bob = await node.join()
    const source = await node.source(bob, { verify: { by: 'token', header: 'X-Token' } })
    const nightly = () => node.send(source, 'github', { body: '{"n":"nightly build failed"}', headers: { 'X-Token': SECRETS.github } })
    expect([(await nightly()).status, (await nightly()).status]).toEqual([202, 200])
    await node.pass(LIMITS.sameBodyMs + 1)
    expect([(await nightly()).status, (await nightly()).status]).toEqual([202, 200])
    expect(await node.mail(bob)).toHaveLength(2)
  })

  it('is forgotten after 30 days', async () => {
    const bob = await node.join()
    const source = await node.source(bob)
    await node.send(source, 'github', { id: 'old', body: '{"n":3}' })
    await node.daemon.core.pipeline.execute((tx) => tx.run('UPDATE arrivals SET at = at - ?', LIMITS.arrivalMs))
    await node.pass(3_600_000)
    await expect.poll(async () => (await node.arrivals(source)).arrivals).toEqual([])
    expect((await node.admin.call('node.status', {})).retention.purged.find(({ what }) => what === 'arrivals')?.rows).toBeGreaterThan(0)
  })
})

describe('events that are not wanted', () => {
  it('are written down and dropped', async () => {
    const bob = await node.join()
    const source = await node.source(bob, {
      events: ['pull_request'],
      where: [
        { field: 'action', is: 'opened' },
        { field: 'pull_request.draft', is: 'false' },
      ],
    })
    const event = (action: string, draft: boolean) => JSON.stringify({ action, n: node.next(), pull_request: { draft } })
    expect((await node.send(source, 'github', { event: 'ping', body: event('opened', false) })).status).toBe(202)
    expect((await node.send(source, 'github', { event: 'pull_request', body: event('closed', false) })).status).toBe(202)
    expect((await node.send(source, 'github', { event: 'pull_request', body: event('opened', true) })).status).toBe(202)
    expect((await node.send(source, 'github', { event: 'pull_request', body: event('opened', false) })).status).toBe(202)
    expect((await node.arrivals(source)).arrivals.map(({ outcome, event }) => [outcome, event])).toEqual([
      ['accepted', 'pull_request'],
      ['filtered', 'pull_request'],
      ['filtered', 'pull_request'],
      ['filtered', 'ping'],
    ])
    expect(await node.mail(bob)).toHaveLength(1)
  })

  it('of Slack: its question is answered, once it has proved itself', async () => {
    const source = await node.source(await node.join(), { verify: 'slack' })
    const body = JSON.stringify({ type: 'url_verification', challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P', token: 'x' })
    expect(await node.send(source, 'slack', { body })).toMatchObject({
      status: 200,
      body: { challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P' },
    })
    expect((await node.send(source, 'slack', { body, secret: 'another secret, as long' })).status).toBe(401)
    expect((await node.arrivals(source)).arrivals).toEqual([])
  })
})

describe('a message that cannot be sent', () => {
  it('is written down, and sent when it comes again', async () => {
    const bob = await node.join()
    const source = await node.source(bob)
    await bob.client.call('peers.rename', { peer: bob.id, name: `${bob.name}-away` })
    const event = { id: 'later', body: '{"n":4}' }
    expect(await node.send(source, 'github', event)).toMatchObject({ status: 503, retryAfter: '60', body: { error: { code: 'unavailable' } } })
    expect((await node.arrivals(source)).arrivals).toMatchObject([
      { outcome: 'failed', thread: null, reason: expect.stringMatching(/nothing of that name/) as string },
    ])
    expect((await node.admin.call('node.diagnose', {})).sources.find(({ name }) => name === source.name)).toMatchObject({
      failed: { says: expect.any(String) as string },
    })
    await bob.client.call('peers.rename', { peer: bob.id, name: bob.name })
    expect(await node.send(source, 'github', event)).toMatchObject({ status: 202 })
    expect((await node.arrivals(source)).arrivals).toMatchObject([{ outcome: 'accepted', times: 2, reason: null }])
    expect(await node.mail(bob)).toHaveLength(1)
  })

  it('for a full mailbox, too; and some of many is said', async () => {
    const [bob, lead] = [await node.join(), await node.join('orchestrator')]
    const source = await node.source(bob)
    await node.fill(bob, lead)
    expect((await node.send(source, 'github')).status).toBe(503)
    expect((await node.arrivals(source)).arrivals[0]?.reason).toMatch(/no room/)
    await bob.client.call('peers.describe', { capabilities: ['night'] })
    await lead.client.call('peers.describe', { capabilities: ['night'] })
    const wide = await node.source(bob, { to: 'cap:night', select: 'all' })
    expect((await node.send(wide, 'github')).status).toBe(202)
    expect((await node.arrivals(wide)).arrivals[0]).toMatchObject({
      outcome: 'accepted',
      reason: expect.stringMatching(new RegExp(`^Not sent to ${bob.name}: .*room`)) as string,
    })
    expect(await node.mail(lead)).toHaveLength(1)
  })

  it('says of a source without its secret what is missing, and takes events as soon as it is there', async () => {
    const bob = await node.join()
    const path = join(node.folder, 'not-yet')
    const source = await node.source(bob, { secret: { file: path } })
    expect(source.problem).toBe(`there is no file ${path} for its secret`)
    expect(await node.send(source, 'github')).toMatchObject({ status: 503 })
    expect((await node.arrivals(source)).refused.recent[0]?.says).toBe(source.problem)
    writeFileSync(path, SECRETS.github)
    chmodSync(path, 0o644)
    expect((await node.admin.call('ingress.get', { source: source.name })).source.problem).toBe(`others may read its secret: chmod 600 ${path}`)
    chmodSync(path, 0o600)
    expect((await node.admin.call('ingress.get', { source: source.name })).source.problem).toBeNull()
    expect((await node.send(source, 'github')).status).toBe(202)
    for (const [text, why] of [
      ['short', /too short/],
      ['two lines of\nsecrets, of which neither', /no secret/],
      ['', /too short/],
    ] as const) {
      writeFileSync(path, text)
      expect((await node.admin.call('ingress.get', { source: source.name })).source.problem, text).toMatch(why)
    }
    expect((await node.admin.call('ingress.update', { source: source.name, secret: { file: node.folder } })).source.problem).toMatch(/is no file/)
    expect((await node.admin.call('ingress.update', { source: source.name, secret: { variable: 'NOT_THERE' } })).source.problem).toMatch(
      /no variable NOT_THERE/,
    )
    expect((await node.admin.call('ingress.update', { source: source.name, secret: { variable: 'VARIED' } })).source.problem).toBeNull()
    expect((await node.send(source, 'github')).status).toBe(202)
  })
})

describe('more than a source takes', () => {
  it('is refused for a while, and counts only what has proved itself', async () => {
    const source = await node.source(await node.join(), { perMinute: 3 })
    for (let n = 0; n < 10; n += 1) expect((await node.send(source, 'github', { secret: 'another secret, as long' })).status).toBe(401)
    const answers = []
    for (let n = 0; n < 5; n += 1) answers.push(await node.send(source, 'github'))
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 429, 429])
    expect(answers[4]?.retryAfter).toBe('20')
    await node.pass(20_000)
    expect([(await node.send(source, 'github')).status, (await node.send(source, 'github')).status]).toEqual([202, 429])
    const other = await node.source(await node.join(), { perMinute: 1 })
    expect((await node.send(other, 'github')).status).toBe(202)
  })
})

describe('an ask from outside', () => {
  it('is answered, and what is said to the source piles up nowhere', async () => {
    const bob = await node.join()
    const source = await node.source(bob, { kind: 'ask', deadline: '2h', priority: 'urgent', text: '{{n}}?' })
    expect((await node.send(source, 'github', { body: '{"n":"Look into it"}' })).status).toBe(202)
    const [asked] = await node.mail(bob)
    expect(asked).toMatchObject({ kind: 'ask', body: 'Look into it?', thread: { priority: 'urgent' } })
    const thread = asked?.thread.id ?? ''
    await bob.client.call('threads.answer', { thread, body: 'It was the cable.' })
    expect((await node.admin.call('threads.get', { thread })).thread.state).toBe('answered')
    expect((await node.admin.call('ingress.arrivals', { source: source.name })).arrivals[0]?.thread).toBe(thread)
    const waiting = () =>
      node.daemon.core.store.all("SELECT 1 FROM deliveries WHERE peer_id = ? AND state = 'queued'", node.daemon.core.store.number('peer', source.sender.id))
    expect(waiting()).toHaveLength(1)
    await node.pass(3_600_000)
    await expect.poll(waiting).toEqual([])
  })

  it('is refused where it goes to many, or is a notify', async () => {
    const bob = await node.join()
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
      await expect(node.source(bob, about as never), JSON.stringify(about)).rejects.toMatchObject({ code: 'invalid_input', details: { field } })
  })
})

describe('a topic', () => {
  it('lets the newest of what waits stand for all', async () => {
    const bob = await node.join()
    const source = await node.source(bob, { topic: 'build {{branch}}' })
    for (const n of [1, 2, 3]) await node.send(source, 'github', { body: JSON.stringify({ n, branch: 'main' }) })
    await node.send(source, 'github', { body: JSON.stringify({ n: 4, branch: 'other' }) })
    expect((await node.mail(bob)).map(({ body }) => body)).toEqual(['Event push: 3', 'Event push: 4'])
  })
})

describe('sources', () => {
  it('are made, changed and removed by people and the administrator, and read by orchestrators of the circle', async () => {
    const [bob, lead] = [await node.join(), await node.join('orchestrator')]
    const source = await node.source(bob)
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

    const updated = (await node.admin.call('ingress.update', { source: name, kind: 'ask', deadline: '5m', events: ['push'] })).source
    expect(updated).toMatchObject({ kind: 'ask', deadline: '5m', events: ['push'], text: source.text, verify: 'github' })
    expect((await node.admin.call('ingress.update', { source: name, kind: 'notify', events: null, text: null })).source).toMatchObject({
      kind: 'notify',
      deadline: null,
      events: null,
      text: '{{@source}} was sent:\n\n{{@body}}',
    })
    expect(await refusal(node.admin, (client) => client.call('ingress.update', { source: name, to: 'nobody-there' }))).toBe('not_found')
    expect((await node.admin.call('ingress.get', { source: name })).source.to).toBe(bob.name)
    expect(
      await refusal(node.admin, (client) =>
        client.call('ingress.create', { name: name.toUpperCase(), verify: 'github', secret: { variable: 'X' }, to: bob.name }),
      ),
    ).toBe('name_taken')

    expect((await node.admin.call('ingress.remove', { source: name })).removed).toBe(true)
    expect((await node.admin.call('peers.get', { peer: source.sender.id })).peer.retiredAt).not.toBeNull()
    expect((await node.send(source, 'github')).status).toBe(401)
    const types = (await node.admin.call('events.list', { types: ['source'], limit: 200 })).events
      .filter(({ subject }) => subject === source.id)
      .map(({ type }) => type)
    expect(types).toEqual(['source.created', 'source.updated', 'source.updated', 'source.removed'])
  })

  it('of one name are one: the same creation twice, and not one more than there may be', async () => {
    const bob = await node.join()
    const before = (await node.admin.call('ingress.list', {})).sources.length
    const input = { name: 'keyed', verify: 'github', secret: { variable: 'VARIED' }, to: bob.name, key: 'k1' } as const
    const [a, b] = [await node.admin.call('ingress.create', input), await node.admin.call('ingress.create', input)]
    expect(b.source.id).toBe(a.source.id)
    const rest = LIMITS.maxSources - before - 1
    const many = await Promise.all(Array.from({ length: rest }, () => node.source(bob, { secret: { variable: 'VARIED' } })))
    await expect(node.source(bob)).rejects.toMatchObject({ code: 'invalid_input', details: { limit: LIMITS.maxSources } })
    const answers = await Promise.all(many.map((source) => node.send(source, 'github')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    expect(await node.mail(bob)).toHaveLength(Math.min(rest, 50))
    for (const { id } of many) await node.admin.call('ingress.remove', { source: id })
  })

  it('say what they are sent to a new peer when theirs was retired', async () => {
    const bob = await node.join()
    const source = await node.source(bob)
    await node.admin.call('peers.retire', { peer: source.sender.id, reason: 'a slip' })
    expect((await node.send(source, 'github')).status).toBe(202)
    expect((await node.mail(bob))[0]?.from).toMatchObject({ name: `hook-${source.name}`, role: 'service' })
  })

  it('never show a secret', async () => {
    const source = await node.source(await node.join())
    await node.send(source, 'github')
    await node.admin.call('ingress.test', { source: source.name })
    const shown = JSON.stringify(
      await Promise.all([
        node.admin.call('ingress.list', {}),
        node.arrivals(source),
        node.admin.call('events.list', { limit: 200 }),
        node.admin.call('node.diagnose', {}),
      ]),
    )
    expect(shown).not.toContain(SECRETS.github)
    expect(readFileSync(join(node.folder, 'home', 'muster.db')).includes(SECRETS.github)).toBe(false)
    expect(readFileSync(join(node.folder, 'home', 'muster.db-wal')).includes(SECRETS.github)).toBe(false)
  })
})

describe('a test', () => {
  it.each(PROGRAMS)('sends a sample through the door, signed as %s does', async (program) => {
    const bob = await node.join()
    const about = { verify: program, text: '{{a.b}} {{a.b.c}} {{__proto__.x}}', where: [{ field: 'action', is: 'opened' }] } as const
    const source = await node.source(bob, { ...about, where: [...about.where] })
    const { status, arrival, says } = await node.admin.call('ingress.test', { source: source.name })
    expect({ status, says }).toEqual({ status: program === 'slack' ? 200 : 202, says: null })
    expect(arrival).toMatchObject({ outcome: 'accepted', thread: expect.any(String) as string })
    expect((await node.mail(bob))[0]?.body).toBe('a.b (no a.b.c) __proto__.x')
    expect(({} as { x?: unknown }).x).toBeUndefined()
    expect((await node.admin.call('ingress.test', { source: source.name, body: { action: 'closed' } })).arrival?.outcome).toBe('filtered')
    expect(await node.admin.call('ingress.test', { source: source.name }).then(({ arrival: next }) => next?.id)).not.toBe(arrival?.id)
  })

  it('says what is wrong', async () => {
    const bob = await node.join()
    const source = await node.source(bob, { secret: { variable: 'NOT_THERE' } })
    const says = 'the environment of the daemon has no variable NOT_THERE'
    expect(await node.admin.call('ingress.test', { source: source.name })).toEqual({ status: 503, arrival: null, says })
    const other = await node.source(bob)
    await bob.client.call('peers.retire', { peer: bob.id, reason: 'done' })
    const { status, arrival } = await node.admin.call('ingress.test', { source: other.name, event: 'release' })
    expect({ status, arrival }).toMatchObject({ status: 503, arrival: { outcome: 'failed', event: 'release', reason: expect.any(String) as string } })
  })
})
