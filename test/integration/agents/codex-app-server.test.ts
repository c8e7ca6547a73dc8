import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { CodexAppServer } from '../../../client/agents/codex-app-server.ts'
import { until } from '../../support/agent.ts'

const PROGRAM = fileURLToPath(new URL('../../support/app-server-program.mjs', import.meta.url))

async function start(seen: (readonly [thread: string, turn: string | undefined])[] = []): Promise<CodexAppServer> {
  return await CodexAppServer.start({
    command: [process.execPath, PROGRAM],
    cwd: '/',
    env: { PATH: process.env['PATH'] },
    client: { name: 'muster', version: '0' },
    onTurn: (thread, turn) => seen.push([thread, turn]),
  })
}

describe('an app-server of our own', () => {
  it('begins a turn with the first text and steers the turn that runs with the next', async () => {
    const seen: (readonly [string, string | undefined])[] = []
    await using server = await start(seen)
    const thread = await server.startThread({ cwd: '/work' })
    expect(thread).toBe('thread-in-/work-never')
    expect(await server.deliver(thread, 'hello')).toBe('started')
    expect(server.turnOf(thread)).toBe('turn-1')
    expect(await server.deliver(thread, 'and this')).toBe('steered')
    await until(() => server.turnOf(thread) === undefined, 'the turn has ended')
    expect(await server.deliver(thread, 'again')).toBe('started')
    expect(seen.slice(0, 2)).toEqual([
      [thread, 'turn-1'],
      [thread, undefined],
    ])
  })

  it('begins another turn where the one it meant to steer has just ended', async () => {
    await using server = await start()
    const thread = await server.startThread({ cwd: '/' })
    await server.deliver(thread, 'hello')
    expect(await server.deliver(thread, 'too late')).toBe('started')
    expect(server.turnOf(thread)).toBe('turn-2')
  })

  it('knows a turn to be over that ended with the reply to its start', async () => {
    await using server = await start()
    const thread = await server.startThread({ cwd: '/' })
    await server.deliver(thread, 'this one ends first')
    expect(server.turnOf(thread)).toBeUndefined()
  })

  it('grants nothing that Codex asks for', async () => {
    await using server = await start()
    const thread = await server.startThread({ cwd: '/', approvalPolicy: 'on-request' })
    await server.deliver(thread, 'hello')
    // The turn goes on, and can be steered, only after its request for permission was refused.
    expect(await server.deliver(thread, 'go on')).toBe('steered')
    await until(() => server.turnOf(thread) === undefined, 'the turn has ended')
  })

  it('fails what is under way when it ends, and where there is no such program', async () => {
    await using server = await start()
    const thread = await server.startThread({ cwd: '/' })
    await expect(server.deliver(thread, 'it dies')).rejects.toThrow('The app-server has ended.')
    await expect(server.deliver(thread, 'hello')).rejects.toThrow('The app-server has ended.')
    const missing = CodexAppServer.start({ command: ['/nonexistent/codex'], cwd: '/', env: {}, client: { name: 'muster', version: '0' } })
    await expect(missing).rejects.toThrow('codex cannot be started')
  })
})
