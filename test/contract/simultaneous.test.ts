import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Connection } from '../../daemon/gateway/connection.ts'
import { LIMITS } from '../../src/limits.ts'
import { type Member, TestDaemon } from './support/test-daemon.ts'
import { Wire } from './support/wire.ts'

/** The cases of section 9 of docs/protocol.md, by their numbers, as a client of any make sees them. */

let daemon: TestDaemon
let asker: Wire
let asked: Member

beforeEach(async () => {
  daemon = await TestDaemon.start()
  const ada = await daemon.register({ name: 'ada' })
  asked = await daemon.register({ name: 'bob' })
  asker = await daemon.greet(ada.token, { consume: true })
})

afterEach(async () => {
  await asker[Symbol.asyncDispose]()
  await daemon.expectHealthy()
  await daemon[Symbol.asyncDispose]()
})

const consume = () => daemon.greet(asked.token, { consume: true })

async function ask(body = 'How much?', more: object = {}) {
  const { sent } = await asker.call('threads.ask', { to: 'bob', body, ...more })
  const [only] = sent
  if (!only) throw new Error('Nothing was sent')
  return only
}

/** Sends a command while commits are held back, and returns once the daemon has it. */
async function queue(wire: Wire, method: string, params: object): Promise<string | number> {
  const id = wire.post(method, params)
  await wire.reply(wire.post('mailbox.peek', {}))
  return id
}

async function stateOf(delivery: string): Promise<string | undefined> {
  const { deliveries } = await asker.call('threads.trace', { id: delivery })
  return deliveries[0]?.state
}

describe('an answer', () => {
  it('1: before a cancel closes the thread, and the cancel changes nothing', async () => {
    await using bob = await consume()
    const { thread } = await ask()
    const release = daemon.clock.hold()
    const answer = await queue(bob, 'threads.answer', { thread, body: '42' })
    const cancel = await queue(asker, 'threads.cancel', { thread })
    release()
    expect((await bob.reply(answer)).result).toMatchObject({ late: false, thread: { state: 'answered' } })
    expect((await asker.reply(cancel)).result).toMatchObject({ changed: false, thread: { state: 'answered' } })
  })

  it('1: after a cancel is late, and is delivered all the same', async () => {
    await using bob = await consume()
    const { thread } = await ask()
    const release = daemon.clock.hold()
    const cancel = await queue(asker, 'threads.cancel', { thread })
    const answer = await queue(bob, 'threads.answer', { thread, body: '42' })
    release()
    expect((await asker.reply(cancel)).result).toMatchObject({ changed: true, thread: { state: 'cancelled' } })
    expect((await bob.reply(answer)).result).toMatchObject({ late: true, thread: { state: 'cancelled' } })
    expect(await asker.notification('mailbox.deliver')).toMatchObject({ message: { kind: 'answer', body: '42', late: true }, thread: { state: 'cancelled' } })
  })

  it('2: after the deadline is late, and comes behind the notice of it', async () => {
    await using bob = await consume()
    const { thread } = await ask('Quick?', { deadline: '10s' })
    daemon.clock.advance(10_000)
    expect(await asker.notification('mailbox.deliver')).toMatchObject({ message: { kind: 'expire' }, thread: { state: 'expired' } })
    expect(await bob.call('threads.answer', { thread, body: 'Slow.' })).toMatchObject({ late: true, thread: { state: 'expired' } })
    await asker.call('mailbox.ack', {
      deliveries: asker.frames.flatMap((frame) => (frame.method === 'mailbox.deliver' ? [String(frame.params?.['delivery'])] : [])),
    })
    expect(await asker.notification('mailbox.deliver')).toMatchObject({ message: { kind: 'answer', late: true } })
  })

  it('3: the second time is refused with who, when and how; with its key it is the first one again', async () => {
    await using bob = await consume()
    const { thread } = await ask()
    const first = await bob.call('threads.answer', { thread, body: '42', key: 'a' })
    expect(await bob.call('threads.answer', { thread, body: '42', key: 'a' })).toEqual(first)
    const { error } = await bob.reply(bob.post('threads.answer', { thread, body: '43' }))
    expect(error?.data).toMatchObject({ code: 'already_closed', state: 'answered', by: { name: 'bob' }, at: expect.stringMatching(/^2026-/) })
  })

  it('4: and a decline of the same peer: the second is of another kind, and late', async () => {
    await using bob = await consume()
    const { thread } = await ask()
    await bob.call('threads.answer', { thread, body: '42' })
    expect(await bob.call('threads.decline', { thread, reason: 'No.' })).toMatchObject({ late: true, thread: { state: 'answered' } })
    expect(await bob.refusal('threads.answer', { thread, body: '43' })).toBe('already_closed')
  })

  it('5: stands when the thread is cancelled afterwards', async () => {
    await using bob = await consume()
    const { thread } = await ask()
    await bob.call('threads.answer', { thread, body: '42' })
    for (let round = 0; round < 2; round += 1)
      expect(await asker.call('threads.cancel', { thread })).toMatchObject({ changed: false, thread: { state: 'answered' } })
  })

  it('12: comes after the reply to its ask on the connection that asked', async () => {
    const me = await daemon.register({ name: 'solo' })
    await using wire = await daemon.greet(me.token, { consume: true })
    const id = wire.post('threads.notify', { to: 'solo', body: 'Note to self.' })
    await wire.notification('mailbox.deliver')
    const order = wire.frames.map((frame) => frame.method ?? frame.id)
    expect(order.indexOf(id)).toBeLessThan(order.indexOf('mailbox.deliver'))
  })
})

