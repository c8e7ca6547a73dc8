/** The orchestrators domain: who leads a circle, the lease and its fence, and what is handed over. */
import type { Clock } from '../clock.ts'
import { findPeer, hasLiveCredential } from '../peers/index.ts'
import type { PresenceTracker } from '../peers/presence.ts'
import type { Outbox } from '../store/outbox.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Reader } from '../store/store.ts'
import type { DueTimer } from '../store/timer.ts'
import type { Tx } from '../store/transaction.ts'
import type { Duties, OrchestratorDeps } from './deps.ts'
import { requireLeader } from './fence.ts'
import { createLeading } from './handlers.ts'
import { Leases } from './leases.ts'
import { createReading } from './reading.ts'
import { allLeaderships, findLeadership } from './rows.ts'
import { arrive, lapse, pass, SUCCESSION, type SuccessionRest, succeedRest, vacate } from './taking.ts'

export type { Duties } from './deps.ts'

export interface OrchestratorsOptions {
  readonly pipeline: Pipeline
  readonly timer: DueTimer
  readonly clock: Clock
  readonly presence: PresenceTracker
  readonly outbox: Outbox
  readonly threads: OrchestratorDeps['threads']
  /** What the record of a handover tells of other domains; where one has nothing to say, an empty list. */
  readonly duties: Duties
}

export function createOrchestrators({ pipeline, timer, clock, presence, outbox, threads, duties }: OrchestratorsOptions) {
  const internal = (run: (tx: Tx) => void) => pipeline.submit(run, () => undefined)
  const presenceOf = (peerId: number) => presence.presenceOf(peerId)
  const leases: Leases = new Leases({
    clock,
    isOnline: (peerId) => presenceOf(peerId) === 'online',
    onLapse: (circleId, leaderId) => internal((tx) => lapse(tx, deps, circleId, leaderId)),
    onArrival: (peerId) => internal((tx) => arrive(tx, deps, peerId)),
  })
  const deps: OrchestratorDeps & { readonly clock: Clock } = { outbox, threads, presenceOf, duties, leases, clock }
  presence.watch((peerId) => leases.presenceChanged(peerId))
  timer.add(leases.lapses)
  outbox.register<SuccessionRest>(SUCCESSION, (tx, rest) => succeedRest(tx, deps, rest))
  const { claim, handover, resign, note, appoint } = createLeading(deps)
  const { status, record } = createReading(deps)
  return {
    led: { 'orchestrators.handover': true, 'orchestrators.resign': true, 'orchestrators.note': true } as const,
    requireLeader,
    /** Takes up the leases of before this start; those of another incarnation are over. */
    prepare(tx: Tx): void {
      for (const row of allLeaderships(tx)) {
        const { circle_id: circleId, leader_id: leaderId } = row
        if (leaderId !== null && row.life !== tx.store.tag) vacate(tx, deps, row, 'restored')
        else tx.after(() => (leaderId === null ? leases.vacated(circleId) : leases.began(circleId, leaderId)))
      }
    },
    /** A peer has retired, or its last credential was revoked: what it led passes on at once. */
    onGone(tx: Tx, peerId: number): void {
      const circleId = findPeer(tx, peerId)?.circle_id
      const row = circleId === undefined ? undefined : findLeadership(tx, circleId)
      if (row?.leader_id === peerId && !hasLiveCredential(tx, peerId)) pass(tx, deps, row, 'ended')
    },
    /** Who leads a circle now. */
    leaderOf: (reader: Reader, circleId: number) => findLeadership(reader, circleId)?.leader_id ?? null,
    onDivergence: () => leases.restart(),
    commands: {
      'orchestrators.claim': claim,
      'orchestrators.handover': handover,
      'orchestrators.resign': resign,
      'orchestrators.note': note,
      'orchestrators.appoint': appoint,
    },
    queries: { 'orchestrators.status': status, 'orchestrators.record': record },
  } as const
}
