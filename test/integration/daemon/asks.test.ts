import { expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { formatTime } from '../../../src/time.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

async function pair() {
  const daemon = await TestCore.start()
  return { daemon, asker: daemon.join('asker'), asked: daemon.join('asked') }
}

function ask(asker: CoreClient, input: object = {}): string {
  return asker.call('threads.ask', { to: 'asked', body: 'why?', ...input }).sent[0]?.thread ?? ''
}

test('an ask returns who was meant, the true state and the deadline, a day away unless said otherwise', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  const { sent, refused } = asker.call('threads.ask', { to: 'asked', body: 'why?' })
  expect(sent).toMatchObject([
    {
      to: { id: asked.id, name: 'asked', circle: 'main' },
      state: 'queued',
      reach: 'push',
      deadlineAt: formatTime(daemon.clock.wallMs() + LIMITS.defaultDeadlineMs),
    },
  ])
  expect(refused).toEqual([])
})

test('an answer that names the delivery acks it, closes the ask and reaches the asker', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  const thread = ask(asker)
  const { delivery } = asked.delivery()
  const { message, late } = asked.call('threads.answer', { thread, delivery, body: 'because' })
  expect(late).toBe(false)
  expect(asker.delivery()).toMatchObject({
    owed: false,
    thread: { id: thread, state: 'answered' },
    message: { id: message, kind: 'answer', body: 'because', from: { name: 'asked' } },
  })
  expect(asker.call('threads.get', { thread }).thread).toMatchObject({ state: 'answered', closedBy: { name: 'asked' }, reason: null })
  expect(asked.call('threads.trace', { id: delivery }).deliveries[0]).toMatchObject({ state: 'acked', attempt: 1 })
  expect(asked.take('thread.closed')).toEqual([])
})

test('a reply precedes the delivery that its operation caused', async () => {
  using daemon = await TestCore.start()
  const self = daemon.join('self')
  self.call('threads.notify', { to: 'self', body: 'note' })
  const kinds = self.frames.map(({ method, result }) => method ?? (result ? 'reply' : 'error'))
  expect(kinds).toEqual(['reply', 'reply', 'mailbox.deliver'])
})

test('a peer cannot ask itself, an observer cannot be asked, and a notify needs no answer', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  daemon.register('seer', { role: 'observer' })
  expect(a.refusal('threads.ask', { to: 'a', body: 'q' }).code).toBe('invalid_input')
  expect(a.refusal('threads.ask', { to: 'seer', body: 'q' }).code).toBe('forbidden')
  const thread = a.call('threads.notify', { to: 'b', body: 'n' }).sent[0]?.thread ?? ''
  expect(b.refusal('threads.answer', { thread, body: 'x' }).code).toBe('invalid_input')
  expect(a.refusal('threads.cancel', { thread }).code).toBe('invalid_input')
})

test('the asker cannot answer its own ask and the asked cannot cancel it', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  const thread = ask(asker)
  expect(asker.refusal('threads.answer', { thread, body: 'x' }).code).toBe('forbidden')
  expect(asked.refusal('threads.cancel', { thread }).code).toBe('not_found')
})

test('a decline closes an ask with its reason', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  const thread = ask(asker)
  asked.call('threads.decline', { thread, reason: 'not mine' })
  expect(asker.delivery().message).toMatchObject({ kind: 'decline', body: 'not mine' })
  expect(asker.call('threads.get', { thread }).thread).toMatchObject({ state: 'declined', reason: 'not mine' })
})

test('replies go both ways and leave the ask open', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  const thread = ask(asker)
  asked.ack(asked.delivery())
  asked.call('threads.reply', { thread, body: 'half way' })
  const progress = asker.delivery()
  expect(progress.message).toMatchObject({ kind: 'reply', body: 'half way' })
  asker.call('threads.reply', { thread, body: 'go on', delivery: progress.delivery })
  expect(asked.delivery().message.body).toBe('go on')
  expect(asker.call('threads.get', { thread }).thread.state).toBe('open')
  expect(asker.call('threads.trace', { id: progress.delivery }).deliveries[0]?.state).toBe('acked')
})

test('a cancelled ask that is in flight is withdrawn and its consumer is told at once', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  const thread = ask(asker)
  const { delivery } = asked.delivery()
  expect(asker.call('threads.cancel', { thread, reason: 'never mind' })).toMatchObject({ changed: true, thread: { state: 'cancelled' } })
  expect(asked.take('thread.closed')).toEqual([{ thread, state: 'cancelled', reason: 'never mind', by: expect.objectContaining({ name: 'asker' }) }])
  expect(asker.call('threads.trace', { id: delivery }).deliveries[0]?.state).toBe('withdrawn')
  expect(asked.ack(delivery)).toBe(0)
  expect(asked.deliveries()).toEqual([])
})

