import { beforeEach, describe, expect, it } from 'vitest'
import { AskError } from '../../../client/client-error.ts'
import { MusterError } from '../../../src/errors.ts'
import { delivery, HOLD, hello, message, ref, type ScriptedServer, sent, thread } from '../../support/scripted-server.ts'
import { createScene, outcome, type Scene } from './harness.ts'

let scene: Scene
let server: ScriptedServer
beforeEach(() => {
  scene = createScene()
  server = scene.server
  server.on('threads.ask', () => sent(1))
  server.on('threads.cancel', () => ({ thread: thread(1, 'cancelled'), changed: true }))
})

/** The daemon's word about thread 1 to those who wait for its end. */
function closedAs(state: 'answered' | 'declined' | 'cancelled' | 'expired' | 'failed', reason: string | null = null): void {
  const messages = state === 'answered' ? [message('reply', 3, 'thr_k7qm2x1', 'soon'), message('answer', 4, 'thr_k7qm2x1', 'from the thread')] : []
  server.on('threads.wait', () => ({ thread: thread(1, state, reason), messages, timedOut: false }))
}

describe('ask()', () => {
  it('resolves with the answer that is delivered, and acknowledges it', async () => {
    const me = await scene.connect()
    const asking = outcome(me.ask('other', 'how many?', { deadline: '15m', priority: 'urgent' }))
    await scene.clock.settle()
    expect(server.received('threads.ask')).toEqual([{ to: 'other', body: 'how many?', deadline: '15m', priority: 'urgent', key: expect.any(String) }])
    expect(asking.state()).toBe('pending')
    server.connection.notify('mailbox.deliver', delivery('answer', 2, { thread: 1, body: 'forty-two' }))
    await scene.clock.settle()
    expect(asking.value()).toMatchObject({ body: 'forty-two', from: { name: 'other' }, thread: 'thr_k7qm2x1' })
    expect(server.received('mailbox.ack')).toEqual([{ deliveries: ['dlv_k7qm2x2'] }])
    expect(server.received('threads.wait' as never)).toEqual([])
  })

  it('is not overtaken by an answer that comes right behind the reply', async () => {
    const unclaimed: string[] = []
    server.on('threads.ask', (_params, connection) => {
      connection.reply(connection.idOf('threads.ask'), sent(1))
      connection.notify('mailbox.deliver', delivery('answer', 2, { thread: 1 }))
      return HOLD
    })
    const me = await scene.connect({ token: 'token', onMessage: (body) => unclaimed.push(body) })
    const asking = outcome(me.ask('other', 'x'))
    scene.clock.advance(0) // Reply and answer are read in one go, before any promise can react.
    await scene.clock.settle()
    expect([asking.state(), unclaimed]).toEqual(['resolved', []])
  })

  it.each([
    ['decline', 'declined'],
    ['expire', 'expired'],
    ['fail', 'failed'],
  ] as const)('rejects when a %s is delivered', async (kind, code) => {
    const me = await scene.connect()
    const asking = outcome(me.ask('other', 'x'))
    await scene.clock.settle()
    server.connection.notify('mailbox.deliver', delivery(kind, 2, { thread: 1, body: 'because' }))
    await scene.clock.settle()
    expect(asking.error()).toBeInstanceOf(AskError)
    expect(asking.error()).toMatchObject({ code, message: 'because', thread: 'thr_k7qm2x1', by: { name: 'other' } })
    expect(server.received('mailbox.ack')).toEqual([{ deliveries: ['dlv_k7qm2x2'] }])
  })

  it('rejects with what the daemon refused', async () => {
    server.on('threads.ask', () => {
      throw new MusterError('not_found')
    })
    const me = await scene.connect()
    const asking = outcome(me.ask('nobody', 'x'))
    await scene.clock.settle()
    expect(asking.error()).toMatchObject({ code: 'not_found' })
  })

  it('survives a lost connection while it waits', async () => {
    const me = await scene.connect()
    const asking = outcome(me.ask('other', 'x'))
    await scene.clock.settle()
    server.connection.drop()
    await scene.clock.settle(1_000)
    server.connection.notify('mailbox.deliver', delivery('answer', 2, { thread: 1 }))
    await scene.clock.settle()
    expect(asking.state()).toBe('resolved')
    expect(server.received('threads.ask')).toHaveLength(1)
  })

  it('whose reply was lost gets the answer that is delivered before it is known to have been asked', async () => {
    const unclaimed: string[] = []
    server.on('threads.ask', () => HOLD)
    const me = await scene.connect({ token: 'token', onMessage: (body) => unclaimed.push(body) })
    const asking = outcome(me.ask('other', 'x'))
    await scene.clock.settle()
    server.connection.drop()
    server.onHello((_params, connection) => {
      queueMicrotask(() => connection.notify('mailbox.deliver', delivery('answer', 2, { thread: 1 })))
      return hello(connection.token)
    })
    await scene.clock.settle(1_000)
    expect([asking.state(), unclaimed]).toEqual(['pending', []])
    server.on('threads.wait', () => HOLD)
    server.connection.reply(server.connection.idOf('threads.ask'), sent(1))
    await scene.clock.settle()
    expect([asking.state(), unclaimed]).toEqual(['resolved', []])
    expect(server.received('mailbox.ack')).toEqual([{ deliveries: ['dlv_k7qm2x2'] }])
  })

  it('holds nobody else’s answer back longer than that', async () => {
    const unclaimed: string[] = []
    server.on('threads.ask', () => HOLD)
    const me = await scene.connect({ token: 'token', onMessage: (body) => unclaimed.push(body) })
    const asking = outcome(me.ask('other', 'x'))
    await scene.clock.settle()
    server.connection.drop()
    await scene.clock.settle(1_000)
    server.connection.notify('mailbox.deliver', delivery('answer', 9, { body: 'of an earlier run' }))
    await scene.clock.settle()
    expect(unclaimed).toEqual([])
    server.connection.fail(server.connection.idOf('threads.ask'), new MusterError('not_found'))
    await scene.clock.settle()
    expect(unclaimed).toEqual(['of an earlier run'])
    expect(asking.state()).toBe('rejected')
  })

  it('of which nobody awaits the reply holds nothing back', async () => {
    const unclaimed: string[] = []
    server.on('threads.ask', () => HOLD)
    const me = await scene.connect({ token: 'token', onMessage: (body) => unclaimed.push(body) })
    outcome(me.cast('other', 'x'))
    await scene.clock.settle()
    server.connection.drop()
    await scene.clock.settle(1_000)
    server.connection.notify('mailbox.deliver', delivery('answer', 2, { thread: 1, body: 'to the cast' }))
    await scene.clock.settle()
    expect(unclaimed).toEqual(['to the cast'])
  })

  it('whose key was used before asks the daemon, since the answer may have been delivered long ago', async () => {
    closedAs('answered')
    const me = await scene.connect()
    const asking = outcome(me.ask('other', 'x', { key: 'job-1' }))
    await scene.clock.settle()
    expect(asking.value().body).toBe('from the thread')
  })

  it('with a signal withdraws the ask when it fires', async () => {
    const me = await scene.connect()
    const abort = new AbortController()
    const asking = outcome(me.ask('other', 'x', { signal: abort.signal }))
    await scene.clock.settle()
    abort.abort()
    await scene.clock.settle()
    expect(asking.error()).toMatchObject({ code: 'aborted' })
    expect(server.received('threads.cancel')).toMatchObject([{ thread: 'thr_k7qm2x1' }])
  })

  it('with a signal that fires before the daemon has replied withdraws it then', async () => {
    server.on('threads.ask', () => HOLD)
    const me = await scene.connect()
    const abort = new AbortController()
    const asking = outcome(me.ask('other', 'x', { signal: abort.signal }))
    await scene.clock.settle()
    abort.abort()
    server.connection.reply(server.connection.idOf('threads.ask'), sent(1))
    await scene.clock.settle()
    expect(asking.error()).toMatchObject({ code: 'aborted' })
    expect(server.received('threads.cancel')).toHaveLength(1)
  })

  it('out of patience leaves the ask open, and its answer goes to onMessage', async () => {
    const unclaimed: string[] = []
    const me = await scene.connect({ token: 'token', onMessage: (body) => unclaimed.push(body) })
    const asking = outcome(me.ask('other', 'x', { timeoutMs: 1_000 }))
    await scene.clock.settle(1_000)
    expect(asking.error()).toMatchObject({ code: 'timeout' })
    server.connection.notify('mailbox.deliver', delivery('answer', 2, { thread: 1, body: 'sorry, late' }))
    await scene.clock.settle()
    expect(unclaimed).toEqual(['sorry, late'])
    expect(server.received('threads.cancel')).toEqual([])
  })

  it('does not take a late answer for the answer', async () => {
    const unclaimed: string[] = []
    server.on('threads.wait', () => HOLD)
    const me = await scene.connect({ token: 'token', onMessage: (body) => unclaimed.push(body) })
    const waiting = outcome(me.handle('thr_k7qm2x1').result())
    server.connection.notify('mailbox.deliver', delivery('answer', 2, { thread: 1, body: 'late', late: true }))
    await scene.clock.settle()
    expect([waiting.state(), unclaimed]).toEqual(['pending', ['late']])
  })

  it('is rejected when the connection is closed for good', async () => {
    const me = await scene.connect()
    const asking = outcome(me.ask('other', 'x'))
    await scene.clock.settle()
    server.connection.close(4409)
    await scene.clock.settle()
    expect(asking.error()).toMatchObject({ code: 'closed', cause: { code: 'replaced' } })
  })

  it('learns of a cancellation from elsewhere', async () => {
    const me = await scene.connect()
    const asking = outcome(me.ask('other', 'x'))
    await scene.clock.settle()
    closedAs('cancelled', 'no longer needed')
    server.connection.notify('thread.closed', { thread: 'thr_k7qm2x1', state: 'cancelled', reason: 'no longer needed', by: ref('me', 1) })
    await scene.clock.settle()
    expect(asking.error()).toMatchObject({ code: 'cancelled', message: 'no longer needed' })
  })
})

