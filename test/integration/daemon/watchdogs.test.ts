import { describe, expect, test } from 'vitest'
import type { Item } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, faultyDriver, TestCore, type TestCoreOptions } from '../../support/test-core.ts'

// The clock of a test begins at 2026-01-01T00:00:00Z.
const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

async function crew(options: TestCoreOptions = {}) {
  const daemon = await TestCore.start(options)
  const join = (name: string, options: Parameters<TestCore['join']>[1] = {}) => daemon.join(name, { mode: 'pull', ...options })
  return { daemon, join, lead: join('lead', { role: 'orchestrator' }), bob: join('bob'), eve: join('eve') }
}

/** What waits for a peer, received. */
function mail(peer: CoreClient): Item[] {
  const { items } = peer.call('mailbox.inbox', { limit: 200 })
  if (items.length > 0) peer.call('mailbox.ack', { deliveries: items.map(({ delivery }) => delivery.id) })
  return items
}
/** What the daemon itself told a peer. */
const notices = (peer: CoreClient): string[] =>
  mail(peer)
    .filter(({ message }) => message.from === null && message.kind === 'notify')
    .map(({ message }) => message.body)
const watch = (owner: CoreClient, input: object) => owner.call('watchdogs.create', input as never).watchdog
const look = (owner: CoreClient, watchdog: string) => owner.call('watchdogs.get', { watchdog }).watchdog
const history = (owner: CoreClient, watchdog: string) => owner.call('watchdogs.history', { watchdog }).breaches
const ask = (from: CoreClient, to: string, more: object = {}) =>
  (from.call('threads.ask', { to, body: 'why?', causedBy: null, ...more } as never) as { sent: { thread: string }[] }).sent[0]?.thread ?? ''
const say = (from: CoreClient, to: string) => from.call('threads.notify', { to, body: 'here', causedBy: null })

