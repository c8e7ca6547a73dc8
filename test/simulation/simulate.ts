import type { OperationName } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { Actor } from './actor.ts'
import type { Coverage } from './coverage.ts'
import { drain } from './drain.ts'
import { strike } from './faults.ts'
import { PLAYS, performs, SPEAKING } from './operations.ts'
import { KEYED } from './requests.ts'
import { Trace } from './trace.ts'
import { World } from './world.ts'

export interface SimulationOptions {
  readonly seed: number
  readonly operations: number
  readonly verbose?: (line: string) => void
}

export interface SimulationResult {
  readonly seed: number
  readonly hash: string
  readonly coverage: Coverage
  readonly commits: number
  /** What was broken, and the last of what happened before. */
  readonly failure?: { readonly message: string; readonly last: string[] }
}

const JITTERS = [0.2, 1] as const
const ENTRIES = Object.entries(PLAYS) as [OperationName, (typeof PLAYS)[keyof typeof PLAYS]][]

/** Tells one story: a seed decides who there is, what they do, and what goes wrong. */
export async function simulate({ seed, operations, verbose }: SimulationOptions): Promise<SimulationResult> {
  const trace = new Trace(verbose)
  const world = new World({ seed, onFile: seed % 40 === 7, trace })
  const untune = tune(seed)
  try {
    await play(world, operations)
    if (!world.violation) await drain(world)
  } catch (error) {
    world.fail(error instanceof Error ? (error.stack ?? error.message) : String(error))
  } finally {
    untune()
    world.disk.dispose()
  }
  const { violation } = world
  const base = { seed, hash: trace.digest(), coverage: world.coverage, commits: world.witness.commits }
  return violation ? { ...base, failure: { message: violation.message, last: trace.last() } } : base
}

type Tunable = { -readonly [K in keyof typeof LIMITS]: number }

/** Some seeds live with limits so small that they are reached. */
function tune(seed: number): () => void {
  const before = { ...LIMITS }
  const tight = {
    ...(seed % 4 === 1 && { looseUploadMs: 20_000 }),
    ...(seed % 2 === 0 && { maxUnsolicited: 14, batchOperations: 6 }),
    ...(seed % 3 === 0 && { maxAttempts: 5, maxThreadMessages: 4 }),
  }
  Object.assign(LIMITS as Tunable, tight)
  return () => void Object.assign(LIMITS as Tunable, before)
}

async function play(world: World, operations: number): Promise<void> {
  const { random, clock } = world
  await join(world)
  world.network.jitter = random.pick(JITTERS) ?? 1
  while (world.operations < operations && !world.violation) {
    if (!world.life) await world.start()
    if (random.chance(0.1)) await strike(world)
    if (random.chance(0.004)) race(world)
    perform(world)
    if (random.chance(0.5)) clock.advance(pause(world))
    // What is read from the disk arrives between the steps.
    await undefined
    comeBack(world)
    world.settle()
    // A backup is written beside the turns of the daemon.
    await nextTurn()
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Those who are offline come back, sooner or later. */
function comeBack(world: World): void {
  for (const actor of world.actors) if (!actor.link && !actor.retired && world.random.chance(0.25)) actor.connect()
}

function pause({ random }: World): number {
  return random.weighted<() => number>([
    [() => 0, 30],
    [() => random.between(1, 20), 45],
    [() => random.between(20, 2_000), 18],
    [() => random.between(2_000, 80_000), 7],
    [() => random.between(21_600_000, 25_000_000), 0.02],
  ])()
}

/** Everybody joins over the wire, as programs do. */
async function join(world: World): Promise<void> {
  const enrolment = await world.found()
  const registrar = new Actor(world, { name: 'registrar', kind: 'enrolment', token: enrolment })
  const casts = [
    { name: 'ann', prefetch: 3 },
    { name: 'ben', prefetch: 1 },
    { name: 'cy', prefetch: 8, capabilities: ['review'] },
    { name: 'dee', prefetch: 2, capabilities: ['review'] },
    { name: 'boss', role: 'orchestrator', prefetch: 4 },
    { name: 'pat', mode: 'pull' },
    { name: 'pol', mode: 'pull', capabilities: ['review'] },
    { name: 'rae', mode: 'read' },
  ] as const
  world.actors = [world.admin, registrar]
  registrar.connect()
  world.clock.advance(1)
  for (const cast of casts) {
    const actor = new Actor(world, { kind: 'peer', ...cast })
    world.joining.set(cast.name, actor)
    world.actors.push(actor)
    const { prefetch: _, ...registration } = { prefetch: 1, ...cast }
    registrar.call('peers.register', { ...registration, session: cast.name })
  }
  world.clock.advance(1)
  for (const actor of world.actors) actor.connect()
  world.clock.advance(1)
}

/** One operation of somebody who can do it. */
function perform(world: World): void {
  const { random } = world
  const actor = random.pick([world.admin, ...world.actors].filter((candidate) => candidate.online))
  if (!actor) return
  if (actor.kind === 'enrolment') return register(world, actor)
  const plays = ENTRIES.filter(([, { by }]) => performs(actor, by))
  const [method, { make }] = random.weighted(plays.map((entry) => [entry, entry[1].weight] as const))
  const params = make(world, actor)
  if (params === undefined) return
  const intent = world.intent(actor, method, params)
  const request = actor.send(intent)
  if (request && (SPEAKING[method] || KEYED.has(method)) && random.chance(0.08)) duplicate(world, actor, intent)
  else if (request && !SPEAKING[method] && !method.endsWith('create') && random.chance(0.04)) duplicate(world, actor, intent)
  if (method === 'credentials.revoke') actor.credentials = actor.credentials.filter((id) => id !== params['credential'])
}

/** A credential is revoked in the very instant in which it is used. */
function race(world: World): void {
  const { random } = world
  const actor = random.pick(world.peers.filter((peer) => peer.online && peer.link?.credential !== undefined))
  const credential = actor?.link?.credential
  if (!actor || credential === undefined || !world.admin.online || !world.life) return
  world.admin.call('credentials.revoke', { credential: world.life.core.store.id('credential', credential) })
  const to = random.pick(world.peers)?.name ?? 'nobody'
  for (let count = 0; count < 3; count += 1) actor.send(world.intent(actor, 'threads.notify', { to, causedBy: null }))
}

/** Programs come, and come again for a session that is known. */
function register(world: World, registrar: Actor): void {
  const { random } = world
  if (!random.chance(0.12)) return
  const old = random.pick(world.peers.filter((peer) => world.joining.has(peer.name)))
  const isNew = world.peers.length < 9 && random.chance(0.5)
  const name = isNew ? `new-${world.joining.size}` : (old?.name ?? 'ann')
  if (isNew) {
    const actor = new Actor(world, { name, kind: 'peer', prefetch: random.between(1, 5) })
    world.joining.set(name, actor)
    world.actors.push(actor)
  }
  const mode = world.joining.get(name)?.mode ?? 'stream'
  const intent = world.intent(registrar, 'peers.register', { name, mode, session: name })
  registrar.send(intent)
  if (random.chance(0.2)) duplicate(world, registrar, intent)
}

function duplicate(world: World, actor: Actor, intent: Parameters<Actor['send']>[0]): void {
  const again = actor.send(intent)
  if (!again) return
  world.coverage.fault('duplicate')
  world.witness.mark(again, 'duplicate')
}
