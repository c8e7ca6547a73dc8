import { afterEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../../daemon/caller.ts'
import { WorkerScans } from '../../../daemon/scans/pool.ts'
import type { Outcome } from '../../../daemon/store/pipeline.ts'
import { LIMITS } from '../../../src/limits.ts'
import { createTestDaemon, type TestDaemon, TestHome } from '../../support/daemon.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const admin: Caller = { kind: 'admin', credentialId: 1 }
const timeline = (peer: string) => ({ peer, limit: 50 })

/** A pool on virtual time over the file of a daemon that runs. */
function poolOver(path: string) {
  const clock = new VirtualClock()
  const unexpected: unknown[] = []
  const scans = new WorkerScans({ path, clock, onUnexpected: (error) => unexpected.push(error) })
  const run = (peer: string, caller = admin) =>
    new Promise<Outcome<unknown>>((resolve) => scans.run({ name: 'events.timeline', caller, input: timeline(peer) }, resolve))
  return { clock, unexpected, scans, run, [Symbol.asyncDispose]: () => scans.close() }
}

const codeOf = (outcome: Outcome<unknown>) => (outcome.ok ? 'ok' : outcome.error.code)

/** Lets the worker work while virtual time stands still. */
async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setImmediate(resolve))
}

describe('scans in a worker', () => {
  let running: TestDaemon | undefined
  afterEach(async () => {
    await running?.[Symbol.asyncDispose]()
    running = undefined
  })

  async function daemonWith(...names: string[]): Promise<TestDaemon & { readonly ids: string[]; readonly path: string }> {
    const daemon = await createTestDaemon()
    running = daemon
    const ids: string[] = []
    for (const name of names) ids.push((await daemon.register(name)).id)
    return Object.assign(daemon, { ids, path: daemon.home.paths.database })
  }

  it('answer what the daemon has committed, through its door', async () => {
    const { connect, register } = await daemonWith('ada')
    const { id, token } = await register('bob')
    await using bob = await connect(token)
    await bob.call('threads.notify', { to: 'ada', body: 'the worker finds this' })
    let found: { readonly hits: readonly unknown[] } = { hits: [] }
    while (found.hits.length === 0) found = await bob.call('messages.search', { text: 'worker finds' })
    expect(found).toMatchObject({ hits: [{ kind: 'notify', from: { name: 'bob' }, to: { name: 'ada' } }], complete: true, cursor: null })
    const past = await bob.call('events.timeline', { peer: 'bob', types: ['thread'] })
    expect(past).toMatchObject({ peer: { id }, events: [{ type: 'thread.opened' }], before: null })
    await expect(bob.call('messages.search', { text: '"' })).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(bob.call('messages.why', { id: 'msg_zzzzzz1' })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('cost nothing before the first, and nothing a minute after the last', async () => {
    const { path, ids } = await daemonWith('ada')
    await using pool = poolOver(path)
    expect(pool.scans.started).toBe(false)
    expect(await pool.run(ids[0] as string)).toMatchObject({ ok: true })
    expect(pool.scans.started).toBe(true)
    pool.clock.advance(LIMITS.scanIdleMs - 1)
    expect(pool.scans.started).toBe(true)
    pool.clock.advance(1)
    expect(pool.scans.started).toBe(false)
    expect(await pool.run(ids[0] as string)).toMatchObject({ ok: true })
  })

  it('that take too long are answered, and the next one is not kept waiting', async () => {
    const { path, ids } = await daemonWith('ada')
    await using pool = poolOver(path)
    const slow = pool.run(ids[0] as string)
    const next = pool.run(ids[0] as string)
    pool.clock.advance(LIMITS.scanMs)
    expect(codeOf(await slow)).toBe('scan_timeout')
    expect(codeOf(await next)).toBe('ok')
    expect(pool.unexpected).toEqual([])
  })

  it('are bounded for each credential and for all, and a refusal says so', async () => {
    const { path, ids } = await daemonWith('ada')
    await using pool = poolOver(path)
    const own = Array.from({ length: LIMITS.maxScansPerCaller + 1 }, () => pool.run(ids[0] as string))
    pool.clock.advance(0)
    expect(codeOf(await (own.at(-1) as Promise<Outcome<unknown>>))).toBe('too_many_requests')
    const others = Array.from({ length: LIMITS.maxScansWaiting }, (_, index) => pool.run(ids[0] as string, { kind: 'admin', credentialId: 100 + index }))
    pool.clock.advance(0)
    const refused = await Promise.all([...own, ...others]).then((outcomes) => outcomes.filter((outcome) => !outcome.ok))
    expect(refused.map(codeOf)).toEqual(Array(LIMITS.maxScansPerCaller).fill('too_many_requests'))
    expect(codeOf(await pool.run(ids[0] as string))).toBe('ok')
  })

  it('end with an error where their thread does, and the next one gets another', async () => {
    const home = new TestHome()
    await using pool = poolOver(`${home.path}/none.db`)
    expect(codeOf(await pool.run('ada'))).toBe('unavailable')
    expect(pool.unexpected.length).toBeGreaterThan(0)
    expect(codeOf(await pool.run('ada'))).toBe('unavailable')
    home.remove()
  })

  it('are told when the daemon stops, and nothing of them is left', async () => {
    const { path, ids } = await daemonWith('ada')
    const pool = poolOver(path)
    const open = [pool.run(ids[0] as string), pool.run(ids[0] as string)]
    await Promise.all([pool.scans.close(), pool.scans.close()])
    const late = pool.run(ids[0] as string)
    pool.clock.advance(0)
    expect((await Promise.all([...open, late])).map(codeOf)).toEqual(['shutting_down', 'shutting_down', 'shutting_down'])
    expect([pool.scans.started, pool.clock.pending]).toEqual([false, 0])
  })

  it('leave the daemon to others while they run', async () => {
    const { connect, register } = await daemonWith('ada')
    const { token } = await register('bob')
    await using bob = await connect(token)
    let answered = 0
    const scans = Array.from({ length: LIMITS.maxScansPerCaller }, () => bob.call('messages.search', { text: 'nothing' }).then(() => (answered += 1)))
    // The thread of the first scan takes longer to start than a command to commit.
    await bob.call('threads.notify', { to: 'ada', body: 'meanwhile' })
    expect(answered).toBe(0)
    await Promise.all(scans)
    await until(() => answered === scans.length)
  })
})