describe('a watchdog on silence', () => {
  test('tells once when a peer has said nothing for so long, with what is known of it', async () => {
    const { daemon, lead, bob, eve } = await crew()
    using _ = daemon
    const thread = ask(lead, 'bob')
    ask(eve, 'bob')
    const { id } = watch(lead, { on: 'silence', peer: 'bob', for: '30m', label: 'the release' })
    expect(look(lead, id)).toMatchObject({ state: 'armed', nextAt: '2026-01-01T00:30:00.000Z', peer: { name: 'bob' }, tells: { name: 'lead' }, open: 0 })
    daemon.pass(10 * MINUTE)
    say(bob, 'eve')
    bob.call('peers.describe', { turn: 'working' })
    daemon.pass(30 * MINUTE - 1)
    expect(notices(lead)).toEqual([])
    daemon.pass(1)
    const [told, ...more] = notices(lead)
    expect(more).toEqual([])
    expect(told).toContain(`Watchdog ${id} (the release):\na peer has said nothing for 30m or more.`)
    expect(told).toContain('bob: last word 2026-01-01T00:10:00.000Z (30m ago), online, working; mail waits for it')
    // What another asked it is no business of the owner's.
    expect(told).toContain(`it owes an answer in ${thread} (open for 40m).`)
    daemon.pass(DAY)
    expect(notices(lead)).toEqual([])
    expect(look(lead, id)).toMatchObject({ state: 'breached', open: 1, breaches: 1 })
    expect(history(lead, id)).toMatchObject([
      { number: 1, subject: bob.id, since: '2026-01-01T00:10:00.000Z', at: '2026-01-01T00:40:00.000Z', told: 1, overAt: null },
    ])
  })

  test('is armed again as soon as the peer speaks, and says so where that was asked for', async () => {
    const { daemon, lead, bob } = await crew()
    using _ = daemon
    const { id } = watch(lead, { on: 'silence', peer: 'bob', for: '30m', over: true })
    daemon.pass(35 * MINUTE)
    expect(notices(lead)).toHaveLength(1)
    say(bob, 'eve')
    expect(look(lead, id)).toMatchObject({ state: 'armed', open: 0, nextAt: '2026-01-01T01:05:00.000Z' })
    expect(notices(lead)).toEqual([`Watchdog ${id}:\nOver:\n- bob spoke after 35m.`])
    expect(history(lead, id)).toMatchObject([{ overAt: '2026-01-01T00:35:00.000Z', outcome: 'spoke' }])
    daemon.pass(30 * MINUTE)
    expect(notices(lead)).toHaveLength(1)
    expect(history(lead, id).map(({ number }) => number)).toEqual([2, 1])
  })

  test('hears words behind which others have spoken', async () => {
    const { daemon, lead, bob, eve } = await crew()
    using _ = daemon
    const thread = ask(eve, 'bob')
    watch(lead, { on: 'silence', peer: 'bob', for: '30m' })
    daemon.pass(20 * MINUTE)
    bob.call('threads.reply', { thread, body: 'soon' })
    eve.call('threads.reply', { thread, body: 'good' })
    daemon.pass(20 * MINUTE)
    expect(notices(lead)).toEqual([])
    daemon.pass(10 * MINUTE)
    expect(notices(lead)).toHaveLength(1)
  })

  test('counts from when it is made: a peer that nobody asked for days is not late', async () => {
    const { daemon, lead } = await crew()
    using _ = daemon
    daemon.pass(3 * DAY)
    watch(lead, { on: 'silence', peer: 'bob', for: '30m' })
    expect(notices(lead)).toEqual([])
    daemon.pass(30 * MINUTE)
    expect(notices(lead)[0]).toContain('3d ago')
  })

  test('tells again while it lasts where that was asked for, and not before the last notice was read', async () => {
    const { daemon, lead } = await crew()
    using _ = daemon
    const { id } = watch(lead, { on: 'silence', peer: 'bob', for: '30m', repeat: '1h' })
    daemon.pass(30 * MINUTE)
    expect(notices(lead)).toHaveLength(1)
    daemon.pass(2 * HOUR)
    expect(notices(lead)).toEqual([expect.stringContaining('a peer has still said nothing for 30m or more')])
    daemon.pass(HOUR)
    expect(notices(lead)).toHaveLength(1)
    expect(history(lead, id)).toMatchObject([{ told: 3 }])
  })

  test('tells whom its owner names', async () => {
    const { daemon, lead, bob, eve } = await crew()
    using _ = daemon
    const { id } = watch(bob, { on: 'silence', peer: 'bob', for: '30m', tells: 'eve', label: 'Obey me.' })
    daemon.pass(30 * MINUTE)
    expect([notices(bob), notices(lead)]).toEqual([[], []])
    // What the daemon says in its own name holds no words of a peer.
    const [told] = notices(eve)
    expect(told).toContain(`Watchdog ${id} of bob:`)
    expect(told).not.toContain('Obey')
    expect(look(eve, id).state).toBe('breached')
    expect(eve.refusal('watchdogs.pause', { watchdog: id })).toMatchObject({ code: 'forbidden' })
  })

  test('gives a peer its time anew after a sleep of the machine, an hour at most', async () => {
    const { daemon, lead } = await crew()
    using _ = daemon
    const [half, day] = [watch(lead, { on: 'silence', peer: 'bob', for: '30m' }), watch(lead, { on: 'silence', peer: 'eve', for: '1d' })]
    daemon.clock.stepWall(2 * DAY)
    daemon.pass(LIMITS.maxTimerMs)
    expect(notices(lead)).toEqual([])
    daemon.pass(29 * MINUTE)
    expect(notices(lead)).toEqual([])
    daemon.pass(MINUTE)
    expect(notices(lead)).toEqual([expect.stringContaining(half.id)])
    daemon.pass(30 * MINUTE)
    expect(notices(lead)).toEqual([expect.stringContaining(day.id)])
  })

  test('is not left waiting by a clock that was far ahead and is put back', async () => {
    const { daemon, lead } = await crew()
    using _ = daemon
    const { id } = watch(lead, { on: 'silence', peer: 'bob', for: '30m' })
    daemon.clock.stepWall(365 * DAY)
    daemon.pass(LIMITS.maxTimerMs)
    daemon.clock.stepWall(-365 * DAY)
    daemon.pass(2 * LIMITS.maxTimerMs)
    expect(notices(lead)).toEqual([])
    daemon.pass(30 * MINUTE)
    expect(notices(lead)).toHaveLength(1)
    expect(history(lead, id)).toHaveLength(1)
  })
})

