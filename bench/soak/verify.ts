import Database from 'better-sqlite3'
import { decodeId } from '../../src/ids.ts'
import { figure, type Ledger, openSenderLedger, openWorkerLedger } from './ledgers.ts'
import { checkFan, readFans } from './verify-fans.ts'

export interface Books {
  /** The daemon's database. */
  readonly muster: string
  readonly senders: readonly string[]
  readonly workers: readonly string[]
}

export interface Figures {
  asks: number
  notifies: number
  fans: number
  broadcasts: number
  answered: number
  declined: number
  expired: number
  failed: number
  deadLetters: number
  redelivered: number
  suppressed: number
  repeatedSends: number
}

interface Stored {
  readonly body: string
  readonly kind: string
  readonly state: string
  readonly delivery: string
  readonly offers: number
}

interface SentRow {
  readonly n: number
  readonly kind: 'ask' | 'notify' | 'fan' | 'broadcast'
  readonly message: string | null
  readonly thread: string | null
  readonly tries: number
}

/** What each closing looks like to who asked. */
const END_OF: Readonly<Record<string, string>> = { answered: 'answer', declined: 'decline', expired: 'expire', failed: 'fail' }
const SHOWN = 20

/** Compares the daemon's database with the books of the peers. What does not fit is a violation of a promise, in words. */
export function verify(books: Books): { readonly figures: Figures; readonly violations: readonly string[] } {
  const violations: string[] = []
  const figures: Figures = {
    asks: 0,
    notifies: 0,
    fans: 0,
    broadcasts: 0,
    answered: 0,
    declined: 0,
    expired: 0,
    failed: 0,
    deadLetters: 0,
    redelivered: 0,
    suppressed: 0,
    repeatedSends: 0,
  }
  const violation = (text: string): void => void violations.push(text)
  const daemon = new Database(books.muster, { readonly: true })
  const effects = checkWorkers(books.workers, figures, violation)
  const stored = readStored(daemon, violation)
  const fans = readFans(daemon)
  const daemonSide = { stored, fans, deliveriesOf: deliveriesIn(daemon) }
  for (const path of books.senders) checkSender(openSenderLedger(path), daemonSide, effects, figures, violation)
  for (const id of fans.keys()) violation(`fan ${id} is stored, but no sender knows of it`)
  for (const n of stored.keys()) violation(`${n} is stored, but no sender knows of it`)
  for (const message of effects.keys()) violation(`${message} had an effect, but no sender knows of it`)
  checkRest(daemon, violation)
  daemon.close()
  const more = violations.length - SHOWN
  return { figures, violations: more > 0 ? [...violations.slice(0, SHOWN), `… and ${more} more`] : violations }
}

type Complain = (text: string) => void
type Effects = Map<number, readonly string[]>

function numberOf(id: string): number {
  return decodeId(id)?.number ?? 0
}

/** What each message did, by the number of the message: the send that it was, once for each worker. */
function checkWorkers(paths: readonly string[], figures: Figures, violation: Complain): Effects {
  const effects: Effects = new Map()
  for (const path of paths) {
    const ledger = openWorkerLedger(path)
    const rows = ledger.prepare('SELECT message, n, amount FROM effects').all() as { message: string; n: string; amount: number }[]
    const balance = ledger.prepare('SELECT balance FROM account').pluck().get() as number
    const booked = rows.reduce((sum, { amount }) => sum + amount, 0)
    if (balance !== booked) violation(`${path}: the balance is ${balance}, the messages add up to ${booked}: an effect happened twice or not at all`)
    const numbers = new Set<string>()
    for (const { message, n } of rows) {
      if (numbers.has(n)) violation(`${n} was booked under two message ids: a send that was repeated was accepted twice`)
      numbers.add(n)
      const number = numberOf(message)
      effects.set(number, [...(effects.get(number) ?? []), n])
    }
    figures.redelivered += figure(ledger, 'redelivered')
    figures.suppressed += figure(ledger, 'suppressed')
    ledger.close()
  }
  return effects
}

const STORED = `SELECT m.body, m.kind, t.state, d.state AS delivery, d.attempt AS offers
  FROM messages m JOIN threads t ON t.id = m.thread_id JOIN deliveries d ON d.id = m.first_delivery
  WHERE m.kind IN ('ask', 'notify') AND m.sender_id IS NOT NULL AND t.fan_id IS NULL`

function readStored(daemon: Database.Database, violation: Complain): Map<string, Stored> {
  const stored = new Map<string, Stored>()
  for (const row of daemon.prepare(STORED).all() as Stored[]) {
    const { n } = JSON.parse(row.body) as { n: string }
    if (stored.has(n)) violation(`${n} is stored twice: a repeated send was not recognised`)
    stored.set(n, row)
  }
  return stored
}

/** What the daemon has stored of sends. */
interface DaemonSide {
  readonly stored: Map<string, Stored>
  readonly fans: ReturnType<typeof readFans>
  /** The states of the deliveries of a message. */
  readonly deliveriesOf: (message: number) => string[]
}

function deliveriesIn(daemon: Database.Database): DaemonSide['deliveriesOf'] {
  const states = daemon.prepare('SELECT state FROM deliveries WHERE message_id = ?').pluck()
  return (message) => states.all(message) as string[]
}

