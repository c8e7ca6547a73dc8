import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../daemon/config.ts'
import { type Daemon, startDaemon } from '../../daemon/main.ts'
import { LIMITS } from '../../src/limits.ts'
import { musterPaths } from '../../src/paths.ts'
import { SteppedClock } from '../contract/support/stepped-clock.ts'
import { type HereOptions, musterHere } from '../support/cli-here.ts'
import { registerPeer } from '../support/daemon.ts'
import { WireClient } from '../support/wire-client.ts'

/** A terminal would clear its screen, rename its window and lose a line to this. */
const HOSTILE = 'before\u001b[2J\u001b]0;owned\u0007\u009b31m\rafter\u202e'
// biome-ignore lint/suspicious/noControlCharactersInRegex: these must not come through
const ESCAPES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/

let clock: SteppedClock
let home: string
let daemon: Daemon

beforeAll(async () => {
  clock = new SteppedClock()
  home = await mkdtemp(join(tmpdir(), 'muster-order-'))
  const quiet = () => undefined
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  daemon = await startDaemon({ config: loadConfig({ MUSTER_HOME: home, MUSTER_PORT: '0' }, home), log, clock, onFatal: quiet })
})
afterAll(async () => {
  await daemon.stop()
  await rm(home, { recursive: true, force: true })
})

/** A peer whose mailbox a program consumes, and its connection. */
async function consumer(name: string): Promise<WireClient> {
  const enrolment = (await readFile(musterPaths({ MUSTER_HOME: home }, home).enrolmentToken, 'utf8')).trim()
  const { token } = await registerPeer(daemon.url, enrolment, name)
  return await WireClient.greet(daemon.url, token, { consume: true })
}

const muster = (args: readonly string[], options: HereOptions = {}) => musterHere(home, args, { now: () => clock.wallMs(), ...options })

async function json<T>(args: readonly string[], options?: HereOptions): Promise<T & { readonly exit: number | null }> {
  const { exit, stdout } = await muster([...args, '--json'], options)
  return { ...(JSON.parse(stdout) as T), exit }
}

/** A notify that killed every handler of its recipient. */
async function deadLetter(from: string, to: string, body: string): Promise<string> {
  await using recipient = await consumer(to)
  const { sent } = await json<{ sent: { delivery: string }[] }>(['notify', to, '-', '--as', from], { stdin: body })
  const delivery = sent[0]?.delivery ?? ''
  for (let failures = 0; failures < LIMITS.maxFailures; failures += 1) {
    const { attempt } = (await recipient.next('mailbox.deliver')) as { attempt: number }
    await recipient.call('mailbox.nack', { delivery, attempt, reason: 'no' })
    clock.advance(1_000 * 2 ** failures)
  }
  return delivery
}

const deadIds = async () => (await json<{ dead: { delivery: { id: string } }[] }>(['dead'])).dead.map(({ delivery }) => delivery.id)

