/** A peer that sends without end, writes down what it means to send before it does, and what became of each ask. */
import { type Bounds, type Input, MusterError, type MusterPeer, type Output } from '../../client/index.ts'
import { count, type Ledger, openSenderLedger } from './ledgers.ts'
import { fail, joinSoak, tell } from './peer.ts'
import { seeded } from './seeded.ts'
import { type Assignment, WORKERS, type Work } from './wire.ts'

/** The load is bounded: so many asks without an end, and so many sends without a reply. */
const MAX_OPEN = 48
const LANES = 8
const NOTIFY_SHARE = 0.25
/** Sends to all workers at once. */
const FAN_SHARE = 0.06
const BROADCAST_SHARE = 0.04
/** Fans that two answers are enough for. */
const ENOUGH_SHARE = 0.3
const ENOUGH = 2
/** Asks that expire where their worker is dead for longer. */
const IMPATIENT_SHARE = 0.1
const IMPATIENCE = '1s'
const RETRY_MS = 100
const LOOK_AGAIN_MS = 20

interface Row {
  readonly n: number
  readonly kind: 'ask' | 'notify' | 'fan' | 'broadcast'
  readonly worker: string
  readonly amount: number
  readonly deadline: string | null
}

/** The asks and fans without an end, as far as this sender knows. A fan stands here with its own id for a thread. */
class OpenAsks {
  #unsent: number
  readonly #threads: Set<string>
  /** Ends that came before the reply to their ask. */
  readonly #early = new Set<string>()

  constructor(book: Ledger) {
    this.#unsent = book.prepare("SELECT count(*) FROM sent WHERE kind IN ('ask', 'fan') AND thread IS NULL").pluck().get() as number
    const open = "SELECT thread FROM sent WHERE kind IN ('ask', 'fan') AND thread IS NOT NULL AND thread NOT IN (SELECT thread FROM ends WHERE late = 0)"
    this.#threads = new Set(book.prepare(open).pluck().all() as string[])
  }

  get size(): number {
    return this.#unsent + this.#threads.size
  }

  intended(): void {
    this.#unsent += 1
  }

