import { beforeEach, describe, expect, it } from 'vitest'
import { Answer, type AskResult, LATER, type MessageContext } from '../../../client/handlers.ts'
import type { JoinOptions } from '../../../client/join.ts'
import type { MusterPeer } from '../../../client/peer.ts'
import { MusterError } from '../../../src/errors.ts'
import { delivery, HOLD, hello, message, type ScriptedServer, sent, thread } from '../../support/scripted-server.ts'
import { createScene, type Scene } from './harness.ts'

let scene: Scene
let server: ScriptedServer
beforeEach(() => {
  scene = createScene()
  server = scene.server
  server.on('threads.answer', ({ delivery }) => ({ thread: thread(1, 'answered'), message: `msg_k7qm2x${delivery?.slice(-1)}`, late: false }))
  server.on('threads.decline', () => ({ thread: thread(1, 'declined'), message: 'msg_k7qm2x9', late: false }))
  server.on('mailbox.nack', () => {
    throw new MusterError('stale_attempt')
  })
})

async function connect(options: JoinOptions): Promise<{ me: MusterPeer; errors: Error[] }> {
  const me = await scene.connect({ token: 'token', ...options })
  const errors: Error[] = []
  me.on('error', (error) => errors.push(error))
  return { me, errors }
}

async function deliver(...deliveries: ReturnType<typeof delivery>[]): Promise<void> {
  for (const one of deliveries) server.connection.notify('mailbox.deliver', one)
  await scene.clock.settle()
}

async function reconnect(): Promise<void> {
  server.connection.drop()
  await scene.clock.settle(1_000)
}

/** A handler that keeps each of its runs open until the test ends it. */
function gated() {
  const runs: { context: MessageContext; answer: (result: AskResult) => void; fail: (error: Error) => void }[] = []
  const handler = (_body: string, context: MessageContext) =>
    new Promise<AskResult>((answer, fail) => {
      runs.push({ context, answer, fail })
    })
  return { runs, handler }
}