describe('muster dead', () => {
  it('lists, shows, replays and discards one', async () => {
    expect(await muster(['dead'])).toEqual({ exit: 0, stdout: '', stderr: 'There are no dead letters.\n' })
    const first = await deadLetter('ann', 'bob', HOSTILE)
    const second = await deadLetter('ann', 'bill', 'second')
    const listed = await muster(['dead'])
    expect(listed.stdout).toMatch(new RegExp(`^DEAD LETTER .*\n${first} +notify +ann +bob .*\n${second} `))
    expect((await muster(['dead', '--limit', '1'])).stderr).toBe(`There are more: --after ${first}\n`)
    expect(await json(['dead', '--limit', '1', '--after', first])).toMatchObject({ dead: [{ delivery: { id: second } }], after: null })

    const shown = await muster(['dead', 'show', first], { tty: true, env: { TERM: 'xterm', NO_COLOR: '1' } })
    expect(shown.stdout).toContain('before\\x1b[2J')
    expect(shown.stdout + shown.stderr).not.toMatch(ESCAPES)

    expect(await muster(['dead', 'replay', first, '--dry-run'])).toMatchObject({ exit: 0, stderr: expect.stringContaining('nothing was changed') })
    expect(await deadIds()).toEqual([first, second])
    expect(await muster(['dead', 'replay', first])).toEqual({ exit: 0, stdout: `${first} waits for bob again.\n`, stderr: '' })
    expect(await json(['dead', 'discard', second])).toMatchObject({ exit: 0, state: 'discarded', deliveries: [{ id: second, state: 'withdrawn' }], failed: [] })
    expect(await deadIds()).toEqual([])
    expect(await muster(['dead', 'replay', first])).toMatchObject({
      exit: 4,
      stderr: expect.stringContaining('hint: muster dead list lists the dead letters.'),
    })
    expect(await muster(['dead', 'show', first])).toMatchObject({ exit: 4, stderr: expect.stringContaining('is no dead letter') })
  })

  it('does it to all that a choice means, after a question', async () => {
    const ids = [await deadLetter('ann', 'bea', 'one'), await deadLetter('cid', 'ben', 'two')]
    clock.advance(3_600_000)
    ids.push(await deadLetter('cid', 'beth', 'three'))
    const planned = async (...choice: string[]) =>
      (await json<{ deliveries: { id: string }[] }>(['dead', 'discard', ...choice, '--dry-run'])).deliveries.map(({ id }) => ids.indexOf(id))
    expect(await planned('--all')).toEqual([0, 1, 2])
    expect(await planned('--from', 'cid')).toEqual([1, 2])
    expect(await planned('--from', 'cid', '--older-than', '1h')).toEqual([1])
    expect(await planned('--of', 'bea')).toEqual([0])
    expect(await planned('--kind', 'ask')).toEqual([])
    expect(await planned('--reason', 'NO')).toEqual([0, 1, 2])
    expect(await planned('--reason', 'elsewhere')).toEqual([])
    expect(await deadIds()).toEqual(ids)

    expect(await muster(['dead', 'discard', '--all'])).toMatchObject({ exit: 64, stderr: expect.stringContaining('there is nobody to ask') })
    for (const typed of ['n\n', '\n', '']) {
      expect(await muster(['dead', 'discard', '--all'], { typed })).toMatchObject({ exit: 1, stderr: expect.stringContaining('Nothing was changed.') })
    }
    expect(await deadIds()).toEqual(ids)
    expect(await muster(['dead', 'discard', '--from', 'cid'], { typed: 'y\n' })).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('2 dead letters discarded.'),
    })
    expect(await deadIds()).toEqual(ids.slice(0, 1))
    expect(await muster(['dead', 'replay', '--from', 'cid', '--yes'])).toEqual({ exit: 0, stdout: '', stderr: 'No dead letter fits.\n' })
  })

  it('goes on where one of many cannot be done, and ends with its status', async () => {
    const ids = await deadIds()
    // The mail of who retires is dead-lettered, and nobody can be given it any more.
    await (await consumer('gone'))[Symbol.asyncDispose]()
    await muster(['notify', 'gone', 'too late', '--as', 'ann'])
    await muster(['peers', 'retire', 'gone'])
    const all = await deadIds()
    expect(all).toHaveLength(ids.length + 1)
    const replayed = await json<{ deliveries: unknown[]; failed: unknown[] }>(['dead', 'replay', '--all', '--yes'])
    expect(replayed).toMatchObject({ exit: 4, state: 'replayed', deliveries: [{ id: ids[0] }], failed: [{ delivery: all.at(-1), code: 'not_found' }] })
    expect(await deadIds()).toEqual(all.slice(-1))
  })

  it('ends with what is under way after Ctrl-C', async () => {
    const before = await deadIds()
    const interrupted = AbortSignal.abort()
    expect(await muster(['dead', 'discard', '--all', '--yes'], { interrupted })).toMatchObject({
      exit: 130,
      stderr: expect.stringContaining('interrupted; not done: 1 dead letter'),
    })
    expect(await deadIds()).toEqual(before)
  })

  it('shows a peer its own and nobody else', async () => {
    await muster(['inbox', '--peek', '--as', 'stranger'])
    expect(await json(['dead', '--as', 'stranger'])).toMatchObject({ exit: 0, dead: [] })
    const [id = ''] = await deadIds()
    for (const action of ['show', 'replay', 'discard']) expect((await muster(['dead', action, id, '--as', 'stranger'])).exit).toBe(4)
    expect(await muster(['dead', 'discard', '--all', '--yes', '--as', 'stranger'])).toMatchObject({ exit: 0, stderr: 'No dead letter fits.\n' })
    expect(await deadIds()).toEqual([id])
  })
})

