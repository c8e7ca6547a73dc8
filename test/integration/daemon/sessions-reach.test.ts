import { expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { anotherSession, at, tell, watch, withSession } from '../../support/pull-session.ts'
import type { CoreClient, TestCore } from '../../support/test-core.ts'

const reach = (of: CoreClient) => of.call('peers.get', { peer: 'p' }).peer.reach

test('a peer in pull mode is polled, hooked or pushed, as its live sessions are', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  expect(reach(a)).toBe('poll')
  at(p, 'start')
  expect(reach(a)).toBe('hook')
  const waiter = daemon.connect(p.token)
  watch(waiter)
  expect(reach(a)).toBe('push')
  waiter.leave()
  expect(reach(a)).toBe('hook')
  p.leave()
  expect(reach(a)).toBe('none')
})

test('a wake that is outstanding counts as push, and a send says so', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  at(p, 'start')
  const waiter = daemon.connect(p.token)
  watch(waiter)
  tell(a, '1')
  waiter.leave()
  expect(reach(a)).toBe('push')
  expect(a.call('threads.notify', { to: 'p', body: '2', causedBy: null }).sent[0]?.reach).toBe('push')
  at(p, 'wake')
  expect(a.call('threads.notify', { to: 'p', body: '3', causedBy: null }).sent[0]?.reach).toBe('hook')
})

test('the hooks of a session count until its last connection is gone', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  const hook = daemon.connect(p.token)
  at(hook, 'start')
  hook.leave()
  expect(reach(a)).toBe('hook')
  const other = anotherSession(daemon, p)
  p.leave()
  expect(reach(a)).toBe('poll')
  at(other, 'start')
  expect(reach(a)).toBe('hook')
  at(other, 'end')
  expect(reach(a)).toBe('poll')
})

function signing(daemon: TestCore, peer: string): () => void {
  const number = daemon.number(peer)
  return () => {
    daemon.core.gateway.presence.sign(number)
    daemon.pass(0)
  }
}

function presence(daemon: TestCore): unknown[] {
  return daemon.admin
    .call('events.list', { types: ['peer.presence'] })
    .events.filter(({ subject }) => subject === daemon.admin.call('peers.get', { peer: 'p' }).peer.id)
    .map(({ changed }) => changed['presence'])
}

test('a call without a connection is a sign of life for two minutes, and its transitions are events', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  p.leave()
  expect(reach(a)).toBe('none')
  const sign = signing(daemon, p.id)
  sign()
  expect(a.call('peers.get', { peer: 'p' }).peer).toMatchObject({ presence: 'online', reach: 'poll' })
  daemon.pass(LIMITS.signOfLifeMs - 1)
  sign()
  daemon.pass(LIMITS.signOfLifeMs - 1)
  expect(a.call('peers.get', { peer: 'p' }).peer.presence).toBe('online')
  daemon.pass(1)
  expect(a.call('peers.get', { peer: 'p' }).peer).toMatchObject({ presence: 'offline', reach: 'none' })
  expect(presence(daemon)).toEqual(['online', 'offline', 'online', 'offline'])
})

test('a sign of life beside a connection changes nothing, and outlives it', async () => {
  const { daemon, a, p } = await withSession()
  using _ = daemon
  signing(daemon, p.id)()
  expect(presence(daemon)).toEqual(['online'])
  p.leave()
  expect(a.call('peers.get', { peer: 'p' }).peer.presence).toBe('online')
  daemon.pass(LIMITS.signOfLifeMs)
  expect(a.call('peers.get', { peer: 'p' }).peer.presence).toBe('offline')
})
