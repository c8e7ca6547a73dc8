import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toolSet } from '../../../src/tools/catalogue.ts'
import { PROFILES } from '../../../src/tools/tool.ts'
import { createTestDaemon } from '../../support/daemon.ts'
import { WireClient } from '../../support/wire-client.ts'
import { ABSENT, type Ran, runProgram, WHY_SKIPPED } from './tools.ts'

interface Result {
  readonly isError?: boolean
  readonly content: { readonly text: string }[]
  readonly structuredContent: Readonly<Record<string, unknown>>
}

/** A daemon with two agent sessions, and the Inspector with a home of its own. */
async function inspected() {
  const daemon = await createTestDaemon()
  const home = mkdtempSync(join(tmpdir(), 'muster-inspector-'))
  const tokenOf = async (name: string) => {
    await using wire = await WireClient.greet(daemon.url, daemon.home.token('enrolment'))
    return (await wire.call('peers.register', { name, mode: 'pull' })).token
  }
  const inspect = (token: string, args: readonly string[], query = ''): Promise<Ran> => {
    const to = ['--cli', `${daemon.url}/mcp${query}`, '--transport', 'http', '--header', `Authorization: Bearer ${token}`]
    return runProgram('inspector', [...to, ...args], home)
  }
  const call = async (token: string, tool: string, args: Readonly<Record<string, unknown>> = {}): Promise<Result> => {
    const pairs = Object.entries(args).flatMap(([name, value]) => ['--tool-arg', `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`])
    const { code, stdout, stderr } = await inspect(token, ['--method', 'tools/call', '--tool-name', tool, ...pairs])
    expect(code, `${tool}: ${stderr}${stdout}`).toBe(0)
    const result = JSON.parse(stdout) as Result
    expect(result.isError ?? false, stdout).toBe(false)
    return result
  }
  return {
    inspect,
    call,
    url: daemon.url,
    ada: await tokenOf('ada'),
    bob: await tokenOf('bob'),
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

describe("the official Inspector's command line", () => {
  it('lists the tools of every profile and finds no fault with their schemas', async ({ skip }) => {
    skip(ABSENT, WHY_SKIPPED)
    await using world = await inspected()
    for (const profile of PROFILES) {
      const { code, stdout, stderr } = await world.inspect(world.ada, ['--method', 'tools/list', '--strict'], `?profile=${profile}`)
      expect(code, stderr).toBe(0)
      const { tools } = JSON.parse(stdout) as { tools: { name: string; annotations?: object }[] }
      expect(tools.map(({ name }) => name)).toEqual([...toolSet(profile).tools.keys()])
      expect(tools.filter(({ annotations }) => annotations === undefined)).toEqual([])
    }
  })

  it('calls every default tool', async ({ skip }) => {
    skip(ABSENT, WHY_SKIPPED)
    await using world = await inspected()
    const { ada, bob } = world
    const called = new Set<string>()
    const use = (token: string, tool: string, args?: Readonly<Record<string, unknown>>) => {
      called.add(tool)
      return world.call(token, tool, args)
    }
    await use(bob, 'set_description', { description: 'reviews code', capabilities: ['review'] })
    expect((await use(ada, 'boot')).structuredContent).toMatchObject({ you: { name: 'ada' }, peers: [{ name: 'bob', can: ['review'] }] })
    expect((await use(ada, 'peers', { capability: 'review' })).structuredContent).toMatchObject({ peers: [{ name: 'bob', about: 'reviews code' }] })
    const uploaded = await fetch(`${world.url}/v1/artifacts?name=note.txt`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ada}`, 'content-type': 'text/plain' },
      body: 'as it is',
    })
    const { artifact } = (await uploaded.json()) as { artifact: { id: string } }
    expect((await use(ada, 'attachment', { id: artifact.id })).content[0]?.text).toContain('as it is')
    const planned = (await use(bob, 'schedule', { text: 'Look again.', every: '1h' })).structuredContent
    expect((await use(bob, 'schedules')).structuredContent).toMatchObject({
      schedules: [{ schedule: planned['schedule'], rule: 'every 1h', text: 'Look again.' }],
    })
    await use(ada, 'notify', { to: 'bob', text: 'A question follows.' })
    const asked = await use(ada, 'ask', { to: 'cap:review', select: 'one', text: 'Is it ready?', wait: 0 })
    const ticket = String(asked.structuredContent['ticket'])
    const mail = (await use(bob, 'inbox')).content[0]?.text
    expect(mail).toContain('| A question follows.')
    expect(mail).toContain('| Is it ready?')
    await use(bob, 'reply', { thread: ticket, text: 'It is.' })
    const answer = (await use(ada, 'wait', { ticket, seconds: 1 })).structuredContent
    expect(answer).toMatchObject({ state: 'answered', mail: expect.stringContaining('| It is.') })
    expect([...called].sort()).toEqual([...toolSet('default').tools.keys()].sort())
  })
})
