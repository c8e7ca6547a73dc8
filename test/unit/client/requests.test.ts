import { beforeEach, describe, expect, it } from 'vitest'
import { MusterError } from '../../../src/errors.ts'
import { delivery, HOLD, type ScriptedServer, sent } from '../../support/scripted-server.ts'
import { createScene, outcome, type Scene } from './harness.ts'

let scene: Scene
let server: ScriptedServer
beforeEach(() => {
  scene = createScene()
  server = scene.server
})

describe('a call', () => {
  it('carries an idempotency key where the operation takes one, and leaves a given one alone', async () => {
    server.on('threads.notify', () => sent(1))
    const me = await scene.connect()
    await Promise.all([me.notify('a', 'x'), me.notify('a', 'y'), me.notify('a', 'z', { key: 'mine' }), scene.clock.settle()])
    const keys = server.received('threads.notify').map(({ key }) => key)
    expect(keys[0]).toMatch(/^[0-9a-z]+\.[0-9a-z]+$/)
    expect(new Set(keys).size).toBe(3)
    expect(keys[2]).toBe('mine')
  })

  it('in flight when the connection is lost is sent again with the same id, key and order, before anything newer', async () => {
    server.on('threads.notify', () => HOLD)
    const me = await scene.connect()
    const calls = [me.notify('a', 'first'), me.notify('a', 'second')].map(outcome)
    await scene.clock.settle()
    server.connection.drop()
    await scene.clock.settle()
    calls.push(outcome(me.notify('a', 'third')))
    server.on('threads.notify', () => sent(1))
    await scene.clock.settle(1_000)
    expect(calls.map(({ state }) => state())).toEqual(['resolved', 'resolved', 'resolved'])
    const [before, after] = server.connections.map(({ requests }) => requests.filter(({ method }) => method === 'threads.notify'))
    expect(after?.slice(0, 2)).toEqual(before)
    expect(after?.[2]?.params).toMatchObject({ body: 'third' })
  })

  it('that mints something without a key is not repeated: its caller is told', async () => {
    server.on('credentials.create', () => HOLD)
    const me = await scene.connect()
    const call = outcome(me.call('credentials.create', {}))
    await scene.clock.settle()
    server.connection.drop()
    await scene.clock.settle(1_000)
    expect(call.error()).toMatchObject({ code: 'disconnected' })
    expect(server.received('credentials.create')).toHaveLength(1)
  })

  it('rejects with what the daemon refused', async () => {
    server.on('threads.notify', () => {
      throw new MusterError('ambiguous_address', { candidates: ['a@one', 'a@two'] })
    })
    const me = await scene.connect()
    const call = outcome(me.notify('a', 'x'))
    await scene.clock.settle()
    expect(call.error()).toBeInstanceOf(MusterError)
    expect(call.error()).toMatchObject({ code: 'ambiguous_address', details: { candidates: ['a@one', 'a@two'] } })
  })

  it('is tried again while the daemon cannot commit, with a backoff and the same key', async () => {
    server.on('threads.notify', () => {
      throw new MusterError('unavailable')
    })
    const me = await scene.connect()
    const call = outcome(me.notify('a', 'x'))
    await scene.clock.settle(2_000)
    expect(call.state()).toBe('pending')
    server.on('threads.notify', () => sent(1))
    await scene.clock.settle(4_000)
    expect(call.state()).toBe('resolved')
    const tries = server.received('threads.notify')
    expect(tries.length).toBeGreaterThan(3)
    expect(tries.length).toBeLessThan(7)
    expect(new Set(tries.map(({ key }) => key)).size).toBe(1)
  })

  it('leaves a full mailbox to its caller', async () => {
    server.on('threads.notify', () => {
      throw new MusterError('mailbox_full')
    })
    const me = await scene.connect()
    const call = outcome(me.notify('a', 'x'))
    await scene.clock.settle()
    expect(call.error()).toMatchObject({ code: 'mailbox_full', retryable: true })
  })

  it('ends in time, and what answers it later is nobody’s', async () => {
    server.on('threads.notify', () => HOLD)
    const me = await scene.connect()
    const call = outcome(me.notify('a', 'x', { timeoutMs: 500 }))
    await scene.clock.settle(499)
    expect(call.state()).toBe('pending')
    await scene.clock.settle(1)
    expect(call.error()).toMatchObject({ code: 'timeout' })
    server.connection.reply(server.connection.idOf('threads.notify'), sent(1))
    await scene.clock.settle()
    server.connection.drop()
    await scene.clock.settle(1_000)
    expect(server.connection.received('threads.notify')).toEqual([])
  })

  it('ends with its signal', async () => {
    server.on('threads.notify', () => HOLD)
    const me = await scene.connect()
    const abort = new AbortController()
    const call = outcome(me.notify('a', 'x', { signal: abort.signal }))
    await scene.clock.settle()
    abort.abort('enough')
    await scene.clock.settle()
    expect(call.error()).toMatchObject({ code: 'aborted', cause: 'enough' })
    expect(outcome(me.notify('a', 'y', { signal: abort.signal })).state()).toBe('pending')
    await scene.clock.settle()
    expect(server.received('threads.notify')).toHaveLength(1)
  })

  it('waits for a connection, and is given up after 30 s', async () => {
    const me = await scene.connect()
    server.reception = 'unreachable'
    server.connection.drop()
    await scene.clock.settle()
    const call = outcome(me.notify('a', 'x'))
    await scene.clock.settle(29_999)
    expect(call.state()).toBe('pending')
    await scene.clock.settle(1)
    expect(call.error()).toMatchObject({ code: 'timeout' })
  })

  it('too large for a frame is refused here, since it would cost the connection', async () => {
    const me = await scene.connect()
    const call = outcome(me.notify('a', '\u0001'.repeat(200_000)))
    await scene.clock.settle()
    expect(call.error()).toMatchObject({ code: 'too_large' })
    expect(server.received('threads.notify')).toEqual([])
  })
})

