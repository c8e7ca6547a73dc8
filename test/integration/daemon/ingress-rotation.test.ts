/** The secret of a source is changed without losing an event: for a while either of two verifies. */
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Input, Source } from '../../../src/contract/index.ts'
import type { MusterError } from '../../../src/errors.ts'
import { HookedDaemon } from '../../support/hooked-daemon.ts'
import { bodyOf, HEADERS, type Program, SECRETS } from '../../support/hooks.ts'
import { HOOK_SECRET, TestCore } from '../../support/test-core.ts'

const PROGRAMS = Object.keys(SECRETS) as Program[]
/** Of each program another one, as it makes them. */
const NEXT: Readonly<Record<Program, string>> = {
  github: 'Nobody has heard of this one',
  gitlab: 'glhook-0a1b2c3d4e5f6a7b8c9d',
  slack: '0123456789abcdef0123456789abcdef',
  stripe: 'whsec_qqXYZjWDarjtT1zdp7dcTYooMQauvdEDq54NiTphI7jxNEXT',
  standard: 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX',
}
const node = HookedDaemon.use()
const shown = async ({ id }: Source) => (await node.admin.call('ingress.get', { source: id })).source
const begin = async (source: Source, file: string) => (await node.admin.call('ingress.rotate', { source: source.id, secret: { file } })).source
const finish = async ({ id }: Source, said: Partial<Input<'ingress.finish'>> = {}) => (await node.admin.call('ingress.finish', { source: id, ...said })).source
const GITHUB = { secret: NEXT.github }

/** A source of GitHub's with a rotation under way. */
async function rotating() {
  const bob = await node.join()
  const source = await node.source(bob)
  const [old, next] = [source.secret.file ?? '', node.secretFile(NEXT.github)]
  await begin(source, next)
  return { bob, source, old, next }
}

describe.each(PROGRAMS)('while the secret of %s is rotated', (program) => {
  it('an event by either is taken, once, and one by a third is not; afterwards the old one proves nothing', async () => {
    const bob = await node.join()
    const source = await node.source(bob, { verify: program })
    const next = node.secretFile(NEXT[program])
    expect(await begin(source, next)).toMatchObject({
      problem: null,
      secret: source.secret,
      rotation: { old: { lastAt: null }, new: { secret: { file: next } } },
    })
    const event = { id: 'either', body: bodyOf(program, 'either', 'push', { n: 1 }) }
    const taken = program === 'slack' ? [200, 200, 200] : [202, 200, 200]
    const answers = [
      await node.send(source, program, event),
      await node.send(source, program, { ...event, secret: NEXT[program] }),
      await node.send(source, program, event),
    ]
    expect(answers.map(({ status }) => status)).toEqual(taken)
    expect((await node.arrivals(source)).arrivals).toMatchObject([{ times: 3 }])
    const third = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    expect((await node.send(source, program, { secret: third })).status).toBe(401)
    await node.pass(10_000)
    expect((await node.send(source, program, { secret: NEXT[program] })).status).toBeLessThan(300)
    expect(await finish(source)).toMatchObject({ rotation: null, secret: { file: next }, problem: null })
    expect((await node.send(source, program, event)).status).toBe(401)
    // What came by the old one is known again, whoever signs it now.
    expect((await node.send(source, program, { ...event, secret: NEXT[program] })).status).toBe(200)
    expect(await node.mail(bob)).toHaveLength(2)
  })
})

describe('which secret verified', () => {
  it('is shown with the time, of the old one where it alone did; a sample and what is refused do not count', async () => {
    const { source } = await rotating()
    const last = async () => {
      const { rotation } = await shown(source)
      return [rotation?.old.lastAt, rotation?.new.lastAt]
    }
    const now = () => new Date(node.clock.wallMs()).toISOString()
    await node.admin.call('ingress.test', { source: source.id })
    await node.send(source, 'github', { secret: 'another secret, as long' })
    await node.send(source, 'github', { ...GITHUB, body: 'no json' })
    expect(await last()).toEqual([null, null])
    const first = now()
    await node.send(source, 'github')
    expect(await last()).toEqual([first, null])
    await node.pass(5_000)
    await node.send(source, 'github', GITHUB)
    expect(await last()).toEqual([first, now()])
  })

  it.each(['stripe', 'standard'] as const)('is the new one where %s signs with both', async (program) => {
    const source = await node.source(await node.join(), { verify: program })
    await begin(source, node.secretFile(NEXT[program]))
    const [id, body, time] = ['both', bodyOf(program, 'both', 'push'), node.seconds]
    const [old, next] = [HEADERS[program](body, { id, time }), HEADERS[program](body, { id, time, secret: NEXT[program] })]
    const header = program === 'stripe' ? 'Stripe-Signature' : 'webhook-signature'
    const both = `${old[header]}${program === 'stripe' ? ',' : ' '}${next[header]}`
    expect((await node.send(source, program, { id, body, time, headers: { [header]: both } })).status).toBe(202)
    const { rotation } = await shown(source)
    expect([rotation?.old.lastAt, rotation?.new.lastAt]).toEqual([null, new Date(node.clock.wallMs()).toISOString()])
  })
})

