import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { Handlers } from '../../../client/handlers.ts'
import { connect, type MusterPeer, type Output } from '../../../client/index.ts'
import { DaemonProcess, TestHome } from '../../support/daemon.ts'
import { WireClient } from '../../support/wire-client.ts'
import { Agent, type AgentOptions } from './agent.ts'
import { KINDS } from './kinds.ts'
import { Phone } from './phone.ts'
import { type AgentName, agentProgram } from './programs.ts'
import type { Screen } from './screen.ts'
import { watched } from './watched.ts'

type Peer = Output<'peers.list'>['peers'][number]

const PATIENCE_MS = 20_000
const LOOK_AGAIN_MS = 50

/** A daemon, and the agents and programs that work through it. Everything ends with the test. */
export class Crew implements AsyncDisposable {
  readonly home: TestHome
  readonly #port: number
  #daemon: DaemonProcess
  readonly #agents: Agent[] = []
  readonly #peers: MusterPeer[] = []

  private constructor(home: TestHome, port: number, daemon: DaemonProcess) {
    this.home = home
    this.#port = port
    this.#daemon = daemon
  }

  static async start(): Promise<Crew> {
    const home = new TestHome()
    // The same port after a restart, as a user's daemon has.
    const port = await freePort()
    const crew = new Crew(home, port, startDaemon(home, port))
    // A test that runs out of time never comes to its own end.
    onTestFinished(async ({ task }) => {
      await crew[Symbol.asyncDispose]()
      if (task.result?.state !== 'fail') home.remove()
    })
    await crew.#daemon.url()
    return crew
  }

  /** An agent that its user has set up with `muster install`. */
  async agent(name: AgentName, options: AgentOptions): Promise<Agent> {
    const agent = await this.agentAsItCame(name, options)
    await agent.muster('install', name, '--yes')
    await agent.kind.afterInstall?.(agent.sandbox, agentProgram(name))
    return agent
  }

  /** An agent that knows nothing of Muster, on a machine where Muster is. */
  async agentAsItCame(name: AgentName, options: AgentOptions): Promise<Agent> {
    const agent = watched(await Agent.start(KINDS[name], { ...options, env: { MUSTER_HOME: this.home.path, ...options.env } }))
    this.#agents.push(agent)
    return agent
  }

  /** An agent whose user has given it the address of the daemon and the token of a peer of that name, and nothing else. */
  async agentOverHttp(name: AgentName, peer: string, options: AgentOptions): Promise<Agent> {
    const agent = watched(await Agent.start(KINDS[name], options))
    this.#agents.push(agent)
    await using wire = await WireClient.greet(this.url, this.home.token('enrolment'))
    const { token } = await wire.call('peers.register', { name: peer, mode: 'pull' })
    agent.kind.addHttp(agent.sandbox, `${this.url}/mcp`, token)
    return agent
  }

  /** A person, by a device of theirs. */
  async phone(): Promise<Phone> {
    return await Phone.pair(this.url, this.home.token('admin'))
  }

  /** A program that speaks through the SDK. */
  async peer(name: string, handlers: Handlers = {}): Promise<MusterPeer> {
    const peer = await connect({ url: this.url, name, enrolment: this.home.token('enrolment'), credentials: inMemory(), ...handlers })
    this.#peers.push(peer)
    return peer
  }

  /** Where the daemon listens. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** What happened to a message, step by step, with times. */
  async trace(message: string): Promise<Output<'threads.trace'>> {
    return await this.#eye().call('threads.trace', { id: message })
  }

  /** The deliveries of a message once they have ended. */
  async delivered(message: string): Promise<Output<'threads.trace'>['deliveries']> {
    return await poll(async () => {
      const { deliveries } = await this.trace(message)
      return deliveries.every(({ endedAt }) => endedAt !== null) ? deliveries : undefined
    }, `the end of the deliveries of ${message}`)
  }

  /** Every peer. */
  async roll(): Promise<readonly Peer[]> {
    return (await this.#eye().call('peers.list', {})).peers
  }

  /** The agent's peer, once it is so. */
  async until(agent: Agent, isSo: (peer: Peer) => boolean): Promise<Peer> {
    return await poll(async () => {
      const found = (await this.roll()).find(({ name }) => name === agent.peerName)
      return found && isSo(found) ? found : undefined
    }, `${agent.peerName} as expected`)
  }

  /** Opens a session in a terminal and waits until it can be woken. */
  async openIdle(agent: Agent): Promise<Screen> {
    const screen = await agent.open()
    // Until its first prompt a session of Codex has no name by which it could be woken.
    await screen.submit('Hello.')
    await agent.model.turn(() => true)
    await this.until(agent, ({ turn, reach }) => turn === 'idle' && reach === 'push')
    return screen
  }

  /** Ends the daemon without a warning. */
  async killDaemon(): Promise<void> {
    await this.#daemon.end('SIGKILL')
  }

  async restartDaemon(): Promise<void> {
    this.#daemon = startDaemon(this.home, this.#port)
    await this.#daemon.url()
  }

  /** Whoever joined first looks for the tests. */
  #eye(): MusterPeer {
    const peer = this.#peers[0]
    if (!peer) throw new Error('Nobody there to look')
    return peer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of this.#agents) await agent[Symbol.asyncDispose]()
    for (const peer of this.#peers) await peer.close()
    await this.#daemon.end('SIGKILL')
  }
}

async function poll<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  const giveUpAt = performance.now() + PATIENCE_MS
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > giveUpAt) throw new Error(`Waited in vain for ${what}`)
    await setTimeout(LOOK_AGAIN_MS)
  }
}

const startDaemon = (home: TestHome, port: number) => new DaemonProcess(home, { MUSTER_PORT: String(port) })

function inMemory() {
  let token: string | undefined
  return {
    load: async () => token,
    save: async (given: string) => {
      token = given
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
