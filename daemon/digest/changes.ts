import type { Change } from '../../src/contract/index.ts'
import { formatTime } from '../../src/time.ts'
import type { Caller } from '../caller.ts'
import { eventsByOthers, type LogRange } from '../events/changes.ts'
import type { EventRow } from '../events/events.ts'
import { refOf } from '../peers/index.ts'
import { reviewAge } from '../reviews/index.ts'
import type { Reader } from '../store/store.ts'
import { findFan, findThread } from '../threads/index.ts'

type Kind = Change['kind']

/** Each kind names so many of its newest. */
const NEWEST = 3
const KINDS: readonly Kind[] = ['joined', 'left', 'retired', 'opened', 'closed', 'failed_schedules', 'paused_schedules', 'reviews']
const TYPES = [
  'peer.registered',
  'peer.presence',
  'peer.retired',
  'thread.opened',
  'thread.closed',
  'fan.ended',
  'schedule.fired',
  'schedule.paused',
  'review',
] as const

/** An ask or a fan of the caller's own that ended. */
export interface EndedAsk {
  readonly kind: 'thread' | 'fan'
  readonly id: number
  readonly at: number
}

/** What others brought about, counted by kind; and which asks of the caller's ended by that. */
export function changesIn(
  reader: Reader,
  caller: Caller,
  range: LogRange,
  notBefore: number,
): { readonly changed: Change[]; readonly ended: readonly EndedAsk[] } {
  // By number, in the order of the newest event of each.
  const found = new Map<Kind, Map<number, EventRow>>(KINDS.map((kind) => [kind, new Map()]))
  const ended: EndedAsk[] = []
  for (const event of eventsByOthers(reader, caller, range, { types: TYPES, notBefore })) {
    const subject = event.subject as number
    if (isOwnEnd(reader, caller, event)) ended.push({ kind: event.type === 'fan.ended' ? 'fan' : 'thread', id: subject, at: event.at })
    // Who is back has not left.
    if (event.type === 'peer.presence') found.get('left')?.delete(subject)
    const of = found.get(kindOf(event) as Kind)
    of?.delete(subject)
    of?.set(subject, event)
  }
  for (const retired of found.get('retired')?.keys() ?? []) found.get('left')?.delete(retired)
  const changed = KINDS.flatMap((kind): Change[] => {
    const events = [...(found.get(kind)?.values() ?? [])]
    return events.length === 0
      ? []
      : [
          {
            kind,
            count: events.length,
            newest: events
              .slice(-NEWEST)
              .reverse()
              .map((event) => toNewest(reader, event)),
          },
        ]
  })
  return { changed, ended }
}

function kindOf({ type, changed }: EventRow): Kind | undefined {
  const { presence, outcome } = JSON.parse(changed) as { readonly presence?: string; readonly outcome?: string }
  switch (type) {
    case 'peer.registered':
      return 'joined'
    case 'peer.presence':
      return presence === 'offline' ? 'left' : undefined
    case 'peer.retired':
      return 'retired'
    case 'thread.opened':
      return 'opened'
    case 'thread.closed':
      return 'closed'
    case 'schedule.fired':
      return outcome === 'failed' ? 'failed_schedules' : undefined
    case 'schedule.paused':
      return 'paused_schedules'
    default:
      return type.startsWith('review.') ? 'reviews' : undefined
  }
}

/** The parts of a fan end with the fan. */
function isOwnEnd(reader: Reader, caller: Caller, { type, subject }: EventRow): boolean {
  if (caller.kind !== 'peer') return false
  if (type === 'fan.ended') return findFan(reader, subject as number)?.opener_id === caller.peerId
  if (type !== 'thread.closed') return false
  const thread = findThread(reader, subject as number)
  return thread?.opener_id === caller.peerId && thread.fan_id === null
}

function toNewest(reader: Reader, { at, subject_kind, subject }: EventRow): Change['newest'][number] {
  const [kind, number] = [subject_kind ?? 'peer', subject as number]
  return { id: reader.id(kind, number), says: saysOf(reader, kind, number), at: formatTime(at) }
}

/** Who, or what, in a few words; an empty text where the id says it, or it is gone. */
function saysOf(reader: Reader, kind: string, number: number): string {
  if (kind === 'peer') return refOf(reader, number)?.name ?? ''
  if (kind === 'schedule') return ''
  if (kind === 'review') return reviewAge(reader, number)?.subject ?? ''
  const thread = findThread(reader, number)
  if (!thread) return ''
  const [from, to] = [refOf(reader, thread.opener_id)?.name ?? 'muster', refOf(reader, thread.recipient_id)?.name ?? 'several']
  return `${thread.kind} from ${from} to ${to}${thread.kind === 'ask' ? `, ${thread.state}` : ''}`
}
