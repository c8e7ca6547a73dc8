import type { Handover, Leadership } from '../../../src/contract/index.ts'
import type { Output } from '../output.ts'
import { peerName } from '../show.ts'
import { safeLine } from '../text.ts'
import { relativeTime } from '../when.ts'

const LEASE: Readonly<Partial<Record<string, string>>> = {
  lapsing: 'lapsing: a standby that is there takes over unless the leader comes back',
  lapsed: 'lapsed: the next orchestrator that comes or claims leads',
}

export function showLeadership(out: Output, each: Leadership): void {
  out.fields([
    ['circle', each.circle],
    ['leader', each.primary === null ? 'nobody' : `${peerName(each.primary)} (${each.presence})`],
    ['lease', LEASE[each.lease] ?? each.lease],
    ['last seen', each.lastSeenAt === null ? null : relativeTime(each.lastSeenAt, out.now)],
    ['since', each.since === null ? null : relativeTime(each.since, out.now)],
    ['token', each.token],
    ['takeovers', each.takeovers],
  ])
  if (each.standbys.length === 0) return
  out.line()
  out.table(
    ['STANDBY', 'PRESENCE', 'SEEN'],
    each.standbys.map(({ peer, presence, lastSeenAt }) => [peerName(peer), presence, relativeTime(lastSeenAt, out.now)]),
  )
}

export function showHandover(out: Output, record: Handover): void {
  out.fields([
    ['handover', `${record.number} of ${record.circle} (${record.how})`],
    ['from', peerName(record.from)],
    ['to', peerName(record.to)],
    ['at', `${record.at} (${relativeTime(record.at, out.now)})`],
    ['kept', record.kept.length === 0 ? null : record.kept.join(', ')],
  ])
  const until = (at: string | null) => relativeTime(at, out.now)
  showList(out, ['OPEN ASK', 'TO', 'UNTIL'], record.asked, ({ thread, to, deadlineAt }) => [thread, to ? peerName(to) : '-', until(deadlineAt)])
  showList(out, ['OWED', 'FROM', 'UNTIL'], record.owed, ({ thread, from, deadlineAt }) => [thread, from ? peerName(from) : 'the daemon', until(deadlineAt)])
  showList(out, ['SCHEDULE', 'OF', 'NEXT'], record.schedules, ({ schedule, owner, nextAt }) => [schedule, peerName(owner), until(nextAt)])
  showList(out, ['REVIEW', 'OWED BY', 'SINCE'], record.reviews, ({ review, owedBy, since }) => [review, owedBy ? peerName(owedBy) : '-', until(since)])
  showNotes(out, record.notes)
}

export function showNotes(out: Output, notes: string | null): void {
  if (notes === null) return
  out.line()
  for (const line of notes.split('\n')) out.line(safeLine(line))
}

function showList<T>(out: Output, head: string[], { items, more }: { readonly items: readonly T[]; readonly more: number }, row: (item: T) => string[]): void {
  if (items.length === 0) return
  out.line()
  out.table(head, items.map(row))
  if (more > 0) out.note(`And ${more} more.`)
}
