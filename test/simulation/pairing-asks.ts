import { newCode } from '../../daemon/pairing/code.ts'
import type { IdKind } from '../../src/ids.ts'
import { type Ask, NOBODY_OF_THAT_NAME, type PairingModel, PROPOSABLE } from './pairing-model.ts'
import { isLive, personOf, type Who } from './pairing-state.ts'
import type { Random } from './random.ts'

const NAMES = ['owner', 'ann', 'bea', 'bob'] as const
const LABELS = ['phone', 'tablet', 'desk'] as const
/** None of these is done in anybody's name by an action, whatever its input. */
const IMPOSSIBLE = [
  'pairings.begin',
  'pairings.redeem',
  'pairings.confirm',
  'devices.revoke',
  'actions.approve',
  'credentials.create',
  'enrolments.spawn',
  'enrolments.create',
  'devices.list',
  'threads.get',
] as const
const ADMIN: Who = { is: 'admin' }

/** What those in the story know, besides what is in the tables. */
export interface Known {
  /** The numbers of the peers that are no people. */
  readonly agents: readonly number[]
  /** Pairings whose token somebody has, whatever it is worth. */
  readonly tokens: readonly number[]
  /** Every code there ever was. */
  readonly codes: readonly string[]
  /** Everything there ever was, also what a restore has undone. */
  readonly pairings: readonly number[]
  readonly actions: readonly number[]
}

/** Chooses who asks for what next: mostly what goes on, often what must be refused. */
export class PairingAsks {
  readonly #random: Random
  readonly #model: PairingModel
  #bodies = 0

  constructor(random: Random, model: PairingModel) {
    this.#random = random
    this.#model = model
  }

