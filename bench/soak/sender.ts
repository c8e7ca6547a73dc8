/** A peer that sends without end, writes down what it means to send before it does, and what became of each ask. */
import { MusterError, type MusterPeer } from '../../client/index.ts'
import { count, type Ledger, openSenderLedger } from './ledgers.ts'
import { fail, joinSoak, tell } from './peer.ts'
import { seeded } from './seeded.ts'
import type { Assignment, Work } from './wire.ts'

/** The load is bounded: so many asks without an end, and so many sends without a reply. */
const MAX_OPEN = 48
const LANES = 8
const NOTIFY_SHARE = 0.25
/** Asks that expire where their worker is dead for longer. */
const IMPATIENT_SHARE = 0.1
const IMPATIENCE = '1s'
const RETRY_MS = 100
const LOOK_AGAIN_MS = 20

interface Row {
  readonly n: number
  readonly kind: 'ask' | 'notify'
  readonly worker: string
  readonly amount: number
  readonly deadline: string | null
}

/** The asks without an end, as far as this sender knows. */
class OpenAsks {
  #unsent: number
  readonly #threads: Set<string>
  /** Ends that came before the reply to their ask. */
  readonly #early = new Set<string>()

  constructor(book: Ledger) {
    this.#unsent = book.prepare("SELECT count(*) FROM sent WHERE kind = 'ask' AND thread IS NULL").pluck().get() as number
    const open = "SELECT thread FROM sent WHERE kind = 'ask' AND thread IS NOT NULL AND thread NOT IN (SELECT thread FROM ends WHERE late = 0)"
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
    const kind = random() < NOTIFY_SHARE ? 'notify' : 'ask'
    const worker = workers[Math.floor(random() * workers.length)] as string
    const amount = 1 + Math.floor(random() * 1_000)
    const deadline = kind === 'ask' && random() < IMPATIENT_SHARE ? IMPATIENCE : null
    if (kind === 'ask') asks.intended()
    return { n: Number(insert.run(kind, worker, amount, deadline).lastInsertRowid), kind, worker, amount, deadline }
  }
}

type Next = () => Promise<Row | undefined>

/** Sends one after the other; what is refused for the moment is sent again, with the same key. */
async function lane(self: MusterPeer, { name }: Assignment, { book, asks }: { book: Ledger; asks: OpenAsks }, next: Next): Promise<void> {
  const tried = book.prepare('UPDATE sent SET tries = tries + 1 WHERE n = ?')
  const accepted = book.prepare('UPDATE sent SET message = ?, thread = ? WHERE n = ?')
  for (let row = await next(); row; ) {
    tried.run(row.n)
    try {
      const [sent] = (await send(self, name, row)).sent
      accepted.run(sent?.message, sent?.thread, row.n)
      if (sent && row.kind === 'ask') asks.accepted(sent.thread)
      row = await next()
    } catch (error) {
      if (!(error instanceof MusterError && error.retryable)) return fail(error)
      await pause(RETRY_MS)
    }
  }
}

function send(self: MusterPeer, name: string, { n, kind, worker, amount, deadline }: Row) {
  const work: Work = { n: `${name}/${n}`, amount }
  const input = { to: worker, body: JSON.stringify(work), key: `n${n}`, causedBy: null }
  const bounds = { timeoutMs: Number.POSITIVE_INFINITY }
  return kind === 'ask' ? self.call('threads.ask', { ...input, ...(deadline && { deadline }) }, bounds) : self.call('threads.notify', input, bounds)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
