import { expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { anotherSession, ask, at, bodies, tell, withSession } from '../../support/pull-session.ts'

const TURNS = { start: 'idle', prompt: 'working', tool: 'working', permission: 'awaiting_input', stop: 'idle', end: 'unknown' } as const

test('each boundary says which turn the peer is in', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  for (const [boundary, turn] of Object.entries(TURNS)) {
    expect({ boundary, turn: at(p, boundary as keyof typeof TURNS).turn }).toEqual({ boundary, turn })
    expect(a.call('peers.get', { peer: 'p' }).peer.turn).toBe(turn)
  }
})

test('a stop that hands something over keeps the peer at work, and so does a wake', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  tell(a, '1')
  expect(at(p, 'stop')).toMatchObject({ turn: 'working', items: [{ message: { body: '1' } }] })
  at(p, 'end')
  daemon.pass(LIMITS.backoffFirstMs)
  expect(at(p, 'wake')).toMatchObject({ turn: 'working', items: [{ message: { body: '1' } }] })
})

test('a wake that finds nothing, since another session was faster, leaves the turn as it was', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'start')
  tell(a, '1')
  const other = anotherSession(daemon, p)
  expect(bodies(other.call('mailbox.inbox', {}).items)).toEqual(['1'])
  expect(at(p, 'wake')).toMatchObject({ items: [], turn: 'idle' })
})

test('a start and a prompt carry everything', async () => {
  for (const boundary of ['start', 'prompt'] as const) {
    const { daemon, a, p } = await withSession()
    using _ = daemon
    for (const priority of ['low', 'normal', 'urgent'] as const) tell(a, priority, { priority })
    expect(bodies(at(p, boundary).items)).toEqual(['urgent', 'normal', 'low'])
  }
})

test('between two tools only what is urgent is carried, and control notices', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'prompt')
  const { thread } = ask(a, 'q')
  expect(at(p, 'tool')).toMatchObject({ items: [], waiting: 1 })
  at(p, 'prompt')
  tell(a, 'normal')
  tell(a, 'urgent', { priority: 'urgent' })
  a.call('threads.cancel', { thread, reason: 'never mind' })
  expect(at(p, 'tool').items.map(({ message }) => message.kind)).toEqual(['cancel', 'notify'])
  expect(at(p, 'tool')).toMatchObject({ items: [], waiting: 1 })
})

test('at the end of a turn, low priority rides along and never goes alone', async () => {
  for (const boundary of ['stop', 'wake'] as const) {
    const { daemon, a, p } = await withSession()
    using _ = daemon
    tell(a, 'low', { priority: 'low' })
    expect(at(p, boundary)).toMatchObject({ items: [], waiting: 1 })
    tell(a, 'normal')
    expect(bodies(at(p, boundary).items)).toEqual(['normal', 'low'])
  }
})

test('a wake in the middle of a turn carries what was worth it and no more, and so does the prompt that it becomes', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'prompt')
  tell(a, 'low', { priority: 'low' })
  tell(a, 'normal')
  expect(at(p, 'wake')).toMatchObject({ items: [], waiting: 2, turn: 'working' })
  tell(a, 'urgent', { priority: 'urgent' })
  expect(bodies(at(p, 'wake').items)).toEqual(['urgent'])
  expect(at(p, 'tool').items).toEqual([])
  tell(a, 'urgent, too', { priority: 'urgent' })
  expect(bodies(at(p, 'prompt').items)).toEqual(['urgent, too'])
  // One that a person types is nobody's wake.
  expect(bodies(at(p, 'prompt').items)).toEqual(['normal', 'low'])
})

test('what a wake in the middle of a turn becomes after its end begins a turn', async () => {
  for (const end of ['stop', 'describe'] as const) {
    const { daemon, a, p } = await withSession()
    using _ = daemon
    at(p, 'prompt')
    tell(a, 'urgent', { priority: 'urgent' })
    const { items } = at(p, 'wake')
    expect(bodies(items)).toEqual(['urgent'])
    if (end === 'stop') at(p, 'stop', { seen: items.map(({ message }) => message.id) })
    else p.call('peers.describe', { turn: 'idle' })
    tell(a, 'low', { priority: 'low' })
    expect(bodies(at(p, 'prompt').items)).toEqual(['low'])
  }
})

