import type { Input } from '../../../src/contract/index.ts'
import { HttpClient } from '../../contract/support/http-client.ts'
import type { TestDaemon } from '../../support/daemon.ts'
import type { WireClient } from '../../support/wire-client.ts'

/** One peer of a test, connected until the test ends. */
export interface Member {
  readonly id: string
  readonly token: string
  readonly wire: WireClient
}

/** Peers that are there while somebody looks at the page. */
export class Crew implements AsyncDisposable {
  readonly #daemon: TestDaemon
  readonly admin: HttpClient
  readonly #members: Member[] = []

  constructor(daemon: TestDaemon) {
    this.#daemon = daemon
    this.admin = new HttpClient(daemon.url, daemon.home.token('admin'))
  }

  async join(name: string, { circle = 'main', ...more }: Partial<Input<'peers.register'>> & { readonly circle?: string } = {}): Promise<Member> {
    const { token: enrolment } = await this.admin.call('enrolments.create', { circle, roles: [more.role ?? 'agent'] })
    const { peer, token } = await new HttpClient(this.#daemon.url, enrolment).call('peers.register', { name, ...more })
    const wire = await this.#daemon.connect(token, { consume: true })
    const member = { id: peer.id, token, wire }
    this.#members.push(member)
    return member
  }

  /** One more device of the person, which is no browser: it is confirmed by one that is paired, or where there is none by the administrator. */
  async device(name: string, confirmedBy?: HttpClient): Promise<HttpClient> {
    const { pairing, code } = await this.admin.call('pairings.begin', {})
    const redeemed = await new HttpClient(this.#daemon.url).call('pairings.redeem', { code, device: name })
    await (confirmedBy ?? this.admin).call('pairings.confirm', { pairing: pairing.id, comparison: redeemed.pairing.comparison ?? '' })
    return new HttpClient(this.#daemon.url, redeemed.token)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { wire } of this.#members) await wire[Symbol.asyncDispose]()
  }
}
