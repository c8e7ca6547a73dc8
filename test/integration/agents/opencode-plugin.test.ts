import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MusterPlugin } from '../../../client/agents/opencode-plugin.ts'
import { until } from '../../support/agent.ts'

/** In place of `muster`: writes down how it was called, and answers what the test has laid out for the event; once. */
const PROGRAM = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, rmSync } = require('node:fs')
const [command, , event = 'wait'] = process.argv.slice(2)
const stdin = readFileSync(0, 'utf8')
appendFileSync(__dirname + '/calls', JSON.stringify({ command: process.argv.slice(2).join(' '), ...JSON.parse(stdin) }) + '\\n')
const file = __dirname + '/' + (command === 'wait' ? 'wake' : event)
const look = () => {
  if (!existsSync(file)) return command === 'wait' ? setTimeout(look, 20) : undefined
  const text = readFileSync(file, 'utf8')
  rmSync(file)
  if (command === 'wait') { process.stderr.write(text); process.exitCode = text === '' ? 0 : 2 }
  else process.stdout.write(JSON.stringify({ text }))
}
look()
`

let folder: string
const path = process.env['PATH']
let prompts: { readonly id: string; readonly text: string | undefined }[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-plugin-'))
  writeFileSync(join(folder, 'muster'), PROGRAM)
  chmodSync(join(folder, 'muster'), 0o755)
  process.env['PATH'] = `${folder}:${path}`
  prompts = []
})
afterEach(async () => {
  // What waits in the background ends.
  writeFileSync(join(folder, 'wake'), '')
  await until(() => !existsSync(join(folder, 'wake')) || !calls().some(({ command }) => command.startsWith('wait')), 'nothing waits any more')
  process.env['PATH'] = path
  rmSync(folder, { recursive: true, force: true })
})

interface Call {
  readonly command: string
  readonly session_id?: string
  readonly prompt?: string
  readonly seen?: readonly string[]
  readonly stop_hook_active?: boolean
}
function calls(): Call[] {
  if (!existsSync(join(folder, 'calls'))) return []
  const lines = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Call)
}
const hooks = () => calls().filter(({ command }) => command.startsWith('hook'))
const answer = (event: string, text: string) => writeFileSync(join(folder, event), text)

const load = () =>
  MusterPlugin({
    directory: '/work',
    client: {
      session: {
        promptAsync: async ({ path: { id }, body: { parts } }) => {
          prompts.push({ id, text: parts[0]?.text })
        },
      },
    },
  })
type Plugin = Awaited<ReturnType<typeof load>>
async function say(plugin: Plugin, text: string, sessionID = 'ses_1') {
  const parts = [{ type: 'text', text }]
  await plugin['chat.message']({ sessionID }, { message: { id: 'msg_1fdd20ca1001Ca2U' }, parts })
  return parts
}

describe('the plugin for OpenCode', () => {
  it('adds the mail to what the person says, at the start and with each prompt', async () => {
    const plugin = await load()
    answer('start', 'owed')
    answer('prompt', 'mail')
    const parts = await say(plugin, 'hello')
    expect(parts).toEqual([
      { type: 'text', text: 'hello' },
      {
        id: expect.stringMatching(/^prt_[0-9a-z]{22}$/),
        sessionID: 'ses_1',
        messageID: 'msg_1fdd20ca1001Ca2U',
        type: 'text',
        text: 'owed\n\nmail',
        synthetic: true,
      },
    ])
    expect(await say(plugin, 'again')).toHaveLength(1)
    expect(hooks().map(({ command, session_id, prompt }) => [command, session_id, prompt])).toEqual([
      ['hook opencode start', 'ses_1', undefined],
      ['hook opencode prompt', 'ses_1', 'hello'],
      ['hook opencode prompt', 'ses_1', 'again'],
    ])
  })

  it('adds what is urgent to the result of a tool, of either kind', async () => {
    const plugin = await load()
    await say(plugin, 'hello')
    answer('tool', 'mail')
    const ofServer = { content: [{ type: 'text', text: 'result' }] }
    await plugin['tool.execute.after']({ sessionID: 'ses_1' }, ofServer)
    expect(ofServer.content.at(-1)).toEqual({ type: 'text', text: 'mail' })
    answer('tool', 'mail')
    const own = { output: 'result' }
    await plugin['tool.execute.after']({ sessionID: 'ses_1' }, own)
    expect(own.output).toBe('result\n\nmail')
    await plugin['tool.execute.after']({ sessionID: 'ses_1' }, own)
    expect(own.output).toBe('result\n\nmail')
  })

  it('goes on with the mail at the end of a turn, tells what it saw on the way to the model, and that mail kept it going', async () => {
    const plugin = await load()
    await say(plugin, 'hello')
    answer('stop', 'mail')
    const part = { text: '<peer-message message="msg_k7qm2x1"> and msg_1fdd20ca1001Ca2U7uyJ13Mwtw' }
    await plugin.event({ event: { type: 'message.part.updated', properties: { sessionID: 'ses_1', part } } })
    await plugin.event({
      event: { type: 'message.part.updated', properties: { sessionID: 'ses_1', part: { state: { output: 'message="msg_k7qm2x2"' } } } },
    })
    await plugin.event({ event: { type: 'session.idle', properties: { sessionID: 'ses_1' } } })
    expect(prompts).toEqual([{ id: 'ses_1', text: 'mail' }])
    await plugin.event({ event: { type: 'session.idle', properties: { sessionID: 'ses_1' } } })
    expect(prompts).toHaveLength(1)
    expect(
      hooks()
        .slice(-2)
        .map(({ seen, stop_hook_active }) => [seen, stop_hook_active]),
    ).toEqual([
      [['msg_k7qm2x1', 'msg_k7qm2x2'], false],
      [[], true],
    ])
  })

  it('wakes the idle session, again and again', async () => {
    const plugin = await load()
    await say(plugin, 'hello')
    for (const text of ['first', 'second']) {
      answer('wake', text)
      await until(() => prompts.at(-1)?.text === text, `it is woken by the ${text}`)
    }
    expect(prompts.map(({ id }) => id)).toEqual(['ses_1', 'ses_1'])
  })

  it('leaves subagents alone, and a person who has interrupted', async () => {
    const plugin = await load()
    await say(plugin, 'hello')
    await plugin.event({ event: { type: 'session.created', properties: { sessionID: 'ses_2', info: { id: 'ses_2', parentID: 'ses_1' } } } })
    const before = hooks().length
    expect(await say(plugin, 'task', 'ses_2')).toHaveLength(1)
    await plugin['tool.execute.after']({ sessionID: 'ses_2' }, { output: '' })
    await plugin.event({ event: { type: 'session.idle', properties: { sessionID: 'ses_2' } } })
    await plugin.event({ event: { type: 'session.error', properties: { sessionID: 'ses_1', error: { name: 'MessageAbortedError' } } } })
    await plugin.event({ event: { type: 'session.idle', properties: { sessionID: 'ses_1' } } })
    expect(hooks()).toHaveLength(before)
    await plugin.event({ event: { type: 'permission.asked', properties: { sessionID: 'ses_1' } } })
    expect(hooks().at(-1)?.command).toBe('hook opencode permission')
  })

  it('lets the session go on where there is no muster', async () => {
    rmSync(join(folder, 'muster'))
    process.env['PATH'] = folder
    const plugin = await load()
    expect(await say(plugin, 'hello')).toHaveLength(1)
    await plugin.event({ event: { type: 'session.idle', properties: { sessionID: 'ses_1' } } })
    expect(prompts).toEqual([])
  })
})
