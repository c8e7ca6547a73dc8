import type { Change } from './journal.ts'
import { numberOf } from './numbers.ts'
import { type Intent, isInDoubt } from './requests.ts'
import type { Witness } from './witness.ts'

interface KnownThread {
  readonly id: number
  readonly kind: string
  state: string
  readonly opener: number | null
  readonly recipient: number | null
}

interface KnownMessage {
  readonly id: number
  readonly thread: number
  readonly kind: string
  readonly token: string | undefined
  body: string
}

type Of<What extends Change['what']> = Extract<Change, { what: What }>

const CLOSING: Readonly<Record<string, string>> = { answered: 'answer', declined: 'decline', cancelled: 'cancel', expired: 'expire', failed: 'fail' }
/** Changes with an event of their own: its type, and the kind of its subject. */
const OWN_EVENTS: Partial<Record<Change['what'], readonly [string, string]>> = {
  thread: ['thread.opened', 'thread'],
  closed: ['thread.closed', 'thread'],
  redacted: ['message.redacted', 'message'],
  revoked: ['credential.revoked', 'credential'],
  fan: ['fan.opened', 'fan'],
  fanEnded: ['fan.ended', 'fan'],
}
const OPENING = new Set(['ask', 'notify'])

/** What is promised about threads, messages, events and idempotency: checked at each commit, and against the rows at the end. */
export class Ledger {
  readonly threads = new Map<number, KnownThread>()
  readonly messages = new Map<number, KnownMessage>()
  readonly intents = new Map<string, Intent>()
  /** Committed event numbers, in order. */
  readonly events: number[] = []
  readonly #witness: Witness

  constructor(witness: Witness) {
    this.#witness = witness
  }

  intentOf(body: string): Intent | undefined {
    return this.intents.get(tokenOf(body) ?? '')
  }

  onRestored(): void {
    const intentByMessage = new Map([...this.messages.values()].map((message) => [message.id, message.token]))
    this.threads.clear()
    this.messages.clear()
    this.events.length = 0
    for (const intent of this.intents.values()) intent.effects.clear()
    const threads = this.#witness.all<{ id: number; kind: string; state: string; opener_id: number | null; recipient_id: number | null }>(
      'SELECT id, kind, state, opener_id, recipient_id FROM threads',
    )
    for (const row of threads) this.threads.set(row.id, { ...row, opener: row.opener_id, recipient: row.recipient_id })
    for (const row of this.#witness.all<{ id: number; thread_id: number; kind: string; body: string }>('SELECT id, thread_id, kind, body FROM messages')) {
      // A redacted body names its intent no more, but the number is the same as before.
      const token = tokenOf(row.body) ?? intentByMessage.get(row.id)
      this.messages.set(row.id, { id: row.id, thread: row.thread_id, kind: row.kind, token, body: row.body })
      if (token !== undefined) this.intents.get(token)?.effects.add(row.id)
    }
    for (const intent of this.intents.values()) {
      if (intent.confirmed?.length === 0 || intent.confirmed?.some((id) => !intent.effects.has(id))) delete intent.confirmed
    }
    for (const { seq } of this.#witness.all<{ seq: number }>('SELECT seq FROM events ORDER BY seq')) this.events.push(seq)
  }

