import { NOBODY } from '../../daemon/gateway/bearer.ts'
import { callOnce } from '../../daemon/gateway/one-call.ts'
import type { Tx } from '../../daemon/store/transaction.ts'
import { MusterError } from '../../src/errors.ts'
import type { IdKind } from '../../src/ids.ts'
import { CoreClient } from '../support/test-core.ts'
import { COMMIT_FAULTS } from './disk.ts'
import type { Change } from './journal.ts'
import { inputOf, PairingAsks } from './pairing-asks.ts'
import { type Ask, PairingModel } from './pairing-model.ts'
import { type Draft, find, isLive, type State, type Who } from './pairing-state.ts'
import { differences, learn } from './pairing-tables.ts'
import { Story, type Told } from './story.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** Until what a fault has kept from happening is tried again. */
const RETRY = 6 * SECOND
const AGENTS = ['bob', 'eve'] as const
/** The events that belong to this story. */
const OURS = /^(pairing|device|action|credential)\.|^peer\.retired$/
/** What happens so seldom that faults are to strike it more often. */
const SELDOM: ReadonlySet<string> = new Set(['pairings.confirm', 'devices.revoke', 'peers.retire', 'actions.approve', 'actions.reject'])
/** No thing has this number. */
const NONE = 999_999
const NEVER = new AbortController().signal

interface Counts {
  readonly requests: number
  readonly paired: number
  readonly done: number
  readonly restores: number
}

interface Post {
  readonly who: Who
  readonly ask: Ask
  /** On which it was sent; without one it came by itself, as over HTTP. */
  readonly link: CoreClient | undefined
  /** As what it was sent there. */
  frame: number | undefined
  /** `ok`, or the code of an error; `undefined`: nothing was replied. */
  told: string | undefined
  result: unknown
}

/**
 * Codes that are redeemed, guessed, used again, confirmed by this one and that, and left to expire; devices that are renamed and revoked; actions that
 * are proposed, approved and rejected, several at the same moment, with a daemon that crashes, disks that fail, clocks that step and backups that are
 * put back. Each request must come to what {@link PairingModel} says, and after each step the tables and the log must hold just that.
 */
export function simulatePairing(seed: number, steps: number): Promise<Counts & Told> {
  return new PairingWorld(seed).tell(steps)
}