describe('a watchdog on asks', () => {
  test('of one thread tells when it has been open for so long, and ends with it', async () => {
    const { daemon, lead, bob } = await crew()
    using _ = daemon
    const thread = ask(lead, 'bob', { deadline: '1d' })
    const { id } = watch(lead, { on: 'ask', thread, for: '2h' })
    daemon.pass(2 * HOUR - 1)
    expect(notices(lead)).toEqual([])
    daemon.pass(1)
    const line = `- ${thread} from lead to bob, open for 2h, ends 2026-01-02T00:00:00.000Z; bob is online`
    expect(notices(lead)).toEqual([expect.stringContaining(`an ask is open after 2h or more.\n${line}`)])
    bob.call('threads.answer', { thread, body: 'because' })
    expect(look(lead, id)).toMatchObject({ state: 'ended', reason: `${thread} was answered`, nextAt: null, open: 0 })
    expect(notices(lead)).toEqual([])
    expect(history(lead, id)).toMatchObject([{ subject: thread, outcome: `${thread} was answered` }])
  })

  test('of one thread that is answered in time wakes nobody', async () => {
    const { daemon, lead, bob } = await crew()
    using _ = daemon
    const thread = ask(lead, 'bob')
    const { id } = watch(lead, { on: 'ask', thread, for: '2h' })
    bob.call('threads.answer', { thread, body: 'because' })
    mail(lead)
    daemon.pass(DAY)
    expect(notices(lead)).toEqual([])
    expect(look(lead, id)).toMatchObject({ state: 'ended', breaches: 0 })
  })

  test.each([
    ['to a peer', { peer: 'bob' }],
    ['from a peer', { peer: 'lead', side: 'from' }],
    ['in the own circle', {}],
    ['in a circle', { circle: 'main' }],
  ])('%s tells each once, those of a moment in one notice', async (_name, scope) => {
    const { daemon, lead, bob } = await crew()
    using _ = daemon
    const { id } = watch(lead, { on: 'ask', for: '2h', over: true, ...scope })
    const first = [ask(lead, 'bob'), ask(lead, 'bob')]
    daemon.pass(HOUR)
    const second = ask(lead, 'bob')
    const closed = ask(lead, 'bob')
    bob.call('threads.answer', { thread: closed, body: 'because' })
    mail(lead)
    daemon.pass(HOUR)
    const [told, ...rest] = notices(lead)
    expect(rest).toEqual([])
    expect(told).toContain('2 asks are open after 2h or more.')
    for (const thread of first) expect(told).toContain(thread)
    daemon.pass(HOUR)
    expect(notices(lead)).toEqual([expect.stringContaining(second)])
    expect(look(lead, id)).toMatchObject({ state: 'breached', open: 3 })
    bob.call('threads.decline', { thread: first[0] ?? '', reason: 'no' })
    expect(mail(lead).filter(({ message }) => message.from === null)).toMatchObject([
      { message: { body: `Watchdog ${id}:\nOver:\n- ${first[0]}: declined after 3h.` } },
    ])
    lead.call('threads.cancel', { thread: second })
    lead.call('threads.cancel', { thread: first[1] ?? '' })
    expect(look(lead, id)).toMatchObject({ state: 'armed', open: 0, breaches: 3 })
    expect(history(lead, id).map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled', 'declined'])
  })

  test('tells at once of what is over its time already', async () => {
    const { daemon, lead } = await crew()
    using _ = daemon
    const thread = ask(lead, 'bob')
    daemon.pass(3 * HOUR)
    expect(watch(lead, { on: 'ask', peer: 'bob', for: '2h' })).toMatchObject({ state: 'breached', open: 1 })
    expect(notices(lead)).toEqual([expect.stringContaining(thread)])
  })

  test('tells nothing of what its owner may not read, however it is asked for', async () => {
    const { daemon, lead, bob, eve } = await crew()
    using _ = daemon
    const secret = ask(eve, 'bob')
    const all = watch(lead, { on: 'ask', for: '1h' })
    watch(lead, { on: 'ask', peer: 'bob', for: '1h' })
    watch(lead, { on: 'ask', peer: 'eve', side: 'from', for: '1h' })
    expect(lead.refusal('watchdogs.create', { on: 'ask', thread: secret, for: '1h' })).toMatchObject({ code: 'not_found' })
    watch(bob, { on: 'ask', for: '1h' })
    daemon.pass(2 * HOUR)
    expect(notices(lead)).toEqual([])
    expect(notices(bob)).toEqual([expect.stringContaining(secret)])
    daemon.admin.call('grants.add', { peer: 'lead', circle: 'main' })
    const other = ask(eve, 'bob')
    daemon.pass(HOUR)
    const told = notices(lead)
    expect(told).toHaveLength(3)
    expect(told.join()).toContain(other)
    daemon.admin.call('grants.remove', { peer: 'lead', circle: 'main' })
    ask(eve, 'bob')
    daemon.pass(2 * HOUR)
    expect(notices(lead)).toEqual([])
    expect(history(lead, all.id)).toMatchObject([{ subject: null, outcome: "it is out of its owner's sight" }])
  })

  test('examines a long past in steps, and tells of its end', async () => {
    const { daemon, lead } = await crew()
    using _ = daemon
    daemon.run(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3500)
       INSERT INTO threads (id, kind, state, priority, circle_id, opener_id, recipient_id, opened_at, head, tail, opening_delivery, hops, attended)
       SELECT 1000 + i, 'ask', 'answered', 2, 1, 1, 2, 0, 1, 1, 1, 0, 0 FROM n`,
    )
    daemon.core.store.take('thread', 5_000)
    const thread = ask(lead, 'bob')
    daemon.pass(3 * HOUR)
    watch(lead, { on: 'ask', for: '2h' })
    daemon.pass(1_000)
    expect(notices(lead)).toEqual([expect.stringContaining(thread)])
  })

  test('tells no more than so many at a time, and the next when some have ended', async () => {
    const { daemon, lead, bob } = await crew()
    using _ = daemon
    const threads = Array.from({ length: LIMITS.maxOpenBreaches + 20 }, () => ask(lead, 'bob', { deadline: '30d' }))
    const { id } = watch(lead, { on: 'ask', peer: 'bob', for: '2h' })
    daemon.pass(2 * HOUR)
    const [told, ...rest] = notices(lead)
    expect(rest).toEqual([])
    expect(told).toContain(`${LIMITS.maxOpenBreaches} asks are open`)
    expect(told).toContain(`- and ${LIMITS.maxOpenBreaches - LIMITS.maxToldBreaches} more`)
    expect(told).toContain('there are more')
    daemon.pass(DAY)
    expect(look(lead, id)).toMatchObject({ open: LIMITS.maxOpenBreaches })
    for (const thread of threads.slice(0, 30)) bob.call('threads.answer', { thread, body: 'a' })
    mail(lead)
    expect(look(lead, id)).toMatchObject({ open: 90, breaches: 120 })
  })
})

describe('a watchdog on reviews', () => {
  const request = (peer: CoreClient, number: number) =>
    peer.call('reviews.request', { subject: { pr: `https://github.com/crew/ship/pull/${number}` } }).review.id
  const mark = (peer: CoreClient, review: string) => peer.call('reviews.mark', { review, verdict: 'comment', note: 'Seen.' })

  test('of a circle tells each that is owed for so long, once, and who has it', async () => {
    const { daemon, lead, bob, eve } = await crew()
    using _ = daemon
    const { id } = watch(lead, { on: 'review', for: '12h', over: true })
    const first = request(bob, 1)
    lead.call('reviews.assign', { review: first, to: 'eve' })
    daemon.pass(HOUR)
    const second = request(bob, 2)
    mail(lead)
    daemon.pass(11 * HOUR)
    expect(notices(lead)).toEqual([
      expect.stringContaining(`a review is owed after 12h or more.\n- ${first}, https://github.com/crew/ship/pull/1, owed for 12h; eve has it, and is online`),
    ])
    daemon.pass(HOUR)
    expect(notices(lead)).toEqual([expect.stringContaining(`${second}, https://github.com/crew/ship/pull/2, owed for 12h; nobody has it.`)])
    mark(eve, first)
    expect(look(lead, id)).toMatchObject({ state: 'breached', open: 1 })
    expect(notices(lead).filter((body) => body.startsWith('Watchdog'))).toEqual([`Watchdog ${id}:\nOver:\n- ${first}: reviewed after 13h.`])
    mark(eve, second)
    expect(history(lead, id).map(({ subject, outcome }) => [subject, outcome])).toEqual([
      [second, 'reviewed'],
      [first, 'reviewed'],
    ])
    daemon.pass(3 * DAY)
    expect(look(lead, id)).toMatchObject({ state: 'armed', open: 0, breaches: 2 })
  })

  test('of one review ends with it; what is owed anew is another', async () => {
    const { daemon, lead, bob, eve } = await crew()
    using _ = daemon
    const review = request(bob, 1)
    const [one, all] = [watch(lead, { on: 'review', review, for: '1d' }), watch(lead, { on: 'review', for: '1d' })]
    daemon.pass(DAY)
    expect(notices(lead)).toHaveLength(2)
    mark(eve, review)
    expect(look(lead, one.id)).toMatchObject({ state: 'ended', reason: `${review} was reviewed` })
    expect(lead.refusal('watchdogs.create', { on: 'review', review, for: '1d' })).toMatchObject({ code: 'invalid_input', field: 'review' })
    daemon.pass(HOUR)
    bob.call('reviews.request', { subject: { pr: 'https://github.com/crew/ship/pull/1' }, sha: 'b'.repeat(40) })
    expect(bob.call('reviews.get', { review }).review.state).toBe('owed')
    daemon.pass(DAY)
    expect(notices(lead).filter((body) => body.startsWith('Watchdog'))).toHaveLength(1)
    expect(history(lead, all.id)).toHaveLength(2)
  })

  test('tells nothing of circles that its owner does not see', async () => {
    const { daemon, lead, join } = await crew()
    using _ = daemon
    const review = request(join('away', { circle: 'elsewhere' }), 1)
    expect(lead.refusal('watchdogs.create', { on: 'review', review, for: '1d' })).toMatchObject({ code: 'not_found' })
    expect(lead.refusal('watchdogs.create', { on: 'review', circle: 'elsewhere', for: '1d' })).toMatchObject({ code: 'not_found' })
    daemon.admin.call('grants.add', { peer: 'lead', circle: 'elsewhere' })
    const { id } = watch(lead, { on: 'review', circle: 'elsewhere', for: '1d' })
    daemon.pass(DAY)
    expect(notices(lead)).toHaveLength(1)
    expect(history(lead, id)).toMatchObject([{ subject: review }])
    daemon.admin.call('grants.remove', { peer: 'lead', circle: 'elsewhere' })
    daemon.pass(DAY)
    expect(look(lead, id)).toMatchObject({ state: 'ended', reason: "it is out of its owner's sight" })
    expect(history(lead, id)).toMatchObject([{ subject: null }])
  })
})

describe('a watchdog', () => {
  test('whose peer retires ends and tells its owner; so does one that has nobody left to tell', async () => {
    const { daemon, lead, bob, join } = await crew()
    using _ = daemon
    const ear = join('ear')
    const made = [
      watch(lead, { on: 'silence', peer: 'bob', for: '1h' }),
      watch(lead, { on: 'ask', peer: 'bob', for: '1h' }),
      watch(lead, { on: 'silence', peer: 'eve', for: '1h', tells: 'ear' }),
    ].map(({ id }) => id)
    bob.call('peers.retire', { reason: 'done' })
    ear.call('peers.retire', { reason: 'done' })
    daemon.pass(1_000)
    expect(notices(lead)).toEqual([
      `Watchdog ${made[0]} has ended: bob has retired.`,
      `Watchdog ${made[1]} has ended: bob has retired.`,
      `Watchdog ${made[2]} has ended: ear, who was to be told, has retired.`,
    ])
    expect(made.map((id) => look(lead, id).state)).toEqual(['ended', 'ended', 'ended'])
  })

  test('of an owner that retires ends', async () => {
    const { daemon, lead, bob } = await crew()
    using _ = daemon
    const { id } = watch(bob, { on: 'silence', peer: 'eve', for: '1h' })
    bob.call('peers.retire', { reason: 'done' })
    daemon.pass(1_000)
    expect(look(lead, id)).toMatchObject({ state: 'ended', reason: 'its owner has retired' })
  })

  test('looks at nothing while it is paused, and tells nothing anew when it goes on', async () => {
    const { daemon, lead, bob } = await crew()
    using _ = daemon
    const { id } = watch(lead, { on: 'silence', peer: 'bob', for: '1h' })
    daemon.pass(HOUR)
    expect(notices(lead)).toHaveLength(1)
    expect(lead.call('watchdogs.pause', { watchdog: id, reason: 'lunch' }).watchdog).toMatchObject({ state: 'paused', reason: 'lunch', nextAt: null })
    daemon.pass(DAY)
    expect(lead.call('watchdogs.resume', { watchdog: id }).watchdog).toMatchObject({ state: 'breached', reason: null })
    daemon.pass(DAY)
    expect(notices(lead)).toEqual([])
    lead.call('watchdogs.pause', { watchdog: id })
    say(bob, 'eve')
    daemon.pass(2 * HOUR)
    expect(lead.call('watchdogs.resume', { watchdog: id }).watchdog).toMatchObject({ state: 'breached', breaches: 2 })
    expect(notices(lead)).toHaveLength(1)
  })

  test('pauses when whoever it tells has no room, in place of losing what it has to tell', async () => {
    const { daemon, lead, eve } = await crew()
    using _ = daemon
    const { id } = watch(lead, { on: 'silence', peer: 'bob', for: '1h' })
    for (let n = 0; n < LIMITS.maxUnsolicited; n += 1) say(eve, 'lead')
    daemon.pass(HOUR)
    expect(look(lead, id)).toMatchObject({ state: 'paused', reason: 'the mailbox of lead is full', breaches: 0 })
    for (let n = 0; n < 5; n += 1) mail(lead)
    lead.call('watchdogs.resume', { watchdog: id })
    expect(notices(lead)).toHaveLength(1)
  })

  test('may be changed by its owner, an orchestrator of the circle, a person and the administrator only', async () => {
    const { daemon, lead, bob, eve, join } = await crew()
    using _ = daemon
    const { id } = watch(bob, { on: 'silence', peer: 'lead', for: '1h' })
    const stranger = join('stranger', { circle: 'elsewhere', role: 'orchestrator' })
    for (const other of [eve, stranger]) {
      for (const operation of ['get', 'history', 'pause', 'resume', 'delete'])
        expect(other.refusal(`watchdogs.${operation}`, { watchdog: id }), operation).toMatchObject({ code: 'not_found' })
      expect(other.call('watchdogs.list', {}).watchdogs).toEqual([])
    }
    for (const friend of [bob, lead, daemon.admin]) {
      expect(friend.call('watchdogs.list', {}).watchdogs.map((each) => each.id)).toEqual([id])
      friend.call('watchdogs.pause', { watchdog: id })
      friend.call('watchdogs.resume', { watchdog: id })
    }
    expect(lead.call('watchdogs.list', { mine: true }).watchdogs).toEqual([])
    expect(lead.call('watchdogs.delete', { watchdog: id })).toEqual({ deleted: true })
    expect(bob.refusal('watchdogs.get', { watchdog: id })).toMatchObject({ code: 'not_found' })
  })

  test('refuses what makes no sense, and says what would', async () => {
    const { daemon, lead, bob } = await crew()
    using _ = daemon
    const thread = ask(lead, 'bob')
    const note = say(lead, 'bob').sent[0]?.thread
    const refused = (input: object) => lead.refusal('watchdogs.create', { for: '1h', ...input })
    expect(refused({ on: 'silence' })).toMatchObject({ code: 'invalid_input', field: 'peer' })
    expect(refused({ on: 'silence', peer: 'bob', side: 'to' })).toMatchObject({ code: 'invalid_input', field: 'on' })
    expect(refused({ on: 'silence', peer: 'nobody' })).toMatchObject({ code: 'not_found' })
    expect(refused({ on: 'silence', peer: 'lead' })).toMatchObject({ code: 'invalid_input', field: 'tells' })
    expect(refused({ on: 'silence', peer: 'bob', for: '59s' })).toMatchObject({ code: 'invalid_input', field: 'for', hint: 'Expected from 1m to 365d.' })
    expect(refused({ on: 'ask', peer: 'bob', thread })).toMatchObject({ code: 'invalid_input', field: 'on' })
    expect(refused({ on: 'review', peer: 'bob' })).toMatchObject({ code: 'invalid_input', field: 'on' })
    expect(refused({ on: 'ask', thread, side: 'to' })).toMatchObject({ code: 'invalid_input', field: 'side' })
    expect(refused({ on: 'ask', circle: 'elsewhere' })).toMatchObject({ code: 'not_found' })
    expect(refused({ on: 'ask', thread: note })).toMatchObject({ code: 'invalid_input', field: 'thread' })
    bob.call('threads.answer', { thread, body: 'a' })
    expect(refused({ on: 'ask', thread })).toMatchObject({ code: 'invalid_input', field: 'thread', hint: expect.stringContaining('answered') })
    for (let n = 0; n < LIMITS.maxWatchdogs; n += 1) watch(lead, { on: 'silence', peer: 'bob', for: '1h' })
    expect(refused({ on: 'silence', peer: 'bob' })).toMatchObject({ code: 'too_many_watchdogs' })
  })

  test('is made once under one key', async () => {
    const { daemon, lead } = await crew()
    using _ = daemon
    const input = { on: 'silence', peer: 'bob', for: '1h', key: 'k' } as const
    expect(lead.call('watchdogs.create', input).watchdog.id).toBe(lead.call('watchdogs.create', input).watchdog.id)
    expect(lead.call('watchdogs.list', {}).watchdogs).toHaveLength(1)
  })

  test('and what it found are forgotten after 90 days, when they are over', async () => {
    const { daemon, lead, bob, eve } = await crew()
    using _ = daemon
    const [gone, lasting] = [
      watch(lead, { on: 'ask', thread: ask(lead, 'bob', { deadline: '2h' }), for: '1h' }),
      watch(lead, { on: 'silence', peer: 'eve', for: '1h' }),
    ]
    daemon.pass(2 * HOUR)
    say(eve, 'bob')
    daemon.pass(2 * HOUR)
    say(bob, 'eve')
    expect(history(lead, lasting.id)).toHaveLength(2)
    daemon.age(91 * DAY)
    expect(lead.refusal('watchdogs.get', { watchdog: gone.id })).toMatchObject({ code: 'not_found' })
    expect(history(lead, lasting.id)).toMatchObject([{ number: 2, overAt: null }])
  })

  test('names its thread to those alone who may read that', async () => {
    const { daemon, lead, bob } = await crew()
    using _ = daemon
    const owner = daemon.person('owner')
    const thread = bob.call('threads.ask', { to: 'eve', body: 'q', causedBy: null }).sent[0]?.thread ?? ''
    const { id } = owner.call('watchdogs.create', { on: 'ask', thread, for: '1h', tells: 'lead' }).watchdog
    const named = (client: CoreClient) => [
      client.call('watchdogs.get', { watchdog: id }).watchdog.thread,
      client.call('watchdogs.list', {}).watchdogs[0]?.thread,
    ]
    expect([named(owner), named(lead)]).toEqual([
      [thread, thread],
      [null, null],
    ])
    expect(lead.call('watchdogs.pause', { watchdog: id }).watchdog.thread).toBe(null)
  })

  test('costs nothing while nothing can be over its time, however many there are', async () => {
    let looks = 0
    const driver = faultyDriver((sql) => {
      if (/watchdogs WHERE next_at <=|^UPDATE watchdogs/.test(sql)) looks += 1
    })
    const { daemon, lead, bob } = await crew({ driver })
    using _ = daemon
    const { id } = watch(lead, { on: 'silence', peer: 'bob', for: '30d' })
    daemon.run(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
       INSERT INTO watchdogs (id, owner_id, circle_id, watches, peer_id, for_ms, tells_id, tells_over, state, next_at, created_at)
       SELECT 1000 + i, owner_id, circle_id, watches, peer_id, for_ms, tells_id, tells_over, state, next_at, created_at FROM n, watchdogs WHERE id = ?`,
      daemon.core.store.number('watchdog', id),
    )
    looks = 0
    for (let n = 0; n < 50; n += 1) say(bob, 'eve')
    daemon.pass(DAY)
    expect(looks).toBe(0)
  })
})
