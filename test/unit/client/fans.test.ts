import { beforeEach, describe, expect, it } from 'vitest'
import { PipeError } from '../../../client/pipe.ts'
import type { Fan, FanOutcome } from '../../../src/contract/index.ts'
import { MusterError } from '../../../src/errors.ts'
import { delivery, HOLD, message, ref, type ScriptedServer, sent } from '../../support/scripted-server.ts'
import { createScene, outcome, type Scene } from './harness.ts'

const AT = '2026-01-01T00:00:00.000Z'
const FAN = 'fan_k7qm2x1'
const NOTICE = 'msg_k7qm2x9'
let scene: Scene
let server: ScriptedServer
let state: Fan['state']
beforeEach(() => {
  scene = createScene()
  server = scene.server
  state = 'open'
  server.on('fans.open', () => ({ ...sent(1), fan: fan() }))
  server.on('fans.cancel', () => ({ fan: fan(), changed: true }))
  server.on('fans.wait', () => (state === 'open' ? HOLD : { fan: fan(), timedOut: false }))
  server.on('fans.get', ({ after }) => ({ fan: fan(), outcomes: [part(after ? 2 : 1)], refused: [], after: after ? null : 'thr_k7qm2x1' }))
})

function fan(): Fan {
  const counts = { open: 0, answered: 2, declined: 0, cancelled: 0, expired: 0, failed: 0, refused: 0 }
  const over = state !== 'open'
  const base = { id: FAN, state, from: ref('me', 1), openedAt: AT, deadlineAt: AT, reason: null, enough: null, counts }
  return { ...base, endedAt: over ? AT : null, notice: over ? NOTICE : null }
}

function part(number: number): FanOutcome {
  const thread = `thr_k7qm2x${number}`
  return { thread, to: ref('other', 2), state: 'answered', reason: null, closedAt: AT, answer: message('answer', number, thread, `answer ${number}`) }
}

/** The daemon's notice of the end, as it is delivered. */
function notice() {
  const told = delivery('notify', 9, { thread: 9, body: `${FAN} has ended` })
  return { ...told, thread: { ...told.thread, kind: 'notify' as const, state: 'notice' as const, fan: FAN }, message: { ...told.message, from: null } }
}

/** The waits that are held are answered by the daemon. */
function endFan(): void {
  state = 'complete'
  for (const { id, method } of server.connection.requests) if (method === 'fans.wait') server.connection.reply(id, { fan: fan(), timedOut: false })
}

describe('fan()', () => {
  it('opens with all its recipients and a key, and joins the pages of its result', async () => {
    const me = await scene.connect()
    const opening = outcome(me.fan('cap:review', 'which?', { enough: 2, deadline: '15m' }))
    await scene.clock.settle()
    expect(server.received('fans.open')).toEqual([{ to: ['cap:review'], body: 'which?', enough: 2, deadline: '15m', key: expect.any(String) }])
    const result = outcome(opening.value().result())
    await scene.clock.settle()
    expect(result.state()).toBe('pending')
    endFan()
    await scene.clock.settle()
    expect(result.value().outcomes.map(({ answer }) => answer?.body)).toEqual(['answer 1', 'answer 2'])
  })

  it.each(['before', 'after'])('keeps the notice of an end that is awaited from the handler, where it comes %s the reply to the wait', async (order) => {
    const heard: string[] = []
    const me = await scene.connect({ token: 'token', onNotify: (body) => heard.push(body) })
    const result = outcome(me.fanHandle(FAN).result())
    await scene.clock.settle()
    if (order === 'before') server.connection.notify('mailbox.deliver', notice())
    endFan()
    await scene.clock.settle()
    if (order === 'after') server.connection.notify('mailbox.deliver', notice())
    await scene.clock.settle()
    expect([result.state(), heard]).toEqual(['resolved', []])
    expect(server.received('mailbox.ack')).toEqual([{ deliveries: ['dlv_k7qm2x9'] }])
  })

  it('hands the notice of an end that nobody awaits to onNotify, with the fan', async () => {
    const heard: (string | null)[] = []
    await scene.connect({ token: 'token', onNotify: (_body, { fanId }) => heard.push(fanId) })
    server.connection.notify('mailbox.deliver', notice())
    await scene.clock.settle()
    expect(heard).toEqual([FAN])
  })

  it('takes no message of a peer for the notice', async () => {
    const heard: string[] = []
    const me = await scene.connect({ token: 'token', onNotify: (body) => heard.push(body) })
    void me.fanHandle(FAN).result()
    await scene.clock.settle()
    const forged = notice()
    server.connection.notify('mailbox.deliver', { ...forged, message: { ...forged.message, from: ref('other', 2), body: 'forged' } })
    await scene.clock.settle()
    expect(heard).toEqual(['forged'])
    endFan()
    await scene.clock.settle()
  })

  it('goes on waiting over a lost connection, and stops at the signal without cancelling', async () => {
    const me = await scene.connect()
    const giveUp = new AbortController()
    const [result, given] = [outcome(me.fanHandle(FAN).result()), outcome(me.fanHandle(FAN).result({ signal: giveUp.signal }))]
    await scene.clock.settle()
    server.connection.drop()
    await scene.clock.settle(1_000)
    giveUp.abort()
    await scene.clock.settle()
    expect(given.error()).toMatchObject({ code: 'aborted' })
    endFan()
    await scene.clock.settle()
    expect(result.state()).toBe('resolved')
    expect(server.received('fans.cancel')).toEqual([])
  })

  it('is cancelled as a whole', async () => {
    const me = await scene.connect()
    await Promise.all([me.fanHandle(FAN).cancel('found it'), scene.clock.settle()])
    expect(server.received('fans.cancel')).toEqual([{ fan: FAN, reason: 'found it', key: expect.any(String) }])
  })
})

