import { expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { TestCore } from '../../support/test-core.ts'

test('a healthy daemon has nothing to report, to the administrator alone', async () => {
  using daemon = await TestCore.start()
  const diagnosis = daemon.admin.call('node.diagnose', {})
  expect(diagnosis).toMatchObject({
    process: { pid: process.pid, node: process.versions.node },
    revision: daemon.admin.hello?.revision,
    clock: { jumps: 0, lastAt: null, lastByMs: null },
    outbox: { waiting: 0, dead: 0, oldestAt: null, destinations: [] },
    stuck: { count: 0, deliveries: [] },
    leftovers: { awaited: 0, credentials: 0 },
  })
  expect(diagnosis.database.bytes).toBeGreaterThan(10_000)
  const peer = daemon.join('a')
  expect(peer.refusal('node.diagnose', {}).code).toBe('forbidden')
  expect(daemon.connect(daemon.enrolment()).refusal('node.diagnose', {}).code).toBe('forbidden')
})

test('jumps of the clock are counted, forwards and backwards, and small steps are none', async () => {
  using daemon = await TestCore.start()
  daemon.clock.stepWall(LIMITS.clockDivergenceMs - 100)
  daemon.pass(LIMITS.maxTimerMs)
  expect(daemon.admin.call('node.diagnose', {}).clock.jumps).toBe(0)
  daemon.clock.stepWall(86_400_000)
  daemon.pass(LIMITS.maxTimerMs)
  expect(daemon.admin.call('node.diagnose', {}).clock).toMatchObject({ jumps: 1, lastByMs: 86_400_000 })
  daemon.clock.stepWall(-3_600_000)
  daemon.pass(LIMITS.maxTimerMs)
  const { clock } = daemon.admin.call('node.diagnose', {})
  expect(clock).toMatchObject({ jumps: 2, lastByMs: -3_600_000 })
  expect(Date.parse(clock.at)).toBe(daemon.clock.wallMs())
})

test('what a session forgot for an hour and what was given back again and again is stuck; what only waits is not', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const p = daemon.join('p', { mode: 'pull' })
  const b = daemon.join('b')
  daemon.join('absent', { mode: 'pull' })
  a.call('threads.notify', { to: 'absent', body: 'waits' })
  a.call('threads.notify', { to: 'p', body: 'held' })
  p.call('mailbox.inbox', {})
  a.call('threads.notify', { to: 'b', body: 'bad' })
  for (let round = 0; round < 3; round += 1) {
    const { delivery, attempt } = b.delivery()
    b.call('mailbox.nack', { delivery, attempt, reason: 'secret reason' })
    daemon.pass(10_000)
  }
  b.leave()
  daemon.pass(3_000_000)
  expect(daemon.admin.call('node.diagnose', {}).stuck.deliveries.map(({ to }) => to?.name)).toEqual(['b'])
  daemon.pass(700_000)
  const { stuck } = daemon.admin.call('node.diagnose', {})
  expect(stuck.count).toBe(2)
  expect(stuck.deliveries.map(({ to, state }) => [to?.name, state])).toEqual([
    ['p', 'offered'],
    ['b', 'queued'],
  ])
  expect(JSON.stringify(stuck)).not.toContain('secret')
})

test('the outbox shows what was given up and where; a retired peer that something waits for is a leftover', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  a.call('threads.notify', { to: 'b', body: 'n' })
  b.leave()
  daemon.run("INSERT INTO outbox (id, destination, payload, attempts, state, created_at) VALUES (999, 'peers.retired', '{\"secret\":1}', 10, 'dead', 1000)")
  daemon.run('UPDATE peers SET retired_at = 1 WHERE name = ?', 'b')
  const diagnosis = daemon.admin.call('node.diagnose', {})
  expect(diagnosis.outbox).toEqual({ waiting: 0, dead: 1, oldestAt: '1970-01-01T00:00:01.000Z', destinations: ['peers.retired'] })
  expect(diagnosis.leftovers).toEqual({ awaited: 1, credentials: 1 })
  expect(JSON.stringify(diagnosis)).not.toContain('secret')
})
