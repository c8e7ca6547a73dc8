import { describe, expect, test } from 'vitest'
import type { Item } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

// The clock of a test begins at 2026-01-01T00:00:00Z, a Thursday.
const MINUTE = 60_000
const HOUR = 3_600_000

async function crew() {
  const daemon = await TestCore.start()
  return { daemon, owner: daemon.join('owner', { mode: 'pull' }), worker: daemon.join('worker', { mode: 'pull' }) }
}

/** What waits for a peer, received. */
function mail(peer: CoreClient): Item[] {
  const { items } = peer.call('mailbox.inbox', { limit: 50 })
  if (items.length > 0) peer.call('mailbox.ack', { deliveries: items.map(({ delivery }) => delivery.id) })
  return items
}
const bodies = (peer: CoreClient): string[] => mail(peer).map(({ message }) => message.body)
const create = (owner: CoreClient, input: object) => owner.call('schedules.create', { body: 'Look.', ...input } as never).schedule
const history = (owner: CoreClient, schedule: string) => owner.call('schedules.history', { schedule }).occurrences

describe('a schedule', () => {
  test('of a single time sends its message once, in the name of its owner, and has ended', async () => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    const made = create(owner, { to: 'worker', at: 'in 10m' })
    expect(made).toMatchObject({ state: 'active', to: 'worker', owner: { name: 'owner' }, nextAt: '2026-01-01T00:10:00.000Z', zone: 'UTC' })
    daemon.pass(10 * MINUTE - 1)
    expect(bodies(worker)).toEqual([])
    daemon.pass(1)
    expect(mail(worker)).toMatchObject([{ thread: { kind: 'notify' }, message: { body: 'Look.', from: { name: 'owner' }, hops: 0 } }])
    daemon.pass(HOUR)
    expect(bodies(worker)).toEqual([])
    expect(owner.call('schedules.get', { schedule: made.id }).schedule).toMatchObject({ state: 'ended', runs: 1, nextAt: null, reason: 'its time has come' })
    expect(history(owner, made.id)).toMatchObject([{ outcome: 'fired', dueAt: '2026-01-01T00:10:00.000Z', count: 1, threads: [expect.any(String)] }])
  })

  test('for oneself, by an interval, goes on until its runs are used up', async () => {
    const { daemon, owner } = await crew()
    using _ = daemon
    const { id } = create(owner, { every: '1h', maxRuns: 3 })
    daemon.pass(5 * HOUR)
    expect(bodies(owner)).toHaveLength(3)
    expect(owner.call('schedules.get', { schedule: id }).schedule).toMatchObject({ state: 'ended', reason: 'it has run 3 times' })
  })

  test('by a cron pattern is meant in its own zone', async () => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    expect(create(owner, { to: 'worker', cron: '0 9 * * 1-5', zone: 'America/New_York' }).nextAt).toBe('2026-01-01T14:00:00.000Z')
    daemon.pass(72 * HOUR)
    expect(bodies(worker)).toHaveLength(2)
  })

  test('of kind ask opens one that must be answered, and waits while it is open', async () => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    const { id } = create(owner, { to: 'worker', every: '1h', kind: 'ask', deadline: '150m' })
    daemon.pass(2 * HOUR)
    const [asked] = mail(worker)
    expect(history(owner, id).map(({ outcome }) => outcome)).toEqual(['skipped', 'fired'])
    worker.call('threads.answer', { thread: asked?.thread.id ?? '', body: 'fine' })
    expect(bodies(owner)).toEqual(['fine'])
    daemon.pass(HOUR)
    expect(history(owner, id).map(({ outcome }) => outcome)).toEqual(['fired', 'skipped', 'fired'])
    daemon.pass(150 * MINUTE)
    expect(bodies(owner)[0]).toMatch(/^no answer by /)
  })

  test('that asks its owner is opened by the daemon: nobody waits for the answer', async () => {
    const { daemon, owner } = await crew()
    using _ = daemon
    create(owner, { at: '10m', kind: 'ask' })
    daemon.pass(10 * MINUTE)
    const [asked] = mail(owner)
    expect(asked?.message.from).toBeNull()
    expect(owner.call('threads.owed', {}).owed).toHaveLength(1)
    owner.call('threads.answer', { thread: asked?.thread.id ?? '', body: 'done' })
    expect(bodies(owner)).toEqual([])
  })

  test('goes to whom its selector means when it fires', async () => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    worker.call('peers.describe', { capabilities: ['review'] })
    create(owner, { to: 'cap:review', select: 'all', every: '1h' })
    daemon.pass(HOUR)
    const other = daemon.join('other', { mode: 'pull', capabilities: ['review'] })
    daemon.pass(HOUR)
    expect([bodies(worker).length, bodies(other).length]).toEqual([2, 1])
  })

  test('keeps its recipient through a new name', async () => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    const { id } = create(owner, { to: 'worker', at: '10m' })
    worker.call('peers.rename', { name: 'labourer' })
    expect(owner.call('schedules.get', { schedule: id }).schedule.to).toBe('labourer')
    daemon.pass(10 * MINUTE)
    expect(bodies(worker)).toHaveLength(1)
  })
})