describe('a consumer', () => {
  it('6: is replaced by a later one, which gets what was in flight', async () => {
    const older = await consume()
    const { delivery } = await ask()
    expect(await older.notification('mailbox.deliver')).toMatchObject({ delivery, attempt: 1, redelivered: false })
    await using newer = await consume()
    expect(await older.closed).toEqual({ code: 4409, reason: 'replaced' })
    expect(older.frames.at(-1)).toMatchObject({ method: 'bye', params: { reason: 'replaced', reconnect: false } })
    expect(await newer.notification('mailbox.deliver')).toMatchObject({ delivery, attempt: 2, redelivered: true })
  })

  it('7: is not needed for an ack, which any connection of the peer may give; a nack of its offer is stale', async () => {
    const older = await consume()
    const { delivery } = await ask()
    await older.notification('mailbox.deliver')
    await using newer = await consume()
    await newer.notification('mailbox.deliver')
    await using beside = await daemon.greet(asked.token)
    expect(await beside.refusal('mailbox.nack', { delivery, attempt: 1 })).toBe('stale_attempt')
    expect(await beside.call('mailbox.extend', { deliveries: [{ delivery, attempt: 1 }] })).toEqual({ extended: 0, stale: [delivery] })
    expect(await beside.call('mailbox.ack', { deliveries: [delivery] })).toEqual({ acked: 1 })
    expect(await stateOf(delivery)).toBe('acked')
  })

  it('8: may ack after the visibility timeout', async () => {
    await using bob = await consume()
    const { delivery } = await ask()
    await bob.notification('mailbox.deliver')
    daemon.clock.advance(LIMITS.visibilityMs)
    await expect.poll(() => stateOf(delivery)).toBe('queued')
    expect(await bob.call('mailbox.ack', { deliveries: [delivery] })).toEqual({ acked: 1 })
    daemon.clock.advance(LIMITS.backoffFirstMs)
    expect(await bob.call('mailbox.ack', { deliveries: [delivery] })).toEqual({ acked: 0 })
    expect(bob.frames.filter((frame) => frame.method === 'mailbox.deliver')).toHaveLength(1)
  })

  it('9: may not nack or extend after the visibility timeout', async () => {
    await using bob = await consume()
    const { delivery } = await ask()
    await bob.notification('mailbox.deliver')
    daemon.clock.advance(LIMITS.visibilityMs)
    await expect.poll(() => stateOf(delivery)).toBe('queued')
    expect(await bob.refusal('mailbox.nack', { delivery, attempt: 1 })).toBe('stale_attempt')
    expect(await bob.call('mailbox.extend', { deliveries: [{ delivery, attempt: 1 }] })).toMatchObject({ stale: [delivery] })
    daemon.clock.advance(LIMITS.backoffFirstMs)
    expect(await bob.notification('mailbox.deliver')).toMatchObject({ delivery, attempt: 2, redelivered: true })
  })

  it('9: keeps what it extends', async () => {
    await using bob = await consume()
    const { delivery } = await ask()
    await bob.notification('mailbox.deliver')
    for (let round = 0; round < 5; round += 1) {
      daemon.clock.advance(LIMITS.visibilityMs - 1_000)
      // Signs of life, since this much time is many heartbeats.
      for (const connection of daemon.daemon.core.gateway.connections) if (connection instanceof Connection) connection.onPong()
      expect(await bob.call('mailbox.extend', { deliveries: [{ delivery, attempt: 1 }] })).toEqual({ extended: 1, stale: [] })
    }
    expect(await bob.call('mailbox.nack', { delivery, attempt: 1 })).toMatchObject({ delivery: { failures: 1 } })
  })

  it('10: that is lost before its ack is offered the same again', async () => {
    const bob = await consume()
    const { delivery } = await ask()
    await bob.notification('mailbox.deliver')
    bob.socket.terminate()
    await bob.closed
    await using again = await consume()
    expect(await again.notification('mailbox.deliver')).toMatchObject({ delivery, redelivered: true, attempt: 2 })
  })

  it('10: that closes in order is offered the same again, uncounted', async () => {
    const bob = await consume()
    const { delivery } = await ask()
    await bob.notification('mailbox.deliver')
    await bob[Symbol.asyncDispose]()
    await using again = await consume()
    expect(await again.notification('mailbox.deliver')).toMatchObject({ delivery, redelivered: true, attempt: 1 })
  })
})

