import type { Input, Output } from '../../../src/contract/index.ts'
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

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { wire } of this.#members) await wire[Symbol.asyncDispose]()
  }
}

export const QUESTION = {
  kind: 'question',
  question: 'Which database does the billing service use?',
  context: 'The store is written today and both are installed. Changing it later means moving what customers have paid.',
  options: [
    { text: 'SQLite, one file beside the service', pros: 'Nothing to run, and a backup is a copy.', cons: 'One writer at a time.', safe: true },
    { text: 'Postgres, on the machine that there is', pros: 'Many writers, and the team knows it.', cons: 'A server to look after.' },
    { text: 'Keep the prototype in memory for now', pros: 'No work today.', cons: 'A restart loses what came in.' },
  ],
  recommendation: { option: 'a', because: 'one process writes, and it will stay so this year.' },
  risk: 'Moving later costs about a week.',
  default: { option: 'a', after: '4h' },
} as const satisfies Input<'decisions.raise'>

export const ACTION = {
  kind: 'deploy',
  name: 'deploy billing',
  arguments: { environment: 'staging', version: '2.4.1', migrate: true },
} as const

export function request(member: Member, action: Input<'decisions.request'>['action'] = ACTION): Promise<Output<'decisions.request'>> {
  return member.wire.call('decisions.request', {
    action,
    why: 'The release notes are written and the tests are green.',
    risk: 'Staging is down for about a minute while it migrates.',
  })
}
