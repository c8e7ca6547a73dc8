import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const LEASE = LIMITS.leaderLeaseMs

type Member = CoreClient & { readonly id: string; readonly token: string }

const joins = (daemon: TestCore, name: string, options: Parameters<TestCore['join']>[1] = {}): Member => daemon.join(name, { role: 'orchestrator', ...options })

/** A circle with a leader, a standby that came a second after it, and a worker. */
async function crew() {
  const daemon = await TestCore.start()
  const first = joins(daemon, 'first')
  daemon.pass(1_000)
  const second = joins(daemon, 'second')
  const worker = daemon.join('worker')
  return { daemon, first, second, worker, token: claim(first).token }
}

function claim(peer: CoreClient): { leading: boolean; token: string } {
  const { leading, leadership } = peer.call('orchestrators.claim', {})
  return { leading, token: leadership.token ?? '' }
}

const status = (peer: CoreClient, circle?: string) => peer.call('orchestrators.status', circle === undefined ? {} : { circle }).leadership
const ask = (from: CoreClient, to: string, more: object = {}) =>
  from.call('threads.ask', { to, body: 'Do you hear me?', causedBy: null, deadline: '1h', ...more }).sent[0] as {
    thread: string
    delivery: string
    message: string
  }
const notes = (peer: CoreClient, token: string, text: string) => peer.call('orchestrators.note', { token, notes: text })
const events = (peer: CoreClient, daemon: TestCore) =>
  peer
    .call('events.list', { after: daemon.core.store.cursor(0), types: ['orchestrator'], limit: 200 })
    .events.map(({ type, changed }) => `${type.slice(13)} ${changed['how']}`)

