import { expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { TestCore } from '../../support/test-core.ts'

async function pair() {
  const daemon = await TestCore.start()
  return { daemon, a: daemon.join('a'), b: daemon.join('b') }
}

test('a repeated send with its key creates nothing and answers with what the first created, as it is now', async () => {
  const { daemon, a, b } = await pair()
  using _ = daemon
  for (const method of ['threads.ask', 'threads.notify'] as const) {
    const input = { to: 'b', body: 'once', key: 'k-1' }
    const first = a.call(method, input)
    b.ack(b.delivery())
    const second = a.call(method, input)
    expect(second.sent).toMatchObject([{ thread: first.sent[0]?.thread, message: first.sent[0]?.message, delivery: first.sent[0]?.delivery, state: 'acked' }])
    expect(b.deliveries()).toEqual([])
  }
})

test('a repeated send within one batch is sent once', async () => {
  const { daemon, a, b } = await pair()
  using _ = daemon
  const ids = [1, 2, 3].map(() => a.post('threads.notify', { to: 'b', body: 'once', key: 'k' }))
  daemon.pass(0)
  expect(new Set(ids.map((id) => (a.outcome(id) as { sent: { message: string }[] }).sent[0]?.message)).size).toBe(1)
  expect(b.deliveries()).toHaveLength(1)
})

test('a repeated answer, decline, reply and cancel get the reply of the first', async () => {
  const { daemon, a, b } = await pair()
  using _ = daemon
  const open = () => a.call('threads.ask', { to: 'b', body: 'q', causedBy: null }).sent[0]?.thread ?? ''
  for (const [client, method, extra] of [
    [b, 'threads.answer', { body: 'x' }],
    [b, 'threads.decline', { reason: 'x' }],
    [b, 'threads.reply', { body: 'x' }],
    [a, 'threads.cancel', { reason: 'x' }],
  ] as const) {
    const input = { thread: open(), key: 'k', ...extra }
    expect(client.say(method, input)).toEqual(client.say(method, input))
  }
})

test('a fan-out is repeated as a whole', async () => {
  const { daemon, a } = await pair()
  using _ = daemon
  daemon.join('c')
  const input = { to: 'role:agent', select: 'all', body: 'q', key: 'k' } as const
  const ids = (output: { sent: { delivery: string }[] }) => output.sent.map(({ delivery }) => delivery)
  const first = a.call('threads.ask', input)
  expect(ids(first)).toHaveLength(2)
  expect(ids(a.call('threads.ask', input))).toEqual(ids(first))
})

test('a key with another input is refused, and with the same input written differently is not', async () => {
  const { daemon, a } = await pair()
  using _ = daemon
  a.call('threads.notify', { to: 'b', body: 'n', key: 'k' })
  expect(a.refusal('threads.notify', { to: 'b', body: 'other', key: 'k' })).toMatchObject({ code: 'idempotency_mismatch', key: 'k' })
  expect(a.call('threads.notify', { key: 'k', priority: 'normal', body: 'n', to: 'b' }).sent).toHaveLength(1)
  expect(daemon.rows('SELECT id FROM threads')).toHaveLength(1)
})

test('a key belongs to one peer and one operation', async () => {
  const { daemon, a, b } = await pair()
  using _ = daemon
  a.call('threads.notify', { to: 'b', body: 'n', key: 'k' })
  expect(a.call('threads.ask', { to: 'b', body: 'n', key: 'k' }).sent).toHaveLength(1)
  expect(b.call('threads.notify', { to: 'a', body: 'n', key: 'k' }).sent).toHaveLength(1)
  expect(daemon.rows('SELECT id FROM threads')).toHaveLength(3)
})

test('a failure is not recorded: the same key succeeds when what stood against it is gone', async () => {
  const { daemon, a } = await pair()
  using _ = daemon
  expect(a.refusal('threads.notify', { to: 'c', body: 'n', key: 'k' }).code).toBe('not_found')
  daemon.register('c')
  expect(a.call('threads.notify', { to: 'c', body: 'n', key: 'k' }).sent).toHaveLength(1)
})

test('a key is forgotten after seven days', async () => {
  const { daemon, a } = await pair()
  using _ = daemon
  const input = { to: 'b', body: 'n', key: 'k' }
  const first = a.call('threads.notify', input).sent[0]?.message
  daemon.clock.stepWall(LIMITS.idempotencyMs - 1)
  expect(a.call('threads.notify', input).sent[0]?.message).toBe(first)
  daemon.clock.stepWall(1)
  daemon.pass(3_600_000)
  expect(a.call('threads.notify', input).sent[0]?.message).not.toBe(first)
})

test('a key survives a restart in the transaction of what it created', async () => {
  const { daemon, a } = await pair()
  using _ = daemon
  const sent = a.call('threads.notify', { to: 'b', body: 'n', key: 'k' }).sent[0]
  expect(daemon.row("SELECT created, count FROM idempotency WHERE key = 'k'")).toEqual({ created: daemon.number(sent?.thread ?? ''), count: 1 })
})