describe('a peer that consumes nothing', () => {
  it('gets its answer by waiting in the thread, question by question', async () => {
    const replies = [{ thread: thread(1, 'open'), messages: [], timedOut: true }]
    server.on('threads.wait', () => replies.shift() ?? HOLD)
    const me = await scene.connect({ token: 'token', consume: false })
    const asking = outcome(me.ask('other', 'x'))
    await scene.clock.settle()
    expect(asking.state()).toBe('pending')
    expect(server.received('threads.wait')).toEqual(Array(2).fill({ thread: 'thr_k7qm2x1', until: 'closed', timeout: '45s' }))
    closedAs('answered')
    server.connection.drop()
    await scene.clock.settle(1_000)
    expect(asking.value().body).toBe('from the thread')
  })
})

describe('cast()', () => {
  it('resolves when the daemon has the ask, and says who got it', async () => {
    const me = await scene.connect()
    const casting = outcome(me.cast('other', 'x'))
    await scene.clock.settle()
    expect(casting.value()).toMatchObject({ thread: 'thr_k7qm2x1', sent: { to: { name: 'other' }, state: 'queued', reach: 'push' } })
  })
})

describe('a handle', () => {
  it('made in another process finds an answer that came long ago', async () => {
    closedAs('answered')
    const me = await scene.connect()
    const result = outcome(me.handle('thr_k7qm2x1').result())
    await scene.clock.settle()
    expect(result.value().body).toBe('from the thread')
  })

  it('finds an answer that is not among the messages it was given', async () => {
    server.on('threads.wait', () => ({ thread: thread(1, 'answered'), messages: [message('reply', 3, 'thr_k7qm2x1', 'first page')], timedOut: false }))
    server.on('threads.get', () => ({ thread: thread(1, 'answered'), messages: [message('answer', 99, 'thr_k7qm2x1', 'at last')], before: null }))
    const me = await scene.connect()
    const result = outcome(me.handle('thr_k7qm2x1').result())
    await scene.clock.settle()
    expect(result.value().body).toBe('at last')
  })

  it.each(['declined', 'cancelled', 'expired', 'failed'] as const)('of an ask that was %s rejects', async (state) => {
    closedAs(state, 'because')
    const me = await scene.connect()
    const result = outcome(me.handle('thr_k7qm2x1').result())
    await scene.clock.settle()
    expect(result.error()).toMatchObject({ code: state, message: 'because', by: { name: 'other' } })
  })

  it('that already gave the answer acknowledges its delivery without showing it to onMessage', async () => {
    const unclaimed: string[] = []
    closedAs('answered')
    const me = await scene.connect({ token: 'token', onMessage: (body) => unclaimed.push(body) })
    const result = outcome(me.handle('thr_k7qm2x1').result())
    await scene.clock.settle()
    server.connection.notify('mailbox.deliver', delivery('answer', 2, { thread: 1 }))
    await scene.clock.settle()
    expect([result.state(), unclaimed]).toEqual(['resolved', []])
    expect(server.received('mailbox.ack')).toEqual([{ deliveries: ['dlv_k7qm2x2'] }])
  })

  it('serves several who wait with one question', async () => {
    server.on('threads.wait', () => HOLD)
    const me = await scene.connect()
    const handle = me.handle('thr_k7qm2x1')
    const results = [handle.result(), handle.result(), handle.result({ timeoutMs: 10 })].map(outcome)
    await scene.clock.settle(10)
    server.connection.notify('mailbox.deliver', delivery('answer', 2, { thread: 1 }))
    await scene.clock.settle()
    expect(results.map(({ state }) => state())).toEqual(['resolved', 'resolved', 'rejected'])
    expect(server.received('threads.wait')).toHaveLength(1)
  })

  it('cancels, and whoever waits is told', async () => {
    const me = await scene.connect()
    const asking = outcome(me.ask('other', 'x'))
    await scene.clock.settle()
    closedAs('cancelled', 'changed my mind')
    const cancelling = outcome(me.handle('thr_k7qm2x1').cancel('changed my mind'))
    await scene.clock.settle()
    expect(server.received('threads.cancel')).toEqual([{ thread: 'thr_k7qm2x1', reason: 'changed my mind', key: expect.any(String) }])
    expect([cancelling.state(), asking.error()]).toMatchObject(['resolved', { code: 'cancelled' }])
  })
})

