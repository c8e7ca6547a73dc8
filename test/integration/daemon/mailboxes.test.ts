import { expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, type Delivered, TestCore } from '../../support/test-core.ts'

function tell(from: CoreClient, to: string, body: string, extra: object = {}): string {
  return from.call('threads.notify', { to, body, causedBy: null, ...extra }).sent[0]?.delivery ?? ''
}

const bodies = (deliveries: readonly Delivered[]) => deliveries.map(({ message }) => message.body)

test('an offline peer gets everything on its return, by priority and then in order', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const { token } = daemon.register('b')
  tell(a, 'b', 'low', { priority: 'low' })
  tell(a, 'b', 'normal 1')
  tell(a, 'b', 'normal 2')
  tell(a, 'b', 'urgent', { priority: 'urgent' })
  expect(bodies(daemon.connect(token, { consume: true }).deliveries())).toEqual(['urgent', 'normal 1', 'normal 2', 'low'])
})

test('at most prefetch deliveries are in flight, and each ack lets the next one through in order', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b', { prefetch: 2 })
  for (let n = 0; n < 5; n += 1) tell(a, 'b', `${n}`)
  const [first, second] = b.deliveries()
  expect(bodies([first, second] as Delivered[])).toEqual(['0', '1'])
  expect(b.deliveries()).toEqual([])
  b.ack(second as Delivered)
  expect(bodies(b.deliveries())).toEqual(['2'])
  b.ack(first as Delivered)
  expect(bodies(b.deliveries())).toEqual(['3'])
})

test('within a thread one delivery is in flight at a time, while other threads go on', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const thread = a.call('threads.ask', { to: 'b', body: '1', causedBy: null }).sent[0]?.thread ?? ''
  a.call('threads.reply', { thread, body: '2', causedBy: null })
  a.call('threads.reply', { thread, body: '3', causedBy: null })
  tell(a, 'b', 'other')
  const [first] = b.deliveries().filter(({ message }) => message.body === '1')
  b.ack(first as Delivered)
  const second = b.delivery()
  expect(second.message.body).toBe('2')
  b.ack(second)
  expect(b.delivery().message.body).toBe('3')
})

test('a thread keeps its order through a nack, a lost connection and a restart of its backoff', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const thread = a.call('threads.ask', { to: 'b', body: '1', causedBy: null }).sent[0]?.thread ?? ''
  a.call('threads.reply', { thread, body: '2', causedBy: null })
  const { delivery, attempt } = b.delivery()
  b.call('mailbox.nack', { delivery, attempt })
  expect(b.deliveries()).toEqual([])
  b.leave('lost')
  const again = daemon.connect(b.token, { consume: true })
  expect(again.deliveries()).toEqual([])
  daemon.pass(1_000)
  const redelivered = again.delivery()
  expect(redelivered).toMatchObject({ attempt: 2, redelivered: true, message: { body: '1' } })
  again.ack(redelivered)
  expect(again.delivery().message.body).toBe('2')
})

test('a nack is offered again after a backoff of 1 s doubling, less up to a fifth, and dies at the fifth failure with notice', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const delivery = tell(a, 'b', 'poison')
  for (let failures = 1; failures <= LIMITS.maxFailures; failures += 1) {
    const { attempt } = b.delivery()
    expect(attempt).toBe(failures)
    b.call('mailbox.nack', { delivery, attempt, reason: 'no' })
    const backoffMs = 1_000 * 2 ** (failures - 1)
    daemon.pass(backoffMs * 0.8 - 1)
    expect(b.deliveries()).toEqual([])
    if (failures < LIMITS.maxFailures) daemon.pass(backoffMs * 0.2 + 1)
  }
  expect(a.delivery().message).toMatchObject({ kind: 'fail', from: null })
  expect(b.call('mailbox.dead', {}).dead).toMatchObject([{ delivery: { id: delivery, state: 'dead', failures: 5, attempt: 5, reason: 'no' }, reason: 'no' }])
})

test('an ask that cannot be delivered fails, and the asker is told', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const thread = a.call('threads.ask', { to: 'b', body: 'q', causedBy: null }).sent[0]?.thread ?? ''
  for (let failures = 1; failures <= LIMITS.maxFailures; failures += 1) {
    const { delivery, attempt } = b.delivery()
    b.call('mailbox.nack', { delivery, attempt, reason: 'crash' })
    if (failures < LIMITS.maxFailures) daemon.pass(1_000 * 2 ** (failures - 1))
  }
  expect(a.delivery().message.kind).toBe('fail')
  expect(a.call('threads.get', { thread }).thread).toMatchObject({ state: 'failed', reason: 'crash' })
})

