/** A clock that jumps a year, while the daemon runs and across a restart: what goes by the calendar follows, all else waits its full time, and nothing is deleted for it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const YEAR_MS = 365 * DAY_MS

function inFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'muster-clock-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'muster.db')
}

/** A closed ask, an open one that b has in hand, a notify that waits, and one under a key. */
function fill(a: CoreClient, b: CoreClient) {
  const closed = a.call('threads.ask', { to: 'b', body: 'q', causedBy: null }).sent[0]?.thread ?? ''
  b.call('threads.answer', { thread: closed, body: 'x', delivery: b.delivery().delivery })
  a.ack(a.delivery())
  const open = a.call('threads.ask', { to: 'b', body: 'open', causedBy: null, deadline: '30d' }).sent[0]?.thread ?? ''
  const inHand = b.delivery()
  const keyed = a.call('threads.notify', { to: 'c', body: 'waits', causedBy: null, key: 'k' }).sent[0]?.message ?? ''
  return { closed, open, inHand, keyed }
}

/** Everything but the asks whose time is over is as it was. */
function expectNothingLost(daemon: TestCore, a: CoreClient, { closed, keyed }: ReturnType<typeof fill>): void {
  expect(daemon.admin.call('threads.get', { thread: closed }).messages).toHaveLength(2)
  expect(daemon.admin.call('mailbox.peek', { peer: 'c' }).items.map(({ message }) => message.body)).toEqual(['waits'])
  // Sent again, it is still known.
  expect(a.call('threads.notify', { to: 'c', body: 'waits', causedBy: null, key: 'k' }).sent[0]?.message).toBe(keyed)
  expect(daemon.admin.call('events.list', { after: `${daemon.core.store.tag}.0`, limit: 1 }).events).toHaveLength(1)
  expect(daemon.errors).toEqual([])
}

test('a year ahead and back while it runs: deadlines follow the calendar, offers and connections do not, and nothing is purged', async () => {
  using daemon = await TestCore.start()
  const [a, b] = [daemon.join('a'), daemon.join('b')]
  daemon.register('c')
  const before = fill(a, b)
  daemon.clock.stepWall(YEAR_MS)
  daemon.pass(LIMITS.maxTimerMs)

  // By the calendar its time is over: the asker is told, the one who has it in hand as well, and a late answer still arrives.
  expect(a.delivery()).toMatchObject({ thread: { id: before.open, state: 'expired' }, message: { kind: 'expire' } })
  expect(b.take('thread.closed')).toMatchObject([{ thread: before.open, state: 'expired' }])
  expect(b.call('threads.answer', { thread: before.open, body: 'late', delivery: before.inHand.delivery }).late).toBe(true)
  expect([a.closed, b.closed]).toEqual([undefined, undefined])
  daemon.pass(2 * HOUR_MS)
  expectNothingLost(daemon, a, before)
  const { retention } = daemon.admin.call('node.status', {})
  expect(Date.parse(retention.heldUntil ?? '') - daemon.clock.wallMs()).toBeGreaterThan(DAY_MS - 3 * HOUR_MS)

  // What is asked for now has a deadline of that year. Set back, it waits longer than it was meant to; it is not lost.
  const ahead = a.call('threads.ask', { to: 'c', body: 'from the future', causedBy: null, deadline: '1h' }).sent[0]?.thread ?? ''
  daemon.clock.stepWall(-YEAR_MS)
  daemon.pass(2 * HOUR_MS)
  expect(daemon.admin.call('threads.get', { thread: ahead }).thread.state).toBe('open')
  expect(a.call('threads.cancel', { thread: ahead }).changed).toBe(true)
  expectNothingLost(daemon, a, before)
  expect(daemon.admin.call('node.status', {}).retention.heldUntil).toBeNull()
})

