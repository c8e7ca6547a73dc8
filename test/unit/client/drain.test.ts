import { beforeEach, describe, expect, it } from 'vitest'
import type { MessageContext } from '../../../client/handlers.ts'
import { delivery, HOLD, type ScriptedServer, sent, thread } from '../../support/scripted-server.ts'
import { createScene, outcome, type Scene } from './harness.ts'

let scene: Scene
let server: ScriptedServer
let runs: { context: MessageContext; finish: (result: string) => void }[]
const onAsk = (_body: string, context: MessageContext) =>
  new Promise<string>((finish) => {
    runs.push({ context, finish })
  })
beforeEach(() => {
  scene = createScene()
  server = scene.server
  runs = []
  server.on('threads.answer', () => ({ thread: thread(1, 'answered'), message: 'msg_k7qm2x5', late: false }))
})

async function deliver(...deliveries: ReturnType<typeof delivery>[]): Promise<void> {
  for (const one of deliveries) server.connection.notify('mailbox.deliver', one)
  await scene.clock.settle()
}

describe('drain()', () => {
  it('with nothing to do closes at once', async () => {
    const me = await scene.connect({ token: 'token', onAsk })
    const states: string[] = []
    me.on('status', ({ state }) => states.push(state))
    const draining = outcome(me.drain())
    await scene.clock.settle()
    expect(draining.state()).toBe('resolved')
    expect(states).toEqual(['draining', 'closed'])
    expect(server.connection.closedWith).toBe(1000)
    expect(scene.clock.pending).toBe(0)
  })

  it('waits for the handlers that run, and starts no others', async () => {
    const me = await scene.connect({ token: 'token', onAsk, prefetch: 1 })
    await deliver(delivery('ask', 1), delivery('ask', 2))
    const draining = outcome(me.drain())
    await deliver(delivery('ask', 3))
    expect([draining.state(), runs.length, server.connection.isOpen]).toEqual(['pending', 1, true])
    runs[0]?.finish('done')
    await scene.clock.settle()
    expect(draining.state()).toBe('resolved')
    expect(server.received('threads.answer')).toHaveLength(1)
    expect([runs.length, server.received('mailbox.ack')]).toEqual([1, []])
  })

  it('lets a handler finish that waits for an answer itself', async () => {
    server.on('threads.ask', () => sent(7))
    const me = await scene.connect({ token: 'token', onAsk: async (_body, { ask }) => (await ask('b', 'x')).body })
    await deliver(delivery('ask', 1))
    const draining = outcome(me.drain())
    await deliver(delivery('answer', 8, { thread: 7, body: 'from b' }))
    expect(server.received('threads.answer')).toMatchObject([{ body: 'from b' }])
    expect(draining.state()).toBe('resolved')
  })

  it('waits until its acks and calls are confirmed, across a lost connection', async () => {
    server.on('mailbox.ack', () => HOLD)
    server.on('threads.notify', () => HOLD)
    const me = await scene.connect({ token: 'token', onNotify: () => {} })
    await deliver(delivery('notify', 1))
    const sending = outcome(me.notify('other', 'x'))
    const draining = outcome(me.drain())
    await scene.clock.settle()
    server.connection.drop()
    await scene.clock.settle(1_000)
    expect([draining.state(), me.status.state]).toEqual(['pending', 'draining'])
    server.connection.reply(server.connection.idOf('mailbox.ack'), { acked: 1 })
    await scene.clock.settle()
    expect(draining.state()).toBe('pending')
    server.connection.reply(server.connection.idOf('threads.notify'), sent(1))
    await scene.clock.settle()
    expect([draining.state(), sending.state()]).toEqual(['resolved', 'resolved'])
  })

  it('acknowledges the answers that come while it waits', async () => {
    server.on('threads.ask', () => sent(7))
    server.on('threads.notify', () => HOLD)
    const me = await scene.connect()
    const asking = outcome(me.ask('other', 'x'))
    outcome(me.notify('other', 'keeps it waiting'))
    await scene.clock.settle()
    outcome(me.drain())
    await deliver(delivery('answer', 8, { thread: 7 }))
    expect([asking.state(), server.received('mailbox.ack')]).toEqual(['resolved', [{ deliveries: ['dlv_k7qm2x8'] }]])
  })

  it('does not wait for the answers of others', async () => {
    server.on('threads.wait', () => HOLD)
    const me = await scene.connect()
    const result = outcome(me.handle('thr_k7qm2x1').result())
    await scene.clock.settle()
    const draining = outcome(me.drain())
    await scene.clock.settle()
    expect([draining.state(), result.error()]).toMatchObject(['resolved', { code: 'closed' }])
  })

  it('is over in time: what still runs is aborted', async () => {
    const me = await scene.connect({ token: 'token', onAsk })
    await deliver(delivery('ask', 1))
    const draining = outcome(me.drain({ timeoutMs: 3_000 }))
    await scene.clock.settle(2_999)
    expect([draining.state(), runs[0]?.context.signal.aborted]).toEqual(['pending', false])
    await scene.clock.settle(1)
    expect([draining.state(), runs[0]?.context.signal.aborted]).toEqual(['resolved', true])
    expect(scene.clock.pending).toBe(0)
  })

  it('is one procedure, however often it is asked for', async () => {
    const me = await scene.connect({ token: 'token', onAsk })
    await deliver(delivery('ask', 1))
    expect(me.drain()).toBe(me.drain())
  })

  it('is cut short by close()', async () => {
    const me = await scene.connect({ token: 'token', onAsk })
    await deliver(delivery('ask', 1))
    const both = [me.drain(), me.close()].map(outcome)
    await scene.clock.settle()
    expect(both.map(({ state }) => state())).toEqual(['resolved', 'resolved'])
  })

  it('after close() is done', async () => {
    const me = await scene.connect()
    const all = [me.close(), me.close(), me.drain()].map(outcome)
    await scene.clock.settle()
    expect(all.map(({ state }) => state())).toEqual(['resolved', 'resolved', 'resolved'])
  })

  it('is what `await using` does', async () => {
    const body = (async () => {
      await using me = await scene.begin()
      return me.status.state
    })()
    const used = outcome(body)
    await scene.clock.settle()
    expect(used.value()).toBe('online')
    expect(server.connection.closedWith).toBe(1000)
  })
})
