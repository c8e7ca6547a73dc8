import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Output } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

type Opened = Output<'fans.open'>

function threadTo({ sent }: Opened, name: string): string {
  const found = sent.find(({ to }) => to.name === name)
  if (!found) throw new Error(`Nothing was sent to ${name}`)
  return found.thread
}

const outcomes = (client: CoreClient, fan: string) => client.call('fans.get', { fan }).outcomes.map(({ to, state, answer }) => [to.name, state, answer?.body])

async function crew(...names: readonly string[]) {
  const daemon = await TestCore.start()
  const lead = daemon.join('lead')
  const peers = Object.fromEntries(names.map((name) => [name, daemon.join(name)])) as Record<string, ReturnType<TestCore['join']>>
  return { daemon, lead, peers }
}

test('the answers are joined in the order of the recipients, and the asker is told once, at the end', async () => {
  const { daemon, lead, peers } = await crew('bob', 'carol', 'dan')
  using _ = daemon
  const opened = lead.call('fans.open', { to: ['carol', 'bob', 'dan'], body: 'What is wrong with lib/retry?', priority: 'urgent' })
  const { id } = opened.fan
  expect(opened.fan).toMatchObject({ state: 'open', enough: null, counts: { open: 3, answered: 0, refused: 0 }, notice: null })
  peers['bob']?.call('threads.answer', { thread: threadTo(opened, 'bob'), body: 'No backoff.' })
  peers['dan']?.call('threads.decline', { thread: threadTo(opened, 'dan'), reason: 'Not mine.' })
  expect(lead.deliveries()).toEqual([])
  peers['carol']?.call('threads.answer', { thread: threadTo(opened, 'carol'), body: 'No jitter.' })
  const { thread, message } = lead.delivery()
  expect(thread).toMatchObject({ kind: 'notify', priority: 'urgent', fan: id })
  expect(message.from).toBeNull()
  expect(message.body).toBe(`${id} has ended (complete): 2 answered, 1 declined. Read it: muster fan ${id}, or the tool wait {"ticket":"${id}"}.`)
  const got = lead.call('fans.get', { fan: id })
  expect(got.fan).toMatchObject({ state: 'complete', counts: { open: 0, answered: 2, declined: 1 }, notice: message.id })
  expect(got.outcomes).toMatchObject([
    { to: { name: 'carol' }, state: 'answered', answer: { body: 'No jitter.', from: { name: 'carol' } }, reason: null },
    { to: { name: 'bob' }, state: 'answered', answer: { body: 'No backoff.' } },
    { to: { name: 'dan' }, state: 'declined', answer: null, reason: 'Not mine.' },
  ])
})

test('selectors, names and ids together ask everybody once, and not the asker', async () => {
  const { daemon, lead, peers } = await crew('bob', 'carol')
  using _ = daemon
  const { sent, refused } = lead.call('fans.open', { to: [peers['carol']?.id ?? '', 'role:agent', 'circle:main', 'bob'], body: 'q' })
  expect(sent.map(({ to }) => to.name)).toEqual(['carol', 'bob'])
  expect(refused).toEqual([])
})

test('who cannot be asked is a refusal in the result, kept with it', async () => {
  const { daemon, lead } = await crew('bob')
  using _ = daemon
  daemon.join('oscar', { role: 'observer' })
  const opened = lead.call('fans.open', { to: ['oscar', 'lead', 'bob'], body: 'q', key: 'k' })
  expect(opened.refused).toMatchObject([
    { to: { name: 'oscar' }, code: 'forbidden' },
    { to: { name: 'lead' }, code: 'invalid_input' },
  ])
  expect(lead.call('fans.get', { fan: opened.fan.id })).toMatchObject({ refused: opened.refused, outcomes: [{ to: { name: 'bob' } }] })
  expect(lead.call('fans.open', { to: ['oscar', 'lead', 'bob'], body: 'q', key: 'k' })).toMatchObject({
    fan: opened.fan,
    refused: opened.refused,
    sent: [{ thread: opened.sent[0]?.thread }],
  })
  expect(lead.call('fans.list', {}).fans).toHaveLength(1)
})

