import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Input } from '../../../src/contract/index.ts'
import { HttpClient } from '../../contract/support/http-client.ts'
import { Agent, type Run, until } from '../../support/agent.ts'
import { CliHome } from '../../support/cli-process.ts'

let home: CliHome
let phone: HttpClient
let phoneToken: string
let agent: Agent

beforeAll(async () => {
  home = await CliHome.make()
  const { url } = await home.json<{ url: string }>(['up'])
  const admin = new HttpClient(url, readFileSync(home.paths.adminToken, 'utf8').trim())
  const { pairing, code } = await admin.call('pairings.begin', {})
  const { token, pairing: redeemed } = await new HttpClient(url, undefined).call('pairings.redeem', { code, device: 'phone' })
  await admin.call('pairings.confirm', { pairing: pairing.id, comparison: redeemed.comparison ?? '' })
  phoneToken = token
  phone = new HttpClient(url, phoneToken)
})
afterAll(async () => await home.remove())
beforeEach(async () => {
  agent = await Agent.start(home, 'claude')
})
afterEach(async () => await agent[Symbol.asyncDispose]())

let sessions = 0
/** A session that has begun, and whose runtime asks for what it has in its hand. */
async function begin() {
  sessions += 1
  const session = { session_id: `asking-${sessions}`, transcript_path: join(home.folder, `asking-${sessions}.jsonl`), cwd: `/home/ann/asks${sessions}` }
  writeFileSync(session.transcript_path, '')
  await agent.hook('claude', 'start', session)
  return { session, wanted: { ...session, tool_name: 'Bash', tool_input: { command: `make ${sessions}` } } }
}

const ask = (wanted: object) => agent.start(['hook', 'claude', 'permission', '--cards'], JSON.stringify(wanted))
const waiting = async () => (await phone.call('decisions.list', { state: 'waiting' })).cards
async function theCard() {
  await until(async () => (await waiting()).length === 1, 'there is a card')
  const [card] = await waiting()
  if (!card) throw new Error('The card went')
  return card
}
const decide = async (input: Omit<Input<'decisions.resolve'>, 'card'>) => await phone.call('decisions.resolve', { card: (await theCard()).id, ...input })
const isGone = () => until(async () => (await waiting()).length === 0, 'no card waits')
const decisionOf = async ({ finished }: Run) => {
  const { exit, stdout, stderr } = await finished
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
  return stdout === '' ? undefined : (JSON.parse(stdout) as { readonly hookSpecificOutput: { readonly decision: unknown } }).hookSpecificOutput.decision
}

