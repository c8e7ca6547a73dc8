import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { TestCore } from '../../support/test-core.ts'

const MINUTE = 60_000
const NOTHING = { messages: 0, asks: 0, answered: 0, died: 0, ackMs: null, answerMs: null }

describe('how much the node did', () => {
  it('is counted by the minute: messages, asks, what became of them, and how long that took', async () => {
    using daemon = await TestCore.start()
    const [a, b, c] = [daemon.join('a'), daemon.join('b'), daemon.join('c')]
    const begin = Math.floor(daemon.clock.wallMs() / MINUTE) * MINUTE
    const asks = [1, 2].map((n) => a.call('threads.ask', { to: 'b', body: `${n}`, causedBy: null }).sent[0]?.thread ?? '')
    a.call('threads.notify', { to: 'role:agent', select: 'all', body: 'to two', causedBy: null })
    daemon.pass(2_000)
    for (const peer of [b, c]) peer.ack(...peer.deliveries())
    daemon.pass(MINUTE)
    b.call('threads.answer', { thread: asks[0] ?? '', body: 'done' })
    b.call('threads.decline', { thread: asks[1] ?? '', reason: 'no' })
    daemon.pass(MINUTE)
    const { delivery = '' } = a.call('threads.notify', { to: 'c', body: 'poison', causedBy: null }).sent[0] ?? {}
    for (let failures = 0; failures < LIMITS.maxFailures; failures += 1) {
      c.call('mailbox.nack', { delivery, attempt: c.delivery().attempt })
      daemon.pass(1_000 * 2 ** failures)
    }
    const { every, complete, buckets, total } = a.call('node.activity', {})
    expect([every, complete, buckets.length, Date.parse(buckets.at(-1)?.at ?? '')]).toEqual([
      '1m',
      true,
      60,
      Math.floor(daemon.clock.wallMs() / MINUTE) * MINUTE,
    ])
    const at = (minutes: number) => buckets.find((bucket) => Date.parse(bucket.at) === begin + minutes * MINUTE)
    expect(at(0)).toMatchObject({ messages: 3, asks: 2, answered: 0, died: 0, ackMs: { p50: 2_000, p95: 2_000 }, answerMs: null })
    // The answer and the decline, which the asker has not acked.
    expect(at(1)).toMatchObject({ messages: 2, asks: 0, answered: 1, died: 0, ackMs: null, answerMs: { p50: 62_000, p95: 62_000 } })
    // What died, and the notice of that.
    expect(at(2)).toMatchObject({ died: 1, messages: 2 })
    expect(total).toMatchObject({ messages: 7, asks: 2, answered: 1, died: 1, ackMs: { p50: 2_000, p95: 2_000 } })
  })

  it('is counted by the quarter of an hour over a day, and what is older is left out', async () => {
    using daemon = await TestCore.start()
    const [a, b] = [daemon.join('a'), daemon.join('b')]
    const thread = a.call('threads.ask', { to: 'b', body: 'q', causedBy: null, deadline: '3d' }).sent[0]?.thread ?? ''
    b.ack(b.delivery())
    daemon.pass(25 * 60 * MINUTE)
    expect(a.call('node.activity', { over: 'day' })).toMatchObject({ every: '15m', complete: true, total: { messages: 0, asks: 0 } })
    // Opened before the day began, and answered in it.
    b.call('threads.answer', { thread, body: 'late in the day' })
    const { buckets, total } = a.call('node.activity', { over: 'day' })
    expect([buckets.length, total]).toEqual([96, { ...NOTHING, messages: 1, answered: 1, answerMs: { p50: 90_000_000, p95: 90_000_000 } }])
    expect(buckets.at(-1)).toMatchObject(total)
    expect(a.call('node.activity', {}).total).toEqual(total)
  })

  it('tells how long most took, and how long nearly all', async () => {
    using daemon = await TestCore.start()
    const [a, b] = [daemon.join('a'), daemon.join('b')]
    for (let n = 1; n <= 20; n += 1) {
      a.call('threads.notify', { to: 'b', body: `${n}`, causedBy: null })
      daemon.pass(n * 10)
      b.ack(b.delivery())
    }
    expect(a.call('node.activity', {}).total.ackMs).toEqual({ p50: 100, p95: 190 })
  })

  it('reads no more than a scan may, and leaves out the time of which that is not all', async () => {
    using daemon = await TestCore.start()
    const [a] = [daemon.join('a'), daemon.join('b')]
    a.call('threads.notify', { to: 'b', body: 'n', causedBy: null })
    const now = daemon.clock.wallMs()
    const rows = LIMITS.maxScanned + 20_000
    // Evenly over the last 30 minutes.
    const at = `${now - 1_800_000} + i * 1800000 / ${rows}`
    daemon.run(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
       INSERT INTO deliveries (id, message_id, thread_id, peer_id, priority, solicited, state, queued_at, ended_at)
       SELECT 1000 + i, i, 1, 2, 2, 0, 'acked', ${at}, ${at} + 5 FROM n`,
    )
    const { complete, buckets, total } = a.call('node.activity', {})
    expect([complete, buckets.length < 30, buckets.length > 20]).toEqual([false, true, true])
    expect(buckets.reduce((sum, { messages }) => sum + messages, 0)).toBe(total.messages)
    expect(total).toMatchObject({ ackMs: { p50: 5, p95: 5 } })
    for (const { messages } of buckets.slice(0, -1)) expect(Math.abs(messages - rows / 30)).toBeLessThan(10)
  })
})
