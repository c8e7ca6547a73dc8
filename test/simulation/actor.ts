import { type ErrorCode, isRetryable } from '../../src/errors.ts'
import type { Link, ServerFrame } from './network.ts'
import { numberOf } from './numbers.ts'
import { type Intent, KEYED, type SimRequest } from './requests.ts'
import type { Witness } from './witness.ts'
import type { World } from './world.ts'

export interface InHand {
  readonly delivery: string
  readonly thread: string
  readonly message: string
  readonly kind: string
  attempt: number
}

interface Deliver {
  readonly delivery: string
  readonly attempt: number
  readonly redelivered: boolean
  readonly owed: boolean
  readonly thread: { readonly id: string; readonly state: string }
  readonly message: {
    readonly id: string
    readonly kind: string
    readonly body: string
    readonly late: boolean
    readonly attachments: readonly { readonly id: string }[]
  }
}

interface Item {
  readonly delivery: { readonly id: string; readonly attempt: number }
  readonly thread: { readonly id: string }
  readonly message: Deliver['message']
  readonly owed: boolean
}

interface Boundary {
  readonly items: Item[]
  readonly owed: Item[]
  readonly turn: string
}

export interface ActorOptions {
  readonly name: string
  readonly kind: 'peer' | 'admin' | 'enrolment'
  readonly mode?: 'stream' | 'pull' | 'read'
  readonly role?: string
  readonly prefetch?: number
  readonly token?: string
}

/** What a delivery is answered with. */
type Reaction = 'ack' | 'answer' | 'decline' | 'nack' | 'ignore' | 'later' | 'owe' | 'reply' | 'extend' | 'crash'

const CONTROL_KINDS = new Set(['cancel', 'expire', 'fail', 'remind'])
/** How long a client waits for an answer on a connection that may be dead. */
const PATIENCE_MS = 90_000
const MAX_KNOWN = 40

/** A client that speaks the protocol frame by frame: deterministic, and as careless as the seed wants it. */
export class Actor {
  readonly kind: ActorOptions['kind']
  readonly mode: 'stream' | 'pull' | 'read'
  readonly role: string
  readonly prefetch: number
  /** The name under which it first joined. */
  readonly session: string
  name: string
  peerId: string | undefined
  retired = false
  readonly tokens: string[] = []
  link: Link | undefined
  greeted = false
  /** Asks that it sent, and threads that it was sent. */
  mine: string[] = []
  theirs: string[] = []
  fans: string[] = []
  readonly inHand = new Map<string, InHand>()
  readonly ended: InHand[] = []
  credentials: string[] = []
  subscription: string | undefined
  /** The last event seen, and whether the log is followed without a filter. */
  eventCursor: string | undefined
  inboxCursor: string | undefined
  dead: string[] = []
  /** Uploads of its own, and what messages brought it. */
  files: string[] = []
  readonly unsettled: Intent[] = []
  readonly pending = new Map<number, SimRequest>()
  /** Closing messages that it was handed, by thread. */
  readonly told = new Map<string, Set<string>>()
  readonly #lastFirst = new Map<string, number>()
  readonly #world: World

  constructor(world: World, options: ActorOptions) {
    this.#world = world
    this.kind = options.kind
    this.mode = options.mode ?? 'stream'
    this.role = options.role ?? 'agent'
    this.prefetch = options.prefetch ?? 4
    this.name = options.name
    this.session = options.name
    if (options.token) this.tokens.push(options.token)
  }

  get online(): boolean {
    return this.link !== undefined && this.greeted
  }

  get peer(): number | undefined {
    return this.peerId === undefined ? undefined : numberOf(this.peerId)
  }