test('a wake that became no prompt is forgotten after the time that a wake is outstanding', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'prompt')
  tell(a, 'urgent', { priority: 'urgent' })
  at(p, 'wake')
  tell(a, 'normal')
  daemon.pass(LIMITS.wakeLeaseMs)
  expect(bodies(at(p, 'prompt').items)).toEqual(['normal'])
})

test('of two sessions of a peer, the turn of one is not that of the other', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const other = anotherSession(daemon, p)
  at(other, 'stop')
  at(p, 'prompt')
  tell(a, 'normal')
  expect(at(p, 'wake').items).toEqual([])
  expect(bodies(at(other, 'wake').items)).toEqual(['normal'])
})

test('a permission and an end carry nothing', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  tell(a, 'urgent', { priority: 'urgent' })
  expect(at(p, 'permission')).toMatchObject({ items: [], owed: [], waiting: 1 })
  expect(at(p, 'end')).toMatchObject({ items: [], owed: [], waiting: 1 })
})

test('the limit holds, what is left over is counted, and the thread order is kept', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const { thread } = ask(a, '1')
  a.call('threads.reply', { thread, body: '2', causedBy: null })
  for (const body of ['3', '4', '5']) tell(a, body)
  expect(at(p, 'prompt', { limit: 2 })).toMatchObject({ items: [{ message: { body: '1' } }, { message: { body: '3' } }], waiting: 3 })
  expect(p.refusal('sessions.boundary', { at: 'prompt', limit: 51 }).code).toBe('invalid_input')
})

test('what is owed is presented at a start and only there, to each session of the peer', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const { message } = ask(a, 'q')
  at(p, 'prompt')
  expect(at(p, 'tool', { seen: [message] }).owed).toEqual([])
  const other = anotherSession(daemon, p)
  for (const session of [p, other]) {
    expect(at(session, 'start')).toMatchObject({ items: [], owed: [{ owed: true, message: { id: message } }] })
    for (const boundary of ['prompt', 'tool', 'stop', 'wake', 'permission'] as const) expect(at(session, boundary).owed).toEqual([])
  }
})

test('mail handed to one session is not handed to another, at whatever boundary', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  tell(a, '1')
  expect(bodies(at(p, 'prompt').items)).toEqual(['1'])
  const other = anotherSession(daemon, p)
  for (const boundary of ['start', 'prompt', 'tool', 'wake', 'stop'] as const) expect(at(other, boundary).items).toEqual([])
  expect(other.call('mailbox.inbox', {}).items).toEqual([])
})

test("the transcript proves receipt: what is seen is acked, stamped and part of the message's life", async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const { message, delivery } = tell(a, '1')
  at(p, 'prompt')
  daemon.pass(5_000)
  at(p, 'tool', { seen: [message] })
  const { deliveries, steps } = a.call('threads.trace', { id: message })
  expect(deliveries).toMatchObject([{ id: delivery, state: 'acked', seenAt: '2026-01-01T00:00:05.000Z', endedAt: '2026-01-01T00:00:05.000Z' }])
  expect(steps.map(({ step }) => step)).toEqual(['sent', 'queued', 'offered', 'seen', 'acked'])
  const { events } = daemon.admin.call('events.list', { types: ['mailbox'] })
  expect(events.map(({ type, changed }) => [type, changed])).toEqual([
    ['mailbox.acked', { acked: [delivery] }],
    ['mailbox.seen', { seen: [delivery] }],
  ])
})

