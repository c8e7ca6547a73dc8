import type { Input, OperationName, Output } from '../../src/contract/index.ts'
import { WireClient } from './wire-client.ts'

type Peer = 'ada' | 'bob' | 'cleo' | 'olga'

/** What a daemon said of the database that it filled; a later one is held to it. */
export interface FilledDatabase {
  readonly at: string
  readonly admin: string
  readonly enrolment: string
  readonly tokens: Readonly<Record<Peer, string>>
  /** A token that was ended. */
  readonly revoked: string
  readonly threads: readonly {
    readonly id: string
    readonly kind: string
    readonly state: string
    readonly messages: readonly (readonly [kind: string, body: string])[]
  }[]
  readonly peers: readonly { readonly name: string; readonly id: string; readonly role: string; readonly retired: boolean }[]
  readonly grants: number
  readonly dead: readonly string[]
  readonly parkedPairs: number
  readonly events: readonly string[]
  readonly openAsks: number
  /** An open ask that bob has acked and owes an answer to. */
  readonly owed: string
  /** An ask that was in bob's hand when the daemon was killed: its delivery. */
  readonly inFlight: string
  /** What cleo, who fetches her mail, was handed and has not acked: bodies. */
  readonly handedOver: readonly string[]
  /** A notify that was sent with the key `kept`. */
  readonly keyed: string
}

export interface FillOptions {
  readonly url: string
  readonly admin: string
  readonly enrolment: string
  /** Kills the daemon. */
  readonly crash: () => void
}

/** Fills an empty database with one of everything, over the protocol as it was in the first schema, and ends with a crash. */
export async function fillDatabase({ url, admin, enrolment, crash }: FillOptions): Promise<FilledDatabase> {
  const root = await WireClient.greet(url, admin)
  const boss = (await root.call('enrolments.create', { circle: 'main', roles: ['orchestrator', 'agent'], label: 'boss' })).token
  const other = (await root.call('enrolments.create', { circle: 'lab', roles: ['agent'], label: 'lab' })).token
  const tokens = {
    ada: await join(url, enrolment, { name: 'ada', description: 'Asks', capabilities: ['review'] }),
    bob: await join(url, enrolment, { name: 'bob' }),
    cleo: await join(url, enrolment, { name: 'cleo', mode: 'pull', session: 's-1' }),
    olga: await join(url, boss, { name: 'olga', role: 'orchestrator' }),
  }
  await join(url, other, { name: 'lara' })
  const gone = await join(url, enrolment, { name: 'gone' })
  const [ada, bob, cleo] = [
    await WireClient.greet(url, tokens.ada, { consume: true }),
    await WireClient.greet(url, tokens.bob, { consume: true }),
    await WireClient.greet(url, tokens.cleo),
  ]
  await root.call('grants.add', { peer: 'olga', circle: 'lab' })
  const spare = await root.call('credentials.create', { peer: 'ada', label: 'spare' })
  await root.call('credentials.revoke', { credential: spare.credential.id })
  const ask = async (body: string, more: { to?: string; deadline?: string } = {}) =>
    (await ada.call('threads.ask', { to: 'bob', body, deadline: '30d', causedBy: null, ...more })).sent[0]?.thread ?? ''

  const answered = await ask('What is six times seven?')
  await bob.call('threads.reply', { thread: answered, body: 'Let me see.', causedBy: null })
  await bob.call('threads.answer', { thread: answered, body: 'Forty-two. 🎉', delivery: (await take(bob)).delivery })
  await receive(ada, 2)
  const declined = await ask('Will you sing?')
  await bob.call('threads.decline', { thread: declined, reason: 'No voice.', delivery: (await take(bob)).delivery })
  await bob.call('threads.answer', { thread: declined, body: 'La la la.' })
  await receive(ada, 2)
  const cancelled = await ask('Never mind')
  await receive(bob)
  await ada.call('threads.cancel', { thread: cancelled, reason: 'found it' })
  await receive(bob)
  await ask('Too slow?', { to: 'cleo', deadline: '1s' })
  await receive(ada)
  await ask('Are you there?', { to: 'gone' })
  await root.call('peers.retire', { peer: 'gone', reason: 'moved away' })
  await receive(ada)

  const secret = (await ada.call('threads.notify', { to: 'bob', body: 'my password is x', causedBy: null })).sent[0]
  await receive(bob)
  await ada.call('threads.redact', { message: secret?.message ?? '', reason: 'said too much' })
  await refuse(ada, bob)
  const keyed = (await ada.call('threads.notify', { to: 'cleo', body: 'with a key', key: 'kept', causedBy: null })).sent[0]?.message ?? ''
  for (const n of [1, 2]) await ada.call('threads.notify', { to: 'olga', body: `progress ${n}`, topic: 'progress', causedBy: null })
  await park(root, ada, bob)
  const owed = await ask('Which shelf is Walden on?')
  await receive(bob)
  await ask('One for later', { to: 'olga' })
  await ada.call('threads.notify', { to: 'cleo', body: 'second', priority: 'urgent', causedBy: null })
  const handed = await cleo.call('mailbox.inbox', { limit: 10, owed: true })
  await ask('In your hand')
  const inFlight = (await take(bob)).delivery

  const facts = await describe(root, ada)
  crash()
  await Promise.all([root, ada, bob, cleo].map(async (wire) => await wire.closed))
  return {
    at: new Date().toISOString(),
    admin,
    enrolment,
    tokens,
    revoked: gone,
    ...facts,
    owed,
    inFlight,
    handedOver: handed.items.map(({ message }) => message.body),
    keyed,
  }
}