describe('the lead', () => {
  test("is nobody's until it is claimed; every other orchestrator stands by", async () => {
    using daemon = await TestCore.start()
    const [first, second] = [joins(daemon, 'first'), joins(daemon, 'second')]
    expect(status(first)).toMatchObject({ circle: 'main', present: false, lease: 'vacant', primary: null, token: null, takeovers: 0, staleAfter: '1m' })
    expect(claim(first)).toEqual({ leading: true, token: expect.stringMatching(/^\d+$/) })
    expect(claim(second)).toEqual({ leading: false, token: '' })
    expect(status(second)).toMatchObject({
      present: true,
      lease: 'held',
      primary: { name: 'first', id: first.id },
      presence: 'online',
      lastSeenAt: '2026-01-01T00:00:00.000Z',
      token: null,
      takeovers: 1,
      standbys: [{ peer: { name: 'second' }, presence: 'online' }],
    })
  })

  test('is claimed again by who holds it without a change', async () => {
    const { daemon, first, token } = await crew()
    using _ = daemon
    const before = daemon.core.store.last('event')
    expect(claim(first)).toEqual({ leading: true, token })
    expect(daemon.core.store.last('event')).toBe(before)
  })

  test.each(['agent', 'service', 'observer', 'person'] as const)('is none for a peer of the role %s', async (role) => {
    const { daemon, token } = await crew()
    using _ = daemon
    const other = daemon.join('other', { role, mode: 'pull' })
    expect(other.refusal('orchestrators.claim')).toMatchObject({ code: 'forbidden' })
    expect(other.refusal('orchestrators.note', { token, notes: 'x' })).toMatchObject({ code: 'forbidden', access: 'leader' })
    expect(daemon.admin.refusal('orchestrators.appoint', { peer: other.id })).toMatchObject({ code: 'invalid_input' })
  })

  test('of two circles is led by two', async () => {
    const { daemon, first, token } = await crew()
    using _ = daemon
    const there = joins(daemon, 'there', { circle: 'ops' })
    const theirs = claim(there).token
    expect(Number(theirs)).toBeGreaterThan(Number(token))
    expect([status(first).primary?.name, status(there).primary?.name]).toEqual(['first', 'there'])
    expect(first.refusal('orchestrators.note', { token: theirs, notes: 'x' }).code).toBe('not_leading')
    expect(first.refusal('orchestrators.status', { circle: 'ops' }).code).toBe('not_found')
    first.leave()
    daemon.pass(LEASE)
    expect([status(there, 'ops').primary?.name, daemon.admin.call('orchestrators.status', { circle: 'main' }).leadership.primary?.name]).toEqual([
      'there',
      'second',
    ])
  })

  test('stays with a leader that says nothing and is there', async () => {
    const { daemon, first, token } = await crew()
    using _ = daemon
    for (let hour = 0; hour < 24; hour += 1) daemon.pass(3_600_000)
    expect(status(first)).toMatchObject({ present: true, lease: 'held', token })
    expect(status(first).lastSeenAt).toBe(new Date(daemon.clock.wallMs()).toISOString())
  })

  test('outlasts a connection that comes back within the lease, and a new name', async () => {
    const { daemon, first, token } = await crew()
    using _ = daemon
    first.leave('lost')
    daemon.pass(LEASE - 1)
    expect(daemon.admin.call('orchestrators.status', { circle: 'main' }).leadership).toMatchObject({
      present: false,
      lease: 'lapsing',
      primary: { name: 'first' },
    })
    const again = daemon.connect(first.token, { consume: true })
    again.call('peers.rename', { name: 'renamed' })
    daemon.pass(10 * LEASE)
    expect(status(again)).toMatchObject({ lease: 'held', token, primary: { name: 'renamed' }, takeovers: 1 })
  })

  test('passes to the standby that has been there longest, and the old token is worth nothing', async () => {
    const { daemon, first, second, token } = await crew()
    using _ = daemon
    daemon.pass(1_000)
    const third = joins(daemon, 'third')
    // It was there first, and came back last.
    const early = joins(daemon, 'early')
    early.leave()
    first.leave('lost')
    daemon.pass(LEASE - 1)
    expect(status(second).primary?.name).toBe('first')
    daemon.pass(1)
    expect(status(third)).toMatchObject({ primary: { name: 'second' }, takeovers: 2, token: null })
    expect(Number(status(second).token)).toBeGreaterThan(Number(token))
    const back = daemon.connect(first.token, { consume: true })
    expect(back.refusal('orchestrators.note', { token, notes: 'mine' })).toMatchObject({
      code: 'not_leading',
      circle: 'main',
      leader: { name: 'second' },
      since: status(second).since,
      hint: expect.stringContaining('second leads main'),
    })
    expect(back.deliveries().map(({ message }) => message.body)).toEqual([expect.stringMatching(/^second leads the circle main in your place: you were away/)])
    expect(events(third, daemon)).toEqual(['leading claimed', 'leading lapsed'])
  })

  test('falls silent with a leader that answers no heartbeat', async () => {
    const { daemon, first, second } = await crew()
    using _ = daemon
    first.pongs = false
    daemon.pass(3 * LIMITS.heartbeatMs)
    expect(status(second)).toMatchObject({ lease: 'lapsing', presence: 'away' })
    daemon.pass(LEASE)
    expect(status(second).primary?.name).toBe('second')
  })

  test('waits, where nobody is there, for the first that comes or claims', async () => {
    const { daemon, first, second, token } = await crew()
    using _ = daemon
    second.leave()
    first.leave()
    daemon.pass(10 * LEASE)
    expect(daemon.admin.call('orchestrators.status', { circle: 'main' }).leadership).toMatchObject({
      lease: 'lapsed',
      present: false,
      primary: { name: 'first' },
      takeovers: 1,
    })
    const back = daemon.connect(second.token, { consume: true })
    expect(status(back)).toMatchObject({ primary: { name: 'second' }, token: expect.any(String) })
    expect(Number(status(back).token)).toBeGreaterThan(Number(token))
    expect(events(back, daemon)).toEqual(['leading claimed', 'leading lapsed'])
    expect(daemon.connect(first.token).refusal('orchestrators.note', { token, notes: 'x' }).code).toBe('not_leading')
  })

  test('is as it was for a leader that was away alone, however long: nothing happened, so nobody is told', async () => {
    const { daemon, first, second, token } = await crew()
    using _ = daemon
    notes(first, token, 'Remember bob.')
    second.leave()
    first.leave()
    daemon.pass(100 * LEASE)
    const back = daemon.connect(first.token, { consume: true })
    expect(status(back)).toMatchObject({ lease: 'held', token })
    daemon.connect(second.token, { consume: true })
    daemon.pass(10 * LEASE)
    expect(status(back).token).toBe(token)
    expect([back.deliveries(), back.call('orchestrators.record', {}).notes]).toEqual([[], 'Remember bob.'])
  })

  test.each([
    ['retires', (first: Member) => first.call('peers.retire', { reason: 'done' })],
    [
      'loses its last credential',
      (first: Member) => first.call('credentials.revoke', { credential: first.call('credentials.list', {}).credentials[0]?.id ?? '' }),
    ],
  ])('ends at once where the leader %s', async (_what, end) => {
    const { daemon, first, second } = await crew()
    using _ = daemon
    end(first)
    expect(status(second)).toMatchObject({ primary: { name: 'second' }, lease: 'held' })
    expect(events(second, daemon)).toEqual(['leading claimed', 'leading ended'])
  })

  test('stays where one of several credentials of the leader ends', async () => {
    const { daemon, first, token } = await crew()
    using _ = daemon
    const { credential } = first.call('credentials.create', {})
    first.call('credentials.revoke', { credential: credential.id })
    expect(status(first).token).toBe(token)
  })

  test('is given by a person or the administrator to one that is there, and the one before is told', async () => {
    const { daemon, first, second } = await crew()
    using _ = daemon
    const person = daemon.join('paula', { role: 'person', mode: 'read' })
    expect(second.refusal('orchestrators.appoint', { peer: 'second' }).code).toBe('forbidden')
    const given = person.call('orchestrators.appoint', { peer: 'second' })
    expect(given).toMatchObject({ leadership: { primary: { name: 'second' }, token: null }, handover: { how: 'appointed', from: { name: 'first' } } })
    expect(first.delivery().message.body).toMatch(/^second leads the circle main in your place: it was appointed/)
    first.leave()
    expect(daemon.admin.refusal('orchestrators.appoint', { peer: 'first' })).toMatchObject({ code: 'invalid_input', presence: 'offline' })
    expect(daemon.admin.call('orchestrators.appoint', { peer: 'second' }).handover).toBeNull()
  })

  test('is seen by a person with a grant, and by nobody else of another circle', async () => {
    const { daemon } = await crew()
    using _ = daemon
    const [person, lead] = [daemon.join('paula', { role: 'person', circle: 'ops', mode: 'read' }), joins(daemon, 'lead', { circle: 'ops' })]
    for (const other of [person, lead]) expect(other.refusal('orchestrators.status', { circle: 'main' }).code).toBe('not_found')
    for (const other of [person, lead]) daemon.admin.call('grants.add', { peer: other.id, circle: 'main' })
    for (const other of [person, lead]) expect(status(other, 'main').primary?.name).toBe('first')
    expect(person.call('orchestrators.record', { circle: 'main' })).toEqual({ handover: null, notes: null })
    // A grant lets an orchestrator reach a circle, not lead it or read what its leaders hand over.
    expect(lead.refusal('orchestrators.record', { circle: 'main' }).code).toBe('forbidden')
    expect(daemon.admin.refusal('orchestrators.status').code).toBe('invalid_input')
  })
})

