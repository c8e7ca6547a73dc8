import { expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { TestCore } from '../../support/test-core.ts'

const names = ({ sent }: { readonly sent: readonly { readonly to: { readonly name: string; readonly circle: string } }[] }) =>
  sent.map(({ to }) => `${to.name}@${to.circle}`)

async function twoCircles() {
  const daemon = await TestCore.start()
  const lead = daemon.join('lead', { role: 'orchestrator' })
  const bob = daemon.join('bob', { capabilities: ['review'] })
  const oscar = daemon.join('oscar', { role: 'observer' })
  const far = daemon.join('far', { circle: 'other', capabilities: ['review'] })
  return { daemon, lead, bob, oscar, far }
}

test('without an address it reaches everybody of the own circle but the caller', async () => {
  const { daemon, lead, bob, oscar, far } = await twoCircles()
  using _ = daemon
  const told = lead.call('threads.broadcast', { body: 'Freeze at six.' })
  expect(names(told)).toEqual(['bob@main', 'oscar@main'])
  expect(new Set(told.sent.map(({ thread }) => thread)).size).toBe(1)
  expect([bob, oscar].map((peer) => peer.delivery().message.body)).toEqual(['Freeze at six.', 'Freeze at six.'])
  expect([lead, far].flatMap((peer) => peer.deliveries())).toEqual([])
})

test('it reaches a role, a capability or another circle, as far as the caller does', async () => {
  const { daemon, lead, bob } = await twoCircles()
  using _ = daemon
  expect(lead.refusal('threads.broadcast', { to: 'circle:other', body: 'x' })).toMatchObject({ code: 'not_found', address: 'circle:other' })
  expect(names(lead.call('threads.broadcast', { to: 'cap:review', body: 'x' }))).toEqual(['bob@main'])
  daemon.admin.call('grants.add', { peer: lead.id, circle: 'other' })
  expect(names(lead.call('threads.broadcast', { to: 'circle:OTHER', body: 'x' }))).toEqual(['far@other'])
  expect(names(lead.call('threads.broadcast', { to: 'cap:review', body: 'x' }))).toEqual(['bob@main', 'far@other'])
  expect(names(lead.call('threads.broadcast', { to: 'role:observer', body: 'x' }))).toEqual(['oscar@main'])
  expect(names(bob.call('threads.notify', { to: 'circle:main', select: 'all', body: 'x' }))).toEqual(['lead@main', 'oscar@main'])
})

test('a name is no selector, and nobody else is an error that says so', async () => {
  using daemon = await TestCore.start()
  const alone = daemon.join('alone')
  expect(alone.refusal('threads.broadcast', { to: 'alone', body: 'x' })).toMatchObject({
    code: 'invalid_input',
    hint: expect.stringContaining('circle:<circle>'),
  })
  expect(alone.refusal('threads.broadcast', { body: 'x' })).toMatchObject({ code: 'not_found', address: 'circle:main' })
})

test('one who has no room is a refusal; the others are told', async () => {
  const { daemon, lead, bob } = await twoCircles()
  using _ = daemon
  bob.leave()
  for (let count = 0; count < LIMITS.maxUnsolicited; count += 1) lead.post('threads.notify', { to: 'bob', body: 'x' })
  daemon.pass(0)
  const told = lead.call('threads.broadcast', { body: 'y', key: 'k' })
  expect(names(told)).toEqual(['oscar@main'])
  expect(told.refused).toMatchObject([{ to: { name: 'bob' }, code: 'mailbox_full' }])
  expect(lead.call('threads.broadcast', { body: 'y', key: 'k' }).sent).toMatchObject([{ delivery: told.sent[0]?.delivery }])
})

test('a newer broadcast of the topic replaces what still waits, recipient by recipient', async () => {
  const { daemon, lead, bob, oscar } = await twoCircles()
  using _ = daemon
  bob.leave()
  lead.call('threads.broadcast', { body: 'build 1', topic: 'build' })
  lead.call('threads.broadcast', { body: 'build 2', topic: 'build' })
  lead.call('threads.notify', { to: 'bob', body: 'build 3', topic: 'build' })
  expect(oscar.deliveries().map(({ message }) => message.body)).toEqual(['build 1', 'build 2'])
  const again = daemon.connect(bob.token, { consume: true })
  expect(again.deliveries().map(({ message }) => message.body)).toEqual(['build 3'])
})

test('an observer does not broadcast', async () => {
  const { daemon, oscar } = await twoCircles()
  using _ = daemon
  expect(oscar.refusal('threads.broadcast', { body: 'x' }).code).toBe('forbidden')
  expect(oscar.refusal('fans.open', { to: ['bob'], body: 'x' }).code).toBe('forbidden')
})
