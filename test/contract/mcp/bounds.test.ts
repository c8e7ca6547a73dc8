import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { McpClient, REVISIONS, textOf, threadsIn, until } from '../support/mcp-client.ts'
import { TestDaemon } from '../support/test-daemon.ts'

/** Runtimes give up on a tool after a minute. */
const LONGEST_CALL_MS = 50_000
const MAX_REPLY_TOKENS = 8_000

async function join(daemon: TestDaemon, name: string, options: Parameters<typeof McpClient.connect>[2] = {}) {
  const member = await daemon.register({ name, mode: 'pull' })
  return { ...member, mcp: await McpClient.connect(daemon.url, member.token, options) }
}

const calls = (daemon: TestDaemon, operation: string) => daemon.daemon.core.runner.stats.calls.get(operation) ?? 0
const tokensOf = (value: unknown) => Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value)) / 4

describe.each(REVISIONS)('a call, at revision %s', (revision) => {
  it('is over within 50 seconds, whatever it waits for', async () => {
    await using daemon = await TestDaemon.start()
    const ada = await join(daemon, 'ada', { revision })
    const bob = await join(daemon, 'bob', { revision })
    await using _ada = ada.mcp
    await using _bob = bob.mcp
    const asking = ada.mcp.ok('ask', { to: 'bob', text: 'x', wait: 50 })
    await until(() => calls(daemon, 'threads.wait') === 1)
    daemon.clock.advance(LONGEST_CALL_MS)
    const { structured } = await asking
    expect(structured).toMatchObject({ state: 'open' })
    const waiting = ada.mcp.ok('wait', { ticket: structured['ticket'], seconds: 50 })
    await until(() => calls(daemon, 'threads.wait') === 2)
    daemon.clock.advance(LONGEST_CALL_MS)
    expect((await waiting).structured).toMatchObject({ state: 'open' })
  })

  it('ends its wait when the client cancels it or goes', async () => {
    await using daemon = await TestDaemon.start()
    const ada = await join(daemon, 'ada', { revision })
    const bob = await join(daemon, 'bob', { revision })
    await using _ada = ada.mcp
    await using _bob = bob.mcp
    const gone = new AbortController()
    const asking = ada.mcp.call('ask', { to: 'bob', text: 'x', wait: 50 }, { signal: gone.signal })
    await until(() => calls(daemon, 'threads.wait') === 1)
    const { pending } = daemon.clock
    gone.abort()
    await expect(asking).rejects.toThrow()
    await until(() => daemon.clock.pending === pending - 1)
    // Nobody saw the answer, so it is still to be had.
    const mail = await bob.mcp.ok('inbox')
    await bob.mcp.ok('reply', { thread: threadsIn(mail.text)[0], text: 'Found.' })
    expect((await ada.mcp.ok('inbox')).text).toContain('| Found.')
  })

  it('is told when the daemon stops under it', async () => {
    await using daemon = await TestDaemon.start()
    const ada = await join(daemon, 'ada', { revision })
    const bob = await join(daemon, 'bob', { revision })
    await using _ada = ada.mcp
    await using _bob = bob.mcp
    const asking = ada.mcp.call('ask', { to: 'bob', text: 'x', wait: 50 })
    await until(() => calls(daemon, 'threads.wait') === 1)
    const stopped = daemon.daemon.stop()
    expect(textOf(await asking)).toMatch(/^shutting_down: The daemon is stopping\. Trying again later may help\.$/)
    await stopped
    expect(daemon.errors).toEqual([])
  })

  it('ends when its credential is revoked, and none begins', async () => {
    await using daemon = await TestDaemon.start()
    const ada = await join(daemon, 'ada', { revision })
    const bob = await join(daemon, 'bob', { revision })
    await using _ada = ada.mcp
    await using _bob = bob.mcp
    const asking = ada.mcp.call('ask', { to: 'bob', text: 'x', wait: 50 })
    await until(() => calls(daemon, 'threads.wait') === 1)
    await using admin = await daemon.greet(daemon.adminToken)
    await admin.call('credentials.revoke', { credential: ada.credential })
    expect(textOf(await asking)).toMatch(/^unauthenticated: /)
    await expect(ada.mcp.call('boot')).rejects.toThrow(/unauthenticated|401/)
  })

  it('does nothing twice under one key', async () => {
    await using daemon = await TestDaemon.start()
    const ada = await join(daemon, 'ada', { revision })
    const bob = await join(daemon, 'bob', { revision })
    await using _ada = ada.mcp
    await using _bob = bob.mcp
    const first = await ada.mcp.ok('ask', { to: 'bob', text: 'Once?', wait: 0 }, { key: 'call-1' })
    expect(await ada.mcp.ok('ask', { to: 'bob', text: 'Once?', wait: 0 }, { key: 'call-1' })).toEqual(first)
    const thread = String(first.structured['ticket'])
    const told = await ada.mcp.ok('notify', { to: 'bob', text: 'Only once.' }, { key: 'call-2' })
    expect(await ada.mcp.ok('notify', { to: 'bob', text: 'Only once.' }, { key: 'call-2' })).toEqual(told)
    expect((await bob.mcp.ok('inbox')).text.split('\n')[0]).toBe('Muster mail for bob: 2 messages.')
    const more = await bob.mcp.ok('reply', { thread, text: 'Wait.', how: 'more' }, { key: 'call-1' })
    expect(await bob.mcp.ok('reply', { thread, text: 'Wait.', how: 'more' }, { key: 'call-1' })).toEqual(more)
    const closed = await bob.mcp.ok('reply', { thread, text: 'Yes.' }, { key: 'call-3' })
    expect(await bob.mcp.ok('reply', { thread, text: 'Yes.' }, { key: 'call-3' })).toEqual(closed)
    expect((await ada.mcp.ok('inbox')).text.split('\n')[0]).toBe('Muster mail for ada: 1 message, 1 more waits: call inbox.')
    expect((await ada.mcp.ok('inbox')).text.split('\n')[0]).toBe('Muster mail for ada: 1 message.')
    expect((await ada.mcp.ok('inbox')).text).toBe('Nothing waits for you.')
    const other = await ada.mcp.call('ask', { to: 'bob', text: 'Something else', wait: 0 }, { key: 'call-1' })
    expect(textOf(other)).toMatch(/^idempotency_mismatch/)
    await expect(ada.mcp.call('boot', {}, { key: 'k'.repeat(61) })).rejects.toThrow(/muster\/key/)
  })

  it('is a sign of life for two minutes', async () => {
    await using daemon = await TestDaemon.start()
    const ada = await join(daemon, 'ada', { revision })
    await using _ada = ada.mcp
    const seen = async () => {
      await using admin = await daemon.greet(daemon.adminToken)
      return (await admin.call('peers.get', { peer: 'ada' })).peer
    }
    expect(await seen()).toMatchObject({ presence: 'online', reach: 'poll' })
    daemon.clock.advance(LIMITS.signOfLifeMs - 1_000)
    await ada.mcp.ok('peers')
    daemon.clock.advance(LIMITS.signOfLifeMs - 1_000)
    expect(await seen()).toMatchObject({ presence: 'online' })
    daemon.clock.advance(2_000)
    await until(() => daemon.daemon.core.gateway.presence.presenceOf(1) === 'offline')
    expect(await seen()).toMatchObject({ presence: 'offline', reach: 'none' })
  })
})

