import { describe, expect, it } from 'vitest'
import type { Output } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import { QUESTION } from '../../support/cards.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

type Event = Output<'events.list'>['events'][number]

/** A person with two devices, each of which follows all events, as a page does. */
async function withDevices() {
  const daemon = await TestCore.start()
  const phone = daemon.person('owner')
  const laptop = daemon.connect(daemon.device(phone.id, 'laptop'))
  for (const device of [phone, laptop]) device.say('events.subscribe')
  return { daemon, phone, laptop }
}

const heard = (device: CoreClient): Event[] => device.take('events.event').map(({ event }) => event as Event)
const opened = (client: CoreClient, to: string, more: object = {}) => client.call('threads.ask', { to, body: 'q', causedBy: null, ...more }).sent[0]

describe('what a person has not read', () => {
  it('is the same on all devices, and each hears when another has read', async () => {
    const { daemon, phone, laptop } = await withDevices()
    using _ = daemon
    const a = daemon.join('a')
    for (const body of ['one', 'two', 'three']) a.call('threads.notify', { to: 'owner', body })
    const unread = (device: CoreClient) => device.call('mailbox.peek', {})
    expect([unread(phone).waiting, unread(laptop).waiting]).toEqual([3, 3])
    const second = unread(laptop).items[1]?.delivery.id ?? ''
    heard(phone)
    expect(laptop.call('mailbox.read', { upTo: second }).read).toBe(2)
    expect(unread(phone)).toMatchObject({ waiting: 1, items: [{ message: { body: 'three' } }] })
    const [moved] = heard(phone)
    expect(moved).toMatchObject({ type: 'mailbox.read', actor: { name: 'owner' }, changed: { readUpTo: second } })
    expect(moved?.changed['acked']).toHaveLength(2)
    // Read already: nothing moves, and nobody is told.
    expect(phone.call('mailbox.read', { upTo: second }).read).toBe(0)
    expect(heard(laptop).filter(({ type }) => type === 'mailbox.read')).toHaveLength(1)
  })

  it('never comes without an event about its thread in the same moment', async () => {
    const { daemon, phone, laptop } = await withDevices()
    using _ = daemon
    const [a, b] = [daemon.join('a'), daemon.join('b')]
    const lead = daemon.join('lead', { role: 'orchestrator' })
    const arrivals: Readonly<Record<string, () => unknown>> = {
      ask: () => opened(a, 'owner', { deadline: '100s' }),
      remind: () => daemon.pass(80_000),
      expire: () => opened(phone, 'a', { deadline: '60s' }) && daemon.pass(61_000),
      notify: () => a.call('threads.notify', { to: 'role:person', select: 'all', body: 'n' }),
      reply: () => a.call('threads.reply', { thread: opened(phone, 'a')?.thread ?? '', body: 'more' }),
      answer: () => a.call('threads.answer', { thread: opened(phone, 'a')?.thread ?? '', body: 'done' }),
      decline: () => a.call('threads.decline', { thread: opened(phone, 'a')?.thread ?? '', reason: 'no' }),
      cancel: () => a.call('threads.cancel', { thread: opened(a, 'owner')?.thread ?? '', reason: 'found it' }),
      late: () => a.call('threads.decline', { thread: phone.call('threads.list', { state: 'answered' }).threads[0]?.id ?? '', reason: 'late' }),
      card: () => a.call('decisions.raise', QUESTION),
      escalation: () => opened(a, 'b', { deadline: '60s', escalateTo: 'owner' }) && daemon.pass(61_000),
      fan: () => phone.call('fans.open', { to: ['b'], body: 'q', deadline: '60s' }) && daemon.pass(61_000),
      fail: () => {
        const delivery = phone.call('threads.notify', { to: 'lead', body: 'poison' }).sent[0]?.delivery ?? ''
        for (let failures = 0; failures < LIMITS.maxFailures; failures += 1) {
          lead.call('mailbox.nack', { delivery, attempt: lead.deliveries().find((one) => one.delivery === delivery)?.attempt ?? 0 })
          daemon.pass(1_000 * 2 ** failures)
        }
      },
    }
    const self = daemon.number(phone.id)
    for (const [name, arrive] of Object.entries(arrivals)) {
      if (name === 'remind') phone.call('mailbox.read', { upTo: phone.call('mailbox.peek', {}).items.at(-1)?.delivery.id ?? '' })
      const { last } = daemon.row<{ last: number }>('SELECT coalesce(max(id), 0) AS last FROM deliveries') as { last: number }
      heard(laptop)
      arrive()
      daemon.pass(1_000)
      const events = heard(laptop)
      const came = daemon.rows<{ thread_id: number; queued_at: number }>('SELECT thread_id, queued_at FROM deliveries WHERE peer_id = ? AND id > ?', self, last)
      expect(came.length, name).toBeGreaterThan(0)
      for (const { thread_id, queued_at } of came) {
        const [thread, at] = [daemon.core.store.id('thread', thread_id), new Date(queued_at).toISOString()]
        expect(
          events.some((event) => event.subject === thread && event.at === at && event.type.startsWith('thread.')),
          `${name}: ${JSON.stringify(events)}`,
        ).toBe(true)
      }
    }
    expect(b.closed).toBeUndefined()
  })
})