  accepted(thread: string): void {
    this.#unsent -= 1
    if (!this.#early.delete(thread)) this.#threads.add(thread)
  }

  ended(thread: string): void {
    if (!this.#threads.delete(thread)) this.#early.add(thread)
  }
}

let settling = false
let opened: { readonly book: Ledger; readonly asks: OpenAsks } | undefined

const { peer, assignment } = await joinSoak(
  (given) => {
    const book = openSenderLedger(given.ledger)
    const asks = new OpenAsks(book)
    opened = { book, asks }
    const insert = book.prepare('INSERT OR IGNORE INTO ends VALUES (?, ?, ?, ?)')
    return {
      onNotify: (_body, { message, fanId: fan }) => {
        if (fan === null) return
        if (insert.run(message.id, fan, 'notice', 0).changes === 0) count(book, 'suppressed')
        else asks.ended(fan)
      },
      onMessage: (_body, { message }) => {
        if (insert.run(message.id, message.thread, message.kind, message.late ? 1 : 0).changes === 0) count(book, 'suppressed')
        else if (!message.late) asks.ended(message.thread)
      },
    }
  },
  () => {
    settling = true
  },
)
if (!opened) throw new Error('The ledger was not opened')
await run(peer, assignment, opened.book, opened.asks)

async function run(self: MusterPeer, given: Assignment, book: Ledger, asks: OpenAsks): Promise<void> {
  // What an earlier life of this process meant to send and does not know to be accepted.
  const unsure = book.prepare('SELECT n, kind, worker, amount, deadline FROM sent WHERE thread IS NULL ORDER BY n').all() as Row[]
  for (const _ of unsure) count(book, 'resumed')
  const next = createIntents(book, asks, given, unsure)
  await Promise.all(Array.from({ length: LANES }, () => lane(self, given, { book, asks }, next)))
  while (asks.size > 0) await pause(LOOK_AGAIN_MS)
  tell({ kind: 'settled' })
}

/** The next thing to send, already written down; nothing once the sender settles. */
function createIntents(book: Ledger, asks: OpenAsks, { seed, workers }: Assignment, unsure: Row[]) {
  const random = seeded(seed)
  const insert = book.prepare('INSERT INTO sent (kind, worker, amount, deadline) VALUES (?, ?, ?, ?)')
  return async (): Promise<Row | undefined> => {
    const earlier = unsure.shift()
    if (earlier) return earlier
    while (!settling && asks.size >= MAX_OPEN) await pause(LOOK_AGAIN_MS)
    if (settling) return undefined
    const kind = kindOf(random())
    const worker = workers[Math.floor(random() * workers.length)] as string
    const amount = 1 + Math.floor(random() * 1_000)
    const deadline = isAsking(kind) && random() < IMPATIENT_SHARE ? IMPATIENCE : null
    if (isAsking(kind)) asks.intended()
    return { n: Number(insert.run(kind, worker, amount, deadline).lastInsertRowid), kind, worker, amount, deadline }
  }
}

function isAsking(kind: Row['kind']): boolean {
  return kind === 'ask' || kind === 'fan'
}

function kindOf(share: number): Row['kind'] {
  if (share < NOTIFY_SHARE) return 'notify'
  if (share < NOTIFY_SHARE + FAN_SHARE) return 'fan'
  return share < NOTIFY_SHARE + FAN_SHARE + BROADCAST_SHARE ? 'broadcast' : 'ask'
}

type Next = () => Promise<Row | undefined>

/** Sends one after the other; what is refused for the moment is sent again, with the same key. */
async function lane(self: MusterPeer, { name }: Assignment, { book, asks }: { book: Ledger; asks: OpenAsks }, next: Next): Promise<void> {
  const tried = book.prepare('UPDATE sent SET tries = tries + 1 WHERE n = ?')
  const accepted = book.prepare('UPDATE sent SET message = ?, thread = ? WHERE n = ?')
  for (let row = await next(); row; ) {
    tried.run(row.n)
    try {
      const { message, thread } = await send(self, name, row)
      accepted.run(message, thread, row.n)
      if (isAsking(row.kind)) asks.accepted(thread)
      row = await next()
    } catch (error) {
      if (!(error instanceof MusterError && error.retryable)) return fail(error)
      await pause(RETRY_MS)
    }
  }
}

interface Accepted {
  readonly message: string
  readonly thread: string
}

async function send(self: MusterPeer, name: string, { n, kind, worker, amount, deadline }: Row): Promise<Accepted> {
  const work: Work = { n: `${name}/${n}`, amount }
  const input = { body: JSON.stringify(work), key: `n${n}`, causedBy: null }
  const bounds = { timeoutMs: Number.POSITIVE_INFINITY }
  const term = deadline === null ? {} : { deadline }
  switch (kind) {
    case 'ask':
      return first(await self.call('threads.ask', { ...input, ...term, to: worker }, bounds))
    case 'notify':
      return first(await self.call('threads.notify', { ...input, to: worker }, bounds))
    case 'broadcast':
      return first(await self.call('threads.broadcast', { ...input, to: WORKERS }, bounds))
    case 'fan':
      return openFan(self, { ...input, ...term, to: [WORKERS], ...(amount % 100 < ENOUGH_SHARE * 100 && { enough: ENOUGH }) }, bounds)
  }
}

/** Of a fan that nobody could be asked for no notice comes: it has ended with its reply. */
async function openFan(self: MusterPeer, input: Input<'fans.open'>, bounds: Bounds): Promise<Accepted> {
  const { fan, sent } = await self.call('fans.open', input, bounds)
  if (sent.length === 0) {
    opened?.book.prepare('INSERT OR IGNORE INTO ends VALUES (?, ?, ?, 0)').run(fan.id, fan.id, 'at once')
    opened?.asks.ended(fan.id)
  }
  return { message: fan.id, thread: fan.id }
}

function first({ sent, refused }: Output<'threads.notify'>): Accepted {
  const [only] = sent
  // All of several had no room: nothing was done, so it is sent again with the same key.
  if (!only) throw new MusterError('mailbox_full', { refused: refused.length })
  return only
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