describe('a cancellation that may mean two calls', () => {
  it('ends neither, and loses nothing that they were told', async () => {
    await using daemon = await TestDaemon.start()
    const ada = await join(daemon, 'ada', { revision: '2025-11-25' })
    const bob = await join(daemon, 'bob')
    await using first = ada.mcp
    await using _bob = bob.mcp
    // Another session with the same token, which numbers its requests alike.
    await using second = await McpClient.connect(daemon.url, ada.token, { revision: '2025-11-25' })
    const gone = new AbortController()
    const given = first.call('ask', { to: 'bob', text: 'First?', wait: 50 }, { signal: gone.signal })
    const kept = second.ok('ask', { to: 'bob', text: 'Second?', wait: 50 })
    await until(() => calls(daemon, 'threads.wait') === 2)
    const { pending } = daemon.clock
    gone.abort()
    await expect(given).rejects.toThrow()
    for (let turn = 0; turn < 2; turn += 1) {
      for (const thread of threadsIn((await bob.mcp.ok('inbox')).text)) await bob.mcp.ok('reply', { thread, text: 'Yes.' })
    }
    expect((await kept).text).toContain('| Yes.')
    await until(() => daemon.clock.pending <= pending - 2)
    expect(calls(daemon, 'mailbox.ack')).toBe(0)
    expect((await second.ok('inbox')).text.split('\n')[0]).toBe('Muster mail for ada: 2 messages.')
  })
})