describe('an ask', () => {
  it('is answered with what the handler returns, in the same request that acknowledges it', async () => {
    await connect({ onAsk: async (body) => body.toUpperCase() })
    await deliver(delivery('ask', 1))
    expect(server.received('threads.answer')).toEqual([{ thread: 'thr_k7qm2x1', delivery: 'dlv_k7qm2x1', body: 'ASK 1', key: expect.any(String) }])
    expect(server.received('mailbox.ack')).toEqual([])
  })

  it.each<[AskResult, string]>([
    [{ ok: true }, '{"ok":true}'],
    [['a'], '["a"]'],
    [0, '0'],
    [false, 'false'],
    [null, 'null'],
  ])('is answered with %j as JSON', async (result, body) => {
    await connect({ onAsk: () => result })
    await deliver(delivery('ask', 1))
    expect(server.received('threads.answer')[0]?.body).toBe(body)
  })

  it.each([undefined, ''])('is declined when the handler returns %j', async (result) => {
    await connect({ onAsk: () => result as string })
    await deliver(delivery('ask', 1))
    expect(server.received('threads.decline')).toMatchObject([{ delivery: 'dlv_k7qm2x1', reason: 'The handler answered nothing.' }])
  })

  it.each<[string, () => never, string]>([
    ['an error', () => fail(new Error('no time')), 'no time'],
    ['an error without a message', () => fail(new RangeError()), 'RangeError'],
    ['a string', () => fail('busy'), 'busy'],
    ['nothing', () => fail(''), 'The handler failed.'],
    ['more than a reason may hold', () => fail(new Error(`${'x'.repeat(1_999)}😀`)), `${'x'.repeat(1_999)}\ufffd`],
  ])('is declined when the handler throws %s', async (_what, onAsk, reason) => {
    await connect({ onAsk })
    await deliver(delivery('ask', 1))
    expect(server.received('threads.decline')).toMatchObject([{ thread: 'thr_k7qm2x1', reason, key: expect.any(String) }])
  })

  it('is declined by a peer that takes none', async () => {
    await connect({})
    await deliver(delivery('ask', 1))
    expect(server.received('threads.decline')).toMatchObject([{ reason: 'This peer takes no asks.' }])
  })

  it('is declined when its answer is refused', async () => {
    server.on('threads.answer', () => {
      throw new MusterError('too_large')
    })
    await connect({ onAsk: () => 'long' })
    await deliver(delivery('ask', 1))
    expect(server.received('threads.decline')).toMatchObject([{ reason: 'The body is larger than the limit.' }])
  })

  it('that somebody else decided is acknowledged', async () => {
    server.on('threads.answer', () => {
      throw new MusterError('already_closed')
    })
    const { errors } = await connect({ onAsk: () => 'yes' })
    await deliver(delivery('ask', 1))
    expect(server.received('mailbox.ack')).toEqual([{ deliveries: ['dlv_k7qm2x1'] }])
    expect(errors).toEqual([])
  })

  it('that can be neither answered nor declined is given back, and the program is told', async () => {
    server.on('threads.decline', () => {
      throw new MusterError('internal')
    })
    const { errors } = await connect({})
    await deliver(delivery('ask', 1))
    expect(server.received('mailbox.nack')).toMatchObject([{ delivery: 'dlv_k7qm2x1', attempt: 1 }])
    expect(errors).toMatchObject([{ code: 'internal' }])
  })

  it('is answered with files where the handler returns an Answer of ids, or of what has one', async () => {
    await connect({ onAsk: () => new Answer('here', ['art_k7qm2x1', { id: 'att_k7qm2x2' }]) })
    await deliver(delivery('ask', 1))
    expect(server.received('threads.answer')).toMatchObject([{ body: 'here', attachments: ['art_k7qm2x1', 'att_k7qm2x2'] }])
  })

  it('is declined where the Answer says nothing', async () => {
    await connect({ onAsk: () => new Answer('', ['art_k7qm2x1']) })
    await deliver(delivery('ask', 1))
    expect(server.received('threads.decline')).toMatchObject([{ reason: 'The handler answered nothing.' }])
  })

  it('can be acknowledged now and answered later', async () => {
    await connect({ onAsk: () => LATER })
    await deliver(delivery('ask', 1))
    expect(server.received('mailbox.ack')).toEqual([{ deliveries: ['dlv_k7qm2x1'] }])
    expect(server.received('threads.answer')).toEqual([])
  })

  it('shows its handler the facts', async () => {
    const { runs, handler } = gated()
    await connect({ onAsk: handler })
    await deliver(delivery('ask', 1, { attempt: 2, owed: true }))
    expect(runs[0]?.context).toMatchObject({
      id: 'msg_k7qm2x1',
      kind: 'ask',
      thread: 'thr_k7qm2x1',
      delivery: 'dlv_k7qm2x1',
      from: { name: 'other' },
      attempt: 2,
      redelivered: true,
      owed: true,
    })
    expect(runs[0]?.context.signal.aborted).toBe(false)
  })

  it('names itself as the cause of what its handler sends', async () => {
    server.on('threads.ask', () => HOLD)
    server.on('threads.notify', () => sent(8))
    server.on('threads.reply', () => sent(9))
    await connect({
      onAsk: async (_body, context) => {
        await context.notify('a', 'note')
        await context.reply('working on it')
        await context.ask('b', 'help?')
        return 'done'
      },
    })
    await deliver(delivery('ask', 1))
    expect([server.received('threads.notify')[0], server.received('threads.ask')[0]]).toMatchObject([{ causedBy: 'msg_k7qm2x1' }, { causedBy: 'msg_k7qm2x1' }])
    expect(server.received('threads.reply')).toMatchObject([{ thread: 'thr_k7qm2x1', body: 'working on it', causedBy: 'msg_k7qm2x1' }])
  })
})

