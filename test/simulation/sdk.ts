import { noCauses } from '../../client/causes.ts'
import { AskError, ClientError } from '../../client/client-error.ts'
import { connectWith } from '../../client/connect.ts'
import { nodePlatform } from '../../client/node-platform.ts'
import type { MusterPeer } from '../../client/peer.ts'
import { givenToken } from '../../client/tokens.ts'
import type { OpenTransport, TransportListener } from '../../client/transport.ts'
import { MusterError } from '../../src/errors.ts'
import { Actor } from './actor.ts'
import { COMMIT_FAULTS } from './disk.ts'
import type { Link } from './network.ts'
import { Trace } from './trace.ts'
import { World } from './world.ts'

const NAMES = ['ann', 'ben', 'cy', 'dee'] as const
/** Long enough for every backoff, every deadline and every visibility timeout. */
const HEALING_MS = 1_200_000

export interface SdkStory {
  readonly asks: number
  /** How the asks ended: `answered`, `declined`, `expired`, … */
  readonly ends: Map<string, number>
  readonly failure?: { readonly message: string; readonly last: string[] }
}

/** The same world with programs on the real SDK: each ask must settle with its own answer, and nothing may be left behind. */
export async function tellSdkStory(seed: number, steps: number): Promise<SdkStory> {
  const trace = new Trace()
  const world = new World({ seed, onFile: false, trace })
  const chat = new Chat(world)
  try {
    const peers = await connectAll(world)
    world.network.jitter = 0.1
    for (let step = 0; step < steps && !world.violation; step += 1) {
      if (!world.life) await world.start()
      chat.say(peers)
      if (world.random.chance(0.12)) disturb(world)
      await world.clock.settle(world.random.pick([0, 1, 50, 2_000, 30_000]) ?? 0)
      world.bury()
    }
    await end(world, peers, chat.open)
  } catch (error) {
    world.fail(error instanceof Error ? (error.stack ?? error.message) : String(error))
  } finally {
    world.disk.dispose()
  }
  const { violation } = world
  const story = { asks: chat.sent, ends: chat.ends }
  return violation ? { ...story, failure: { message: violation.message, last: trace.last() } } : story
}

/** What the programs say to each other, and how their asks end. */
class Chat {
  readonly ends = new Map<string, number>()
  readonly open = new Set<string>()
  sent = 0
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  say(peers: readonly MusterPeer[]): void {
    const { random } = this.#world
    const self = random.between(0, peers.length - 1)
    const peer = peers[self] as MusterPeer
    const body = `#${++this.sent}`
    const to = random.pick(NAMES.filter((name) => name !== NAMES[self])) as string
    if (random.chance(0.62)) this.#ask(peer, to, body)
    else if (random.chance(0.3))
      this.#fan(
        peer,
        NAMES.filter((name) => name !== NAMES[self]),
        body,
      )
    // Where the daemon refuses it, as on a full disk, there is nothing to follow.
    else peer.notify('cy', body, { topic: 'news' }).catch(() => undefined)
  }

  #ask(peer: MusterPeer, to: string, body: string): void {
    this.open.add(body)
    peer.ask(to, body, { deadline: this.#deadline() }).then(
      (answer) => this.#settled(body, answer.body === `answer to ${body}` ? 'answered' : `answered with ${answer.body}`),
      (error: unknown) => this.#settled(body, codeOf(error)),
    )
  }

  /** A fan ends with a result that has everybody in it, each with the answer to this very question. */
  #fan(peer: MusterPeer, to: readonly string[], body: string): void {
    this.open.add(body)
    const enough = this.#world.random.chance(0.3) ? { enough: 2 } : {}
    peer
      .fan(to, body, { deadline: this.#deadline(), ...enough })
      .then((fan) => fan.result())
      .then(
        ({ fan, outcomes, refused }) => {
          const wrong = outcomes.filter(({ state, answer }) => (state === 'answered') !== (answer?.body === `answer to ${body}`))
          const isWhole = fan.state !== 'open' && outcomes.length + refused.length === to.length && wrong.length === 0
          this.#settled(body, isWhole ? `fan ${fan.state}` : `fan with ${JSON.stringify({ fan, outcomes })}`)
        },
        (error: unknown) => this.#settled(body, codeOf(error)),
      )
  }

  #deadline(): string {
    return `${this.#world.random.between(20, 300)}s`
  }

  #settled(body: string, how: string): void {
    this.open.delete(body)
    this.ends.set(how, (this.ends.get(how) ?? 0) + 1)
  }
}

function codeOf(error: unknown): string {
  return error instanceof AskError || error instanceof ClientError || error instanceof MusterError ? error.code : String(error)
}

