import { expect, test } from 'vitest'
import { TestCore } from '../../support/test-core.ts'

/** Two circles that do not see each other, and an orchestrator of the first with a grant for the second. */
async function twoCircles() {
  const daemon = await TestCore.start()
  const a = daemon.join('a', { circle: 'red', capabilities: ['review'] })
  const b = daemon.join('b', { circle: 'blue', capabilities: ['review'] })
  const lead = daemon.join('lead', { circle: 'red', role: 'orchestrator' })
  daemon.admin.call('grants.add', { peer: 'lead', circle: 'blue' })
  return { daemon, a, b, lead }
}

test('peers of another circle cannot be found by name, id, circle, role or ability', async () => {
  const { daemon, a, b } = await twoCircles()
  using _ = daemon
  for (const to of ['b', 'b@blue', b.id]) {
    expect(a.refusal('threads.ask', { to, body: 'q' }).code).toBe('not_found')
    expect(a.refusal('peers.get', { peer: to }).code).toBe('not_found')
  }
  expect(a.refusal('threads.notify', { to: 'cap:review', select: 'all', body: 'n' }).code).toBe('not_found')
  expect(a.call('peers.list', {}).peers.map(({ name }) => name)).toEqual(['a', 'lead'])
  expect(a.call('peers.list', { circle: 'blue' }).peers).toEqual([])
  expect(a.call('circles.list', {}).circles.map(({ name }) => name)).toEqual(['red'])
})

test('the id of a retired peer of another circle does not give its name away', async () => {
  const { daemon, a, b } = await twoCircles()
  using _ = daemon
  const unknown = a.refusal('peers.get', { peer: b.id })
  b.call('peers.retire', {})
  expect(a.refusal('peers.get', { peer: b.id })).toEqual(unknown)
})

test('a grant lets an orchestrator reach and read another circle, until it is taken back', async () => {
  const { daemon, b, lead } = await twoCircles()
  using _ = daemon
  const other = daemon.join('b2', { circle: 'blue' })
  const thread = b.call('threads.ask', { to: 'b2', body: 'between us' }).sent[0]?.thread ?? ''
  expect(lead.call('threads.get', { thread }).messages[0]?.body).toBe('between us')
  expect(lead.call('threads.ask', { to: 'b@blue', body: 'q' }).sent).toHaveLength(1)
  expect(lead.call('circles.list', {}).circles.map(({ name }) => name)).toEqual(['blue', 'red'])
  expect(daemon.admin.call('grants.remove', { peer: 'lead', circle: 'blue' }).removed).toBe(true)
  expect(lead.refusal('threads.get', { thread }).code).toBe('not_found')
  expect(lead.refusal('threads.ask', { to: 'b@blue', body: 'q' }).code).toBe('not_found')
  other.leave()
})

test('a grant for its own circle lets an orchestrator read what its members say to each other', async () => {
  const { daemon, a, lead } = await twoCircles()
  using _ = daemon
  daemon.join('a2', { circle: 'red' })
  const thread = a.call('threads.ask', { to: 'a2', body: 'q' }).sent[0]?.thread ?? ''
  expect(lead.refusal('threads.get', { thread }).code).toBe('not_found')
  daemon.admin.call('grants.add', { peer: 'lead', circle: 'red' })
  expect(lead.call('threads.get', { thread }).messages).toHaveLength(1)
})

test('a circle is made before anybody is in it, by the administrator, once for all spellings of its name', async () => {
  using daemon = await TestCore.start()
  const { circle } = daemon.admin.call('circles.create', { name: 'lab' })
  expect(circle).toMatchObject({ name: 'lab', peers: 0 })
  expect(daemon.admin.call('circles.list', {}).circles).toContainEqual(circle)
  expect(daemon.admin.refusal('circles.create', { name: 'LAB' })).toMatchObject({ code: 'name_taken', message: 'There is a circle LAB already.' })
  expect(daemon.admin.refusal('circles.create', { name: 'no name' }).code).toBe('invalid_input')
  const a = daemon.join('a', { circle: 'lab' })
  expect(a.refusal('circles.create', { name: 'mine' }).code).toBe('forbidden')
  expect(a.call('circles.list', {}).circles).toEqual([{ ...circle, peers: 1 }])
  expect(daemon.admin.call('events.list', { types: ['circle.created'] }).events.filter(({ circle: name }) => name === 'lab')).toHaveLength(1)
})

test('agents and services get no grants', async () => {
  const { daemon } = await twoCircles()
  using _ = daemon
  expect(daemon.admin.refusal('grants.add', { peer: 'a@red', circle: 'blue' }).code).toBe('forbidden')
  expect(daemon.admin.refusal('grants.add', { peer: 'lead', circle: 'nowhere' }).code).toBe('not_found')
})