describe('wait()', () => {
  it('asks again until something happens', async () => {
    let asked = 0
    server.on('threads.wait', () => ({ thread: thread(1, 'open'), messages: asked ? [message('reply', 3, 'thr_k7qm2x1', 'news')] : [], timedOut: !asked++ }))
    const me = await scene.connect()
    const waiting = outcome(me.wait('thr_k7qm2x1', { until: 'message', after: 'msg_k7qm2x1' }))
    await scene.clock.settle()
    expect(waiting.value().messages.map(({ body }) => body)).toEqual(['news'])
    expect(server.received('threads.wait')).toEqual(Array(2).fill({ thread: 'thr_k7qm2x1', until: 'message', after: 'msg_k7qm2x1' }))
  })

  it('ends in time, and asks no more', async () => {
    server.on('threads.wait', () => HOLD)
    const me = await scene.connect()
    const waiting = outcome(me.wait('thr_k7qm2x1', { timeoutMs: 1_000 }))
    await scene.clock.settle(1_000)
    expect(waiting.error()).toMatchObject({ code: 'timeout' })
    server.connection.reply(server.connection.idOf('threads.wait'), { thread: thread(1, 'open'), messages: [], timedOut: true })
    await scene.clock.settle()
    expect(server.received('threads.wait')).toHaveLength(1)
  })
})
