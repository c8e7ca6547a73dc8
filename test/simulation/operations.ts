import type { OperationName } from '../../src/contract/index.ts'
import type { Actor } from './actor.ts'
import { attached, upload } from './files.ts'
import type { World } from './world.ts'

type Params = Record<string, unknown>

/** One operation as the simulation performs it; `undefined` where the actor has nothing to do it with. */
interface Play {
  readonly weight: number
  readonly by: 'peer' | 'stream' | 'pull' | 'read' | 'admin' | 'enrolment' | 'any'
  readonly make: (world: World, actor: Actor) => Params | undefined
}

const play = (weight: number, by: Play['by'], make: Play['make'] = () => ({})): Play => ({ weight, by, make })
const anyThread = (world: World, actor: Actor) => world.random.pick(world.random.chance(0.5) ? actor.mine : actor.theirs)
/** A fan of the actor's, a recent one. */
function fan(world: World, actor: Actor, params: Params = {}): Params | undefined {
  const id = actor.fans.at(-world.random.between(1, 4))
  return id === undefined ? undefined : { fan: id, ...params }
}

const named = (thread: string | undefined, params: Params = {}): Params | undefined => (thread === undefined ? undefined : { thread, ...params })

/** Where a send goes: mostly to one by name or id, now and then to all of a kind, to itself, or to nobody. */
function address(world: World, actor: Actor): Params {
  const { random } = world
  const other = random.pick(world.peers.filter((peer) => peer !== actor && peer.peerId !== undefined))
  if (!other || random.chance(0.02)) return { to: 'nobody' }
  return random.weighted<() => Params>([
    [() => ({ to: other.name }), 50],
    [() => ({ to: other.peerId }), 25],
    [() => ({ to: `${other.name}@main` }), 5],
    [() => ({ to: 'role:agent', select: 'all' }), 8],
    [() => ({ to: 'role:orchestrator', select: 'one' }), 4],
    [() => ({ to: 'cap:review', select: random.chance(0.7) ? 'all' : 'one' }), 6],
    [() => ({ to: actor.name }), 3],
  ])()
}

function cause(world: World, actor: Actor): Params {
  const hand = world.random.pick([...actor.inHand.values()])
  if (!hand || world.random.chance(0.6)) return world.random.chance(0.5) ? { causedBy: null } : {}
  return { causedBy: hand.message }
}

function deadline(world: World): Params {
  const { random } = world
  return random.weighted<() => Params>([
    [() => ({ deadline: `${random.between(2, 60)}s` }), 45],
    [() => ({ deadline: `${random.between(1, 20)}m` }), 35],
    [() => ({ deadlineAt: new Date(world.clock.wallMs() + random.between(-5_000, 600_000)).toISOString() }), 15],
    [() => ({}), 5],
  ])()
}

const BOUNDARIES = [
  ['start', 10],
  ['prompt', 20],
  ['tool', 25],
  ['stop', 20],
  ['wake', 12],
  ['permission', 5],
  ['end', 8],
] as const
const PRIORITIES = ['urgent', 'normal', 'low'] as const

/**
 * Who is paired, how people are reached elsewhere, and what comes from outside, is for tests of its own. Schedules, reviews, decisions, orchestrators and watchdogs have simulations of their own; a
 * digest and the activity of the node read what others wrote.
 */
type Apart =
  | 'pairings'
  | 'devices'
  | 'actions'
  | 'passphrase'
  | 'push'
  | 'channels'
  | 'schedules'
  | 'reviews'
  | 'decisions'
  | 'approvals'
  | 'tiers'
  | 'orchestrators'
  | 'watchdogs'
  | 'board'
  | 'digest'
  | 'ingress'
type Played = Exclude<OperationName, 'peers.register' | 'enrolments.spawn' | 'node.activity' | `${Apart}.${string}`>