test('a delivery that nobody acks or extends within 60 s counts a failure and is offered again', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  tell(a, 'b', 'n')
  const first = b.delivery()
  daemon.pass(LIMITS.visibilityMs - 1)
  expect(b.call('mailbox.extend', { deliveries: [{ delivery: first.delivery, attempt: 1 }] })).toEqual({ extended: 1, stale: [] })
  daemon.pass(LIMITS.visibilityMs - 1)
  expect(b.deliveries()).toEqual([])
  daemon.pass(1 + LIMITS.backoffFirstMs)
  expect(b.delivery()).toMatchObject({ attempt: 2, redelivered: true })
  expect(a.call('threads.trace', { id: first.delivery }).deliveries[0]).toMatchObject({ failures: 1 })
})

test('a nack and an extend of an attempt that is over are refused, a stale ack is accepted', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const delivery = tell(a, 'b', 'n')
  b.delivery()
  b.call('mailbox.nack', { delivery, attempt: 1 })
  expect(b.refusal('mailbox.nack', { delivery, attempt: 1 }).code).toBe('stale_attempt')
  expect(b.call('mailbox.extend', { deliveries: [{ delivery, attempt: 1 }] })).toEqual({ extended: 0, stale: [delivery] })
  expect(b.ack(delivery)).toBe(1)
  expect(b.ack(delivery)).toBe(0)
  daemon.pass(LIMITS.backoffLastMs)
  expect(b.deliveries()).toEqual([])
})

test('two nacks of one attempt in one batch count one failure', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const delivery = tell(a, 'b', 'n')
  const [first, second] = [b.post('mailbox.nack', { delivery, attempt: 1 }), b.post('mailbox.nack', { delivery, attempt: 1 })]
  daemon.pass(0)
  expect(b.outcome(first)).toMatchObject({ delivery: { failures: 1, attempt: 1 } })
  expect(() => b.outcome(second)).toThrow(expect.objectContaining({ code: 'stale_attempt' }))
})

test('a nack whose connection is lost in the same batch counts one attempt and keeps its backoff', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const delivery = tell(a, 'b', 'n')
  b.post('mailbox.nack', { delivery, attempt: 1 })
  b.connection.onClose(false)
  daemon.pass(0)
  const row = daemon.row<{ attempt: number; failures: number; backoff_ms: number }>(
    'SELECT attempt, failures, backoff_ms FROM deliveries WHERE id = ?',
    daemon.number(delivery),
  )
  expect(row).toMatchObject({ attempt: 1, failures: 1 })
  expect(row?.backoff_ms).toBeGreaterThan(0)
})

test('a lost connection raises the attempt alone, an orderly close nothing', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const delivery = tell(a, 'b', 'n')
  b.leave('lost')
  const second = daemon.connect(b.token, { consume: true })
  expect(second.delivery()).toMatchObject({ attempt: 2, redelivered: true })
  second.leave('orderly')
  expect(daemon.connect(b.token, { consume: true }).delivery()).toMatchObject({ attempt: 2, redelivered: true })
  expect(a.call('threads.trace', { id: delivery }).deliveries[0]?.failures).toBe(0)
})

test('a delivery that loses twenty connections is dead', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const { token } = daemon.register('b')
  const delivery = tell(a, 'b', 'killer')
  for (let attempt = 1; attempt <= LIMITS.maxAttempts; attempt += 1) {
    const b = daemon.connect(token, { consume: true })
    expect(b.delivery().attempt).toBe(attempt)
    b.leave('lost')
  }
  expect(daemon.connect(token, { consume: true }).deliveries()).toEqual([])
  expect(a.call('mailbox.dead', {}).dead).toMatchObject([{ delivery: { id: delivery, attempt: 20, failures: 0 } }])
})

test('a second consumer takes over: the first is told not to come back, its offers count as lost', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const delivery = tell(a, 'b', 'n')
  const second = daemon.connect(b.token, { consume: true })
  expect(b.take('bye')).toEqual([{ reason: 'replaced', reconnect: false, afterMs: null }])
  expect(b.closed).toBe(4409)
  expect(second.delivery()).toMatchObject({ delivery, attempt: 2, redelivered: true })
  tell(a, 'b', 'next')
  expect(second.delivery().message.body).toBe('next')
})

test('an ack is valid from any connection of the peer', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b', { prefetch: 1 })
  const other = daemon.connect(b.token)
  const delivery = tell(a, 'b', '1')
  tell(a, 'b', '2')
  b.deliveries()
  expect(other.ack(delivery)).toBe(1)
  expect(b.delivery().message.body).toBe('2')
})

test('only a peer that joined in stream mode can consume, and each mode has its own operations', async () => {
  using daemon = await TestCore.start()
  const puller = daemon.register('p', { mode: 'pull' })
  expect(() => daemon.connect(puller.token, { consume: true })).toThrow(expect.objectContaining({ code: 'wrong_mode' }))
  expect(daemon.connect(puller.token).refusal('mailbox.read', { upTo: 'dlv_0000001' }).code).toBe('wrong_mode')
  expect(daemon.join('s').refusal('mailbox.inbox', {}).code).toBe('wrong_mode')
})

