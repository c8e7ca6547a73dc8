import { LIMITS } from '../../src/limits.ts'
import { formatDuration, formatTime, shortSpan } from '../../src/time.ts'
import { findPeer, type PeerRow } from '../peers/index.ts'
import { type ReviewAge, reviewAge } from '../reviews/index.ts'
import type { Tx } from '../store/transaction.ts'
import { findThread, openAsksAfter, type ThreadRow, waitsFor } from '../threads/index.ts'
import type { Found, Over } from './judgement.ts'
import type { BreachRow, WatchdogRow } from './rows.ts'
import { nameOf } from './states.ts'

/** What there is to tell. */
export interface News {
  readonly found: readonly Found[]
  /** What goes on and is told again. */
  readonly again: readonly BreachRow[]
  readonly over: readonly Over[]
  readonly full: boolean
}

/** What a notice says: what is known, so that whoever is woken can act. It quotes nobody. `undefined` where there is nothing to say. */
export function noticeOf(tx: Tx, row: WatchdogRow, { found, again, over, full }: News): string | undefined {
  const about = LINES[row.watches]
  const parts = [
    ...section(tx, row, headOf(row, found.length, ''), found, about),
    ...section(tx, row, headOf(row, again.length, ' still'), again, about),
    ...section(tx, row, 'Over:', over, overLine),
    ...(full ? [`At most ${LIMITS.maxOpenBreaches} are told at a time: there are more.`] : []),
  ]
  return parts.length === 0 ? undefined : [`${nameOf(tx, row, row.tells_id)}:`, ...parts].join('\n')
}

function headOf(row: WatchdogRow, count: number, still: string): string {
  const lasts = formatDuration(row.for_ms)
  if (row.watches === 'silence') return `a peer has${still} said nothing for ${lasts} or more.`
  const [what, how] = row.watches === 'ask' ? ['ask', 'open'] : ['review', 'owed']
  return count === 1
    ? `${what === 'ask' ? 'an' : 'a'} ${what} is${still} ${how} after ${lasts} or more.`
    : `${count} ${what}s are${still} ${how} after ${lasts} or more.`
}

function section<T>(tx: Tx, row: WatchdogRow, head: string, items: readonly T[], line: (tx: Tx, row: WatchdogRow, item: T) => string): string[] {
  if (items.length === 0) return []
  const told = items.slice(0, LIMITS.maxToldBreaches)
  const rest = items.length - told.length
  return [head, ...told.map((item) => `- ${line(tx, row, item)}`), ...(rest > 0 ? [`- and ${rest} more: watchdogs.history has them.`] : [])]
}

/** `bob: last word 2026-01-01T00:00:00.000Z (45m ago), online, working; mail waits for it; it owes thr_… (open for 2h).` */
function silenceLine(tx: Tx, row: WatchdogRow, { subject, since }: Pick<Found, 'subject' | 'since'>): string {
  const peer = findPeer(tx, subject) as PeerRow
  const { asks } = openAsksAfter(tx, row.owner_id, { to: subject }, 0)
  const owed = asks.slice(0, LIMITS.maxToldBreaches).map((ask) => `${tx.id('thread', ask.id)} (open for ${shortSpan(tx.now - ask.opened_at)})`)
  const facts = [
    `last word ${formatTime(since)} (${shortSpan(tx.now - since)} ago), ${stateOf(peer)}`,
    ...(waitsFor(tx, subject) ? ['mail waits for it'] : []),
    ...(owed.length > 0 ? [`it owes an answer in ${owed.join(', ')}${asks.length > owed.length ? ` and ${asks.length - owed.length} more` : ''}`] : []),
  ]
  return `${peer.name}: ${facts.join('; ')}.`
}

/** `thr_… from alice to bob, open for 2h, ends 2026-01-02T00:00:00.000Z; bob is online, idle.` */
function askLine(tx: Tx, _row: WatchdogRow, { subject, since }: Pick<Found, 'subject' | 'since'>): string {
  const thread = findThread(tx, subject) as ThreadRow
  const asked = findPeer(tx, thread.recipient_id as number) as PeerRow
  const asker = thread.opener_id === null ? 'muster' : findPeer(tx, thread.opener_id)?.name
  const parts = `${tx.id('thread', subject)} from ${asker} to ${asked.name}, open for ${shortSpan(tx.now - since)}`
  return `${parts}, ends ${formatTime(thread.deadline_at as number)}; ${asked.name} is ${stateOf(asked)}.`
}

/** `rvw_…, octo/app#12, owed for 1d; bob has it.` */
function reviewLine(tx: Tx, _row: WatchdogRow, { subject, since }: Pick<Found, 'subject' | 'since'>): string {
  const review = reviewAge(tx, subject) as ReviewAge
  const assignee = review.assigneeId === null ? undefined : findPeer(tx, review.assigneeId)
  const held = assignee === undefined ? 'nobody has it' : `${assignee.name} has it, and is ${stateOf(assignee)}`
  return `${tx.id('review', subject)}, ${review.subject}, owed for ${shortSpan(tx.now - since)}; ${held}.`
}

const LINES = { silence: silenceLine, ask: askLine, review: reviewLine } as const

function overLine(tx: Tx, row: WatchdogRow, { breach, at, outcome }: Over): string {
  const lasted = `after ${shortSpan(at - breach.since)}`
  if (row.watches === 'silence') return `${findPeer(tx, breach.subject)?.name} ${outcome} ${lasted}.`
  return `${tx.id(row.watches === 'ask' ? 'thread' : 'review', breach.subject)}: ${outcome} ${lasted}.`
}

/** `offline`; `online, working`. The turn of one that is not there says nothing. */
function stateOf({ presence, turn }: PeerRow): string {
  return presence === 'offline' || turn === 'unknown' ? presence : `${presence}, ${turn === 'awaiting_input' ? 'waiting for its person' : turn}`
}
