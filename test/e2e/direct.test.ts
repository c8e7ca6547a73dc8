import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { connect, type MusterPeer, PipeError } from '../../client/index.ts'
import { CliHome } from '../support/cli-process.ts'

/**
 * A person or a program that drives agents itself: ask, cast, status, await all, pipe, fan, result. The daemon and every
 * command are processes of their own; the agents are programs on the SDK.
 */
let home: CliHome
let pid: number
const agents: MusterPeer[] = []
/** What each agent was asked, in order. */
const asked = new Map<string, string[]>()
/** Asks that wait for a word of the test, by their first line. */
const gates = new Map<string, { readonly open: () => void; readonly opened: Promise<void> }>()

function hold(line: string): void {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  gates.set(line, { open, opened })
}

function release(line: string): void {
  gates.get(line)?.open()
}

async function agent(name: string): Promise<void> {
  asked.set(name, [])
  const onAsk = async (body: string): Promise<string> => {
    asked.get(name)?.push(body)
    const [line = ''] = body.split('\n')
    await gates.get(line)?.opened
    if (line.startsWith('Never')) throw new Error('I will not.')
    return `${name} did: ${body}`
  }
  agents.push(await connect({ name, capabilities: ['code'], onAsk }))
}

async function up(): Promise<void> {
  pid = (await home.json<{ pid: number }>(['up'])).pid
}

beforeAll(async () => {
  home = await CliHome.make()
  vi.stubEnv('MUSTER_HOME', home.folder)
  for (const name of ['MUSTER_URL', 'MUSTER_TOKEN', 'MUSTER_AS']) vi.stubEnv(name, undefined)
  await up()
  for (const name of ['impl', 'reviewer', 'tests']) await agent(name)
})
beforeEach(() => {
  for (const bodies of asked.values()) bodies.length = 0
})
afterEach(() => {
  for (const { open } of gates.values()) open()
  gates.clear()
})
afterAll(async () => {
  for (const peer of agents) await peer.close()
  await home.remove()
  vi.unstubAllEnvs()
})

const muster = (...args: readonly string[]) => home.run([...args, '--as', 'ann'])
const ok = async (...args: readonly string[]): Promise<string> => {
  const { exit, stdout, stderr } = await muster(...args)
  expect(exit, `${args.join(' ')}\n${stdout}\n${stderr}`).toBe(0)
  return stdout
}

