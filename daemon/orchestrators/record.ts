import type { Handover, PeerRef } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import { circleName, type PeerRow, refOf, timeOrNull, toRef } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { type Standing, standingOf } from '../threads/index.ts'
import type { Duties, Listed } from './deps.ts'
import type { How, LeadershipRow } from './rows.ts'

export interface Change {
  readonly how: How
  readonly to: PeerRow
  readonly number: number
  readonly notes: string | null
  readonly keep: readonly number[]
}

/** What there is to hand over, as the tables have it now. */
export function compile(tx: Tx, duties: Duties, row: LeadershipRow, fromId: number, { how, to, number, notes, keep }: Change): Handover {
  const { asked, owed } = standingOf(tx, fromId, row.circle_id, LIMITS.maxHandoverItems)
  const entry = ({ id, deadline_at }: Standing['threads'][number]) => ({ thread: tx.id('thread', id), deadlineAt: timeOrNull(deadline_at) })
  return {
    v: 1,
    circle: circleName(tx, row.circle_id) as string,
    number,
    how,
    at: formatTime(tx.now),
    from: refOf(tx, fromId) as PeerRef,
    to: toRef(tx, to),
    asked: { items: asked.threads.map((thread) => ({ ...entry(thread), to: refOf(tx, thread.recipient_id) })), more: asked.more },
    owed: { items: owed.threads.map((thread) => ({ ...entry(thread), from: refOf(tx, thread.opener_id) })), more: owed.more },
    kept: keep.map((id) => tx.id('thread', id)),
    schedules: list(duties.schedules(tx, fromId, LIMITS.maxHandoverItems)),
    reviews: list(duties.reviews(tx, row.circle_id, LIMITS.maxHandoverItems)),
    notes,
  }
}

function list<T>({ items, more }: Listed<T>): { items: T[]; more: number } {
  return { items: [...items], more }
}

const HOW: Readonly<Record<How, (from: string) => string>> = {
  claimed: (from) => `${from} led before`,
  lapsed: (from) => `${from} has been away for too long`,
  handed_over: (from) => `${from} handed over to you`,
  resigned: (from) => `${from} resigned`,
  appointed: (from) => `you were appointed in place of ${from}`,
  ended: (from) => `${from} is gone for good`,
  restored: (from) => `a backup was put back in which ${from} led`,
}

/** The record for a model: names, ids and times, and no words of anybody. */
export function wordsOf(record: Handover, token: number): string {
  const { circle, number, how, from, asked, owed, schedules, reviews, kept, notes } = record
  const isOwn = from.id === record.to.id
  return [
    `You lead the circle ${circle}: ${isOwn ? 'you led it before' : HOW[how](from.name)}. The token of your lease is ${token}.`,
    section(
      isOwn ? 'Asks of yours that are open' : 'Asks that are open, and yours from now on',
      asked,
      ({ thread, to, deadlineAt }) => `${thread} to ${to?.name}, until ${deadlineAt}`,
    ),
    section(
      'Asks that wait for your answer',
      owed,
      ({ thread, from: asker, deadlineAt }) => `${thread} from ${asker?.name ?? 'the daemon'}, until ${deadlineAt}`,
    ),
    kept.length === 0 ? undefined : `${from.name} keeps ${kept.join(', ')}.`,
    section(`Schedules of ${from.name}`, schedules, ({ schedule, nextAt }) => `${schedule}, next ${nextAt ?? 'never'}`),
    section('Reviews that are owed', reviews, ({ review, owedBy }) => (owedBy === null ? review : `${review} by ${owedBy.name}`)),
    notes === null ? 'There are no notes.' : `The notes of ${from.name} follow.`,
    `Read this again: muster orchestrator record ${number}.`,
  ]
    .filter((line) => line !== undefined)
    .join('\n')
}

function section<T>(title: string, { items, more }: Listed<T>, line: (item: T) => string): string | undefined {
  if (items.length === 0) return undefined
  return [`${title} (${items.length + more}):`, ...items.map((item) => `- ${line(item)}`), ...(more > 0 ? [`- and ${more} more`] : [])].join('\n')
}