describe('what was missed', () => {
  async function slept(input: object, hours: number) {
    const { daemon, owner, worker } = await crew()
    const { id } = create(owner, { to: 'worker', every: '1h', ...input })
    // The machine sleeps: only the calendar goes on.
    daemon.clock.stepWall(hours * HOUR + 30 * MINUTE)
    daemon.pass(LIMITS.maxTimerMs)
    return { daemon, worker, occurrences: history(owner, id), next: owner.call('schedules.get', { schedule: id }).schedule.nextAt }
  }

  test('fires once for all of it, and shows the rest as one range', async () => {
    const { daemon, worker, occurrences, next } = await slept({}, 5)
    using _ = daemon
    expect(bodies(worker)).toHaveLength(1)
    expect(occurrences).toMatchObject([
      { outcome: 'fired', dueAt: '2026-01-01T05:00:00.000Z' },
      { outcome: 'missed', dueAt: '2026-01-01T01:00:00.000Z', untilAt: '2026-01-01T04:00:00.000Z', count: 4 },
    ])
    expect(next).toBe('2026-01-01T06:00:00.000Z')
  })

  test('does not fire where it is skipped', async () => {
    const { daemon, worker, occurrences } = await slept({ missed: 'skip' }, 5)
    using _ = daemon
    expect(bodies(worker)).toEqual([])
    expect(occurrences).toMatchObject([{ outcome: 'missed', count: 5 }])
  })

  test('fires each where all are wanted, within the window and up to the cap', async () => {
    const { daemon, worker, occurrences } = await slept({ missed: 'all', missedWindow: '4h', missedCap: 3 }, 9)
    using _ = daemon
    expect(bodies(worker)).toHaveLength(3)
    expect(occurrences.map(({ outcome, count }) => [outcome, count])).toEqual([
      ['fired', 1],
      ['fired', 1],
      ['fired', 1],
      ['missed', 6],
    ])
  })

  test('is looked at one by one only so far, and the newest still fires', async () => {
    const { daemon, worker, occurrences, next } = await slept({ every: '1m' }, 24 * 365)
    using _ = daemon
    expect(bodies(worker)).toHaveLength(1)
    expect(occurrences).toMatchObject([{ outcome: 'fired', dueAt: '2027-01-01T00:30:00.000Z' }, { outcome: 'missed' }])
    expect(occurrences[1]?.count).toBeGreaterThan(LIMITS.maxMissedCounted)
    expect(next).toBe('2027-01-01T00:31:00.000Z')
  })

  test('does not come again when the clock is put back', async () => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    const { id } = create(owner, { to: 'worker', every: '1h' })
    daemon.pass(2 * HOUR)
    daemon.clock.stepWall(-90 * MINUTE)
    daemon.pass(90 * MINUTE)
    expect(bodies(worker)).toHaveLength(2)
    daemon.pass(HOUR)
    expect(bodies(worker)).toHaveLength(1)
    expect(history(owner, id).map(({ dueAt }) => dueAt)).toEqual(['2026-01-01T03:00:00.000Z', '2026-01-01T02:00:00.000Z', '2026-01-01T01:00:00.000Z'])
  })
})