describe('the queue', () => {
  it('is bounded: one call more than 10,000 is refused, while acks still find room', async () => {
    server.on('threads.notify', () => sent(1))
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const me = await scene.connect({ token: 'token', onNotify: () => finished })
    server.connection.notify('mailbox.deliver', delivery('notify', 1))
    await scene.clock.settle()
    server.connection.drop()
    await scene.clock.settle()
    const calls = Array.from({ length: 10_001 }, () => outcome(me.notify('a', 'x')))
    finish()
    await scene.clock.settle()
    expect(calls.at(-1)?.error()).toMatchObject({ code: 'queue_full' })
    await scene.clock.settle(1_000)
    expect(calls.filter(({ state }) => state() === 'resolved')).toHaveLength(10_000)
    expect(server.received('mailbox.ack')).toEqual([{ deliveries: ['dlv_k7qm2x1'] }])
  })

  it('keeps at most 1,000 requests in flight', async () => {
    server.on('threads.notify', () => HOLD)
    const me = await scene.connect()
    const calls = Array.from({ length: 1_001 }, () => outcome(me.notify('a', 'x')))
    await scene.clock.settle()
    expect(server.received('threads.notify')).toHaveLength(1_000)
    server.connection.reply(server.connection.idOf('threads.notify'), sent(1))
    await scene.clock.settle()
    expect(server.received('threads.notify')).toHaveLength(1_001)
    expect(calls.filter(({ state }) => state() === 'resolved')).toHaveLength(1)
  })
})

describe('after close()', () => {
  it('everything that waits is rejected, and so is what comes later', async () => {
    server.on('threads.notify', () => HOLD)
    const me = await scene.connect()
    const waiting = outcome(me.notify('a', 'x'))
    await scene.clock.settle()
    const closing = me.close()
    const later = outcome(me.notify('a', 'y'))
    await scene.clock.settle()
    await closing
    expect([waiting.error(), later.error()]).toMatchObject([{ code: 'closed' }, { code: 'closed' }])
    expect(server.connection.closedWith).toBe(1000)
    expect(scene.clock.pending).toBe(0)
  })
})