describe('circles and grants', () => {
  it('are listed, given and revoked', async () => {
    const { token } = await json<{ token: string }>(['token', 'enrol', '--circle', 'ops', '--roles', 'orchestrator'])
    expect((await muster(['circles'])).stdout).toMatch(/^CIRCLE .*\nmain .*\nops +0 /)
    expect(await muster(['circles', 'members', 'ops'])).toEqual({ exit: 0, stdout: '', stderr: 'Nobody is in it yet.\n' })
    expect(await muster(['circles', 'members', 'opps'])).toMatchObject({ exit: 4, stderr: expect.stringContaining('hint: Did you mean ops?') })
    expect(await muster(['circles', 'members', 'else'])).toMatchObject({ exit: 4, stderr: expect.stringContaining('hint: muster circles list shows') })
    await using enrolment = await WireClient.greet(daemon.url, token)
    await enrolment.call('peers.register', { name: 'lead', role: 'orchestrator' })
    expect((await muster(['circles', 'members', 'ops'])).stdout).toMatch(/^NAME .*\nlead@ops +orchestrator/)

    expect(await muster(['grants'])).toMatchObject({ exit: 0, stderr: 'There are no grants.\n' })
    expect(await muster(['grants', 'give', 'lead@ops', 'main'])).toEqual({ exit: 0, stdout: 'lead@ops may reach and read main.\n', stderr: '' })
    expect(await json(['grants'])).toMatchObject({ grants: [{ peer: { name: 'lead' }, circle: 'main' }] })
    expect(await muster(['grants', 'give', 'ann', 'ops'])).toMatchObject({ exit: 77, stderr: expect.stringContaining('ann is agent') })
    expect(await muster(['grants', 'give', 'lead@ops', 'nowhere'])).toMatchObject({ exit: 4 })
    expect(await muster(['grants', 'give', 'lead@ops', 'main', '--as', 'ann'])).toMatchObject({ exit: 77 })
    expect(await json(['grants', 'revoke', 'lead@ops', 'main'])).toMatchObject({ removed: true })
    expect((await muster(['grants', 'revoke', 'lead@ops', 'main'])).stdout).toBe('lead@ops held no grant for main.\n')
  })
})

describe('muster pairs', () => {
  it('shows who is parked and lets them speak again', async () => {
    expect(await muster(['pairs'])).toMatchObject({ exit: 0, stderr: 'No pair is parked.\n' })
    const a = await consumer('ping')
    const b = await consumer('pong')
    let causedBy: string | null = null
    let parked = false
    for (let turn = 0; turn < 100 && !parked; turn += 1) {
      const [speaker, other] = turn % 2 === 0 ? [a, 'pong'] : [b, 'ping']
      try {
        const { sent }: { sent: { message: string }[] } = await speaker.call('threads.notify', { to: other, body: 'again', causedBy })
        causedBy = sent[0]?.message ?? null
      } catch {
        parked = true
      }
    }
    expect((await muster(['pairs'])).stdout).toMatch(/^PARKED PAIR .*\n(?:ping pong|pong ping) /)
    expect(await json(['overview'])).toMatchObject({ needs: expect.arrayContaining([expect.objectContaining({ kind: 'parked' })]) })
    expect(await muster(['pairs', 'release', 'ping', 'pong'])).toEqual({ exit: 0, stdout: 'ping and pong may speak again.\n', stderr: '' })
    expect(await json(['pairs', 'release', 'ping', 'pong'])).toMatchObject({ exit: 0, released: false })
    await a[Symbol.asyncDispose]()
    await b[Symbol.asyncDispose]()
  })
})

