/** A source that is paused takes nothing and loses nothing that its sender sends again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Source } from '../../../src/contract/index.ts'
import { MusterError } from '../../../src/errors.ts'
import { HookedDaemon, type HookPeer } from '../../support/hooked-daemon.ts'
import { bodyOf, type Program, SECRETS } from '../../support/hooks.ts'
import { HOOK_SECRET, TestCore } from '../../support/test-core.ts'

const PROGRAMS = Object.keys(SECRETS) as Program[]
const node = HookedDaemon.use()
const pause = async ({ name }: Source, reason?: string) => (await node.admin.call('ingress.pause', { source: name, ...(reason && { reason }) })).source
const resume = async ({ name }: Source) => (await node.admin.call('ingress.resume', { source: name })).source
const typesOf = async ({ id }: Source) =>
  (await node.admin.call('events.list', { types: ['source'], limit: 200 })).events
    .filter(({ subject }) => subject === id)
    .map(({ type, changed }) => [type, changed])
/** How much of everything there is. */
const rows = () => {
  const count = (table: string) => node.daemon.core.store.all(`SELECT 1 FROM ${table}`).length
  return ['arrivals', 'messages', 'threads', 'deliveries', 'events', 'outbox'].map(count)
}

describe.each(PROGRAMS)('while its source is paused, %s', (program) => {
  it('is told to come again, nothing is written, and its event is one message afterwards', async () => {
    const bob = await node.join()
    const source = await node.source(bob, { verify: program })
    await pause(source)
    const event = { id: 'during', body: bodyOf(program, 'during', 'push', { n: 1 }) }
    const before = [rows(), node.daemon.core.store.all('SELECT * FROM sources')]
    for (let n = 0; n < 3; n += 1)
      expect(await node.send(source, program, event)).toMatchObject({ status: 503, retryAfter: '60', body: { error: { code: 'unavailable' } } })
    expect([rows(), node.daemon.core.store.all('SELECT * FROM sources')]).toEqual(before)
    expect((await node.arrivals(source)).refused).toMatchObject({ count: 3, recent: Array(3).fill({ says: 'the source is paused' }) })
    // Whoever proves nothing learns nothing of it either.
    expect((await node.send(source, program, { secret: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' })).status).toBe(401)
    await resume(source)
    const codes = [(await node.send(source, program, event)).status, (await node.send(source, program, event)).status]
    expect(codes).toEqual(program === 'slack' ? [200, 200] : [202, 200])
    expect(await node.mail(bob)).toHaveLength(1)
  })
})

describe('a pause', () => {
  it('is shown with who, when and why, done once however often it is said, and in the log', async () => {
    const source = await node.source(await node.join())
    const at = new Date(node.clock.wallMs()).toISOString()
    expect(source.paused).toBeNull()
    expect((await pause(source, 'too much')).paused).toEqual({ at, by: null, reason: 'too much' })
    await node.pass(1_000)
    expect((await pause(source, 'another')).paused).toEqual({ at, by: null, reason: 'too much' })
    const { sources } = await node.admin.call('ingress.list', {})
    expect(sources.find(({ id }) => id === source.id)?.paused?.reason).toBe('too much')
    expect((await node.admin.call('node.diagnose', {})).sources.find(({ name }) => name === source.name)).toMatchObject({ paused: at, problem: null })
    for (let n = 0; n < 2; n += 1) expect((await resume(source)).paused).toBeNull()
    expect((await pause(source)).paused?.reason).toBeNull()
    expect(await typesOf(source)).toEqual([
      ['source.created', { name: source.name }],
      ['source.paused', { reason: 'too much' }],
      ['source.resumed', {}],
      ['source.paused', { reason: null }],
    ])
  })

  it('is for people and the administrator to make and to end', async () => {
    const [bob, lead] = [await node.join(), await node.join('orchestrator')]
    const source = await node.source(bob)
    const tries = ({ client }: HookPeer) => [client.call('ingress.pause', { source: source.name }), client.call('ingress.resume', { source: source.name })]
    for (const peer of [bob, lead]) for (const attempt of tries(peer)) await expect(attempt).rejects.toMatchObject({ code: 'forbidden' })
    await expect(node.admin.call('ingress.pause', { source: 'nowhere' })).rejects.toMatchObject({ code: 'not_found' })
    await pause(source, 'too much')
    expect((await lead.client.call('ingress.get', { source: source.name })).source.paused?.reason).toBe('too much')
    expect(await typesOf(source)).toHaveLength(2)
  })

  it('stays through changes, and ends with the source', async () => {
    const bob = await node.join()
    const source = await node.source(bob)
    await pause(source)
    const { source: changed } = await node.admin.call('ingress.update', { source: source.name, text: 'Better: {{n}}' })
    expect(changed).toMatchObject({ text: 'Better: {{n}}', paused: { reason: null } })
    expect((await node.send(source, 'github')).status).toBe(503)
    await node.admin.call('ingress.remove', { source: source.name })
    expect((await node.send(source, 'github')).status).toBe(401)
    const again = await node.source(bob, { name: source.name })
    expect(again.paused).toBeNull()
  })

  it('lets a sample through, by which a template is tried, and nobody else who says to be one', async () => {
    const bob = await node.join()
    const source = await node.source(bob)
    await pause(source)
    expect(await node.admin.call('ingress.test', { source: source.name })).toMatchObject({ status: 202, arrival: { outcome: 'accepted' }, says: null })
    expect(await node.mail(bob)).toHaveLength(1)
    for (const mark of ['', '1', 'undefined']) expect((await node.send(source, 'github', { headers: { 'X-Muster-Sample': mark } })).status, mark).toBe(503)
    expect(await node.mail(bob)).toHaveLength(1)
  })

  it('takes none of what a source may take in a minute', async () => {
    const source = await node.source(await node.join(), { perMinute: 2 })
    await pause(source)
    for (let n = 0; n < 5; n += 1) expect((await node.send(source, 'github')).status).toBe(503)
    await resume(source)
    expect([(await node.send(source, 'github')).status, (await node.send(source, 'github')).status, (await node.send(source, 'github')).status]).toEqual([
      202, 202, 429,
    ])
  })

  it('in the middle of a burst parts it: what was taken is sent, what was not is told so', async () => {
    const bob = await node.join()
    const source = await node.source(bob, { perMinute: 1_000 })
    const burst = (from: number) => Array.from({ length: 20 }, (_, n) => node.send(source, 'github', { id: `b${from + n}`, body: `{"n":${from + n}}` }))
    const first = burst(0)
    const paused = pause(source)
    const answers = await Promise.all([...first, ...burst(20)])
    await paused
    const late = await Promise.all(burst(40))
    expect(new Set(late.map(({ status }) => status))).toEqual(new Set([503]))
    const taken = answers.filter(({ status }) => status === 202)
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(40 - taken.length)
    expect(await node.mail(bob)).toHaveLength(taken.length)
    expect((await node.arrivals(source)).refused.count).toBe(60 - taken.length)
    await resume(source)
    const again = await Promise.all([...burst(0), ...burst(20), ...burst(40)])
    expect(again.filter(({ status }) => status === 200)).toHaveLength(taken.length)
    const { arrivals } = await node.admin.call('ingress.arrivals', { source: source.id, limit: 100 })
    expect(arrivals.filter(({ outcome, thread }) => outcome === 'accepted' && thread !== null)).toHaveLength(60)
  })
})

describe('a pause and an event in one batch', () => {
  it('are taken in the order in which they came, and a pause outlives the daemon', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-pause-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const path = join(folder, 'muster.db')
    const first = await TestCore.start({ path })
    first.register('bob', { mode: 'pull' })
    const verify = { by: 'token', header: 'X-Token', idHeader: 'X-Id' } as const
    first.admin.call('ingress.create', { name: 'ci', verify, secret: { variable: HOOK_SECRET.variable }, to: 'bob', text: '{{n}}' })
    const come = (daemon: TestCore, id: string) =>
      daemon.core.gateway.ingress.receive({ source: 'ci', headers: { 'x-token': HOOK_SECRET.text, 'x-id': id }, body: Buffer.from(`{"n":"${id}"}`) })
    const early = come(first, 'early')
    first.admin.post('ingress.pause', { source: 'ci' })
    // The source that it found was not paused yet.
    const late = come(first, 'late').catch((error: unknown) => error)
    first.clock.advance(0)
    expect(await early).toMatchObject({ kind: 'event', isDuplicate: false })
    expect(await late).toMatchObject({ code: 'unavailable', message: 'The source is paused.' })
    expect(first.rows('SELECT body FROM messages')).toEqual([{ body: 'early' }])
    expect(first.admin.call('ingress.arrivals', { source: 'ci' }).refused.count).toBe(1)
    first.crash()
    using second = await TestCore.start({ path })
    await expect(come(second, 'late')).rejects.toBeInstanceOf(MusterError)
    second.admin.call('ingress.resume', { source: 'ci' })
    const taken = come(second, 'late')
    second.clock.advance(0)
    expect(await taken).toMatchObject({ kind: 'event', isDuplicate: false })
    expect(second.errors).toEqual([])
  })
})
