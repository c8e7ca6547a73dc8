import { expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { anotherSession, ask, at, bodies, tell, watch, watched, withSession } from '../../support/pull-session.ts'

test('a watch is settled as soon as something worth a wake arrives, and by nothing before', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'start')
  const id = watch(p)
  daemon.pass(60_000)
  expect(watched(p, id)).toBeUndefined()
  tell(a, '1')
  expect(watched(p, id)).toEqual({ wake: true, waiting: 1, urgent: false })
})

test('a watch that finds something waiting is settled at once', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'start')
  tell(a, '1')
  tell(a, '2', { priority: 'urgent' })
  expect(p.call('sessions.watch', {})).toEqual({ wake: true, waiting: 2, urgent: true })
})

test('low priority never wakes, and an answer, a cancellation and an end do', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'start')
  tell(a, 'low', { priority: 'low' })
  const id = watch(p, '10m')
  daemon.pass(599_000)
  expect(watched(p, id)).toBeUndefined()
  daemon.pass(1_000)
  expect(watched(p, id)).toEqual({ wake: false, waiting: 1, urgent: false })
  for (const close of ['threads.answer', 'threads.decline', 'expiry'] as const) {
    at(p, 'prompt', { limit: 50 })
    const thread = p.call('threads.ask', { to: 'a', body: 'q', causedBy: null, deadline: '1s', key: close }).sent[0]?.thread ?? ''
    at(p, 'stop')
    const next = watch(p)
    if (close === 'threads.answer') a.call(close, { thread, body: 'x' })
    if (close === 'threads.decline') a.call(close, { thread, reason: 'x' })
    daemon.pass(close === 'expiry' ? 1_000 : 0)
    expect({ close, wake: watched(p, next)?.wake }).toEqual({ close, wake: true })
  }
})

test('a cancellation of what is in hand wakes', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const { thread, message } = ask(a, 'q')
  at(p, 'prompt')
  at(p, 'stop', { seen: [message] })
  const id = watch(p)
  a.call('threads.cancel', { thread })
  expect(watched(p, id)).toEqual({ wake: true, waiting: 1, urgent: true })
})

test('a session in a turn is not woken until the turn ends, save for what is urgent', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'prompt')
  const id = watch(p)
  tell(a, 'normal')
  expect(watched(p, id)).toBeUndefined()
  tell(a, 'urgent', { priority: 'urgent' })
  expect(watched(p, id)).toEqual({ wake: true, waiting: 2, urgent: true })
})

test('the end of a turn wakes for what came meanwhile and was not handed over', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'prompt')
  const id = watch(p)
  tell(a, '1')
  p.call('peers.describe', { turn: 'idle' })
  expect(watched(p, id)?.wake).toBe(true)
})

test('a session that waits for a permission is not woken, not even by what is urgent', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'permission')
  const id = watch(p)
  tell(a, 'urgent', { priority: 'urgent' })
  expect(watched(p, id)).toBeUndefined()
  p.call('peers.describe', { turn: 'unknown' })
  expect(watched(p, id)?.wake).toBe(true)
})

test('a session that is over is not woken, and another one of the peer is', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'end')
  const id = watch(p)
  tell(a, '1')
  expect(watched(p, id)).toBeUndefined()
  const other = anotherSession(daemon, p)
  expect(other.call('sessions.watch', {}).wake).toBe(true)
  at(other, 'end')
  at(p, 'start', { limit: 1 })
  tell(a, '2')
  expect(watched(p, id)?.wake).toBe(true)
})

test('what is in backoff wakes when it is over', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  tell(a, '1')
  at(p, 'prompt')
  at(p, 'stop')
  const id = watch(p)
  daemon.pass(LIMITS.backoffFirstMs / 2)
  expect(watched(p, id)).toBeUndefined()
  daemon.pass(LIMITS.backoffFirstMs / 2)
  expect(watched(p, id)?.wake).toBe(true)
})