describe('a gate', () => {
  test.each([
    ['mail', { if: 'mail' }, 'nothing waits for the recipient'],
    ['owes', { if: 'owes' }, 'the recipient owes no answer'],
    ['silent', { if: 'silent', for: '2h' }, 'the recipient was heard within 2h'],
    ['not mail', { if: 'mail', peer: 'owner', not: true }, 'something waits for owner'],
  ])('holds an occurrence back before anybody is woken, and says why: %s', async (_name, gate, reason) => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    worker.call('threads.notify', { to: 'owner', body: 'unread' })
    const { id } = create(owner, { to: 'worker', every: '1h', gates: [gate] })
    daemon.pass(HOUR)
    expect(history(owner, id)).toMatchObject([{ outcome: 'suppressed', reason }])
    expect(bodies(worker)).toEqual([])
  })

  test('lets it fire when its fact holds', async () => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    const [sent] = owner.call('threads.ask', { to: 'worker', body: 'why?' }).sent
    const thread = sent?.thread ?? ''
    const { id } = create(owner, { to: 'worker', every: '1h', gates: [{ if: 'thread_open', thread }, { if: 'owes' }, { if: 'silent', for: '30m' }] })
    daemon.pass(HOUR)
    expect(bodies(worker)).toEqual(['why?', 'Look.'])
    worker.call('threads.answer', { thread, body: 'because' })
    daemon.pass(HOUR)
    expect(history(owner, id).map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['suppressed', 'the thread is closed'],
      ['fired', null],
    ])
  })

  test('is refused where its owner may not look', async () => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    daemon.register('other')
    const thread = worker.call('threads.ask', { to: 'other', body: 'secret' }).sent[0]?.thread ?? ''
    expect(owner.refusal('schedules.create', { body: 'x', every: '1h', gates: [{ if: 'thread_open', thread }] }).code).toBe('not_found')
    const second = owner.refusal('schedules.create', { body: 'x', every: '1h', gates: [{ if: 'mail' }, { if: 'mail', peer: 'nobody' }] })
    expect(second).toMatchObject({ code: 'not_found', field: 'gates.1' })
  })
})

describe('a failure', () => {
  test('is told to the owner once, and pauses the schedule at the fifth', async () => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    const { id } = create(owner, { to: 'worker', every: '1h' })
    worker.call('peers.retire', {})
    daemon.pass(10 * HOUR)
    const told = bodies(owner)
    expect(told).toHaveLength(2)
    expect(told[0]).toContain('worker has retired.')
    expect(told[1]).toContain('was paused after 5 failures')
    expect(owner.call('schedules.get', { schedule: id }).schedule).toMatchObject({ state: 'paused', failures: 5, runs: 0 })
    expect(history(owner, id).map(({ outcome }) => outcome)).toEqual(Array(5).fill('failed'))
  })

  test('of a full mailbox is one too, and is over with the next that gets through', async () => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    for (let n = 0; n < LIMITS.maxUnsolicited; n += 1) owner.call('threads.notify', { to: 'worker', body: 'x', priority: 'low' })
    const { id } = create(owner, { to: 'worker', every: '1h' })
    daemon.pass(HOUR)
    expect(history(owner, id)).toMatchObject([{ outcome: 'failed', reason: 'The recipient has no room for more.' }])
    mail(worker)
    daemon.pass(HOUR)
    expect(owner.call('schedules.get', { schedule: id }).schedule).toMatchObject({ failures: 0, runs: 1 })
  })

  test('has no part in it when the owner retires: the schedule ends', async () => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    const { id } = create(owner, { to: 'worker', every: '1h' })
    owner.call('peers.retire', {})
    daemon.pass(2 * HOUR)
    expect(bodies(worker)).toEqual([])
    expect(daemon.admin.call('schedules.get', { schedule: id }).schedule).toMatchObject({ state: 'ended', reason: 'its owner has retired' })
  })
})

