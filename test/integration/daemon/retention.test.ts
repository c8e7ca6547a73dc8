import { expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

const HOUR_MS = 3_600_000
const WEEK_MS = 7 * 24 * HOUR_MS

function closedAsk(a: CoreClient, b: CoreClient): string {
  const thread = a.call('threads.ask', { to: 'b', body: 'q', causedBy: null, deadline: '365d' }).sent[0]?.thread ?? ''
  b.call('threads.answer', { thread, body: 'x' })
  a.ack(...a.deliveries())
  return thread
}

test('a closed thread goes 90 days after its end, with its messages and deliveries; an open one stays', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const closed = closedAsk(a, b)
  const open = a.call('threads.ask', { to: 'b', body: 'q', deadline: '365d', causedBy: null }).sent[0]?.thread ?? ''
  b.ack(...b.deliveries())
  daemon.age(LIMITS.closedThreadMs - 3 * HOUR_MS)
  expect(a.call('threads.get', { thread: closed }).messages).toHaveLength(2)
  daemon.age(3 * HOUR_MS)
  expect(daemon.admin.refusal('threads.get', { thread: closed }).code).toBe('not_found')
  expect(daemon.admin.call('threads.get', { thread: open }).thread.state).toBe('open')
  expect(daemon.rows('SELECT * FROM messages WHERE thread_id = ?', 1)).toEqual([])
  expect(daemon.rows('SELECT * FROM deliveries WHERE thread_id = ?', 1)).toEqual([])
})

test('what still waits in a mailbox, or lies among the dead letters, stays', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  daemon.register('b')
  const waiting = a.call('threads.notify', { to: 'b', body: 'n', causedBy: null }).sent[0]
  const dead = a.call('threads.notify', { to: 'b', body: 'n', causedBy: null }).sent[0]
  daemon.run("UPDATE deliveries SET state = 'dead' WHERE id = ?", daemon.number(dead?.delivery ?? ''))
  daemon.age(2 * LIMITS.closedThreadMs)
  for (const sent of [waiting, dead]) expect(daemon.admin.call('threads.get', { thread: sent?.thread ?? '' }).messages).toHaveLength(1)
})

test('events go after 30 days, also past numbers that failed commands left out, and older cursors expire', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const { cursor } = daemon.admin.call('node.status', {})
  // A gap in the numbers, as a batch that fails leaves behind.
  daemon.core.store.take('event', 3)
  for (let n = 0; n < 600; n += 1) a.post('peers.describe', { description: `${n}` })
  daemon.pass(0)
  daemon.age(LIMITS.eventMs)
  const left = daemon.rows<{ type: string }>('SELECT type FROM events')
  expect(left.filter(({ type }) => type === 'peer.described')).toEqual([])
  expect(daemon.admin.refusal('events.list', { after: cursor }).code).toBe('cursor_expired')
  const { retention } = daemon.admin.call('node.status', {})
  expect(daemon.admin.call('events.list', { after: retention.eventsSince }).events).toHaveLength(left.length)
})

test('young events stay', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  daemon.age(LIMITS.eventMs)
  a.call('peers.describe', { description: 'young' })
  daemon.age(LIMITS.eventMs - 3 * HOUR_MS)
  expect(daemon.rows("SELECT changed FROM events WHERE type = 'peer.described'")).toEqual([{ changed: '{"description":"young"}' }])
})

test('idempotency keys go after 7 days, topic keys with nothing to supersede and pair counts after their window', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const cause = b.call('threads.notify', { to: 'a', body: 'n', key: 'k', topic: 't', causedBy: null }).sent[0]?.message ?? ''
  a.ack(a.delivery())
  a.call('threads.notify', { to: 'b', body: 'n', causedBy: cause })
  const counts = () => ['idempotency', 'topics', 'pairs'].map((table) => daemon.rows(`SELECT * FROM ${table}`).length)
  expect(counts()).toEqual([1, 1, 1])
  daemon.age(LIMITS.idempotencyMs)
  expect(counts()).toEqual([0, 0, 0])
})

test('a purge runs in commands of 500 rows and shows in the status', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b', { prefetch: 1_000 })
  for (let n = 0; n < 700; n += 1) a.post('threads.notify', { to: 'b', body: 'n', causedBy: null })
  daemon.pass(0)
  b.ack(...b.deliveries())
  daemon.pass(HOUR_MS)
  const before = { ...daemon.core.pipeline.stats }
  daemon.age(2 * LIMITS.closedThreadMs)
  expect(daemon.rows('SELECT id FROM threads')).toEqual([])
  expect(daemon.core.pipeline.stats.commands - before.commands).toBeGreaterThan(4)
  const { retention } = daemon.admin.call('node.status', {})
  expect(retention.purgedRows).toBeGreaterThanOrEqual(2_100)
  expect(retention.lastRunAt).not.toBeNull()
})

test('numbers of what was purged are never given out again', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const old = closedAsk(a, b)
  b.ack(...b.deliveries())
  daemon.age(2 * LIMITS.closedThreadMs)
  expect(daemon.rows('SELECT id FROM threads')).toEqual([])
  expect(daemon.number(a.call('threads.notify', { to: 'b', body: 'n' }).sent[0]?.thread ?? '')).toBe(daemon.number(old) + 1)
})

test('a purge whose batch is run again, since another command in it failed, skips nothing', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b', { prefetch: 1_000 })
  for (let n = 0; n < 900; n += 1) a.post('threads.notify', { to: 'b', body: 'n', causedBy: null })
  daemon.pass(0)
  b.ack(...b.deliveries())
  daemon.age(LIMITS.closedThreadMs - WEEK_MS)
  daemon.clock.stepWall(WEEK_MS)
  let failures = 20
  const failAfterWriting = () => {
    if (failures === 0) return
    failures -= 1
    daemon.core.pipeline.submit(
      (tx) => {
        tx.run("INSERT OR REPLACE INTO meta (key, value) VALUES ('x', 'x')")
        throw new Error('on purpose')
      },
      () => undefined,
    )
  }
  // It joins the batch of the next step of the purge, which is queued already.
  daemon.core.pipeline.afterBatch(failAfterWriting)
  daemon.pass(HOUR_MS)
  expect(failures).toBe(0)
  expect(daemon.rows('SELECT id FROM threads')).toEqual([])
})
