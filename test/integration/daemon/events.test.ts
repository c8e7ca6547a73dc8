import { expect, test } from 'vitest'
import type { Output } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

type Event = Output<'events.list'>['events'][number]

const types = (events: readonly Event[]) => events.map(({ type }) => type)

function events(client: CoreClient, subscription: string): Event[] {
  return (client.take('events.event') as unknown as { subscription: string; event: Event }[])
    .filter((params) => params.subscription === subscription)
    .map(({ event }) => event)
}

test('events are read page by page after a cursor, oldest first, without a gap', async () => {
  using daemon = await TestCore.start()
  const { admin } = daemon
  const { cursor } = admin.call('node.status', {})
  const a = daemon.join('a')
  for (let n = 0; n < 5; n += 1) a.call('peers.describe', { description: `${n}` })
  const all = admin.call('events.list', { after: cursor, limit: 200 }).events
  const paged: Event[] = []
  for (let after = cursor, more = true; more; ) {
    const page = admin.call('events.list', { after, limit: 2 })
    paged.push(...page.events)
    after = page.cursor
    more = page.more
  }
  expect(paged).toEqual(all)
  expect(types(all)).toContain('peer.described')
})

test('events are read backwards page by page, each in order, down to where the log begins', async () => {
  using daemon = await TestCore.start()
  const { admin } = daemon
  const a = daemon.join('a')
  for (let n = 0; n < 5; n += 1) a.call('peers.describe', { description: `${n}` })
  const all = admin.call('events.list', { limit: 200 })
  expect([all.before, all.events.length > 5]).toEqual([null, true])
  const pages: Event[][] = []
  for (let before: string | null | undefined; before !== null; ) {
    const page = admin.call('events.list', { limit: 2, ...(before !== undefined && { before }) })
    expect([page.cursor, page.more]).toEqual([all.cursor, false])
    pages.unshift(page.events)
    before = page.before
  }
  expect(pages.flat()).toEqual(all.events)
  expect(admin.refusal('events.list', { before: all.cursor, after: all.cursor }).code).toBe('invalid_input')
  daemon.run("INSERT OR REPLACE INTO meta (key, value) VALUES ('event_floor', '3')")
  expect(admin.call('events.list', { limit: 200 })).toMatchObject({ events: all.events.slice(2), before: null })
  expect(admin.refusal('events.list', { before: daemon.core.store.cursor(1) }).code).toBe('cursor_expired')
})

test('the way back to a rare event is walked a bounded piece at a time', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  a.call('peers.describe', { description: 'rare' })
  const b = daemon.join('b')
  const other = daemon.join('other')
  for (let n = 0; n < LIMITS.maxExamined; n += 1) other.call('peers.describe', { description: `${n}` })
  b.call('peers.rename', { name: 'c' })
  let pages = 0
  const found: Event[] = []
  for (let before: string | null | undefined; before !== null; pages += 1) {
    const page = a.call('events.list', { types: ['peer.renamed', 'peer.registered'], ...(before !== undefined && { before }) })
    found.unshift(...page.events)
    before = page.before
  }
  expect(types(found)).toEqual(['peer.registered', 'peer.registered', 'peer.registered', 'peer.renamed'])
  expect(pages).toBe(2)
})

test('events can be kept to some types, as a whole or by their first word', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  a.call('peers.describe', { description: 'x' })
  expect(new Set(types(daemon.admin.call('events.list', { types: ['peer'], limit: 200 }).events))).toEqual(
    new Set(['peer.registered', 'peer.presence', 'peer.described']),
  )
  expect(new Set(types(daemon.admin.call('events.list', { types: ['peer.described'] }).events))).toEqual(new Set(['peer.described']))
})

test('the newest page is that of the events the reader may see, however many others came after them', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  a.call('peers.describe', { description: 'mine' })
  const other = daemon.join('other', { circle: 'elsewhere' })
  for (let n = 0; n < 100; n += 1) other.call('peers.describe', { description: `${n}` })
  const page = a.call('events.list', { limit: 2, types: ['peer.described'] })
  expect(page.events.map(({ changed }) => changed)).toEqual([{ description: 'mine' }])
  expect(a.call('events.list', { after: page.cursor }).events).toEqual([])
})

test('a cursor from the future, of another incarnation or below the floor has expired, with the one to go on from', async () => {
  using daemon = await TestCore.start()
  const { tag } = daemon.core.store
  daemon.register('a')
  daemon.run("INSERT OR REPLACE INTO meta (key, value) VALUES ('event_floor', '3')")
  const current = daemon.admin.call('node.status', {}).cursor
  for (const after of [`${tag}.999999`, 'zzzzzz.1', `${tag}.1`]) {
    expect(daemon.admin.refusal('events.list', { after })).toMatchObject({ code: 'cursor_expired', current })
    expect(daemon.admin.refusal('events.subscribe', { after }).code).toBe('cursor_expired')
  }
  expect(daemon.admin.call('events.list', { after: `${tag}.2` }).events[0]?.cursor).toBe(`${tag}.3`)
})

