import { expect, test } from 'vitest'
import { TestCore } from '../../support/test-core.ts'

test('an ask is answered and the asker receives the answer in its mailbox', async () => {
  using daemon = await TestCore.start()
  const asker = daemon.join('asker')
  const answerer = daemon.join('answerer')
  const { sent } = asker.call('threads.ask', { to: 'answerer', body: 'why?' })
  const ask = answerer.delivery()
  expect(ask.message.body).toBe('why?')
  answerer.call('threads.answer', { thread: ask.thread.id, delivery: ask.delivery, body: 'because' })
  expect(asker.delivery().message).toMatchObject({ kind: 'answer', body: 'because', thread: sent[0]?.thread })
})