class PairingWorld extends Story<Counts> {
  #lastUid = 0
  readonly #model = new PairingModel(() => {
    this.#lastUid += 1
    return this.#lastUid
  }, new Set(AGENTS))
  readonly #asks = new PairingAsks(this.random, this.#model)
  /** By who has them: the administrator, each agent, and whoever redeemed a pairing. */
  readonly #tokens = new Map<string, string>()
  readonly #known = { agents: [] as number[], tokens: [] as number[], codes: [] as string[], pairings: [] as number[], actions: [] as number[] }
  /** As the daemon says them, by kind and number of the story. */
  readonly #ids = new Map<string, string>()
  readonly #links = new Map<number, CoreClient>()
  #watches = false
  /** What the next commit must be. */
  #expected: Draft | undefined
  /** What became of the last batch: `undefined` where it never began. */
  #fate: 'committed' | 'failed' | undefined
  #backup: State | undefined
  #requests = 0
  #paired = 0
  #done = 0
  #restores = 0

  protected found(): void {
    this.#tokens.set('admin', this.mintAdmin())
    const enrolment = this.call(this.#tokens.get('admin') ?? '', 'enrolments.create', {})?.token ?? ''
    for (const name of AGENTS) {
      const made = this.call(enrolment, 'peers.register', { name, mode: 'pull' })
      const number = this.core.store.number('peer', made?.peer.id ?? '')
      this.#known.agents.push(number)
      this.#tokens.set(`agent ${number}`, made?.token ?? '')
    }
    this.#watches = true
  }

  protected async step(): Promise<void> {
    const { random, clock } = this
    await random.weighted<() => unknown>([
      [() => this.#meetAtOnce(), 70],
      [() => this.#pass(random.between(1, 200) * SECOND), 13],
      [() => this.#connect(), 6],
      [() => this.#befall('clock', () => clock.stepWall(random.between(-120, 120) * MINUTE)), 3],
      [() => this.#befall('suspend', () => this.sleep(random.between(1, 600) * SECOND)), 2],
      [() => this.#befall('restart', () => this.die()), 3],
      [() => this.#backUp(), 3],
      [() => this.#restore(), 1],
    ])()
    while (!this.alive) await this.live()
    this.plant(undefined)
    this.#look()
  }

  protected settle(): void {
    this.clock.advance(10 * MINUTE)
    this.#look()
  }

  protected judge(): Counts {
    return { requests: this.#requests, paired: this.#paired, done: this.#done, restores: this.#restores }
  }

  /** One to four requests in one batch. */
  #meetAtOnce(): void {
    const { clock, random } = this
    clock.advance(0)
    const before = this.#model.state
    const isBurst = random.chance(0.03)
    const asked = isBurst
      ? this.#asks.burst(this.#known)
      : Array.from({ length: random.chance(0.5) ? 1 : random.between(2, 4) }, () => this.#asks.next(this.#known))
    const failsAt = random.chance(0.15) ? random.between(0, asked.length - 1) : undefined
    const posts = asked.map(([who, ask], index) => {
      if (index === failsAt) this.#failHavingWritten()
      return this.#post(who, ask)
    })
    const refused = posts.map(({ who, ask, link }) => {
      const isKnown = link !== undefined || who.is !== 'device' || isLive(before, who.pairing)
      return isKnown ? this.#model.atTheDoor(who, ask) : 'unauthenticated'
    })
    const run = (draft: Draft, some: readonly Post[]) => some.map(({ who, ask }, index) => refused[index] ?? this.#model.run(draft, who, ask, clock.monoMs()))
    const draft = this.#model.draft()
    if (failsAt !== undefined) {
      // Those before it run twice, and what they counted in memory counts twice.
      const first = this.#model.draft()
      run(first, posts.slice(0, failsAt))
      Object.assign(draft, { memory: first.memory })
    }
    const right = run(draft, posts)
    this.#expected = draft
    this.#fate = undefined
    const isSeldom = posts.some(({ ask }, index) => right[index] === 'ok' && SELDOM.has(ask.op))
    if (random.chance(isSeldom ? 0.65 : 0.25)) this.#plantOne(posts.length === 1)
    clock.advance(0)
    this.#expected = undefined
    for (const [index, post] of posts.entries()) this.#judgeReply(post, this.#fate === 'committed' ? right[index] : refused[index])
    this.#requests += posts.length
    this.#pass(RETRY)
  }

  /** Another one's command, which makes the batch begin again. */
  #failHavingWritten(): void {
    const fail = (tx: Tx): void => {
      tx.run('UPDATE pairings SET reused = reused WHERE id < 0')
      throw new MusterError('forbidden')
    }
    this.core.pipeline.submit(fail, () => undefined)
  }

  /** `insertFull` stops a batch in its middle: what came after it runs later, or never. */
  #plantOne(isAlone: boolean): void {
    const { random } = this
    if (random.chance(0.35)) return this.plant(undefined, random.pick(['before', 'after'] as const))
    this.plant(random.pick(COMMIT_FAULTS.filter((fault) => isAlone || fault !== 'insertFull')))
  }

  #post(who: Who, ask: Ask): Post {
    const link = who.is === 'device' && this.random.chance(0.5) ? this.#links.get(who.pairing) : undefined
    const post: Post = { who, ask, link, frame: undefined, told: undefined, result: undefined }
    const input = inputOf(who, ask, (kind, uid) => this.#ids.get(`${kind} ${uid}`) ?? this.core.store.id(kind, NONE))
    if (link) {
      post.frame = link.post(ask.op, input)
      return post
    }
    const settle = (told: string, result?: unknown) => void Object.assign(post, { told, result })
    const { gateway } = this.core
    const caller = who.is === 'nobody' ? NOBODY : gateway.authenticate(this.#tokenOf(who))
    if (!caller) {
      settle('unauthenticated')
      return post
    }
    try {
      callOnce({ deps: gateway, caller, signal: NEVER }, ask.op, input, (outcome) => (outcome.ok ? settle('ok', outcome.value) : settle(outcome.error.code)))
    } catch (error) {
      if (!(error instanceof MusterError)) throw error
      settle(error.code)
    }
    return post
  }

  #tokenOf(who: Who): string {
    return this.#tokens.get(who.is === 'agent' ? `agent ${who.peer}` : who.is === 'device' ? `device ${who.pairing}` : who.is) ?? ''
  }

  /** `right` is `undefined` where the batch came to nothing. */
  #judgeReply(post: Post, right: string | undefined): void {
    // What a process says as it dies is not heard.
    if (!this.alive) return
    const { who, ask, link } = post
    const frame = link?.frames.find(({ id }) => id === post.frame)
    if (frame) Object.assign(post, { told: frame.error?.data.code ?? 'ok', result: frame.result })
    const { told } = post
    // Nor what it says on a connection that it has closed.
    if (told === undefined && link?.closed !== undefined) return
    this.meet(ask.op, [told ?? 'nothing'])
    const isRight = right === undefined ? told === 'unavailable' || told === 'read_only' : told === right
    if (!isRight) this.failures.push(`${JSON.stringify(who)} was told ${told} and not ${right ?? 'that it failed'}: ${JSON.stringify(ask)}`)
    if (told === 'ok') this.#hear(post)
  }

  /** Keeps what is told once: codes, tokens and digits. */
  #hear({ ask, result }: Post): void {
    const { pairing, code, token, action } = result as { pairing?: { id: string }; code: string; token: string; action?: { id: string } }
    const uidOf = (id = '') => Number([...this.#ids].find(([, known]) => known === id)?.[0].split(' ')[1])
    const { open, digits } = this.#model.memory
    if (ask.op === 'pairings.begin') {
      this.#known.codes.push(code)
      if (open?.pairing === uidOf(pairing?.id)) open.code = code
    } else if (ask.op === 'pairings.redeem') {
      this.#tokens.set(`device ${uidOf(pairing?.id)}`, token)
      this.#known.tokens.push(uidOf(pairing?.id))
    } else if (ask.op === 'actions.propose') {
      const waiting = digits.get(uidOf(action?.id))
      if (waiting) waiting.digits = code
    } else if (ask.op === 'pairings.confirm') this.#paired += 1
    else if (ask.op === 'actions.approve') this.#done += 1
  }

  #connect(): void {
    const pairing = this.random.pick(this.#known.tokens)
    if (pairing === undefined || this.#links.has(pairing)) return
    const isGood = isLive(this.#model.state, pairing)
    try {
      this.#links.set(pairing, new CoreClient(this.core, this.clock, this.#tokens.get(`device ${pairing}`) ?? ''))
      if (!isGood) this.failures.push(`the token of pairing ${pairing} opened a connection`)
    } catch (error) {
      if (!(error instanceof MusterError)) throw error
      if (isGood) this.failures.push(`the token of pairing ${pairing} opened no connection`)
    }
  }

  /** Time passes, and ends what nobody has finished; a fault may strike that. */
  #pass(ms: number): void {
    this.plant(undefined)
    if (this.alive && ms > RETRY && this.random.chance(0.8)) this.#plantOne(false)
    this.clock.advance(ms)
    this.plant(undefined)
    if (this.alive && ms > RETRY) this.clock.advance(RETRY)
  }

  /** Something befalls whatever is under way. */
  #befall(what: string, fn: () => void): void {
    const { state } = this.#model
    const under = [
      ...state.pairings.filter(({ state }) => state === 'open' || state === 'redeemed').map(({ state }) => `pairing ${state}`),
      ...state.actions.filter(({ state }) => state === 'waiting').map(() => 'action waiting'),
      ...state.devices.map(({ revoked }) => (revoked ? 'device revoked' : 'device live')),
    ]
    this.meet(what, new Set(under))
    fn()
    if (!this.alive && this.random.chance(0.3)) this.#plantOne(true)
  }

  #backUp(): void {
    this.disk.backUp()
    this.#backup = structuredClone(this.#model.state)
  }

  /** As `muster restore` does it: what was revoked since stays so. */
  async #restore(): Promise<void> {
    if (!this.#backup) return
    this.#befall('restore', () => undefined)
    const revoked = new Set(this.#model.state.devices.filter((device) => device.revoked).map(({ uid }) => uid))
    this.#model.state = structuredClone(this.#backup)
    for (const device of this.#model.state.devices) if (revoked.has(device.uid)) device.revoked = true
    await this.restore()
    this.#restores += 1
  }

  protected override onBirth(): void {
    this.#links.clear()
    this.#expected = this.#model.restart()
  }

  protected override onCommitted(changes: readonly Change[]): void {
    if (!this.#watches) return
    const events = changes.flatMap((change) => (change.what === 'event' && OURS.test(change.type) ? [change] : []))
    const told = events.map(({ type, subject, actor }) => `${type} ${subject} by ${actor}`)
    const draft = this.#expected ?? this.#expiry(events)
    this.#model.adopt(draft)
    this.#fate ??= 'committed'
    this.failures.push(...learn(this.disk.db, draft.state, (kind, { uid, id }) => this.#name(kind, uid, id)))
    const right = draft.events.map(({ type, about, by }) => `${type} ${about?.id ?? null} by ${by}`)
    if (told.sort().join() !== right.sort().join()) this.failures.push(`committed ${told.join() || 'nothing'} in place of ${right.join() || 'nothing'}`)
    this.#expected = draft.later.length > 0 ? this.#model.follow(draft.later) : undefined
  }

  /** A commit that nobody asked for: it ends what is over its time, and nothing else. */
  #expiry(events: readonly { readonly subject: number | null; readonly type: string }[]): Draft {
    const { pairings, actions } = this.#model.overdue(this.clock.monoMs())
    const isOf = (type: string, id: number | undefined) => events.some((event) => event.type === type && event.subject === id)
    return this.#model.expire(
      pairings.filter((uid) => isOf('pairing.ended', find(this.#model.state.pairings, uid)?.id)),
      actions.filter((uid) => isOf('action.ended', find(this.#model.state.actions, uid)?.id)),
    )
  }

  protected override onFailed(): void {
    const draft = this.#expected
    this.#expected = undefined
    this.#fate ??= 'failed'
    // The commands have run: what they counted in memory stays counted.
    if (draft && this.alive) this.#model.memory = draft.memory
  }

  #name(kind: IdKind, uid: number, id: number): void {
    this.#ids.set(`${kind} ${uid}`, this.core.store.id(kind, id))
    if (kind === 'pairing') this.#known.pairings.push(uid)
    if (kind === 'action') this.#known.actions.push(uid)
  }

  /** After each step: the tables, who may speak as a person, and that nothing outlives its time. */
  #look(): void {
    const { state } = this.#model
    this.failures.push(...differences(this.disk.db, state))
    const late = this.#model.overdue(this.clock.monoMs(), RETRY)
    if (late.pairings.length + late.actions.length > 0) this.failures.push(`${JSON.stringify(late)} should be over`)
    for (const pairing of this.#known.tokens) this.#lookAtToken(pairing)
  }

  /** It speaks for its person as long as its device is live, and for nobody otherwise. */
  #lookAtToken(pairing: number): void {
    const { state } = this.#model
    const caller = this.core.gateway.authenticate(this.#tokens.get(`device ${pairing}`) ?? '')
    const person = isLive(state, pairing) ? find(state.devices, pairing)?.person.id : undefined
    const speaksFor = caller?.kind === 'peer' && caller.role === 'person' ? caller.peerId : caller?.kind
    if (speaksFor !== person) this.failures.push(`the token of pairing ${pairing} speaks for ${speaksFor}, not ${person}`)
    const link = this.#links.get(pairing)
    if (link && person === undefined && link.closed === undefined) this.failures.push(`the connection of pairing ${pairing} is still open`)
    if (link?.closed !== undefined) this.#links.delete(pairing)
  }
}