test('a cancelled ask that was acked tells the asked by a notice that overtakes what is queued', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  const thread = ask(asker)
  asked.ack(asked.delivery())
  asked.leave()
  asker.call('threads.notify', { to: 'asked', body: 'urgent', priority: 'urgent' })
  asker.call('threads.cancel', { thread })
  const back = daemon.connect(asked.token, { consume: true })
  expect(back.deliveries().map(({ message }) => message.kind)).toEqual(['cancel', 'notify'])
})

test('a cancelled ask that nobody has seen is withdrawn in silence', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  asked.leave()
  asker.call('threads.cancel', { thread: ask(asker) })
  expect(daemon.connect(asked.token, { consume: true }).deliveries()).toEqual([])
})

test('a cancel of a closed ask changes nothing and says so, also when it is repeated with its key', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  const thread = ask(asker)
  asked.call('threads.answer', { thread, body: 'because' })
  for (let times = 0; times < 2; times += 1) {
    expect(asker.call('threads.cancel', { thread, key: 'k' })).toMatchObject({ changed: false, thread: { state: 'answered' } })
  }
})

test('an answer and a cancel that meet in one batch: the first decides, and both sides agree on it', async () => {
  for (const answerFirst of [true, false]) {
    const { daemon, asker, asked } = await pair()
    using _ = daemon
    const thread = ask(asker)
    const calls = [() => asked.post('threads.answer', { thread, body: 'because' }), () => asker.post('threads.cancel', { thread })]
    const [first, second] = answerFirst ? calls : calls.reverse()
    first?.()
    second?.()
    daemon.pass(0)
    const state = answerFirst ? 'answered' : 'cancelled'
    expect(asker.call('threads.get', { thread }).thread.state).toBe(state)
    const told = asker.deliveries().map(({ message }) => [message.kind, message.late])
    expect(told).toEqual([['answer', !answerFirst]])
  }
})

test('a second answer is already closed, with who, when and how', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  const thread = ask(asker)
  asked.call('threads.answer', { thread, body: 'one' })
  const at = formatTime(daemon.clock.wallMs())
  daemon.pass(1_000)
  expect(asked.refusal('threads.answer', { thread, body: 'two' })).toMatchObject({ code: 'already_closed', state: 'answered', by: { name: 'asked' }, at })
})

test('a late answer is stored in the closed ask, marked late, delivered, and changes no state', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  const thread = ask(asker, { deadline: '10s' })
  asked.ack(asked.delivery())
  daemon.pass(10_000)
  asker.ack(asker.delivery())
  expect(asked.call('threads.answer', { thread, body: 'at last' })).toMatchObject({ late: true, thread: { state: 'expired' } })
  expect(asker.delivery().message).toMatchObject({ kind: 'answer', late: true, body: 'at last' })
  expect(asker.call('threads.get', { thread }).thread.state).toBe('expired')
})

test('a second late answer is already closed, so that nobody can fill a mailbox with them', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  const thread = ask(asker)
  asker.call('threads.cancel', { thread })
  asked.call('threads.answer', { thread, body: 'one' })
  expect(asked.refusal('threads.answer', { thread, body: 'two' })).toMatchObject({ code: 'already_closed', state: 'cancelled', by: { name: 'asked' } })
  expect(asked.call('threads.decline', { thread, reason: 'another kind' }).late).toBe(true)
  expect(asked.refusal('threads.decline', { thread, reason: 'again' }).code).toBe('already_closed')
})

test('the recipient of an ask in hand is reminded once, when three quarters of its time have passed', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  ask(asker, { deadline: '100s' })
  asked.ack(asked.delivery())
  daemon.pass(74_999)
  expect(asked.deliveries()).toEqual([])
  daemon.pass(1)
  const reminder = asked.delivery()
  expect(reminder.message).toMatchObject({ kind: 'remind', from: null })
  asked.ack(reminder)
  daemon.pass(24_999)
  expect(asked.deliveries()).toEqual([])
})

test('a recipient that never saw the ask is not reminded of it', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  asked.leave()
  ask(asker, { deadline: '100s' })
  daemon.pass(80_000)
  expect(
    daemon
      .connect(asked.token, { consume: true })
      .deliveries()
      .map(({ message }) => message.kind),
  ).toEqual(['ask'])
})