  connect(): void {
    if (this.link) return
    // The sessions of a peer in pull mode come and go; any other program uses its newest token.
    const resumes = this.mode === 'pull' && !this.#world.draining && this.#world.random.chance(0.3)
    for (const token of resumes ? this.#world.random.shuffle(this.tokens) : [...this.tokens].reverse()) {
      const link = this.#world.dial(token, this)
      if (!link) continue
      this.#use(link)
      const consume = this.kind === 'peer' && this.mode === 'stream'
      this.send(this.#world.intent(this, 'hello', { protocol: 1, client: `sim ${this.name}`, consume, ...(consume && { prefetch: this.prefetch }) }))
      return
    }
  }

  /** Sends a request for an intent on the connection there is. */
  send(intent: Intent): SimRequest | undefined {
    const { link } = this
    if (!link) return undefined
    const request = this.#world.request(intent, link)
    this.pending.set(request.id, request)
    link.send(JSON.stringify({ jsonrpc: '2.0', id: request.id, method: intent.method, params: intent.params }))
    return request
  }

  call(method: string, params: Record<string, unknown> = {}): void {
    this.send(this.#world.intent(this, method, params))
  }

  /** Sends again what has no outcome, with the same keys. */
  retry(): void {
    for (const intent of this.unsettled.splice(0)) {
      if (intent.peer !== this.peer) continue
      const request = this.send(intent)
      if (request && intent.requests.some((earlier) => earlier !== request && earlier.arrival > 0)) this.#world.witness.mark(request, 'duplicate')
    }
  }

  /** A restored daemon does not know what happened since. */
  forget(): void {
    this.inHand.clear()
    this.#lastFirst.clear()
    this.told.clear()
    this.eventCursor = undefined
    this.subscription = undefined
    this.inboxCursor = undefined
    this.dead = []
  }

  #use(link: Link): void {
    this.link = link
    this.greeted = false
    link.client = {
      onFrame: (frame) => {
        if (frame.method === undefined) this.#onReply(frame)
        else this.#onNotification(frame.method, frame.params ?? {})
      },
      onEnd: () => this.#onEnd(link),
    }
  }

  #onEnd(link: Link): void {
    if (this.link === link) {
      this.link = undefined
      this.greeted = false
      this.subscription = undefined
    }
    for (const request of [...this.pending.values()]) {
      if (request.link !== link) continue
      this.pending.delete(request.id)
      this.#world.witness.mark(request, 'disconnect')
      if (KEYED.has(request.intent.method) && this.#world.random.chance(0.85)) this.unsettled.push(request.intent)
    }
  }

  #onReply(frame: ServerFrame): void {
    const request = this.pending.get(frame.id as number)
    if (!request) return
    this.pending.delete(request.id)
    const { intent } = request
    if (!frame.error) return this.#onSuccess(intent, frame.result ?? {})
    this.#onRefusal(intent, frame.error.data.code as ErrorCode)
  }