export const PLAYS: Readonly<Record<Played, Play>> = {
  'threads.ask': play(130, 'peer', (world, actor) => {
    const escalateTo = world.random.chance(0.25) ? world.random.pick(world.peers)?.name : undefined
    const base = { ...address(world, actor), ...deadline(world), ...cause(world, actor), ...attached(world, actor), priority: world.random.pick(PRIORITIES) }
    return escalateTo === undefined ? base : { ...base, escalateTo }
  }),
  'threads.notify': play(110, 'peer', (world, actor) => {
    const base = { ...address(world, actor), ...cause(world, actor), ...attached(world, actor), priority: world.random.pick(PRIORITIES) }
    if (world.random.chance(0.5)) return base
    // What waits can be superseded: mostly at those who fetch their mail.
    const slow = world.random.pick(world.peers.filter((peer) => peer !== actor && peer.mode !== 'stream'))
    return { ...base, topic: `topic ${world.random.between(1, 2)}`, ...(slow && !('select' in base) && world.random.chance(0.6) && { to: slow.name }) }
  }),
  'threads.reply': play(45, 'peer', (world, actor) => named(anyThread(world, actor), { ...cause(world, actor), ...attached(world, actor) })),
  'threads.answer': play(26, 'peer', (world, actor) => named(world.random.pick(actor.theirs), attached(world, actor))),
  'threads.broadcast': play(16, 'peer', (world, actor) => {
    const to = world.random.pick([undefined, 'role:agent', 'cap:review', 'circle:main', 'circle:nowhere'])
    const topic = world.random.chance(0.5) ? `topic ${world.random.between(1, 2)}` : undefined
    return { ...cause(world, actor), ...(to !== undefined && { to }), ...(topic !== undefined && { topic }), priority: world.random.pick(PRIORITIES) }
  }),
  'fans.open': play(46, 'peer', (world, actor) => {
    const { random } = world
    const others = random.shuffle(world.peers.filter((peer) => peer.peerId !== undefined))
    const named = others.slice(0, random.between(1, 5)).map((peer) => (random.chance(0.5) ? peer.name : peer.peerId))
    const to = random.chance(0.7) ? named : [random.pick(['role:agent', 'cap:review', 'circle:main']), ...named.slice(0, 1)]
    return { to, ...deadline(world), ...cause(world, actor), ...(random.chance(0.45) && { enough: random.between(1, 2) }), priority: random.pick(PRIORITIES) }
  }),
  'fans.get': play(80, 'peer', (world, actor) => fan(world, actor, { limit: world.random.pick([1, 50, 50]) })),
  'fans.list': play(6, 'peer', (world) => ({ limit: world.random.between(1, 10) })),
  'fans.wait': play(70, 'peer', (world, actor) =>
    fan(world, actor, { ...(world.random.chance(0.4) && { ended: world.random.between(0, 3) }), timeout: `${world.random.between(1, 120)}s` }),
  ),
  'fans.cancel': play(75, 'peer', (world, actor) => fan(world, actor)),
  'threads.decline': play(14, 'peer', (world, actor) => named(world.random.pick(actor.theirs))),
  'threads.cancel': play(24, 'peer', (world, actor) => named(actor.mine.at(-world.random.between(1, 4)))),
  'threads.get': play(14, 'peer', (world, actor) => named(anyThread(world, actor))),
  'threads.list': play(8, 'peer', (world) => ({ side: world.random.pick(['mine', 'theirs', 'visible']), limit: world.random.between(1, 20) })),
  'threads.owed': play(8, 'peer'),
  'threads.wait': play(24, 'peer', (world, actor) =>
    named(anyThread(world, actor), { until: world.random.pick(['message', 'closed']), timeout: `${world.random.between(1, 120)}s` }),
  ),
  'threads.trace': play(10, 'peer', (world, actor) => ({
    id: world.random.pick(actor.mine) ?? world.random.pick([...actor.inHand.keys()]) ?? actor.theirs[0],
  })),
  'messages.search': play(14, 'any', (world) => ({
    text: world.random.chance(0.7) ? String(world.random.between(1, 300)) : 'xxx*',
    rank: world.random.chance(0.3),
    limit: world.random.between(1, 20),
    ...(world.random.chance(0.2) && { from: world.random.pick(world.peers)?.peerId ?? 'nobody' }),
  })),
  'messages.why': play(10, 'peer', (world, actor) => ({ id: world.random.pick(actor.mine) ?? actor.theirs[0] ?? [...actor.inHand.keys()][0] })),
  'threads.redact': play(8, 'peer', (world, actor) => {
    const message = world.messageOf(world.random.pick(actor.mine))
    return message === undefined ? undefined : { message, reason: 'said too much' }
  }),
  // The door for files is HTTP: here it says so, and the upload goes past it.
  'artifacts.upload': play(40, 'peer', (world, actor) => {
    upload(world, actor)
    return { name: 'file' }
  }),
  'artifacts.read': play(14, 'peer', (world, actor) => {
    const artifact = world.random.pick(actor.files)
    return artifact === undefined ? undefined : { artifact, limit: world.random.between(1, 6_000) }
  }),
  'artifacts.list': play(8, 'peer', (world) => ({ limit: world.random.between(1, 20) })),
  'pairs.list': play(6, 'any'),
  'pairs.release': play(18, 'admin', (world) => {
    const [a, b] = world.random.shuffle(world.peers)
    return a?.peerId && b?.peerId ? { a: a.peerId, b: b.peerId } : undefined
  }),
  'mailbox.ack': play(18, 'peer', (world, actor) => {
    // Stale ones and those of somebody else, too.
    const other = world.random.pick(world.peers)
    const hand = world.random.chance(0.4) ? world.random.pick([...(other?.inHand.values() ?? [])]) : (world.random.pick(actor.ended) ?? undefined)
    return hand ? { deliveries: [hand.delivery] } : undefined
  }),
  'mailbox.nack': play(14, 'peer', (world, actor) => {
    const [hand] = world.random.shuffle([...actor.ended, ...actor.inHand.values()])
    if (!hand) return undefined
    const attempt = Math.max(0, hand.attempt + world.random.between(-1, 1))
    return { delivery: hand.delivery, attempt, reason: world.registerNack(actor, { ...hand, attempt }) }
  }),
  'mailbox.extend': play(12, 'peer', (world, actor) => {
    const [hand] = world.random.shuffle([...actor.inHand.values(), ...actor.ended])
    return hand ? { deliveries: [{ delivery: hand.delivery, attempt: Math.max(0, hand.attempt - world.random.between(0, 1)) }] } : undefined
  }),
  'mailbox.inbox': play(60, 'pull', (world, actor) => ({
    limit: world.random.between(1, 6),
    owed: world.random.chance(0.3),
    ...(actor.inboxCursor !== undefined && world.random.chance(0.7) && { cursor: actor.inboxCursor }),
  })),
  'sessions.boundary': play(90, 'pull', (world, actor) => {
    const hands = world.random.shuffle([...actor.inHand.values(), ...actor.ended]).slice(0, world.random.between(0, 4))
    // Transcripts quote all kinds of ids.
    const quoted = world.random.chance(0.2) ? world.messageOf(anyThread(world, world.random.pick(world.peers) ?? actor)) : undefined
    return {
      at: world.random.weighted(BOUNDARIES),
      limit: world.random.between(1, 6),
      seen: [...hands.map(({ message }) => message), ...(quoted === undefined ? [] : [quoted])],
    }
  }),
  'sessions.watch': play(40, 'pull', (world) => ({ timeout: `${world.random.between(1, 1_200)}s` })),
  'mailbox.read': play(40, 'read', (world, actor) => {
    const upTo = world.newestDeliveryOf(actor)
    return upTo === undefined ? undefined : { upTo }
  }),
  'mailbox.peek': play(12, 'peer'),
  'mailbox.dead': play(18, 'any'),
  'mailbox.replay': play(70, 'any', (world, actor) => (actor.dead.length === 0 ? undefined : { delivery: world.random.pick(actor.dead) })),
  'mailbox.discard': play(60, 'any', (world, actor) => (actor.dead.length === 0 ? undefined : { delivery: world.random.pick(actor.dead) })),
  'events.list': play(8, 'any', (world, actor) => (actor.eventCursor !== undefined && world.random.chance(0.5) ? { after: actor.eventCursor } : {})),
  'events.timeline': play(8, 'any', (world) => ({ peer: world.random.pick(world.peers)?.peerId ?? 'nobody', limit: world.random.between(1, 20) })),
  'events.subscribe': play(20, 'peer', (_world, actor) => (actor.subscription === undefined ? {} : undefined)),
  'events.unsubscribe': play(160, 'peer', (_world, actor) => {
    const { subscription } = actor
    actor.subscription = undefined
    return subscription === undefined ? undefined : { subscription }
  }),
  'peers.get': play(8, 'any', (world) => ({ peer: world.random.pick(world.peers)?.name ?? 'nobody' })),
  'peers.list': play(8, 'any'),
  'peers.describe': play(16, 'peer', (world) => ({
    turn: world.random.pick(['idle', 'working', 'awaiting_input']),
    ...(world.random.chance(0.3) && { capabilities: world.random.chance(0.6) ? ['review'] : [] }),
    ...(world.random.chance(0.3) && { description: `does ${world.random.between(1, 99)}` }),
  })),
  'peers.rename': play(8, 'peer', (world, actor) => ({
    name: world.random.chance(0.2) ? (world.random.pick(world.peers)?.name ?? 'x') : `${actor.name.slice(0, 20)}-${world.random.between(1, 9)}`,
  })),
  'peers.retire': play(3, 'any', (world, actor) => {
    if (world.peers.length < 6) return undefined
    return actor.kind === 'admin' ? { peer: world.random.pick(world.peers)?.peerId ?? 'nobody', reason: 'told to go' } : { reason: 'has had enough' }
  }),
  'enrolments.create': play(50, 'admin', () => ({ label: 'spare', maxUses: 2 })),
  'enrolments.list': play(14, 'admin'),
  'enrolments.revoke': play(90, 'admin', (world) => world.spareEnrolment()),
  'credentials.create': play(12, 'any', (world, actor) => (actor.kind === 'admin' ? { peer: world.random.pick(world.peers)?.peerId ?? 'nobody' } : {})),
  'credentials.list': play(6, 'any'),
  'credentials.revoke': play(26, 'any', (world, actor) => {
    const credential = world.random.pick(actor.credentials)
    return credential === undefined ? undefined : { credential }
  }),
  'circles.list': play(5, 'any'),
  'circles.create': play(20, 'admin', (world) => ({ name: `circle-${world.random.between(1, 40)}` })),
  'grants.add': play(20, 'admin', (world) => ({ peer: world.random.pick(world.peers)?.peerId ?? 'nobody', circle: 'main' })),
  'grants.remove': play(20, 'admin', (world) => ({ peer: world.random.pick(world.peers)?.peerId ?? 'nobody', circle: 'main' })),
  'grants.list': play(5, 'any'),
  'node.ping': play(6, 'any'),
  'node.status': play(6, 'any'),
  'node.backup': play(60, 'admin', () => ({ path: '/backups/node' })),
  'node.diagnose': play(4, 'any'),
}

/** Operations that speak, and so carry a token that their effects are found by. */
export const SPEAKING: Readonly<Record<string, 'body' | 'reason'>> = {
  'threads.ask': 'body',
  'threads.notify': 'body',
  'threads.reply': 'body',
  'threads.answer': 'body',
  'threads.decline': 'reason',
  'threads.broadcast': 'body',
  'threads.cancel': 'reason',
  'fans.open': 'body',
  'fans.cancel': 'reason',
}

/** Whether the actor is of the kind that performs the operation. */
export function performs(actor: Actor, by: Play['by']): boolean {
  if (by === 'any') return actor.kind !== 'enrolment'
  if (by === 'admin' || by === 'enrolment') return actor.kind === by
  return actor.kind === 'peer' && (by === 'peer' || actor.mode === by)
}