describe('a notification', () => {
  it('is acknowledged when its handler returns', async () => {
    const { runs, handler } = gated()
    await connect({ onNotify: handler })
    await deliver(delivery('notify', 1))
    expect(server.received('mailbox.ack')).toEqual([])
    runs[0]?.answer(null)
    await scene.clock.settle()
    expect(server.received('mailbox.ack')).toEqual([{ deliveries: ['dlv_k7qm2x1'] }])
  })

  it('is given back when its handler throws, with the reason in one line', async () => {
    await connect({ onNotify: () => fail(new Error('one\n\ttwo')) })
    await deliver(delivery('notify', 1, { attempt: 3 }))
    expect(server.received('mailbox.nack')).toEqual([{ delivery: 'dlv_k7qm2x1', attempt: 3, reason: 'one two' }])
  })

  it('is acknowledged by a peer that handles none', async () => {
    await connect({})
    await deliver(delivery('notify', 1))
    expect(server.received('mailbox.ack')).toEqual([{ deliveries: ['dlv_k7qm2x1'] }])
  })

  it('given back when the connection was lost is given back again as the newer attempt', async () => {
    server.on('mailbox.nack', () => HOLD)
    await connect({ onNotify: () => fail(new Error('no')) })
    await deliver(delivery('notify', 1))
    server.on('mailbox.nack', ({ attempt }) => {
      if (attempt === 1) throw new MusterError('stale_attempt')
      return HOLD
    })
    server.connection.drop()
    await scene.clock.settle()
    server.onHello((_params, connection) => {
      const answer = hello(connection.token)
      queueMicrotask(() => connection.notify('mailbox.deliver', delivery('notify', 1, { attempt: 2 })))
      return answer
    })
    await scene.clock.settle(1_000)
    expect(server.received('mailbox.nack').map(({ attempt }) => attempt)).toEqual([1, 1, 2])
  })
})

describe('every other message', () => {
  it.each(['reply', 'remind', 'cancel', 'answer', 'decline', 'expire', 'fail'] as const)('goes to onMessage: %s', async (kind) => {
    const seen: string[] = []
    await connect({ onMessage: (body, context) => seen.push(`${context.kind}: ${body}`) })
    await deliver(delivery(kind, 1))
    expect(seen).toEqual([`${kind}: ${kind} 1`])
    expect(server.received('mailbox.ack')).toEqual([{ deliveries: ['dlv_k7qm2x1'] }])
  })

  it('is acknowledged where there is no onMessage', async () => {
    await connect({})
    await deliver(delivery('answer', 1))
    expect(server.received('mailbox.ack')).toEqual([{ deliveries: ['dlv_k7qm2x1'] }])
  })
})

describe('acknowledgements', () => {
  it('of one turn of the event loop travel in one frame', async () => {
    await connect({ onNotify: async () => {} })
    await deliver(...[1, 2, 3, 4, 5].map((number) => delivery('notify', number)))
    expect(server.received('mailbox.ack')).toEqual([{ deliveries: [1, 2, 3, 4, 5].map((number) => `dlv_k7qm2x${number}`) }])
  })
})

describe('a redelivery', () => {
  it('while the handler still runs adopts the new attempt and answers once', async () => {
    const { runs, handler } = gated()
    await connect({ onAsk: handler })
    await deliver(delivery('ask', 1))
    await reconnect()
    await deliver(delivery('ask', 1, { attempt: 2 }))
    expect(runs).toHaveLength(1)
    expect(runs[0]?.context.attempt).toBe(2)
    expect(runs[0]?.context.signal.aborted).toBe(false)
    runs[0]?.answer('once')
    await scene.clock.settle()
    expect(server.received('threads.answer')).toHaveLength(1)
    await reconnect()
    expect(server.received('threads.answer')).toHaveLength(1)
  })

  it('while the answer is on its way does not run the handler again', async () => {
    server.on('threads.answer', () => HOLD)
    let runs = 0
    await connect({ onAsk: () => `${++runs}` })
    await deliver(delivery('ask', 1))
    await reconnect()
    await deliver(delivery('ask', 1, { attempt: 2 }))
    expect(runs).toBe(1)
    const answers = server.received('threads.answer')
    expect(answers).toEqual([answers[0], answers[0]])
  })

  it('while the ack is on its way does not run the handler again', async () => {
    server.on('mailbox.ack', () => HOLD)
    let runs = 0
    await connect({ onNotify: () => ++runs })
    await deliver(delivery('notify', 1))
    await reconnect()
    await deliver(delivery('notify', 1, { attempt: 2 }))
    expect(runs).toBe(1)
    expect(server.received('mailbox.ack')).toHaveLength(2)
  })

  it('after everything was confirmed runs the handler, which sees that it is one', async () => {
    const seen: boolean[] = []
    await connect({ onNotify: (_body, { redelivered }) => seen.push(redelivered) })
    await deliver(delivery('notify', 1))
    await deliver(delivery('notify', 1, { attempt: 2 }))
    expect(seen).toEqual([false, true])
  })
})