test('what waits behind another of its thread wakes when that one is acked', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const { thread, delivery } = ask(a, '1')
  a.call('threads.reply', { thread, body: '2', causedBy: null })
  expect(bodies(p.call('mailbox.inbox', {}).items)).toEqual(['1'])
  const id = watch(p)
  daemon.pass(60_000)
  expect(watched(p, id)).toBeUndefined()
  p.call('mailbox.ack', { deliveries: [delivery] })
  expect(watched(p, id)?.wake).toBe(true)
})

test('a dead letter that is replayed wakes', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const { delivery } = tell(a, '1')
  daemon.run("UPDATE deliveries SET state = 'dead' WHERE id = ?", daemon.number(delivery))
  const id = watch(p)
  a.call('mailbox.replay', { delivery })
  expect(watched(p, id)?.wake).toBe(true)
})

test('at most one wake of a session is outstanding, whoever asks and however often', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'start')
  const bridge = daemon.connect(p.token)
  const ids = [watch(p), watch(p)]
  const theirs = watch(bridge)
  tell(a, '1')
  tell(a, '2')
  const settled = [...ids.map((id) => watched(p, id)), watched(bridge, theirs)].filter((outcome) => outcome !== undefined)
  expect(settled).toEqual([{ wake: true, waiting: 1, urgent: false }])
  expect(p.call('sessions.watch', { timeout: '0s' }).wake).toBe(false)
  daemon.pass(LIMITS.wakeLeaseMs - 1)
  expect([...ids.map((id) => watched(p, id)), watched(bridge, theirs)].filter((outcome) => outcome !== undefined)).toHaveLength(1)
})

test('a wake that nobody followed lapses after two minutes, and the next watch is settled', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'start')
  tell(a, '1')
  expect(p.call('sessions.watch', {}).wake).toBe(true)
  const id = watch(p)
  daemon.pass(LIMITS.wakeLeaseMs - 1)
  expect(watched(p, id)).toBeUndefined()
  daemon.pass(1)
  expect(watched(p, id)?.wake).toBe(true)
})

test('a boundary and an inbox end the wake, so that what they left wakes again', async () => {
  for (const follow of ['boundary', 'inbox'] as const) {
    const { daemon, a, p } = await withSession()
    using _ = daemon
    at(p, 'start')
    tell(a, '1')
    tell(a, '2')
    expect(p.call('sessions.watch', {}).wake).toBe(true)
    const id = watch(p)
    const items = follow === 'inbox' ? p.call('mailbox.inbox', { limit: 1 }).items : at(p, 'wake', { limit: 1 }).items
    expect(bodies(items)).toEqual(['1'])
    at(p, 'tool')
    p.call('peers.describe', { turn: 'idle' })
    expect({ follow, wake: watched(p, id)?.wake }).toEqual({ follow, wake: true })
  }
})

test('a boundary of one session does not end the wake of another', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'start')
  const other = anotherSession(daemon, p)
  at(other, 'prompt')
  tell(a, '1')
  expect(p.call('sessions.watch', {}).wake).toBe(true)
  const id = watch(p)
  at(other, 'tool')
  expect(watched(p, id)).toBeUndefined()
})

test('of several sessions of a peer one is woken, and one that is at rest before one that works', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const other = anotherSession(daemon, p)
  at(other, 'start')
  at(p, 'prompt')
  const [busy, idle] = [watch(p), watch(other)]
  tell(a, '1', { priority: 'urgent' })
  expect([watched(p, busy), watched(other, idle)?.wake]).toEqual([undefined, true])
  expect(bodies(at(other, 'wake').items)).toEqual(['1'])
  expect(watched(p, busy)).toBeUndefined()
})

