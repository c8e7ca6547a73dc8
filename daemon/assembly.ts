import type { Turn } from '../src/contract/index.ts'
import type { createArtifacts } from './artifacts/index.ts'
import type { createBoard } from './board/index.ts'
import type { PeerCaller } from './caller.ts'
import type { createChannels } from './channels/index.ts'
import type { RandomBytes } from './clock.ts'
import type { createDecisions } from './decisions/index.ts'
import { seenDigest } from './digest/index.ts'
import { listEvents } from './events/events.ts'
import type { Link } from './gateway/deps.ts'
import type { ToolCalls } from './gateway/tool-calls.ts'
import type { Ingress } from './ingress/index.ts'
import { type DiagnosisSource, diagnoseNode } from './node/diagnosis.ts'
import { nodeStatus, type StatusSource } from './node/status.ts'
import type { Handlers } from './operations.ts'
import type { createOrchestrators } from './orchestrators/index.ts'
import type { createPairing } from './pairing/index.ts'
import { addGrant, createCircle, listCircles, listGrants, removeGrant } from './peers/circles.ts'
import { type CredentialDeps, createCredentialHandlers, listCredentials, listEnrolments } from './peers/credentials.ts'
import { createRegistration } from './peers/registration.ts'
import type { createReviews } from './reviews/index.ts'
import type { createSchedules } from './schedules/index.ts'
import { createBoundary, type SessionRegistry } from './sessions/index.ts'
import type { Store } from './store/store.ts'
import type { Tx } from './store/transaction.ts'
import type { createThreads } from './threads/index.ts'
import type { createWatchdogs } from './watchdogs/index.ts'

interface AssembleOptions {
  readonly store: Store
  readonly random: RandomBytes
  readonly threads: ReturnType<typeof createThreads>
  readonly schedules: ReturnType<typeof createSchedules>
  readonly reviews: ReturnType<typeof createReviews>
  readonly decisions: ReturnType<typeof createDecisions>
  readonly channels: ReturnType<typeof createChannels>
  readonly orchestrators: ReturnType<typeof createOrchestrators>
  readonly watchdogs: ReturnType<typeof createWatchdogs>
  readonly board: ReturnType<typeof createBoard>
  readonly pairing: ReturnType<typeof createPairing>
  readonly ingress: Ingress
  readonly artifacts: ReturnType<typeof createArtifacts>
  readonly sessions: SessionRegistry
  readonly connections: Set<Link>
  readonly calls: ToolCalls
  readonly disconnect: CredentialDeps['disconnect']
  readonly status: StatusSource
  readonly diagnosis: DiagnosisSource
}

/** Ends what a credential or an enrolment still holds open, once that has ended itself. */
export function createDisconnect({ connections, sessions, calls }: Pick<AssembleOptions, 'connections' | 'sessions' | 'calls'>): CredentialDeps['disconnect'] {
  return (ended) => {
    for (const connection of [...connections]) {
      const { caller } = connection
      const same =
        caller.kind === 'enrolment' ? caller.enrolmentId === ended.enrolmentId : 'credentialId' in caller && caller.credentialId === ended.credentialId
      if (same) connection.closeWith('unauthenticated')
    }
    if (ended.credentialId === undefined) return
    sessions.forget(ended.credentialId)
    calls.forget(ended.credentialId)
  }
}

/** The handler of each command and query, from the domains that have them. */
export function assemble(options: AssembleOptions): Handlers {
  const {
    store,
    random,
    threads,
    schedules,
    reviews,
    decisions,
    channels,
    orchestrators,
    watchdogs,
    board,
    pairing,
    ingress,
    artifacts,
    sessions,
    disconnect,
    status,
    diagnosis,
  } = options
  const credentials = createCredentialHandlers({ random, disconnect, onRevoked: orchestrators.onGone })
  const onTurn = (tx: Tx, peer: PeerCaller, turn: Turn) => {
    if (turn === 'idle') threads.onTurnEnded(tx, peer.peerId, peer.credentialId)
    tx.after(() => sessions.turned(peer, turn))
  }
  const onRetired = (tx: Tx, peerId: number, reason: string) => {
    // First: what it owes goes to its successor, and only what is left fails.
    orchestrators.onGone(tx, peerId)
    decisions.onRetired(tx, peerId)
    threads.onRetired(tx, peerId, reason)
    watchdogs.onRetired(tx, peerId)
  }
  const registration = createRegistration({ random, disconnect, live: threads.live, onRetired, onTurn })
  return {
    ackThread: threads.ackThread,
    led: orchestrators.led,
    requireLeader: orchestrators.requireLeader,
    commands: {
      ...threads.commands,
      ...schedules.commands,
      ...reviews.commands,
      ...decisions.commands,
      ...channels.commands,
      ...orchestrators.commands,
      ...watchdogs.commands,
      ...board.commands,
      ...pairing.commands,
      ...ingress.commands,
      'sessions.boundary': createBoundary({ mail: threads.mail, registry: sessions }),
      'peers.register': registration.register,
      'peers.describe': registration.describe,
      'peers.rename': registration.rename,
      'peers.retire': registration.retire,
      'enrolments.create': credentials.createEnrolment,
      'enrolments.spawn': credentials.spawnEnrolment,
      'enrolments.revoke': credentials.revokeEnrolment,
      'credentials.create': credentials.createCredential,
      'credentials.revoke': credentials.revokeCredential,
      'circles.create': createCircle,
      'grants.add': addGrant,
      'grants.remove': removeGrant,
      'digest.seen': seenDigest,
    },
    queries: {
      ...threads.queries,
      ...artifacts.queries,
      ...schedules.queries,
      ...reviews.queries,
      ...decisions.queries,
      ...channels.queries,
      ...orchestrators.queries,
      ...watchdogs.queries,
      ...board.queries,
      ...pairing.queries,
      ...ingress.queries,
      'node.status': nodeStatus(status),
      'node.diagnose': diagnoseNode(diagnosis),
      'peers.get': registration.get,
      'peers.list': registration.list,
      'enrolments.list': listEnrolments,
      'credentials.list': listCredentials,
      'circles.list': listCircles,
      'grants.list': listGrants,
      'events.list': listEvents(store),
    },
  }
}
