import type { CardRow, Content } from '../../daemon/decisions/rows.ts'
import type { Action, Input, OperationName, Output } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { ACTION, QUESTION, REQUEST } from '../support/cards.ts'
import { CoreClient } from '../support/test-core.ts'
import { ApprovalWatch, type Grant, type Use } from './approval-watch.ts'
import type { Change } from './journal.ts'
import { numberOf } from './numbers.ts'
import { Story, type Told } from './story.ts'

const MINUTE = 60_000
const PEERS = ['bob', 'eve', 'dan'] as const
/** Devices by whose they are: of ann there are two. */
const DEVICES = { phone: 'ann', tablet: 'ann', desk: 'cat' } as const
type Device = keyof typeof DEVICES

interface Counts {
  readonly decided: number
  readonly expired: number
  readonly folded: number
  readonly refused: number
  readonly uses: number
  readonly revoked: number
  readonly restores: number
}

interface Act {
  readonly who: string
  readonly operation: OperationName
  readonly input: object
  /** What would be used by it. */
  readonly use: Use | undefined
}

interface Client {
  readonly name: string
  readonly wire: CoreClient
}

/**
 * Days of cards that are raised, joined, commented on, withdrawn and decided by several devices at once, and of leases that are used, with a daemon that
 * crashes in the middle of commits, disks that fail and clocks that step. Each use and each end of an approval is judged by {@link ApprovalWatch}. In the
 * end each card has at most one outcome, and each who waited was told of it once.
 */
export function simulateDecisions(seed: number, steps: number): Promise<Counts & Told> {
  return new DecisionWorld(seed).tell(steps)
}

class DecisionWorld extends Story<Counts> {
  readonly #tokens = new Map<string, string>()
  readonly #peers = new Map<string, number>()
  readonly #watch = new ApprovalWatch((what) => void this.failures.push(what))
  /** What was confirmed: the options of each card, and how many uses. */
  #chosen = new Map<string, readonly string[]>()
  #chosenAtBackup: ReadonlyMap<string, readonly string[]> | undefined
  #allowed = 0
  #refused = 0
  #folded = 0
  #restores = 0
  #isRestoring = false