describe('the direct pattern on the command line', () => {
  it('asks, casts, looks who works, and waits for everyone', async () => {
    expect(await ok('ask', 'impl', 'Implement caching for user lookups')).toBe('impl did: Implement caching for user lookups\n')
    hold('Implement the retry module')
    hold('Write property-based tests')
    const tickets = [await ok('cast', 'impl', 'Implement the retry module'), await ok('cast', 'tests', 'Write property-based tests')].map((line) => line.trim())
    const status = await ok('thread', '--state', 'open')
    for (const ticket of tickets) expect(status).toContain(ticket)
    expect(await ok('status')).toMatch(/open asks +2/)
    const waiting = home.start(['result', '--all', '--as', 'ann'])
    await waiting.said('stderr', /Waiting for impl, tests\./)
    release('Write property-based tests')
    await waiting.said('stdout', /tests did: Write property-based tests/)
    release('Implement the retry module')
    expect(await waiting.finished).toMatchObject({ exit: 0, stdout: expect.stringContaining('impl did: Implement the retry module') })
    // One result by itself, long after, and nothing left to read.
    expect(await ok('result', tickets[1] ?? '')).toBe('tests did: Write property-based tests\n')
    expect(await home.json(['inbox', '--as', 'ann'])).toMatchObject({ items: [], owed: [] })
  })

  it('pipes the answer of one into the ask of the next, also from a ticket', async () => {
    const stages = ['impl', 'Implement caching', 'reviewer', 'Review for correctness', 'impl', 'Address the review feedback']
    const first = 'impl did: Implement caching'
    const second = `reviewer did: Review for correctness\n\n${first}`
    expect(await ok('pipe', ...stages)).toBe(`impl did: Address the review feedback\n\n${second}\n`)
    expect(asked.get('impl')).toEqual(['Implement caching', `Address the review feedback\n\n${second}`])
    expect(asked.get('reviewer')).toEqual([`Review for correctness\n\n${first}`])
    const ticket = (await ok('cast', 'impl', 'Implement retries')).trim()
    expect(await ok('pipe', ticket, 'reviewer', 'Review it')).toBe('reviewer did: Review it\n\nimpl did: Implement retries\n')
  })

  it('ends a pipe where a stage declines or expires, and asks nobody after it', async () => {
    const declined = await muster('pipe', 'impl', 'Implement it', 'reviewer', 'Never review it', 'tests', 'Test it')
    expect(declined).toMatchObject({ exit: 7, stdout: '', stderr: expect.stringContaining('muster: stage 2: reviewer declined: I will not.') })
    hold('Take your time')
    const expired = await muster('pipe', 'impl', 'Take your time', 'tests', 'Test it', '--deadline', '1s')
    expect(expired).toMatchObject({ exit: 8, stdout: '', stderr: expect.stringContaining('muster: stage 1: the ask to impl has expired') })
    expect(asked.get('tests')).toEqual([])
    expect(await muster('pipe', 'impl', 'one', 'reviewer')).toMatchObject({ exit: 64, stderr: expect.stringContaining('pairs of a recipient and a body') })
  })

  it('fans out and joins what comes', async () => {
    await ok('inbox', '--ack')
    const question = 'What issues do you see in lib/retry?'
    const joined = await muster('fan', 'impl,reviewer', question)
    expect(joined).toMatchObject({ exit: 0, stdout: `impl:\nimpl did: ${question}\nreviewer:\nreviewer did: ${question}\n` })
    hold(question)
    const ticket = (await ok('fan', 'cap:code', question, '--no-wait', '--enough', '3')).trim()
    const open = await home.json<{ fan: object; outcomes: { thread: string }[] }>(['fan', ticket, '--as', 'ann'])
    expect(open).toMatchObject({ fan: { id: ticket, state: 'open', enough: 3, counts: { open: 3 } } })
    release(question)
    const result = await ok('result', ticket)
    for (const name of ['impl', 'reviewer', 'tests']) expect(result).toContain(`${name} did: ${question}`)
    expect(await ok('result', open.outcomes[0]?.thread ?? '')).toBe(`impl did: ${question}\n`)
    expect(await ok('fan', 'list')).toMatch(new RegExp(`${ticket} +complete`))
    // What was shown is not shown again: neither the notices nor the answers.
    expect(await home.json(['inbox', '--as', 'ann'])).toMatchObject({ items: [] })
  })

  it('says what became of everybody where not all answered', async () => {
    const partial = await home.run(['fan', 'impl,reviewer,ann', 'Never mind', '--as', 'ann'])
    expect(partial).toMatchObject({ exit: 7, stdout: '' })
    for (const line of ['muster: impl declined: I will not.', 'muster: reviewer declined: I will not.', 'ann refused it'])
      expect(partial.stderr).toContain(line)
    hold('Slow one')
    const slow = (await ok('fan', 'impl,tests', 'Slow one', '--no-wait')).trim()
    expect(await muster('result', slow, '--timeout', '1s')).toMatchObject({ exit: 124, stderr: expect.stringContaining('still open: impl, tests') })
    expect(await ok('fan', slow, '--cancel', '--reason', 'found it')).toBe(`Cancelled ${slow}: 2 cancelled.\n`)
    expect(await muster('result', slow)).toMatchObject({ exit: 9 })
  })

  it('waits for a fan across a kill -9 of the daemon', async () => {
    hold('Survive')
    const waiting = home.start(['fan', 'impl,reviewer,tests', 'Survive', '--as', 'ann'])
    await vi.waitUntil(() => [...asked.values()].every((bodies) => bodies.includes('Survive')), { timeout: 60_000 })
    process.kill(pid, 'SIGKILL')
    await up()
    release('Survive')
    const { exit, stdout } = await waiting.finished
    expect([exit, stdout.match(/did: Survive/g)?.length]).toEqual([0, 3])
  })

  it('broadcasts to everybody but the sender', async () => {
    const told = await ok('broadcast', 'Freeze at six.', '--topic', 'freeze')
    for (const name of ['impl', 'reviewer', 'tests']) expect(told).toContain(`Told ${name} `)
    expect(told).not.toContain('Told ann')
    expect(await muster('broadcast', 'x', '--to', 'impl')).toMatchObject({ exit: 64, stderr: expect.stringContaining('circle:<circle>') })
  })
})

