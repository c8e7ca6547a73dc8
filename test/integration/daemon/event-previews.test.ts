import { expect, test } from 'vitest'
import type { EventPreview, Input } from '../../../src/contract/index.ts'
import { type CoreClient, faultyDriver, TestCore } from '../../support/test-core.ts'

const ask = (from: CoreClient, to: string, body: string, more: Partial<Input<'threads.ask'>> = {}) => {
  const [sent] = from.call('threads.ask', { to, body, causedBy: null, ...more }).sent
  return { thread: sent?.thread ?? '', message: sent?.message ?? '', delivery: sent?.delivery ?? '' }
}

/** What the newest event of a type shows a caller of the message that it is about. */
function preview(client: CoreClient, type: string): EventPreview | undefined {
  const { events } = client.call('events.list', { preview: true, limit: 200, types: [type] })
  expect(events.length, type).toBeGreaterThan(0)
  return events.at(-1)?.preview
}

/** In short: `a>b,c+2 words < a>b what it began with`. */
function told(of: EventPreview | undefined): string {
  if (!of) return 'nothing'
  const name = (peer: { readonly name: string } | null) => peer?.name ?? '-'
  const more = of.told > of.to.length ? `+${of.told - of.to.length}` : ''
  const first = of.first ? ` < ${name(of.first.from)}>${name(of.first.to)} ${of.first.text}` : ''
  return `${of.kind} ${name(of.from)}>${of.to.map(name).join(',')}${more} ${of.text}${first}`
}

const shown = (client: CoreClient, type: string) => told(preview(client, type))

test('an event about a thread says who told whom what, and what its thread began with', async () => {
  using daemon = await TestCore.start()
  const [a, b] = [daemon.join('a'), daemon.join('b')]
  const opened = ask(a, 'b', 'May I **drop** it?', { deadline: '100s' })
  expect(preview(a, 'thread.opened')).toMatchObject({ thread: opened.thread, message: opened.message, first: null, told: 1 })
  expect(shown(a, 'thread.opened')).toBe('ask a>b May I **drop** it?')
  b.call('threads.reply', { thread: opened.thread, delivery: opened.delivery, body: 'Let me look.' })
  expect(shown(b, 'thread.message')).toBe('reply b>a Let me look. < a>b May I **drop** it?')
  b.call('threads.answer', { thread: opened.thread, body: 'Yes.' })
  expect(preview(a, 'thread.closed')).toMatchObject({ kind: 'answer', first: { kind: 'ask', message: opened.message } })
  expect(shown(a, 'thread.closed')).toBe('answer b>a Yes. < a>b May I **drop** it?')
  b.call('threads.decline', { thread: ask(a, 'b', 'And now?').thread, reason: 'Not mine.' })
  expect(shown(a, 'thread.closed')).toBe('decline b>a Not mine. < a>b And now?')
  // Nobody is told of the end of what was withdrawn before it was seen.
  daemon.join('c')
  a.call('threads.cancel', { thread: ask(a, 'c', 'Are you there?').thread, reason: 'too late' })
  expect(shown(a, 'thread.closed')).toBe('cancel a>c too late < a>c Are you there?')
  const late = ask(a, 'b', 'Soon?', { deadline: '100s' })
  b.call('mailbox.ack', { deliveries: [late.delivery] })
  daemon.pass(76_000)
  expect(shown(b, 'thread.reminded')).toMatch(/^remind ->b This ask still waits .* < a>b Soon\?$/)
  daemon.pass(30_000)
  expect(shown(a, 'thread.closed')).toMatch(/^expire ->a,b no answer by .* < a>b Soon\?$/)
})

test('of several recipients the first are named, of one of them its own', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const others = ['b', 'c', 'd', 'e', 'f'].map((name) => daemon.join(name))
  const ann = daemon.person('ann')
  const { sent } = a.call('threads.notify', { to: 'role:agent', select: 'all', body: 'All of you' })
  for (const reader of [a, ann, daemon.admin]) expect(shown(reader, 'thread.opened')).toBe('notify a>b,c,d+2 All of you')
  const b = others[0] as CoreClient
  // It may read what it said and what it was sent; whom else that reached is no business of its.
  b.call('threads.reply', { thread: sent[0]?.thread ?? '', body: 'Got it' })
  expect(shown(b, 'thread.message')).toBe('reply b>a Got it < a>- All of you')
  expect(b.call('events.list', { preview: true, types: ['thread.opened'] }).events).toEqual([])
  daemon.run("UPDATE deliveries SET state = 'dead', ended_at = 1, reason = 'r' WHERE id = ?", daemon.number(sent[3]?.delivery ?? ''))
  daemon.admin.call('mailbox.dead', {})
  ann.call('mailbox.discard', { delivery: sent[3]?.delivery ?? '' })
  expect(shown(ann, 'delivery.discarded')).toBe('notify a>e All of you')
  expect(shown(others[3] as CoreClient, 'delivery.discarded')).toBe('notify a>e All of you')
})

