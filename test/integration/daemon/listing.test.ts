import { expect, test } from 'vitest'
import type { Input } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

/** What a caller is shown, page by page. */
function listed(client: CoreClient, input: Input<'threads.list'>): string[] {
  const ids: string[] = []
  for (let before: string | null | undefined; before !== null; ) {
    const page = client.call('threads.list', { ...input, ...(before !== undefined && { before }) })
    ids.push(...page.threads.map(({ id }) => id))
    before = page.before
  }
  return ids
}

const opened = (client: CoreClient, to: string, body = 'q') => client.call('threads.ask', { to, body, causedBy: null }).sent[0]?.thread ?? ''

/** Two circles with a thread in each, one across them, and a notify to several. */
async function twoCircles() {
  const daemon = await TestCore.start()
  const [a, b] = [daemon.join('a'), daemon.join('b')]
  const lead = daemon.join('lead', { role: 'orchestrator' })
  const far = [daemon.join('x', { circle: 'far' }), daemon.join('y', { circle: 'far' })] as const
  daemon.join('z', { circle: 'far' })
  daemon.admin.call('grants.add', { peer: lead.id, circle: 'far' })
  const near = opened(a, 'b')
  const away = opened(far[0], 'y')
  const across = opened(lead, 'x@far')
  const many = far[0].call('threads.notify', { to: 'role:agent', select: 'all', body: 'n' }).sent[0]?.thread ?? ''
  return { daemon, a, b, lead, far, near, away, across, many }
}

test('who may read a thread finds it in the list of all that is visible, and nobody else does', async () => {
  const { daemon, a, b, lead, far, near, away, across, many } = await twoCircles()
  using _ = daemon
  const ann = daemon.person('ann')
  for (const limit of [1, 2, 50]) {
    expect(listed(ann, { side: 'visible', limit })).toEqual([many, across, away, near])
    expect([a, b].map((peer) => listed(peer, { side: 'visible', limit }))).toEqual([[near], [near]])
    expect(listed(lead, { side: 'visible', limit })).toEqual([many, across, away])
    expect(listed(far[0], { side: 'visible', limit })).toEqual([many, across, away])
    // One of several that a notify went to reads it, and has it in the mailbox, not here.
    expect(listed(far[1], { side: 'visible', limit })).toEqual([away])
  }
  for (const thread of listed(ann, { side: 'visible' })) expect(ann.call('threads.get', { thread }).thread.id).toBe(thread)
})

test('a person sees its own circle, and one that comes later, as every other', async () => {
  using daemon = await TestCore.start()
  const ann = daemon.person('ann')
  expect(listed(ann, { side: 'visible' })).toEqual([])
  daemon.join('b')
  daemon.join('y', { circle: 'later' })
  const threads = [opened(daemon.join('a'), 'b'), opened(daemon.join('x', { circle: 'later' }), 'y')]
  expect(listed(ann, { side: 'visible' })).toEqual(threads.reverse())
  expect(ann.call('events.list', { types: ['thread.opened'] }).events.map(({ subject }) => subject)).toEqual(threads.reverse())
})

test('the list keeps to one peer and one circle, within what the caller may read', async () => {
  const { daemon, a, b, lead, far, near, away, across, many } = await twoCircles()
  using _ = daemon
  const ann = daemon.person('ann')
  const visible = (client: CoreClient, more: Input<'threads.list'>) => listed(client, { side: 'visible', limit: 1, ...more })
  // A thread is of the circle of whoever it went to.
  expect(visible(ann, { circle: 'far' })).toEqual([many, across, away])
  expect(visible(ann, { circle: 'main' })).toEqual([near])
  expect(visible(lead, { circle: 'far' })).toEqual([many, across, away])
  expect(visible(lead, { circle: 'main' })).toEqual([])
  expect(visible(a, { circle: 'main' })).toEqual([near])
  expect(a.refusal('threads.list', { side: 'visible', circle: 'far' }).code).toBe('not_found')
  expect(visible(ann, { peer: 'x' })).toEqual([many, across, away])
  expect(visible(ann, { peer: 'lead', circle: 'far' })).toEqual([across])
  expect(visible(ann, { peer: 'x', state: 'notice' })).toEqual([many])
  expect(visible(lead, { peer: 'y@far' })).toEqual([away])
  expect(visible(lead, { peer: 'a' })).toEqual([])
  expect(visible(b, { peer: 'a' })).toEqual([near])
  expect(visible(far[0], { peer: far[0].id })).toEqual([many, across, away])
  expect(listed(far[0], { side: 'mine', peer: 'y' })).toEqual([away])
  expect(listed(far[0], { side: 'theirs', circle: 'far', peer: 'y' })).toEqual([])
  expect(far[0].refusal('threads.list', { side: 'theirs', peer: lead.id }).code).toBe('not_found')
  expect(a.refusal('threads.list', { side: 'visible', peer: 'role:agent' }).code).toBe('invalid_input')
  b.call('peers.retire', {})
  expect(visible(ann, { peer: b.id })).toEqual([near])
})

test('a preview tells how a thread begins, what was said last, and how many messages it has', async () => {
  using daemon = await TestCore.start()
  const [a, b] = [daemon.join('a'), daemon.join('b')]
  const thread = opened(a, 'b', `${'🎈'.repeat(150)}${'x'.repeat(150)}`)
  expect(a.call('threads.list', {}).threads[0]).not.toHaveProperty('preview')
  const [listing] = a.call('threads.list', { preview: true }).threads
  expect(listing?.preview).toMatchObject({ messages: 1, first: { kind: 'ask', from: { name: 'a' }, text: `${'🎈'.repeat(150)}${'x'.repeat(50)}` } })
  expect(listing?.preview?.latest).toEqual(listing?.preview?.first)
  b.call('threads.answer', { thread, body: 'done' })
  const [answered] = daemon.person('ann').call('threads.list', { side: 'visible', preview: true }).threads
  expect(answered?.preview).toMatchObject({ messages: 2, first: { kind: 'ask' }, latest: { kind: 'answer', from: { name: 'b' }, text: 'done' } })
  b.call('threads.redact', { message: answered?.preview?.latest.message ?? '', reason: 'a slip' })
  expect(a.call('threads.list', { preview: true }).threads[0]?.preview?.latest.text).toBe('[redacted]')
})

test('a call examines no more than a query may, and goes on behind that', async () => {
  using daemon = await TestCore.start()
  const [a, b] = [daemon.join('a'), daemon.join('b')]
  const ann = daemon.person('ann')
  const rare = opened(a, 'b')
  b.call('threads.answer', { thread: rare, body: 'x' })
  const columns = 'kind, priority, circle_id, opener_id, recipient_id, opened_at, head, tail, opening_delivery, hops, attended'
  for (let n = 0; n < LIMITS.maxExamined; n += 1)
    daemon.run(`INSERT INTO threads (id, state, ${columns}) SELECT ${100 + n}, 'expired', ${columns} FROM threads WHERE id = 1`)
  for (const side of ['mine', 'visible'] as const) {
    const client = side === 'mine' ? a : ann
    const page = client.call('threads.list', { side, state: 'answered' })
    expect([page.threads, page.before === null]).toEqual([[], false])
    expect(client.call('threads.list', { side, state: 'answered', before: page.before ?? '' }).threads.map(({ id }) => id)).toEqual([rare])
  }
})