  next(known: Known): readonly [Who, Ask] {
    const random = this.#random
    const { state } = this.#model
    const newest = state.pairings.at(-1)?.state
    const isWaiting = state.actions.some((action) => action.state === 'waiting')
    // Where nobody is left that could confirm another one, nothing happens any more.
    const [isLast, isAlone] = [state.devices.filter(({ uid }) => isLive(state, uid)).length < 2, state.people.filter(({ retired }) => !retired).length < 2]
    return random.weighted<() => readonly [Who, Ask]>([
      [
        () => [
          this.#who(known, 40),
          { op: 'pairings.begin', ...(random.chance(0.7) && { person: random.chance(0.5) ? this.#name() : (random.pick(NAMES) as string) }) },
        ],
        newest === 'open' || newest === 'redeemed' ? 3 : 14,
      ],
      [() => [{ is: 'nobody' }, { op: 'pairings.redeem', code: this.#code(known), device: this.#label() }], newest === 'open' ? 26 : 9],
      [() => this.#confirm(known), newest === 'redeemed' ? 36 : 6],
      [() => [this.#who(known, 40), { op: 'pairings.cancel', pairing: this.#pairing(known) }], 4],
      [() => [this.#who(known, 20), { op: 'devices.rename', device: this.#device(known), name: this.#label() }], 5],
      [() => [this.#who(known, 20), { op: 'devices.revoke', device: this.#device(known) }], isLast ? 0.3 : 10],
      [() => [this.#who(known, 50), { op: 'peers.retire', person: this.#person() }], isAlone ? 0.1 : 1],
      [() => [this.#noAgent(known), { op: 'credentials.create', person: this.#person() }], 2],
      [() => this.#propose(known), 14],
      [() => this.#approve(known), isWaiting ? 20 : 2],
      [() => [this.#who(known, 30), { op: 'actions.reject', action: this.#action(known) }], isWaiting ? 6 : 1],
    ])()
  }

  /** A person retires while another one confirms a device for it. */
  #tooLate({ tokens }: Known): (readonly [Who, Ask])[] | undefined {
    const { state } = this.#model
    const { uid, person, digits } = state.pairings.at(-1) ?? {}
    const pairing = tokens.find((each) => isLive(state, each) && personOf(state, { is: 'device', pairing: each }) !== person)
    if (uid === undefined || !person || digits === undefined || pairing === undefined) return undefined
    return [
      [ADMIN, { op: 'peers.retire', person: person.uid }],
      [
        { is: 'device', pairing },
        { op: 'pairings.confirm', pairing: uid, digits },
      ],
    ]
  }

  /** What meets seldom: a retirement and a confirmation; more guesses at a code, or actions of one for one person, than there may be. */
  burst(known: Known): (readonly [Who, Ask])[] {
    const random = this.#random
    const tooLate = this.#tooLate(known)
    if (tooLate) return tooLate
    if (random.chance(0.5)) return Array.from({ length: 12 }, () => [{ is: 'nobody' }, { op: 'pairings.redeem', code: newCode(random.bytes), device: 'x' }])
    const [who, person] = [this.#who(known, 40), this.#name()]
    return Array.from({ length: 6 }, () => [who, { op: 'actions.propose', operation: PROPOSABLE, to: 'bob', body: this.#body(), person }])
  }

  /** The administrator so often of a hundred times; otherwise mostly a device. */
  #who(known: Known, admin: number): Who {
    const random = this.#random
    if (random.chance(admin / 100)) return ADMIN
    const agent = random.pick(known.agents)
    if (agent !== undefined && random.chance(0.15)) return { is: 'agent', peer: agent }
    const live = known.tokens.filter((pairing) => isLive(this.#model.state, pairing))
    const pairing = random.pick(live.length > 0 && random.chance(0.9) ? live : known.tokens)
    return pairing === undefined ? ADMIN : { is: 'device', pairing }
  }

  /** An agent mints credentials of its own, which is another matter. */
  #noAgent(known: Known): Who {
    const who = this.#who(known, 60)
    return who.is === 'agent' ? ADMIN : who
  }

  #confirm(known: Known): readonly [Who, Ask] {
    const pairing = this.#pairing(known)
    const { digits, first = false } = this.#model.state.pairings.find(({ uid }) => uid === pairing) ?? {}
    return [this.#who(known, first ? 75 : 25), { op: 'pairings.confirm', pairing, digits: this.#digits(digits) }]
  }

  #propose(known: Known): readonly [Who, Ask] {
    const random = this.#random
    const operation = random.chance(0.15) ? (random.pick(IMPOSSIBLE) as string) : PROPOSABLE
    const to = random.chance(0.15) ? NOBODY_OF_THAT_NAME : 'bob'
    return [this.#who(known, 40), { op: 'actions.propose', operation, to, body: this.#body(), ...(random.chance(0.7) && { person: this.#name() }) }]
  }

  /** Mostly by a device of the person that it is meant for. */
  #approve(known: Known): readonly [Who, Ask] {
    const random = this.#random
    const action = this.#action(known)
    const meant = this.#model.state.actions.find(({ uid }) => uid === action)?.person
    const { state } = this.#model
    const own = known.tokens.filter((pairing) => isLive(state, pairing) && personOf(state, { is: 'device', pairing }) === meant)
    const pairing = random.chance(0.9) ? random.pick(own) : undefined
    const who: Who = pairing === undefined ? this.#who(known, 10) : { is: 'device', pairing }
    return [who, { op: 'actions.approve', action, digits: this.#digits(this.#model.memory.digits.get(action)?.digits) }]
  }

  #code({ codes }: Known): string {
    const random = this.#random
    const open = this.#model.memory.open?.code
    if (open !== undefined && random.chance(0.6)) return open
    return (random.chance(0.3) ? random.pick(codes) : undefined) ?? newCode(random.bytes)
  }

  /** The right ones, or others. */
  #digits(right: string | undefined): string {
    const random = this.#random
    if (right !== undefined && /^\d{4}$/.test(right) && random.chance(0.75)) return right
    return String((Number(right ?? 0) + random.between(1, 9_999) || 1) % 10_000).padStart(4, '0')
  }

  /** Mostly the newest. */
  #pairing({ pairings }: Known): number {
    return (this.#random.chance(0.85) ? this.#model.state.pairings.at(-1)?.uid : this.#random.pick(pairings)) ?? 0
  }

  #action({ actions }: Known): number {
    const waiting = this.#model.state.actions.filter(({ state }) => state === 'waiting')
    return (this.#random.chance(0.9) ? this.#random.pick(waiting)?.uid : undefined) ?? this.#random.pick(actions) ?? 0
  }

  #device({ pairings }: Known): number {
    const device = this.#random.pick(this.#model.state.devices)
    return (this.#random.chance(0.9) ? device?.uid : undefined) ?? this.#random.pick(pairings) ?? 0
  }

  #person(): number {
    return this.#random.pick(this.#model.state.people)?.uid ?? 0
  }

  #body(): string {
    this.#bodies += 1
    return `act ${this.#bodies}`
  }

  #name(): string {
    const there = this.#model.state.people.filter(({ retired }) => !retired)
    return (this.#random.chance(0.6) ? this.#random.pick(there)?.name : undefined) ?? (this.#random.pick(NAMES) as string)
  }

  #label(): string {
    return this.#random.pick(LABELS) as string
  }
}

/** What is sent for it; `id` is what the daemon calls a thing of the story. */
export function inputOf(who: Who, ask: Ask, id: (kind: IdKind, uid: number) => string): Record<string, unknown> {
  switch (ask.op) {
    case 'pairings.begin':
      return { person: ask.person }
    case 'pairings.redeem':
      return { code: ask.code, device: ask.device }
    case 'pairings.confirm':
      return { pairing: id('pairing', ask.pairing), comparison: ask.digits }
    case 'pairings.cancel':
      return { pairing: id('pairing', ask.pairing) }
    case 'devices.rename':
      return { device: id('credential', ask.device), name: ask.name }
    case 'devices.revoke':
      return { device: id('credential', ask.device) }
    case 'peers.retire':
      return { peer: id('peer', ask.person) }
    case 'credentials.create':
      return who.is === 'admin' ? { peer: id('peer', ask.person) } : {}
    case 'actions.propose':
      return { operation: ask.operation, input: proposedInput(ask, id), person: ask.person }
    case 'actions.approve':
      return { action: id('action', ask.action), code: ask.digits }
    case 'actions.reject':
      return { action: id('action', ask.action) }
  }
}

/** Nothing is wrong with what is proposed but the operation. */
function proposedInput({ operation, to, body }: Extract<Ask, { op: 'actions.propose' }>, id: (kind: IdKind, uid: number) => string): object {
  switch (operation) {
    case PROPOSABLE:
      return { to, body }
    case 'pairings.confirm':
      return { pairing: id('pairing', 0), comparison: '0000' }
    case 'pairings.redeem':
      return { code: '00000000', device: 'x' }
    case 'devices.revoke':
      return { device: id('credential', 0) }
    case 'actions.approve':
      return { action: id('action', 0), code: '0000' }
    case 'threads.get':
      return { thread: id('thread', 0) }
    default:
      return {}
  }
}