test('a member of the circle that takes no part in a thread cannot read, trace, wait for, reply to, answer or cancel it', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  daemon.join('b')
  const c = daemon.join('c')
  const { thread = '', message = '', delivery = '' } = a.call('threads.ask', { to: 'b', body: 'secret' }).sent[0] ?? {}
  for (const [method, params] of [
    ['threads.get', { thread }],
    ['threads.trace', { id: thread }],
    ['threads.trace', { id: message }],
    ['threads.trace', { id: delivery }],
    ['threads.wait', { thread }],
    ['threads.reply', { thread, body: 'x' }],
    ['threads.answer', { thread, body: 'x' }],
    ['threads.decline', { thread, reason: 'x' }],
    ['threads.cancel', { thread }],
    ['threads.redact', { message, reason: 'x' }],
    ['mailbox.nack', { delivery, attempt: 1 }],
    ['mailbox.replay', { delivery }],
    ['mailbox.discard', { delivery }],
  ] as const) {
    expect({ method, code: c.refusal(method, params).code }).toEqual({ method, code: 'not_found' })
  }
  expect(c.call('mailbox.ack', { deliveries: [delivery] }).acked).toBe(0)
  expect(c.call('mailbox.extend', { deliveries: [{ delivery, attempt: 1 }] })).toEqual({ extended: 0, stale: [delivery] })
})

test('one of several that a notify went to sees neither the others nor what they say', async () => {
  const { daemon, a, b, lead } = await twoCircles()
  using _ = daemon
  const sent = lead.call('threads.notify', { to: 'cap:review', select: 'all', body: 'to all' }).sent
  const thread = sent[0]?.thread ?? ''
  expect(sent.map(({ to }) => to.name)).toEqual(['a', 'b'])
  b.call('threads.reply', { thread, body: 'only for lead' })
  a.call('threads.reply', { thread, body: 'mine' })
  expect(a.call('threads.get', { thread }).messages.map(({ body }) => body)).toEqual(['to all', 'mine'])
  expect(lead.call('threads.get', { thread }).messages.map(({ body }) => body)).toEqual(['to all', 'only for lead', 'mine'])
  expect(a.call('threads.trace', { id: thread }).deliveries.map(({ to }) => to.name)).toEqual(['a'])
  const theirs = lead.call('threads.get', { thread }).messages[1]?.id ?? ''
  expect(a.refusal('threads.trace', { id: theirs }).code).toBe('not_found')
  const wait = a.post('threads.wait', { thread, until: 'message', timeout: '1s' })
  daemon.pass(1_000)
  expect(a.outcome(wait)).toMatchObject({ timedOut: true, messages: [] })
})

test('a bare name that fits in two circles is ambiguous to who reaches both, with the candidates; the circle or the id settles it', async () => {
  const { daemon, lead } = await twoCircles()
  using _ = daemon
  const one = daemon.register('twin', { circle: 'red' })
  const two = daemon.register('twin', { circle: 'blue' })
  const refusal = lead.refusal('threads.ask', { to: 'twin', body: 'q' })
  expect(refusal).toMatchObject({
    code: 'ambiguous_address',
    candidates: [
      { id: one.id, circle: 'red' },
      { id: two.id, circle: 'blue' },
    ],
  })
  expect(lead.call('peers.get', { peer: 'twin@blue' }).peer.id).toBe(two.id)
  expect(lead.call('peers.get', { peer: one.id }).peer.circle).toBe('red')
})

test('a selector says one or all: one is refused where it fits several, all reaches each once and never the sender', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a', { capabilities: ['review'] })
  const b = daemon.join('b', { capabilities: ['Review'] })
  const c = daemon.join('c', { capabilities: ['review', 'build'] })
  expect(a.refusal('threads.ask', { to: 'cap:review', body: 'q' })).toMatchObject({ code: 'invalid_input' })
  expect(a.refusal('threads.ask', { to: 'b', select: 'all', body: 'q' }).code).toBe('invalid_input')
  expect(a.refusal('threads.ask', { to: 'cap:review', select: 'one', body: 'q' })).toMatchObject({
    code: 'ambiguous_address',
    candidates: [{ name: 'b' }, { name: 'c' }],
  })
  expect(a.call('threads.ask', { to: 'cap:build', select: 'one', body: 'q' }).sent[0]?.to.name).toBe('c')
  c.ack(c.delivery())
  const { sent } = a.call('threads.ask', { to: 'cap:review', select: 'all', body: 'q' })
  expect(sent.map(({ to }) => to.name)).toEqual(['b', 'c'])
  expect(new Set(sent.map(({ thread }) => thread)).size).toBe(2)
  expect([b.delivery(), c.delivery()].map(({ message }) => message.body)).toEqual(['q', 'q'])
  expect(a.deliveries()).toEqual([])
})

test('a role selector is bound to a circle where it names one', async () => {
  const { daemon, lead } = await twoCircles()
  using _ = daemon
  expect(lead.call('threads.notify', { to: 'role:agent@blue', select: 'all', body: 'n' }).sent.map(({ to }) => to.name)).toEqual(['b'])
  expect(lead.refusal('threads.notify', { to: 'role:service', select: 'all', body: 'n' }).code).toBe('not_found')
})

test('a fan-out reaches who can take it and lists who cannot', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  daemon.join('seer', { role: 'observer', capabilities: ['x'] })
  daemon.join('b', { capabilities: ['x'] })
  const { sent, refused } = a.call('threads.ask', { to: 'cap:x', select: 'all', body: 'q' })
  expect(sent.map(({ to }) => to.name)).toEqual(['b'])
  expect(refused).toMatchObject([{ to: { name: 'seer' }, code: 'forbidden' }])
})

test('an observer reads and sends nothing', async () => {
  using daemon = await TestCore.start()
  const seer = daemon.join('seer', { role: 'observer' })
  daemon.join('a')
  expect(seer.refusal('threads.notify', { to: 'a', body: 'n' }).code).toBe('forbidden')
  expect(seer.refusal('threads.ask', { to: 'a', body: 'q' }).code).toBe('forbidden')
})
