import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connect, LATER, type MusterPeer } from '../../../client/index.ts'
import { isRunning } from '../../../client/local/process-facts.ts'
import type { Peer } from '../../../src/contract/index.ts'
import { Agent, MUSTER, until } from '../../support/agent.ts'
import { CliHome } from '../../support/cli-process.ts'

const CLAUDE = ['mcp', '--runtime', 'claude']
const TOOLS = ['boot', 'peers', 'ask', 'reply', 'notify', 'inbox', 'wait', 'attachment', 'set_description', 'schedule', 'schedules']

let sessions = 0
/** A session of Claude Code that no other test has, in a folder of its own. */
function newSession(home: CliHome, ...command: readonly string[]) {
  sessions += 1
  const id = `session-${sessions}`
  const cwd = join(home.folder, `w${sessions}`)
  mkdirSync(cwd)
  return { id, cwd, name: `claude-w${sessions}`, env: { CLAUDE_CODE_SESSION_ID: id }, bridge: [...CLAUDE, ...command] }
}

/** A peer in this process that follows the daemon of a home wherever it comes back. */
async function sdkPeer(home: CliHome, options: Parameters<typeof connect>[0]): Promise<MusterPeer> {
  const kept = new Map<string, string>()
  const credentials = { load: async () => kept.get('token'), save: async (token: string) => void kept.set('token', token) }
  let last = ''
  const url = () => {
    // Between two daemons there is no such file.
    if (existsSync(home.paths.daemonFile)) last = (JSON.parse(readFileSync(home.paths.daemonFile, 'utf8')) as { url: string }).url
    return last
  }
  const enrolment = readFileSync(home.paths.enrolmentToken, 'utf8').trim()
  return await connect({ url, enrolment, credentials, ...options })
}

const pidOfDaemon = (home: CliHome) => (JSON.parse(readFileSync(home.paths.daemonFile, 'utf8')) as { pid: number }).pid
const bodies = (answer: { readonly content: readonly { readonly text: string }[] }) => answer.content.map(({ text }) => text).join('\n')