test('a newer notify of a topic supersedes the one still queued and goes to the end', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const { token } = daemon.register('b')
  const old = tell(a, 'b', 'build 1', { topic: 'build' })
  tell(a, 'b', 'other')
  tell(a, 'b', 'build 2', { topic: 'build' })
  tell(a, 'b', 'deploy', { topic: 'deploy' })
  expect(bodies(daemon.connect(token, { consume: true }).deliveries())).toEqual(['other', 'build 2', 'deploy'])
  expect(a.call('threads.trace', { id: old }).deliveries[0]).toMatchObject({ state: 'superseded', reason: expect.stringMatching(/^by msg_/) })
})

test('a notify in flight is not superseded, and another sender has topics of its own', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const c = daemon.join('c')
  const b = daemon.join('b')
  tell(a, 'b', 'build 1', { topic: 'build' })
  tell(c, 'b', 'theirs', { topic: 'build' })
  tell(a, 'b', 'build 2', { topic: 'build' })
  expect(bodies(b.deliveries())).toEqual(['build 1', 'theirs', 'build 2'])
})

test('a parked reader is offered nothing more until it reads, and then everything in order', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b', { prefetch: 1_000 })
  b.reads = false
  for (let n = 0; n < 20; n += 1) tell(a, 'b', `${n} ${'x'.repeat(200_000)}`)
  expect(b.deliveries().length).toBeLessThan(8)
  expect(b.bufferedBytes).toBeLessThan(LIMITS.parkAtBufferedBytes + LIMITS.maxBodyBytes)
  b.reads = true
  b.drain()
  expect(b.deliveries().length).toBeGreaterThan(10)
  expect(b.call('mailbox.peek', { limit: 200 }).waiting).toBe(20)
})

test('a reader that stays parked for a minute is closed with a reason, and its offers return', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  b.bufferedBytes = LIMITS.parkAtBufferedBytes + 1
  daemon.pass(LIMITS.parkedForMs + 2 * LIMITS.heartbeatMs)
  expect(b.closed).toBe(4429)
  expect(b.take('bye')).toMatchObject([{ reason: 'slow_consumer' }])
  tell(a, 'b', 'n')
  expect(daemon.connect(b.token, { consume: true }).delivery().message.body).toBe('n')
})

test('a reader that leaves more than the bound unread is closed at once', async () => {
  using daemon = await TestCore.start()
  const b = daemon.join('b')
  b.bufferedBytes = LIMITS.closeAtBufferedBytes + 1
  b.post('node.ping')
  expect(b.closed).toBe(4429)
})

test('after a divergence of the clocks an offer gets one full period before it is judged', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  tell(a, 'b', 'n')
  b.delivery()
  daemon.pass(LIMITS.visibilityMs - 1)
  daemon.clock.stepWall(3_600_000)
  daemon.pass(LIMITS.visibilityMs - 1_000)
  expect(b.deliveries()).toEqual([])
  daemon.pass(1_000 + LIMITS.backoffFirstMs)
  expect(b.delivery().attempt).toBe(2)
})

test('a look into the mailbox takes nothing and shows what is in flight as offered', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b', { prefetch: 1 })
  tell(a, 'b', '1')
  tell(a, 'b', '2')
  const { items, waiting } = b.call('mailbox.peek', {})
  expect(waiting).toBe(2)
  expect(items.map(({ delivery, message }) => [delivery.state, message.body])).toEqual([
    ['offered', '1'],
    ['queued', '2'],
  ])
  expect(a.refusal('mailbox.peek', { peer: 'b' }).code).toBe('forbidden')
  expect(daemon.admin.call('mailbox.peek', { peer: 'b' }).waiting).toBe(2)
})

test('answers with large bodies come in pages that fit, and nothing is skipped', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const p = daemon.join('p', { mode: 'pull' })
  for (let n = 0; n < 12; n += 1) tell(a, 'p', `${String(n).padStart(2, '0')} ${'x'.repeat(200_000)}`)
  expect(p.call('mailbox.peek', { limit: 200 })).toMatchObject({ waiting: 12 })
  const seen: string[] = []
  let cursor: string | undefined
  for (let calls = 0; calls < 12; calls += 1) {
    const page = p.call('mailbox.inbox', { limit: 200, ...(cursor !== undefined && { cursor }) })
    seen.push(...page.items.map(({ message }) => message.body.slice(0, 2)))
    cursor = page.cursor
    if (!page.more) break
  }
  expect(seen).toEqual(Array.from({ length: 12 }, (_, n) => String(n).padStart(2, '0')))
  expect(Math.max(...p.frames.map((frame) => JSON.stringify(frame).length))).toBeLessThan(2 * LIMITS.maxFrameBytes)
})