test('what the woken session leaves wakes the next one', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const other = anotherSession(daemon, p)
  at(p, 'start')
  at(other, 'start')
  const [first, second] = [watch(p), watch(other)]
  tell(a, '1')
  tell(a, '2')
  expect([watched(p, first)?.wake, watched(other, second)]).toEqual([true, undefined])
  at(p, 'wake', { limit: 1 })
  expect(watched(other, second)?.wake).toBe(true)
  expect(bodies(at(other, 'wake').items)).toEqual(['2'])
})

test('when the woken session is gone, another one is woken at once', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const other = anotherSession(daemon, p)
  at(p, 'start')
  at(other, 'start')
  const [first, second] = [watch(p), watch(other)]
  tell(a, '1')
  expect(watched(p, first)?.wake).toBe(true)
  p.leave('lost')
  expect(watched(other, second)?.wake).toBe(true)
})

test('a revoked credential takes its watches and its wake with it', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const other = anotherSession(daemon, p)
  at(p, 'start')
  at(other, 'start')
  const [first, second] = [watch(p), watch(other)]
  tell(a, '1')
  expect(watched(p, first)?.wake).toBe(true)
  const own = p.hello?.you.kind === 'peer' ? p.hello.you.credential : ''
  other.call('credentials.revoke', { credential: own })
  expect(p.closed).toBe(4401)
  expect(watched(other, second)?.wake).toBe(true)
})

test('a peer that retires leaves no watch and no timer behind', async () => {
  const { daemon, p } = await withSession()
  using _ = daemon
  const before = daemon.clock.pending
  watch(p)
  expect(daemon.clock.pending).toBe(before + 1)
  daemon.admin.call('peers.retire', { peer: 'p' })
  expect(p.closed).toBe(4401)
  expect(daemon.clock.pending).toBe(before)
})

test('a watch ends with its connection and is settled by nothing afterwards', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'start')
  const bridge = daemon.connect(p.token)
  const gone = watch(bridge)
  bridge.leave('lost')
  const id = watch(p)
  tell(a, '1')
  expect(bridge.replied(gone)).toBe(false)
  expect(watched(p, id)?.wake).toBe(true)
})

test('a watch costs one timer and nothing else until something happens', async () => {
  const { daemon, p } = await withSession()
  using _ = daemon
  daemon.pass(LIMITS.wakeLeaseMs)
  const commands = daemon.core.pipeline.stats.commands
  const before = daemon.clock.pending
  const id = watch(p, '30m')
  daemon.pass(1_799_000)
  expect([daemon.core.pipeline.stats.commands, daemon.clock.pending]).toEqual([commands, before + 1])
  daemon.pass(1_000)
  expect(watched(p, id)).toEqual({ wake: false, waiting: 0, urgent: false })
  expect(daemon.clock.pending).toBe(before)
})

test('an hour is the longest watch', async () => {
  const { daemon, p } = await withSession()
  using _ = daemon
  const id = watch(p, '2d')
  daemon.pass(LIMITS.maxWaitMs)
  expect(watched(p, id)?.wake).toBe(false)
})

test('after a suspend, a wake has a full period before it lapses', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'start')
  daemon.pass(LIMITS.wakeLeaseMs)
  tell(a, '1')
  expect(p.call('sessions.watch', {}).wake).toBe(true)
  const id = watch(p)
  daemon.pass(LIMITS.wakeLeaseMs - 40_000)
  daemon.clock.stepWall(3_600_000)
  daemon.pass(60_000)
  expect(watched(p, id)).toBeUndefined()
  daemon.pass(LIMITS.wakeLeaseMs)
  expect(watched(p, id)?.wake).toBe(true)
})

test('only a peer in pull mode is watched over, and on a bounded number of watches', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  expect(a.refusal('sessions.watch', {}).code).toBe('wrong_mode')
  expect(daemon.admin.refusal('sessions.watch', {}).code).toBe('forbidden')
  for (let n = 0; n < LIMITS.maxWaits; n += 1) watch(p)
  expect(p.refusal('sessions.watch', {}).code).toBe('too_many_requests')
})
