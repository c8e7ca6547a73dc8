import { expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { TestCore } from '../../support/test-core.ts'

test('a peer describes itself, its abilities and its turn, and others see it', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a', { capabilities: ['build'] })
  const b = daemon.join('b')
  a.call('peers.describe', { description: 'reviews things', capabilities: ['review', 'build'], turn: 'working' })
  expect(b.call('peers.get', { peer: 'a' }).peer).toMatchObject({ description: 'reviews things', capabilities: ['review', 'build'], turn: 'working' })
  expect(b.call('peers.list', { capability: 'REVIEW' }).peers.map(({ name }) => name)).toEqual(['a'])
  a.call('peers.describe', { capabilities: [] })
  expect(b.call('peers.list', { capability: 'review' }).peers).toEqual([])
})

test('a peer tells since when it is in its turn and in its presence', async () => {
  using daemon = await TestCore.start()
  const now = () => new Date(daemon.clock.wallMs()).toISOString()
  const joined = now()
  const { id, token } = daemon.register('p', { mode: 'pull' })
  const found = () => daemon.admin.call('peers.get', { peer: id }).peer
  expect(found()).toMatchObject({ turn: 'unknown', turnSince: null })
  daemon.pass(1_000)
  const p = daemon.connect(token)
  const came = now()
  expect([joined, found().presenceSince]).toEqual(['2026-01-01T00:00:00.000Z', came])
  p.call('peers.describe', { turn: 'working' })
  const began = now()
  daemon.pass(5_000)
  p.call('peers.describe', { turn: 'working', description: 'still at it' })
  expect(found()).toMatchObject({ turn: 'working', turnSince: began, presence: 'online', presenceSince: came })
  p.call('sessions.boundary', { at: 'stop' })
  expect(found()).toMatchObject({ turn: 'idle', turnSince: now() })
  daemon.pass(1_000)
  p.leave()
  expect(found()).toMatchObject({ turn: 'idle', presence: 'offline', presenceSince: now() })
  expect(daemon.register('q').peer).toMatchObject({ presence: 'offline', presenceSince: now() })
})

test('a description that changes nothing appends no event', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  a.call('peers.describe', { description: 'x' })
  const { cursor } = daemon.admin.call('node.status', {})
  a.call('peers.describe', { description: 'x' })
  expect(daemon.admin.call('events.list', { after: cursor }).events).toEqual([])
})

test('reach is push for a connected consumer, none without it, and poll for a connected peer that fetches', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const puller = daemon.join('p', { mode: 'pull' })
  const reach = (name: string) => daemon.admin.call('peers.get', { peer: name }).peer.reach
  expect([reach('a'), reach('p')]).toEqual(['push', 'poll'])
  a.leave()
  puller.leave()
  expect([reach('a'), reach('p')]).toEqual(['none', 'none'])
})

test('a peer is online while any of its connections lives', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const second = daemon.connect(a.token)
  const presence = () => daemon.admin.call('peers.get', { peer: 'a' }).peer.presence
  expect(presence()).toBe('online')
  a.leave('lost')
  expect(presence()).toBe('online')
  second.leave()
  expect(presence()).toBe('offline')
})

test('a peer that misses two heartbeats is away, and online again at its next sign of life', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const presence = () => daemon.admin.call('peers.get', { peer: 'a' }).peer.presence
  a.pongs = false
  daemon.pass(2 * LIMITS.heartbeatMs)
  expect(presence()).toBe('online')
  daemon.pass(LIMITS.heartbeatMs)
  expect(presence()).toBe('away')
  a.call('node.ping', {})
  expect(presence()).toBe('online')
})

test('a peer that is away through one connection is online through a second', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  a.pongs = false
  daemon.pass(3 * LIMITS.heartbeatMs)
  daemon.connect(a.token)
  expect(daemon.admin.call('peers.get', { peer: 'a' }).peer.presence).toBe('online')
})

test('a peer that is late by less than away allows does not get stuck as away when another connection of it closes', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const second = daemon.connect(a.token)
  a.pongs = false
  daemon.pass(2 * LIMITS.heartbeatMs)
  second.leave()
  a.pongs = true
  a.call('node.ping', {})
  expect(daemon.admin.call('peers.get', { peer: 'a' }).peer.presence).toBe('online')
})

test('a connection that gives no sign of life is cut, and its peer is offline', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  a.pongs = false
  daemon.pass((LIMITS.cutAfterBeats + 1) * LIMITS.heartbeatMs)
  expect(a.closed).toBe('terminated')
  expect(daemon.admin.call('peers.get', { peer: 'a' }).peer).toMatchObject({ presence: 'offline', reach: 'none' })
})