describe('the direct pattern in a program', () => {
  let lead: MusterPeer
  const heard: string[] = []

  beforeAll(async () => {
    lead = await connect({ name: 'lead', onNotify: (body) => heard.push(body), onMessage: (body) => heard.push(body) })
    agents.push(lead)
  })

  it('asks, casts, looks who works, and waits for everyone', async () => {
    expect((await lead.ask('impl', 'Implement caching')).body).toBe('impl did: Implement caching')
    for (const line of ['Implement retries', 'Write tests']) hold(line)
    const [impl, tests] = [await lead.cast('impl', 'Implement retries'), await lead.cast('tests', 'Write tests')]
    expect((await impl.status()).state).toBe('open')
    expect((await lead.openAsks()).map(({ to }) => to?.name)).toEqual(['tests', 'impl'])
    const everyone = lead.awaitAll()
    for (const line of ['Implement retries', 'Write tests']) release(line)
    expect((await everyone).map(({ answer }) => answer?.body)).toEqual(['tests did: Write tests', 'impl did: Implement retries'])
    expect((await tests.result()).body).toBe('tests did: Write tests')
    const refused = await lead.cast('tests', 'Never test it')
    expect(await lead.awaitAll([refused, impl])).toMatchObject([{ error: { code: 'declined' } }, { answer: { body: 'impl did: Implement retries' } }])
  })

  it('pipes, and says which stage brought no answer', async () => {
    const answers = await lead.pipe({ to: 'impl', body: 'Implement caching' }, { to: 'reviewer', body: 'Review it' }, { to: 'impl' })
    expect(answers.map(({ body }) => body)).toEqual([
      'impl did: Implement caching',
      'reviewer did: Review it\n\nimpl did: Implement caching',
      'impl did: reviewer did: Review it\n\nimpl did: Implement caching',
    ])
    const began = await lead.cast('impl', 'Begin')
    expect((await lead.pipe(began, { to: 'tests', body: 'Go on' })).at(-1)?.body).toBe('tests did: Go on\n\nimpl did: Begin')
    const broken = await lead.pipe({ to: 'impl', body: 'One' }, { to: 'reviewer', body: 'Never' }, { to: 'tests' }).catch((error: unknown) => error)
    expect(broken).toBeInstanceOf(PipeError)
    expect(broken).toMatchObject({
      stage: 2,
      to: 'reviewer',
      code: 'declined',
      answers: [{ body: 'impl did: One' }],
      message: expect.stringContaining('I will not.'),
    })
    await expect(lead.pipe({ to: 'impl', body: 'One' }, { to: 'nobody' })).rejects.toMatchObject({ stage: 2, code: 'not_found' })
  })

  it('fans out, and another process reads the same result', async () => {
    heard.length = 0
    hold('Together')
    const fan = await lead.fan(['impl', 'reviewer'], 'Together')
    expect((await fan.status()).fan).toMatchObject({ state: 'open', counts: { open: 2 } })
    const result = fan.result()
    process.kill(pid, 'SIGKILL')
    await up()
    release('Together')
    expect((await result).outcomes.map(({ to, answer }) => [to.name, answer?.body])).toEqual([
      ['impl', 'impl did: Together'],
      ['reviewer', 'reviewer did: Together'],
    ])
    expect(heard).toEqual([])
    expect(await lead.fanHandle(fan.id).result()).toEqual(await result)
  })

  it('is content with enough answers, and cancels a fan', async () => {
    hold('Race')
    const race = await lead.fan('cap:code', 'Race', { enough: 1, deadline: '10m' })
    release('Race')
    const { fan, outcomes } = await race.result()
    expect(fan.counts.answered).toBeGreaterThanOrEqual(1)
    expect(fan.counts.answered + fan.counts.cancelled).toBe(outcomes.length)
    hold('Wait for ever')
    const endless = await lead.fan(['impl', 'tests'], 'Wait for ever')
    await endless.cancel('enough')
    expect((await endless.result()).fan).toMatchObject({ state: 'cancelled', reason: 'enough', counts: { cancelled: 2 } })
  })

  it('tells everybody', async () => {
    const { sent } = await lead.broadcast('Freeze at six.', { to: 'cap:code' })
    expect(sent.map(({ to }) => to.name)).toEqual(['impl', 'reviewer', 'tests'])
  })
})