describe('an answer', () => {
  it('to a session that is woken needs no waiting', async () => {
    await using daemon = await TestDaemon.start()
    const ada = await join(daemon, 'ada')
    const bob = await join(daemon, 'bob')
    await using _ada = ada.mcp
    await using _bob = bob.mcp
    await using session = await daemon.greet(ada.token)
    const { structured } = await ada.mcp.ok('ask', { to: 'bob', text: 'x', wait: 0 })
    const watching = session.call('sessions.watch', { timeout: '1h' })
    await until(() => calls(daemon, 'sessions.watch') === 1)
    const { text } = await ada.mcp.ok('wait', { ticket: structured['ticket'] })
    expect(text).toContain('end your turn: you will be woken')
    expect(calls(daemon, 'threads.wait')).toBe(0)
    await bob.mcp.ok('reply', { thread: structured['ticket'], text: 'y' })
    expect(await watching).toMatchObject({ wake: true })
  })

  it('of any tool is at most 8,000 tokens long, whatever it is made of', async () => {
    await using daemon = await TestDaemon.start()
    const ada = await join(daemon, 'ada', { profile: 'full' })
    await using _ada = ada.mcp
    const long = { description: '"'.repeat(1_000), capabilities: Array.from({ length: 32 }, (_, index) => `c${index}`.padEnd(64, 'x')) }
    const others = await Promise.all(Array.from({ length: 30 }, (_, index) => daemon.register({ name: `p${index}`.padEnd(64, 'y'), mode: 'pull', ...long })))
    let thread = ''
    let message = ''
    for (const [index, { token }] of others.entries()) {
      await using wire = await daemon.greet(token)
      const body = ['\u0000', '"', '\n', '😀', 'x'][index % 5] as string
      const { sent } = await wire.call('threads.ask', { to: 'ada', body: body.repeat(30_000) })
      thread = sent[0]?.thread ?? ''
      message = sent[0]?.message ?? ''
    }
    const watchers = await Promise.all(others.map(({ token }) => daemon.greet(token)))
    const args: readonly (readonly [string, Record<string, unknown>])[] = [
      ['peek', {}],
      ['boot', {}],
      ['inbox', { limit: 20 }],
      ['inbox', { limit: 20 }],
      ['inbox', { message }],
      ['inbox', { message, offset: 9_000 }],
      ['boot', {}],
      ['owed', {}],
      ['peers', {}],
      ['peers', { peer: `p0`.padEnd(64, 'y') }],
      ['threads', { side: 'theirs' }],
      ['thread', { thread, limit: 20 }],
      ['trace', { id: thread }],
      ['events', {}],
      ['notify', { to: 'role:agent', select: 'all', text: 'x' }],
      ['ask', { to: 'role:agent', select: 'all', text: 'x' }],
      ['wait', { ticket: thread, seconds: 0 }],
    ]
    const longest: Record<string, number> = {}
    for (const [name, input] of args) {
      const { text, structured } = await ada.mcp.ok(name, input)
      longest[name] = Math.max(longest[name] ?? 0, tokensOf(text), tokensOf(structured))
    }
    for (const watcher of watchers) await watcher[Symbol.asyncDispose]()
    for (const [name, tokens] of Object.entries(longest)) expect(tokens, name).toBeLessThan(MAX_REPLY_TOKENS)
    expect(longest['inbox']).toBeGreaterThan(5_000)
  })

  it('that was cut can be read on to its end', async () => {
    await using daemon = await TestDaemon.start()
    const ada = await join(daemon, 'ada')
    const bob = await join(daemon, 'bob')
    await using _ada = ada.mcp
    await using _bob = bob.mcp
    const body = Array.from({ length: 9_000 }, (_, index) => `line ${index} 😀`).join('\n')
    await bob.mcp.ok('notify', { to: 'ada', text: body })
    const lines: string[] = []
    let next: Record<string, unknown> | undefined = {}
    for (let page = 0; next; page += 1) {
      expect(page).toBeLessThan(20)
      const { text } = await ada.mcp.ok('inbox', next)
      const shown = text.split('\n').filter((line) => line.startsWith('| ') || line === '|')
      if (page > 0) lines[lines.length - 1] += (shown.shift() ?? '').slice(2)
      lines.push(...shown.map((line) => line.slice(2)))
      const cut = /read on: inbox (\{.*\})\]$/m.exec(text)
      next = cut ? (JSON.parse(cut[1] ?? '') as Record<string, unknown>) : undefined
    }
    expect(lines.join('\n')).toBe(body)
  })
})