test('after a divergence of the clocks nobody is cut before one more full heartbeat', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  a.pongs = false
  daemon.pass(LIMITS.cutAfterBeats * LIMITS.heartbeatMs)
  daemon.clock.stepWall(3_600_000)
  daemon.pass(LIMITS.heartbeatMs)
  expect(a.closed).toBeUndefined()
  a.call('node.ping', {})
  daemon.pass(LIMITS.heartbeatMs)
  expect(a.closed).toBeUndefined()
})

test('presence makes an event at each transition and at no heartbeat', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  daemon.pass(20 * LIMITS.heartbeatMs)
  a.leave()
  const events = daemon.admin.call('events.list', { types: ['peer.presence'], limit: 100 }).events
  expect(events.filter(({ subject }) => subject === a.id).map(({ changed }) => changed)).toEqual([
    { presence: 'online', was: 'offline' },
    { presence: 'offline', was: 'online' },
  ])
})

test('a restart finds nobody online', async () => {
  using daemon = await TestCore.start()
  const { id } = daemon.register('a')
  daemon.run("UPDATE peers SET presence = 'online' WHERE id = ?", daemon.number(id))
  const started = daemon.core.start()
  daemon.pass(0)
  await started
  expect(daemon.admin.call('peers.get', { peer: 'a' }).peer.presence).toBe('offline')
})

test('a renamed peer keeps its id, its mailbox and its threads', async () => {
  using daemon = await TestCore.start()
  const { id, token } = daemon.register('a')
  const b = daemon.join('b')
  b.call('threads.ask', { to: 'a', body: 'q' })
  daemon.connect(token).call('peers.rename', { name: 'z' })
  expect(b.refusal('peers.get', { peer: 'a' }).code).toBe('not_found')
  expect(b.call('peers.get', { peer: 'z' }).peer.id).toBe(id)
  expect(daemon.connect(token, { consume: true }).delivery().message.body).toBe('q')
})

test('a peer may change the case of its name, but not take that of another', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  daemon.register('b')
  expect(a.call('peers.rename', { name: 'A' }).peer.name).toBe('A')
  expect(a.refusal('peers.rename', { name: 'B' }).code).toBe('name_taken')
  expect(a.refusal('peers.rename', { peer: 'b', name: 'c' }).code).toBe('forbidden')
})

test('a person renames and retires the peers that it sees, but no other person; a peer itself alone', async () => {
  using daemon = await TestCore.start()
  const { token } = daemon.register('ann', { role: 'person', mode: 'pull' })
  daemon.register('ben', { role: 'person', mode: 'pull' })
  const [a, ann] = [daemon.join('a'), daemon.connect(token)]
  daemon.join('b')
  expect(ann.call('peers.rename', { peer: 'a', name: 'alpha' }).peer).toMatchObject({ id: a.id, name: 'alpha' })
  expect(a.refusal('peers.rename', { peer: 'b', name: 'beta' })).toMatchObject({ code: 'forbidden', hint: expect.stringContaining('itself only') })
  expect(ann.refusal('peers.retire', { peer: 'ben' })).toMatchObject({ code: 'forbidden', hint: expect.stringContaining('administrator') })
  ann.call('peers.retire', { peer: 'alpha', reason: 'done' })
  expect(a.closed).toBe(4401)
  expect(ann.call('peers.list', {}).peers.map(({ name }) => name)).toEqual(['ann', 'ben', 'b'])
})

test('retiring fails the asks to a peer, cancels its own, and tells both sides', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const toA = b.call('threads.ask', { to: 'a', body: 'to a' }).sent[0]?.thread ?? ''
  const fromA = a.call('threads.ask', { to: 'b', body: 'from a' }).sent[0]?.thread ?? ''
  b.ack(b.delivery())
  a.call('peers.retire', { reason: 'done' })
  const told = b.deliveries().map(({ message, thread }) => [thread.id, message.kind, message.body])
  expect(told).toContainEqual([toA, 'fail', 'the recipient has retired: done'])
  expect(told).toContainEqual([fromA, 'cancel', 'the asker has retired: done'])
  expect(b.call('threads.get', { thread: toA }).thread).toMatchObject({ state: 'failed', reason: 'the recipient has retired: done' })
  expect(b.call('threads.get', { thread: fromA }).thread.state).toBe('cancelled')
  expect(daemon.rows('SELECT * FROM open_asks')).toEqual([])
})

