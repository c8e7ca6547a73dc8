import { LIMITS } from '../../src/limits.ts'
import { findPeer, maySee } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { isUnread } from '../threads/index.ts'
import { judgeAsks } from './asks.ts'
import type { LookDeps } from './deps.ts'
import type { Gone, Judgement, Sight } from './judgement.ts'
import { noticeOf } from './notice.ts'
import { judgeReviews } from './reviews.ts'
import { type BreachRow, openBreaches, type WatchdogRow } from './rows.ts'
import { judgeSilence } from './silence.ts'
import { end, note, pause } from './states.ts'

const DUE = 'SELECT * FROM watchdogs WHERE next_at <= ? ORDER BY next_at, id LIMIT ?'
const FOUND = 'INSERT INTO breaches (watchdog_id, number, subject, since, at, told, notice) VALUES (?, ?, ?, ?, ?, 1, ?)'
const OVER = 'UPDATE breaches SET over_at = ?, outcome = ? WHERE watchdog_id = ? AND number = ?'
const AGAIN = 'UPDATE breaches SET told = told + 1, notice = ? WHERE watchdog_id = ? AND number = ?'
const UPDATE = 'UPDATE watchdogs SET state = ?, cursor = ?, open = ?, breaches = ?, notice = ?, told_at = ?, next_at = ? WHERE id = ?'

/** Wall time at which the next watchdog is to be looked at. */
export function nextLook(reader: Pick<Tx, 'get'>): number | undefined {
  return reader.get<{ next_at: number }>('SELECT next_at FROM watchdogs WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1')?.next_at
}

/** Looks at those whose time has come, at most one batch of them. */
export function lookAtDue(tx: Tx, deps: LookDeps): void {
  for (const row of tx.all<WatchdogRow>(DUE, tx.now, LIMITS.maxLookedAt)) lookAt(tx, deps, row)
}

/** Looks at a watchdog that is on watch: what is over its time is written down and told in the same transaction. @returns it as it is now */
export function lookAt(tx: Tx, deps: LookDeps, row: WatchdogRow): WatchdogRow {
  const now = settle(tx, deps, row)
  const seq = tx.store.last('event')
  const open = now.open === 0 || now.next_at === null ? [] : openBreaches(tx, row.id).map(({ subject }) => subject)
  tx.after(() => deps.recoveries.watch(now, open, seq))
  return now
}

function settle(tx: Tx, deps: LookDeps, row: WatchdogRow): WatchdogRow {
  const [owner, told] = [findPeer(tx, row.owner_id), findPeer(tx, row.tells_id)]
  if (!owner || owner.retired_at !== null) return end(tx, deps, row, 'its owner has retired', false)
  const sight: Sight = { owner: deps.callerOf(owner), open: row.open === 0 ? [] : openBreaches(tx, row.id), now: tx.now }
  if (!told || told.retired_at !== null) return end(tx, deps, row, `${told?.name ?? 'the peer'}, who was to be told, has retired`, true)
  if (!maySee(tx, sight.owner, told.circle_id)) return end(tx, deps, row, `${told.name}, who was to be told, is out of its owner's sight`, true)
  const judged = judge(tx, deps, row, sight)
  // Whoever is told of the end of what was over its time is told of this end as well.
  if ('gone' in judged) return end(tx, deps, row, judged.gone, !judged.wellDone || (row.tells_over === 1 && row.open > 0))
  return write(tx, deps, row, sight.open, judged)
}

function judge(tx: Tx, deps: LookDeps, row: WatchdogRow, sight: Sight): Judgement | Gone {
  switch (row.watches) {
    case 'silence':
      return judgeSilence(tx, row, sight, deps.hearsSince())
    case 'ask':
      return judgeAsks(tx, row, sight)
    case 'review':
      return judgeReviews(tx, row, sight)
  }
}

/** Writes down what was judged, and tells it in one notice. */
function write(tx: Tx, deps: LookDeps, row: WatchdogRow, open: readonly BreachRow[], judged: Judgement): WatchdogRow {
  const { found, over, next, cursor = row.cursor, full = false } = judged
  const still = open.filter((breach) => !over.some((one) => one.breach.number === breach.number))
  const again = isTimeToRepeat(tx, row) ? still : []
  const body = noticeOf(tx, row, { found, again, over: row.tells_over === 1 ? over : [], full: full && found.length > 0 })
  if (body !== undefined && !deps.threads.hasRoom(tx, row.tells_id)) return pause(tx, row, `the mailbox of ${findPeer(tx, row.tells_id)?.name} is full`)
  const notice = body === undefined ? row.notice : (deps.threads.remind(tx, row.tells_id, body) ?? null)
  const told_at = body === undefined ? row.told_at : tx.now
  record(tx, row, judged, again, notice)
  const count = still.length + found.length
  const state = count > 0 ? 'breached' : 'armed'
  const next_at = count > 0 ? Math.min(next, repeatsAt(row, told_at, tx.now)) : next
  return update(tx, { ...row, state, cursor, open: count, breaches: row.breaches + found.length, notice, told_at, next_at })
}

/** Repeating what waits unread in the mailbox would only fill it. */
function isTimeToRepeat(tx: Tx, row: WatchdogRow): boolean {
  if (row.repeat_ms === null || (row.told_at ?? 0) + row.repeat_ms > tx.now) return false
  return row.notice === null || !isUnread(tx, row.notice)
}

function repeatsAt({ repeat_ms }: WatchdogRow, toldAt: number | null, now: number): number {
  if (repeat_ms === null) return Number.POSITIVE_INFINITY
  const at = (toldAt ?? now) + repeat_ms
  return at > now ? at : now + repeat_ms
}

function record(tx: Tx, row: WatchdogRow, { found, over }: Judgement, again: readonly BreachRow[], notice: number | null): void {
  for (const { breach, at, outcome } of over) tx.run(OVER, at, outcome, row.id, breach.number)
  for (const { number } of again) tx.run(AGAIN, notice, row.id, number)
  found.forEach(({ subject, since }, index) => {
    tx.run(FOUND, row.id, row.breaches + index + 1, subject, since, tx.now, notice)
  })
  if (found.length > 0) note(tx, row, 'watchdog.breached', { count: found.length })
  if (over.length > 0) note(tx, row, 'watchdog.over', { count: over.length })
}

function update(tx: Tx, row: WatchdogRow): WatchdogRow {
  tx.run(UPDATE, row.state, row.cursor, row.open, row.breaches, row.notice, row.told_at, row.next_at, row.id)
  return row
}