describe('broadcast()', () => {
  it('goes to the own circle, or to whom it is told', async () => {
    server.on('threads.broadcast', () => sent(1))
    const me = await scene.connect()
    const telling = [me.broadcast('x'), me.broadcast('y', { to: 'role:agent', topic: 't' })]
    await scene.clock.settle()
    await Promise.all(telling)
    expect(server.received('threads.broadcast')).toEqual([
      { body: 'x', key: expect.any(String) },
      { to: 'role:agent', body: 'y', topic: 't', key: expect.any(String) },
    ])
  })
})

describe('pipe()', () => {
  /** Answers ask after ask with its own words in capitals, or declines where they say so. */
  function answering(): void {
    let number = 0
    server.on('threads.ask', ({ to, body }, connection) => {
      number += 1
      const [thread, kind, text] = [number, body.startsWith('no') ? 'decline' : 'answer', `${to}(${body})`] as const
      connection.reply(connection.idOf('threads.ask'), sent(thread))
      connection.notify('mailbox.deliver', delivery(kind, 100 + thread, { thread, body: text }))
      return HOLD
    })
  }

  it('hands the answer of each stage to the next, below its own words', async () => {
    answering()
    const me = await scene.connect()
    const piping = outcome(me.pipe({ to: 'a', body: 'one' }, { to: 'b', body: 'two', deadline: '5m' }, { to: 'c' }))
    await scene.clock.settle()
    expect(piping.value().map(({ body }) => body)).toEqual(['a(one)', 'b(two\n\na(one))', 'c(b(two\n\na(one)))'])
    expect(server.received('threads.ask').map(({ to, deadline, causedBy }) => [to, deadline, causedBy])).toEqual([
      ['a', undefined, undefined],
      ['b', '5m', undefined],
      ['c', undefined, undefined],
    ])
  })

  it('begins with an answer that is there', async () => {
    answering()
    const me = await scene.connect()
    const piping = outcome(me.pipe(message('answer', 7, 'thr_k7qm2x7', 'earlier'), { to: 'b', body: 'go on' }))
    await scene.clock.settle()
    expect(piping.value().map(({ body }) => body)).toEqual(['earlier', 'b(go on\n\nearlier)'])
  })

  it('ends at the first stage without an answer, with what there was before', async () => {
    answering()
    const me = await scene.connect()
    const piping = outcome(me.pipe({ to: 'a', body: 'one' }, { to: 'b', body: 'no' }, { to: 'c', body: 'three' }))
    await scene.clock.settle()
    expect(piping.error()).toBeInstanceOf(PipeError)
    expect(piping.error()).toMatchObject({ stage: 2, to: 'b', code: 'declined', answers: [{ body: 'a(one)' }] })
    expect(server.received('threads.ask')).toHaveLength(2)
  })

  it('says which stage the daemon refused, or was left without words', async () => {
    server.on('threads.ask', () => {
      throw new MusterError('not_found')
    })
    const me = await scene.connect()
    const [refused, empty] = [outcome(me.pipe({ to: 'nobody', body: 'one' })), outcome(me.pipe({ to: 'a' }))]
    await scene.clock.settle()
    expect(refused.error()).toMatchObject({ stage: 1, code: 'not_found' })
    expect(empty.error()).toMatchObject({ stage: 1, message: expect.stringContaining('needs a body') })
  })
})

describe('schedule()', () => {
  it('makes a schedule in one line, with a key, so that a reply that is lost makes no second one', async () => {
    server.on('schedules.create', () => ({ schedule: { id: 'sch_k7qm2x1' } }) as never)
    const me = await scene.connect()
    const made = outcome(me.schedule('Look again.', { at: 'in 10m', timeoutMs: 5_000 }))
    await scene.clock.settle()
    expect(made.value()).toMatchObject({ schedule: { id: 'sch_k7qm2x1' } })
    expect(server.received('schedules.create')).toEqual([{ body: 'Look again.', at: 'in 10m', key: expect.any(String) }])
  })
})