test('retiring dead-letters the mail of a peer and tells the senders', async () => {
  using daemon = await TestCore.start()
  const { token } = daemon.register('a')
  const b = daemon.join('b')
  b.call('threads.notify', { to: 'a', body: 'unread' })
  daemon.connect(token).call('peers.retire', {})
  expect(b.delivery().message).toMatchObject({ kind: 'fail', from: null })
  expect(b.call('mailbox.dead', {}).dead).toMatchObject([{ message: { body: 'unread' }, delivery: { state: 'dead' } }])
})

test('retiring ends every credential of a peer and frees its name', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const second = daemon.connect(a.call('credentials.create', {}).token)
  a.call('peers.retire', {})
  expect([a.closed, second.closed]).toEqual([4401, 4401])
  expect(daemon.register('a').id).not.toBe(a.id)
})

test('retiring a peer with more than a batch of asks, each with mail behind it, ends every delivery once', async () => {
  using daemon = await TestCore.start()
  const { token } = daemon.register('a')
  const b = daemon.join('b', { prefetch: 1_000 })
  for (let n = 0; n < 270; n += 1) {
    const thread = b.call('threads.ask', { to: 'a', body: `q${n}`, causedBy: null }).sent[0]?.thread ?? ''
    b.call('threads.reply', { thread, body: 'more', causedBy: null })
  }
  daemon.connect(token).call('peers.retire', {})
  expect(b.deliveries().filter(({ message }) => message.kind === 'fail')).toHaveLength(270)
  const number = daemon.number(daemon.admin.call('peers.list', { retired: true }).peers.find(({ name }) => name === 'a')?.id ?? '')
  expect(daemon.rows("SELECT id FROM deliveries WHERE peer_id = ? AND state IN ('queued', 'offered')", number)).toEqual([])
  expect(daemon.rows('SELECT state, count(*) AS n FROM deliveries WHERE peer_id = ? GROUP BY state', number)).toEqual([{ state: 'withdrawn', n: 540 }])
}, 20_000)

test('a dead letter of a sender that has retired leaves no mail that nobody can ever read', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  a.call('threads.notify', { to: 'b', body: 'n' })
  const first = b.delivery()
  a.call('peers.retire', {})
  let { delivery, attempt } = first
  for (let failures = 1; failures < LIMITS.maxFailures; failures += 1) {
    b.call('mailbox.nack', { delivery, attempt })
    daemon.pass(LIMITS.backoffFirstMs * 2 ** (failures - 1))
    ;({ delivery, attempt } = b.delivery())
  }
  b.call('mailbox.nack', { delivery, attempt })
  expect(daemon.admin.call('mailbox.dead', {}).dead).toHaveLength(1)
  expect(daemon.rows("SELECT * FROM deliveries WHERE state = 'queued'")).toEqual([])
})

test('a retired peer can be neither asked nor resumed, and its id says so to those who knew it', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  a.call('peers.retire', {})
  expect(b.refusal('threads.ask', { to: 'a', body: 'q' }).code).toBe('not_found')
  expect(b.refusal('threads.ask', { to: a.id, body: 'q' })).toMatchObject({ code: 'not_found', hint: 'a has retired.' })
  expect(() => daemon.connect(a.token)).toThrow(expect.objectContaining({ code: 'unauthenticated' }))
})

test('the list is filtered by role, presence, capability, circle and part of a name, and comes in pages', async () => {
  using daemon = await TestCore.start()
  daemon.register('alpha', { role: 'orchestrator' })
  daemon.join('beta', { capabilities: ['review'] })
  daemon.register('gamma', { circle: 'other' })
  const names = (input: Parameters<typeof daemon.admin.call<'peers.list'>>[1]) => daemon.admin.call('peers.list', input).peers.map(({ name }) => name)
  expect(names({ role: 'orchestrator' })).toEqual(['alpha'])
  expect(names({ presence: 'online' })).toEqual(['beta'])
  expect(names({ capability: 'review' })).toEqual(['beta'])
  expect(names({ circle: 'OTHER' })).toEqual(['gamma'])
  expect(names({ match: 'LPH' })).toEqual(['alpha'])
  const page = daemon.admin.call('peers.list', { limit: 2 })
  expect(page.peers.map(({ name }) => name)).toEqual(['alpha', 'beta'])
  expect(names({ limit: 2, after: page.after ?? '' })).toEqual(['gamma'])
})
