import { expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

async function withPuller() {
  const daemon = await TestCore.start()
  return { daemon, a: daemon.join('a'), p: daemon.join('p', { mode: 'pull' }) }
}

function tell(from: CoreClient, to: string, body: string): string {
  return from.call('threads.notify', { to, body, causedBy: null }).sent[0]?.delivery ?? ''
}

const bodies = ({ items }: { items: readonly { message: { body: string } }[] }) => items.map(({ message }) => message.body)

test('the inbox hands over what waits, and the next call with its cursor acks it', async () => {
  const { daemon, a, p } = await withPuller()
  using _ = daemon
  const delivery = tell(a, 'p', '1')
  tell(a, 'p', '2')
  const first = p.call('mailbox.inbox', { limit: 1 })
  expect([bodies(first), first.more]).toEqual([['1'], true])
  expect(a.call('threads.trace', { id: delivery }).deliveries[0]?.state).toBe('offered')
  const second = p.call('mailbox.inbox', { cursor: first.cursor })
  expect([bodies(second), second.more]).toEqual([['2'], false])
  expect(a.call('threads.trace', { id: delivery }).deliveries[0]?.state).toBe('acked')
})

test('a handover whose reply was lost is handed over again, with and without the older cursor', async () => {
  const { daemon, a, p } = await withPuller()
  using _ = daemon
  tell(a, 'p', '1')
  const { cursor } = p.call('mailbox.inbox', {})
  tell(a, 'p', '2')
  p.call('mailbox.inbox', { cursor })
  expect(bodies(p.call('mailbox.inbox', { cursor }))).toEqual(['2'])
  expect(bodies(p.call('mailbox.inbox', {}))).toEqual(['2'])
})

test('a cursor of another incarnation acks nothing, and one that is none is refused', async () => {
  const { daemon, a, p } = await withPuller()
  using _ = daemon
  const delivery = tell(a, 'p', '1')
  const { cursor } = p.call('mailbox.inbox', {})
  p.call('mailbox.inbox', { cursor: cursor.replace(/^.{6}/, 'zzzzzz') })
  expect(a.call('threads.trace', { id: delivery }).deliveries[0]?.state).toBe('offered')
  expect(p.refusal('mailbox.inbox', { cursor: 'nonsense' }).code).toBe('invalid_input')
})

test('one session is not handed what another has in hand', async () => {
  const { daemon, a, p } = await withPuller()
  using _ = daemon
  tell(a, 'p', '1')
  p.call('mailbox.inbox', {})
  const other = daemon.connect(p.call('credentials.create', {}).token)
  expect(bodies(other.call('mailbox.inbox', {}))).toEqual([])
})

test('any operation that names a thread acks what was handed over of it', async () => {
  for (const method of ['threads.get', 'threads.reply', 'threads.wait'] as const) {
    const { daemon, a, p } = await withPuller()
    using _ = daemon
    const { thread = '', delivery = '' } = a.call('threads.ask', { to: 'p', body: 'q', causedBy: null }).sent[0] ?? {}
    p.call('mailbox.inbox', {})
    p.post(method, { thread, ...(method === 'threads.reply' && { body: 'x' }) })
    daemon.pass(0)
    expect({ method, state: a.call('threads.trace', { id: delivery }).deliveries[0]?.state }).toEqual({ method, state: 'acked' })
  }
})

test('an operation that names the thread of somebody else acks nothing', async () => {
  const { daemon, a, p } = await withPuller()
  using _ = daemon
  const { thread = '', delivery = '' } = a.call('threads.ask', { to: 'p', body: 'q', causedBy: null }).sent[0] ?? {}
  p.call('mailbox.inbox', {})
  const other = daemon.join('q', { mode: 'pull' })
  other.refusal('threads.get', { thread })
  expect(a.call('threads.trace', { id: delivery }).deliveries[0]?.state).toBe('offered')
})

test('the end of a turn gives back what its session was handed and did not ack', async () => {
  const { daemon, a, p } = await withPuller()
  using _ = daemon
  tell(a, 'p', '1')
  p.call('mailbox.inbox', {})
  p.call('peers.describe', { turn: 'idle' })
  const other = daemon.connect(p.call('credentials.create', {}).token)
  daemon.pass(LIMITS.backoffFirstMs)
  expect(other.call('mailbox.inbox', {}).items).toMatchObject([{ delivery: { attempt: 2, failures: 1 } }])
})

test('a handover outlives its connection and ends after six hours', async () => {
  const { daemon, a, p } = await withPuller()
  using _ = daemon
  const delivery = tell(a, 'p', '1')
  p.call('mailbox.inbox', {})
  p.leave('lost')
  daemon.pass(LIMITS.pullVisibilityMs - 1)
  expect(a.call('threads.trace', { id: delivery }).deliveries[0]?.state).toBe('offered')
  daemon.pass(1)
  expect(a.call('threads.trace', { id: delivery }).deliveries[0]).toMatchObject({ state: 'queued', failures: 1 })
})

test('at most one delivery of a thread is in hand, besides control notices', async () => {
  const { daemon, a, p } = await withPuller()
  using _ = daemon
  const thread = a.call('threads.ask', { to: 'p', body: '1', causedBy: null }).sent[0]?.thread ?? ''
  a.call('threads.reply', { thread, body: '2', causedBy: null })
  tell(a, 'p', 'other')
  const first = p.call('mailbox.inbox', {})
  expect(bodies(first)).toEqual(['1', 'other'])
  expect(bodies(p.call('mailbox.inbox', { cursor: first.cursor }))).toEqual(['2'])
})

test('an ask that was acked and is open is presented again where a session asks for what it owes', async () => {
  const { daemon, a, p } = await withPuller()
  using _ = daemon
  a.call('threads.ask', { to: 'p', body: 'q', causedBy: null })
  const { cursor } = p.call('mailbox.inbox', {})
  p.call('mailbox.inbox', { cursor })
  expect(p.call('mailbox.inbox', { owed: true }).items).toMatchObject([{ owed: true, message: { body: 'q' } }])
  expect(p.call('mailbox.inbox', {}).items).toEqual([])
})

test('a nacked handover comes back after its backoff', async () => {
  const { daemon, a, p } = await withPuller()
  using _ = daemon
  const delivery = tell(a, 'p', '1')
  p.call('mailbox.inbox', {})
  p.call('mailbox.nack', { delivery, attempt: 1 })
  expect(p.call('mailbox.inbox', {}).items).toEqual([])
  daemon.pass(LIMITS.backoffFirstMs)
  expect(p.call('mailbox.inbox', {}).items).toMatchObject([{ delivery: { id: delivery, attempt: 2 } }])
})

test('a read marker reads everything up to it on all devices, without attempts', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const reader = daemon.join('r', { mode: 'read' })
  const [first = '', second = ''] = [tell(a, 'r', '1'), tell(a, 'r', '2')]
  const third = tell(a, 'r', '3')
  expect(reader.call('mailbox.peek', {}).waiting).toBe(3)
  expect(reader.call('mailbox.read', { upTo: second }).read).toBe(2)
  const phone = daemon.connect(reader.call('credentials.create', {}).token)
  expect(phone.call('mailbox.peek', {}).items.map(({ message }) => message.body)).toEqual(['3'])
  expect(a.call('threads.trace', { id: first }).deliveries[0]).toMatchObject({ state: 'acked', attempt: 0 })
  expect(reader.call('mailbox.read', { upTo: second }).read).toBe(0)
  expect(reader.call('mailbox.read', { upTo: third }).read).toBe(1)
})

test('a read marker may not be set to a delivery of somebody else, or to one that does not exist', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const reader = daemon.join('r', { mode: 'read' })
  daemon.register('b')
  const theirs = tell(a, 'b', 'n')
  expect(reader.refusal('mailbox.read', { upTo: theirs }).code).toBe('not_found')
  expect(reader.refusal('mailbox.read', { upTo: `${theirs}zzz` }).code).toBe('not_found')
})

test('the events of acks name deliveries by their ids', async () => {
  const { daemon, a, p } = await withPuller()
  using _ = daemon
  const delivery = tell(a, 'p', '1')
  const { cursor } = p.call('mailbox.inbox', {})
  p.call('mailbox.inbox', { cursor })
  const { events } = daemon.admin.call('events.list', { types: ['mailbox.acked'] })
  expect(events.map(({ changed }) => changed)).toEqual([{ acked: [delivery] }])
})
