import { expect, test } from 'vitest'
import { findFile } from '../../../daemon/threads/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import { QUESTION, REQUEST } from '../../support/cards.ts'
import { type TestCore as Daemon, faultyDriver, HOOK_SECRET, TestCore } from '../../support/test-core.ts'

/** Tables that grow without bound: no statement may look at all of one. */
const LARGE = [
  'schedules',
  'occurrences',
  'watchdogs',
  'decisions',
  'decision_requesters',
  'decision_mail',
  'decision_comments',
  'arrivals',
  'approvals',
  'breaches',
  'channel_notices',
  'channel_nonces',
  'reviews',
  'review_peers',
  'review_entries',
  'fans',
  'fan_refusals',
  'threads',
  'messages',
  'deliveries',
  'events',
  'open_asks',
  'topics',
  'idempotency',
  'pairs',
  'artifacts',
  'attachments',
]

/** What may walk an index from end to end, and why. */
const ALLOWED: readonly (readonly [sql: RegExp, why: string])[] = [
  [/^SELECT peer_id, count\(\*\)/, 'once at the start: the rooms of the mailboxes, by the index of what waits'],
  [/^SELECT id, peer_id, thread_id, state, backoff_ms FROM deliveries/, 'once at the start: the waits, by the index of what waits'],
  [/^SELECT count\(\*\) AS n FROM \(SELECT 1 FROM/, 'the status counts an index, up to a bound'],
  [/^SELECT \* FROM \(SELECT \* FROM deliveries WHERE state IN/, 'the diagnosis looks at the first 1,000 that wait, by their index'],
  [/INDEXED BY deliveries_dead/, 'the dead letters, which are few, by their index'],
  [/^SELECT due_at FROM open_asks ORDER BY due_at LIMIT 1$/, 'the first entry of an index'],
  [/^SELECT raised_at FROM decisions WHERE state = 'waiting' ORDER BY id LIMIT 1$/, 'the same'],
  [/^SELECT fire_at FROM schedules WHERE state = 'active' ORDER BY fire_at LIMIT 1$/, 'the same'],
  [/^SELECT next_at FROM watchdogs WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1$/, 'the same'],
  [/^SELECT \* FROM reviews r WHERE state = 'owed' AND/, 'what is owed, at most 500 in each circle, by its index'],
  [/^SELECT \* FROM decisions WHERE state = 'waiting' ORDER BY id LIMIT 1000$/, 'the cards that wait, at most 32 of each peer, by their index'],
  [/^SELECT id FROM decisions WHERE state = 'waiting' AND source = 'permission'/, 'once at the start: of the cards that wait, by their index'],
  [/^UPDATE watchdogs SET next_at = @now WHERE next_at IS NOT NULL AND \(state/, 'once at the start, and when the clock leaps: those on watch, by their index'],
]

const CHANNELS = { telegram: true, ntfy: true, webhooks: [], pushHosts: [], pushKey: () => '' } as const

type Peer = ReturnType<Daemon['join']>

function useSchedules(peer: Peer): void {
  const { id } = peer.call('schedules.create', {
    to: 'p',
    body: 'look',
    every: '1h',
    gates: [
      { if: 'silent', for: '1m' },
      { if: 'mail', not: true },
      { if: 'owes', not: true },
    ],
  }).schedule
  peer.call('schedules.history', { schedule: id })
  peer.call('schedules.run', { schedule: id })
  peer.call('schedules.list', {})
  peer.call('schedules.list', { mine: true })
  peer.call('schedules.pause', { schedule: id })
  peer.call('schedules.resume', { schedule: id })
}

/** Two authors, a reviewer who is given it, a push, a mark, and the end of another. */
function useReviews(a: Peer, b: Peer, lead: Peer): void {
  const subject = { repository: 'https://git.example/crew/ship.git', branch: 'main' }
  a.call('threads.notify', { to: 'lead', body: 'Done: https://git.example/crew/ship/pull/7', touched: [{ ...subject, sha: 'a1b2c3d4' }] })
  const [first, second] = lead.call('reviews.queue', {}).reviews
  lead.call('reviews.assign', { review: first?.id ?? '', to: 'b', nudge: '1h' })
  lead.call('threads.notify', { to: 'b', body: 'Pushed.', touched: [{ ...subject, sha: 'b2c3d4e5' }] })
  b.call('reviews.comment', { review: first?.id ?? '', note: 'Looking.' })
  b.call('reviews.mark', { review: first?.id ?? '', verdict: 'approve', key: 'v1' })
  lead.call('reviews.request', { subject: { pr: 'https://git.example/crew/ship/pull/8' }, select: { capability: 'x' }, authors: ['a'] })
  for (const state of ['owed', 'reviewed', 'ended'] as const) lead.call('reviews.list', { state, author: 'a', assignee: 'b' })
  lead.call('reviews.get', { review: second?.id ?? '' })
  lead.call('reviews.withdraw', { review: second?.id ?? '', reason: 'a spike' })
}

/** Questions and approvals, to a person with quiet hours, decided, joined, superseded, withdrawn, and by default. */
function useDecisions(daemon: Daemon, a: Peer, lead: Peer): void {
  const ann = daemon.connect(daemon.register('ann', { role: 'person', mode: 'pull' }).token)
  const owner = daemon.person('owner')
  for (const scope of [{}, { circle: 'main' }, { peer: 'a' }]) owner.call('threads.list', { side: 'visible', ...scope })
  ann.call('decisions.quiet', { from: '00:00', to: '00:30', zone: 'UTC' })
  const raise = (question: string, more: object = {}) => a.call('decisions.raise', { ...QUESTION, question, key: question, ...more }).card.id
  const first = raise('one?', { default: { option: 'a', after: '1m' } })
  raise('two?', { topic: 't' })
  const third = raise('three?', { topic: 't', default: { option: 'stay_blocked', after: '1m' } })
  lead.call('decisions.raise', { ...QUESTION, question: 'three?' })
  a.call('decisions.comment', { card: first, body: 'so' })
  lead.call('decisions.withdraw', { card: third, reason: 'not now' })
  const { card } = a.call('decisions.request', REQUEST)
  ann.call('approvals.preview', { card: card?.id ?? '' })
  const { approvals } = ann.call('decisions.resolve', { card: card?.id ?? '', option: 'a', lease: { count: 3, for: '1h' } })
  a.call('decisions.request', { ...REQUEST, key: 'd1' })
  a.call('decisions.request', { ...REQUEST, key: 'd1' })
  const presented = { approval: approvals[0]?.id ?? '', action: REQUEST.action }
  a.call('approvals.use', presented)
  a.call('approvals.check', presented)
  a.call('approvals.revoke', { approval: presented.approval })
  ann.call('tiers.set', { kind: 'milestone', tier: 'notify' })
  a.call('decisions.request', { ...REQUEST, action: { ...REQUEST.action, kind: 'milestone' } })
  for (const peer of [a, ann, lead, daemon.admin]) {
    peer.call('decisions.queue', {})
    peer.call('decisions.list', { state: 'waiting' })
    peer.call('decisions.get', { card: card?.id ?? '' })
    peer.call('approvals.list', { live: true })
    peer.call('tiers.list', { circle: 'main' })
  }
  daemon.pass(3_600_000)
}

/** A person with channels of each kind, who is told, answers, and is told that it failed. */
function useChannels(daemon: Daemon, a: Peer, lead: Peer): void {
  const { id } = daemon.join('eve', { role: 'person', mode: 'pull' })
  const eve = daemon.connect(daemon.device(id, 'phone'))
  const service = daemon.service('channels')
  const origin = { bot: 'b', account: '1', chat: '1' }
  const hear = (text: string, more: object = {}) =>
    service.call('channels.hear', { ...origin, isPrivate: true, name: 'eve', key: `u${text.length}`, text, ...more })
  const { channel } = eve.call('push.subscribe', { endpoint: 'https://fcm.googleapis.com/x', keys: { p256dh: 'B'.repeat(87), auth: 'A'.repeat(22) } })
  hear(`/start ${eve.call('channels.bind', { kind: 'telegram' }).code}`)
  const claimed = eve.call('channels.list', {}).channels.find(({ confirmed }) => !confirmed)
  eve.call('channels.confirm', { channel: claimed?.id ?? '' })
  a.call('decisions.raise', { ...QUESTION, question: 'Channels?' })
  lead.call('threads.ask', { to: 'eve', body: 'q' })
  const take = () => service.call('channels.take', { bot: 'b' }).errands
  const carry = (more: object) => {
    for (const errand of take()) service.call('channels.report', { errand: errand.id, outcome: 'sent', ...more })
  }
  const buttons = take().flatMap(({ notice }) => notice.options.flatMap(({ nonce }) => nonce ?? []))
  carry({ outcome: 'failed' })
  daemon.pass(10_000)
  carry({ handle: '7' })
  carry({ handle: '8' })
  hear('Well?', { replyTo: '7' })
  hear('Yes.', { replyTo: '8' })
  hear('Go on.')
  service.call('channels.press', { ...origin, nonce: buttons[0] ?? '' })
  carry({ outcome: 'refused' })
  eve.call('channels.test', { channel: channel.id })
  eve.call('channels.set', { channel: channel.id, wants: ['cards'] })
  for (const caller of [eve, daemon.admin]) caller.call('channels.list', {})
  eve.call('push.unsubscribe', {})
}

/** A task that is after another, one that has ended, and what a person is asked. */
function useBoard(daemon: Daemon, a: Peer, lead: Peer): void {
  const ask = (body: string, task: object) => lead.call('threads.ask', { to: 'a', body, task: { title: body, ...task } }).sent[0]?.thread ?? ''
  const first = ask('one', { name: 'one' })
  ask('two', { after: [first] })
  a.call('threads.reply', { thread: first, body: 'half', progress: { done: 1, of: 2 } })
  a.call('threads.answer', { thread: ask('three', {}), body: 'so' })
  for (const peer of [a, lead, daemon.admin]) peer.call('board.get', { circle: 'main' })
}

/** Events that are new, known by either key, dropped, and cannot be sent. */
function useIngress(daemon: Daemon, lead: Peer): void {
  const verify = { by: 'token', header: 'X-Token', idHeader: 'X-Id', eventHeader: 'X-Event' } as const
  const input = { name: 'ci', verify, secret: { variable: HOOK_SECRET.variable }, to: 'lead', topic: 't', events: ['e'] }
  daemon.admin.call('ingress.create', input)
  const come = (id: string, event: string, body: string) => {
    const headers = { 'x-token': HOOK_SECRET.text, 'x-event': event, ...(id !== '' && { 'x-id': id }) }
    daemon.core.gateway.ingress.receive({ source: 'ci', headers, body: Buffer.from(body) }).catch(() => undefined)
    daemon.pass(0)
  }
  for (const id of ['1', '1', '', '']) come(id, 'e', '{}')
  come('2', 'other', '{}')
  daemon.admin.call('ingress.update', { source: 'ci', to: 'cap:none', select: 'all' })
  for (const id of ['3', '3']) come(id, 'e', '{}')
  daemon.admin.call('ingress.rotate', { source: 'ci', secret: { variable: 'ANOTHER' } })
  come('4', 'other', '{}')
  daemon.admin.call('ingress.finish', { source: 'ci', keep: 'old' })
  daemon.admin.call('ingress.pause', { source: 'ci' })
  daemon.admin.call('ingress.resume', { source: 'ci' })
  const { before } = lead.call('ingress.arrivals', { source: 'ci', limit: 1 })
  lead.call('ingress.arrivals', { source: 'ci', ...(before !== null && { before }) })
  lead.call('ingress.list', {})
  daemon.admin.call('node.diagnose', {})
  daemon.pass(LIMITS.sameBodyMs + 1)
  come('', 'e', '{}')
  daemon.admin.call('ingress.remove', { source: 'ci' })
}

function useOrchestrators(daemon: Daemon, a: Peer, lead: Peer): void {
  const { token } = lead.call('orchestrators.claim', {}).leadership
  const second = daemon.join('second', { role: 'orchestrator' })
  lead.call('threads.ask', { to: 'a', body: 'q' })
  lead.call('fans.open', { to: ['role:agent'], body: 'q' })
  a.call('threads.ask', { to: 'lead', body: 'q' })
  lead.call('orchestrators.note', { token: token ?? '', notes: 'x' })
  lead.call('orchestrators.handover', { token: token ?? '', key: 'o1' })
  second.call('orchestrators.record', {})
  second.leave()
  daemon.pass(110_000)
  lead.call('orchestrators.status', {})
}

/** Uses every operation that reads or writes those tables, and lets every timer run. */
function useEverything(daemon: Daemon): void {
  const a = daemon.join('a', { capabilities: ['x'] })
  const b = daemon.join('b', { capabilities: ['x'] })
  const p = daemon.join('p', { mode: 'pull' })
  const r = daemon.join('r', { mode: 'read' })
  const lead = daemon.join('lead', { role: 'orchestrator' })
  for (const peer of [a, lead]) useSchedules(peer)
  useReviews(a, b, lead)
  for (const scope of [{ peer: 'b' }, { peer: 'a', side: 'from' }, {}] as const) lead.call('watchdogs.create', { on: 'ask', for: '1m', over: true, ...scope })
  const { id: watchdog } = lead.call('watchdogs.create', { on: 'silence', peer: 'p', for: '1m', repeat: '1m', key: 'w1' }).watchdog
  lead.call('watchdogs.create', { on: 'silence', peer: 'p', for: '1m', repeat: '1m', key: 'w1' })
  const {
    thread = '',
    message = '',
    delivery = '',
  } = a.call('threads.ask', { to: 'b', body: 'q', key: 'k1', escalateTo: 'lead', deadline: '100s' }).sent[0] ?? {}
  a.call('threads.ask', { to: 'b', body: 'q', key: 'k1', escalateTo: 'lead', deadline: '100s' })
  b.call('mailbox.extend', { deliveries: [{ delivery, attempt: 1 }] })
  b.call('mailbox.nack', { delivery, attempt: 1 })
  daemon.pass(1_000)
  b.call('threads.reply', { thread, delivery, body: 'r', key: 'k2' })
  for (const query of [
    () => a.call('threads.get', { thread }),
    () => a.call('threads.list', { state: 'open' }),
    () => b.call('threads.list', { side: 'theirs' }),
    () => b.call('threads.list', { side: 'visible', circle: 'main', preview: true }),
    () => b.call('threads.owed', {}),
    () => a.call('threads.trace', { id: message }),
    () => a.call('threads.wait', { thread, until: 'message' }),
    () => a.call('mailbox.peek', {}),
    () => a.call('mailbox.dead', {}),
    () => daemon.admin.call('mailbox.dead', { peer: 'b' }),
    () => a.call('pairs.list', {}),
    () => a.call('events.list', { types: ['thread'] }),
    () => a.call('events.list', { preview: true }),
    () => a.call('events.list', { after: a.hello?.cursor ?? '' }),
    () => daemon.admin.call('node.status', {}),
    () => daemon.admin.call('node.diagnose', {}),
    () => lead.call('circles.list', {}),
  ]) {
    query()
  }
  const { fan } = a.call('fans.open', { to: ['role:agent', 'a'], body: 'q', enough: 1, deadline: '200s', key: 'f1' })
  a.call('fans.open', { to: ['role:agent', 'a'], body: 'q', enough: 1, deadline: '200s', key: 'f1' })
  a.post('fans.wait', { fan: fan.id })
  b.call('threads.answer', { thread: a.call('fans.get', { fan: fan.id }).outcomes[0]?.thread ?? '', body: 'a' })
  a.call('fans.cancel', { fan: a.call('fans.open', { to: ['circle:main'], body: 'q' }).fan.id })
  a.call('fans.list', {})
  a.call('threads.broadcast', { body: 'n' })
  daemon.pass(110_000)
  b.leave('lost')
  const again = daemon.connect(b.token, { consume: true })
  a.call('threads.notify', { to: 'cap:x', select: 'all', body: 'n', topic: 't' })
  a.call('threads.notify', { to: 'b', body: 'n', topic: 't' })
  a.call('threads.notify', { to: 'p', body: 'n' })
  a.call('threads.notify', { to: 'p', body: 'n' })
  const upTo = a.call('threads.notify', { to: 'r', body: 'n' }).sent[0]?.delivery ?? ''
  const carrying = a.call('threads.notify', { to: 'p', body: 'n', attachments: [daemon.upload(a.token, 'one'), daemon.upload(a.token, 'two')] }).sent[0]
  daemon.upload(a.token, 'two')
  const carried = a.call('threads.trace', { id: carrying?.message ?? '' }).message.attachments[0]?.id ?? ''
  const caller = daemon.core.gateway.authenticate(p.token)
  if (caller) findFile(daemon.core.store, caller, carried)
  a.call('threads.redact', { message: carrying?.message ?? '', reason: 'said too much' })
  a.call('artifacts.list', {})
  const { cursor } = p.call('mailbox.inbox', { limit: 1, owed: true })
  // Without a word on its cause: what it has in hand is looked for.
  p.call('threads.notify', { to: 'a', body: 'n' })
  p.call('mailbox.inbox', { cursor })
  p.call('sessions.boundary', { at: 'start', seen: [message], key: 'k3' })
  a.call('threads.notify', { to: 'p', body: 'n' })
  p.post('sessions.watch', { timeout: '1s' })
  const { items } = p.call('sessions.boundary', { at: 'wake', key: 'k4' })
  p.call('sessions.boundary', { at: 'wake', key: 'k4' })
  p.call('sessions.boundary', { at: 'stop', seen: items.map((item) => item.message.id) })
  p.call('peers.describe', { turn: 'idle' })
  r.call('mailbox.read', { upTo })
  const declined = again.call('threads.ask', { to: 'a', body: 'q', causedBy: null }).sent[0]?.thread ?? ''
  a.call('threads.decline', { thread: declined, reason: 'no' })
  a.call('threads.answer', { thread: declined, body: 'late' })
  const cancelled = again.call('threads.ask', { to: 'a', body: 'q', causedBy: null }).sent[0]?.thread ?? ''
  again.call('threads.cancel', { thread: cancelled })
  a.call('threads.redact', { message, reason: 'x' })
  useOrchestrators(daemon, a, lead)
  useBoard(daemon, a, lead)
  useDecisions(daemon, a, lead)
  useChannels(daemon, a, lead)
  useIngress(daemon, lead)
  daemon.run("UPDATE deliveries SET state = 'dead' WHERE id = ?", daemon.number(upTo))
  a.call('mailbox.replay', { delivery: upTo })
  for (const peer of [a, lead]) peer.call('watchdogs.list', { mine: peer === lead })
  lead.call('watchdogs.list', {})
  lead.call('watchdogs.history', { watchdog })
  lead.call('watchdogs.pause', { watchdog })
  lead.call('watchdogs.resume', { watchdog })
  again.call('peers.retire', {})
  // A week at a time: a leap of months would be taken for a wrong clock.
  for (let week = 0; week < 15; week += 1) {
    daemon.clock.stepWall(7 * 86_400_000)
    daemon.pass(3_600_000)
  }
}

test('no statement looks at the whole of a table that grows', async () => {
  const statements = new Set<string>()
  using daemon = await TestCore.start({ channels: CHANNELS, driver: faultyDriver((sql) => statements.add(sql)) })
  useEverything(daemon)
  expect(daemon.errors).toEqual([])
  const scans: string[] = []
  for (const sql of statements) {
    if (!/^\s*(SELECT|UPDATE|DELETE|WITH)/.test(sql) || ALLOWED.some(([allowed]) => allowed.test(sql))) continue
    const positional = sql.replace(/@\w+/g, '?')
    const plan = daemon.db.prepare(`EXPLAIN QUERY PLAN ${positional}`).all(...Array<null>(positional.split('?').length - 1).fill(null)) as { detail: string }[]
    for (const { detail } of plan) {
      const table = /^SCAN (\w+)/.exec(detail)?.[1] ?? ''
      const real = new RegExp(`\\b(\\w+) (?:AS )?${table}\\b`).exec(sql)?.[1] ?? table
      if (LARGE.includes(table) || (LARGE.includes(real) && table !== '')) scans.push(`${detail}: ${sql.replace(/\s+/g, ' ')}`)
    }
  }
  expect(scans).toEqual([])
  // The workload is of no use if it misses the statements that matter.
  for (const table of LARGE) expect([...statements].filter((sql) => sql.includes(table)).length, table).toBeGreaterThan(0)
  expect(statements.size).toBeGreaterThan(60)
})

test('what is allowed to walk an index does not walk a table', async () => {
  const statements = new Set<string>()
  using daemon = await TestCore.start({ channels: CHANNELS, driver: faultyDriver((sql) => statements.add(sql)) })
  useEverything(daemon)
  const allowed = [...statements].filter((sql) => ALLOWED.some(([pattern]) => pattern.test(sql)))
  expect(allowed.length).toBeGreaterThanOrEqual(ALLOWED.length)
  for (const sql of allowed) {
    const positional = sql.replace(/@\w+/g, '?')
    const plan = daemon.db.prepare(`EXPLAIN QUERY PLAN ${positional}`).all(...Array<null>(positional.split('?').length - 1).fill(null)) as { detail: string }[]
    for (const { detail } of plan) {
      if (/^SCAN (deliveries|d|open_asks|threads|messages)\b/.test(detail)) expect(detail).toContain('USING')
    }
  }
})
