import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../daemon/config.ts'
import { type Daemon, startDaemon } from '../../daemon/main.ts'
import type { Input, OperationName } from '../../src/contract/index.ts'
import { HttpClient } from '../contract/support/http-client.ts'
import { SteppedClock } from '../contract/support/stepped-clock.ts'

/** A daemon on a port, whose clock stands still, and the devices that are paired with it. */
export class PairedDaemon implements AsyncDisposable {
  readonly home: string
  readonly clock = new SteppedClock()
  /** Everything that was logged, whatever its level. */
  readonly logged: unknown[] = []
  #daemon: Daemon | undefined

  private constructor(home: string) {
    this.home = home
  }

  static async start(): Promise<PairedDaemon> {
    const made = new PairedDaemon(await mkdtemp(join(tmpdir(), 'muster-paired-')))
    await made.start()
    return made
  }

  async start(): Promise<void> {
    const say = (...said: unknown[]) => void this.logged.push(said)
    const log = { debug: say, info: say, warn: say, error: say }
    this.#daemon = await startDaemon({ config: this.config, log, clock: this.clock, onFatal: say })
  }

  async stop(): Promise<void> {
    await this.#daemon?.stop()
    this.#daemon = undefined
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  get config() {
    return loadConfig({ MUSTER_HOME: this.home, MUSTER_PORT: '0' }, this.home)
  }

  get url(): string {
    if (!this.#daemon) throw new Error('The daemon is stopped')
    return this.#daemon.url
  }

  get adminToken(): string {
    return readFileSync(this.config.paths.adminToken, 'utf8').trim()
  }

  get admin(): HttpClient {
    return this.as(this.adminToken)
  }

  as(token?: string): HttpClient {
    return new HttpClient(this.url, token)
  }

  /** What an operation is refused with, or `accepted`. */
  async refusal<N extends OperationName>(token: string | undefined, operation: N, input: Input<N>): Promise<string> {
    try {
      await this.as(token).call(operation, input)
      return 'accepted'
    } catch (error) {
      return (error as { code: string }).code
    }
  }

  /** The token of a device: the first of the node, or one that another confirms. */
  async pair(device: string, { person, confirmedBy }: { readonly person?: string; readonly confirmedBy?: string } = {}): Promise<string> {
    const { pairing, code } = await this.admin.call('pairings.begin', person === undefined ? {} : { person })
    const { token, pairing: redeemed } = await this.as().call('pairings.redeem', { code, device })
    await this.as(confirmedBy ?? this.adminToken).call('pairings.confirm', { pairing: pairing.id, comparison: redeemed.comparison ?? '' })
    return token
  }

  async agent(name: string): Promise<{ readonly id: string; readonly token: string }> {
    const enrolment = readFileSync(this.config.paths.enrolmentToken, 'utf8').trim()
    const { peer, token } = await this.as(enrolment).call('peers.register', { name, mode: 'pull' })
    return { id: peer.id, token }
  }

  async eventsOf(type: string): Promise<readonly { readonly changed: unknown }[]> {
    return (await this.admin.call('events.list', { types: [type], limit: 200 })).events
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.home, { recursive: true, force: true })
  }
}
