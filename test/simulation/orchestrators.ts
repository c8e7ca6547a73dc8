import type { Input, OperationName, Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { CoreClient } from '../support/test-core.ts'
import { LeaseWatch } from './lease-watch.ts'
import { Story, type Told } from './story.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const CIRCLES = ['main', 'ops'] as const

interface Counts {
  readonly leads: number
  readonly lapses: number
  readonly accepted: number
  readonly refused: number
  readonly moved: number
  readonly restores: number
}

interface Member {
  readonly name: string
  readonly circle: string
  readonly leads: boolean
  readonly id: number
  readonly token: string
  client: CoreClient | undefined
  /** Monotonic time since when it is away. */
  awaySince: number
  /** Every token that it was ever shown, the newest last. */
  readonly tokens: string[]
}

/**
 * Orchestrators of two circles that come and go, claim, hand over, resign and are appointed, and write with the tokens that they once had, while the
 * daemon crashes in the middle of commits, disks fail, machines sleep, clocks are set and backups are put back. Whatever is committed is looked at by
 * {@link LeaseWatch}; here it is judged what callers are told, and that in the end nobody waits for a leader that is gone.
 */
export function simulateLeads(seed: number, steps: number): Promise<Counts & Told> {
  return new LeadWorld(seed).tell(steps)
}

class LeadWorld extends Story<Counts> {
  readonly #watch = new LeaseWatch({ fail: (what) => void this.failures.push(what), awayMs: (peer) => this.#awayMs(peer) })
  readonly #members: Member[] = []
  #adminToken = ''
  #restores = 0
  #accepted = 0
  #refused = 0

  protected found(): void {
    const { core } = this
    this.#adminToken = this.mintAdmin()
    const admin = new CoreClient(core, this.clock, this.#adminToken)
    for (const circle of CIRCLES) {
      const enrolment = new CoreClient(core, this.clock, admin.call('enrolments.create', { circle, roles: ['agent', 'orchestrator'] }).token)
      for (const [name, leads] of [
        ['ada', true],
        ['bob', true],
        ['cyd', true],
        ['worker', false],
      ] as const) {
        const registered = enrolment.call('peers.register', { name, mode: 'pull', role: leads ? 'orchestrator' : 'agent' })
        const id = core.store.number('peer', registered.peer.id)
        this.#members.push({ name: `${name}@${circle}`, circle, leads, id, token: registered.token, client: undefined, awaySince: 0, tokens: [] })
      }
    }
    this.disk.backUp()
  }

  protected async step(): Promise<void> {
    const { random, clock } = this
    const [leader, other] = [this.#member(true), this.#member(random.chance(0.7))]
    await random.weighted<() => void | Promise<void>>([
      [() => this.#comeOrGo(leader), 26],
      [() => this.#claim(leader), 16],
      [() => this.#write(random.chance(0.5) ? (this.#leaderOf(leader.circle) ?? leader) : leader), 40],
      [() => this.#appoint(leader), 3],
      [() => this.#ask(other), 24],
      [() => this.#readMail(other), 20],
      [() => clock.advance(random.between(1, 20) * 1_000), 20],
      [() => clock.advance(random.between(1, 3) * MINUTE), 12],
      [() => clock.stepWall(random.between(-2, 2) * DAY + random.between(-MINUTE, MINUTE)), 4],
      ...this.faults(4, 6),
      [() => this.sleep(random.between(1, 60) * MINUTE), 2],
      [() => (this.alive ? this.disk.backUp() : undefined), 2],
      [() => this.#restore(), 2],
    ])()
    await this.revive()
    this.#requireOneHolder()
  }

  /** All come back and read their mail, and a while to come to rest. */
  protected settle(): void {
    for (const member of this.#members) this.#connect(member)
    for (const circle of CIRCLES) this.#claim(this.#members.find((member) => member.leads && member.circle === circle) as Member)
    this.clock.advance(3 * LIMITS.leaderLeaseMs)
    this.#requireOneHolder()
    for (const circle of CIRCLES) {
      const member = this.#members.find((one) => one.circle === circle) as Member
      const leadership = this.#call(member, 'orchestrators.status', {})?.leadership
      if (leadership?.lease !== 'held') this.failures.push(`${circle} ends ${leadership?.lease}, with everybody there`)
    }
    this.#watch.requireWhole(this.disk.db)
  }

  protected judge(): Counts {
    const { leads, lapses, moved } = this.#watch
    return {
      leads,
      lapses,
      moved,
      accepted: this.#accepted,
      refused: this.#refused,
      restores: this.#restores,
    }
  }

  #member(leads: boolean): Member {
    return this.random.pick(this.#members.filter((member) => member.leads === leads)) as Member
  }

  /** How long a peer has been away; 0 while it is connected. */
  #awayMs(peer: number): number {
    const member = this.#members.find(({ id }) => id === peer)
    return !member || member.client ? 0 : this.clock.monoMs() - member.awaySince
  }

  #comeOrGo(member: Member): void {
    if (!member.client) return this.#connect(member)
    const { client } = member
    this.#gone(member)
    if (this.alive) client.leave(this.random.chance(0.5) ? 'orderly' : 'lost')
  }

  #connect(member: Member): void {
    if (member.client || !this.alive) return
    try {
      member.client = new CoreClient(this.core, this.clock, member.token)
    } catch (error) {
      if (!(error instanceof MusterError) && this.alive) throw error
    }
  }

  #gone(member: Member): void {
    member.client = undefined
    member.awaySince = this.clock.monoMs()
  }

  #claim(member: Member): void {
    this.#connect(member)
    this.#shown(member, this.#call(member, 'orchestrators.claim', {})?.leadership.token)
  }

  #shown(member: Member, token: string | null | undefined): void {
    if (token && member.tokens.at(-1) !== token) member.tokens.push(token)
  }

  /** Operations of the leader, several in one batch, under tokens of now, of once, and of others. */
  #write(member: Member): void {
    this.#connect(member)
    const { client } = member
    if (!client || !this.alive) return
    if (this.random.chance(0.8)) this.#shown(member, this.#call(member, 'orchestrators.status', {})?.leadership.token)
    const before = this.#watch.commits
    const posted = Array.from({ length: this.random.between(1, 4) }, () => {
      const token = this.#tokenFor(member)
      const [name, input] = this.#leaderCall(member, token)
      return { token, id: client.post(name, input) }
    })
    this.clock.advance(0)
    for (const { token, id } of posted) if (client.replied(id)) this.#judge(member, token, before, () => client.outcome(id))
  }

  /** What is accepted carried a token that was not over when it was said. */
  #judge(member: Member, token: string, before: number, outcome: () => unknown): void {
    try {
      outcome()
      this.#accepted += 1
      if (!this.#watch.wasCurrent(member.id, token, before)) this.failures.push(`${member.name} wrote with ${token}, which was over before it asked`)
    } catch (error) {
      if (!(error instanceof MusterError)) throw error
      if (error.code === 'not_leading') this.#refused += 1
    }
  }

  /** Who was last shown a token, and may lead. */
  #leaderOf(circle: string): Member | undefined {
    const newest = (member: Member) => Number(member.tokens.at(-1) ?? 0)
    return this.#members.filter((member) => member.leads && member.circle === circle && member.client).sort((a, b) => newest(b) - newest(a))[0]
  }

  #tokenFor(member: Member): string {
    const { random } = this
    const anybodys = this.#members.flatMap(({ tokens }) => tokens)
    return (
      random.weighted([
        [member.tokens.at(-1), 70],
        [random.pick(member.tokens), 15],
        [random.pick(anybodys), 15],
      ]) ?? '1'
    )
  }

  #leaderCall(member: Member, token: string): [OperationName, object] {
    const to = this.#members.find((one) => one.leads && one.circle === member.circle && one !== member && one.client)
    return this.random.weighted<[OperationName, object]>([
      [['orchestrators.note', { token, notes: `${member.id} ${token}` }], 60],
      [['orchestrators.handover', { token, ...(to && this.random.chance(0.5) && { to: to.name }) }], 25],
      [['orchestrators.resign', { token }], 15],
    ])
  }

  #appoint(member: Member): void {
    if (!this.alive) return
    const admin = new CoreClient(this.core, this.clock, this.#adminToken)
    admin.post('orchestrators.appoint', { peer: member.name })
    this.clock.advance(0)
  }

  #ask(member: Member): void {
    this.#connect(member)
    const others = this.#members.filter((one) => one.circle === member.circle && one !== member)
    const fan = this.random.chance(0.2)
    if (fan) this.#call(member, 'fans.open', { to: others.map(({ name }) => name), body: 'Ready?', causedBy: null, deadline: '30d' })
    else this.#call(member, 'threads.ask', { to: this.random.pick(others)?.name ?? '', body: 'Ready?', causedBy: null, deadline: '30d' })
  }

  #readMail(member: Member): void {
    this.#connect(member)
    const inbox = this.#call(member, 'mailbox.inbox', { limit: 20 })
    if (!inbox || inbox.items.length === 0) return
    if (this.random.chance(0.7)) this.#call(member, 'mailbox.ack', { deliveries: inbox.items.map(({ delivery }) => delivery.id) })
    for (const { thread, message } of inbox.items) {
      if (message.kind === 'ask' && this.random.chance(0.4)) this.#call(member, 'threads.answer', { thread: thread.id, body: 'Yes.' })
    }
  }

  /** At most one orchestrator of a circle is shown a token. */
  #requireOneHolder(): void {
    for (const circle of CIRCLES) {
      const there = this.#members.filter((member) => member.leads && member.circle === circle && member.client)
      const holders = there.filter((member) => this.#call(member, 'orchestrators.status', {})?.leadership.token)
      if (holders.length > 1) this.failures.push(`${holders.map(({ name }) => name).join(' and ')} lead at once`)
    }
  }

  /** A refusal, and a daemon that dies meanwhile, end the call. */
  #call<N extends OperationName>({ client }: Member, name: N, input: Input<N>): Output<N> | undefined {
    if (!client || !this.alive) return undefined
    const id = client.post(name, input)
    this.clock.advance(0)
    if (!client.replied(id)) return undefined
    try {
      return client.outcome(id) as Output<N>
    } catch (error) {
      if (error instanceof MusterError) return undefined
      throw error
    }
  }

  async #restore(): Promise<void> {
    if (await this.restore()) this.#restores += 1
  }

  protected override onCommitted(): void {
    this.#watch.committed(this.disk.db)
  }

  protected override onFailed(): void {
    this.#watch.undone(this.disk.db)
  }

  protected override onBirth(): void {
    this.#watch.look(this.disk.db)
    // A period begins anew for all.
    for (const member of this.#members) this.#gone(member)
  }
}
