import { expect, test } from 'vitest'
import { TestCore } from '../../support/test-core.ts'

test('a thread is read newest page first, each page in order', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const thread = a.call('threads.ask', { to: 'b', body: '0' }).sent[0]?.thread ?? ''
  for (let n = 1; n < 5; n += 1) b.call('threads.reply', { thread, body: `${n}` })
  const newest = a.call('threads.get', { thread, limit: 2 })
  expect(newest.messages.map(({ body }) => body)).toEqual(['3', '4'])
  const middle = a.call('threads.get', { thread, limit: 2, before: newest.before ?? '' })
  expect(middle.messages.map(({ body }) => body)).toEqual(['1', '2'])
  const oldest = a.call('threads.get', { thread, limit: 2, before: middle.before ?? '' })
  expect([oldest.messages.map(({ body }) => body), oldest.before]).toEqual([['0'], null])
})

test('the threads of a peer are listed newest first, by side and state, in pages', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const threads = [1, 2, 3].map((n) => a.call('threads.ask', { to: 'b', body: `${n}`, causedBy: null }).sent[0]?.thread ?? '')
  b.call('threads.answer', { thread: threads[1] ?? '', body: 'x' })
  const ids = (page: { threads: readonly { id: string }[] }) => page.threads.map(({ id }) => id)
  expect(ids(a.call('threads.list', {}))).toEqual([...threads].reverse())
  expect(ids(a.call('threads.list', { state: 'open' }))).toEqual([threads[2], threads[0]])
  expect(ids(b.call('threads.list', { side: 'theirs', state: 'answered' }))).toEqual([threads[1]])
  expect(ids(b.call('threads.list', {}))).toEqual([])
  const page = a.call('threads.list', { limit: 2 })
  expect(ids(a.call('threads.list', { limit: 2, before: page.before ?? '' }))).toEqual([threads[0]])
})

test("a trace tells a message's life with times, by the id of the message, the thread or the delivery", async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const { token } = daemon.register('b')
  const { thread = '', message = '', delivery = '' } = a.call('threads.ask', { to: 'b', body: 'q' }).sent[0] ?? {}
  daemon.pass(1_000)
  const b = daemon.connect(token, { consume: true })
  b.delivery()
  daemon.pass(1_000)
  b.call('threads.answer', { thread, delivery, body: 'x' })
  const trace = a.call('threads.trace', { id: message })
  expect(trace.steps.map(({ step, at }) => [step, Date.parse(at) - Date.parse(trace.message.at)])).toEqual([
    ['sent', 0],
    ['queued', 0],
    ['offered', 1_000],
    ['acked', 2_000],
    ['answered', 2_000],
  ])
  expect([thread, delivery].map((id) => a.call('threads.trace', { id }))).toEqual([trace, trace])
})

test('a redacted message shows a tombstone everywhere, to who has not read it too', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const { token } = daemon.register('b')
  const { thread = '', message = '' } = a.call('threads.ask', { to: 'b', body: 'my password is SECRET' }).sent[0] ?? {}
  expect(a.call('threads.redact', { message, reason: 'a slip' }).message).toMatchObject({ body: '[redacted]', redacted: true })
  expect(daemon.connect(token, { consume: true }).delivery().message).toMatchObject({ body: '[redacted]', redacted: true })
  expect(a.call('threads.get', { thread }).messages[0]?.body).toBe('[redacted]')
  const tables = daemon.rows<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
  for (const { name } of tables) expect(JSON.stringify(daemon.rows(`SELECT * FROM ${name}`))).not.toContain('SECRET')
})

test('redacting a decline takes the reason of its thread with it', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const thread = a.call('threads.ask', { to: 'b', body: 'q' }).sent[0]?.thread ?? ''
  const { message } = b.call('threads.decline', { thread, reason: 'SECRET reason' })
  b.call('threads.redact', { message, reason: 'a slip' })
  expect(a.call('threads.get', { thread }).thread.reason).toBe('[redacted]')
  for (const table of ['threads', 'messages', 'events']) expect(JSON.stringify(daemon.rows(`SELECT * FROM ${table}`))).not.toContain('SECRET')
})

test('only its sender or the administrator redacts a message', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const { message = '', thread = '' } = a.call('threads.ask', { to: 'b', body: 'q' }).sent[0] ?? {}
  expect(b.refusal('threads.redact', { message, reason: 'x' }).code).toBe('not_found')
  expect(daemon.admin.call('threads.redact', { message, reason: 'x' }).message.redacted).toBe(true)
  expect(daemon.admin.call('threads.get', { thread }).messages[0]?.body).toBe('[redacted]')
})
