import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connect, type MusterPeer } from '../../../client/index.ts'
import { isRunning } from '../../../client/local/process-facts.ts'
import { shownMessages } from '../../../src/tools/envelope.ts'
import { Agent, type Run, until } from '../../support/agent.ts'
import { CliHome } from '../../support/cli-process.ts'

let home: CliHome
let url: string
let sender: MusterPeer
let agent: Agent

beforeAll(async () => {
  home = await CliHome.make()
  url = (await home.json<{ url: string }>(['up'])).url
  const kept = new Map<string, string>()
  const credentials = { load: async () => kept.get('token'), save: async (token: string) => void kept.set('token', token) }
  sender = await connect({ url: () => url, name: 'sender', enrolment: readFileSync(home.paths.enrolmentToken, 'utf8').trim(), credentials })
})
afterAll(async () => {
  await sender.close()
  await home.remove()
})
beforeEach(async () => {
  agent = await Agent.start(home, 'claude')
})
afterEach(async () => {
  await agent[Symbol.asyncDispose]()
})

let sessions = 0
/** A session in a folder of its own, and its peer. */
async function begin(): Promise<{ readonly session: { readonly session_id: string; readonly cwd: string }; readonly name: string }> {
  sessions += 1
  const session = { session_id: `session-${sessions}`, cwd: `/home/ann/w${sessions}` }
  await agent.hook('claude', 'start', session)
  return { session, name: `claude-w${sessions}` }
}

const wait = (session: object): Promise<Run> => agent.start(['wait', '--runtime', 'claude-code'], JSON.stringify(session))
const reachOf = async (name: string) => (await sender.call('peers.get', { peer: name })).peer.reach
const isWatched = (name: string) => until(async () => (await reachOf(name)) === 'push', `${name} can be woken`)
const send = async (to: string, body: string, priority: 'urgent' | 'normal' | 'low' = 'normal') =>
  (await sender.call('threads.notify', { to, body, priority })).sent[0]?.message ?? ''

describe('what waits in the background', () => {
  it('wakes the session with all that waits, once there is something worth it', async () => {
    const { session, name } = await begin()
    const waiter = await wait(session)
    await isWatched(name)
    const low = await send(name, 'by the way', 'low')
    expect(isRunning(waiter.pid)).toBe(true)
    const asked = await sender.call('threads.ask', { to: name, body: 'which branch?' })
    const { exit, stdout, stderr } = await waiter.finished
    expect([exit, stdout]).toEqual([2, ''])
    expect(shownMessages(stderr)).toEqual([asked.sent[0]?.message, low])
    expect((await sender.call('peers.get', { peer: name })).peer.turn).toBe('working')
  })

  it('leaves a session alone that is in a turn, unless it is urgent', async () => {
    const { session, name } = await begin()
    await agent.hook('claude', 'prompt', session)
    const waiter = await wait(session)
    await isWatched(name)
    const normal = await send(name, 'can wait')
    const urgent = await send(name, 'cannot', 'urgent')
    const { exit, stderr } = await waiter.finished
    expect([exit, shownMessages(stderr)]).toEqual([2, [urgent]])
    // Claude Code shows what woke it as a prompt, which fires this hook: that begins no turn, and the end of the turn brings the rest.
    expect(await agent.context('claude', 'prompt', { ...session, prompt: stderr })).toBeUndefined()
    expect(shownMessages((await agent.context('claude', 'stop', session)) ?? '')).toEqual([normal])
  })

  it('is one for a session: the newer takes over and the older ends quietly', async () => {
    const { session, name } = await begin()
    const first = await wait(session)
    await isWatched(name)
    const second = await wait(session)
    expect(await first.finished).toEqual({ exit: 0, stdout: '', stderr: '' })
    const message = await send(name, 'for the one')
    const { exit, stderr } = await second.finished
    expect([exit, shownMessages(stderr)]).toEqual([2, [message]])
  })

  it('ends with its agent', async () => {
    const { session, name } = await begin()
    const waiter = await wait(session)
    await isWatched(name)
    process.kill(agent.pid, 'SIGKILL')
    await until(() => !isRunning(waiter.pid), 'it is gone')
    await until(async () => (await reachOf(name)) === 'none', 'the session cannot be reached')
  })

  it('ends when the process has gone on to another session', async () => {
    const { session, name } = await begin()
    const waiter = await wait(session)
    await isWatched(name)
    await agent.hook('claude', 'start', { ...session, session_id: 'another', source: 'resume' })
    expect(await waiter.finished).toEqual({ exit: 0, stdout: '', stderr: '' })
  })

  it('serves the same session when it is started beside the hook that follows /clear', async () => {
    const { session, name } = await begin()
    const cleared = { ...session, session_id: `cleared-${sessions}`, source: 'clear' }
    const [, waiter] = await Promise.all([agent.hook('claude', 'start', cleared), wait(cleared)])
    await isWatched(name)
    const before = (await sender.call('peers.list', { limit: 200 })).peers.length
    await send(name, 'still you?')
    expect((await waiter.finished).exit).toBe(2)
    expect((await sender.call('peers.list', { limit: 200 })).peers).toHaveLength(before)
  })

  it('outlives the daemon', async () => {
    const { session, name } = await begin()
    const waiter = await wait(session)
    await isWatched(name)
    process.kill((JSON.parse(readFileSync(home.paths.daemonFile, 'utf8')) as { pid: number }).pid, 'SIGKILL')
    url = (await home.json<{ url: string }>(['up'])).url
    const message = await send(name, 'after the restart')
    // Whom the daemon before it had woken is not known: a session is woken when it has fetched again, or after two minutes.
    await agent.hook('claude', 'idle', { ...session, notification_type: 'idle_prompt' })
    await agent.hook('claude', 'permission', session)
    await agent.hook('claude', 'idle', { ...session, notification_type: 'idle_prompt' })
    const { exit, stderr } = await waiter.finished
    expect([exit, shownMessages(stderr)]).toEqual([2, [message]])
  })

  it('does nothing where no agent is above it, and nothing but end where it may not join', async () => {
    const waiter = await agent.start(['wait', '--runtime', 'claude'], JSON.stringify({ session_id: 'x', cwd: '/home/ann/x' }), { MUSTER_TOKEN: 'me_unknown' })
    expect(await waiter.finished).toEqual({ exit: 0, stdout: '', stderr: '' })
  })
})