describe('a request for permission', () => {
  it('goes to people as a card, and is allowed when one says so', async () => {
    const { session, wanted } = await begin()
    const hook = await ask(wanted)
    expect(await theCard()).toMatchObject({
      source: 'permission',
      context: `Claude Code asks its user whether it may use Bash, in ${session.cwd}`,
      action: { kind: 'tool', name: 'Bash', arguments: { command: wanted.tool_input.command, cwd: session.cwd } },
    })
    await decide({ option: 'a' })
    expect(await decisionOf(hook)).toEqual({ behavior: 'allow' })
  })

  it('is denied in the words of the person', async () => {
    const { wanted } = await begin()
    const hook = await ask(wanted)
    await decide({ option: 'b', note: 'Not on a Friday.' })
    expect(await decisionOf(hook)).toEqual({ behavior: 'deny', message: 'owner does not allow it. Not on a Friday.' })
  })

  it.each([
    ['the tool has run', 'tool', { tool_response: {} }],
    ['the turn has ended', 'stop', { stop_hook_active: false }],
    ['its user has typed something else', 'prompt', { prompt: 'No.' }],
  ])('that was answered at the terminal, as %s, takes its card back and prints nothing', async (_why, event, more) => {
    const { wanted } = await begin()
    const hook = await ask(wanted)
    const { id } = await theCard()
    // Another tool of the same turn says nothing about this one.
    await agent.hook('claude', 'tool', { ...wanted, tool_input: { command: 'true' }, tool_response: {} })
    expect((await theCard()).id).toBe(id)
    await agent.hook('claude', event, { ...wanted, ...more })
    expect(await decisionOf(hook)).toBeUndefined()
    await isGone()
    expect((await phone.call('decisions.get', { card: id })).card).toMatchObject({ state: 'withdrawn', closed: { how: 'settled' } })
  })

  it('whose dialog has gone from the screen takes its card back', async () => {
    const { wanted } = await begin()
    const folder = join(home.folder, '.claude', 'sessions')
    mkdirSync(folder, { recursive: true })
    const status = (said: string) => writeFileSync(join(folder, `${agent.pid}.json`), JSON.stringify({ pid: agent.pid, status: said }))
    status('waiting')
    const hook = await ask(wanted)
    await theCard()
    // What it has once seen waiting, it must have seen: it looks three times a second.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    status('busy')
    expect(await decisionOf(hook)).toBeUndefined()
    await isGone()
  })

  it('whose hook is killed, as it is when its user says no, takes its card back', async () => {
    const { wanted } = await begin()
    const hook = await ask(wanted)
    await theCard()
    process.kill(hook.pid, 'SIGTERM')
    await hook.finished
    await isGone()
  })

  it('is answered by a lease without a card, and by that for nothing else', async () => {
    const { session, wanted } = await begin()
    const first = await ask(wanted)
    await decide({ option: 'a', lease: { scope: { command: wanted.tool_input.command, cwd: session.cwd }, count: 2, for: '2h' } })
    expect(await decisionOf(first)).toEqual({ behavior: 'allow' })
    expect(await decisionOf(await ask({ ...wanted, tool_input: { ...wanted.tool_input, description: 'anew' } }))).toEqual({ behavior: 'allow' })
    expect(await waiting()).toEqual([])
    const third = await ask(wanted)
    await decide({ option: 'b' })
    expect(await decisionOf(third)).toEqual({ behavior: 'deny', message: 'owner does not allow it.' })
  })

  it('comes back to the same card after a restart of the daemon', async () => {
    const { session, wanted } = await begin()
    const hook = await ask(wanted)
    const { id } = await theCard()
    await home.json(['down'])
    const { url } = await home.json<{ url: string }>(['up'])
    phone = new HttpClient(url, phoneToken)
    await until(async () => (await phone.call('peers.get', { peer: `claude-${basename(session.cwd)}` })).peer.presence === 'online', 'it is back')
    expect((await theCard()).id).toBe(id)
    await decide({ option: 'a' })
    expect(await decisionOf(hook)).toEqual({ behavior: 'allow' })
  })

  it('is nobody’s but the terminal’s where it is a question, too large to be shown whole, of a session that never began, or without a daemon', async () => {
    const { wanted } = await begin()
    const left = () => readdirSync(join(home.paths.state, 'sessions')).filter((name) => name.includes('.asked-'))
    const before = left()
    const quiet = { exit: 0, stdout: '', stderr: '' }
    expect(await (await ask({ ...wanted, tool_name: 'AskUserQuestion' })).finished).toEqual(quiet)
    expect(await (await ask({ ...wanted, tool_input: { content: 'x'.repeat(20_000) } })).finished).toEqual(quiet)
    expect(await (await ask({ ...wanted, session_id: 'never-began' })).finished).toEqual(quiet)
    expect(
      await (await agent.start(['hook', 'claude', 'permission', '--cards'], JSON.stringify(wanted), { MUSTER_URL: 'http://127.0.0.1:9' })).finished,
    ).toEqual(quiet)
    expect(await waiting()).toEqual([])
    expect(left()).toEqual(before)
  })

  it('is reported and no more where people are not to be asked', async () => {
    const { wanted } = await begin()
    expect(await agent.hook('claude', 'permission', wanted)).toEqual({ exit: 0, stdout: '', stderr: '' })
    expect(await (await agent.start(['hook', 'gemini', 'permission', '--cards'], JSON.stringify(wanted))).finished).toMatchObject({ exit: 0, stdout: '' })
    expect(await waiting()).toEqual([])
  })
})
