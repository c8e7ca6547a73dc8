import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Connection } from '../../../daemon/gateway/connection.ts'
import { LIMITS } from '../../../src/limits.ts'
import { EventReader } from '../support/event-source.ts'
import { HttpClient } from '../support/http-client.ts'
import { until } from '../support/mcp-client.ts'
import { type Member, TestDaemon } from '../support/test-daemon.ts'

const PATH = '/v1/events/stream'

let daemon: TestDaemon
let ada: Member
let http: HttpClient

beforeEach(async () => {
  daemon = await TestDaemon.start()
  ada = await daemon.register({ name: 'ada' })
  await daemon.register({ name: 'bob' })
  http = new HttpClient(daemon.url, ada.token)
})

afterEach(async () => {
  await daemon.expectHealthy()
  await daemon[Symbol.asyncDispose]()
})

const links = () => [...daemon.daemon.core.gateway.connections].filter((link) => !(link instanceof Connection))
const describeAs = (description: string) => http.call('peers.describe', { description })
const now = async () => (await http.call('node.status', {})).cursor

describe('the stream of events', () => {
  it('gives what events.list gives, in its order, from the cursor on and as it comes', async () => {
    const after = await now()
    await describeAs('one')
    await using stream = await EventReader.open(daemon.url, `${PATH}?after=${after}`, ada.token)
    expect([stream.response.statusCode, stream.response.headers['content-type'], stream.response.headers['cache-control']]).toEqual([
      200,
      'text/event-stream',
      'no-store',
    ])
    await describeAs('two')
    await describeAs('three')
    await until(() => stream.types.filter((type) => type === 'peer.described').length === 3)
    const { events } = await http.call('events.list', { after, limit: 200 })
    expect(stream.events.map(({ data }) => data)).toEqual(events)
    for (const { id, data } of stream.events) expect(id).toBe(data['cursor'])
  })

  it('begins now where it is given no cursor', async () => {
    await describeAs('before')
    const cursor = await now()
    await using stream = await EventReader.open(daemon.url, `${PATH}?types=peer.described`, ada.token)
    await until(() => stream.lastEventId !== '')
    expect(stream.lastEventId).toBe(cursor)
    await describeAs('after')
    await stream.count(1)
    expect(stream.events.map(({ data }) => data['changed'])).toEqual([{ description: 'after' }])
  })

  it('goes on where a client was, whatever its address says', async () => {
    const after = await now()
    for (const text of ['one', 'two', 'three']) await describeAs(text)
    const path = `${PATH}?types=peer.described&after=${after}`
    let seen = ''
    {
      await using stream = await EventReader.open(daemon.url, path, ada.token)
      await stream.count(3)
      seen = stream.events[1]?.id ?? ''
    }
    await using again = await EventReader.open(daemon.url, path, ada.token, { 'last-event-id': seen })
    await again.count(1)
    expect(again.events.map(({ data }) => data['changed'])).toEqual([{ description: 'three' }])
  })

  it('keeps to the types that it was asked for, and keeps its place when none comes', async () => {
    await using stream = await EventReader.open(daemon.url, `${PATH}?types=thread&types=peer.renamed`, ada.token)
    await until(() => stream.lastEventId !== '')
    const began = stream.lastEventId
    await describeAs('of no interest')
    const cursor = await now()
    daemon.clock.advance(LIMITS.heartbeatMs)
    await until(() => stream.comments.length === 1)
    expect([stream.events, stream.lastEventId]).toEqual([[], cursor])
    expect(cursor).not.toBe(began)
    await http.call('peers.rename', { peer: 'ada', name: 'ada2' })
    await http.call('threads.notify', { to: 'bob', body: 'x', causedBy: null })
    await stream.count(2)
    expect(stream.types).toEqual(['peer.renamed', 'thread.opened'])
  })

  it('shows nobody what events.list would not show it', async () => {
    const { token } = await new HttpClient(daemon.url, daemon.adminToken).call('enrolments.create', { circle: 'elsewhere' })
    const { token: outside } = await new HttpClient(daemon.url, token).call('peers.register', { name: 'eve' })
    const after = await now()
    await using hers = await EventReader.open(daemon.url, `${PATH}?after=${after}`, outside)
    await using theirs = await EventReader.open(daemon.url, `${PATH}?after=${after}`, daemon.adminToken)
    await describeAs('here')
    await new HttpClient(daemon.url, outside).call('peers.describe', { description: 'there' })
    await until(() => theirs.types.filter((type) => type === 'peer.described').length === 2 && hers.types.includes('peer.described'))
    expect(JSON.stringify(hers.events)).not.toContain(ada.id)
    expect(hers.events.map(({ data }) => data)).toEqual((await new HttpClient(daemon.url, outside).call('events.list', { after, limit: 200 })).events)
  })

  it('is refused as every operation is', async () => {
    const { tag } = daemon.daemon.core.store
    const cases = [
      [http.request('GET', `${PATH}?after=zzzzzz.1`), 410, 'cursor_expired'],
      [http.request('GET', PATH, { headers: { 'last-event-id': `${tag}.99999` } }), 410, 'cursor_expired'],
      [http.request('GET', `${PATH}?after=soon`), 422, 'invalid_input'],
      [http.request('GET', PATH, { headers: { 'last-event-id': 'soon' } }), 422, 'invalid_input'],
      [http.request('GET', `${PATH}?limit=1`), 422, 'invalid_input'],
      [new HttpClient(daemon.url, daemon.enrolmentToken).request('GET', PATH), 403, 'forbidden'],
      [new HttpClient(daemon.url).request('GET', PATH), 401, 'unauthenticated'],
    ] as const
    for (const [answer, status, code] of cases) expect(await answer).toMatchObject({ status, body: { error: { code } } })
    expect((await http.request('GET', `${PATH}?after=zzzzzz.1`)).body).toMatchObject({ error: { current: await now() } })
    expect(links()).toEqual([])
  })

  it('answers HEAD with its headers, and stays not', async () => {
    const { status, headers } = await http.request('HEAD', PATH)
    expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    expect(links()).toEqual([])
  })
})