describe('the bridge', () => {
  let home: CliHome
  let observer: MusterPeer
  const peers = async () => (await observer.call('peers.list', { limit: 200 })).peers.filter(({ name }) => name !== 'observer')
  const peer = async (name: string) => (await observer.call('peers.get', { peer: name })).peer as Peer

  beforeAll(async () => {
    home = await CliHome.make()
    await home.json(['up'])
    observer = await sdkPeer(home, { name: 'observer', consume: false })
  })
  afterAll(async () => {
    await observer.close()
    await home.remove()
  })

  it('lists its tools, joins as a peer of its own and is present for as long as it runs', async () => {
    const session = newSession(home)
    await using agent = await Agent.start(home, 'claude', session)
    const { tools } = await agent.mcp.listTools()
    expect(tools.map(({ name }) => name)).toEqual(TOOLS)
    await until(async () => (await peers()).some(({ name, presence }) => name === session.name && presence === 'online'), 'it has joined without a call')
    expect(await peer(session.name)).toMatchObject({ runtime: 'claude-code', mode: 'pull', reach: 'poll' })
    const { structuredContent } = await agent.tool('boot')
    expect(structuredContent).toMatchObject({ you: { name: session.name }, mail: 'Nothing waits for you.' })
    await agent[Symbol.asyncDispose]()
    await until(async () => (await peer(session.name)).presence === 'offline', 'its peer is gone')
  })

  it('is an orchestrator where its enrolment mints nothing else, and leads where nobody does', async () => {
    const { token } = (await home.json(['token', 'enrol', '--circle', 'ops', '--roles', 'orchestrator'])) as { token: string }
    const [first, second] = [newSession(home, '--profile', 'orchestrator'), newSession(home, '--profile', 'orchestrator')]
    const env = (session: typeof first) => ({ ...session, env: { ...session.env, MUSTER_TOKEN: token } })
    await using one = await Agent.start(home, 'claude', env(first))
    const status = async (agent: Agent) => (await agent.tool('orchestrator_status')).structuredContent as Record<string, unknown>
    await until(async () => (await status(one))['present'] === true, 'it leads')
    expect(await status(one)).toMatchObject({ circle: 'ops', name: first.name, standbys: [], token: expect.any(String) })
    await using other = await Agent.start(home, 'claude', env(second))
    await until(async () => ((await status(other))['standbys'] as string[]).includes(`${second.name} (online)`), 'the other stands by')
    expect((await one.tool('handover', { notes: 'Over to you.' })).structuredContent).toMatchObject({ to: second.name, number: 2 })
    expect(bodies(await one.tool('lead', { how: 'note', notes: 'x' }))).toContain(`${second.name} leads ops`)
    const mail = bodies(await other.tool('inbox'))
    expect(mail.indexOf('You lead the circle ops')).toBeGreaterThan(-1)
    expect(mail.indexOf('Over to you.')).toBeGreaterThan(mail.indexOf('You lead the circle ops'))
    expect((await other.tool('lead', { how: 'note', notes: 'x' })).structuredContent).toMatchObject({ name: second.name })
  })

  it('is nobody while a runtime only looks whether it works', async () => {
    const before = (await peers()).length
    await using agent = await Agent.start(home, 'claude', newSession(home))
    await agent.mcp.listTools()
    const pid = await agent.bridgePid()
    await agent[Symbol.asyncDispose]()
    await until(() => !isRunning(pid), 'the bridge is gone')
    expect((await peers()).length).toBe(before)
  })

  it('shows the tools of another profile, and speaks the older protocol as well as the newer', async () => {
    const agent = await Agent.start(home, 'claude', newSession(home, '--profile', 'orchestrator'))
    expect((await agent.mcp.listTools()).tools.length).toBeGreaterThan(TOOLS.length)
    await agent[Symbol.asyncDispose]()
    const args = [...MUSTER, ...CLAUDE]
    const env = { PATH: process.env['PATH'] ?? '', MUSTER_HOME: home.folder, ...newSession(home).env }
    for (const mode of ['legacy', 'auto'] as const) {
      const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
      await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: 'ignore' }))
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(TOOLS)
      expect(client.getInstructions()).toContain('Muster connects you')
      await client.close()
    }
  })

  it('asks, takes its mail once, and answers what it was asked', async () => {
    const session = newSession(home)
    const { name } = session
    await using agent = await Agent.start(home, 'claude', session)
    await agent.tool('boot')
    const oracle = await sdkPeer(home, { name: 'oracle', onAsk: (body) => `you asked: ${body}` })
    expect(bodies(await agent.tool('ask', { to: 'oracle', text: 'what is up?' }))).toContain('| you asked: what is up?')
    const asked = oracle.ask(name, 'which branch?')
    let mail = ''
    await until(async () => {
      mail = bodies(await agent.tool('inbox'))
      return mail.includes('| which branch?')
    }, 'the ask is in its inbox')
    // The cursor is the bridge's business: the next call acks this one.
    expect(bodies(await agent.tool('inbox'))).toContain('Nothing waits for you.')
    const thread = /thread="(thr_\w+)"/.exec(mail)?.[1] ?? ''
    expect((await agent.tool('reply', { thread, text: 'main' })).isError).toBeUndefined()
    expect((await asked).body).toBe('main')
    await oracle.close()
  })

  it('saves what it was sent in its folder, sends what is in it, and nothing else', async () => {
    const session = newSession(home)
    await using agent = await Agent.start(home, 'claude', session)
    await agent.tool('boot')
    const friend = await sdkPeer(home, {
      name: 'friend',
      onAsk: async (_body, context) => `${context.attachments[0]?.name}: ${await text((await context.open(context.attachments[0] as { id: string })).stream)}`,
    })
    await friend.notify(session.name, 'for you', { attachments: [{ name: 'notes.txt', data: 'some notes' }] })
    let id = ''
    await until(async () => {
      id = /attachment \{"id":"(att_\w+)"\}/.exec(bodies(await agent.tool('inbox')))?.[1] ?? ''
      return id !== ''
    }, 'the message is in its inbox')
    expect(bodies(await agent.tool('attachment', { id }))).toContain('| some notes')
    mkdirSync(join(session.cwd, 'sub'))
    expect(await agent.tool('attachment', { id, save: 'sub/notes.txt' })).toMatchObject({ structuredContent: { saved: 'sub/notes.txt' } })
    expect(readFileSync(join(session.cwd, 'sub', 'notes.txt'), 'utf8')).toBe('some notes')
    symlinkSync(home.folder, join(session.cwd, 'out'))
    const outside = join(home.folder, 'state', 'admin.token')
    for (const path of ['sub/notes.txt', '../x', join(home.folder, 'x'), 'out/x', 'no/such/x', '.', 'sub'])
      expect([path, (await agent.tool('attachment', { id, save: path })).isError]).toEqual([path, true])
    expect(readdirSync(home.folder)).not.toContain('x')
    for (const path of [outside, '../state/admin.token', 'out/state/admin.token', 'out', '.', 'nowhere'])
      expect([path, (await agent.tool('notify', { to: 'friend', text: 'x', attach: [path] })).isError]).toEqual([path, true])
    expect(bodies(await agent.tool('ask', { to: 'friend', text: 'read it', attach: ['sub/notes.txt'] }))).toContain('| notes.txt: some notes')
    await friend.close()
  })

  it('tells the model what was wrong, and the turn goes on', async () => {
    await using agent = await Agent.start(home, 'claude', newSession(home))
    const answer = await agent.tool('ask', { to: 'nobody-of-that-name', text: 'hm' })
    expect(answer).toMatchObject({ isError: true })
    expect(bodies(answer)).toContain('not_found')
    await expect(agent.tool('no_such_tool')).rejects.toThrow('There is no tool no_such_tool')
  })

  it('is the same peer, with the same credential, as the hooks of its session', async () => {
    const { bridge: _, ...session } = newSession(home)
    const input = { session_id: session.id, cwd: session.cwd }
    await using agent = await Agent.start(home, 'claude', session)
    // All at the same moment, as a runtime starts them.
    const bridge = Agent.start(home, 'claude', { ...session, bridge: CLAUDE })
    await Promise.all([agent.hook('claude', 'start', input), agent.hook('claude', 'prompt', input), bridge])
    await using other = await bridge
    await other.tool('boot')
    expect((await peers()).filter(({ name }) => name.startsWith(session.name))).toHaveLength(1)
    const message = await observer.call('threads.notify', { to: session.name, body: 'for both' })
    expect(await agent.context('claude', 'prompt', input)).toContain(message.sent[0]?.message)
    expect(bodies(await other.tool('inbox'))).toContain('| for both')
  })

  it('follows the session of its process when the person goes to another one', async () => {
    const session = newSession(home)
    await using agent = await Agent.start(home, 'claude', session)
    await agent.tool('boot')
    const before = session.name
    const after = `${before}-2`
    await agent.hook('claude', 'start', { session_id: 'another', cwd: session.cwd, source: 'resume' })
    await until(async () => (await peer(after)).presence === 'online' && (await peer(before)).presence === 'offline', 'the bridge has followed')
    expect((await agent.tool('boot')).structuredContent).toMatchObject({ you: { name: after } })
    await agent.hook('claude', 'start', { session_id: 'cleared', cwd: session.cwd, source: 'clear' })
    expect((await agent.tool('boot')).structuredContent).toMatchObject({ you: { name: after } })
  })

  it('joins anew, once, when its credential is revoked while it runs', async () => {
    const session = newSession(home)
    const { name } = session
    await using agent = await Agent.start(home, 'claude', session)
    await agent.tool('boot')
    const { credentials } = await home.json<{ credentials: { id: string; peer: { name: string } | null }[] }>(['token', 'list'])
    await home.json(['token', 'revoke', credentials.find((one) => one.peer?.name === name)?.id ?? ''])
    expect((await agent.tool('boot')).structuredContent).toMatchObject({ you: { name } })
  })

  it('serves any other program as well, by its process', async () => {
    await using agent = await Agent.start(home, 'editor', { bridge: ['mcp'] })
    const { structuredContent } = await agent.tool('boot')
    expect(structuredContent).toMatchObject({ you: { name: expect.stringMatching(/^mcp-/), runtime: 'mcp' } })
  })

  it('finds out by itself which runtime has started it', async () => {
    await using agent = await Agent.start(home, 'opencode', { bridge: ['mcp'] })
    expect((await agent.tool('boot')).structuredContent).toMatchObject({ you: { runtime: 'opencode' } })
  })

  describe('of Codex', () => {
    const META = { threadId: '01a1fdcb-887b', sessionId: '01a1fdcb-887b' }
    /** Where the queue of Codex would be: a program that writes down how it was called. */
    const queued = () => join(home.folder, 'queued')
    const start = async (cwd: string) => {
      const bin = join(home.folder, 'bin')
      mkdirSync(bin, { recursive: true })
      mkdirSync(cwd, { recursive: true })
      writeFileSync(join(bin, 'codex'), `#!/bin/sh\nprintf '%s ' "$@" "$CODEX_HOME" >> '${queued()}'; echo >> '${queued()}'\n`)
      chmodSync(join(bin, 'codex'), 0o755)
      const env = { PATH: `${bin}:${process.env['PATH']}`, CODEX_HOME: '/home/ann/.codex' }
      return await Agent.start(home, 'codex', { bridge: ['mcp', '--runtime', 'codex'], env, cwd })
    }
    const wakes = () => (existsSync(queued()) ? readFileSync(queued(), 'utf8').trim().split('\n') : [])
    beforeEach(() => rmSync(queued(), { force: true }))

    it('joins with the first tool call, as the session that it names, and wakes it through its queue', async () => {
      await using agent = await start(join(home.folder, 'one'))
      const before = (await peers()).length
      await agent.mcp.listTools()
      expect((await peers()).length).toBe(before)
      expect((await agent.tool('boot', {}, META)).structuredContent).toMatchObject({ you: { name: 'codex-one', runtime: 'codex' } })
      await until(async () => (await peer('codex-one')).reach === 'push', 'it waits to be woken')
      await observer.call('threads.notify', { to: 'codex-one', body: 'low', priority: 'low' })
      await observer.call('threads.notify', { to: 'codex-one', body: 'first' })
      await until(() => wakes().length === 1, 'it is woken')
      expect(wakes()[0]).toMatch(/^queue --thread 01a1fdcb-887b --message \[Muster, not a person\] 2 messages wait for you\..* \/home\/ann\/\.codex$/)
      // One wake for all of it: the next comes after this mail was taken.
      await observer.call('threads.notify', { to: 'codex-one', body: 'second' })
      const mail = bodies(await agent.tool('inbox', {}, META))
      for (const body of ['low', 'first', 'second']) expect(mail).toContain(`| ${body}`)
      expect(bodies(await agent.tool('inbox', {}, META))).toContain('Nothing waits')
      expect(wakes()).toHaveLength(1)
      await observer.call('threads.notify', { to: 'codex-one', body: 'third' })
      await until(() => wakes().length === 2, 'it is woken again')
    })

    it('learns from the hooks of the same process which session it serves, before any call', async () => {
      const cwd = join(home.folder, 'two')
      await using agent = await start(cwd)
      await agent.hook('codex', 'start', { session_id: '01a1fdcb-two', cwd })
      await until(async () => (await peers()).some(({ name, reach }) => name === 'codex-two' && reach === 'push'), 'it waits to be woken')
      await observer.call('threads.notify', { to: 'codex-two', body: 'hello' })
      await until(() => wakes().length === 1, 'it is woken')
      expect(wakes()[0]).toContain('--thread 01a1fdcb-two')
      expect(await agent.context('codex', 'prompt', { session_id: '01a1fdcb-two', cwd })).toContain('| hello')
    })

    it('writes into the log of the session that a wake has failed, and lives', async () => {
      const cwd = join(home.folder, 'three')
      await using agent = await start(cwd)
      writeFileSync(join(home.folder, 'bin/codex'), '#!/bin/sh\necho "no such thread" >&2\nexit 1\n')
      await agent.tool('boot', {}, { threadId: 'three' })
      await until(async () => (await peer('codex-three')).reach === 'push', 'it waits to be woken')
      await observer.call('threads.notify', { to: 'codex-three', body: 'hello' })
      const folder = join(home.paths.state, 'sessions')
      const logged = () =>
        readdirSync(folder)
          .filter((name) => /^codex-.*\.log$/.test(name))
          .map((name) => readFileSync(join(folder, name), 'utf8'))
          .join('')
      await until(() => logged().includes('codex queue failed: no such thread'), 'it is in the log')
      expect(bodies(await agent.tool('inbox', {}, { threadId: 'three' }))).toContain('| hello')
    })
  })

  describe('ends', () => {
    it('with its standard input', async () => {
      const agent = await Agent.start(home, 'claude', newSession(home))
      const pid = await agent.bridgePid()
      expect(isRunning(pid)).toBe(true)
      await agent[Symbol.asyncDispose]()
      await until(() => !isRunning(pid), 'the bridge is gone')
    })

    it('with its parent, though nobody closed its standard input', async () => {
      const agent = await Agent.start(home, 'claude', newSession(home))
      await agent.tool('boot')
      const pid = await agent.bridgePid()
      // This process holds the other end of the bridge's standard input.
      process.kill(agent.pid, 'SIGKILL')
      await until(() => !isRunning(pid), 'the bridge is gone')
      await agent[Symbol.asyncDispose]()
    })

    it('with the agent, where a shell stands between', async () => {
      const script = join(home.folder, 'runner.sh')
      const [node, ...args] = [process.execPath, ...MUSTER, ...CLAUDE].map((part) => `'${part}'`)
      const pidFile = join(home.folder, 'bridge.pid')
      // Without the detour a shell gives what it starts in the background an empty standard input.
      writeFileSync(script, `exec 3<&0\n${node} ${args.join(' ')} <&3 &\necho $! > '${pidFile}'\nwait\nsleep 60\n`)
      const agent = await Agent.start(home, 'claude', { ...newSession(home), command: ['sh', script] })
      await agent.tool('boot')
      const shell = await agent.bridgePid()
      const bridge = Number(readFileSync(pidFile, 'utf8'))
      expect(isRunning(bridge)).toBe(true)
      process.kill(agent.pid, 'SIGKILL')
      await until(() => !isRunning(bridge), 'the bridge is gone')
      process.kill(shell, 'SIGKILL')
      await agent[Symbol.asyncDispose]()
    })
  })
})