describe('looking after schedules', () => {
  test('pausing drops what comes due meanwhile, resuming goes on from now', async () => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    const { id } = create(owner, { to: 'worker', every: '1h' })
    expect(owner.call('schedules.pause', { schedule: id, reason: 'holidays' }).schedule).toMatchObject({ state: 'paused', reason: 'holidays', nextAt: null })
    daemon.pass(5 * HOUR)
    expect(owner.call('schedules.resume', { schedule: id }).schedule).toMatchObject({ state: 'active', reason: null, nextAt: '2026-01-01T06:00:00.000Z' })
    daemon.pass(HOUR)
    expect(bodies(worker)).toHaveLength(1)
  })

  test('an edit replaces what it names and keeps the rest; null takes an option away', async () => {
    const { daemon, owner } = await crew()
    using _ = daemon
    const { id } = create(owner, { to: 'worker', every: '1h', label: 'hourly', jitter: '5m' })
    const edited = owner.call('schedules.edit', { schedule: id, cron: '@daily', label: null, body: 'New.' }).schedule
    expect(edited).toMatchObject({ every: null, cron: '@daily', label: null, jitter: '5m', body: 'New.', nextAt: '2026-01-02T00:00:00.000Z' })
  })

  test('running it now leaves its plan alone, and ignores its gates', async () => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    const made = create(owner, { to: 'worker', every: '1h', gates: [{ if: 'owes' }] })
    const run = { schedule: made.id, key: 'once' }
    const { occurrence, schedule } = owner.call('schedules.run', run)
    expect([occurrence.outcome, schedule.nextAt]).toEqual(['fired', made.nextAt])
    owner.call('schedules.run', run)
    expect(bodies(worker)).toHaveLength(1)
  })

  test('deleting it forgets it', async () => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    const { id } = create(owner, { to: 'worker', every: '1h' })
    daemon.pass(HOUR)
    expect(owner.call('schedules.delete', { schedule: id })).toEqual({ deleted: true })
    expect(owner.refusal('schedules.get', { schedule: id }).code).toBe('not_found')
    daemon.pass(5 * HOUR)
    expect(bodies(worker)).toHaveLength(1)
  })

  test('is for the owner, orchestrators and people; whom it wakes may look; others see nothing', async () => {
    const { daemon, owner, worker } = await crew()
    using _ = daemon
    const { id } = create(owner, { to: 'worker', every: '1h' })
    const [boss, person, stranger] = [
      daemon.join('boss', { role: 'orchestrator' }),
      daemon.join('ann', { role: 'person', mode: 'read' }),
      daemon.join('stranger'),
    ]
    const abroad = daemon.join('abroad', { role: 'orchestrator', circle: 'other' })
    for (const peer of [boss, person, owner]) expect(peer.call('schedules.edit', { schedule: id, label: 'x' }).schedule.label).toBe('x')
    expect(worker.call('schedules.get', { schedule: id }).schedule.id).toBe(id)
    expect(worker.refusal('schedules.pause', { schedule: id }).code).toBe('forbidden')
    for (const peer of [stranger, abroad]) expect(peer.refusal('schedules.get', { schedule: id }).code).toBe('not_found')
    const listed = [owner, worker, boss, person, daemon.admin, stranger, abroad].map((peer) => peer.call('schedules.list', {}).schedules.length)
    expect(listed).toEqual([1, 1, 1, 1, 1, 0, 0])
    expect(worker.call('schedules.list', { mine: true }).schedules).toEqual([])
  })

  test('a preview stores nothing, and shows local times', async () => {
    const { daemon, owner } = await crew()
    using _ = daemon
    const { occurrences } = owner.call('schedules.preview', { cron: '30 2 * * *', zone: 'Europe/Berlin', startAt: '2026-03-28 00:00', count: 3 })
    expect(occurrences.map(({ local }) => local)).toEqual(['Sat 2026-03-28 02:30 CET', 'Sun 2026-03-29 03:00 CEST', 'Mon 2026-03-30 02:30 CEST'])
    expect(owner.call('schedules.list', {}).schedules).toEqual([])
  })
})

describe('what is refused', () => {
  test.each([
    [{}, 'Give one of'],
    [{ at: '10m', every: '1h' }, 'Give one of'],
    [{ at: '2025-01-01T00:00:00Z' }, 'now'],
    [{ every: '59s' }, 'Expected from 1m'],
    [{ every: '1h', jitter: '31m' }, 'half of the interval'],
    [{ every: '1h', zone: 'Mars/Base' }, 'IANA'],
    [{ every: '1h', deadline: '1h' }, 'no deadline'],
    [{ at: '1h', quiet: '22:00-07:00' }, 'single time'],
    [{ cron: '0 3 * * *', quiet: '02:00-04:00' }, 'never come due'],
    [{ every: '1h', quiet: '02:00-02:00' }, 'must differ'],
    [{ every: '1h', startAt: '2h', endAt: '1h' }, 'after the start'],
    [{ every: '1h', to: 'role:agent' }, 'select'],
    [{ cron: '* * * * * *' }, 'five fields'],
  ])('%j', async (input, hint) => {
    const { daemon, owner } = await crew()
    using _ = daemon
    expect(owner.refusal('schedules.create', { body: 'x', ...input }).hint).toContain(hint)
    expect(daemon.row('SELECT count(*) AS n FROM schedules')).toEqual({ n: 0 })
  })

  test('more schedules than a peer may have', async () => {
    const { daemon, owner } = await crew()
    using _ = daemon
    for (let n = 0; n < LIMITS.maxSchedules; n += 1) create(owner, { every: '1h' })
    expect(owner.refusal('schedules.create', { body: 'x', every: '1h' }).code).toBe('too_many_schedules')
  })
})

test('old occurrences are forgotten, and schedules that ended as long ago', async () => {
  const { daemon, owner } = await crew()
  using _ = daemon
  const { id } = create(owner, { at: '10m' })
  daemon.pass(HOUR)
  daemon.age(LIMITS.occurrenceMs)
  expect(daemon.row('SELECT count(*) AS n FROM occurrences')).toEqual({ n: 0 })
  expect(owner.refusal('schedules.get', { schedule: id }).code).toBe('not_found')
})