test('a peer sees its own events and its circle, and neither threads it takes no part in nor other circles', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const c = daemon.join('c')
  daemon.join('x', { circle: 'elsewhere' }).call('peers.describe', { description: 'unseen' })
  const thread = a.call('threads.ask', { to: 'b', body: 'secret' }).sent[0]?.thread ?? ''
  b.call('threads.answer', { thread, body: 'secret too' })
  const seen = (client: CoreClient) => client.call('events.list', { limit: 200 }).events
  for (const client of [a, b]) expect(types(seen(client))).toEqual(expect.arrayContaining(['thread.opened', 'thread.closed']))
  expect(seen(c).filter(({ subject, type }) => subject === thread || type.startsWith('mailbox'))).toEqual([])
  expect(JSON.stringify(seen(c))).not.toContain('unseen')
  expect(types(seen(c))).toContain('peer.presence')
})

test('events never carry a body, a reason given by a peer for closing, or what a redaction took away', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const thread = a.call('threads.ask', { to: 'b', body: 'BODY-1' }).sent[0]?.thread ?? ''
  b.call('threads.reply', { thread, body: 'BODY-2' })
  b.call('threads.decline', { thread, reason: 'BODY-3' })
  const other = a.call('threads.ask', { to: 'b', body: 'BODY-4', causedBy: null }).sent[0]?.thread ?? ''
  a.call('threads.cancel', { thread: other, reason: 'BODY-5' })
  expect(JSON.stringify(daemon.rows('SELECT * FROM events'))).not.toContain('BODY')
})

test('a subscription is sent every later event, in order, and those after its cursor first', async () => {
  using daemon = await TestCore.start()
  const { admin } = daemon
  const { cursor } = admin.call('node.status', {})
  const a = daemon.join('a')
  const { subscription } = admin.call('events.subscribe', { after: cursor, types: ['peer.registered', 'peer.described'] })
  admin.call('node.ping', {})
  a.call('peers.describe', { description: '1' })
  a.call('peers.describe', { description: '2' })
  expect(events(admin, subscription).map(({ type, changed }) => [type, changed['description']])).toEqual([
    ['peer.registered', undefined],
    ['peer.described', '1'],
    ['peer.described', '2'],
  ])
  expect(admin.call('events.unsubscribe', { subscription }).ended).toBe(true)
  a.call('peers.describe', { description: '3' })
  expect(events(admin, subscription)).toEqual([])
})

test('a subscription from far behind is served a page in a turn, so that others are served in between', async () => {
  using daemon = await TestCore.start()
  const { admin } = daemon
  const { cursor } = admin.call('node.status', {})
  const a = daemon.join('a')
  for (let n = 0; n < 1_000; n += 1) a.post('peers.describe', { description: `${n}` })
  daemon.pass(0)
  const request = admin.post('events.subscribe', { after: cursor })
  expect(admin.replied(request)).toBe(true)
  const atOnce = admin.frames.filter(({ method }) => method === 'events.event').length
  expect(atOnce).toBeLessThanOrEqual(100)
  daemon.pass(0)
  expect(events(admin, 'sub-1').length).toBeGreaterThanOrEqual(1_000)
})

test('a subscriber that does not read lags without costing memory, and catches up when it reads', async () => {
  using daemon = await TestCore.start()
  const { admin } = daemon
  const { subscription } = admin.call('events.subscribe', {})
  const a = daemon.join('a')
  // The next reply finds more unread than a connection may leave.
  admin.bufferedBytes = LIMITS.parkAtBufferedBytes + 1
  admin.call('node.ping', {})
  for (let n = 0; n < 5; n += 1) a.call('peers.describe', { description: `${n}` })
  expect(events(admin, subscription).filter(({ type }) => type === 'peer.described')).toEqual([])
  admin.drain()
  expect(events(admin, subscription).filter(({ type }) => type === 'peer.described')).toHaveLength(5)
})

test('a connection has a bounded number of subscriptions', async () => {
  using daemon = await TestCore.start()
  for (let n = 0; n < LIMITS.maxSubscriptions; n += 1) daemon.admin.call('events.subscribe', {})
  expect(daemon.admin.refusal('events.subscribe', {}).code).toBe('too_many_requests')
})

test('every change of state appends its event in the same commit', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const thread = a.call('threads.ask', { to: 'b', body: 'q', deadline: '100s' }).sent[0]?.thread ?? ''
  b.ack(b.delivery())
  b.call('threads.reply', { thread, body: 'r' })
  daemon.pass(75_000)
  b.call('threads.answer', { thread, body: 'x' })
  a.call('peers.rename', { name: 'z' })
  a.call('peers.retire', {})
  const seen = new Set(types(daemon.admin.call('events.list', { limit: 200 }).events))
  for (const type of [
    'circle.created',
    'enrolment.created',
    'credential.created',
    'peer.registered',
    'peer.presence',
    'thread.opened',
    'mailbox.acked',
    'thread.message',
    'thread.reminded',
    'thread.closed',
    'peer.renamed',
    'peer.retired',
    'credential.revoked',
  ]) {
    expect([...seen]).toContain(type)
  }
})