test('seen is noted once, also of what was acked by other means, and with what was fetched by the inbox', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const { message } = tell(a, '1')
  const { cursor } = p.call('mailbox.inbox', {})
  p.call('mailbox.inbox', { cursor })
  expect(a.call('threads.trace', { id: message }).deliveries[0]).toMatchObject({ state: 'acked', seenAt: null })
  daemon.pass(1_000)
  at(p, 'tool', { seen: [message] })
  daemon.pass(1_000)
  at(p, 'stop', { seen: [message, message] })
  expect(a.call('threads.trace', { id: message }).deliveries[0]?.seenAt).toBe('2026-01-01T00:00:01.000Z')
  expect(daemon.admin.call('events.list', { types: ['mailbox.seen'] }).events).toHaveLength(1)
})

test('a message that this peer was never handed changes nothing, whatever its id, and nothing is told of it', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  daemon.join('q', { mode: 'pull' })
  const waiting = tell(a, 'waiting', { priority: 'low' })
  const theirs = tell(a, 'theirs', { to: 'q' })
  const madeUp = ['msg_zzzzzz9', `${waiting.message}99`, theirs.message, waiting.message]
  const silent = at(p, 'tool')
  expect(at(p, 'tool', { seen: madeUp })).toEqual(silent)
  expect(a.call('threads.trace', { id: waiting.message }).deliveries[0]).toMatchObject({ state: 'queued', seenAt: null })
  expect(a.call('threads.trace', { id: theirs.message }).deliveries[0]).toMatchObject({ state: 'queued', seenAt: null })
  expect(daemon.admin.call('events.list', { types: ['mailbox'] }).events).toEqual([])
  expect(p.refusal('sessions.boundary', { at: 'tool', seen: ['nonsense'] }).code).toBe('invalid_input')
})

test('in a message to several, seeing it proves the own delivery only', async () => {
  const { daemon, a } = await withSession()
  using _ = daemon
  const [one, two] = ['one', 'two'].map((name) => daemon.join(name, { mode: 'pull', capabilities: ['x'] }))
  const { message } = tell(a, 'all', { to: 'cap:x', select: 'all' })
  if (!one || !two) throw new Error('Expected two')
  at(one, 'prompt')
  at(two, 'prompt')
  at(two, 'stop', { seen: [message] })
  expect(a.call('threads.trace', { id: message }).deliveries).toMatchObject([
    { to: { name: 'one' }, state: 'offered', seenAt: null },
    { to: { name: 'two' }, state: 'acked' },
  ])
})

test('what the transcript proves too late is acked even while it waits again', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const { message } = tell(a, '1')
  at(p, 'prompt')
  expect(at(p, 'stop').items).toEqual([])
  expect(a.call('threads.trace', { id: message }).deliveries[0]).toMatchObject({ state: 'queued', failures: 1 })
  daemon.pass(LIMITS.backoffFirstMs)
  expect(at(p, 'prompt', { seen: [message] }).items).toEqual([])
  expect(a.call('threads.trace', { id: message }).deliveries[0]?.state).toBe('acked')
})

test('a stop gives back what was neither acked nor seen, with its backoff, and does not hand it over again at once', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const seen = tell(a, 'seen')
  const lost = tell(a, 'lost')
  at(p, 'prompt')
  expect(at(p, 'stop', { seen: [seen.message] })).toMatchObject({ items: [], turn: 'idle', waiting: 1 })
  expect(a.call('threads.trace', { id: lost.message }).deliveries[0]).toMatchObject({ state: 'queued', failures: 1, reason: 'the turn ended without an ack' })
  expect(at(p, 'prompt').items).toEqual([])
  daemon.pass(LIMITS.backoffFirstMs)
  expect(at(p, 'prompt').items).toMatchObject([{ message: { body: 'lost' }, delivery: { attempt: 2 } }])
})

test('a stop gives back only what its own session was handed', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const { message } = tell(a, '1')
  at(p, 'prompt')
  const other = anotherSession(daemon, p)
  at(other, 'prompt')
  at(other, 'stop')
  at(other, 'end')
  expect(a.call('threads.trace', { id: message }).deliveries[0]?.state).toBe('offered')
})