/** Takes what it can explain out of what is stored and out of `effects`. */
function checkSender(ledger: Ledger, daemon: DaemonSide, effects: Effects, figures: Figures, violation: Complain): void {
  const name = (ledger.name.split('/').at(-1) ?? '').replace('.db', '')
  const ends = readEnds(ledger)
  /** How often a message had its effect; it is explained by that. */
  const effectsOf = (message: number, n: string): number => {
    const found = effects.get(message) ?? []
    effects.delete(message)
    if (found.some((other) => other !== n)) violation(`${n}: booked as ${found.join(' and ')}`)
    return found.length
  }
  for (const sent of ledger.prepare('SELECT n, kind, message, thread, tries FROM sent').all() as SentRow[]) {
    const n = `${name}/${sent.n}`
    if (sent.tries > 1) figures.repeatedSends += 1
    if (sent.message && sent.thread)
      checkSent(n, sent.kind, { message: sent.message, told: ends.get(sent.thread) ?? [], effectsOf }, daemon, figures, violation)
    else violation(`${n}: the sender never learned whether it was accepted`)
  }
  figures.suppressed += figure(ledger, 'suppressed')
  ledger.close()
}

interface Accepted {
  /** The id of the message; of a fan its own. */
  readonly message: string
  readonly told: readonly string[]
  readonly effectsOf: (message: number, n: string) => number
}

function checkSent(n: string, kind: SentRow['kind'], { message, told, effectsOf }: Accepted, daemon: DaemonSide, figures: Figures, violation: Complain): void {
  if (kind === 'fan') {
    figures.fans += 1
    return checkFan(daemon.fans, { n, id: message, told, hadEffect: (number) => effectsOf(number, n) === 1, violation })
  }
  const row = daemon.stored.get(n)
  daemon.stored.delete(n)
  const number = numberOf(message)
  const count = effectsOf(number, n)
  if (!row) violation(`${n}: accepted and lost`)
  else if (kind === 'ask') checkAsk(n, row, count === 1, told, figures, violation)
  else if (kind === 'notify') checkNotify(n, row, count === 1, figures, violation)
  else checkBroadcast(n, daemon.deliveriesOf(number), count, figures, violation)
}

/** What the sender was told of each thread. */
function readEnds(ledger: Ledger): Map<string, string[]> {
  const ends = new Map<string, string[]>()
  for (const { thread, kind } of ledger.prepare('SELECT thread, kind FROM ends WHERE late = 0').all() as { thread: string; kind: string }[]) {
    ends.set(thread, [...(ends.get(thread) ?? []), kind])
  }
  return ends
}

function checkAsk(n: string, row: Stored, hadEffect: boolean, ends: readonly string[], figures: Figures, violation: Complain): void {
  figures.asks += 1
  const end = END_OF[row.state]
  if (!end) return violation(`${n}: the ask is still ${row.state}`)
  figures[row.state as 'answered' | 'declined' | 'expired' | 'failed'] += 1
  if (row.delivery === 'dead') figures.deadLetters += 1
  if (ends.join() !== end) violation(`${n}: the ask was ${row.state}, and the sender was told ${ends.length === 0 ? 'nothing' : ends.join(' and ')}`)
  if (row.delivery === 'queued' || row.delivery === 'offered') violation(`${n}: the ask was ${row.state} and its delivery is still ${row.delivery}`)
  if ((row.state === 'answered' || row.state === 'declined') && !hadEffect) violation(`${n}: ${row.state} without an effect`)
}

function checkNotify(n: string, row: Stored, hadEffect: boolean, figures: Figures, violation: Complain): void {
  figures.notifies += 1
  if (row.delivery === 'dead') figures.deadLetters += 1
  else if (row.delivery !== 'acked') violation(`${n}: the notify is still ${row.delivery}`)
  else if (!hadEffect) violation(`${n}: the notify was acked without an effect`)
}

function checkBroadcast(n: string, deliveries: readonly string[], count: number, figures: Figures, violation: Complain): void {
  figures.broadcasts += 1
  const dead = deliveries.filter((state) => state === 'dead').length
  const acked = deliveries.filter((state) => state === 'acked').length
  figures.deadLetters += dead
  if (acked + dead !== deliveries.length) violation(`${n}: the broadcast is still ${deliveries.join()}`)
  // A dead letter may have had its effect: its handler failed after it.
  if (count < acked || count > acked + dead) violation(`${n}: ${acked} acked the broadcast, ${dead} did not, and ${count} had its effect`)
}

function checkRest(daemon: Database.Database, violation: Complain): void {
  const integrity = daemon.pragma('integrity_check', { simple: true })
  if (integrity !== 'ok') violation(`the daemon's database: ${String(integrity)}`)
  const waiting = daemon.prepare("SELECT count(*) FROM deliveries WHERE state IN ('queued', 'offered')").pluck().get() as number
  if (waiting > 0) violation(`${waiting} deliveries are still waiting`)
  const open = daemon.prepare('SELECT count(*) FROM open_asks').pluck().get() as number
  if (open > 0) violation(`${open} asks are still open`)
}