describe('the bridge without its daemon', () => {
  let home: CliHome
  beforeAll(async () => {
    home = await CliHome.make()
  })
  afterAll(async () => {
    await home.remove()
  })

  it('starts, lists its tools, and a call waits for the daemon to come', async () => {
    await using agent = await Agent.start(home, 'claude', newSession(home))
    expect((await agent.mcp.listTools()).tools.map(({ name }) => name)).toEqual(TOOLS)
    const boot = agent.tool('boot')
    await home.json(['up'])
    expect((await boot).structuredContent).toMatchObject({ mail: 'Nothing waits for you.' })
  })

  it('lets the turn go on where no daemon comes', async () => {
    await home.run(['down'])
    await using agent = await Agent.start(home, 'claude', newSession(home))
    const startedAt = performance.now()
    const answer = await agent.tool('boot')
    expect(answer.isError).toBe(true)
    expect(bodies(answer)).toMatch(/cannot be reached.*Go on without it/)
    expect(performance.now() - startedAt).toBeLessThan(25_000)
  })

  it('goes on with a call that was under way when the daemon was killed, and nothing happens twice', async () => {
    await home.json(['up'])
    await using agent = await Agent.start(home, 'claude', newSession(home))
    await agent.tool('boot')
    let asks = 0
    const asked: { thread: string }[] = []
    const oracle = await sdkPeer(home, {
      name: 'oracle',
      onAsk: (_body, { thread }) => {
        asks += 1
        asked.push({ thread })
        return LATER
      },
    })
    const answer = agent.tool('ask', { to: 'oracle', text: 'what survives?', wait: 40 })
    await until(() => asks === 1, 'the ask has arrived')
    process.kill(pidOfDaemon(home), 'SIGKILL')
    await home.json(['up'])
    await oracle.call('threads.answer', { thread: asked[0]?.thread ?? '', body: 'this does' })
    expect(bodies(await answer)).toContain('| this does')
    const { threads } = await oracle.call('threads.list', { side: 'theirs', state: 'answered' })
    expect(threads.filter(({ kind }) => kind === 'ask')).toHaveLength(1)
    await oracle.close()
  })

  it('sends what it could not send to the daemon that is killed, once', async () => {
    await home.json(['up'])
    await using agent = await Agent.start(home, 'claude', newSession(home))
    await agent.tool('boot')
    const got: string[] = []
    const listener = await sdkPeer(home, { name: 'listener', onNotify: (body) => void got.push(body) })
    process.kill(pidOfDaemon(home), 'SIGKILL')
    const told = agent.tool('notify', { to: 'listener', text: 'through a restart' })
    await home.json(['up'])
    expect((await told).isError).toBeUndefined()
    await until(() => got.length > 0, 'it has arrived')
    expect(got).toEqual(['through a restart'])
    await listener.close()
  })
})
