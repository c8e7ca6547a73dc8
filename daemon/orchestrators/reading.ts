import type { Leadership } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatDuration, formatTime } from '../../src/time.ts'
import type { Caller, Query } from '../caller.ts'
import type { Clock } from '../clock.ts'
import { circleName, findPeer, maySee, type PeerRow, timeOrNull, toRef, visibleCircle } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { OrchestratorDeps } from './deps.ts'
import { findHandover, findLeadership } from './rows.ts'
import { standbysOf } from './taking.ts'

type ReadingDeps = Pick<OrchestratorDeps, 'presenceOf' | 'leases'> & { readonly clock: Clock }

/** How the lead of a circle is. The token is shown to who holds it. */
export function toLeadership(reader: Reader, deps: ReadingDeps, caller: Caller, circleId: number): Leadership {
  const row = findLeadership(reader, circleId)
  const primary = row?.leader_id ? findPeer(reader, row.leader_id) : undefined
  const presence = primary ? deps.presenceOf(primary.id) : null
  const isHolder = primary !== undefined && caller.kind === 'peer' && caller.peerId === primary.id
  // While it is online, its heartbeats are: nothing of them is stored.
  const seen = (peer: PeerRow) => (deps.presenceOf(peer.id) === 'online' ? formatTime(deps.clock.wallMs()) : timeOrNull(peer.last_seen_at))
  return {
    circle: circleName(reader, circleId) as string,
    present: presence === 'online',
    lease: primary === undefined ? 'vacant' : presence === 'online' ? 'held' : deps.leases.isOver(primary.id) ? 'lapsed' : 'lapsing',
    primary: primary ? toRef(reader, primary) : null,
    presence,
    lastSeenAt: primary ? seen(primary) : null,
    staleAfter: formatDuration(LIMITS.leaderLeaseMs),
    since: timeOrNull(row?.since ?? null),
    token: isHolder ? String(row?.token) : null,
    takeovers: row?.takeovers ?? 0,
    standbys: standbysOf(reader, deps, circleId, primary?.id ?? null)
      .slice(0, LIMITS.maxStandbys)
      .map((peer) => ({ peer: toRef(reader, peer), presence: deps.presenceOf(peer.id), lastSeenAt: seen(peer) })),
  }
}

export function createReading(deps: ReadingDeps) {
  const status: Query<'orchestrators.status'> = (reader, caller, input) => ({
    leadership: toLeadership(reader, deps, caller, circleOf(reader, caller, input.circle)),
  })

  const record: Query<'orchestrators.record'> = (reader, caller, input) => {
    const circleId = circleOf(reader, caller, input.circle)
    if (!oversees(reader, caller, circleId)) {
      throw new MusterError('forbidden', { hint: 'What is handed over with the lead is for the orchestrators of the circle and for people who see into it.' })
    }
    const handover = findHandover(reader, circleId, input.number)
    if (input.number !== undefined && !handover)
      throw new MusterError('not_found', { number: input.number, hint: 'The newest records are kept; without a number it is the last.' })
    return { handover: handover ?? null, notes: findLeadership(reader, circleId)?.notes ?? null }
  }
  return { status, record }
}

/** The orchestrators of a circle, people who see into it, and the administrator. */
export function oversees(reader: Reader, caller: Caller, circleId: number): boolean {
  if (caller.kind === 'admin') return true
  if (caller.kind !== 'peer') return false
  return caller.role === 'orchestrator' ? caller.circleId === circleId : caller.role === 'person' && maySee(reader, caller, circleId)
}

/** @throws MusterError `not_found`, or `invalid_input` where an administrator names none */
function circleOf(reader: Reader, caller: Caller, name: string | undefined): number {
  if (name !== undefined) return visibleCircle(reader, caller, name)
  if (caller.kind === 'peer') return caller.circleId
  throw new MusterError('invalid_input', { field: 'circle', hint: 'Name a circle: an administrator belongs to none. circles.list shows them.' })
}