test('what is in hand is repeated neither between two tools nor at a prompt, and waits again when the turn has ended', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  tell(a, '1', { priority: 'urgent' })
  expect(bodies(at(p, 'tool').items)).toEqual(['1'])
  expect(at(p, 'tool').items).toEqual([])
  expect(at(p, 'prompt').items).toEqual([])
  expect(at(p, 'stop').items).toEqual([])
  daemon.pass(5_000)
  expect(at(p, 'prompt').items).toMatchObject([{ message: { body: '1' }, delivery: { attempt: 2, failures: 1 } }])
})

test('a session that dies with mail in hand is handed it again at its next start', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  tell(a, '1')
  at(p, 'prompt')
  p.leave('lost')
  daemon.pass(3_600_000)
  const again = daemon.connect(p.token)
  expect(at(again, 'start').items).toMatchObject([{ message: { body: '1' }, delivery: { attempt: 2, failures: 0 } }])
})

test('a session that dies with mail in hand and never returns gives it to another after six hours', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const { message } = tell(a, '1')
  at(p, 'prompt')
  p.leave('lost')
  daemon.pass(LIMITS.pullVisibilityMs - 1)
  const other = anotherSession(daemon, daemon.connect(p.token))
  expect(at(other, 'start').items).toEqual([])
  daemon.pass(1)
  expect(a.call('threads.trace', { id: message }).deliveries[0]).toMatchObject({ state: 'queued', failures: 1 })
  daemon.pass(LIMITS.backoffFirstMs)
  expect(at(other, 'prompt').items).toMatchObject([{ message: { body: '1' }, delivery: { attempt: 2 } }])
})

test('a boundary whose reply was lost is answered again with what it handed over, without another attempt', async () => {
  for (const boundary of ['start', 'prompt', 'tool', 'stop', 'wake'] as const) {
    const { daemon, a, p } = await withSession()
    using _ = daemon
    const { message } = tell(a, '1', { priority: 'urgent' })
    const first = at(p, boundary, { key: 'k' })
    p.leave('lost')
    const again = daemon.connect(p.token)
    expect(at(again, boundary, { key: 'k' })).toEqual(first)
    expect(a.call('threads.trace', { id: message }).deliveries[0]).toMatchObject({ state: 'offered', attempt: 1, failures: 0 })
    expect(again.refusal('sessions.boundary', { at: boundary, limit: 1, key: 'k' }).code).toBe('idempotency_mismatch')
  }
})

test('a repeat hands over no more than is still held, and nothing to another session', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const one = tell(a, '1')
  tell(a, '2')
  at(p, 'prompt', { key: 'k' })
  at(p, 'tool', { seen: [one.message] })
  expect(bodies(at(p, 'prompt', { key: 'k' }).items)).toEqual(['2'])
  expect(at(anotherSession(daemon, p), 'prompt', { key: 'k' }).items).toEqual([])
})

test('the repeat of a boundary that handed nothing over runs again, and loses nothing either', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  expect(at(p, 'prompt', { key: 'k' }).items).toEqual([])
  tell(a, '1')
  expect(bodies(at(p, 'prompt', { key: 'k' }).items)).toEqual(['1'])
})

test('a boundary at which nothing happens writes nothing', async () => {
  const { daemon, p } = await withSession()
  using _ = daemon
  at(p, 'tool')
  const before = daemon.row('SELECT (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM idempotency) AS keys, total_changes() AS changes')
  at(p, 'tool', { key: 'k' })
  expect(daemon.row('SELECT (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM idempotency) AS keys, total_changes() AS changes')).toEqual(before)
})

test('only a peer in pull mode has boundaries', async () => {
  const { daemon, a } = await withSession()
  using _ = daemon
  expect(a.refusal('sessions.boundary', { at: 'start' }).code).toBe('wrong_mode')
  expect(daemon.admin.refusal('sessions.boundary', { at: 'start' }).code).toBe('forbidden')
})
