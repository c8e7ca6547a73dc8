import { expect, test } from 'vitest'
import type { Output } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

type News = Output<'threads.wait'>

async function openAsk() {
  const daemon = await TestCore.start()
  const asker = daemon.join('asker')
  const asked = daemon.join('asked')
  const thread = asker.call('threads.ask', { to: 'asked', body: 'q' }).sent[0]?.thread ?? ''
  return { daemon, asker, asked, thread }
}

const news = (client: CoreClient, id: number) => client.outcome(id) as News

test('a wait answers at the end of the thread, with what was said', async () => {
  const { daemon, asker, asked, thread } = await openAsk()
  using _ = daemon
  const wait = asker.post('threads.wait', { thread })
  asked.call('threads.reply', { thread, body: 'half way' })
  expect(asker.replied(wait)).toBe(false)
  asked.call('threads.answer', { thread, body: 'because' })
  expect(news(asker, wait)).toMatchObject({ timedOut: false, thread: { state: 'answered' }, messages: [{ body: 'half way' }, { body: 'because' }] })
})

test('a wait for messages answers at each, and goes on after the last one seen', async () => {
  const { daemon, asker, asked, thread } = await openAsk()
  using _ = daemon
  asked.call('threads.reply', { thread, body: '1' })
  const first = asker.call('threads.wait', { thread, until: 'message' })
  expect(first.messages.map(({ body }) => body)).toEqual(['1'])
  const wait = asker.post('threads.wait', { thread, until: 'message', after: first.messages[0]?.id })
  daemon.pass(0)
  expect(asker.replied(wait)).toBe(false)
  asked.call('threads.reply', { thread, body: '2' })
  expect(news(asker, wait).messages.map(({ body }) => body)).toEqual(['2'])
})

test('what a peer says itself is no news to it', async () => {
  const { daemon, asker, thread } = await openAsk()
  using _ = daemon
  const wait = asker.post('threads.wait', { thread, until: 'message', timeout: '5s' })
  asker.call('threads.reply', { thread, body: 'hello?' })
  expect(asker.replied(wait)).toBe(false)
  daemon.pass(5_000)
  expect(news(asker, wait)).toMatchObject({ timedOut: true, messages: [], thread: { state: 'open' } })
})

test('a wait on a closed thread answers at once, and one on a notify cannot wait for its end', async () => {
  const { daemon, asker, asked, thread } = await openAsk()
  using _ = daemon
  asked.call('threads.answer', { thread, body: 'because' })
  expect(asker.call('threads.wait', { thread }).messages.map(({ body }) => body)).toEqual(['because'])
  const notify = asker.call('threads.notify', { to: 'asked', body: 'n' }).sent[0]?.thread ?? ''
  expect(asker.refusal('threads.wait', { thread: notify }).code).toBe('invalid_input')
})

test('a wait ends at its timeout and leaves no timer behind', async () => {
  const { daemon, asker, thread } = await openAsk()
  using _ = daemon
  const before = daemon.clock.pending
  const wait = asker.post('threads.wait', { thread, timeout: '45s' })
  expect(daemon.clock.pending).toBe(before + 1)
  daemon.pass(44_999)
  expect(asker.replied(wait)).toBe(false)
  daemon.pass(1)
  expect(news(asker, wait).timedOut).toBe(true)
  expect(daemon.clock.pending).toBe(before)
})

test('a wait consumes nothing: the answer is delivered all the same', async () => {
  const { daemon, asker, asked, thread } = await openAsk()
  using _ = daemon
  const wait = asker.post('threads.wait', { thread })
  asked.call('threads.answer', { thread, body: 'because' })
  expect(news(asker, wait).messages).toHaveLength(1)
  expect(asker.delivery().message.body).toBe('because')
})

test('a wait whose connection is gone is forgotten and loses nothing: the next one has the answer', async () => {
  const { daemon, asker, asked, thread } = await openAsk()
  using _ = daemon
  const before = daemon.clock.pending
  const second = daemon.connect(asker.token)
  second.post('threads.wait', { thread })
  second.leave('lost')
  expect(daemon.clock.pending).toBe(before)
  asked.call('threads.answer', { thread, body: 'because' })
  expect(asker.call('threads.wait', { thread }).messages.map(({ body }) => body)).toEqual(['because'])
})

test('waits that are resumed strand no message, however many came in between', async () => {
  const { daemon, asker, asked, thread } = await openAsk()
  using _ = daemon
  for (let n = 0; n < 450; n += 1) asked.post('threads.reply', { thread, body: `${n}` })
  daemon.pass(0)
  const seen: string[] = []
  let after: string | undefined
  for (let calls = 0; calls < 5 && seen.length < 450; calls += 1) {
    const { messages } = asker.call('threads.wait', { thread, until: 'message', ...(after !== undefined && { after }) })
    seen.push(...messages.map(({ body }) => body))
    after = messages.at(-1)?.id
  }
  expect(seen).toEqual(Array.from({ length: 450 }, (_, n) => `${n}`))
})

test('waits that are resumed strand no large message', async () => {
  const { daemon, asker, asked, thread } = await openAsk()
  using _ = daemon
  for (let n = 0; n < 10; n += 1) asked.call('threads.reply', { thread, body: `${n} ${'x'.repeat(250_000)}` })
  const seen: string[] = []
  let after: string | undefined
  for (let calls = 0; calls < 10 && seen.length < 10; calls += 1) {
    const { messages } = asker.call('threads.wait', { thread, until: 'message', ...(after !== undefined && { after }) })
    seen.push(...messages.map(({ body }) => body.slice(0, 1)))
    after = messages.at(-1)?.id
  }
  expect(seen).toEqual([...'0123456789'])
})

test('a connection waits on a bounded number of threads', async () => {
  const { daemon, asker, thread } = await openAsk()
  using _ = daemon
  for (let n = 0; n < LIMITS.maxWaits; n += 1) asker.post('threads.wait', { thread })
  expect(asker.refusal('threads.wait', { thread }).code).toBe('too_many_requests')
  expect(asker.call('threads.get', { thread }).thread.state).toBe('open')
})