describe('a rotation of which one secret is not there', () => {
  it.each(['old', 'new'] as const)(
    'takes what the other verifies, says that the %s one is missing, and refuses nothing for good that it may have signed',
    async (missing) => {
      const { bob, source, old, next } = await rotating()
      const gone = missing === 'old' ? old : next
      rmSync(gone)
      const [there, away] = missing === 'old' ? [NEXT.github, SECRETS.github] : [SECRETS.github, NEXT.github]
      const state = await shown(source)
      expect(state.problem).toBeNull()
      expect(state.rotation?.[missing].problem).toBe(`there is no file ${gone} for its secret`)
      expect(state.rotation?.[missing === 'old' ? 'new' : 'old'].problem).toBeNull()
      expect((await node.admin.call('node.diagnose', {})).sources.find(({ name }) => name === source.name)?.rotation?.problem).toContain(gone)
      expect((await node.send(source, 'github', { secret: there })).status).toBe(202)
      expect((await node.admin.call('ingress.test', { source: source.id })).status).toBe(202)
      const event = { id: 'kept', body: '{"n":"kept"}', secret: away }
      expect(await node.send(source, 'github', event)).toMatchObject({ status: 503, retryAfter: '60' })
      expect((await node.arrivals(source)).refused.recent[0]?.says).toMatch(new RegExp(`signature does not fit.*; of its ${missing} secret: there is no file`))
      writeFileSync(gone, away, { mode: 0o600 })
      expect((await node.send(source, 'github', event)).status).toBe(202)
      expect(await node.mail(bob)).toHaveLength(3)
    },
  )

  it('takes nothing where neither is, and says so of both', async () => {
    const { source, old, next } = await rotating()
    rmSync(old)
    chmodSync(next, 0o644)
    expect((await shown(source)).problem).toBe(`there is no file ${old} for its secret; of the new one: others may read its secret: chmod 600 ${next}`)
    expect((await node.send(source, 'github')).status).toBe(503)
    expect(await node.admin.call('ingress.test', { source: source.id })).toMatchObject({ status: 503, says: expect.stringContaining(old) as string })
  })

  it('can begin before the new one is there', async () => {
    const source = await node.source(await node.join())
    const path = join(node.folder, 'to-come')
    expect((await begin(source, path)).rotation?.new.problem).toBe(`there is no file ${path} for its secret`)
    expect((await node.send(source, 'github')).status).toBe(202)
  })
})

describe('one secret in both places', () => {
  it('is no rotation, neither by its name nor by what stands there', async () => {
    const source = await node.source(await node.join(), { verify: 'standard' })
    const same = [source.secret.file ?? '', node.secretFile(SECRETS.standard), node.secretFile(SECRETS.standard.replace('whsec_', ''))]
    for (const file of same) await expect(begin(source, file)).rejects.toMatchObject({ code: 'invalid_input', details: { field: 'secret' } })
    expect((await shown(source)).rotation).toBeNull()
  })

  it('is said where it comes to be so later; then nothing tells that the old one may go', async () => {
    const { source, next } = await rotating()
    writeFileSync(next, SECRETS.github)
    expect((await shown(source)).rotation?.new.problem).toBe('it is the same as the old one')
    expect((await node.admin.call('node.diagnose', {})).sources.find(({ name }) => name === source.name)?.rotation?.problem).toMatch(/same as the old/)
    expect((await node.send(source, 'github')).status).toBe(202)
    expect((await node.send(source, 'github', { secret: 'another secret, as long' })).status).toBe(401)
    expect((await shown(source)).rotation).toMatchObject({ old: { lastAt: expect.any(String) as string }, new: { lastAt: null } })
    await expect(finish(source)).rejects.toThrow(/same as the old/)
  })
})

