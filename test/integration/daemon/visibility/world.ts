import type { Output, Role } from '../../../../src/contract/index.ts'
import { MusterError } from '../../../../src/errors.ts'
import type { IdKind } from '../../../../src/ids.ts'
import { Random } from '../../../simulation/random.ts'
import { ACTION, REQUEST } from '../../../support/cards.ts'
import { type CoreClient, HOOK_SECRET, TestCore } from '../../../support/test-core.ts'
import { Oracle, type Viewer } from './oracle.ts'

const ROLES = ['agent', 'agent', 'agent', 'orchestrator', 'orchestrator', 'observer', 'service', 'person'] as const
const MODES = ['stream', 'stream', 'pull', 'read'] as const
const CIRCLES = ['zc1z', 'zc2z', 'zc3z'] as const
const GRANTABLE: ReadonlySet<Role> = new Set(['orchestrator', 'observer', 'person'])

/** Somebody who calls operations, and sees what comes of it. */
export interface Member {
  readonly viewer: Viewer
  readonly id: string
  readonly role: Role | 'admin'
  readonly mode: string
  readonly client: CoreClient
  /** Frames that have been looked at. */
  checked: number
}

export interface Leak {
  readonly caller: string
  readonly what: readonly string[]
  readonly frame: unknown
}

const CHANNELS = { telegram: true, ntfy: true, webhooks: [], pushHosts: [], pushKey: () => 'key' } as const

/** Of kinds whose table is not called after them. */
const TABLES: Readonly<Partial<Record<IdKind, string>>> = { delivery: 'deliveries', outbox: 'outbox' }

/** Circles, roles, grants and threads as a seed has them, and everything that the operations may be asked about. */
export class World implements Disposable {
  readonly random: Random
  readonly daemon: TestCore
  readonly members: Member[] = []
  /** Uploads, by the peer whose they are. */
  readonly #files = new Map<number, string>()
  readonly #oracles = new Map<Member, { readonly changes: number; readonly oracle: Oracle }>()
  #last = 0

  private constructor(seed: number, daemon: TestCore) {
    this.random = new Random(seed)
    this.daemon = daemon
  }

  static async build(seed: number): Promise<World> {
    const world = new World(seed, await TestCore.start({ channels: CHANNELS }))
    world.#populate()
    for (let step = 0; step < 110; step += 1) world.#speak()
    world.#lead()
    world.#misfortunes()
    world.peers.find(({ role }) => role !== 'observer')?.client.say('watchdogs.create', { on: 'ask', for: '1m' })
    world.#decide()
    world.#propose()
    world.#bind()
    world.#arrive()
    world.daemon.pass(6_000)
    return world
  }

