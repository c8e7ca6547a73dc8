import { expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

/** Sends so many notifies in as few batches as possible; returns how many were accepted. */
function flood(daemon: TestCore, from: CoreClient, to: string, count: number): number {
  const ids = Array.from({ length: count }, () => from.post('threads.notify', { to, body: 'n', causedBy: null }))
  daemon.pass(0)
  return ids.filter((id) => from.frames.some((frame) => frame.id === id && frame.result !== undefined)).length
}

test('a mailbox takes exactly a thousand unsolicited deliveries, also when they come in large batches', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const { token } = daemon.register('b')
  expect(flood(daemon, a, 'b', 900)).toBe(900)
  expect(flood(daemon, a, 'b', 255)).toBe(100)
  expect(a.refusal('threads.ask', { to: 'b', body: 'q' })).toMatchObject({ code: 'mailbox_full', to: { name: 'b' } })
  const b = daemon.connect(token, { consume: true })
  b.ack(...b.deliveries())
  expect(flood(daemon, a, 'b', 100)).toBe(LIMITS.prefetch)
})

test('whatever ends a delivery frees its room once', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b', { prefetch: 1_000 })
  // Each way out, many times over: a count that drifts would open or close the mailbox.
  for (let round = 0; round < 3; round += 1) {
    expect(flood(daemon, a, 'b', 1_100)).toBe(LIMITS.maxUnsolicited)
    const taken = b.deliveries()
    for (const { delivery, attempt } of taken.slice(0, 50)) b.post('mailbox.nack', { delivery, attempt })
    for (const { delivery } of taken.slice(0, 50)) b.post('mailbox.ack', { deliveries: [delivery, delivery] })
    b.post('mailbox.ack', { deliveries: taken.map(({ delivery }) => delivery) })
    b.post('mailbox.ack', { deliveries: taken.map(({ delivery }) => delivery) })
    daemon.pass(0)
    expect(b.call('mailbox.peek', {}).waiting).toBe(0)
  }
}, 20_000)

test('a full recipient of a fan-out is refused and the others are sent to', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  daemon.register('full', { capabilities: ['x'] })
  daemon.register('free', { capabilities: ['x'] })
  flood(daemon, a, 'full', LIMITS.maxUnsolicited)
  const { sent, refused } = a.call('threads.notify', { to: 'cap:x', select: 'all', body: 'n' })
  expect(sent.map(({ to }) => to.name)).toEqual(['free'])
  expect(refused).toMatchObject([{ to: { name: 'full' }, code: 'mailbox_full' }])
})

test('a reply to several whose one mailbox is full reaches the others', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  daemon.register('full', { capabilities: ['x'] })
  const free = daemon.join('free', { capabilities: ['x'] })
  const thread = a.call('threads.notify', { to: 'cap:x', select: 'all', body: 'n', causedBy: null }).sent[0]?.thread ?? ''
  free.ack(free.delivery())
  flood(daemon, a, 'full', LIMITS.maxUnsolicited - 1)
  const { sent, refused } = a.call('threads.reply', { thread, body: 'more', causedBy: null })
  expect(sent.map(({ to }) => to.name)).toEqual(['free'])
  expect(refused).toMatchObject([{ to: { name: 'full' }, code: 'mailbox_full' }])
  expect(free.delivery().message.body).toBe('more')
})

test('replies of the asked need no room at the asker', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const thread = a.call('threads.ask', { to: 'b', body: 'q' }).sent[0]?.thread ?? ''
  a.leave()
  flood(daemon, b, 'a', LIMITS.maxUnsolicited)
  expect(b.call('threads.reply', { thread, body: 'still at it' }).sent).toHaveLength(1)
})

test('a thread takes a thousand messages and still its closing', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const thread = a.call('threads.ask', { to: 'b', body: 'q' }).sent[0]?.thread ?? ''
  for (let n = 1; n < LIMITS.maxThreadMessages; n += 1) b.post('threads.reply', { thread, body: 'r' })
  daemon.pass(0)
  expect(b.refusal('threads.reply', { thread, body: 'r' })).toMatchObject({ code: 'thread_full' })
  expect(b.call('threads.answer', { thread, body: 'done' }).thread.state).toBe('answered')
}, 20_000)

test('a replayed dead letter waits beside a full mailbox and takes no room of it', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const delivery = a.call('threads.notify', { to: 'b', body: 'poison', causedBy: null }).sent[0]?.delivery ?? ''
  for (let failures = 0; failures < LIMITS.maxFailures; failures += 1) {
    const { attempt } = b.delivery()
    b.call('mailbox.nack', { delivery, attempt })
    if (failures < LIMITS.maxFailures - 1) daemon.pass(1_000 * 2 ** failures)
  }
  b.leave()
  expect(flood(daemon, a, 'b', LIMITS.maxUnsolicited + 1)).toBe(LIMITS.maxUnsolicited)
  expect(daemon.admin.call('mailbox.replay', { delivery }).delivery).toMatchObject({ state: 'queued', attempt: 0, failures: 0 })
  expect(flood(daemon, a, 'b', 1)).toBe(0)
  const back = daemon.connect(b.token, { consume: true, prefetch: 1 })
  back.ack(back.delivery())
  expect(flood(daemon, a, 'b', 1)).toBe(0)
  back.ack(back.delivery())
  expect(flood(daemon, a, 'b', 2)).toBe(1)
}, 20_000)