describe('the end of a stream', () => {
  it('comes with its client, of whom nothing is kept', async () => {
    const stream = await EventReader.open(daemon.url, PATH, ada.token)
    await until(() => links().length === 1)
    expect(await new HttpClient(daemon.url, daemon.adminToken).call('node.status', {})).toMatchObject({ connections: 1 })
    await stream[Symbol.asyncDispose]()
    await until(() => links().length === 0)
    await describeAs('to nobody')
  })

  it('comes with its credential', async () => {
    await using stream = await EventReader.open(daemon.url, PATH, ada.token)
    await until(() => links().length === 1)
    await new HttpClient(daemon.url, daemon.adminToken).call('credentials.revoke', { credential: ada.credential })
    await until(() => stream.ended)
    expect(stream.events.at(-1)).toEqual({ id: undefined, event: 'bye', data: { reason: 'unauthenticated', reconnect: false, afterMs: null } })
    expect((await http.request('GET', PATH)).status).toBe(401)
  })

  it('comes with the daemon, which says when to come back', async () => {
    const own = await TestDaemon.start()
    const { token } = await own.register({ name: 'me' })
    await using stream = await EventReader.open(own.url, PATH, token)
    await until(() => stream.lastEventId !== '')
    await own[Symbol.asyncDispose]()
    await until(() => stream.ended)
    expect(stream.events.at(-1)?.data).toEqual({ reason: 'shutting_down', reconnect: true, afterMs: LIMITS.restartMs })
    expect(own.errors).toEqual([])
  })

  it('comes to who does not read: parked first, and cut when it stays so', async () => {
    const { token } = await daemon.register({ name: 'slow' })
    await using stream = await EventReader.open(daemon.url, PATH, token)
    await until(() => links().length === 1)
    stream.response.pause()
    await using wire = await daemon.greet(ada.token)
    // Three bytes a character: more than the kernel keeps for a socket and the daemon for a reader.
    const sent = 8_000
    for (let count = 0; count < sent; count += 1) wire.post('peers.describe', { description: `${'€'.repeat(990)}${count}` })
    await wire.until(() => wire.frames.length > sent, 'all replies')
    const [link] = links() as unknown as { parked: boolean }[]
    await until(() => link?.parked === true)
    for (let beats = 0; links().length > 0 && beats < 4; beats += 1) {
      // Its own connection shows signs of life meanwhile.
      for (const connection of daemon.daemon.core.gateway.connections) if (connection instanceof Connection) connection.onPong()
      daemon.clock.advance(LIMITS.heartbeatMs)
    }
    expect(links()).toEqual([])
    stream.response.resume()
    await until(() => stream.ended)
    expect(stream.events.at(-1)?.data).toMatchObject({ reason: 'slow_consumer', reconnect: true })
    // What it missed it is told from where it was.
    const { events } = await new HttpClient(daemon.url, token).call('events.list', { after: stream.lastEventId, limit: 1 })
    expect(events[0]?.cursor).not.toBe(stream.lastEventId)
    expect(stream.events.length).toBeLessThan(sent)
  })
})