describe('the end of an ask', () => {
  it('13: that is in flight withdraws it and tells its consumer', async () => {
    await using bob = await consume()
    const { thread, delivery } = await ask()
    await bob.notification('mailbox.deliver')
    await asker.call('threads.cancel', { thread, reason: 'Never mind.' })
    expect(await bob.notification('thread.closed')).toMatchObject({ thread, state: 'cancelled', reason: 'Never mind.', by: { name: 'ada' } })
    expect(await stateOf(delivery)).toBe('withdrawn')
    expect(await bob.call('mailbox.ack', { deliveries: [delivery] })).toEqual({ acked: 0 })
    expect(bob.frames.filter((frame) => frame.method === 'mailbox.deliver')).toHaveLength(1)
  })

  it('14: that was acked is delivered, before everything that is queued', async () => {
    await using bob = await daemon.greet(asked.token, { consume: true, prefetch: 1 })
    const { thread, delivery } = await ask()
    await bob.notification('mailbox.deliver')
    await bob.call('mailbox.ack', { deliveries: [delivery] })
    for (const body of ['first', 'second', 'third']) await asker.call('threads.notify', { to: 'bob', body })
    expect(await bob.notification('mailbox.deliver')).toMatchObject({ message: { body: 'first' } })
    await asker.call('threads.cancel', { thread })
    expect(await bob.notification('mailbox.deliver')).toMatchObject({ message: { kind: 'cancel' }, thread: { id: thread, state: 'cancelled' } })
  })

  it('15: that is queued is never heard of', async () => {
    const { thread, delivery } = await ask()
    await asker.call('threads.cancel', { thread })
    expect(await stateOf(delivery)).toBe('withdrawn')
    await using bob = await consume()
    await asker.call('threads.notify', { to: 'bob', body: 'after' })
    expect(await bob.notification('mailbox.deliver')).toMatchObject({ message: { body: 'after' } })
  })

  it('24: that came before a wait, or comes during it, ends the wait', async () => {
    await using bob = await consume()
    const { thread } = await ask()
    const during = asker.post('threads.wait', { thread, timeout: '1h' })
    await asker.say('node.ping')
    await bob.call('threads.answer', { thread, body: '42' })
    for (const wait of [during, asker.post('threads.wait', { thread })]) {
      expect((await asker.reply(wait)).result).toMatchObject({ timedOut: false, thread: { state: 'answered' }, messages: [{ kind: 'answer', body: '42' }] })
    }
  })
})

