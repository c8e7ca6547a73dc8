import Database from 'better-sqlite3'
import { figure, type Ledger, openSenderLedger, openWorkerLedger } from './ledgers.ts'

export interface Books {
  /** The daemon's database. */
  readonly muster: string
  readonly senders: readonly string[]
  readonly workers: readonly string[]
}

export interface Figures {
  asks: number
  notifies: number
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
  readonly kind: 'ask' | 'notify'
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
  for (const path of books.senders) checkSender(openSenderLedger(path), stored, effects, figures, violation)
  for (const n of stored.keys()) violation(`${n} is stored, but no sender knows of it`)
  for (const message of effects.keys()) violation(`${message} had an effect, but no sender knows of it`)
  checkRest(daemon, violation)
  daemon.close()
  const more = violations.length - SHOWN
  return { figures, violations: more > 0 ? [...violations.slice(0, SHOWN), `… and ${more} more`] : violations }
}

type Complain = (text: string) => void

/** What each message did, by message id. */
function checkWorkers(paths: readonly string[], figures: Figures, violation: Complain): Map<string, string> {
  const effects = new Map<string, string>()
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
      effects.set(message, n)
    }
    figures.redelivered += figure(ledger, 'redelivered')
    figures.suppressed += figure(ledger, 'suppressed')
    ledger.close()
  }
  return effects
}

const STORED = `SELECT m.body, m.kind, t.state, d.state AS delivery, d.attempt AS offers
  FROM messages m JOIN threads t ON t.id = m.thread_id JOIN deliveries d ON d.id = m.first_delivery WHERE m.kind IN ('ask', 'notify') AND m.sender_id IS NOT NULL`

function readStored(daemon: Database.Database, violation: Complain): Map<string, Stored> {
  const stored = new Map<string, Stored>()
  for (const row of daemon.prepare(STORED).all() as Stored[]) {
    const { n } = JSON.parse(row.body) as { n: string }
    if (stored.has(n)) violation(`${n} is stored twice: a repeated send was not recognised`)
    stored.set(n, row)
  }
  return stored
}

/** Takes what it can explain out of `stored` and `effects`. */
function checkSender(ledger: Ledger, stored: Map<string, Stored>, effects: Map<string, string>, figures: Figures, violation: Complain): void {
  const name = (ledger.name.split('/').at(-1) ?? '').replace('.db', '')
  const ends = readEnds(ledger)
  for (const sent of ledger.prepare('SELECT n, kind, message, thread, tries FROM sent').all() as SentRow[]) {
    const n = `${name}/${sent.n}`
    const row = stored.get(n)
    if (sent.tries > 1) figures.repeatedSends += 1
    if (!row || !sent.message || !sent.thread) {
      violation(`${n}: ${sent.message ? 'accepted and lost' : 'the sender never learned whether it was accepted'}`)
      continue
    }
    stored.delete(n)
    const hadEffect = effects.get(sent.message) === n
    effects.delete(sent.message)
    if (sent.kind === 'ask') checkAsk(n, row, hadEffect, ends.get(sent.thread) ?? [], figures, violation)
    else checkNotify(n, row, hadEffect, figures, violation)
  }
  figures.suppressed += figure(ledger, 'suppressed')
  ledger.close()
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

function checkRest(daemon: Database.Database, violation: Complain): void {
  const integrity = daemon.pragma('integrity_check', { simple: true })
  if (integrity !== 'ok') violation(`the daemon's database: ${String(integrity)}`)
  const waiting = daemon.prepare("SELECT count(*) FROM deliveries WHERE state IN ('queued', 'offered')").pluck().get() as number
  if (waiting > 0) violation(`${waiting} deliveries are still waiting`)
  const open = daemon.prepare('SELECT count(*) FROM open_asks').pluck().get() as number
  if (open > 0) violation(`${open} asks are still open`)
}
