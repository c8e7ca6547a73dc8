import type { PeerRef } from '../../../src/contract/index.ts'
import { HttpClient } from '../../contract/support/http-client.ts'
import type { TestDaemon } from '../../support/daemon.ts'
import { WireClient } from '../../support/wire-client.ts'

/** Peers of one daemon, each with a connection of its own, for a browser to look at. */
export class Crew implements AsyncDisposable {
  readonly #daemon: TestDaemon
  readonly #wires: WireClient[] = []

  constructor(daemon: TestDaemon) {
    this.#daemon = daemon
  }

  get admin(): HttpClient {
    return new HttpClient(this.#daemon.url, this.#daemon.home.token('admin'))
  }

  /** One that has joined and takes its mail, as an agent or in another role. */
  async join(name: string, role: 'agent' | 'orchestrator' = 'agent', description = ''): Promise<WireClient> {
    const { token: enrolment } = await this.admin.call('enrolments.create', { roles: [role] })
    const joining = await WireClient.greet(this.#daemon.url, enrolment)
    const { token } = await joining.call('peers.register', { name, role, description })
    await joining[Symbol.asyncDispose]()
    const wire = await WireClient.greet(this.#daemon.url, token, { consume: true })
    this.#wires.push(wire)
    return wire
  }

  /** The person whose device was paired. */
  async person(): Promise<PeerRef> {
    const { peers } = await this.admin.call('peers.list', { role: 'person' })
    const [person] = peers
    if (!person) throw new Error('Nobody has paired a device')
    return person
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const wire of this.#wires) await wire[Symbol.asyncDispose]()
  }
}