describe('what a page shows', () => {
  it('is told of when it changes: turns, descriptions, schedules, reviews, cards, approvals, quiet hours, devices, circles and grants', async () => {
    const { daemon, phone, laptop } = await withDevices()
    using _ = daemon
    const a = daemon.join('a', { capabilities: ['x'] })
    const lead = daemon.join('lead', { role: 'orchestrator' })
    const schedule = () => phone.call('schedules.list', {}).schedules[0]?.id ?? ''
    const review = () => phone.call('reviews.queue', {}).reviews[0]?.id ?? ''
    const changes: Readonly<Record<string, () => unknown>> = {
      'peer.described': () => a.call('peers.describe', { turn: 'working' }),
      'peer.renamed': () => a.call('peers.rename', { name: 'ada' }),
      'schedule.created': () => a.call('schedules.create', { body: 'Look.', every: '1h' }),
      'schedule.fired': () => daemon.pass(3_600_000),
      'schedule.paused': () => phone.call('schedules.pause', { schedule: schedule() }),
      'review.requested': () => a.call('reviews.request', { subject: { pr: 'https://forge.example/crew/ship/pull/7' } }),
      'review.reviewed': () => lead.call('reviews.mark', { review: review(), verdict: 'approve' }),
      'decision.raised': () => a.call('decisions.raise', QUESTION),
      'decision.closed': () => phone.call('decisions.resolve', { card: phone.call('decisions.queue', {}).cards[0]?.card.id ?? '', option: 'a' }),
      'tier.set': () => phone.call('tiers.set', { kind: 'command', tier: 'notify' }),
      'quiet.set': () => phone.call('decisions.quiet', { from: '22:00', to: '07:00', zone: 'UTC' }),
      'action.proposed': () => daemon.admin.call('actions.propose', { operation: 'threads.notify', input: { to: 'ada', body: 'x' }, person: phone.id }),
      'pairing.begun': () => daemon.admin.call('pairings.begin', { person: 'ann' }),
      'device.renamed': () => phone.call('devices.rename', { device: phone.call('devices.list', {}).devices[0]?.id ?? '', name: 'tablet' }),
      'circle.created': () => daemon.admin.call('circles.create', { name: 'later' }),
      'grant.added': () => daemon.admin.call('grants.add', { peer: lead.id, circle: 'later' }),
      'grant.removed': () => daemon.admin.call('grants.remove', { peer: lead.id, circle: 'later' }),
      'thread.opened': () => a.call('threads.notify', { to: 'lead', body: 'n' }),
      'mailbox.acked': () => lead.ack(...lead.deliveries()),
      'peer.presence': () => a.leave(),
    }
    for (const [type, change] of Object.entries(changes)) {
      heard(laptop)
      change()
      daemon.pass(0)
      expect(
        heard(laptop).map((event) => event.type),
        type,
      ).toContain(type)
    }
  })

  it('is told of quiet hours only where they change, and nobody else is', async () => {
    const { daemon, phone, laptop } = await withDevices()
    using _ = daemon
    const other = daemon.person('ann')
    other.say('events.subscribe')
    heard(laptop)
    for (let n = 0; n < 2; n += 1) phone.call('decisions.quiet', { from: '22:00', to: '07:00', zone: 'UTC' })
    phone.call('decisions.quiet', {})
    expect(heard(laptop).map(({ type, changed }) => [type, changed])).toEqual([
      ['quiet.set', { quiet: { from: '22:00', to: '07:00', zone: 'UTC' } }],
      ['quiet.set', { quiet: null }],
    ])
    expect(heard(other)).toEqual([])
  })

  it('hears of a pairing whoever began it, as people alone do', async () => {
    const { daemon, laptop } = await withDevices()
    using _ = daemon
    const lead = daemon.join('lead', { role: 'orchestrator' })
    daemon.admin.call('grants.add', { peer: lead.id, circle: 'main' })
    heard(laptop)
    const { code } = daemon.admin.call('pairings.begin', { person: 'ann' })
    daemon.admin.call('pairings.redeem', { code, device: 'tablet' })
    daemon.pass(0)
    expect(heard(laptop).map(({ type }) => type)).toEqual(['pairing.begun', 'pairing.redeemed'])
    expect(lead.call('events.list', { types: ['pairing'] }).events).toEqual([])
  })
})

describe('the status', () => {
  it('counts what waits for people, and the devices that they have', async () => {
    using daemon = await TestCore.start()
    const { admin } = daemon
    const counts = () => {
      const { cards, devices } = admin.call('node.status', {})
      return { cards, devices }
    }
    expect(counts()).toEqual({ cards: { waiting: 0, oldestAt: null }, devices: { paired: 0, pairings: 0, actions: 0 } })
    const phone = daemon.person('owner')
    daemon.device(phone.id, 'laptop')
    const a = daemon.join('a')
    const raisedAt = new Date(daemon.clock.wallMs()).toISOString()
    a.call('decisions.raise', QUESTION)
    daemon.pass(60_000)
    a.call('decisions.raise', { ...QUESTION, question: 'And then?' })
    admin.call('actions.propose', { operation: 'threads.notify', input: { to: 'a', body: 'x' }, person: phone.id })
    admin.call('pairings.begin', { person: 'ann' })
    expect(counts()).toEqual({ cards: { waiting: 2, oldestAt: raisedAt }, devices: { paired: 2, pairings: 1, actions: 1 } })
    const { cards } = phone.call('decisions.queue', {})
    for (const { card } of cards) phone.call('decisions.resolve', { card: card.id, option: 'a' })
    for (const { id } of phone.call('devices.list', {}).devices) phone.say('devices.revoke', { device: id })
    expect(counts()).toMatchObject({ cards: { waiting: 0, oldestAt: null }, devices: { paired: 0 } })
  })
})