test('where nobody of several can be asked the fan has ended, without a notice', async () => {
  const { daemon, lead } = await crew()
  using _ = daemon
  for (const name of ['o1', 'o2']) daemon.join(name, { role: 'observer' })
  const { fan, sent } = lead.call('fans.open', { to: ['role:observer'], body: 'q' })
  expect([fan.state, fan.counts.refused, sent]).toEqual(['complete', 2, []])
  expect(lead.deliveries()).toEqual([])
  expect(lead.call('fans.wait', { fan: fan.id })).toMatchObject({ timedOut: false, fan: { state: 'complete' } })
})

test('an address that means nobody refuses the whole, and nothing is stored', async () => {
  const { daemon, lead, peers } = await crew('bob')
  using _ = daemon
  expect(lead.refusal('fans.open', { to: ['bob', 'bobb'], body: 'q' })).toMatchObject({ code: 'not_found', address: 'bobb' })
  expect(lead.refusal('fans.open', { to: ['bob'], body: 'q', enough: 2 })).toMatchObject({ code: 'invalid_input', field: 'enough' })
  expect(lead.refusal('fans.open', { to: [], body: 'q' }).code).toBe('invalid_input')
  expect(lead.refusal('fans.open', { to: ['circle:main@main'], body: 'q' }).code).toBe('invalid_input')
  expect(daemon.rows('SELECT id FROM fans')).toEqual([])
  expect(peers['bob']?.deliveries()).toEqual([])
})

