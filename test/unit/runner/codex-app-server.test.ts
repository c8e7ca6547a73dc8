import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isRunning } from '../../../client/local/process-facts.ts'
import { CodexAppServer, type CodexEvent } from '../../../client/runner/codex-app-server.ts'
import { ChildGone, LineChild, RefusedRequest } from '../../../client/runner/line-child.ts'
import { until } from '../../support/agent.ts'

const PROGRAM = fileURLToPath(new URL('../../support/app-server-program.mjs', import.meta.url))
const CWD = process.cwd()

let folder: string
let events: CodexEvent[]
const servers: CodexAppServer[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-threads-'))
  events = []
})
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function start(env: Readonly<Record<string, string>> = {}, command: readonly string[] = [process.execPath, PROGRAM]): Promise<CodexAppServer> {
  const all = { PATH: process.env['PATH'], SCRIPTED_THREADS: folder, ...env }
  const server = await CodexAppServer.start({
    command,
    settings: ['a="b"'],
    cwd: CWD,
    env: all,
    version: '0',
    stop: new AbortController().signal,
    onEvent: (event) => events.push(event),
  })
  servers.push(server)
  return server
}

const say = (text: string) => ({ text, mail: '' })
const whats = () => events.map(({ what }) => what)

describe('an app-server of our own', () => {
  it('begins a turn where the thread is idle, and steers the one that runs', async () => {
    const server = await start()
    const { id, path } = await server.startThread(CWD, 'muster')
    expect(await server.tell(id, say('hold'))).toBe('began')
    expect(server.isWorking(id)).toBe(true)
    expect(await server.tell(id, { text: 'and this', mail: 'Mail.\n' })).toBe('steered')
    await until(() => !server.isWorking(id), 'the turn has ended')
    expect(await server.tell(id, say('again'))).toBe('began')
    await until(() => !server.isWorking(id), 'the turn has ended')
    expect(whats()).toEqual(['turn-began', 'told', 'told', 'said', 'turn-ended', 'turn-began', 'told', 'said', 'turn-ended'])
    // The mail stands in front of the words, as what a tool returned.
    const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(['message', 'function_call_output', 'message', 'message'])
  })

  it('begins another turn where the one that it meant to steer ends in that moment', async () => {
    const server = await start()
    const { id } = await server.startThread(CWD, 'muster')
    await server.tell(id, say('hold'))
    expect(await server.tell(id, say('too late'))).toBe('began')
    await until(() => whats().filter((what) => what === 'turn-ended').length === 2, 'both have ended')
  })

  it('knows a turn to be over that ended with the reply to its start', async () => {
    const server = await start()
    const { id } = await server.startThread(CWD, 'muster')
    await server.tell(id, say('this one ends first'))
    expect(server.isWorking(id)).toBe(false)
  })

  it('refuses whatever it is asked for, also what it does not know', async () => {
    const server = await start()
    const { id } = await server.startThread(CWD, 'muster')
    await server.tell(id, say('asks'))
    await until(() => !server.isWorking(id), 'all were refused')
    const answered = JSON.parse(readFileSync(join(folder, 'answered.json'), 'utf8')) as Record<string, unknown>
    expect(answered).toEqual({
      'item/commandExecution/requestApproval': { decision: 'decline' },
      'item/fileChange/requestApproval': { decision: 'decline' },
      'item/permissions/requestApproval': { permissions: {}, scope: 'turn' },
      'item/tool/requestUserInput': { answers: {} },
      'mcpServer/elicitation/request': { action: 'decline', content: null, _meta: null },
      'item/somethingNew/requestApproval': { error: { code: -32_601, message: expect.any(String) } },
    })
    const refused = events.flatMap((event) => (event.what === 'refused' ? [event.refused.wanted] : []))
    expect(refused).toEqual(['rm -rf /', 'to write', 'to reach the network', '', 'May I?', ''])
  })

  it('goes on with a thread that another process began, and says where there is none', async () => {
    const { id } = await (await start()).startThread(CWD, 'muster')
    const first = servers[0] as CodexAppServer
    expect(await first.lastThread(CWD)).toBeUndefined()
    await first.tell(id, say('hello'))
    await until(() => !first.isWorking(id), 'the turn has ended')
    await first.close()
    const second = await start()
    expect(await second.lastThread(CWD)).toBe(id)
    expect(await second.resumeThread(id, CWD, 'muster')).toEqual({ id, path: join(folder, `${id}.jsonl`) })
    await expect(second.resumeThread('another', CWD, 'muster')).rejects.toThrow('no rollout found')
  })

  it('begins no turn before the tools are there, and says where they do not come', async () => {
    const server = await start({ SCRIPTED_TOOLS: 'failed' })
    await server.startThread(CWD, 'muster')
    // In the order of the program: the reply, another server, and then this one.
    expect(events).toEqual([
      { what: 'problem', text: 'MCP server another: no such file' },
      { what: 'problem', text: 'MCP server muster: no such file' },
    ])
  })

  it('tells what Codex does not do from a Codex that is gone', async () => {
    const server = await start()
    const { id } = await server.startThread(CWD, 'muster')
    await expect(server.tell(id, say('is refused'))).rejects.toThrow(RefusedRequest)
    await expect(server.tell(id, say('dies'))).rejects.toThrow(ChildGone)
    expect(await server.gone).toBe('ended with status 3')
    await expect(server.tell(id, say('hello'))).rejects.toThrow(ChildGone)
  })

  it('says why it does not start', async () => {
    await expect(start({}, ['/nonexistent/codex'])).rejects.toThrow('cannot be started')
    await expect(start({}, [process.execPath, '-e', 'console.error("Error: no such setting"); process.exit(1)'])).rejects.toThrow('no such setting')
  })

  it('ends what does not end by itself, and what a wrapper leaves behind', async () => {
    const wrapper = `const c = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }); console.log(JSON.stringify({ method: 'pid', params: { pid: c.pid } }))`
    let inner = 0
    const child = new LineChild({
      command: [process.execPath, '-e', `${wrapper}; setInterval(() => {}, 1000)`],
      cwd: CWD,
      env: {},
      onMessage: ({ params }) => {
        inner = params['pid'] as number
      },
    })
    await until(() => inner > 0, 'it runs')
    await child.close()
    expect(await child.gone).toBe('ended by SIGKILL')
    await until(() => !isRunning(inner), 'what it started is gone, too')
  })
})
