import { expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

/** A notify of `a` that killed every handler of `b`. */
async function withDeadLetter() {
  const daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const delivery = kill(daemon, a, b, 'poison')
  return { daemon, a, b, delivery }
}

function kill(daemon: TestCore, a: CoreClient, b: CoreClient, body: string): string {
  const delivery = a.call('threads.notify', { to: 'b', body, causedBy: null }).sent[0]?.delivery ?? ''
  for (let failures = 0; failures < LIMITS.maxFailures; failures += 1) {
    b.call('mailbox.nack', { delivery, attempt: b.delivery().attempt })
    daemon.pass(failures < LIMITS.maxFailures - 1 ? 1_000 * 2 ** failures : 0)
  }
  return delivery
}

test('dead letters are listed to the recipient, the sender and the administrator, and to nobody else', async () => {
  const { daemon, a, b, delivery } = await withDeadLetter()
  using _ = daemon
  const c = daemon.join('c')
  const listed = (client: CoreClient) => client.call('mailbox.dead', {}).dead.map((letter) => letter.delivery.id)
  expect([a, b, daemon.admin].map(listed)).toEqual([[delivery], [delivery], [delivery]])
  expect(listed(c)).toEqual([])
  expect(c.call('mailbox.dead', { peer: 'b' }).dead).toEqual([])
})

test('people and orchestrators see and end the dead letters of circles that they hold grants for, observers and members do not', async () => {
  const { daemon, a, b, delivery } = await withDeadLetter()
  using _ = daemon
  const owner = daemon.person('owner')
  const [lead, far] = [daemon.join('lead', { role: 'orchestrator' }), daemon.join('far', { role: 'orchestrator', circle: 'far' })]
  const watcher = daemon.join('watcher', { role: 'observer', circle: 'far' })
  for (const { id } of [far, watcher]) daemon.admin.call('grants.add', { peer: id, circle: 'main' })
  const listed = (client: CoreClient) => client.call('mailbox.dead', {}).dead.map((letter) => letter.delivery.id)
  expect([owner, far, lead, watcher].map(listed)).toEqual([[delivery], [delivery], [], []])
  for (const client of [lead, watcher]) expect(client.refusal('mailbox.replay', { delivery }).code).toBe('not_found')
  far.call('mailbox.replay', { delivery })
  expect(b.delivery().message.body).toBe('poison')
  b.ack(delivery)
  const second = kill(daemon, a, b, 'second')
  expect(owner.call('mailbox.dead', { peer: 'b' }).dead).toMatchObject([{ message: { body: 'second', from: { name: 'a' } } }])
  owner.call('mailbox.discard', { delivery: second })
  expect(listed(owner)).toEqual([])
  const { events } = owner.call('events.list', { types: ['delivery'] })
  expect(events.map(({ type, actor }) => [type, actor?.name])).toEqual([
    ['delivery.dead', undefined],
    ['delivery.replayed', 'far'],
    ['delivery.dead', undefined],
    ['delivery.discarded', 'owner'],
  ])
})

test('the dead letters of a peer that has retired are found by its id', async () => {
  const { daemon, b, delivery } = await withDeadLetter()
  using _ = daemon
  const owner = daemon.person('owner')
  b.call('peers.retire', {})
  daemon.pass(0)
  expect(owner.call('mailbox.dead', { peer: b.id }).dead.map((letter) => letter.delivery.id)).toEqual([delivery])
  expect(owner.refusal('mailbox.replay', { delivery }).code).toBe('not_found')
  expect(owner.call('mailbox.discard', { delivery }).delivery.state).toBe('withdrawn')
})

test('dead letters come in pages, oldest first', async () => {
  const { daemon, a, b, delivery } = await withDeadLetter()
  using _ = daemon
  const second = kill(daemon, a, b, 'second')
  const page = a.call('mailbox.dead', { limit: 1 })
  expect(page.dead.map((letter) => letter.delivery.id)).toEqual([delivery])
  expect(a.call('mailbox.dead', { limit: 1, after: page.after ?? '' })).toMatchObject({ dead: [{ delivery: { id: second } }], after: null })
})

test('a replayed dead letter is delivered again with its counters at zero', async () => {
  const { daemon, a, b, delivery } = await withDeadLetter()
  using _ = daemon
  a.call('mailbox.replay', { delivery })
  expect(b.delivery()).toMatchObject({ delivery, attempt: 1, message: { body: 'poison' } })
  expect(b.ack(delivery)).toBe(1)
  expect(a.call('mailbox.dead', {}).dead).toEqual([])
  expect(a.refusal('mailbox.replay', { delivery }).code).toBe('not_found')
})

test('a discarded dead letter leaves the list and its message stays in its thread', async () => {
  const { daemon, a, b, delivery } = await withDeadLetter()
  using _ = daemon
  expect(b.call('mailbox.discard', { delivery }).delivery).toMatchObject({ state: 'withdrawn', reason: 'discarded' })
  expect(a.call('mailbox.dead', {}).dead).toEqual([])
  expect(a.call('threads.trace', { id: delivery }).message.body).toBe('poison')
  expect(b.refusal('mailbox.discard', { delivery }).code).toBe('not_found')
})

test('the dead letter of a retired recipient can be discarded but not replayed', async () => {
  const { daemon, a, b, delivery } = await withDeadLetter()
  using _ = daemon
  b.call('peers.retire', {})
  expect(a.refusal('mailbox.replay', { delivery }).code).toBe('not_found')
  expect(a.call('mailbox.discard', { delivery }).delivery.state).toBe('withdrawn')
})

test('the answer to a replayed ask that had failed is late and reaches the asker', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const { thread = '', delivery = '' } = a.call('threads.ask', { to: 'b', body: 'q', causedBy: null }).sent[0] ?? {}
  for (let failures = 0; failures < LIMITS.maxFailures; failures += 1) {
    b.call('mailbox.nack', { delivery, attempt: b.delivery().attempt })
    daemon.pass(failures < LIMITS.maxFailures - 1 ? 1_000 * 2 ** failures : 0)
  }
  a.ack(a.delivery())
  b.call('mailbox.replay', { delivery })
  b.delivery()
  expect(b.call('threads.answer', { thread, delivery, body: 'fixed' }).late).toBe(true)
  expect(a.delivery().message).toMatchObject({ kind: 'answer', late: true })
  expect(b.call('mailbox.peek', {}).waiting).toBe(0)
})