async function connectAll(world: World): Promise<MusterPeer[]> {
  const registrar = new Actor(world, { name: 'registrar', kind: 'enrolment', token: await world.found() })
  world.actors = [registrar]
  registrar.connect()
  await world.clock.settle(1)
  for (const name of NAMES) {
    const actor = new Actor(world, { name, kind: 'peer' })
    world.joining.set(name, actor)
    world.actors.push(actor)
    registrar.call('peers.register', { name, session: name })
  }
  await world.clock.settle(1)
  registrar.link?.close()
  // The wall clock of a machine knows no parts of a millisecond.
  const clock = { soon: world.clock.soon, setTimer: (fn: () => void, ms: number) => world.clock.setTimer(fn, Math.ceil(ms)) }
  const platform = { open: transportOf(world), clock, random: world.random.next, causes: noCauses, more: nodePlatform.more }
  const connecting = world.peers.map((actor) =>
    connectWith(
      { ...handlersOf(world, actor.name), prefetch: world.random.between(1, 6), callTimeoutMs: Number.POSITIVE_INFINITY },
      { platform, url: () => 'http://simulated:1', credentials: () => givenToken(actor.tokens[0]) },
    ),
  )
  await world.clock.settle(100)
  return Promise.all(connecting)
}

/** Handlers that answer, take their time, decline, and fail. */
function handlersOf(world: World, prefix: string) {
  const busy = (ms: number) => new Promise<void>((resolve) => world.after(ms, resolve))
  const onAsk = async (body: string): Promise<string> => {
    if (world.random.chance(0.3) && !world.draining) await busy(world.random.between(1, 100_000))
    if (world.random.chance(0.1)) throw new Error('not today')
    return `answer to ${body}`
  }
  let nacks = 0
  const onNotify = (): void => {
    if (world.random.chance(0.1) && !world.draining) throw new Error(`not now ${prefix} ${++nacks}`)
  }
  return { onAsk, onNotify }
}

function transportOf(world: World): OpenTransport {
  return (_url, token, listener) => {
    const actor = world.actors.find((candidate) => candidate.tokens.includes(token)) as Actor
    const link = world.dial(token, actor)
    if (!link) {
      world.clock.soon(() => listener.onEnd({ kind: 'failed', cause: new Error('Nobody listens') }))
      return { send: () => undefined, close: () => undefined }
    }
    hear(link, listener)
    world.clock.soon(() => link.clientOpen && listener.onOpen())
    return {
      send: (text) => {
        if (!link.clientOpen) return
        world.adopt(link, actor, text)
        link.send(text)
      },
      close: (code, reason) => {
        if (!link.clientOpen) return
        link.client = undefined
        link.close()
        world.clock.soon(() => listener.onEnd({ kind: 'closed', code, reason }))
      },
    }
  }
}

function hear(link: Link, listener: TransportListener): void {
  link.client = {
    onFrame: (_frame, text) => listener.onText(text),
    onPing: () => listener.onAlive(),
    onEnd: (code) => listener.onEnd(code === undefined || code === 1006 ? { kind: 'failed', cause: new Error('Cut') } : { kind: 'closed', code, reason: '' }),
  }
}

function disturb(world: World): void {
  const { random } = world
  const link = random.pick([...world.network.links].filter((candidate) => candidate.clientOpen))
  random.weighted<() => void>([
    [() => link && world.network.cut(link, { client: true, server: random.chance(0.7) }), 40],
    [() => link && world.network.cut(link, { client: false, server: true }), 10],
    [() => world.armCommitFault(random.pick(COMMIT_FAULTS) ?? 'busy'), 15],
    [
      () => {
        world.witness.onWorldFault('crash')
        world.crashPlan = { point: 'after', frames: random.between(0, 3) }
      },
      15,
    ],
    [() => world.stop(), 8],
    [() => world.clock.stepWall(random.between(-60_000, 60_000)), 12],
  ])()
}

/** All faults end: every ask settles, every mailbox empties, and drained peers leave nothing behind. */
async function end(world: World, peers: readonly MusterPeer[], open: ReadonlySet<string>): Promise<void> {
  world.draining = true
  world.network.jitter = 0
  world.disk.fault = undefined
  world.crashPlan = undefined
  for (let rest = HEALING_MS; rest > 0; rest -= 60_000) {
    // A crash that was under way may still come.
    world.bury()
    if (!world.life) await world.start()
    await world.clock.settle(60_000)
  }
  if (open.size > 0) world.fail(`asks ${[...open].join()} were never settled`)
  const drained = Promise.all(peers.map((peer) => peer.drain()))
  await world.clock.settle(20_000)
  await drained
  world.witness.ledger.check()
  world.witness.fans.check()
  for (const left of world.witness.offers.leftOver()) world.fail(left)
  world.stop()
  await world.clock.settle(0)
  if (world.clock.pending > 0) world.fail(`${world.clock.pending} timers are left when everything has stopped`)
}