test('role:orchestrator, where one is meant, is the one that leads', async () => {
  const { daemon, first, second, worker, token } = await crew()
  using _ = daemon
  const asked = () => worker.call('threads.ask', { to: 'role:orchestrator', select: 'one', body: 'You?', causedBy: null }).sent[0]?.to.name
  expect(asked()).toBe('first')
  first.call('orchestrators.handover', { token })
  expect(asked()).toBe('second')
  second.call('peers.rename', { name: 'renamed' })
  expect(asked()).toBe('renamed')
  first.leave()
  second.call('orchestrators.resign', { token: status(second).token ?? '' })
  expect(worker.refusal('threads.ask', { to: 'role:orchestrator', select: 'one', body: 'You?', causedBy: null }).code).toBe('ambiguous_address')
})

describe('a handover', () => {
  test('goes to the next standby with a record, which is the first that it is told', async () => {
    const { daemon, first, second, worker, token } = await crew()
    using _ = daemon
    // What waits already, and what comes in the same batch.
    second.leave()
    worker.call('threads.notify', { to: 'second', body: 'waits', priority: 'urgent', causedBy: null })
    const asked = ask(first, 'worker')
    const owed = ask(worker, 'first')
    const { schedule } = first.call('schedules.create', { body: 'Look.', every: '1h' })
    const back = daemon.connect(second.token, { consume: true, prefetch: 1 })
    expect(back.delivery().message.body).toBe('waits')
    notes(first, token, 'Old notes.')
    const { handover } = first.call('orchestrators.handover', { token, notes: 'The release waits for bob.' })
    expect(handover).toMatchObject({
      v: 1,
      number: 2,
      how: 'handed_over',
      from: { name: 'first' },
      to: { name: 'second' },
      asked: { items: [{ thread: asked.thread, to: { name: 'worker' } }], more: 0 },
      owed: { items: [{ thread: owed.thread, from: { name: 'worker' } }], more: 0 },
      schedules: { items: [{ schedule: schedule.id, owner: { name: 'first' } }], more: 0 },
      reviews: { items: [], more: 0 },
      notes: 'The release waits for bob.',
    })
    // The window of one is taken, and the record comes all the same; the notes are their author's words.
    const [record, words, ...rest] = back.deliveries()
    expect(rest).toEqual([])
    expect(record?.message).toMatchObject({
      from: null,
      body: expect.stringContaining(`You lead the circle main: first handed over to you. The token of your lease is ${status(back).token}.`),
    })
    expect(record?.message.body).toContain(asked.thread)
    expect(words?.message).toMatchObject({ from: { name: 'first' }, body: 'The release waits for bob.' })
    expect(back.call('orchestrators.record', {})).toEqual({ handover, notes: null })
    expect(first.call('orchestrators.record', { number: 2 }).handover).toEqual(handover)
    expect(first.refusal('orchestrators.record', { number: 7 }).code).toBe('not_found')
  })

  test('is fetched first by a session as well', async () => {
    const { daemon, first, worker, token } = await crew()
    using _ = daemon
    const session = joins(daemon, 'session', { mode: 'pull' })
    worker.call('threads.notify', { to: 'session', body: 'waits', priority: 'urgent', causedBy: null })
    ask(worker, 'first')
    first.call('orchestrators.handover', { token, to: 'session', notes: 'Look.' })
    const { items } = session.call('mailbox.inbox', {})
    expect(items.map(({ message }) => message.body.slice(0, 15))).toEqual(['You lead the ci', 'Look.', 'waits', 'Do you hear me?'])
  })

  test('repeated under its key is the same, and under another is refused', async () => {
    const { daemon, first, second, token } = await crew()
    using _ = daemon
    const { handover } = first.call('orchestrators.handover', { token, key: 'k' })
    expect(first.call('orchestrators.handover', { token, key: 'k' }).handover).toEqual(handover)
    expect(first.refusal('orchestrators.handover', { token, key: 'other' }).code).toBe('not_leading')
    expect(status(second).takeovers).toBe(2)
  })

  test('goes to nobody who is not there, is no orchestrator of the circle, or leads already', async () => {
    const { daemon, first, second, worker, token } = await crew()
    using _ = daemon
    joins(daemon, 'stranger', { circle: 'ops' })
    second.leave()
    const refused = (to?: string) => first.refusal('orchestrators.handover', { token, ...(to !== undefined && { to }) }).code
    expect([refused(), refused('second'), refused(worker.id), refused('first'), refused('stranger@ops')]).toEqual([
      'not_found',
      'invalid_input',
      'invalid_input',
      'invalid_input',
      'not_found',
    ])
    expect(status(first).token).toBe(token)
  })

  test('keeps what the leader keeps', async () => {
    const { daemon, first, second, worker, token } = await crew()
    using _ = daemon
    const [kept, moved] = [ask(worker, 'first'), ask(worker, 'first')]
    first.call('orchestrators.handover', { token, keep: [kept.thread] })
    first.call('threads.answer', { thread: kept.thread, body: 'Mine.' })
    expect(first.refusal('threads.answer', { thread: moved.thread, body: 'Mine.' }).code).toBe('not_found')
    expect(first.take('thread.closed')).toMatchObject([{ thread: moved.thread, state: 'cancelled', by: { name: 'second' } }])
    second.call('threads.answer', { thread: moved.thread, body: 'Mine.' })
  })

  test("keeps nothing that is none of the leader's, or closed", async () => {
    const { daemon, first, second, worker, token } = await crew()
    using _ = daemon
    const [closed, strange] = [ask(worker, 'first'), ask(worker, 'second')]
    first.call('threads.answer', { thread: closed.thread, body: 'Yes.' })
    const refused = (thread: string) => first.refusal('orchestrators.handover', { token, keep: [thread] }).code
    expect([refused(closed.thread), refused(strange.thread)]).toEqual(['invalid_input', 'not_found'])
    expect(status(second).takeovers).toBe(1)
  })

  test('ends what the predecessor waits for', async () => {
    const { daemon, first, token } = await crew()
    using _ = daemon
    const { thread } = ask(first, 'worker')
    const { fan } = first.call('fans.open', { to: ['worker'], body: 'Ready?', causedBy: null })
    const waits = [first.post('threads.wait', { thread, until: 'closed', timeout: '1h' }), first.post('fans.wait', { fan: fan.id, timeout: '1h' })]
    first.call('orchestrators.handover', { token })
    for (const wait of waits) expect(() => first.outcome(wait)).toThrow(expect.objectContaining({ code: 'not_found' }))
    expect(first.take('thread.closed').map((closed) => closed['thread'])).toContain(thread)
  })

  test('of who resigns goes to the next, or to nobody until another comes', async () => {
    const { daemon, first, second, token } = await crew()
    using _ = daemon
    first.call('orchestrators.resign', { token, notes: 'I am tired.' })
    const theirs = status(second).token ?? ''
    first.leave()
    expect(second.call('orchestrators.resign', { token: theirs }).leadership).toMatchObject({ lease: 'vacant', primary: null })
    // Who resigned does not lead again by merely coming back.
    second.leave()
    const back = daemon.connect(second.token, { consume: true })
    expect(status(back).lease).toBe('vacant')
    const other = daemon.connect(first.token, { consume: true })
    expect(status(other)).toMatchObject({ primary: { name: 'first' }, takeovers: 3 })
  })
})