  onCommitted(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.what === 'thread') this.threads.set(change.id, { ...change })
      else if (change.what === 'message') this.#onMessage(change, changes)
      else if (change.what === 'redacted') (this.messages.get(change.id) as KnownMessage).body = change.body
      else if (change.what === 'closed') this.#onClosed(change, changes)
      else if (change.what === 'event') this.#onEvent(change.seq)
      else if (change.what === 'seen') this.#checkSeenEvent(change, changes)
    }
    this.#checkEvents(changes)
  }

  #onEvent(seq: number): void {
    if (seq <= (this.events.at(-1) ?? 0)) this.#witness.fail(`event ${seq} was written after ${this.events.at(-1)}`)
    this.events.push(seq)
  }

  #onMessage(message: Of<'message'>, changes: readonly Change[]): void {
    const { id, kind, body } = message
    if (this.messages.has(id)) this.#witness.fail(`message number ${id} was given out twice`)
    const token = tokenOf(body)
    this.messages.set(id, { ...message, token })
    const thread = this.threads.get(message.thread)
    const isOpen = thread?.state === 'open' || thread?.state === 'notice'
    if (message.late && isOpen) this.#witness.fail(`message ${id} is late in an open thread`)
    const intent = token === undefined ? undefined : this.intents.get(token)
    if (!intent) return
    const earlier = [...intent.effects].filter((other) => this.#repeats(other, message, intent))
    if (earlier.length > 0) this.#witness.fail(`${intent.method} with key ${intent.key} took effect twice: messages ${earlier.join()} and ${id}`)
    intent.effects.add(id)
    this.#checkRecipients(message, intent, changes)
    const closes = kind === 'answer' || kind === 'decline' || kind === 'cancel'
    const ends = changes.some((change) => change.what === 'closed' && change.id === message.thread && CLOSING[change.state] === kind)
    if (closes && !message.late && !ends) this.#witness.fail(`${kind} ${id} is stored and did not end its thread`)
    if (
      (kind === 'answer' || kind === 'decline') &&
      message.count === 0 &&
      !this.#witness.isRetired(thread?.opener ?? 0) &&
      !this.#witness.fans.isSilent(message.thread)
    ) {
      this.#witness.fail(`${kind} ${id} reaches nobody`)
    }
  }

  #checkRecipients({ id, count, sender }: Of<'message'>, { method }: Intent, changes: readonly Change[]): void {
    const recipients = changes.flatMap((change) => (change.what === 'delivery' && change.message === id ? [change.peer] : []))
    if (recipients.length !== count) this.#witness.fail(`message ${id} has ${recipients.length} deliveries and says ${count}`)
    if (method === 'threads.broadcast' && recipients.includes(sender ?? 0)) this.#witness.fail(`broadcast ${id} goes to its sender`)
  }

  /** Whether two messages of one intent tell the same recipient the same; an ask to all opens one thread for each, and a fan is cancelled in all of them. */
  #repeats(other: number, message: Of<'message'>, { method }: Intent): boolean {
    const known = this.messages.get(other)
    if (method === 'fans.cancel') return known?.thread === message.thread
    if (!known || !OPENING.has(message.kind)) return true
    return message.kind === 'notify' || this.threads.get(known.thread)?.recipient === this.threads.get(message.thread)?.recipient
  }

  #onClosed(closed: Of<'closed'>, changes: readonly Change[]): void {
    const { id, was, state, opener, recipient, by } = closed
    const thread = this.threads.get(id)
    if (was !== 'open' || thread?.state !== 'open') return this.#witness.fail(`thread ${id} went from ${was} to ${state}`)
    thread.state = state
    const told = (peer: number) =>
      changes.filter((change) => {
        if (change.what !== 'delivery' || change.thread !== id || change.peer !== peer) return false
        const message = changes.find((other): other is Of<'message'> => other.what === 'message' && other.id === change.message)
        return message !== undefined && message.kind === CLOSING[state] && !message.late
      }).length
    const expected = by === opener || opener === null || this.#witness.isRetired(opener) || this.#witness.fans.isSilent(id) ? 0 : 1
    // Told, and retired right after, in the same commit.
    const isLeaving = changes.some((change) => change.what === 'retired' && change.id === opener)
    if (opener !== null && told(opener) !== expected && !isLeaving)
      this.#witness.fail(`asker ${opener} of thread ${id} gets ${told(opener)} closing messages (${state})`)
    const now = this.#witness.wall()
    if (state === 'expired' && now < closed.deadlineAt) this.#witness.fail(`thread ${id} expired ${closed.deadlineAt - now} ms before its deadline`)
    if (state === 'expired' && closed.escalateTo !== null && !this.#witness.isRetired(closed.escalateTo)) this.#checkEscalation(id, closed.escalateTo, changes)
    if (by !== recipient) this.#checkWithdrawn(id, recipient, changes)
  }

  #checkEscalation(thread: number, to: number, changes: readonly Change[]): void {
    const notices = new Set(changes.flatMap((change) => (change.what === 'message' && change.sender === null && change.kind === 'notify' ? [change.id] : [])))
    const isTold = changes.some((change) => change.what === 'delivery' && change.peer === to && notices.has(change.message))
    if (!isTold) this.#witness.fail(`thread ${thread} expired and peer ${to}, to whom it escalates, is not told`)
  }

  /** What the recipient had not consumed must be gone, unless the same commit brought it back. */
  #checkWithdrawn(thread: number, recipient: number | null, changes: readonly Change[]): void {
    const rows = this.#witness.all<{ id: number; kind: string; late: number; reason: string | null }>(
      `SELECT d.id, m.kind, m.late, d.reason FROM deliveries d JOIN messages m ON m.id = d.message_id
       WHERE d.peer_id = ? AND d.state IN ('queued', 'offered') AND d.thread_id = ?`,
      recipient,
      thread,
    )
    const replayed = changes.some((change) => change.what === 'moved' && change.was === 'dead')
    const left = rows.find((row) => (row.kind === 'ask' || row.kind === 'reply') && row.late === 0)
    if (left && !replayed) this.#witness.fail(`delivery ${left.id} still waits for the recipient of thread ${thread}, which has closed`)
  }

  /** State first: each change has its event in the same commit. */
  #checkEvents(changes: readonly Change[]): void {
    const events = changes.filter((change): change is Of<'event'> => change.what === 'event')
    const has = (type: string, kind: string, subject: number) =>
      events.filter((event) => event.type === type && event.subjectKind === kind && event.subject === subject).length
    const need = (type: string, kind: string, subject: number) => {
      if (has(type, kind, subject) !== 1) this.#witness.fail(`${kind} ${subject} has ${has(type, kind, subject)} events ${type} in the commit that changed it`)
    }
    for (const change of changes) {
      const own = OWN_EVENTS[change.what]
      if (own) need(...own, 'id' in change ? change.id : 0)
      if (change.what === 'retired' && has('peer.retired', 'peer', change.id) === 0) this.#witness.fail(`peer ${change.id} retired without an event`)
      if (change.what === 'message') this.#checkMessageEvent(change, events)
      if (change.what === 'moved' && change.was !== change.state) this.#checkMoveEvent(change, events, has)
    }
  }

  #checkMessageEvent(message: Of<'message'>, events: readonly Of<'event'>[]): void {
    if (message.kind !== 'reply' && message.kind !== 'remind' && message.kind !== 'fail' && !(message.late && message.sender !== null)) return
    const types = message.kind === 'remind' ? ['thread.reminded'] : message.kind === 'fail' ? ['thread.message', 'thread.closed'] : ['thread.message']
    if (!events.some((event) => types.includes(event.type) && event.subject === message.thread))
      this.#witness.fail(`${message.kind} ${message.id} has no event ${types.join(' or ')} in its commit`)
  }

  #checkSeenEvent({ id, peer }: Of<'seen'>, changes: readonly Change[]): void {
    const names = ({ changed }: Of<'event'>) => (JSON.parse(changed) as { seen: string[] }).seen.map(numberOf)
    const found = changes.filter((change) => change.what === 'event' && change.type === 'mailbox.seen' && change.subject === peer && names(change).includes(id))
    if (found.length !== 1) this.#witness.fail(`delivery ${id} was seen, and ${found.length} events of that commit say so`)
  }

  #checkMoveEvent(
    { id, was, state, thread, peer }: Of<'moved'>,
    events: readonly Of<'event'>[],
    has: (type: string, kind: string, subject: number) => number,
  ): void {
    const ofThread = (...types: string[]) => events.some((event) => types.includes(event.type) && event.subject === thread && event.subjectKind === 'thread')
    const ofPeer = (...types: string[]) => events.some((event) => types.includes(event.type) && event.subject === peer && event.subjectKind === 'peer')
    const hasEvent =
      (state === 'acked' && (ofPeer('mailbox.acked', 'mailbox.read') || ofThread('thread.closed', 'thread.message'))) ||
      (state === 'dead' && has('delivery.dead', 'delivery', id) > 0) ||
      (state === 'superseded' && events.some((event) => event.type === 'thread.opened')) ||
      (state === 'expired' && ofThread('thread.closed') && this.threads.get(thread)?.state === 'expired') ||
      (state === 'withdrawn' && (ofThread('thread.closed') || has('delivery.discarded', 'delivery', id) > 0)) ||
      (was === 'dead' && state === 'queued' && has('delivery.replayed', 'delivery', id) > 0) ||
      // Offers are no changes of the log: a stream's live in memory.
      (was !== 'dead' && (state === 'queued' || state === 'offered'))
    if (!hasEvent) this.#witness.fail(`delivery ${id} went from ${was} to ${state} without an event in its commit`)
  }

  /** What must hold for every send, once nothing is under way any more. */
  check(): void {
    for (const [token, intent] of this.intents) {
      const { method, key, effects, confirmed } = intent
      const missing = confirmed?.filter((id) => !effects.has(id)) ?? []
      if (missing.length > 0) this.#witness.fail(`${method} ${token} was confirmed, and messages ${missing.join()} do not exist`)
      if (!confirmed && !isInDoubt(intent) && effects.size > 0)
        this.#witness.fail(`${method} ${token} (key ${key}) was refused and took effect as ${[...effects].join()}`)
    }
    const stored = new Map(this.#witness.all<{ id: number; body: string }>('SELECT id, body FROM messages').map((row) => [row.id, row.body]))
    for (const message of this.messages.values()) {
      if (stored.get(message.id) !== message.body)
        this.#witness.fail(`message ${message.id} was stored as ${message.body} and is now ${stored.get(message.id)}`)
    }
    for (const thread of this.threads.values())
      if (thread.state === 'open') this.#witness.fail(`ask ${thread.id} of ${thread.opener} to ${thread.recipient} never ended`)
    const rows = this.#witness.all<{ id: number; peer_id: number; state: string }>(
      "SELECT id, peer_id, state FROM deliveries WHERE state IN ('queued', 'offered')",
    )
    for (const row of rows) this.#witness.fail(`delivery ${row.id} of mailbox ${row.peer_id} is ${row.state} for ever`)
  }
}

export function tokenOf(body: string): string | undefined {
  return /^#\d+/.exec(body)?.[0]
}