test('what a fan counts went to its asker, though no delivery did', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  daemon.join('c')
  const { sent } = a.call('fans.open', { to: ['b', 'c'], body: 'Which?' })
  b.call('threads.answer', { thread: sent[0]?.thread ?? '', body: 'The left' })
  expect(shown(a, 'thread.closed')).toBe('answer b>a The left < a>b Which?')
})

test('an event says nothing of what was redacted, since or before, and nothing to whom it is not told any more', async () => {
  using daemon = await TestCore.start()
  const [first, second] = [daemon.join('first', { role: 'orchestrator' }), daemon.join('second', { role: 'orchestrator' })]
  const a = daemon.join('a')
  const { token } = first.call('orchestrators.claim', {}).leadership
  const moved = ask(a, 'first', 'Who leads?')
  expect(shown(first, 'thread.opened')).toBe('ask a>first Who leads?')
  first.call('orchestrators.handover', { token: token ?? '', to: second.id })
  expect(shown(a, 'thread.moved')).toBe('ask a>second Who leads?')
  // It sees the event, of which it was a part, and reads the thread no more.
  expect([told(first.call('events.list', { preview: true, types: ['thread.opened'] }).events[0]?.preview)]).toEqual(['nothing'])
  second.call('threads.answer', { thread: moved.thread, body: 'I do' })
  a.call('threads.redact', { message: moved.message, reason: 'slip' })
  expect(shown(a, 'message.redacted')).toBe('ask a>second null')
  expect(shown(a, 'thread.opened')).toBe('ask a>second null')
  expect(shown(a, 'thread.closed')).toBe('answer second>a I do < a>second null')
  expect(JSON.stringify(a.call('events.list', { preview: true, limit: 200 }))).not.toContain('Who leads?')
})

test('only who asks for it gets it; no subscription, and nothing that is stored, has words', async () => {
  using daemon = await TestCore.start()
  const [a] = [daemon.join('a'), daemon.join('b')]
  a.call('events.subscribe', {})
  ask(a, 'b', 'SECRET')
  daemon.join('c')
  for (const client of [a, daemon.admin]) expect(JSON.stringify(client.call('events.list', { limit: 200 }))).not.toContain('SECRET')
  expect(JSON.stringify([daemon.rows('SELECT * FROM events'), a.take('events.event')])).not.toContain('SECRET')
  const timeline = a.call('events.timeline', { peer: 'b', preview: true, types: ['thread'] })
  expect(timeline.events.map(({ preview }) => told(preview))).toEqual(['ask a>b SECRET'])
  expect(a.call('events.timeline', { peer: 'b', types: ['thread'] }).events[0]).not.toHaveProperty('preview')
  // What is purged is not there to be read.
  daemon.run('DELETE FROM messages')
  expect(a.call('events.list', { preview: true, types: ['thread'] }).events[0]).not.toHaveProperty('preview')
})

test('an excerpt is the first 200 characters, whole ones, and nothing hides behind a character 0', async () => {
  using daemon = await TestCore.start()
  const [a] = [daemon.join('a'), daemon.join('b')]
  ask(a, 'b', `${'🎈'.repeat(150)}${'é'.repeat(100)}`)
  expect(preview(a, 'thread.opened')?.text).toBe(`${'🎈'.repeat(150)}${'é'.repeat(50)}`)
  ask(a, 'b', '\u0000hidden')
  expect(preview(a, 'thread.opened')?.text).toBe('\u0000hidden')
  expect(a.call('threads.list', { preview: true }).threads[0]?.preview?.first.text).toBe('\u0000hidden')
})

test('a page of previews is read by one statement', async () => {
  const statements: string[] = []
  using daemon = await TestCore.start({ driver: faultyDriver((sql) => void statements.push(sql)) })
  const [a] = [daemon.join('a'), daemon.join('b')]
  for (let n = 0; n < 30; n += 1) ask(a, 'b', `${n}`)
  a.call('events.list', { preview: true })
  for (const limit of [1, 30]) {
    statements.length = 0
    const { events } = a.call('events.list', { preview: true, limit, types: ['thread'] })
    expect(events.filter((event) => event.preview)).toHaveLength(limit)
    expect(statements.filter((sql) => /\b(?:messages|threads|deliveries)\b/.test(sql))).toHaveLength(1)
  }
})