describe('the asks of a leader that is gone', () => {
  test('are answered by its successor, and the asker is told', async () => {
    const { daemon, first, second, worker } = await crew()
    using _ = daemon
    const inHand = ask(worker, 'first')
    first.ack(first.delivery())
    const early = ask(worker, 'first', { to: 'first' })
    first.leave('lost')
    const queued = ask(worker, 'first')
    daemon.pass(LEASE)
    const moved = second.deliveries().filter(({ message }) => message.kind === 'ask')
    expect(moved.map(({ thread, attempt, message }) => [thread.id, attempt, message.from?.name])).toEqual(
      [inHand, early, queued].map(({ thread }) => [thread, 1, 'worker']),
    )
    expect(worker.deliveries().map(({ message }) => message.body)).toEqual(Array(3).fill('second answers this in place of first, who no longer leads.'))
    for (const { thread, delivery } of moved) second.call('threads.answer', { thread: thread.id, body: 'I do.', delivery })
    expect(worker.deliveries().map(({ thread, message }) => [thread.state, message.from?.name])).toEqual(Array(3).fill(['answered', 'second']))
    expect(daemon.rows('SELECT * FROM open_asks')).toEqual([])
  })

  test("that it asked are its successor's: it gets the answers, also those that came meanwhile", async () => {
    const { daemon, first, second, worker } = await crew()
    using _ = daemon
    const [early, late, cancelled] = [ask(first, 'worker'), ask(first, 'worker'), ask(first, 'worker')]
    first.leave('lost')
    worker.call('threads.answer', { thread: early.thread, body: 'Early.' })
    daemon.pass(LEASE)
    worker.call('threads.answer', { thread: late.thread, body: 'Late.' })
    expect(second.deliveries().flatMap(({ message }) => (message.kind === 'answer' ? [message.body] : []))).toEqual(['Early.', 'Late.'])
    expect(second.call('threads.get', { thread: early.thread }).messages).toHaveLength(2)
    expect(second.call('threads.cancel', { thread: cancelled.thread, reason: 'Enough.' }).changed).toBe(true)
    const back = daemon.connect(first.token, { consume: true })
    expect(back.deliveries().filter(({ message }) => message.kind === 'answer')).toEqual([])
  })

  test('between it and its successor end: nobody answers itself', async () => {
    const { daemon, first, second } = await crew()
    using _ = daemon
    const [to, from] = [ask(first, 'second'), ask(second, 'first')]
    second.ack(second.delivery())
    first.leave('lost')
    daemon.pass(LEASE)
    for (const { thread } of [to, from]) expect(daemon.admin.call('threads.get', { thread }).thread).toMatchObject({ state: 'cancelled' })
    expect(second.deliveries().map(({ message }) => message.kind)).toEqual(['notify'])
    expect(daemon.rows('SELECT * FROM open_asks')).toEqual([])
  })

  test('to many end for its successor, with one notice', async () => {
    const { daemon, first, second, worker } = await crew()
    using _ = daemon
    const other = daemon.join('other')
    const { fan } = first.call('fans.open', { to: ['worker', 'other', 'second'], body: 'Ready?', causedBy: null })
    const answer = (peer: CoreClient) => peer.call('threads.answer', { thread: peer.delivery().thread.id, body: 'Yes.' })
    answer(worker)
    first.leave('lost')
    daemon.pass(LEASE)
    second.deliveries()
    answer(other)
    expect(second.delivery().message.body).toContain('2 answered, 1 cancelled')
    expect(second.call('fans.get', { fan: fan.id })).toMatchObject({ fan: { state: 'complete', from: { name: 'second' } } })
  })

  test('end by their deadline where nobody takes over', async () => {
    const { daemon, first, second, worker } = await crew()
    using _ = daemon
    second.leave()
    const { thread } = ask(worker, 'first', { deadline: '10m' })
    first.leave('lost')
    daemon.pass(600_000)
    expect(worker.delivery()).toMatchObject({ thread: { id: thread, state: 'expired' } })
  })

  test('are found by a search under who has them now, and are redacted whole', async () => {
    const { daemon, first, second, worker } = await crew()
    using _ = daemon
    const { thread, message } = ask(worker, 'first', { body: 'A rare word: xylophone.' })
    daemon.pass(LIMITS.indexEveryMs)
    first.leave('lost')
    daemon.pass(LEASE)
    const found = () => second.call('messages.search', { text: 'xylophone' }).hits.map((hit) => hit.thread)
    expect(found()).toEqual([thread])
    worker.call('threads.redact', { message, reason: 'a slip' })
    expect(found()).toEqual([])
    expect(daemon.rows("SELECT rowid FROM message_index('xylophone')")).toEqual([])
    expect(daemon.row('SELECT form FROM search_cursor')).toEqual({ form: 2 })
  })

  test('to review something stay where they are, and the record lists them', async () => {
    const { daemon, first, second, worker } = await crew()
    using _ = daemon
    const subject = { pr: 'https://git.example/crew/ship/pull/7' }
    const { review } = worker.call('reviews.request', { subject, to: 'first' })
    const { thread } = first.delivery()
    first.leave('lost')
    daemon.pass(LEASE)
    expect(second.call('orchestrators.record', {}).handover).toMatchObject({
      owed: { items: [] },
      reviews: { items: [{ review: review.id, owedBy: { name: 'first' } }], more: 0 },
    })
    expect(daemon.admin.call('threads.get', { thread: thread.id }).thread).toMatchObject({ state: 'open', to: { name: 'first' } })
    expect(second.call('reviews.assign', { review: review.id, to: 'second' }).review).toMatchObject({ assignee: { name: 'second' } })
  })

  test('of a leader that retires go to its successor instead of failing', async () => {
    const { daemon, first, second, worker } = await crew()
    using _ = daemon
    const { thread } = ask(worker, 'first')
    first.call('peers.retire', { reason: 'done' })
    second.call('threads.answer', { thread, body: 'I do.' })
    expect(worker.deliveries().at(-1)).toMatchObject({ thread: { state: 'answered' } })
  })

  test('leave the mailboxes with the room that they have', async () => {
    const { daemon, first, second, worker } = await crew()
    using _ = daemon
    first.leave('lost')
    for (let n = 0; n < 400; n += 1) worker.post('threads.ask', { to: 'first', body: 'x', causedBy: null })
    daemon.pass(LEASE)
    daemon.pass(1_000)
    expect(daemon.row('SELECT count(*) AS n FROM open_asks WHERE recipient_id = ?', daemon.number(second.id))).toEqual({ n: 400 })
    expect(daemon.rows('SELECT * FROM outbox')).toEqual([])
    const { handover } = second.call('orchestrators.record', {})
    expect(handover?.owed).toMatchObject({ more: 400 - LIMITS.maxHandoverItems })
    // What the daemon counts in memory is what the tables say.
    const fits =
      LIMITS.maxUnsolicited -
      (daemon.row<{ n: number }>(
        "SELECT count(*) AS n FROM deliveries WHERE peer_id = ? AND state IN ('queued', 'offered') AND solicited = 0",
        daemon.number(second.id),
      )?.n ?? 0)
    for (let n = 0; n < fits; n += 1) worker.post('threads.notify', { to: 'second', body: 'x', causedBy: null })
    daemon.pass(0)
    expect(worker.refusal('threads.notify', { to: 'second', body: 'x', causedBy: null }).code).toBe('mailbox_full')
    for (let n = 0; n < LIMITS.maxUnsolicited - 1; n += 1) worker.post('threads.notify', { to: 'first', body: 'x', causedBy: null })
    daemon.pass(0)
    expect(daemon.errors).toEqual([])
  })
})

