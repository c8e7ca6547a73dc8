import { OPERATIONS, type OperationName } from '../../../../src/contract/index.ts'
import type { Member, World } from './world.ts'

type Make = (world: World, caller: Member) => Record<string, unknown>

const nothing: Make = () => ({})
const thread: Make = (world, caller) => ({ thread: world.ownId('thread', caller) })
const delivery: Make = (world, caller) => ({ delivery: world.ownId('delivery', caller) })
const said = (world: World) => `${world.word('b')} common words`
const maybe = <T>(world: World, field: string, value: () => T): Record<string, T> => (world.random.chance(0.3) ? { [field]: value() } : {})
/** Words that are in many bodies, in one, or in names. */
const wanted = (world: World) =>
  world.random.weighted([
    ['common', 5],
    ['words', 2],
    ['zb*', 3],
    [`zb${world.random.between(1, 200)}z`, 3],
    [`"common things"`, 2],
  ])

/** How each operation is called: with what is the caller's own and with what is none of its business. Every operation must be here. */
export const INPUTS: { readonly [N in OperationName]: Make } = {
  'node.ping': nothing,
  'node.status': nothing,
  'node.diagnose': nothing,
  'node.backup': () => ({ path: 'elsewhere' }),
  'peers.register': (world) => ({ name: world.random.chance(0.5) ? world.word('n') : world.address() }),
  'peers.get': (world) => ({ peer: world.random.chance(0.2) ? 'role:agent' : world.address() }),
  'peers.list': (world) => ({
    retired: world.random.chance(0.5),
    ...maybe(world, 'circle', () => world.circle()),
    ...maybe(world, 'match', () => 'zn'),
    ...maybe(world, 'capability', () => 'review'),
    ...maybe(world, 'after', () => world.anyId('peer')),
  }),
  'peers.describe': (world) => ({ description: world.word('d') }),
  'peers.rename': (world) => ({ ...maybe(world, 'peer', () => world.address()), name: world.random.chance(0.5) ? world.word('n') : 'zn2z' }),
  'peers.retire': (world) => ({ peer: world.address(), reason: world.word('r') }),
  'enrolments.create': (world) => ({ circle: world.circle(), label: world.word('l') }),
  'enrolments.spawn': (world) => ({ label: world.word('l') }),
  'enrolments.list': nothing,
  'enrolments.revoke': (world) => ({ enrolment: world.anyId('enrolment') }),
  'credentials.create': (world) => ({ ...maybe(world, 'peer', () => world.address()), label: world.word('l') }),
  'credentials.list': (world) => maybe(world, 'peer', () => world.address()),
  'credentials.revoke': (world) => ({ credential: world.anyId('credential') }),
  'circles.list': nothing,
  'grants.add': (world) => ({ peer: world.address(), circle: world.circle() }),
  'grants.remove': (world) => ({ peer: world.address(), circle: world.circle() }),
  'grants.list': nothing,
  'threads.ask': (world) => ({ to: world.address(), body: said(world) }),
  'threads.notify': (world) => (world.random.chance(0.5) ? { to: world.address(), body: said(world) } : { to: 'role:agent', select: 'all', body: said(world) }),
  'threads.broadcast': (world) => ({ ...maybe(world, 'to', () => `circle:${world.circle()}`), body: said(world) }),
  'fans.open': (world) => ({
    to: world.random.chance(0.5) ? [world.address(), world.address()] : ['role:agent'],
    body: said(world),
    ...maybe(world, 'enough', () => 1),
  }),
  'fans.get': (world) => ({ fan: world.anyId('fan') }),
  'fans.list': nothing,
  'fans.wait': (world) => ({ fan: world.anyId('fan'), timeout: '1s' }),
  'fans.cancel': (world) => ({ fan: world.anyId('fan'), reason: world.word('r') }),
  'threads.reply': (world, caller) => ({ ...thread(world, caller), body: said(world) }),
  'threads.answer': (world, caller) => ({ ...thread(world, caller), body: said(world) }),
  'threads.decline': (world, caller) => ({ ...thread(world, caller), reason: said(world) }),
  'threads.cancel': (world, caller) => ({ ...thread(world, caller), reason: said(world) }),
  'threads.get': (world, caller) => ({ ...thread(world, caller), ...maybe(world, 'before', () => world.ownId('message', caller)) }),
  'threads.list': (world) => ({ side: world.random.chance(0.5) ? 'mine' : 'theirs' }),
  'threads.owed': (world) => maybe(world, 'after', () => world.anyId('thread')),
  'threads.wait': (world, caller) => ({ ...thread(world, caller), until: 'message', timeout: '1s', ...maybe(world, 'after', () => world.anyId('message')) }),
  'threads.trace': (world, caller) => ({ id: world.ownId(world.random.pick(['thread', 'message', 'delivery']) as 'thread', caller) }),
  'threads.redact': (world, caller) => ({ message: world.ownId('message', caller), reason: world.word('r') }),
  'pairs.list': nothing,
  'pairs.release': (world) => ({ a: world.address(), b: world.address() }),
  'messages.search': (world, caller) => ({
    text: wanted(world),
    rank: world.random.chance(0.4),
    limit: world.random.between(1, 30),
    ...maybe(world, 'peer', () => world.address()),
    ...maybe(world, 'from', () => world.address()),
    ...maybe(world, 'circle', () => world.circle()),
    ...maybe(world, 'thread', () => world.ownId('thread', caller)),
  }),
  'messages.why': (world, caller) => ({ id: world.ownId(world.random.pick(['thread', 'message', 'delivery']) as 'thread', caller) }),
  'mailbox.ack': (world, caller) => ({ deliveries: [world.ownId('delivery', caller)] }),
  'mailbox.nack': (world, caller) => ({ ...delivery(world, caller), attempt: world.random.between(0, 2), reason: world.word('r') }),
  'mailbox.extend': (world, caller) => ({ deliveries: [{ ...delivery(world, caller), attempt: world.random.between(0, 2) }] }),
  'mailbox.inbox': (world) => ({ limit: world.random.between(1, 5), owed: world.random.chance(0.5) }),
  'mailbox.peek': (world) => maybe(world, 'peer', () => world.address()),
  'mailbox.read': (world, caller) => ({ upTo: world.ownId('delivery', caller) }),
  'mailbox.dead': (world) => ({ ...maybe(world, 'peer', () => world.address()), ...maybe(world, 'after', () => world.anyId('delivery')) }),
  'mailbox.replay': delivery,
  'mailbox.discard': delivery,
  'schedules.create': (world) => ({
    body: said(world),
    every: '1h',
    ...maybe(world, 'to', () => world.address()),
    ...maybe(world, 'label', () => world.word('l')),
  }),
  'schedules.edit': (world) => ({ schedule: world.anyId('schedule'), label: world.word('l') }),
  'schedules.pause': (world) => ({ schedule: world.anyId('schedule'), reason: world.word('r') }),
  'schedules.resume': (world) => ({ schedule: world.anyId('schedule') }),
  'schedules.run': (world) => ({ schedule: world.anyId('schedule') }),
  'schedules.delete': (world) => ({ schedule: world.anyId('schedule') }),
  'schedules.get': (world) => ({ schedule: world.anyId('schedule') }),
  'schedules.list': (world) => ({ mine: world.random.chance(0.3) }),
  'schedules.history': (world) => ({ schedule: world.anyId('schedule') }),
  'schedules.preview': (world) => ({ schedule: world.anyId('schedule') }),
  'reviews.queue': (world) => ({ assigned: world.random.chance(0.3), ...maybe(world, 'circle', () => world.circle()) }),
  'reviews.list': (world) => ({
    ...maybe(world, 'circle', () => world.circle()),
    ...maybe(world, 'author', () => world.address()),
    ...maybe(world, 'assignee', () => world.address()),
  }),
  'reviews.get': (world) => ({ review: world.review(), ...maybe(world, 'circle', () => world.circle()) }),
  'reviews.request': (world) => ({
    subject: { pr: world.link() },
    note: said(world),
    ...maybe(world, 'title', () => world.word('t')),
    ...maybe(world, 'circle', () => world.circle()),
    ...maybe(world, 'to', () => world.address()),
    ...maybe(world, 'authors', () => [world.address()]),
  }),
  'reviews.assign': (world) => ({
    review: world.anyId('review'),
    note: said(world),
    ...(world.random.chance(0.7) ? { to: world.address() } : { select: { otherRuntime: world.random.chance(0.5) } }),
  }),
  'reviews.mark': (world) => ({ review: world.review(), verdict: 'approve', note: said(world), ...maybe(world, 'circle', () => world.circle()) }),
  'reviews.comment': (world) => ({ review: world.review(), note: said(world), ...maybe(world, 'circle', () => world.circle()) }),
  'reviews.withdraw': (world) => ({ review: world.anyId('review'), reason: world.word('r') }),
  'reviews.observe': (world) => ({
    observations: [
      { subject: world.random.chance(0.5) ? { pr: world.link() } : { review: world.anyId('review') }, state: 'merged', at: '2026-01-01T00:00:00Z' },
    ],
  }),
  'reviews.watched': nothing,
  'orchestrators.status': (world) => maybe(world, 'circle', () => world.circle()),
  'orchestrators.claim': nothing,
  'orchestrators.handover': (world, caller) => ({
    token: world.leaderToken(caller),
    ...maybe(world, 'to', () => world.address()),
    ...maybe(world, 'notes', () => world.word('w')),
    ...maybe(world, 'keep', () => [world.anyId('thread')]),
  }),
  'orchestrators.resign': (world, caller) => ({ token: world.leaderToken(caller), ...maybe(world, 'notes', () => world.word('w')) }),
  'orchestrators.note': (world, caller) => ({ token: world.leaderToken(caller), notes: world.word('w') }),
  'orchestrators.appoint': (world) => ({ peer: world.address() }),
  'orchestrators.record': (world) => ({ ...maybe(world, 'circle', () => world.circle()), ...maybe(world, 'number', () => world.random.between(1, 3)) }),
  'sessions.boundary': (world) => ({ at: world.random.pick(['start', 'prompt', 'stop']), seen: [world.anyId('message')] }),
  'sessions.watch': () => ({ timeout: '1s' }),
  'artifacts.upload': (world) => ({ name: world.word('f') }),
  'artifacts.read': (world) => ({ artifact: world.random.chance(0.5) ? world.anyId('artifact') : world.anyId('attachment') }),
  'artifacts.list': (world) => maybe(world, 'before', () => world.anyId('artifact')),
  'events.list': (world) => ({ limit: 200, ...maybe(world, 'after', () => world.daemon.core.store.cursor(0)) }),
  'events.timeline': (world) => ({ peer: world.address(), limit: 200 }),
  'events.subscribe': (world) => ({ after: world.daemon.core.store.cursor(0) }),
  'events.unsubscribe': () => ({ subscription: 'sub-1' }),
}

/** Whether an operation changes what there is, so that it is called seldom. */
export function changes(name: OperationName): boolean {
  return OPERATIONS[name].kind === 'command'
}