interface Delivered {
  readonly delivery: string
  readonly attempt: number
  readonly message: { readonly id: string; readonly body: string }
}

async function join(url: string, enrolment: string, input: Parameters<typeof register>[1]): Promise<string> {
  await using wire = await WireClient.greet(url, enrolment)
  return await register(wire, input)
}

async function register(
  wire: WireClient,
  input: { name: string; role?: 'orchestrator'; mode?: 'pull'; session?: string; description?: string; capabilities?: string[] },
) {
  return (await wire.call('peers.register', input)).token
}

async function take(wire: WireClient): Promise<Delivered> {
  return (await wire.next('mailbox.deliver')) as unknown as Delivered
}

/** Takes and acks so many deliveries, one by one: of a thread only one is in hand at a time. */
async function receive(wire: WireClient, count = 1): Promise<void> {
  for (let n = 0; n < count; n += 1) await wire.call('mailbox.ack', { deliveries: [(await take(wire)).delivery] })
}

/** A notify that bob gives back until it is a dead letter. */
async function refuse(ada: WireClient, bob: WireClient): Promise<void> {
  await ada.call('threads.notify', { to: 'bob', body: 'cannot be handled', causedBy: null })
  for (let failure = 1; failure <= 5; failure += 1) {
    const { delivery, attempt } = (await bob.next('mailbox.deliver')) as unknown as Delivered
    await bob.call('mailbox.nack', { delivery, attempt, reason: 'cannot be handled' })
  }
  // The sender is told.
  await receive(ada)
}

/** Two who keep each other busy until they are parked, and are then released. */
async function park(root: WireClient, ada: WireClient, bob: WireClient): Promise<void> {
  const first = (await ada.call('threads.notify', { to: 'bob', body: 'ping', causedBy: null })).sent[0]?.message ?? ''
  let [causedBy, from, to, name]: [string, WireClient, WireClient, string] = [first, bob, ada, 'ada']
  for (let hop = 0; hop < 40; hop += 1) {
    await receive(from)
    try {
      causedBy = (await from.call('threads.notify', { to: name, body: `pong ${hop}`, causedBy })).sent[0]?.message ?? ''
    } catch {
      break
    }
    ;[from, to] = [to, from]
    name = name === 'ada' ? 'bob' : 'ada'
  }
  // The parking is a command of its own, after the refusal.
  while ((await root.call('pairs.list', {})).pairs.length === 0);
  await root.call('pairs.release', { a: 'ada', b: 'bob' })
  await ada.call('threads.notify', { to: 'bob', body: 'free again', causedBy: null })
  await receive(bob)
}

/** Any connection on which operations can be called. */
interface Speaker {
  call<N extends OperationName>(method: N, params: Input<N>): Output<N> | Promise<Output<N>>
}

/** What the daemon itself says of all this. */
export async function describe(root: Speaker, ada: Speaker) {
  const { threads } = await ada.call('threads.list', { side: 'mine', limit: 100 })
  const pages = await Promise.all(threads.map(async ({ id }) => await root.call('threads.get', { thread: id })))
  const status = await root.call('node.status', {})
  return {
    threads: pages.map(({ thread, messages }) => ({
      id: thread.id,
      kind: thread.kind,
      state: thread.state,
      messages: messages.map(({ kind, body }): [string, string] => [kind, body]),
    })),
    peers: await rollOf(root),
    grants: (await root.call('grants.list', {})).grants.length,
    dead: (await root.call('mailbox.dead', {})).dead.map((letter: Output<'mailbox.dead'>['dead'][number]) => letter.delivery.id),
    parkedPairs: status.parkedPairs,
    openAsks: status.openAsks,
    events: await eventsOf(root, `${status.incarnation}.0`),
  }
}

async function rollOf(root: Speaker) {
  const { peers } = await root.call('peers.list', { retired: true, limit: 100 })
  return peers.map(({ name, id, role, retiredAt }) => ({ name, id, role, retired: retiredAt !== null }))
}

async function eventsOf(root: Speaker, after: string): Promise<string[]> {
  const { events, cursor, more } = await root.call('events.list', { after, limit: 200 })
  const types = events.map(({ type, subject }) => `${type} ${subject ?? '-'}`)
  return more ? [...types, ...(await eventsOf(root, cursor))] : types
}
