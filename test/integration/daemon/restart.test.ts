import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { TestCore } from '../../support/test-core.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

let folder: string
let clock: VirtualClock

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-restart-'))
  clock = new VirtualClock()
})

afterEach((context) => {
  if (context.task.result?.state !== 'fail') rmSync(folder, { recursive: true, force: true })
})

/** One life of the daemon on the same file and clock as the others of the test. */
const life = () => TestCore.start({ path: join(folder, 'muster.db'), clock })

test('an orderly stop tells every client to come back, gives offers back without an attempt, and leaves no timer', async () => {
  const first = await life()
  const a = first.join('a')
  const b = first.join('b')
  a.call('threads.notify', { to: 'b', body: 'n', causedBy: null })
  b.delivery()
  first.stop()
  expect(b.take('bye')).toMatchObject([{ reason: 'shutting_down', reconnect: true }])
  expect(b.closed).toBe(1012)
  // A turn that was planned before the stop still comes, and finds nothing to do.
  clock.advance(0)
  expect(clock.pending).toBe(0)
  using again = await life()
  expect(again.connect(b.token, { consume: true }).delivery()).toMatchObject({ attempt: 1, redelivered: true })
})

test('a command that arrives before the stop is committed and answered', async () => {
  const first = await life()
  const a = first.join('a')
  const before = a.post('threads.notify', { to: 'a', body: 'n', causedBy: null })
  first.stop()
  expect(a.outcome(before)).toMatchObject({ sent: [{ state: 'queued' }] })
  // A turn that was planned before the stop still comes, and finds nothing to do.
  clock.advance(0)
  expect(clock.pending).toBe(0)
})

test('a crash raises neither attempts nor failures, and what was offered goes out again marked as redelivered', async () => {
  const first = await life()
  const a = first.join('a')
  const b = first.join('b')
  const delivery = a.call('threads.notify', { to: 'b', body: 'n', causedBy: null }).sent[0]?.delivery
  b.delivery()
  first.crash()
  using again = await life()
  expect(again.connect(b.token, { consume: true }).delivery()).toMatchObject({ delivery, attempt: 1, redelivered: true })
})

test('what was confirmed is there after a crash, what was not is not', async () => {
  const first = await life()
  const a = first.join('a')
  a.call('threads.notify', { to: 'a', body: 'confirmed', causedBy: null })
  const lost = a.post('threads.notify', { to: 'a', body: 'unconfirmed', causedBy: null })
  first.crash()
  expect(a.replied(lost)).toBe(false)
  using again = await life()
  expect(
    again
      .connect(a.token, { consume: true })
      .deliveries()
      .map(({ message }) => message.body),
  ).toEqual(['confirmed'])
})

test('a backoff gets one full period after a restart', async () => {
  const first = await life()
  const a = first.join('a')
  const b = first.join('b')
  const delivery = a.call('threads.notify', { to: 'b', body: 'n', causedBy: null }).sent[0]?.delivery ?? ''
  b.call('mailbox.nack', { delivery, attempt: b.delivery().attempt })
  clock.advance(500)
  first.crash()
  using again = await life()
  const back = again.connect(b.token, { consume: true })
  clock.advance(799)
  expect(back.deliveries()).toEqual([])
  clock.advance(201)
  expect(back.delivery()).toMatchObject({ attempt: 2 })
})

test('a pull handover belongs to its session across a restart, and gets one full period', async () => {
  const first = await life()
  const a = first.join('a')
  const p = first.join('p', { mode: 'pull' })
  a.call('threads.notify', { to: 'p', body: 'n', causedBy: null })
  p.call('mailbox.inbox', {})
  const other = p.call('credentials.create', {}).token
  clock.advance(LIMITS.pullVisibilityMs - 1_000)
  first.crash()
  using again = await life()
  expect(again.connect(other).call('mailbox.inbox', {}).items).toEqual([])
  clock.advance(LIMITS.pullVisibilityMs - 1_000)
  expect(again.connect(p.token).call('mailbox.inbox', {}).items).toMatchObject([{ message: { body: 'n' }, delivery: { attempt: 2, failures: 0 } }])
})

test('an ask whose deadline passed while the daemon was away expires at the start, and the asker is told', async () => {
  const first = await life()
  const a = first.join('a')
  first.register('b')
  const thread = a.call('threads.ask', { to: 'b', body: 'q', deadline: '1h' }).sent[0]?.thread ?? ''
  first.crash()
  clock.advance(3_600_000)
  using again = await life()
  clock.advance(0)
  const back = again.connect(a.token, { consume: true })
  expect(back.delivery().message.kind).toBe('expire')
  expect(back.call('threads.get', { thread }).thread.state).toBe('expired')
})

test('a retirement that a crash cut short is finished at the next start', async () => {
  const first = await life()
  const a = first.join('a')
  const b = first.join('b')
  const thread = b.call('threads.ask', { to: 'a', body: 'q', causedBy: null }).sent[0]?.thread ?? ''
  a.post('peers.retire', {})
  // One turn: the retirement is committed, what follows from it is in the outbox.
  const outbox = () => first.rows('SELECT destination FROM outbox')
  first.core.pipeline.afterBatch(() => {
    if (outbox().length > 0) first.crash()
  })
  expect(() => clock.advance(0)).not.toThrow()
  using again = await life()
  clock.advance(0)
  expect(again.rows('SELECT * FROM outbox')).toEqual([])
  expect(again.connect(b.token).call('threads.get', { thread }).thread.state).toBe('failed')
})

test('a full mailbox is still full after a restart', async () => {
  const first = await life()
  const a = first.join('a')
  first.register('b')
  for (let n = 0; n < LIMITS.maxUnsolicited; n += 1) a.post('threads.notify', { to: 'b', body: 'n', causedBy: null })
  clock.advance(0)
  first.crash()
  using again = await life()
  expect(again.connect(a.token).refusal('threads.notify', { to: 'b', body: 'n', causedBy: null }).code).toBe('mailbox_full')
})