test('an ask expires at its deadline: the asker is told why, the asked is told if it has it', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  const deadlineAt = formatTime(daemon.clock.wallMs() + 10_000)
  const thread = ask(asker, { deadlineAt })
  asked.ack(asked.delivery())
  daemon.pass(9_999)
  asked.deliveries()
  expect(asker.call('threads.get', { thread }).thread.state).toBe('open')
  daemon.pass(1)
  expect(asker.delivery().message).toMatchObject({ kind: 'expire', from: null, body: `no answer by ${deadlineAt}` })
  expect(asked.delivery().message.kind).toBe('expire')
  expect(asker.call('threads.get', { thread }).thread).toMatchObject({ state: 'expired', closedBy: null })
})

test('an expired ask tells the escalation address what was asked, whom, and that nobody answered', async () => {
  const { daemon, asker } = await pair()
  using _ = daemon
  const boss = daemon.join('boss')
  const thread = ask(asker, { deadline: '10s', escalateTo: 'boss' })
  daemon.pass(10_000)
  const { message } = boss.delivery()
  expect(message).toMatchObject({ kind: 'notify', from: null })
  for (const part of ['asker', 'asked', thread, 'why?']) expect(message.body).toContain(part)
})

test('a deadline in the past, too near, too far, or given twice is refused', async () => {
  const { daemon, asker } = await pair()
  using _ = daemon
  const now = daemon.clock.wallMs()
  for (const input of [
    { deadline: '999ms' },
    { deadline: '366d' },
    { deadlineAt: formatTime(now - 1) },
    { deadline: '1h', deadlineAt: formatTime(now + 3_600_000) },
  ]) {
    expect(asker.refusal('threads.ask', { to: 'asked', body: 'q', ...input }).code).toBe('invalid_input')
  }
})

test('a deadline is a calendar time: a step of the wall clock brings it', async () => {
  const { daemon, asker } = await pair()
  using _ = daemon
  const thread = ask(asker, { deadline: '1h' })
  daemon.clock.stepWall(3_600_000)
  daemon.pass(LIMITS.maxTimerMs)
  expect(asker.call('threads.get', { thread }).thread.state).toBe('expired')
})

test('an ask that was acked and not answered is presented again to each new consumer, until it closes', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  const thread = ask(asker)
  const first = asked.delivery()
  asked.ack(first)
  for (let session = 0; session < 2; session += 1) {
    const again = daemon.connect(asked.token, { consume: true })
    const { owed, delivery, message } = again.delivery()
    expect([owed, delivery, message.body]).toEqual([true, first.delivery, 'why?'])
    expect(again.ack(delivery)).toBe(0)
  }
  const last = daemon.connect(asked.token, { consume: true })
  last.call('threads.answer', { thread, body: 'because' })
  expect(daemon.connect(asked.token, { consume: true }).deliveries()).toEqual([])
})

test('owed asks are presented no faster than the consumer reads', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  for (let n = 0; n < 40; n += 1) {
    ask(asker, { body: `${n} ${'x'.repeat(250_000)}`, causedBy: null })
    asked.ack(asked.delivery())
  }
  const slow = daemon.connect(asked.token, { consume: true, reads: false })
  const seen = new Set<string>()
  for (let reads = 0; reads < 20; reads += 1) {
    expect(slow.closed).toBeUndefined()
    for (const { owed, message } of slow.deliveries()) if (owed) seen.add(message.id)
    slow.drain()
  }
  expect(seen.size).toBe(40)
})

test('owed asks are listed oldest first and in pages, also those not yet acked', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  const threads = ['a', 'b', 'c'].map((body) => ask(asker, { body }))
  asked.ack(asked.deliveries()[1]?.delivery ?? '')
  const page = asked.call('threads.owed', { limit: 2 })
  expect(page.owed.map(({ thread }) => thread.id)).toEqual(threads.slice(0, 2))
  expect(asked.call('threads.owed', { after: page.after ?? '' }).owed.map(({ message }) => message.body)).toEqual(['c'])
})

test('late answers and closings reach a mailbox that is full', async () => {
  const { daemon, asker, asked } = await pair()
  using _ = daemon
  const thread = ask(asker)
  asker.leave()
  for (let n = 0; n < LIMITS.maxUnsolicited; n += 1) asked.post('threads.notify', { to: 'asker', body: 'n', causedBy: null })
  daemon.pass(0)
  expect(asked.refusal('threads.notify', { to: 'asker', body: 'n', causedBy: null }).code).toBe('mailbox_full')
  expect(asked.call('threads.answer', { thread, body: 'because' }).thread.state).toBe('answered')
})