describe('visibility', () => {
  it('is extended three times a period while a handler runs, and not afterwards', async () => {
    const { runs, handler } = gated()
    await connect({ onAsk: handler })
    await deliver(delivery('ask', 1), delivery('ask', 2))
    await scene.clock.settle(20_000)
    const both = [1, 2].map((number) => ({ delivery: `dlv_k7qm2x${number}`, attempt: 1 }))
    expect(server.received('mailbox.extend')).toEqual([{ deliveries: both }])
    for (const { answer } of runs) answer('done')
    await scene.clock.settle(60_000)
    expect(server.received('mailbox.extend')).toHaveLength(1)
  })
})

describe('the signal of a handler', () => {
  it('fires when the thread closes; what the handler still returns is sent, for the daemon to judge', async () => {
    const { runs, handler } = gated()
    await connect({ onAsk: handler })
    await deliver(delivery('ask', 1), delivery('ask', 2))
    server.connection.notify('thread.closed', { thread: 'thr_k7qm2x1', state: 'cancelled', reason: 'never mind', by: null })
    await scene.clock.settle()
    expect(runs.map(({ context }) => context.signal.aborted)).toEqual([true, false])
    expect(runs[0]?.context.signal.reason).toMatchObject({ code: 'cancelled', message: 'never mind' })
    runs[0]?.answer('too late')
    await scene.clock.settle()
    expect(server.received('threads.answer')).toMatchObject([{ thread: 'thr_k7qm2x1' }])
  })

  it('fires on a cancellation that is delivered; a handler that throws then is not a decline', async () => {
    const { runs, handler } = gated()
    await connect({ onAsk: handler })
    await deliver(delivery('ask', 1), delivery('cancel', 2, { thread: 1 }))
    expect(runs[0]?.context.signal.reason).toMatchObject({ code: 'cancelled' })
    runs[0]?.fail(new Error('aborted'))
    await scene.clock.settle()
    expect(server.received('threads.decline')).toEqual([])
    expect(server.received('mailbox.ack').flatMap(({ deliveries }) => deliveries)).toEqual(['dlv_k7qm2x2', 'dlv_k7qm2x1'])
  })

  it('fires when the connection is gone for good, not when it is lost', async () => {
    const { runs, handler } = gated()
    const { me, errors } = await connect({ onAsk: handler })
    await deliver(delivery('ask', 1))
    await reconnect()
    expect(runs[0]?.context.signal.aborted).toBe(false)
    const closing = me.close()
    expect(runs[0]?.context.signal.reason).toMatchObject({ code: 'closed' })
    runs[0]?.answer('too late')
    await scene.clock.settle()
    await closing
    expect([server.received('threads.answer'), errors]).toEqual([[], []])
  })
})

describe('prefetch', () => {
  it('bounds the handlers that run at a time; the others follow in order', async () => {
    const { runs, handler } = gated()
    await connect({ onAsk: handler, prefetch: 2 })
    await deliver(...[1, 2, 3, 4].map((number) => delivery('ask', number, { owed: true })))
    expect(runs.map(({ context }) => context.id)).toEqual(['msg_k7qm2x1', 'msg_k7qm2x2'])
    runs[1]?.answer('x')
    await scene.clock.settle()
    expect(runs.map(({ context }) => context.id)).toEqual(['msg_k7qm2x1', 'msg_k7qm2x2', 'msg_k7qm2x3'])
  })

  it('never starts an ask that was closed while it waited for its turn', async () => {
    const { runs, handler } = gated()
    await connect({ onAsk: handler, prefetch: 1 })
    await deliver(delivery('ask', 1), delivery('ask', 2))
    server.connection.notify('thread.closed', { thread: 'thr_k7qm2x2', state: 'expired', reason: null, by: null })
    await scene.clock.settle()
    runs[0]?.answer('x')
    await scene.clock.settle()
    expect(runs).toHaveLength(1)
  })

  it('filled by handlers that wait for answers themselves does not keep those answers away', async () => {
    server.on('threads.ask', () => sent(7))
    server.on('threads.wait', () => ({ thread: thread(7, 'answered'), messages: [message('answer', 8, 'thr_k7qm2x7', 'forty-two')], timedOut: false }))
    await connect({ prefetch: 1, onAsk: async (_body, context) => (await context.ask('b', 'how many?')).body })
    await deliver(delivery('ask', 1))
    expect(server.received('threads.answer')).toMatchObject([{ body: 'forty-two' }])
  })
})

function fail(thrown: unknown): never {
  throw thrown
}
