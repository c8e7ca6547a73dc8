import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect, type MusterPeer } from '../../../client/index.ts'
import { Agent } from '../../support/agent.ts'
import { CliHome } from '../../support/cli-process.ts'

let home: CliHome
let sender: MusterPeer
let crew: string

beforeAll(async () => {
  home = await CliHome.make()
  const { url } = await home.json<{ url: string }>(['up'])
  const kept = new Map<string, string>()
  const credentials = { load: async () => kept.get('token'), save: async (token: string) => void kept.set('token', token) }
  sender = await connect({ url, name: 'sender', enrolment: readFileSync(home.paths.enrolmentToken, 'utf8').trim(), credentials })
  crew = join(home.folder, 'crew')
  await home.json(['orchestrator', 'init', crew, '--name', 'boss'])
})
afterAll(async () => {
  await sender.close()
  await home.remove()
})

let sessions = 0
/** A session of Claude Code with the tools of an orchestrator, which its folder's `.muster.json` names. */
async function session(cwd: string, env: Readonly<Record<string, string>> = {}, profile?: string): Promise<Agent> {
  sessions += 1
  mkdirSync(cwd, { recursive: true })
  const bridge = ['mcp', '--runtime', 'claude', ...(profile === undefined ? [] : ['--profile', profile])]
  return await Agent.start(home, 'claude', { cwd, env: { CLAUDE_CODE_SESSION_ID: `memory-${sessions}`, ...env }, bridge })
}
const textOf = async (agent: Agent, name: string, input: Record<string, unknown>) => {
  const { content, isError } = await agent.tool(name, input)
  return `${isError ? 'ERROR ' : ''}${content.map(({ text }) => text).join('\n')}`
}
const remember = (agent: Agent, action: string, input: Record<string, unknown> = {}) => textOf(agent, 'memory', { action, ...input })

it('an orchestrator in its workspace writes, finds, changes and forgets notes, in one memory with the command line', async () => {
  await using boss = await session(crew)
  expect((await boss.tool('boot')).structuredContent).toMatchObject({ you: { name: 'boss' } })
  expect(await remember(boss, 'write', { note: 'Reviews first', text: 'Never merge while a review is owed.', kind: 'rule' })).toMatch(
    /^reviews-first is written; version [0-9a-f]{12}\.$/,
  )
  expect(await remember(boss, 'write', { note: 'Reviews first', text: 'Other.', kind: 'rule' })).toMatch(/^ERROR invalid_input: There is a note of that title/)
  expect(await remember(boss, 'write', { note: 'Told', text: 'We merged it yesterday.', kind: 'rule' })).toMatch(/It should not stay so:\nline 8: tells/)
  const shown = await remember(boss, 'show', { note: 'reviews-first' })
  expect(shown).toMatch(/^<muster-recall>\nreviews-first rule: Reviews first\n\[updated .*; version [0-9a-f]{12}\]\n\| Never merge/)
  const version = /version ([0-9a-f]+)/.exec(shown)?.[1]
  expect(await remember(boss, 'write', { note: 'reviews-first', text: 'Never merge before a review.', version })).toContain('is written')
  expect(await remember(boss, 'write', { note: 'reviews-first', text: 'Never.', version })).toMatch(/^ERROR unavailable: Reviews-first was changed meanwhile/)
  expect(await remember(boss, 'forget', { note: 'told' })).toBe('It is forgotten; its text is kept in memory/.forgotten/told.md.')
  expect((await home.runHere(['memory', 'show', 'reviews-first', '--dir', crew])).stdout).toContain('Never merge before a review.')
  expect(await remember(boss, 'search', { text: 'merge' })).toMatch(/^<muster-recall>\nreviews-first rule: Reviews first\n\| Never merge before a review\./)
  expect(await remember(boss, 'search', { text: 'nothing like it' })).toBe('Your memory has nothing about that.')
  expect(await remember(boss, 'search')).toBe('ERROR invalid_input: The input does not fit the operation. search needs text.')
})