describe('through restarts and clocks', () => {
  function file(): string {
    const folder = mkdtempSync(join(tmpdir(), 'muster-lead-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    return join(folder, 'muster.db')
  }

  test('a start gives the leader a full period to come back', async () => {
    const [path, clock] = [file(), new VirtualClock()]
    const one = await TestCore.start({ path, clock })
    const [first, second] = [joins(one, 'first'), joins(one, 'second')]
    const { token } = claim(first)
    one.crash()
    using again = await TestCore.start({ path, clock })
    const standby = again.connect(second.token, { consume: true })
    again.pass(LEASE - 1)
    expect(status(standby)).toMatchObject({ lease: 'lapsing', primary: { name: 'first' } })
    const back = again.connect(first.token, { consume: true })
    again.pass(LEASE)
    expect(status(back)).toMatchObject({ lease: 'held', token })
  })

  test('a machine that slept gives it another', async () => {
    const { daemon, first, second } = await crew()
    using _ = daemon
    first.leave('lost')
    daemon.pass(LEASE - 10_000)
    daemon.clock.stepWall(3_600_000)
    daemon.pass(LEASE - 1)
    expect(status(second).primary?.name).toBe('first')
    daemon.pass(LIMITS.maxTimerMs)
    expect(status(second).primary?.name).toBe('second')
  })

  test('a clock that is set does not end a lease, and tokens grow all the same', async () => {
    const { daemon, first, second, token } = await crew()
    using _ = daemon
    daemon.clock.stepWall(-86_400_000)
    daemon.pass(LIMITS.maxTimerMs)
    expect(status(first).token).toBe(token)
    first.call('orchestrators.handover', { token })
    expect(Number(status(second).token)).toBeGreaterThan(Number(token))
  })

  test('in another life of the database every lease is over, and no token comes again', async () => {
    const [path, clock] = [file(), new VirtualClock()]
    const one = await TestCore.start({ path, clock })
    const first = joins(one, 'first')
    const { token } = claim(first)
    one.stop()
    clock.advance(1_000)
    using again = await TestCore.start({ path, clock, reincarnate: 'restored' })
    expect(again.admin.call('orchestrators.status', { circle: 'main' }).leadership).toMatchObject({ lease: 'vacant' })
    const back = again.connect(first.token, { consume: true })
    expect(Number(status(back).token)).toBeGreaterThan(Number(token))
    expect(back.refusal('orchestrators.note', { token, notes: 'x' }).code).toBe('not_leading')
    expect(events(back, again)).toEqual(['leading claimed', 'vacant restored', 'leading restored'])
  })
})
