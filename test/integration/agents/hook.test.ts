import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDoor } from '../../../client/agents/door.ts'
import { sessionFiles } from '../../../client/agents/session-files.ts'
import { connect, type MusterPeer } from '../../../client/index.ts'
import { createPrivateFile } from '../../../client/local/private-file.ts'
import type { Delivery, Output } from '../../../src/contract/index.ts'
import { shownMessages } from '../../../src/tools/envelope.ts'
import { Agent } from '../../support/agent.ts'
import { CliHome } from '../../support/cli-process.ts'

let home: CliHome
let sender: MusterPeer
let agent: Agent

beforeAll(async () => {
  home = await CliHome.make()
  const { url } = await home.json<{ url: string }>(['up'])
  const enrolment = readFileSync(home.paths.enrolmentToken, 'utf8').trim()
  const kept = new Map<string, string>()
  const credentials = { load: async () => kept.get('token'), save: async (token: string) => void kept.set('token', token) }
  sender = await connect({ url, name: 'sender', enrolment, credentials })
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
/** A session that no other test has, in a folder and with a transcript of its own. */
function newSession() {
  sessions += 1
  const session = { session_id: `session-${sessions}`, transcript_path: join(home.folder, `transcript-${sessions}.jsonl`), cwd: `/home/ann/w${sessions}` }
  writeFileSync(session.transcript_path, '{"type":"mode"}\n')
  return session
}
type Session = ReturnType<typeof newSession>
const nameIn = ({ cwd }: Session, runtime = 'claude') => `${runtime}-${basename(cwd)}`

/** Joins as the session and tells which peer that is. */
async function begin(session: Session): Promise<string> {
  await agent.hook('claude', 'start', session)
  return nameIn(session)
}

async function send(to: string, body: string, priority: 'urgent' | 'normal' | 'low' = 'normal'): Promise<string> {
  const { sent } = await sender.call('threads.notify', { to, body, priority })
  return sent[0]?.message ?? ''
}

const traceOf = (id: string): Promise<Output<'threads.trace'>> => sender.call('threads.trace', { id })
const stateOf = async (id: string): Promise<Delivery> => (await traceOf(id)).deliveries[0] as Delivery
const turnOf = async (name: string) => (await sender.call('peers.get', { peer: name })).peer.turn
const write = (session: { readonly transcript_path: string }, text: string) =>
  appendFileSync(session.transcript_path, `${JSON.stringify({ type: 'user', message: { content: text } })}\n`)

describe('a hook at the start of a session', () => {
  it('joins as a peer named after runtime and folder, says nothing where nothing waits, and gives the next session the next name', async () => {
    const first = await agent.hook('claude', 'start', { ...newSession(), cwd: '/home/ann/web' })
    expect(first).toEqual({ exit: 0, stdout: '', stderr: '' })
    await agent.hook('claude', 'start', { ...newSession(), cwd: '/home/bob/web' })
    const { peers } = await sender.call('peers.list', { match: 'claude-web' })
    expect(peers.map(({ name, runtime, mode, role, turn }) => [name, runtime, mode, role, turn])).toEqual([
      ['claude-web', 'claude-code', 'pull', 'agent', 'idle'],
      ['claude-web-2', 'claude-code', 'pull', 'agent', 'idle'],
    ])
  })

  it('shows what waits and what is owed, in the envelope', async () => {
    const session = newSession()
    const name = await begin(session)
    const { sent } = await sender.call('threads.ask', { to: name, body: 'which branch?' })
    const shown = await agent.context('claude', 'start', session)
    expect(shown).toContain('| which branch?')
    expect(shownMessages(shown ?? '')).toEqual([sent[0]?.message])
    write(session, shown ?? '')
    // Seen, so it is not handed over again, but it is owed.
    expect(await agent.context('claude', 'start', session)).toMatch(/1 you still owe an answer.*which branch\?/s)
    expect(await stateOf(sent[0]?.message ?? '')).toMatchObject({ state: 'acked', seenAt: expect.any(String) })
  })

  it('joins once, however many processes of the session begin at the same moment', async () => {
    const session = newSession()
    await Promise.all([...Array(6)].map(() => agent.hook('claude', 'start', session)))
    expect((await sender.call('peers.list', { match: nameIn(session) })).peers).toHaveLength(1)
    const credentials = await home.json<{ credentials: { peer: { name: string }; revokedAt: string | null }[] }>(['token', 'list'])
    const own = credentials.credentials.filter(({ peer }) => peer?.name === nameIn(session))
    expect(own.filter(({ revokedAt }) => revokedAt === null)).toHaveLength(1)
  })

  it('is what makes a peer: a session that only ends was none', async () => {
    const before = (await sender.call('peers.list', { limit: 200 })).peers.length
    for (const event of ['end', 'idle', 'permission']) await agent.hook('claude', event, { ...newSession(), notification_type: 'idle_prompt' })
    expect((await sender.call('peers.list', { limit: 200 })).peers.length).toBe(before)
  })

  it('is the peer of MUSTER_AS for every session that is started so', async () => {
    const [first, second] = [newSession(), newSession()]
    for (const session of [first, second]) await agent.hook('claude', 'start', session, { MUSTER_AS: 'reviewer' })
    expect((await sender.call('peers.list', { match: 'reviewer' })).peers).toHaveLength(1)
    const message = await send('reviewer', 'for whoever is first')
    const shown = await agent.context('claude', 'prompt', second)
    expect(shownMessages(shown ?? '')).toEqual([message])
  })

  it('joins anew, once, when its credential was revoked', async () => {
    const session = newSession()
    const name = await begin(session)
    const { credentials } = await home.json<{ credentials: { id: string; peer: { name: string } | null }[] }>(['token', 'list'])
    const own = credentials.find(({ peer }) => peer?.name === name)
    await home.json(['token', 'revoke', own?.id ?? ''])
    const message = await send(name, 'still there?')
    expect(shownMessages((await agent.context('claude', 'prompt', session)) ?? '')).toEqual([message])
    expect((await sender.call('peers.list', { match: name })).peers).toHaveLength(1)
  })
})

describe('what a moment carries', () => {
  it('is everything at a prompt, the urgent between tools, and what is worth a turn at its end', async () => {
    const session = newSession()
    const name = await begin(session)
    const low = await send(name, 'low', 'low')
    expect(await agent.context('claude', 'stop', session)).toBeUndefined()
    const normal = await send(name, 'normal')
    expect(await agent.context('claude', 'tool', session)).toBeUndefined()
    const urgent = await send(name, 'urgent', 'urgent')
    const between = await agent.context('claude', 'tool', session)
    expect(shownMessages(between ?? '')).toEqual([urgent])
    expect(await turnOf(name)).toBe('working')
    write(session, between ?? '')
    const atEnd = await agent.context('claude', 'stop', session)
    expect(shownMessages(atEnd ?? '')).toEqual([normal, low])
    expect(await turnOf(name)).toBe('working')
    write(session, atEnd ?? '')
    expect(await agent.context('claude', 'stop', { ...session, stop_hook_active: true })).toBeUndefined()
    expect(await turnOf(name)).toBe('idle')
    for (const id of [low, normal, urgent]) expect(await stateOf(id)).toMatchObject({ state: 'acked', attempt: 1, seenAt: expect.any(String) })
  })

  it('reports a request for permission and answers nothing', async () => {
    const session = newSession()
    const name = await begin(session)
    await send(name, 'allow everything', 'urgent')
    expect(await agent.hook('claude', 'permission', { ...session, tool_name: 'Bash', tool_input: { command: 'rm -rf /' } })).toEqual({
      exit: 0,
      stdout: '',
      stderr: '',
    })
    expect(await turnOf(name)).toBe('awaiting_input')
  })

  it('is nothing in the hooks of a subagent, which would get it in place of the session', async () => {
    const session = newSession()
    const name = await begin(session)
    const message = await send(name, 'urgent', 'urgent')
    expect(await agent.hook('claude', 'tool', { ...session, agent_id: 'a1', agent_type: 'general' })).toMatchObject({ stdout: '' })
    expect(await stateOf(message)).toMatchObject({ state: 'queued', attempt: 0 })
  })

  it.each([
    ['codex', 'stop', { decision: 'block' }],
    ['gemini', 'stop', { decision: 'block' }],
    ['codex', 'tool', { hookSpecificOutput: { hookEventName: 'PostToolUse' } }],
    ['gemini', 'prompt', { hookSpecificOutput: { hookEventName: 'BeforeAgent' } }],
    ['opencode', 'stop', {}],
  ])('is written for %s at %s in its own form', async (runtime, event, form) => {
    await using other = await Agent.start(home, runtime)
    const session = newSession()
    await other.hook(runtime, 'start', session)
    const message = await send(nameIn(session, runtime), 'mail', 'urgent')
    const { stdout } = await other.hook(runtime, event, session)
    expect(JSON.parse(stdout)).toMatchObject(form)
    expect(stdout).toContain(message)
  })
})

describe('the transcript', () => {
  it('that does not show a message leaves it to wait again', async () => {
    const session = newSession()
    const name = await begin(session)
    const message = await send(name, 'lost on the way')
    const shown = await agent.context('claude', 'prompt', session)
    // What a hook printed is in there too, but that proves nothing.
    appendFileSync(session.transcript_path, `${JSON.stringify({ type: 'attachment', attachment: { type: 'hook_success', stdout: shown } })}\n`)
    expect(await agent.context('claude', 'stop', session)).toBeUndefined()
    expect(await stateOf(message)).toMatchObject({ state: 'queued', seenAt: null })
  })

  it('is given time to be written before a turn ends', async () => {
    const session = newSession()
    const name = await begin(session)
    const message = await send(name, 'slow to be written')
    const shown = await agent.context('claude', 'prompt', session)
    const stop = agent.context('claude', 'stop', session)
    const late = setTimeout(() => write(session, shown ?? ''), 700)
    expect(await stop).toBeUndefined()
    clearTimeout(late)
    expect(await stateOf(message)).toMatchObject({ state: 'acked', seenAt: expect.any(String) })
  })

  it('counts from where the hooks last looked: an id from before is no proof', async () => {
    const session = newSession()
    const name = await begin(session)
    const message = await send(name, 'hello')
    write(session, `somebody guessed ${message}`)
    await agent.context('claude', 'prompt', session)
    await agent.context('claude', 'stop', session)
    expect(await stateOf(message)).toMatchObject({ state: 'queued', seenAt: null })
  })

  it('is not needed for the mail that woke the session, which the prompt shows', async () => {
    const session = newSession()
    const name = await begin(session)
    const message = await send(name, 'wake up')
    const waiter = await agent.start(['wait', '--runtime', 'claude'], JSON.stringify(session))
    const { exit, stderr } = await waiter.finished
    expect(exit).toBe(2)
    expect(shownMessages(stderr)).toEqual([message])
    expect(await agent.context('claude', 'prompt', { ...session, prompt: `<task-notification>\n${stderr}</task-notification>` })).toBeUndefined()
    expect(await stateOf(message)).toMatchObject({ state: 'acked', attempt: 1 })
  })
})

describe('a turn that mail keeps going', () => {
  it('comes to its end: after five times in a row the mail waits for a wake', async () => {
    const session = newSession()
    const name = await begin(session)
    const ids: string[] = []
    for (let round = 0; round < 6; round++) {
      ids.push(await send(name, `round ${round}`))
      const shown = await agent.context('claude', 'stop', { ...session, stop_hook_active: round > 0 })
      if (round < 5) expect(shownMessages(shown ?? ''), `round ${round}`).toEqual([ids[round]])
      else expect(shown).toBeUndefined()
      write(session, shown ?? '')
    }
    expect(await turnOf(name)).toBe('idle')
    expect(await Promise.all(ids.map(async (id) => (await stateOf(id)).state))).toEqual([...Array(5).fill('acked'), 'queued'])
    // Another turn, another row.
    expect(shownMessages((await agent.context('claude', 'stop', { ...session, stop_hook_active: false })) ?? '')).toEqual([ids[5]])
  })
})

describe('a session', () => {
  it('stays the same peer when it is cleared, and when it is resumed under the new id', async () => {
    const before = newSession()
    const name = await begin(before)
    const after = { ...newSession(), cwd: before.cwd, source: 'clear' }
    await agent.hook('claude', 'start', after)
    const message = await send(name, 'are you still there?')
    expect(shownMessages((await agent.context('claude', 'prompt', after)) ?? '')).toEqual([message])
    await using resumed = await Agent.start(home, 'claude')
    const owed = await sender.call('threads.ask', { to: name, body: 'and now?' })
    const shown = await resumed.context('claude', 'start', { ...after, source: 'resume' })
    expect(shown).toContain(owed.sent[0]?.message)
  })

  it('of Gemini is its process, since its bridge is told no id', async () => {
    await using other = await Agent.start(home, 'gemini')
    const session = newSession()
    for (const id of ['one', 'two']) await other.hook('gemini', 'start', { ...session, session_id: id })
    expect((await sender.call('peers.list', { match: nameIn(session, 'gemini') })).peers).toHaveLength(1)
  })
})

describe('a session that was killed with mail in hand', () => {
  it('leaves it to the next one of its peer, at once where it could not be resumed', async () => {
    const session = newSession()
    await using first = await Agent.start(home, 'gemini')
    await first.hook('gemini', 'start', session)
    const message = await send(nameIn(session, 'gemini'), 'in hand')
    expect(shownMessages((await first.context('gemini', 'prompt', session)) ?? '')).toEqual([message])
    await first[Symbol.asyncDispose]()
    await using second = await Agent.start(home, 'gemini')
    expect(shownMessages((await second.context('gemini', 'start', session)) ?? '')).toEqual([message])
    expect((await sender.call('peers.list', { match: nameIn(session, 'gemini') })).peers).toHaveLength(1)
  })

  it('leaves what its transcript does not show to wait again, where it could be resumed', async () => {
    const session = newSession()
    await using first = await Agent.start(home, 'claude')
    await first.hook('claude', 'start', session)
    const shown = await send(nameIn(session), 'shown')
    const context = await first.context('claude', 'prompt', session)
    const lost = await send(nameIn(session), 'lost', 'urgent')
    write(session, context ?? '')
    await first.context('claude', 'tool', session)
    await first[Symbol.asyncDispose]()
    await using second = await Agent.start(home, 'claude')
    const next = { ...newSession(), cwd: session.cwd }
    await second.hook('claude', 'start', next)
    expect(await stateOf(shown)).toMatchObject({ state: 'acked', seenAt: expect.any(String) })
    const waiter = await second.start(['wait', '--runtime', 'claude'], JSON.stringify(next))
    expect(shownMessages((await waiter.finished).stderr)).toEqual([lost])
  })
})

describe('a hook never stands in the way', () => {
  it('with an input that is none', async () => {
    for (const stdin of ['', 'not json', '[1,2]', '{"session_id":7}', `{"session_id":"${'x'.repeat(5_000)}"}`]) {
      const { finished } = await agent.start(['hook', 'claude', 'stop'], stdin)
      expect(await finished).toEqual({ exit: 0, stdout: '', stderr: '' })
    }
  })

  it('but says what is wrong with how it was set up', async () => {
    const { finished } = await agent.start(['hook', 'claude', 'sotp'])
    expect(await finished).toMatchObject({ exit: 64, stderr: expect.stringContaining('Expected one of: start, prompt, tool, stop') })
  })

  describe('where the daemon', () => {
    let server: Server
    let url: string
    const sockets = new Set<Socket>()
    const serve = async (answer: (socket: Socket) => void) => {
      server = createServer((socket) => {
        sockets.add(socket)
        socket.on('error', () => undefined)
        answer(socket)
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    }
    const timed = async (event: string, env: Readonly<Record<string, string>>) => {
      const startedAt = performance.now()
      const finished = await agent.hook('claude', event, newSession(), env)
      return { ...finished, ms: performance.now() - startedAt }
    }
    afterEach(async () => {
      for (const socket of sockets) socket.destroy()
      if (server?.listening) await new Promise((resolve) => server.close(resolve))
    })

    it('is not there', async () => {
      const { ms, ...finished } = await timed('tool', { MUSTER_HOME: join(home.folder, 'nowhere') })
      expect(finished).toEqual({ exit: 0, stdout: '', stderr: '' })
      expect(ms).toBeLessThan(2_000)
      expect(existsSync(join(home.folder, 'nowhere/state/sessions/hooks.log'))).toBe(false)
    })

    it.each([
      ['tool', 2_000],
      ['stop', 5_000],
    ])('hangs, at %s within %i ms', async (event, budgetMs) => {
      await serve(() => undefined)
      // As one that has joined: of others only a start and a prompt speak to the daemon.
      const files = sessionFiles(openDoor({ MUSTER_URL: url }, home.paths), 'claude-code', `session-${sessions + 1}`)
      createPrivateFile(files.credential, JSON.stringify({ token: 'mp_x', credential: 'cred_x', session: 'name:x' }))
      const { ms, ...finished } = await timed(event, { MUSTER_URL: url, MUSTER_TOKEN: 'me_x' })
      expect(finished).toEqual({ exit: 0, stdout: '', stderr: '' })
      expect(ms).toBeLessThan(budgetMs)
      expect(ms).toBeGreaterThan(1_000)
    })

    it('is another program, or talks nonsense', async () => {
      await serve((socket) => socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi')))
      const { ms, ...finished } = await timed('prompt', { MUSTER_URL: url, MUSTER_TOKEN: 'me_x' })
      expect(finished).toEqual({ exit: 0, stdout: '', stderr: '' })
      expect(ms).toBeLessThan(5_000)
    })

    it('refuses the enrolment: the hook says so in its log, and nowhere else', async () => {
      const { ms: _, ...finished } = await timed('prompt', { MUSTER_TOKEN: 'me_unknown' })
      expect(finished).toEqual({ exit: 0, stdout: '', stderr: '' })
      expect(readFileSync(join(home.paths.state, 'sessions/hooks.log'), 'utf8')).toMatch(/claude-code prompt: MusterError/)
    })
  })

  it('and ends when nobody closes its standard input', async () => {
    const { finished } = await agent.start(['hook', 'claude', 'tool'], null)
    expect(await finished).toEqual({ exit: 0, stdout: '', stderr: '' })
  })
})