  #onRefusal(intent: Intent, code: ErrorCode): void {
    const { random, draining } = this.#world
    if (intent.method === 'events.subscribe' && code === 'cursor_expired') this.eventCursor = undefined
    if (intent.method === 'mailbox.inbox') this.inboxCursor = undefined
    if (intent.method === 'mailbox.ack') return this.#ackSingly(intent.params['deliveries'] as string[], code)
    const isBusy = code === 'mailbox_full' || code === 'pair_parked'
    if (isRetryable(code) && KEYED.has(intent.method) && !(isBusy && draining) && random.chance(0.5)) this.unsettled.push(intent)
  }

  /** One delivery of an earlier incarnation refuses the whole frame. */
  #ackSingly(deliveries: readonly string[], code: ErrorCode): void {
    if (!isRetryable(code) && !(code === 'not_found' && deliveries.length > 1)) return
    for (const delivery of deliveries) this.#world.after(1_000, () => this.call('mailbox.ack', { deliveries: [delivery] }))
  }

  #onSuccess(intent: Intent, result: Record<string, unknown>): void {
    this.#learns[intent.method]?.(result as never, intent.params)
  }

  /** What a client learns from an answer. */
  readonly #learns: Readonly<Record<string, (result: never, params: Readonly<Record<string, unknown>>) => void>> = {
    hello: (result) => this.#onHello(result),
    'peers.register': ({ peer, token }: { peer: { id: string }; token: string }, params) => this.#world.joined(String(params['name']), peer.id, token),
    'threads.ask': ({ sent }: { sent: { thread: string }[] }) => this.#rememberMine(sent),
    'threads.notify': ({ sent }: { sent: { thread: string }[] }) => this.#rememberMine(sent),
    'threads.broadcast': ({ sent }: { sent: { thread: string }[] }) => this.#rememberMine(sent),
    'fans.open': ({ fan, sent }: { fan: { id: string }; sent: { thread: string }[] }) => {
      remember(this.fans, fan.id)
      this.#rememberMine(sent)
    },
    'mailbox.inbox': (result) => this.#onInbox(result),
    'sessions.boundary': (result: Boundary, { at }) => this.#onBoundary(result, at),
    'sessions.watch': ({ wake }: { wake: boolean }) => {
      if (wake && this.#world.random.chance(0.8)) this.#reach('wake', [])
    },
    'mailbox.peek': ({ items }: { items: Item[] }) => {
      if (this.mode === 'read') for (const { thread, message } of items) this.#meet(thread.id, message)
    },
    'mailbox.dead': ({ dead }: { dead: { delivery: { id: string } }[] }) => {
      this.dead = dead.map(({ delivery }) => delivery.id)
    },
    'mailbox.replay': (_result, params) => this.#isDeadNoMore(params['delivery']),
    'mailbox.discard': (_result, params) => this.#isDeadNoMore(params['delivery']),
    'threads.owed': ({ owed }: { owed: { thread: { id: string } }[] }) => {
      if (this.#world.draining) for (const { thread } of owed) this.#answer(thread.id)
    },
    'credentials.create': ({ credential, token }: { credential: { id: string; peer: { id: string } | null }; token: string }) => {
      const owner = credential.peer ? this.#world.actorOfPeer(credential.peer.id) : this
      owner?.tokens.push(token)
      this.credentials.push(credential.id)
    },
    'enrolments.create': ({ enrolment }: { enrolment: { id: string } }) => this.#world.enrolments.push(enrolment.id),
    'peers.rename': ({ peer }: { peer: { id: string; name: string } }) => this.#world.learnName(peer),
    'peers.retire': ({ peer }: { peer: { id: string } }) => this.#world.learnRetired(peer.id),
    'events.subscribe': ({ subscription, cursor }: { subscription: string; cursor: string }) => {
      this.subscription = subscription
      this.eventCursor = cursor
    },
  }

  #rememberMine(sent: readonly { readonly thread: string }[]): void {
    for (const { thread } of sent) remember(this.mine, thread)
  }

  #isDeadNoMore(delivery: unknown): void {
    this.dead = this.dead.filter((id) => id !== delivery)
  }

  #onHello(result: Record<string, unknown>): void {
    this.greeted = true
    const { incarnation } = result['node'] as { incarnation: string }
    this.#world.meetIncarnation(incarnation)
    if (this.kind === 'admin') {
      const params = this.eventCursor === undefined ? {} : { after: this.eventCursor }
      this.call('events.subscribe', params)
    }
    this.retry()
  }

  #onInbox(result: { items: Item[]; cursor: string }): void {
    this.inboxCursor = result.cursor
    this.#onHanded(result.items)
  }

  /** Goes on as an agent does: from what it was handed to the end of its turn, and from there to a watch. What woke it becomes a prompt. */
  #onBoundary({ items, owed, turn }: Boundary, at: unknown): void {
    this.#onHanded([...owed, ...items])
    const { random, draining } = this.#world
    if (draining || !random.chance(0.6)) return
    const messages = items.map(({ message }) => message.id)
    if (at === 'wake' && items.length > 0) this.#world.after(random.between(1, 500), () => this.#reach('prompt', []))
    else if (turn === 'working') this.#world.after(random.between(1, 5_000), () => this.#reach(random.chance(0.7) ? 'stop' : 'wake', messages))
    else if (turn === 'idle' && this.online) this.call('sessions.watch', { timeout: `${random.between(1, 1_200)}s` })
  }

  #reach(at: string, seen: readonly string[]): void {
    if (this.online && !this.#world.draining) this.call('sessions.boundary', { at, seen, limit: this.#world.random.between(5, 50) })
  }

  #onHanded(items: readonly Item[]): void {
    for (const { delivery, thread, message, owed } of items) {
      this.#meet(thread.id, message)
      const hand = { delivery: delivery.id, attempt: delivery.attempt, thread: thread.id, message: message.id, kind: message.kind }
      if (!owed) this.inHand.set(delivery.id, hand)
      if (message.kind === 'ask' && (this.#world.draining || this.#world.random.chance(0.5))) this.#answer(thread.id, owed ? undefined : delivery.id)
    }
  }

  #onNotification(method: string, params: Record<string, unknown>): void {
    if (method === 'mailbox.deliver') this.#onDeliver(params as unknown as Deliver)
    else if (method === 'events.event') this.#onEvent(params as unknown as { subscription: string; event: { cursor: string } })
    else if (method === 'thread.closed') {
      for (const hand of this.inHand.values()) if (hand.thread === params['thread']) this.inHand.delete(hand.delivery)
    }
  }

  #onEvent({ subscription, event }: { subscription: string; event: { cursor: string } }): void {
    if (subscription !== this.subscription || this.kind !== 'admin') return
    this.#world.checkEventOrder(this.eventCursor, event.cursor)
    this.eventCursor = event.cursor
  }

  knowsFile(id: string): void {
    if (!this.files.includes(id)) remember(this.files, id)
  }

  #meet(thread: string, message: Deliver['message']): void {
    for (const { id } of message.attachments) this.knowsFile(id)
    if (message.kind === 'ask' || message.kind === 'notify') remember(this.theirs, thread)
    if (message.late || !['answer', 'decline', 'cancel', 'expire', 'fail'].includes(message.kind)) return
    const known = this.told.get(thread)
    if (known) known.add(message.id)
    else this.told.set(thread, new Set([message.id]))
  }

  #onDeliver(deliver: Deliver): void {
    const { delivery, attempt, message, thread, owed, redelivered } = deliver
    this.#meet(thread.id, message)
    const witness: Witness = this.#world.witness
    const number = numberOf(delivery)
    if (!owed && !redelivered && !CONTROL_KINDS.has(message.kind)) {
      const last = this.#lastFirst.get(thread.id) ?? 0
      if (number <= last) witness.fail(`${this.name} sees delivery ${number} of ${thread.id} for the first time after ${last}`)
      this.#lastFirst.set(thread.id, number)
    }
    const hand = { delivery, attempt, thread: thread.id, message: message.id, kind: message.kind }
    if (!owed) this.inHand.set(delivery, hand)
    this.#react(hand, owed)
  }

  #react(hand: InHand, owed: boolean): void {
    const { random, draining } = this.#world
    const isAsk = hand.kind === 'ask'
    if (draining) return this.#perform('ack', hand, owed)
    // Some deliveries are poison: whoever takes them fails.
    if (!owed && numberOf(hand.delivery) % 9 === 0 && random.chance(0.95)) return this.nack(hand)
    const reaction = random.weighted<Reaction>(isAsk ? ON_ASK : ON_OTHER)
    const run = () => this.#perform(reaction, hand, owed)
    if (reaction === 'later' || random.chance(0.15)) this.#world.after(random.between(1, 90_000), run)
    else run()
  }

  #perform(reaction: Reaction, hand: InHand, owed: boolean): void {
    if (this.#world.draining) return this.#finish(hand, owed)
    switch (reaction) {
      case 'answer':
        return this.#answer(hand.thread, owed ? undefined : hand.delivery)
      case 'decline':
        return this.#world.speak(this, 'threads.decline', { thread: hand.thread, ...(!owed && { delivery: hand.delivery }) })
      case 'reply':
        this.#reply(hand, owed)
        return this.#world.after(100, () => this.#perform(hand.kind === 'ask' ? 'answer' : 'ack', hand, owed))
      case 'nack':
        return owed ? undefined : this.nack(hand)
      case 'extend':
        if (!owed) this.call('mailbox.extend', { deliveries: [{ delivery: hand.delivery, attempt: hand.attempt }] })
        return this.#world.after(40_000, () => this.#ack(hand))
      case 'crash':
        return this.#world.cutActor(this)
      case 'ignore':
        return
      default:
        return this.#ack(hand)
    }
  }

  #finish(hand: InHand, owed: boolean): void {
    if (hand.kind === 'ask') this.#answer(hand.thread, owed ? undefined : hand.delivery)
    else this.#ack(hand)
  }

  /** Says more; about anything but an ask that is receipt enough. */
  #reply(hand: InHand, owed: boolean): void {
    const receipt = hand.kind !== 'ask' && !owed ? { delivery: hand.delivery } : {}
    this.#world.speak(this, 'threads.reply', { thread: hand.thread, causedBy: hand.message, ...receipt })
  }

  nack(hand: InHand): void {
    const reason = this.#world.registerNack(this, hand)
    this.#drop(hand)
    this.call('mailbox.nack', { delivery: hand.delivery, attempt: hand.attempt, reason })
  }

  #ack(hand: InHand): void {
    this.#drop(hand)
    const others = this.#world.random.chance(0.2) ? [...this.inHand.values()].filter((other) => other.kind !== 'ask').slice(0, 3) : []
    for (const other of others) this.#drop(other)
    this.call('mailbox.ack', { deliveries: [hand, ...others].map(({ delivery }) => delivery) })
  }

  #answer(thread: string, delivery?: string): void {
    const hand = delivery === undefined ? undefined : this.inHand.get(delivery)
    if (hand) this.#drop(hand)
    this.#world.speak(this, 'threads.answer', { thread, ...(delivery !== undefined && { delivery }) })
  }

  #drop(hand: InHand): void {
    this.inHand.delete(hand.delivery)
    this.ended.push(hand)
    if (this.ended.length > MAX_KNOWN) this.ended.shift()
  }

  /** Gives up a connection on which nothing has been answered for long. */
  checkPatience(link: Link): void {
    this.#world.after(PATIENCE_MS, () => {
      if (this.link === link && link.silent) link.endClient(undefined)
    })
  }
}

const ON_ASK: readonly (readonly [Reaction, number])[] = [
  ['answer', 34],
  ['decline', 8],
  ['owe', 20],
  ['reply', 9],
  ['nack', 9],
  ['ignore', 8],
  ['later', 8],
  ['extend', 5],
  ['crash', 3],
]
const ON_OTHER: readonly (readonly [Reaction, number])[] = [
  ['ack', 66],
  ['nack', 10],
  ['ignore', 6],
  ['later', 8],
  ['reply', 9],
  ['extend', 4],
  ['crash', 2],
]

function remember(list: string[], id: string): void {
  list.push(id)
  if (list.length > MAX_KNOWN) list.shift()
}