  protected found(): void {
    const { core } = this
    const admin = new CoreClient(core, this.clock, this.mintAdmin())
    const enrolment = admin.call('enrolments.create', {}).token
    const register = (name: string) => {
      const { peer, token } = new CoreClient(core, this.clock, enrolment).call('peers.register', { name, mode: 'pull' })
      this.#peers.set(name, core.store.number('peer', peer.id))
      return token
    }
    for (const name of PEERS) this.#tokens.set(name, register(name))
    this.#tokens.set('phone', register('ann'))
    this.#tokens.set('desk', register('cat'))
    // A second device, made while its peer is none of a person yet: afterwards only a pairing could.
    const phone = new CoreClient(core, this.clock, this.#tokens.get('phone') ?? '')
    this.#tokens.set('tablet', phone.call('credentials.create', { label: 'tablet' }).token)
    void core.pipeline.execute((tx) => {
      tx.changesPeers()
      tx.run("UPDATE peers SET role = 'person' WHERE name = 'ann' OR name = 'cat'")
    })
    this.clock.advance(MINUTE)
  }

  protected async step(): Promise<void> {
    const { random, clock } = this
    await random.weighted<() => void | Promise<void>>([
      [() => this.#raise(), 25],
      [() => this.#act(), 40],
      [() => this.#decide(), 22],
      [() => this.#speak(), 10],
      [() => this.#withdraw(), 5],
      [() => clock.advance(random.between(1, 60) * MINUTE), 15],
      [() => clock.stepWall(random.between(-180, 180) * MINUTE), 3],
      [() => this.#backUp(), 3],
      [() => this.#restore(), 1.5],
      ...this.faults(6, 10),
    ])()
    await this.revive()
    clock.advance(MINUTE)
    await this.revive()
  }

  protected settle(): void {
    this.clock.advance(5 * MINUTE)
  }

  protected judge(): Counts {
    const cards = this.rows<CardRow>('SELECT * FROM decisions')
    for (const card of cards) this.#judgeCard(card)
    if (this.#allowed > this.#watch.used) this.failures.push(`${this.#allowed} uses were confirmed, and ${this.#watch.used} are there`)
    const decided = cards.filter(({ state }) => state === 'answered' || state === 'approved' || state === 'denied').length
    const expired = cards.filter(({ state }) => state === 'expired').length
    return { decided, expired, folded: this.#folded, refused: this.#refused, uses: this.#watch.used, revoked: this.#watch.revoked, restores: this.#restores }
  }

  #judgeCard(card: CardRow): void {
    const id = this.core.store.id('decision', card.id)
    const fail = (what: string) => this.failures.push(`${id} (${card.kind}, ${card.state}): ${what}`)
    const chosen = this.#chosen.get(id) ?? []
    if (chosen.length > 1) fail(`was decided ${chosen.length} times`)
    if (chosen[0] !== undefined && chosen[0] !== card.option) fail(`was confirmed as ${chosen[0]} and is ${card.option}`)
    const types = this.rows<{ type: string; actor_id: number | null }>(
      `SELECT type, actor_id FROM events WHERE subject_kind = 'decision' AND subject = ${card.id}`,
    )
    const ends = types.filter(({ type }) => type === 'decision.closed')
    if (ends.length !== (card.state === 'waiting' ? 0 : 1)) fail(`has ${ends.length} ends`)
    this.#judgeTold(card, types, fail)
    this.#judgeTime(card, fail)
    const threads = this.rows<{ state: string }>(`SELECT t.state FROM decision_mail m JOIN threads t ON t.id = m.thread_id WHERE m.decision_id = ${card.id}`)
    const open = threads.filter(({ state }) => state === 'open').length
    if (open !== (card.state === 'waiting' ? 2 : 0)) fail(`has ${open} open threads`)
  }

  /** Each who asked was told once for each time that it asked, unless it waits still. */
  #judgeTold(card: CardRow, types: readonly { readonly type: string; readonly actor_id: number | null }[], fail: (what: string) => unknown): void {
    const id = this.core.store.id('decision', card.id)
    for (const { peer_id, waits } of this.rows<{ peer_id: number; waits: number }>(`SELECT * FROM decision_requesters WHERE decision_id = ${card.id}`)) {
      const joined = types.filter(({ type, actor_id }) => actor_id === peer_id && (type === 'decision.raised' || type === 'decision.joined')).length
      const told = this.rows(
        `SELECT 1 FROM messages m JOIN deliveries d ON d.message_id = m.id WHERE m.sender_id IS NULL AND m.kind = 'notify' AND d.peer_id = ${peer_id} AND m.body LIKE '${id} is %'`,
      ).length
      if (told !== joined - waits) fail(`told ${peer_id} ${told} times of ${joined - waits}`)
      if (waits === 1 && card.state !== 'waiting') fail(`${peer_id} waits still`)
    }
  }

  #judgeTime({ state, default_option, default_at, closed_at, option, content, kind }: CardRow, fail: (what: string) => unknown): void {
    const now = this.clock.wallMs()
    if (state === 'waiting' && default_option !== null && (default_at ?? now) < now - MINUTE) fail('is over its time')
    if (state !== 'expired') return
    const taken = (JSON.parse(content) as Content).options['abcde'.indexOf(option ?? 'z')]
    if (!taken?.safe || option !== default_option || (closed_at ?? 0) < (default_at ?? now)) fail('took a default that it did not have')
    if (kind === 'approval' && taken?.does !== 'deny') fail('approved by time')
  }

  #raise(): void {
    const { random } = this
    const option = random.pick(['a', 'stay_blocked'] as const) ?? 'a'
    const more = { ...(random.chance(0.4) && { topic: 'topic' }), default: { option, after: `${random.between(5, 300)}m` } }
    const made = this.#call(random.pick(PEERS) ?? 'bob', 'decisions.raise', { ...QUESTION, question: `Which of ${random.between(1, 4)}?`, ...more })
    if (made?.folded) this.#folded += 1
  }

  /** One to four peers ask at the same moment whether they may, or use what they or others have; or it is revoked under them. */
  #act(): void {
    const { random } = this
    const acts = Array.from({ length: random.chance(0.5) ? 1 : random.between(2, 4) }, () => this.#chooseAct())
    // Whoever connects has what was posted before committed.
    const clients = acts.map(({ who }) => this.#client(who)?.wire)
    const posted = acts.map(({ operation, input }, index) => clients[index]?.post(operation, input))
    const [only] = acts.length === 1 ? acts : []
    const isAllowed = only?.use && this.#watch.allows(only.use, this.clock.wallMs())
    this.#watch.expect({ uses: acts.flatMap(({ use }) => use ?? []) })
    this.clock.advance(0)
    this.#watch.expect({})
    for (const [index, client] of clients.entries()) {
      const frame = client?.frames.find(({ id }) => id === posted[index])
      if (this.alive) client?.leave()
      const told = frame?.error?.data.code ?? (frame?.result as { verdict?: string } | undefined)?.verdict ?? 'allowed'
      if (!frame || !acts[index]?.use || told === 'unavailable' || told === 'read_only') continue
      if (told === 'allowed') this.#allowed += 1
      if (only && this.alive && (told === 'allowed') !== isAllowed) this.failures.push(`was told ${told}, allowed: ${isAllowed}: ${JSON.stringify(only)}`)
    }
  }

  #chooseAct(): Act {
    const { random } = this
    const given = random.chance(0.8) ? random.pick(this.#watch.approvals.slice(-6)) : undefined
    const owner = PEERS.find((name) => this.#peers.get(name) === given?.to)
    const who = (random.chance(0.85) ? owner : undefined) ?? random.pick(PEERS) ?? 'bob'
    const approval = given && this.core.store.id('approval', given.id)
    if (approval && random.chance(0.08))
      return { who: random.pick(['phone', 'desk', who] as const) ?? who, operation: 'approvals.revoke', input: { approval }, use: undefined }
    const action = this.#actionLike(given?.action)
    const use = { by: this.#peers.get(who) ?? 0, action }
    if (given && random.chance(0.4)) return { who, operation: 'approvals.use', input: { approval, action }, use: { ...use, approval: given.id } }
    const more = random.chance(0.5) ? { after: `${random.between(5, 300)}m` } : {}
    return { who, operation: 'decisions.request', input: { ...REQUEST, ...more, action }, use }
  }

  /** Mostly what an approval is for, or nearly. */
  #actionLike(given: Action | undefined): Action {
    const { random } = this
    const kind = random.chance(0.95) ? ACTION.kind : 'deploy'
    const name = (random.chance(0.8) ? given?.name : undefined) ?? random.pick(['npm test', 'npm publish']) ?? ''
    const cwd = random.pick(['/ship', '/mast']) ?? '/ship'
    return { kind, name, arguments: { ...(random.chance(0.7) && given?.arguments), cwd, ...(random.chance(0.15) && { watch: true }) } }
  }

  /** Two or three devices decide the same card in the same batch, or a letter is said on a thread. */
  #decide(): void {
    const { random } = this
    const card = random.pick(this.#call('phone', 'decisions.queue', {})?.cards ?? [])?.card
    if (!card) return
    const minutes = random.between(5, 200)
    const scope = random.weighted<object>([
      [{}, 2],
      [{ scope: {} }, 3],
      [{ scope: { cwd: '/ship' } }, 5],
    ])
    const lease = { ...scope, count: random.between(1, 4) }
    const grants: Grant[] = []
    const clients = random.shuffle(Object.keys(DEVICES) as Device[]).map((device) => this.#client(device))
    const posted = clients.slice(0, random.between(1, 3)).map((client) => {
      const option = random.pick(['a', 'a', 'b'] as const) ?? 'a'
      const more = card.kind === 'approval' && option === 'a' && random.chance(0.5) ? { lease: { ...lease, for: `${minutes}m` } } : {}
      const asLetter = card.thread !== null && random.chance(0.3) && client?.name !== 'desk'
      const id = asLetter
        ? client?.wire.post('threads.answer', { thread: card.thread, body: ` ${option.toUpperCase()}. ` })
        : client?.wire.post('decisions.resolve', { card: card.id, option, ...more })
      const by = this.#peers.get(DEVICES[client?.name as Device]) ?? 0
      const isLease = 'lease' in more && !asLetter
      if (option === 'a') grants.push({ by, card: numberOf(card.id), lease: isLease ? { ...lease, ms: minutes * MINUTE } : undefined })
      return { client, id, option }
    })
    this.#watch.expect({ grants })
    this.clock.advance(0)
    this.#watch.expect({})
    for (const { client, id, option } of posted) {
      const frame = client?.wire.frames.find((each) => each.id === id)
      if (frame?.error?.data.code === 'already_closed') this.#refused += 1
      if (frame && !frame.error) this.#chosen.set(card.id, [...(this.#chosen.get(card.id) ?? []), option])
      if (this.alive) client?.wire.leave()
    }
  }

  /** A comment; and everybody reads, so that no mailbox fills. */
  #speak(): void {
    const card = this.random.pick(this.#call('desk', 'decisions.queue', {})?.cards ?? [])?.card
    if (card?.thread) this.#call('desk', 'threads.reply', { thread: card.thread, body: 'Why?' })
    for (const peer of [...PEERS, 'phone', 'desk']) {
      const read = this.#call(peer, 'mailbox.inbox', { limit: LIMITS.maxPage })
      if (read && read.items.length > 0) this.#call(peer, 'mailbox.ack', { deliveries: read.items.map(({ delivery }) => delivery.id) })
    }
  }

  #withdraw(): void {
    const peer = this.random.pick(PEERS) ?? 'bob'
    const card = this.random.pick(this.#call(peer, 'decisions.queue', {})?.cards ?? [])?.card
    if (card) this.#call(peer, 'decisions.withdraw', { card: card.id, reason: 'not now' })
  }

  #backUp(): void {
    if (!this.alive) return
    this.disk.backUp()
    this.#chosenAtBackup = new Map(this.#chosen)
  }

  /** Cards that were decided since wait again; approvals that were used or revoked since are that still. */
  async #restore(): Promise<void> {
    if (!this.#chosenAtBackup) return
    this.#chosen = new Map(this.#chosenAtBackup)
    this.#isRestoring = true
    await this.restore()
    this.#restores += 1
  }

  protected override onBirth(): void {
    if (this.#isRestoring) this.#watch.restored(this.disk.db)
    this.#isRestoring = false
  }

  protected override onCommitted(changes: readonly Change[]): void {
    this.#watch.committed(this.disk.db, changes, this.clock.wallMs())
  }

  #client(name: string): Client | undefined {
    if (!this.alive) return undefined
    return { name, wire: new CoreClient(this.core, this.clock, this.#token(name)) }
  }

  #call<N extends OperationName>(name: string, operation: N, input: Input<N>): Output<N> | undefined {
    return this.call(this.#token(name), operation, input)
  }

  #token(name: string): string {
    return this.#tokens.get(name) ?? ''
  }
}
