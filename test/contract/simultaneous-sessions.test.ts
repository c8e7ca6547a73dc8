import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LIMITS } from '../../src/limits.ts'
import { type Member, TestDaemon } from './support/test-daemon.ts'
import type { Wire } from './support/wire.ts'

/** Cases 29 to 35 of section 9 of docs/protocol.md, by their numbers: what agent sessions may see. */

let daemon: TestDaemon
let sender: Wire
let agent: Member
let other: string

beforeEach(async () => {
  daemon = await TestDaemon.start()
  const ada = await daemon.register({ name: 'ada' })
  agent = await daemon.register({ name: 'bob', mode: 'pull' })
  sender = await daemon.greet(ada.token)
  await using wire = await daemon.greet(agent.token)
  other = (await wire.call('credentials.create', {})).token
})

afterEach(async () => {
  await sender[Symbol.asyncDispose]()
  await daemon.expectHealthy()
  await daemon[Symbol.asyncDispose]()
})

async function tell(body = 'n'): Promise<{ message: string; delivery: string }> {
  const [only] = (await sender.call('threads.notify', { to: 'bob', body, causedBy: null })).sent
  if (!only) throw new Error('Nothing was sent')
  return only
}

/** Begins to watch, and returns once the daemon knows. */
async function watch(wire: Wire, timeout = '1h'): Promise<string | number> {
  const id = wire.post('sessions.watch', { timeout })
  await wire.reply(wire.post('mailbox.peek', {}))
  return id
}

const stateOf = async (id: string) => (await sender.call('threads.trace', { id })).deliveries[0]

describe('sessions of one peer', () => {
  it('29: that fetch at the same time are not handed the same', async () => {
    await using one = await daemon.greet(agent.token)
    await using two = await daemon.greet(other)
    await tell()
    const release = daemon.clock.hold()
    const [first, second] = [one.post('sessions.boundary', { at: 'prompt' }), two.post('sessions.boundary', { at: 'prompt' })]
    await two.reply(two.post('mailbox.peek', {}))
    release()
    const counts = [await one.reply(first), await two.reply(second)].map(({ result }) => (result as { items: unknown[] }).items.length)
    expect(counts.sort()).toEqual([0, 1])
  })

  it('30: of which one was woken and another was faster, begin no turn', async () => {
    await using one = await daemon.greet(agent.token)
    await using two = await daemon.greet(other)
    await one.call('sessions.boundary', { at: 'start' })
    await tell()
    expect((await one.call('sessions.watch', {})).wake).toBe(true)
    await two.call('mailbox.inbox', {})
    expect(await one.call('sessions.boundary', { at: 'wake' })).toMatchObject({ items: [], turn: 'idle' })
  })
})

describe('a wake', () => {
  it('31: goes to one of all that watch', async () => {
    await using one = await daemon.greet(agent.token)
    await using bridge = await daemon.greet(agent.token)
    await one.call('sessions.boundary', { at: 'start' })
    const older = await watch(one)
    const newer = await watch(bridge)
    await tell()
    expect((await bridge.reply(newer)).result).toEqual({ wake: true, waiting: 1, urgent: false })
    const third = await watch(one, '1s')
    daemon.clock.advance(1_000)
    expect((await one.reply(third)).result).toEqual({ wake: false, waiting: 1, urgent: false })
    await one.call('sessions.boundary', { at: 'tool' })
    await one.call('peers.describe', { turn: 'idle' })
    expect((await one.reply(older)).result).toMatchObject({ wake: true })
  })

  it('32: that was lost with its connection lapses', async () => {
    await using one = await daemon.greet(agent.token)
    await one.call('sessions.boundary', { at: 'start' })
    const waiter = await daemon.greet(agent.token)
    await watch(waiter)
    const release = daemon.clock.hold()
    const sent = sender.post('threads.notify', { to: 'bob', body: 'n', causedBy: null })
    await sender.reply(sender.post('mailbox.peek', {}))
    release()
    await waiter[Symbol.asyncDispose]()
    await sender.reply(sent)
    const again = await watch(one)
    for (let passedMs = 0; passedMs < LIMITS.wakeLeaseMs; passedMs += LIMITS.heartbeatMs) {
      daemon.clock.advance(LIMITS.heartbeatMs)
      // A sign of life of each, or they would be cut.
      for (const wire of [one, sender]) await wire.reply(wire.post('mailbox.peek', {}))
    }
    expect((await one.reply(again)).result).toMatchObject({ wake: true })
  })
})

describe('a boundary', () => {
  it('33: whose reply was lost is repeated with its key, and without one at the next start', async () => {
    const lost = await daemon.greet(agent.token)
    await tell()
    const first = await lost.call('sessions.boundary', { at: 'tool', key: 'k' })
    expect(first.items).toEqual([])
    const handed = await lost.call('sessions.boundary', { at: 'prompt', key: 'l' })
    await lost[Symbol.asyncDispose]()
    await using again = await daemon.greet(agent.token)
    expect((await again.call('sessions.boundary', { at: 'prompt', key: 'l' })).items).toEqual(handed.items)
    expect((await again.call('sessions.boundary', { at: 'start' })).items).toMatchObject([{ delivery: { attempt: 2, failures: 0 } }])
  })

  it('34: proves what was given back meanwhile, also in the hand of another', async () => {
    await using one = await daemon.greet(agent.token)
    await using two = await daemon.greet(other)
    const { message } = await tell()
    await one.call('sessions.boundary', { at: 'prompt' })
    await one.call('sessions.boundary', { at: 'stop' })
    daemon.clock.advance(LIMITS.backoffFirstMs)
    expect((await two.call('sessions.boundary', { at: 'prompt' })).items).toHaveLength(1)
    await one.call('sessions.boundary', { at: 'prompt', seen: [message] })
    expect(await stateOf(message)).toMatchObject({ state: 'acked', attempt: 2 })
  })

  it('35: of a session that died gives its mail to the next start of the same', async () => {
    const dead = await daemon.greet(agent.token)
    const { message } = await tell()
    await dead.call('sessions.boundary', { at: 'prompt' })
    await dead[Symbol.asyncDispose]()
    await using two = await daemon.greet(other)
    expect((await two.call('sessions.boundary', { at: 'start' })).items).toEqual([])
    await using again = await daemon.greet(agent.token)
    expect((await again.call('sessions.boundary', { at: 'start' })).items).toMatchObject([{ message: { id: message }, delivery: { attempt: 2 } }])
  })
})