describe('a command', () => {
  it('11: whose reply was lost is repeated with its key, and happens once', async () => {
    const me = await daemon.register({ name: 'carol' })
    const first = await daemon.greet(me.token)
    const release = daemon.clock.hold()
    await queue(first, 'threads.notify', { to: 'bob', body: 'Once.', key: 'once' })
    first.socket.terminate()
    await first.closed
    release()
    await using again = await daemon.greet(me.token)
    const { sent } = await again.call('threads.notify', { to: 'bob', body: 'Once.', key: 'once' })
    expect(sent).toHaveLength(1)
    await using bob = await daemon.greet(asked.token)
    expect(await bob.call('mailbox.peek', {})).toMatchObject({ waiting: 1 })
  })

  it('22: that meets one of the same key happens once; of another input it is refused', async () => {
    await using bob = await daemon.greet(asked.token)
    const release = daemon.clock.hold()
    const input = { to: 'bob', body: 'Once.', key: 'same' }
    const ids = [
      await queue(asker, 'threads.notify', input),
      await queue(asker, 'threads.notify', input),
      await queue(asker, 'threads.notify', { ...input, body: 'Twice.' }),
    ]
    release()
    const [first, second, third] = await Promise.all(ids.map((id) => asker.reply(id)))
    expect(second?.result).toEqual(first?.result)
    expect(third?.error?.data).toMatchObject({ code: 'idempotency_mismatch', key: 'same' })
    expect(await bob.call('mailbox.peek', {})).toMatchObject({ waiting: 1 })
  })

  it('26: for a name that another takes at the same time is refused', async () => {
    await using one = await daemon.greet(daemon.enrolmentToken)
    await using two = await daemon.greet(daemon.enrolmentToken)
    const replies = await Promise.all([one.reply(one.post('peers.register', { name: 'dave' })), two.reply(two.post('peers.register', { name: 'Dave' }))])
    expect(replies.map((reply) => reply.error?.data.code).sort()).toEqual(['name_taken', undefined])
  })
})

describe('a topic', () => {
  it('25: is superseded while it is queued, not once it was offered', async () => {
    const topic = 'load'
    await asker.call('threads.notify', { to: 'bob', body: '1', topic })
    await asker.call('threads.notify', { to: 'bob', body: '2', topic })
    await using bob = await consume()
    expect(await bob.notification('mailbox.deliver')).toMatchObject({ message: { body: '2' } })
    await asker.call('threads.notify', { to: 'bob', body: '3', topic })
    expect(await bob.notification('mailbox.deliver')).toMatchObject({ message: { body: '3' } })
    expect(bob.frames.filter((frame) => frame.method === 'mailbox.deliver')).toHaveLength(2)
  })
})

describe('an orderly stop', () => {
  it('18: commits and answers what it has received, says bye, and counts nothing', async () => {
    await using bob = await consume()
    await ask()
    await bob.notification('mailbox.deliver')
    const release = daemon.clock.hold()
    const last = await queue(asker, 'threads.notify', { to: 'bob', body: 'Last words.' })
    const stopped = daemon.daemon.stop()
    release()
    expect((await asker.reply(last)).result).toMatchObject({ sent: [{ to: { name: 'bob' } }] })
    for (const wire of [asker, bob]) {
      expect(await wire.closed).toEqual({ code: 1012, reason: 'shutting_down' })
      expect(wire.frames.at(-1)).toMatchObject({ method: 'bye', params: { reason: 'shutting_down', reconnect: true } })
    }
    await stopped
    const rows = daemon.dump()['deliveries'] as { attempt: number; failures: number; state: string }[]
    expect(rows).toMatchObject([
      { attempt: 0, failures: 0, state: 'queued' },
      { attempt: 0, failures: 0, state: 'queued' },
    ])
    await daemon[Symbol.asyncDispose]()
    daemon = await TestDaemon.start()
    await expect(Wire.open(daemon.url, asked.token)).rejects.toMatchObject({ code: 'unauthenticated' })
  })
})
