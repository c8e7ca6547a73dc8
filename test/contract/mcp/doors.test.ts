import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OPERATION_NAMES, OPERATIONS, type OperationName } from '../../../src/contract/index.ts'
import { QUESTION, REQUEST } from '../../support/cards.ts'
import { McpClient } from '../support/mcp-client.ts'
import { TestDaemon } from '../support/test-daemon.ts'

const { kind: _kind, ...CARD } = QUESTION

/** What a tool is called with, so that it gets as far as the operation. */
type Args = () => Record<string, unknown>

describe('each door of the contract leads to its operation', () => {
  let daemon: TestDaemon
  let ada: McpClient
  const made = { fan: '', thread: '', owed: '', message: '', review: '', card: '', delivery: 'dlv_k7qm2x1' }

  const ARGS: Readonly<Record<string, Args>> = {
    peers: () => ({}),
    set_description: () => ({ description: 'at work' }),
    rename: () => ({ name: 'ada2' }),
    retire: () => ({}),
    ask: () => ({ to: 'bob', text: 'x', wait: 0 }),
    fan: () => ({ to: ['bob', 'eve'], text: 'x', wait: 0 }),
    broadcast: () => ({ text: 'x' }),
    notify: () => ({ to: 'bob', text: 'x' }),
    reply: () => ({ thread: made.owed, text: 'x' }),
    inbox: () => ({}),
    attachment: () => ({ id: 'att_k7qm2x1' }),
    wait: () => ({ ticket: made.thread, seconds: 1 }),
    thread: () => ({ thread: made.thread }),
    threads: () => ({}),
    trace: () => ({ id: made.thread }),
    owed: () => ({}),
    schedule: () => ({ text: 'x', every: '1h' }),
    schedules: () => ({}),
    orchestrator_status: () => ({}),
    lead: () => ({}),
    handover: () => ({}),
    watchdog: () => ({}),
    decision: () => CARD,
    request_approval: () => ({ ...REQUEST }),
    decisions: () => ({}),
    digest: () => ({}),
    review_queue: () => ({}),
    mark_reviewed: () => ({ pr_url: made.review }),
    review_request: () => ({ pr_url: 'https://github.com/crew/ship/pull/8' }),
    review_assign: () => ({ review: made.review, to: 'eve' }),
    review_comment: () => ({ review: made.review, note: 'x' }),
    review_withdraw: () => ({ review: made.review, reason: 'a spike' }),
    review: () => ({ review: made.review }),
    reviews: () => ({}),
    cancel: () => ({ thread: made.thread }),
    pairs: () => ({}),
    release_pair: () => ({ a: 'bob', b: 'eve' }),
    status: () => ({}),
    circles: () => ({}),
    grants: () => ({}),
    peek: () => ({}),
    dead_letters: () => ({}),
    replay: () => ({ delivery: made.delivery }),
    discard: () => ({ delivery: made.delivery }),
    redact: () => ({ message: made.message, reason: 'a slip' }),
    events: () => ({}),
    search: () => ({ text: 'x' }),
    why: () => ({ id: made.thread }),
    timeline: () => ({ peer: 'bob' }),
  }
  /** Arguments that a door needs besides those that it names itself. */
  const EXTRA: Partial<Record<OperationName, Args>> = {
    'peers.get': () => ({ peer: 'bob' }),
    'schedules.delete': () => ({ cancel: 'sch_k7qm2x4f3' }),
    'digest.seen': () => ({ since: daemon.daemon.core.store.cursor(1) }),
    'decisions.get': () => ({ card: made.card }),
    'decisions.comment': () => ({ card: made.card, comment: 'x' }),
    'decisions.withdraw': () => ({ card: made.card, withdraw: 'x' }),
    'watchdogs.create': () => ({ on: 'silence', peer: 'bob', for: '1h' }),
    'watchdogs.delete': () => ({ end: 'wdg_k7qm2x4f3' }),
    'fans.get': () => ({ ticket: made.fan, seconds: 0 }),
    'fans.wait': () => ({ ticket: made.fan }),
    'fans.cancel': () => ({ thread: made.fan }),
  }
  /** Reached, and refused for want of the rare thing that they are for. */
  const REFUSED: readonly OperationName[] = [
    'mailbox.replay',
    'mailbox.discard',
    'artifacts.read',
    'schedules.delete',
    'watchdogs.delete',
    'orchestrators.handover',
  ]

  beforeAll(async () => {
    daemon = await TestDaemon.start()
    await using admin = await daemon.greet(daemon.adminToken)
    const { token: enrolment } = await admin.call('enrolments.create', { roles: ['orchestrator'] })
    await using enrolled = await daemon.greet(enrolment)
    const { token } = await enrolled.call('peers.register', { name: 'ada', role: 'orchestrator', mode: 'pull' })
    const bob = await daemon.register({ name: 'bob', mode: 'pull' })
    await daemon.register({ name: 'eve', mode: 'pull' })
    ada = await McpClient.connect(daemon.url, token, { profile: 'full' })
    await using wire = await daemon.greet(bob.token)
    await using own = await daemon.greet(token)
    const asked = await own.call('threads.ask', { to: 'bob', body: 'x' })
    made.thread = asked.sent[0]?.thread ?? ''
    made.fan = (await own.call('fans.open', { to: ['bob', 'eve'], body: 'x' })).fan.id
    made.message = asked.sent[0]?.message ?? ''
    made.review = (await wire.call('reviews.request', { subject: { pr: 'https://github.com/crew/ship/pull/7' } })).review.id
    made.card = (await own.call('decisions.raise', QUESTION)).card.id
    for (let count = 0; count < 2; count += 1) made.owed = (await wire.call('threads.ask', { to: 'ada', body: 'x' })).sent[0]?.thread ?? ''
  })

  afterAll(async () => {
    await ada[Symbol.asyncDispose]()
    await daemon[Symbol.asyncDispose]()
  })

  const doors = OPERATION_NAMES.flatMap((name) => {
    const { mcp } = OPERATIONS[name].doors
    return typeof mcp === 'string' ? [[name, mcp] as const] : []
  })
  // Leaving for good comes last, and what ends a thread after what reads it.
  const LATE: readonly string[] = ['threads.decline', 'threads.answer', 'threads.cancel', 'threads.redact', 'peers.rename', 'peers.retire']
  const inOrder = [...doors.filter(([name]) => !LATE.includes(name)), ...LATE.flatMap((late) => doors.filter(([name]) => name === late))]

  it.each(inOrder)('%s by the tool %s', async (operation, door) => {
    const [tool = '', argument] = door.split(' ')
    const args = ARGS[tool]
    if (!args) throw new Error(`Say what ${tool} is called with`)
    const named = argument === undefined ? {} : { [argument.split(':')[0] ?? '']: JSON.parse(argument.slice(argument.indexOf(':') + 1)) as unknown }
    const { calls } = daemon.daemon.core.runner.stats
    const before = calls.get(operation) ?? 0
    const calling = ada.call(tool, { ...args(), ...named, ...EXTRA[operation]?.() })
    if (operation.endsWith('.wait')) {
      while ((calls.get(operation) ?? 0) === before) await new Promise((resolve) => setImmediate(resolve))
      daemon.clock.advance(2_000)
    }
    const result = await calling
    expect(calls.get(operation) ?? 0).toBeGreaterThan(before)
    // A thread is closed once: the second way of closing comes late, and is told so.
    if (!REFUSED.includes(operation)) expect(result, JSON.stringify(result.content)).not.toHaveProperty('isError')
  })
})