test('a clock that is right a year later after all: a day later what is past its time goes', async () => {
  using daemon = await TestCore.start()
  const [a, b] = [daemon.join('a'), daemon.join('b')]
  daemon.register('c')
  const { closed } = fill(a, b)
  daemon.clock.stepWall(YEAR_MS)
  daemon.pass(DAY_MS - HOUR_MS)
  expect(daemon.admin.call('threads.get', { thread: closed }).messages).toHaveLength(2)
  daemon.pass(3 * HOUR_MS)
  expect(daemon.admin.refusal('threads.get', { thread: closed }).code).toBe('not_found')
  const { purged } = daemon.admin.call('node.status', {}).retention
  expect(purged.map(({ what }) => what)).toEqual(expect.arrayContaining(['events', 'threads']))
})

test('an offer made before the jump has its full time after it, in both directions', async () => {
  using daemon = await TestCore.start()
  const [a, b] = [daemon.join('a'), daemon.join('b')]
  for (const step of [YEAR_MS, -YEAR_MS]) {
    a.call('threads.notify', { to: 'b', body: 'n', causedBy: null })
    const { delivery } = b.delivery()
    daemon.pass(LIMITS.visibilityMs - 10_000)
    daemon.clock.stepWall(step)
    // The daemon sees the jump when it next wakes: from then on a full period runs.
    daemon.pass(LIMITS.visibilityMs - LIMITS.maxTimerMs)
    expect(b.deliveries()).toEqual([])
    expect(b.ack(delivery)).toBe(1)
  }
})

test.each([
  ['ahead', YEAR_MS],
  ['back', -YEAR_MS],
])('a start with a clock a year %s: the same holds', async (_name, step) => {
  const path = inFolder()
  const clock = new VirtualClock()
  const first = await TestCore.start({ path, clock })
  const [a, b] = [first.join('a'), first.join('b')]
  first.register('c')
  const before = fill(a, b)
  const { tag } = first.core.store
  first.crash()

  using daemon = await TestCore.start({ path, clock: new VirtualClock(clock.wallMs() + step) })
  const again = daemon.connect(a.token, { consume: true })
  daemon.pass(2 * HOUR_MS)
  expect(daemon.core.store.tag).toBe(tag)
  expectNothingLost(daemon, again, before)
  expect(daemon.admin.call('threads.get', { thread: before.open }).thread.state).toBe(step > 0 ? 'expired' : 'open')
  const there = daemon.connect(b.token, { consume: true })
  // Back, the ask is offered again; ahead, its delivery has expired with it.
  expect(there.deliveries().map(({ thread }) => thread.id)).toEqual(step > 0 ? [] : [before.open])
})

test('a pair that was parked, and messages that were counted, on a clock that was set back since, hold nobody up', async () => {
  using daemon = await TestCore.start()
  const [a, b] = [daemon.join('a'), daemon.join('b')]
  daemon.clock.stepWall(YEAR_MS)
  daemon.pass(LIMITS.maxTimerMs)
  let cause = a.call('threads.notify', { to: 'b', body: 'n', causedBy: null }).sent[0]?.message ?? ''
  for (let hop = 0; hop < LIMITS.maxHops; hop += 1) {
    const [from, to] = hop % 2 === 0 ? [b, 'a'] : [a, 'b']
    cause = from.call('threads.notify', { to, body: 'n', causedBy: cause }).sent[0]?.message ?? ''
  }
  expect(a.refusal('threads.notify', { to: 'b', body: 'n', causedBy: cause }).code).toBe('pair_parked')
  daemon.pass(0)
  expect(a.refusal('threads.notify', { to: 'b', body: 'n', causedBy: null }).code).toBe('pair_parked')
  daemon.clock.stepWall(-YEAR_MS)
  daemon.pass(LIMITS.maxTimerMs)
  expect(a.call('threads.notify', { to: 'b', body: 'n', causedBy: null }).sent).toHaveLength(1)
  daemon.pass(2 * HOUR_MS)
  expect(daemon.rows('SELECT * FROM pairs')).toEqual([])
})
