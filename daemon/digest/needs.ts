import type { Need, PeerRef } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatDuration } from '../../src/time.ts'
import type { Caller, PeerCaller } from '../caller.ts'
import { contentOf, rankedCards, requestersOf } from '../decisions/index.ts'
import { grantedCircles, refOf, timeOrNull } from '../peers/index.ts'
import { owedReviews } from '../reviews/index.ts'
import type { Reader } from '../store/store.ts'
import { asksOwedBy, deadLetters, findFan, findThread, parkedPairs } from '../threads/index.ts'
import { breachedWatchdogs, type WatchdogRow } from '../watchdogs/index.ts'
import type { EndedAsk } from './changes.ts'

/** What needs a caller, the most urgent first: what others wait for, what it waited for, what it has others look at, what is stuck. */
export function needsOf(reader: Reader, caller: Caller, ended: readonly EndedAsk[], now: number): Need[] {
  const own = caller.kind === 'peer' ? ofPeer(reader, caller, ended) : []
  return [...cards(reader, caller, now), ...own, ...dead(reader, caller), ...parked(reader, caller, now)]
}

/** What waits for a person, for people and for whoever looks after the circle; of its own, its requester need not be told. */
function cards(reader: Reader, caller: Caller, now: number): Need[] {
  if (caller.kind === 'peer' && caller.role !== 'person' && caller.role !== 'orchestrator') return []
  return rankedCards(reader, caller, now).map(({ row }) => {
    const requesters = requestersOf(reader, row.id).map(({ peer_id }) => refOf(reader, peer_id))
    return need(reader, 'card', ['decision', row.id], requesters, contentOf(row).question, row.raised_at)
  })
}

function ofPeer(reader: Reader, caller: PeerCaller, ended: readonly EndedAsk[]): Need[] {
  const breached = breachedWatchdogs(reader, caller.peerId, LIMITS.maxExamined)
  return [
    ...asksOwedBy(reader, caller.peerId).map(({ id, opener_id, deadline_at }) => {
      const asker = refOf(reader, opener_id)
      return need(reader, 'owed', ['thread', id], [asker], `${asker?.name ?? 'muster'} waits for your answer`, deadline_at)
    }),
    ...ended.toReversed().flatMap((one) => endedNeed(reader, one)),
    ...breached.map((row) => need(reader, 'breached', ['watchdog', row.id], [refOf(reader, row.peer_id)], watchText(reader, row), row.told_at)),
    ...reviews(reader, caller),
  ]
}

function endedNeed(reader: Reader, { kind, id, at }: EndedAsk): Need[] {
  if (kind === 'fan') return [need(reader, 'ended', ['fan', id], [], `your fan is ${findFan(reader, id)?.state ?? 'over'}`, at)]
  const thread = findThread(reader, id)
  if (!thread) return []
  const asked = refOf(reader, thread.recipient_id)
  return [need(reader, 'ended', ['thread', id], [asked], `your ask to ${asked?.name} ${thread.state === 'answered' ? 'was' : 'is'} ${thread.state}`, at)]
}

/** Those that were given to the caller; for who looks after a circle, all that are owed in it. */
function reviews(reader: Reader, caller: PeerCaller): Need[] {
  const oversees = caller.role === 'orchestrator' || caller.role === 'person'
  const circles = oversees ? [caller.circleId, ...grantedCircles(reader, caller.peerId)] : [caller.circleId]
  return [...new Set(circles)]
    .flatMap((circle) => owedReviews(reader, circle, LIMITS.maxExamined))
    .filter(({ assigneeId }) => oversees || assigneeId === caller.peerId)
    .map(({ id, subject, owedSince, assigneeId }) => {
      const assignee = assigneeId === caller.peerId ? null : refOf(reader, assigneeId)
      return need(reader, 'review', id, [assignee], `${subject} is owed a review${assigneeId === caller.peerId ? ' by you' : ''}`, owedSince)
    })
}

function dead(reader: Reader, caller: Caller): Need[] {
  return deadLetters(reader, caller.kind === 'peer' ? caller.peerId : null).map(({ id, peer_id, ended_at }) => {
    const to = refOf(reader, peer_id)
    return need(reader, 'dead', ['delivery', id], [to], `a message to ${to?.name} could not be delivered`, ended_at)
  })
}

function parked(reader: Reader, caller: Caller, now: number): Need[] {
  return parkedPairs(reader, caller, now).map(({ a, b, until }) => ({
    kind: 'parked',
    id: null,
    peers: [a, b],
    says: `${a.name} and ${b.name} are parked`,
    at: until,
  }))
}

function watchText(reader: Reader, row: WatchdogRow): string {
  const lasts = formatDuration(row.for_ms)
  if (row.watches === 'silence') return `${refOf(reader, row.peer_id)?.name} has been silent for ${lasts} or more`
  const [what, how] = row.watches === 'ask' ? ['ask', 'open'] : ['review', 'owed']
  return `${row.open} ${what}${row.open === 1 ? ' is' : 's are'} ${how} after ${lasts}`
}

type Subject = readonly ['thread' | 'fan' | 'watchdog' | 'delivery' | 'decision', number]

function need(reader: Reader, kind: Need['kind'], subject: Subject | string, peers: readonly (PeerRef | null)[], says: string, at: number | null): Need {
  const id = typeof subject === 'string' ? subject : reader.id(...subject)
  return { kind, id, peers: peers.filter((peer) => peer !== null), says, at: at === null ? null : timeOrNull(at) }
}