describe('the end of a rotation', () => {
  const refusal = async (ending: Promise<unknown>) =>
    await ending.then(
      () => 'done',
      (error: MusterError) => [error.code, error.details['field'], error.message],
    )

  it('is refused while events would be lost by it, unless it is forced', async () => {
    const { source, next } = await rotating()
    expect(await refusal(finish(source))).toEqual(['invalid_input', 'keep', expect.stringContaining('No event has come yet that the new secret verifies')])
    await node.send(source, 'github', GITHUB)
    await node.pass(1_000)
    await node.send(source, 'github')
    expect(await refusal(finish(source))).toEqual(['invalid_input', 'keep', expect.stringContaining('one that the old secret verifies')])
    chmodSync(next, 0o644)
    expect(await refusal(finish(source))).toEqual(['invalid_input', 'keep', expect.stringContaining('chmod 600')])
    expect((await shown(source)).rotation).not.toBeNull()
    chmodSync(next, 0o600)
    expect(await finish(source, { force: true })).toMatchObject({ rotation: null, secret: { file: next } })
    expect((await node.send(source, 'github')).status).toBe(401)
  })

  it('can be that the old one stays, unless the sender has the new one already', async () => {
    const { source, old } = await rotating()
    await node.send(source, 'github', GITHUB)
    expect(await refusal(finish(source, { keep: 'old' }))).toEqual(['invalid_input', 'keep', expect.stringContaining('one that the new secret verifies')])
    await node.pass(1_000)
    await node.send(source, 'github')
    expect(await finish(source, { keep: 'old' })).toMatchObject({ rotation: null, secret: { file: old } })
    expect([(await node.send(source, 'github', GITHUB)).status, (await node.send(source, 'github')).status]).toEqual([401, 202])
    // Nothing of it is left for the next one.
    expect((await begin(source, node.secretFile(NEXT.github))).rotation).toMatchObject({ old: { lastAt: null }, new: { lastAt: null } })
    expect(await finish(source, { keep: 'old' })).toMatchObject({ rotation: null, secret: { file: old } })
  })
})

describe('an event that was under way when the rotation ended', () => {
  it('is taken by the secret of then, and writes nothing into the next rotation', async () => {
    using daemon = await TestCore.start()
    daemon.register('bob', { mode: 'pull' })
    const verify = { by: 'token', header: 'X-Token' } as const
    daemon.admin.call('ingress.create', { name: 'ci', verify, secret: { variable: HOOK_SECRET.variable }, to: 'bob', text: '{{n}}' })
    daemon.admin.call('ingress.rotate', { source: 'ci', secret: { file: node.secretFile(NEXT.github) } })
    daemon.admin.post('ingress.finish', { source: 'ci', force: true })
    const received = daemon.core.gateway.ingress.receive({ source: 'ci', headers: { 'x-token': HOOK_SECRET.text }, body: Buffer.from('{"n":1}') })
    daemon.clock.advance(0)
    expect(await received).toMatchObject({ kind: 'event', isDuplicate: false })
    expect(daemon.rows('SELECT new_secret, old_used_at, new_used_at FROM sources')).toEqual([{ new_secret: null, old_used_at: null, new_used_at: null }])
    expect(daemon.errors).toEqual([])
  })
})

describe('the commands of a rotation', () => {
  it('said twice are done once, and are in the log without any secret', async () => {
    const { source, next } = await rotating()
    const { rotation } = await shown(source)
    await node.pass(1_000)
    expect((await begin(source, next)).rotation?.since).toBe(rotation?.since)
    await expect(begin(source, node.secretFile('yet another one of them'))).rejects.toMatchObject({ code: 'invalid_input', details: { field: 'secret' } })
    await expect(node.admin.call('ingress.update', { source: source.id, secret: { variable: 'VARIED' } })).rejects.toMatchObject({
      details: { field: 'secret' },
    })
    expect((await node.admin.call('ingress.update', { source: source.id, text: 'Changed' })).source.rotation).toEqual(rotation)
    for (let n = 0; n < 2; n += 1) expect((await finish(source, { force: true })).secret).toEqual({ file: next })
    expect((await node.admin.call('ingress.update', { source: source.id, secret: { variable: 'VARIED' } })).source.secret).toEqual({ variable: 'VARIED' })
    const { events } = await node.admin.call('events.list', { types: ['source'], limit: 200 })
    const own = events.filter(({ subject }) => subject === source.id).map(({ type, changed }) => [type, changed])
    expect(own.slice(1)).toEqual([
      ['source.rotating', {}],
      ['source.updated', { fields: ['text'] }],
      ['source.rotated', { kept: 'new' }],
      ['source.updated', { fields: ['secret'] }],
    ])
    for (const file of ['muster.db', 'muster.db-wal'])
      for (const secret of Object.values(NEXT)) expect(readFileSync(join(node.folder, 'home', file)).includes(secret), file).toBe(false)
  })

  it('are for people and the administrator', async () => {
    const { bob, source } = await rotating()
    const lead = await node.join('orchestrator')
    for (const { client } of [bob, lead]) {
      await expect(client.call('ingress.rotate', { source: source.id, secret: { variable: 'VARIED' } })).rejects.toMatchObject({ code: 'forbidden' })
      await expect(client.call('ingress.finish', { source: source.id, force: true })).rejects.toMatchObject({ code: 'forbidden' })
    }
    expect((await lead.client.call('ingress.get', { source: source.id })).source.rotation).not.toBeNull()
  })
})
