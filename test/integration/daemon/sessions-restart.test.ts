import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { anotherSession, at, tell, watch, watched } from '../../support/pull-session.ts'
import { TestCore } from '../../support/test-core.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

let folder: string
let clock: VirtualClock

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-sessions-'))
  clock = new VirtualClock()
})

afterEach((context) => {
  if (context.task.result?.state !== 'fail') rmSync(folder, { recursive: true, force: true })
})

/** One life of the daemon on the same file and clock as the others of the test. */
const life = () => TestCore.start({ path: join(folder, 'muster.db'), clock })

test('a crash between two boundaries of one turn loses nothing and doubles nothing', async () => {
  const first = await life()
  const a = first.join('a')
  const p = first.join('p', { mode: 'pull' })
  const { message } = tell(a, '1')
  const handed = at(p, 'prompt', { key: 'k' })
  tell(a, '2', { priority: 'urgent' })
  first.crash()
  using again = await life()
  const session = again.connect(p.token)
  // The reply may have been lost with the daemon: the same request gets the same answer.
  expect(at(session, 'prompt', { key: 'k' }).items).toEqual(handed.items)
  expect(at(session, 'tool', { seen: [message] }).items).toMatchObject([{ message: { body: '2' }, delivery: { attempt: 1 } }])
  expect(at(session, 'tool').items).toEqual([])
  expect(again.connect(a.token).call('threads.trace', { id: message }).deliveries[0]).toMatchObject({ state: 'acked', attempt: 1, failures: 0 })
})

test('what a session held through a restart has a full period before it waits again', async () => {
  const first = await life()
  const a = first.join('a')
  const p = first.join('p', { mode: 'pull' })
  const { message } = tell(a, '1')
  at(p, 'prompt')
  clock.advance(LIMITS.pullVisibilityMs - 1)
  first.stop()
  using again = await life()
  const asker = again.connect(a.token)
  clock.advance(LIMITS.pullVisibilityMs - 1)
  expect(asker.call('threads.trace', { id: message }).deliveries[0]?.state).toBe('offered')
  clock.advance(1)
  expect(asker.call('threads.trace', { id: message }).deliveries[0]).toMatchObject({ state: 'queued', failures: 1 })
})

test('a wake of before the restart may still be under way: only one full period later is the session woken again', async () => {
  const first = await life()
  const a = first.join('a')
  const p = first.join('p', { mode: 'pull' })
  at(p, 'start')
  tell(a, '1')
  expect(p.call('sessions.watch', {}).wake).toBe(true)
  first.crash()
  using again = await life()
  const session = again.connect(p.token)
  const id = watch(session)
  clock.advance(LIMITS.wakeLeaseMs - 1)
  expect(watched(session, id)).toBeUndefined()
  clock.advance(1)
  expect(watched(session, id)?.wake).toBe(true)
})

test('after a restart, a session that has fetched and one that is new are woken at once', async () => {
  const first = await life()
  const a = first.join('a')
  const p = first.join('p', { mode: 'pull' })
  first.crash()
  using again = await life()
  const sender = again.connect(a.token)
  const session = again.connect(p.token)
  at(session, 'start')
  const id = watch(session)
  tell(sender, '1')
  expect(watched(session, id)?.wake).toBe(true)
  at(session, 'end')
  const fresh = anotherSession(again, session)
  tell(sender, '2')
  expect(fresh.call('sessions.watch', {}).wake).toBe(true)
})

test('hooks and calls without a connection are forgotten with the process: everybody starts offline', async () => {
  const first = await life()
  const a = first.join('a')
  const p = first.join('p', { mode: 'pull' })
  at(p, 'start')
  first.core.gateway.presence.sign(first.number(p.id))
  clock.advance(0)
  first.crash()
  using again = await life()
  const reader = again.connect(a.token)
  expect(reader.call('peers.get', { peer: 'p' }).peer).toMatchObject({ presence: 'offline', reach: 'none' })
  again.connect(p.token)
  expect(reader.call('peers.get', { peer: 'p' }).peer).toMatchObject({ presence: 'online', reach: 'poll' })
})