  /** Actions that want approval; people say yes to some of those that they see. */
  #decide(): void {
    for (const { client, role } of this.peers) {
      if (role !== 'observer' && role !== 'person') client.say('decisions.request', { ...REQUEST, action: { ...ACTION, name: this.word('x') } })
    }
    for (const { client } of this.peers.filter(({ role }) => role === 'person')) {
      const { cards } = client.say('decisions.queue') as Output<'decisions.queue'>
      for (const { card } of cards.slice(0, 4)) client.say('decisions.resolve', { card: card.id, option: 'a', note: this.word('w') })
    }
  }

  /** Each person is reached by a topic, of which the service has heard nothing yet. */
  #bind(): void {
    for (const { client } of this.peers.filter(({ role }) => role === 'person')) client.say('channels.bind', { kind: 'ntfy', topic: this.word('t') })
  }

  /** What the administrator would have done in the names of people. */
  #propose(): void {
    for (const { id } of this.peers.filter(({ role }) => role === 'person')) {
      this.daemon.admin.call('actions.propose', { operation: 'threads.notify', input: { to: id, body: this.word('b') }, person: id })
    }
  }

  /** What a source of events may be, in any circle. */
  hook() {
    const { id, circle } = this.daemon.row<{ id: number; circle: string }>(
      'SELECT p.id, c.name AS circle FROM peers p JOIN circles c ON c.id = p.circle_id WHERE p.id = ?',
      this.any().viewer.peer,
    ) as { id: number; circle: string }
    const to = this.daemon.core.store.id('peer', id)
    return {
      circle,
      to,
      verify: { by: 'token', header: 'x-token', idHeader: 'x-id', eventHeader: 'x-event' },
      secret: { variable: HOOK_SECRET.variable },
    } as const
  }

  /** Events from outside, some of which cannot be sent. */
  #arrive(): void {
    const { ingress } = this.daemon.core.gateway
    const come = async (path: string, body: string) => {
      const headers = { 'x-token': HOOK_SECRET.text, 'x-id': this.word('i'), 'x-event': this.word('e') }
      await ingress.receive({ source: path.replace('/hooks/', ''), headers, body: Buffer.from(body) }).catch(() => undefined)
      return { status: 202, text: '' }
    }
    ingress.attach((path, { body }) => come(path, body))
    for (let n = 0; n < 4; n += 1) {
      const { source } = this.daemon.admin.call('ingress.create', { ...this.hook(), name: this.word('h'), text: `${this.word('w')} {{said}}` })
      for (let event = 0; event < 3; event += 1) void come(source.path, JSON.stringify({ said: this.word('b') }))
      this.daemon.pass(0)
      if (n % 2 === 0) this.daemon.admin.call('ingress.rotate', { source: source.id, secret: { variable: 'ANOTHER' } })
      if (n >= 2) this.daemon.admin.call('ingress.pause', { source: source.id, reason: this.word('r') })
    }
  }

  /** A word that is nowhere else: `zb12z` for a body. */
  word(kind: string): string {
    this.#last += 1
    return `z${kind}${this.#last}z`
  }

  get peers(): Member[] {
    return this.members.filter(({ mode }) => mode !== 'none')
  }

  any(): Member {
    return this.random.pick(this.peers) as Member
  }

  /** The id of any row, whoever may see it. */
  anyId(kind: IdKind): string {
    const table = TABLES[kind] ?? `${kind}s`
    const row = this.random.pick(this.daemon.rows<{ id: number }>(`SELECT id FROM ${table}`))
    return this.daemon.core.store.id(kind, row?.id ?? 1)
  }

  /** An approval of the caller's own, mostly. */
  ownApproval({ viewer }: Member): string {
    const row = this.random.pick(this.daemon.rows<{ id: number }>('SELECT id FROM approvals WHERE requester_id = ?', viewer.peer))
    return row && this.random.chance(0.6) ? this.daemon.core.store.id('approval', row.id) : this.anyId('approval')
  }

  /** A card that asks for an approval, whoever may see it. */
  request(): string {
    const row = this.random.pick(this.daemon.rows<{ id: number }>("SELECT id FROM decisions WHERE kind = 'approval'"))
    return this.daemon.core.store.id('decision', row?.id ?? 1)
  }

  /** The link of one of a few pull requests. */
  link(): string {
    return `https://forge.example/crew/ship/pull/${this.random.between(1, 6)}`
  }

  /** A review, by its id or its link. */
  review(): string {
    return this.random.chance(0.5) ? this.anyId('review') : this.link()
  }

  /** A row of the caller's own, mostly; where there is none, anybody's. */
  ownId(kind: 'thread' | 'message' | 'delivery' | 'fan', { viewer }: Member): string {
    const where = { thread: '? IN (opener_id, recipient_id)', message: 'sender_id = ?', delivery: 'peer_id = ?', fan: 'opener_id = ?' }[kind]
    const table = kind === 'delivery' ? 'deliveries' : `${kind}s`
    const row = this.random.pick(this.daemon.rows<{ id: number }>(`SELECT id FROM ${table} WHERE ${where}`, viewer.peer))
    return row && this.random.chance(0.6) ? this.daemon.core.store.id(kind, row.id) : this.anyId(kind)
  }

  /** Somebody who is about to join: afterwards it may see what the peer may that it became. */
  newcomer(): Member {
    const { id } = this.daemon.row<{ id: number }>('SELECT max(id) AS id FROM peers') as { id: number }
    const client = this.daemon.connect(this.daemon.enrolment(this.circle()))
    const member: Member = { viewer: { kind: 'peer', peer: id + 1 }, id: 'newcomer', role: 'agent', mode: 'none', client, checked: client.frames.length }
    this.members.push(member)
    return member
  }

  /** That of the caller's circle, or none that there is. */
  leaderToken({ viewer }: Member): string {
    const row = this.daemon.row<{ token: number }>('SELECT l.token FROM leaderships l JOIN peers p ON p.circle_id = l.circle_id WHERE p.id = ?', viewer.peer)
    return row && this.random.chance(0.8) ? String(row.token) : '1'
  }

  circle(): string {
    return this.random.pick(CIRCLES) as string
  }

  address(): string {
    const peer = this.any()
    const { name, circle } = this.daemon.row<{ name: string; circle: string }>(
      'SELECT p.name, c.name AS circle FROM peers p JOIN circles c ON c.id = p.circle_id WHERE p.id = ?',
      peer.viewer.peer,
    ) as { name: string; circle: string }
    return this.random.weighted([
      [peer.id, 4],
      [`${name}@${circle}`, 4],
      [name, 2],
    ])
  }

  /** Calls an operation and returns what of all that anybody was sent since is not for their eyes. */
  call(member: Member, name: string, input: unknown): { readonly ok: boolean; readonly leaks: Leak[] } {
    const id = member.client.post(name, input)
    this.daemon.pass(0)
    const frame = member.client.frames.find((candidate) => candidate.id === id)
    // A wait that goes on is answered when time has passed, and looked at then.
    const ok = frame?.error === undefined
    return { ok, leaks: this.leaks(member, input) }
  }

  leaks(caller: Member, input: unknown): Leak[] {
    return this.members.flatMap((member) => {
      const fresh = member.client.frames.slice(member.checked)
      member.checked = member.client.frames.length
      if (fresh.length === 0) return []
      const oracle = this.#oracleOf(member)
      return fresh.flatMap((frame) => {
        const what = oracle.leaks(frame, member === caller ? input : undefined)
        return what.length > 0 ? [{ caller: `${member.role} ${member.id}`, what, frame }] : []
      })
    })
  }

  /** What one may see changes with the rows only, and most calls change none. */
  #oracleOf(member: Member): Oracle {
    const { changes } = this.daemon.row<{ changes: number }>('SELECT total_changes() AS changes') as { changes: number }
    const known = this.#oracles.get(member)
    if (known?.changes === changes) return known.oracle
    const oracle = new Oracle(this.daemon, member.viewer)
    this.#oracles.set(member, { changes, oracle })
    return oracle
  }

  [Symbol.dispose](): void {
    this.daemon.stop()
  }

  #populate(): void {
    const { daemon, random } = this
    this.members.push({ viewer: { kind: 'admin', peer: -1 }, id: 'admin', role: 'admin', mode: 'none', client: daemon.admin, checked: 0 })
    const person = daemon.person(this.word('n'))
    this.members.push({ viewer: { kind: 'peer', peer: daemon.number(person.id) }, id: person.id, role: 'person', mode: 'read', client: person, checked: 0 })
    for (let index = 0; index < 9; index += 1) {
      const role = random.pick(ROLES) as Role
      const mode = random.pick(MODES) as (typeof MODES)[number]
      const capabilities = random.chance(0.5) ? ['review'] : [this.word('k')]
      const joined = daemon.join(this.word('n'), { circle: this.circle(), role, mode, description: this.word('d'), capabilities })
      this.members.push({ viewer: { kind: 'peer', peer: daemon.number(joined.id) }, id: joined.id, role, mode, client: joined, checked: 0 })
      if (random.chance(0.6)) this.#files.set(daemon.number(joined.id), daemon.upload(joined.token, this.word('c'), { name: this.word('f') }))
      if (GRANTABLE.has(role) && random.chance(0.6)) daemon.admin.call('grants.add', { peer: joined.id, circle: this.#circleThatIs() })
    }
  }

  /** Circles are made by enrolments; a grant needs one. */
  #circleThatIs(): string {
    const circle = this.circle()
    this.daemon.enrolment(circle)
    return circle
  }

  #speak(): void {
    const { random } = this
    const member = this.any()
    const body = `${this.word('b')} common ${random.chance(0.5) ? 'words' : 'things'}`
    const causedBy = random.chance(0.4) ? { causedBy: this.ownId('message', member) } : { causedBy: null }
    const file = this.#files.get(member.viewer.peer)
    const attachments = file !== undefined && random.chance(0.3) ? { attachments: [file] } : {}
    const thread = this.ownId('thread', member)
    const plays: readonly (readonly [() => unknown, number])[] = [
      [
        () =>
          member.client.say('threads.ask', {
            to: this.address(),
            body,
            ...causedBy,
            ...attachments,
            ...(random.chance(0.2) && { deadline: '2s', escalateTo: this.any().id }),
          }),
        30,
      ],
      [() => member.client.say('threads.notify', { to: this.address(), body, ...causedBy, ...attachments }), 14],
      [
        () =>
          member.client.say('threads.notify', {
            to: random.pick(['role:agent', 'cap:review', `role:agent@${this.circle()}`]),
            select: 'all',
            body,
            ...causedBy,
          }),
        14,
      ],
      [() => member.client.say('reviews.request', { subject: { pr: this.link() }, note: body, title: this.word('t') }), 8],
      [
        () =>
          member.client.say('threads.notify', {
            to: this.address(),
            body: `${body} ${this.link()}`,
            touched: [{ pr: this.link(), sha: 'abcdef0' }],
            causedBy: null,
          }),
        6,
      ],
      [() => member.client.say('reviews.mark', { review: this.review(), note: body }), 5],
      [() => member.client.say('threads.reply', { thread, body }), 22],
      [() => member.client.say('threads.answer', { thread, body }), 12],
      [() => member.client.say('threads.decline', { thread, reason: body }), 5],
      [() => member.client.say('threads.cancel', { thread, reason: body }), 4],
      [() => member.client.say('threads.redact', { message: this.ownId('message', member), reason: this.word('r') }), 3],
      [() => member.client.say('peers.rename', { name: this.word('n') }), 2],
      [() => this.daemon.pass(random.between(1, 1_500)), 5],
    ]
    try {
      random.weighted(plays)()
    } catch (error) {
      // What may not be said is refused; whether the refusal tells too much is for the operations below.
      if (!(error instanceof MusterError)) throw error
    }
  }

  /** The lead of each circle is taken, passes on and leaves what it leaves. */
  #lead(): void {
    for (const member of this.random.shuffle(this.members.filter(({ role }) => role === 'orchestrator'))) {
      try {
        const { token } = member.client.call('orchestrators.claim', {}).leadership
        if (token !== null) member.client.call('orchestrators.note', { token, notes: this.word('w') })
        else if (this.random.chance(0.7)) this.daemon.admin.call('orchestrators.appoint', { peer: member.id })
      } catch (error) {
        if (!(error instanceof MusterError)) throw error
      }
    }
  }

  /** Dead letters, a parked pair, somebody who left. */
  #misfortunes(): void {
    const { daemon, random } = this
    const [a, b] = random.shuffle(this.peers).map(({ viewer }) => viewer.peer) as [number, number]
    daemon.run(
      'INSERT OR REPLACE INTO pairs (a, b, times, parked_at, parked_until, reason) VALUES (?, ?, ?, ?, ?, ?)',
      Math.min(a, b),
      Math.max(a, b),
      '[]',
      daemon.clock.wallMs(),
      daemon.clock.wallMs() + 600_000,
      this.word('r'),
    )
    for (const { id } of random.shuffle(daemon.rows<{ id: number }>("SELECT id FROM deliveries WHERE state = 'queued'")).slice(0, 6)) {
      daemon.run("UPDATE deliveries SET state = 'dead', ended_at = ?, reason = ? WHERE id = ?", daemon.clock.wallMs(), this.word('r'), id)
    }
    // Nobody may see more than before for having seen it then.
    for (const member of this.members) member.checked = member.client.frames.length
  }
}