describe('muster redact', () => {
  it('shows the message and asks before it is gone', async () => {
    const { sent } = await json<{ sent: { message: string; thread: string }[] }>(['notify', 'ann', '-', '--as', 'cid'], { stdin: `secret${HOSTILE}` })
    const { message = '', thread = '' } = sent[0] ?? {}
    const bodyNow = async () => (await json<{ messages: { body: string }[] }>(['thread', thread])).messages[0]?.body
    for (const args of [['--dry-run'], []]) {
      const { exit, stdout } = await muster(['redact', message, 'held a password', ...args], { typed: 'n\n' })
      expect([exit, stdout.includes('secret')]).toEqual([args.length === 0 ? 1 : 0, true])
      expect(stdout).not.toMatch(ESCAPES)
      expect(await bodyNow()).toContain('secret')
    }
    expect(await muster(['redact', message, 'mine now', '--yes', '--as', 'stranger'])).toMatchObject({ exit: 4 })
    expect(await json(['redact', message, 'held a password', '--yes'])).toMatchObject({ exit: 0, state: 'redacted', message: { redacted: true } })
    expect(await bodyNow()).not.toContain('secret')
  })
})

describe('muster describe', () => {
  it('says what a peer does, and keeps what is not given', async () => {
    expect(await json(['describe', 'reviews Go', '--cap', 'review,go', '--turn', 'working', '--as', 'ann'])).toMatchObject({
      peer: { description: 'reviews Go', capabilities: ['review', 'go'], turn: 'working' },
    })
    expect(await json(['describe', '', '--as', 'ann'])).toMatchObject({ peer: { description: '', capabilities: ['review', 'go'] } })
    expect(await json(['describe', '--as', 'ann'])).toMatchObject({ peer: { name: 'ann', capabilities: ['review', 'go'] } })
    expect((await muster(['describe', HOSTILE, '--as', 'ann'])).exit).toBe(64)
  })
})

describe('muster alone', () => {
  it('says what needs attention, the most urgent first, and makes nobody join', async () => {
    const peers = async () => (await json<{ peers: { name: string }[] }>(['peers', '--limit', '200'])).peers.length
    const before = await peers()
    const quiet = await json<{ needs: { kind: string }[] }>(['overview'])
    expect([...new Set(quiet.needs.map(({ kind }) => kind))]).toEqual(['dead', 'unreachable'])
    expect(await peers()).toBe(before)

    await muster(['ask', 'ann', 'soon?', '--no-wait', '--deadline', '30m', '--as', 'cid'])
    await muster(['ask', 'ann', 'some day?', '--no-wait', '--as', 'cid'])
    const kinds = async (as: string) => (await json<{ needs: { kind: string; says: string }[] }>(['overview', '--as', as])).needs.map(({ kind }) => kind)
    expect(await kinds('cid')).toContain('expiring')
    expect(await kinds('ann')).toEqual(expect.arrayContaining(['waiting']))
    await muster(['inbox', '--ack', '--limit', '100', '--as', 'ann'])
    const owed = (await kinds('ann')).filter((kind) => kind.startsWith('owed'))
    expect(owed).toEqual(['owed_soon', 'owed'])
    const { exit, stdout } = await muster(['overview', '--as', 'ann'], { tty: true, env: { TERM: 'xterm' } })
    expect(exit).toBe(0)
    expect(stdout).toMatch(/you owe cid an answer, due in 30m +muster answer thr_/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colour codes of our own are taken off to measure
    for (const line of stdout.replaceAll(/\u001b\[\d+m/g, '').split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
  })

  it('is not misled by a credential of another database', async () => {
    expect((await muster([], { env: { MUSTER_AS: 'ann', MUSTER_TOKEN: 'mp_nothing' } })).exit).toBe(77)
    expect(await muster([], { env: { MUSTER_AS: 'nobody-yet' } })).toMatchObject({ exit: 77, stderr: expect.stringContaining('no credential to look with') })
  })
})