it('is reminded with its inbox, by a thread, and within the tokens that it gives', async () => {
  await home.json(['memory', 'write', 'Kafka', 'Kafka runs on three machines.', '--kind', 'lesson', '--dir', crew])
  await using boss = await session(crew)
  await boss.tool('boot')
  const { sent } = await sender.call('threads.ask', { to: 'boss', body: 'How many machines has kafka?' })
  const taken = await boss.tool('inbox', { recall: true })
  expect(taken.structuredContent).toMatchObject({
    mail: expect.stringContaining('| How many machines has kafka?'),
    recall: expect.stringContaining('[lesson kafka'),
  })
  expect(taken.content.map(({ text }) => text).join('')).toMatch(/kafka\?[\s\S]*<muster-recall>[\s\S]*three machines/)
  expect((await boss.tool('inbox')).structuredContent).toEqual({ mail: 'Nothing waits for you.' })
  const byThread = await remember(boss, 'recall', { thread: sent[0]?.thread, tokens: 200 })
  expect(byThread).toContain('[lesson kafka')
  expect(Buffer.byteLength(byThread) / 4).toBeLessThanOrEqual(200)
})

it('is no other peer’s, in whatever folder it stands, and its mail comes all the same', async () => {
  await using worker = await session(crew, { MUSTER_AS: 'worker' })
  await worker.tool('boot')
  await sender.call('threads.notify', { to: 'worker', body: 'Mail for the worker.' })
  const taken = await worker.tool('inbox', { recall: true })
  expect(taken.structuredContent).toMatchObject({
    mail: expect.stringContaining('| Mail for the worker.'),
    recall: expect.stringMatching(/^forbidden: .*boss.*brief/),
  })
  for (const [action, input] of Object.entries({
    recall: {},
    search: { text: 'x' },
    show: { note: 'kafka' },
    write: { note: 'A', text: 'b', kind: 'rule' },
    forget: { note: 'kafka' },
  }))
    expect(await remember(worker, action, input), action).toMatch(/^ERROR forbidden: This memory is for boss alone\. .*brief/)
  await using outside = await session(join(home.folder, 'outside'), {}, 'orchestrator')
  expect(await remember(outside, 'recall')).toMatch(/^ERROR not_found: .*workspace/)
})

it('has its tools without being told which, and nobody below its folder has them', async () => {
  await using boss = await session(crew)
  expect((await boss.mcp.listTools()).tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['memory', 'fan']))
  await using below = await session(join(crew, 'repositories', 'web'))
  expect((await below.mcp.listTools()).tools.map(({ name }) => name)).not.toContain('memory')
})

it('costs the sessions of other profiles nothing', async () => {
  await using plain = await session(join(home.folder, 'plain'), {}, 'default')
  const { tools } = await plain.mcp.listTools()
  expect(tools.map(({ name }) => name)).not.toContain('memory')
  expect(JSON.stringify(tools.find(({ name }) => name === 'inbox'))).not.toContain('recall')
  await expect(plain.tool('memory', { action: 'recall' })).rejects.toThrow('There is no tool memory')
})

it('is behind muster inbox, too, and nothing is taken where it is not', async () => {
  const at = { env: { MUSTER_AS: 'clerk' } }
  await home.json(['inbox'], at)
  await sender.call('threads.notify', { to: 'clerk', body: 'kafka?' })
  const refused = await home.runHere(['inbox', '--recall'], at)
  expect([refused.exit, refused.stderr]).toEqual([4, expect.stringContaining('no workspace')])
  expect((await home.runHere(['inbox', '--recall', '--peek'], at)).exit).toBe(64)
  expect(await home.json<{ items: unknown[] }>(['inbox'], at)).toMatchObject({ items: [{ message: { body: 'kafka?' } }] })
})