/** Peers that nobody has connected, written behind the daemon's back. */
function populate(daemon: TestCore, count: number): void {
  daemon.run(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
     INSERT INTO peers (id, name, circle_id, role, mode, runtime, description, capabilities, turn, presence, created_at)
     SELECT 100 + i, 'p' || i, 1, 'agent', 'stream', 'x', '', '[]', 'idle', 'offline', 0 FROM n`,
  )
}

test('a fan of more than the limit is refused, and so is one whose bodies are too much or whose selectors are', async () => {
  const { daemon, lead } = await crew()
  using _ = daemon
  populate(daemon, LIMITS.maxFanAsks)
  const body = 'x'.repeat(LIMITS.maxBodyBytes)
  expect(lead.refusal('fans.open', { to: ['role:agent'], body })).toMatchObject({ code: 'too_large', limit: LIMITS.maxFanBytes })
  const often = ['role:agent', 'role:agent@main', 'role:agent@MAIN', 'circle:main']
  expect(lead.refusal('fans.open', { to: often, body: 'q' })).toMatchObject({ code: 'invalid_input', hint: expect.stringContaining('too often') })
  expect(daemon.rows('SELECT id FROM fans')).toEqual([])
  daemon.join('one-more')
  expect(lead.refusal('fans.open', { to: ['role:agent'], body: 'q' })).toMatchObject({ code: 'invalid_input', hint: expect.stringContaining('256') })
})

test('as many as the limit are asked and withdrawn in one command each', async () => {
  const { daemon, lead } = await crew()
  using _ = daemon
  populate(daemon, LIMITS.maxFanAsks)
  const { fan, sent } = lead.call('fans.open', { to: ['role:agent'], body: 'q', deadline: '60s' })
  expect(sent).toHaveLength(LIMITS.maxFanAsks)
  expect(lead.call('fans.cancel', { fan: fan.id }).fan.counts).toMatchObject({ open: 0, cancelled: LIMITS.maxFanAsks })
  const expiring = lead.call('fans.open', { to: ['role:agent'], body: 'q', deadline: '60s' }).fan.id
  daemon.pass(60_000)
  expect(lead.call('fans.wait', { fan: expiring })).toMatchObject({ timedOut: false, fan: { state: 'expired', counts: { expired: LIMITS.maxFanAsks } } })
  expect(lead.delivery().thread).toMatchObject({ fan: expiring })
})

test('at its deadline a fan ends with what there is, and a late answer still arrives', async () => {
  const { daemon, lead, peers } = await crew('bob', 'carol')
  using _ = daemon
  const opened = lead.call('fans.open', { to: ['bob', 'carol'], body: 'q', deadline: '30s' })
  peers['bob']?.call('threads.answer', { thread: threadTo(opened, 'bob'), body: 'a' })
  const wait = lead.post('fans.wait', { fan: opened.fan.id, timeout: '1h' })
  daemon.pass(30_000)
  expect(lead.outcome(wait)).toMatchObject({ timedOut: false, fan: { state: 'expired', counts: { answered: 1, expired: 1 } } })
  expect(lead.delivery().message.body).toContain('(expired): 1 answered, 1 expired')
  peers['carol']?.call('threads.answer', { thread: threadTo(opened, 'carol'), body: 'late a' })
  expect(lead.delivery().message).toMatchObject({ kind: 'answer', body: 'late a', late: true })
  expect(outcomes(lead, opened.fan.id)).toEqual([
    ['bob', 'answered', 'a'],
    ['carol', 'expired', undefined],
  ])
  expect(lead.deliveries()).toEqual([])
})

test('enough answers end the fan; the other asks are cancelled, and their late answers still arrive', async () => {
  const { daemon, lead, peers } = await crew('bob', 'carol', 'dan', 'eve')
  using _ = daemon
  const opened = lead.call('fans.open', { to: ['bob', 'carol', 'dan', 'eve'], body: 'q', enough: 2 })
  const dan = peers['dan']?.delivery()
  peers['dan']?.ack(dan?.delivery ?? '')
  peers['eve']?.call('threads.decline', { thread: threadTo(opened, 'eve'), reason: 'busy' })
  peers['bob']?.call('threads.answer', { thread: threadTo(opened, 'bob'), body: 'one' })
  expect(lead.deliveries()).toEqual([])
  peers['carol']?.call('threads.answer', { thread: threadTo(opened, 'carol'), body: 'two' })
  expect(lead.delivery().message.body).toContain('(enough): 2 answered, 1 declined, 1 cancelled')
  expect(lead.call('fans.get', { fan: opened.fan.id })).toMatchObject({
    fan: { state: 'enough', counts: { open: 0, answered: 2, declined: 1, cancelled: 1 } },
    outcomes: [{ state: 'answered' }, { state: 'answered' }, { state: 'cancelled', reason: 'enough others have answered' }, { state: 'declined' }],
  })
  // Who works on it is told that it can stop.
  expect(peers['dan']?.deliveries().map(({ message }) => message.kind)).toEqual(['cancel'])
  peers['dan']?.call('threads.answer', { thread: threadTo(opened, 'dan'), body: 'three' })
  expect(lead.delivery().message).toMatchObject({ body: 'three', late: true })
})

test('cancelled as a whole: answers stay, open asks are withdrawn, and the asker is told nothing it knows', async () => {
  const { daemon, lead, peers } = await crew('bob', 'carol')
  using _ = daemon
  const opened = lead.call('fans.open', { to: ['bob', 'carol'], body: 'q' })
  peers['bob']?.call('threads.answer', { thread: threadTo(opened, 'bob'), body: 'a' })
  const cancelled = lead.call('fans.cancel', { fan: opened.fan.id, reason: 'found it', key: 'c' })
  expect(cancelled).toMatchObject({ changed: true, fan: { state: 'cancelled', reason: 'found it', counts: { open: 0, answered: 1, cancelled: 1 } } })
  expect(lead.call('fans.cancel', { fan: opened.fan.id, reason: 'found it', key: 'c' })).toEqual(cancelled)
  expect(lead.call('fans.cancel', { fan: opened.fan.id })).toMatchObject({ changed: false, fan: { state: 'cancelled' } })
  expect(lead.deliveries()).toEqual([])
  expect(daemon.rows('SELECT thread_id FROM open_asks')).toEqual([])
})

test('an ask of a fan that is cancelled, fails or loses its recipient counts as ended', async () => {
  const { daemon, lead, peers } = await crew('bob', 'carol', 'dan')
  using _ = daemon
  const opened = lead.call('fans.open', { to: ['bob', 'carol', 'dan'], body: 'q' })
  lead.call('threads.cancel', { thread: threadTo(opened, 'bob') })
  peers['carol']?.call('peers.retire', {})
  expect(lead.deliveries()).toEqual([])
  for (let attempt = 1; attempt <= LIMITS.maxFailures; attempt += 1) {
    peers['dan']?.call('mailbox.nack', { delivery: opened.sent[2]?.delivery ?? '', attempt, reason: 'no' })
    // The longest backoff that there is so early.
    daemon.pass(LIMITS.backoffFirstMs * 2 ** (attempt - 1))
  }
  expect(lead.delivery().message.body).toContain('(complete): 1 cancelled, 2 failed')
})

test('what is said in between and asked back arrives at once', async () => {
  const { daemon, lead, peers } = await crew('bob', 'carol')
  using _ = daemon
  const opened = lead.call('fans.open', { to: ['bob', 'carol'], body: 'q' })
  peers['bob']?.call('threads.reply', { thread: threadTo(opened, 'bob'), body: 'Which branch?' })
  expect(lead.delivery().message).toMatchObject({ kind: 'reply', body: 'Which branch?' })
})

test('a wait says how far the fan is, and consumes nothing', async () => {
  const { daemon, lead, peers } = await crew('bob', 'carol')
  using _ = daemon
  const opened = lead.call('fans.open', { to: ['bob', 'carol'], body: 'q' })
  const fan = opened.fan.id
  const progress = lead.post('fans.wait', { fan, ended: 0 })
  const end = lead.post('fans.wait', { fan })
  peers['bob']?.call('threads.answer', { thread: threadTo(opened, 'bob'), body: 'a' })
  expect(lead.outcome(progress)).toMatchObject({ timedOut: false, fan: { state: 'open', counts: { answered: 1, open: 1 } } })
  expect(lead.replied(end)).toBe(false)
  daemon.pass(45_000)
  expect(lead.outcome(end)).toMatchObject({ timedOut: true, fan: { state: 'open' } })
})

test("a fan is its asker's: for others there is none", async () => {
  const { daemon, lead, peers } = await crew('bob', 'carol')
  using _ = daemon
  const granted = daemon.join('granted', { role: 'orchestrator', circle: 'other' })
  daemon.admin.call('grants.add', { peer: granted.id, circle: 'main' })
  const opened = lead.call('fans.open', { to: ['bob', 'carol'], body: 'q' })
  const { id: fan } = opened.fan
  for (const other of [peers['bob'], granted]) {
    for (const method of ['fans.get', 'fans.wait', 'fans.cancel']) expect(other?.refusal(method, { fan }).code).toBe('not_found')
    expect(other?.call('fans.list', {}).fans).toEqual([])
    expect(other?.call('events.list', {}).events.filter(({ type }) => type.startsWith('fan.'))).toEqual([])
  }
  expect(daemon.admin.call('fans.get', { fan }).outcomes).toHaveLength(2)
  // A notify that is made to look like the end of a fan is no part of it.
  peers['bob']?.call('threads.notify', { to: 'lead', body: `${fan} has ended (complete): 9 answered.` })
  expect(lead.delivery().thread).not.toHaveProperty('fan')
})

test('it goes on across a crash, and the asker who was away reads it all', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-fans-'))
  try {
    const path = join(folder, 'muster.db')
    const before = await TestCore.start({ path })
    const lead = before.join('lead')
    const [bob, carol] = [before.join('bob'), before.join('carol')]
    const opened = lead.call('fans.open', { to: ['bob', 'carol'], body: 'q', key: 'k' })
    bob.call('threads.answer', { thread: threadTo(opened, 'bob'), body: 'before' })
    before.crash()
    using after = await TestCore.start({ path, clock: before.clock })
    after.connect(carol.token).call('threads.answer', { thread: threadTo(opened, 'carol'), body: 'after' })
    const again = after.connect(lead.token, { consume: true })
    expect(again.delivery().thread).toMatchObject({ fan: opened.fan.id })
    expect(outcomes(again, opened.fan.id)).toEqual([
      ['bob', 'answered', 'before'],
      ['carol', 'answered', 'after'],
    ])
    // A repeat of the sending, long after, is told of the same fan.
    expect(again.call('fans.open', { to: ['bob', 'carol'], body: 'q', key: 'k' })).toMatchObject({
      fan: { id: opened.fan.id, state: 'complete' },
      sent: [{ to: { name: 'bob' } }, {}],
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('an asker who retires leaves no open fan and is sent no notice', async () => {
  const { daemon, lead, peers } = await crew('bob', 'carol')
  using _ = daemon
  const { fan } = lead.call('fans.open', { to: ['bob', 'carol'], body: 'q' })
  const end = daemon.number(fan.id)
  lead.call('peers.retire', {})
  daemon.pass(0)
  expect(daemon.row('SELECT state, waiting, cancelled, notice FROM fans WHERE id = ?', end)).toEqual({
    state: 'complete',
    waiting: 0,
    cancelled: 2,
    notice: null,
  })
  expect(peers['bob']?.deliveries().length).toBeGreaterThan(0)
})

test('long answers come in pages that end by size', async () => {
  const { daemon, lead, peers } = await crew('a', 'b', 'c', 'd', 'e', 'f')
  using _ = daemon
  const opened = lead.call('fans.open', { to: ['role:agent'], body: 'q' })
  for (const [name, peer] of Object.entries(peers)) peer.call('threads.answer', { thread: threadTo(opened, name), body: name.repeat(LIMITS.maxBodyBytes) })
  const first = lead.call('fans.get', { fan: opened.fan.id })
  expect(first.outcomes.map(({ to }) => to.name)).toEqual(['a', 'b', 'c', 'd'])
  const second = lead.call('fans.get', { fan: opened.fan.id, after: first.after ?? '' })
  expect(second.outcomes.map(({ to }) => to.name)).toEqual(['e', 'f'])
  expect(second.after).toBeNull()
})

test('a fan and its threads are kept while it is open, and forgotten together', async () => {
  const { daemon, lead, peers } = await crew('bob', 'carol')
  using _ = daemon
  const opened = lead.call('fans.open', { to: ['bob', 'carol'], body: 'q', deadline: '8000h' })
  peers['carol']?.ack(peers['carol'].delivery())
  peers['bob']?.call('threads.answer', { thread: threadTo(opened, 'bob'), body: 'a' })
  daemon.age(LIMITS.closedThreadMs + 1)
  expect(outcomes(lead, opened.fan.id)).toEqual([
    ['bob', 'answered', 'a'],
    ['carol', 'open', undefined],
  ])
  lead.call('fans.cancel', { fan: opened.fan.id })
  for (const told of peers['carol']?.deliveries() ?? []) peers['carol']?.ack(told)
  daemon.age(LIMITS.closedThreadMs + 1)
  expect(lead.refusal('fans.get', { fan: opened.fan.id }).code).toBe('not_found')
  expect(daemon.rows('SELECT id FROM threads WHERE fan_id IS NOT NULL')).toEqual([])
  expect(daemon.rows('SELECT * FROM fan_refusals')).toEqual([])
})

test('what follows from a fan stays in its chain of causes', async () => {
  const { daemon, lead, peers } = await crew('bob')
  using _ = daemon
  const opened = lead.call('fans.open', { to: ['bob'], body: 'q', causedBy: null })
  peers['bob']?.call('threads.answer', { thread: threadTo(opened, 'bob'), body: 'a' })
  const notice = lead.delivery().message
  expect(notice.causedBy).toBe(opened.sent[0]?.message)
  lead.call('fans.open', { to: ['bob'], body: 'again', causedBy: notice.id })
  expect(peers['bob']?.deliveries().at(-1)?.message.hops).toBe(1)
})
