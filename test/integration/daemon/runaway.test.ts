import { expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

async function crew() {
  const daemon = await TestCore.start()
  return { daemon, a: daemon.join('a'), b: daemon.join('b'), lead: daemon.join('lead', { role: 'orchestrator' }) }
}

/** The error code of one message that `from` sends in answer to what it has in hand, which it acks after that. */
function bounce(daemon: TestCore, from: CoreClient, to: string): string | undefined {
  const received = from.deliveries()
  const id = from.post('threads.notify', { to, body: 'and again' })
  if (received.length > 0) from.post('mailbox.ack', { deliveries: received.map(({ delivery }) => delivery) })
  daemon.pass(0)
  return from.frames.find((frame) => frame.id === id)?.error?.data.code
}

test('a chain of sixteen hops passes and the next one parks the pair', async () => {
  const { daemon, a, b, lead } = await crew()
  using _ = daemon
  const codes = Array.from({ length: LIMITS.maxHops + 2 }, (_, n) => (n % 2 === 0 ? bounce(daemon, a, 'b') : bounce(daemon, b, 'a')))
  expect(codes.slice(0, LIMITS.maxHops + 1).every((code) => code === undefined)).toBe(true)
  expect(codes.at(-1)).toBe('pair_parked')
  expect(lead.delivery().message).toMatchObject({ kind: 'notify', from: null, body: expect.stringMatching(/a and b were parked for 10 minutes/) })
  expect(lead.call('pairs.list', {}).pairs).toMatchObject([{ a: { name: 'a' }, b: { name: 'b' } }])
})

test('hops are counted from the delivery in hand where the sender does not say, and from the message it names where it does', async () => {
  const { daemon, a, b } = await crew()
  using _ = daemon
  const first = a.call('threads.notify', { to: 'b', body: '1' }).sent[0]?.message ?? ''
  const second = b.call('threads.notify', { to: 'a', body: '2' }).sent[0]?.message ?? ''
  expect(daemon.admin.call('threads.trace', { id: second })).toMatchObject({ message: { hops: 1, causedBy: first }, causes: [first] })
  const named = a.call('threads.notify', { to: 'b', body: '3', causedBy: second }).sent[0]?.message ?? ''
  expect(daemon.admin.call('threads.trace', { id: named })).toMatchObject({ message: { hops: 2 }, causes: [second, first] })
  const none = a.call('threads.notify', { to: 'b', body: '4', causedBy: null }).sent[0]?.message ?? ''
  expect(daemon.admin.call('threads.trace', { id: none }).message).toMatchObject({ hops: 0, causedBy: null })
})

test('a cause must be a message that the sender sent or was sent', async () => {
  const { daemon, a, b } = await crew()
  using _ = daemon
  const theirs = daemon.join('c').call('threads.notify', { to: 'b', body: 'n' }).sent[0]?.message ?? ''
  expect(a.refusal('threads.notify', { to: 'b', body: 'n', causedBy: theirs })).toMatchObject({ code: 'invalid_input' })
  expect(b.call('threads.notify', { to: 'a', body: 'n', causedBy: theirs }).sent).toHaveLength(1)
})

/** Sends messages to `b`, all of them caused by one. */
function busy(a: CoreClient, cause: string, count: number): void {
  for (let n = 0; n < count; n += 1) a.post('threads.notify', { to: 'b', body: 'n', causedBy: cause })
}

test('the thirty-first caused message within ten minutes parks the pair, and uncaused ones do not count', async () => {
  const { daemon, a, b } = await crew()
  using _ = daemon
  const cause = b.call('threads.notify', { to: 'a', body: 'go', causedBy: null }).sent[0]?.message ?? ''
  for (let n = 0; n < 40; n += 1) expect(a.call('threads.notify', { to: 'b', body: 'n', causedBy: null }).sent).toHaveLength(1)
  busy(a, cause, LIMITS.pairMessages)
  daemon.pass(0)
  expect(daemon.admin.call('pairs.list', {}).pairs).toEqual([])
  expect(a.refusal('threads.notify', { to: 'b', body: 'n', causedBy: cause })).toMatchObject({ code: 'pair_parked', retryInMs: LIMITS.pairParkedMs })
})

test('thirty caused messages spread over more than ten minutes park nobody', async () => {
  const { daemon, a, b } = await crew()
  using _ = daemon
  const cause = b.call('threads.notify', { to: 'a', body: 'go', causedBy: null }).sent[0]?.message ?? ''
  for (let n = 0; n < 60; n += 1) {
    expect(a.call('threads.notify', { to: 'b', body: 'n', causedBy: cause }).sent).toHaveLength(1)
    daemon.clock.stepWall(LIMITS.pairWindowMs / LIMITS.pairMessages + 1)
  }
})

test('a parked pair is refused both ways, other pairs and answers are not, and after ten minutes it goes on', async () => {
  const { daemon, a, b } = await crew()
  using _ = daemon
  const c = daemon.join('c')
  const cause = b.call('threads.notify', { to: 'a', body: 'go', causedBy: null }).sent[0]?.message ?? ''
  const owed = b.call('threads.ask', { to: 'a', body: 'q', causedBy: null }).sent[0]?.thread ?? ''
  busy(a, cause, LIMITS.pairMessages + 1)
  daemon.pass(0)
  expect(b.refusal('threads.ask', { to: 'a', body: 'q', causedBy: null }).code).toBe('pair_parked')
  expect(a.call('threads.notify', { to: 'c', body: 'n', causedBy: cause }).sent).toHaveLength(1)
  expect(c.call('threads.notify', { to: 'a', body: 'n' }).sent).toHaveLength(1)
  expect(a.call('threads.answer', { thread: owed, body: 'still allowed' }).thread.state).toBe('answered')
  daemon.clock.stepWall(LIMITS.pairParkedMs)
  expect(b.call('threads.ask', { to: 'a', body: 'q', causedBy: null }).sent).toHaveLength(1)
})

test('an orchestrator releases a parked pair, and neither of the two can', async () => {
  const { daemon, a, b, lead } = await crew()
  using _ = daemon
  const cause = b.call('threads.notify', { to: 'a', body: 'go', causedBy: null }).sent[0]?.message ?? ''
  busy(a, cause, LIMITS.pairMessages + 1)
  daemon.pass(0)
  expect(a.refusal('pairs.release', { a: 'a', b: 'b' }).code).toBe('forbidden')
  expect(lead.call('pairs.release', { a: 'b', b: 'a' }).released).toBe(true)
  expect(lead.call('pairs.release', { a: 'b', b: 'a' }).released).toBe(false)
  expect(a.call('threads.notify', { to: 'b', body: 'n', causedBy: cause }).sent).toHaveLength(1)
})

test('what has a person in its chain is never held back', async () => {
  const { daemon, a, b } = await crew()
  using _ = daemon
  const { token } = daemon.register('human', { role: 'person' })
  const cause = daemon.connect(token).call('threads.notify', { to: 'a', body: 'go', causedBy: null }).sent[0]?.message ?? ''
  for (let n = 0; n < 2 * LIMITS.pairMessages; n += 1) expect(a.call('threads.notify', { to: 'b', body: 'n', causedBy: cause }).sent).toHaveLength(1)
  b.leave()
})

test('a runaway in a fan-out is refused for that recipient, parked, and told', async () => {
  const { daemon, a, b, lead } = await crew()
  using _ = daemon
  const cause = b.call('threads.notify', { to: 'a', body: 'go', causedBy: null }).sent[0]?.message ?? ''
  busy(a, cause, LIMITS.pairMessages)
  daemon.pass(0)
  daemon.join('c')
  const again = a.call('threads.notify', { to: 'role:agent', select: 'all', body: 'n', causedBy: cause })
  expect(again.sent.map(({ to }) => to.name)).toEqual(['c'])
  expect(again.refused).toMatchObject([{ to: { name: 'b' }, code: 'pair_parked' }])
  expect(daemon.admin.call('pairs.list', {}).pairs).toHaveLength(1)
  expect(lead.deliveries().filter(({ message }) => message.body.includes('parked'))).toHaveLength(1)
})
