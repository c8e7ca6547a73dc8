import type { Logger } from 'pino'
import { type Hello, OPERATION_NAMES, type Role, type Turn } from '../src/contract/index.ts'
import { MusterError } from '../src/errors.ts'
import { LIMITS } from '../src/limits.ts'
import { PROTOCOL } from '../src/rpc.ts'
import { type ContentFiles, createArtifacts } from './artifacts/index.ts'
import { Backups, type BackupWriter } from './backups/index.ts'
import type { Caller, PeerCaller } from './caller.ts'
import type { Clock, RandomBytes } from './clock.ts'
import { listEvents } from './events/events.ts'
import { Connection, type SocketPort } from './gateway/connection.ts'
import type { GatewayDeps, Link } from './gateway/deps.ts'
import { contractRevision } from './gateway/revision.ts'
import { ToolCalls } from './gateway/tool-calls.ts'
import { type ClockJumps, type DiagnosisSource, diagnoseNode } from './node/diagnosis.ts'
import { type Keeping, Retention } from './node/retention.ts'
import { nodeStatus, type StatusSource } from './node/status.ts'
import { type Handlers, OperationRunner } from './operations.ts'
import { addGrant, listCircles, listGrants, removeGrant } from './peers/circles.ts'
import { authenticate, createCredentialHandlers, enrolmentById, listCredentials, listEnrolments, touchCredential } from './peers/credentials.ts'
import { PresenceTracker } from './peers/presence.ts'
import { createRegistration } from './peers/registration.ts'
import { findPeer, type PeerRow, toPeer } from './peers/rows.ts'
import { InlineScans, type ScanPort } from './scans/port.ts'
import { createSchedules } from './schedules/index.ts'
import { createBoundary, SessionRegistry } from './sessions/index.ts'
import { isDamage, markSuspect } from './store/damage.ts'
import type { Durability, OpenDriver } from './store/database.ts'
import { Outbox } from './store/outbox.ts'
import { Pipeline } from './store/pipeline.ts'
import { Store } from './store/store.ts'
import { DueTimer } from './store/timer.ts'
import type { Tx } from './store/transaction.ts'
import { createThreads, DeferredSignals, type Outlook, SearchIndex } from './threads/index.ts'
import type { RegisteredTracing, Tracing } from './tracing.ts'

export interface CoreOptions {
  readonly path: string
  /** Where the contents of artifacts lie. */
  readonly files: ContentFiles
  readonly durability: Durability
  readonly node: string
  readonly version: string
  readonly clock: Clock
  readonly random: RandomBytes
  /** The IANA zone of this machine: schedules that name none are meant in it. */
  readonly zone: string
  readonly log: Pick<Logger, 'info' | 'warn' | 'error' | 'debug'>
  /** The state on the disk is unknown: the process must end. */
  readonly onFatal: (error: unknown) => void
  readonly driver?: OpenDriver
  /** Where scans run. Without it in this thread, on the connection that writes. */
  readonly scans?: ScanPort
  readonly reincarnate?: string
  /** How long closed threads and events are kept. */
  readonly keeping?: Keeping
  /** What writes backups; without it there are none. */
  readonly backupWriter?: BackupWriter
  /** The folder of the artifacts. */
  readonly artifacts?: string
  /** Where an SDK of OpenTelemetry is registered. */
  readonly tracing?: RegisteredTracing | undefined
}

export type Core = ReturnType<typeof createCore>

/** The daemon without sockets, signals or files of its own: everything that keeps the promises. */
export function createCore(options: CoreOptions) {
  const { clock, random, log } = options
  const store = new Store(options)
  const onUnexpected = (error: unknown) => {
    log.error({ err: error }, 'unexpected error')
    if (!isDamage(error)) return
    markSuspect(options.path)
    options.onFatal(error)
  }
  const pipeline = new Pipeline({ store, clock, onFatal: options.onFatal, onUnexpected })
  const jumps: ClockJumps = { count: 0, lastAt: null, lastByMs: null }
  const onDivergence = (byMs: number) => {
    Object.assign(jumps, { count: jumps.count + 1, lastAt: clock.wallMs(), lastByMs: Math.round(byMs) })
    log.warn({ byMs: Math.round(byMs) }, 'the clock jumped, or the machine slept')
    threads.onDivergence()
    sessions.onDivergence()
    presence.restartSigns()
    heartbeat.postpone()
  }
  const timer: DueTimer = new DueTimer({ clock, onUnexpected, onDivergence })
  const outbox = new Outbox({ pipeline, reader: store, clock })
  const artifacts = createArtifacts({ store, pipeline, clock, timer, files: options.files, onUnexpected })
  const presence = new PresenceTracker(pipeline, clock)
  const connections = new Set<Link>()
  const calls = new ToolCalls()
  const mailboxes = new DeferredSignals()
  const outlook = (peerId: number): Outlook => threads.mail.outlook(store, peerId)
  const sessions: SessionRegistry = new SessionRegistry({
    clock,
    outlook,
    turnOf: (peerId) => findPeer(store, peerId)?.turn ?? 'unknown',
    mailboxes,
    lastCredential: store.last('credential'),
  })
  const tracing: Tracing | undefined = options.tracing?.create((kind, number) => store.id(kind, number), options.version)
  const threads = createThreads({ store, pipeline, outbox, timer, clock, random, sessions, mailboxes, contents: artifacts.contents, watch: tracing })
  const schedules = createSchedules({
    store,
    pipeline,
    timer,
    clock,
    random,
    threads,
    zone: options.zone,
    callerOf: (peer) => ({ kind: 'peer', peerId: peer.id, credentialId: 0, circleId: peer.circle_id, role: peer.role, mode: peer.mode }),
  })
  const keeping = options.keeping ?? LIMITS
  const retention = new Retention({ pipeline, store, clock, timer, keeping, log, purgeArtifacts: artifacts.purge })
  const backups = new Backups({
    write: options.backupWriter ?? (() => Promise.reject(new Error('this daemon keeps nothing in a file'))),
    database: options.path,
    artifacts: options.artifacts ?? '',
    node: options.node,
    version: options.version,
    clock,
    pipeline,
    log,
  })
  const index = new SearchIndex({ store, pipeline, clock, timer })
  const scans = options.scans ?? new InlineScans(store, clock)
  const status: StatusSource = {
    store,
    pipeline,
    node: options.node,
    version: options.version,
    startedAt: clock.wallMs(),
    connections: () => connections.size,
    retention,
    backups,
    path: options.path,
    now: () => clock.wallMs(),
  }
  const diagnosis: DiagnosisSource = { store, revision: contractRevision, jumps, now: () => clock.wallMs() }
  const runner = new OperationRunner({
    store,
    pipeline,
    tracing,
    handlers: assemble({ store, random, threads, schedules, artifacts, sessions, connections, calls, status, diagnosis }),
    scans,
  })
  const asMusterError = (error: unknown): MusterError => {
    if (error instanceof MusterError) return error
    onUnexpected(error)
    return new MusterError('internal', {}, { cause: error })
  }
  const gateway: GatewayDeps = {
    clock,
    log,
    store,
    runner,
    presence,
    dispatcher: threads.dispatcher,
    signals: threads.signals,
    artifacts,
    fanSignals: threads.fanSignals,
    sessions,
    outlook,
    connections,
    backups,
    calls,
    authenticate: (token) => authenticate(store, token, clock.wallMs()),
    hello: createHello(store, options, threads),
    touch: (credentialId) =>
      pipeline.submit(
        (tx) => touchCredential(tx, credentialId),
        () => undefined,
      ),
    describe: (caller) => describeCaller(store, caller),
    asMusterError,
  }
  timer.add({ next: () => asMono(outbox.nextRetry()), run: () => outbox.wake() })
  timer.add(sessions.lapses)
  timer.add(presence.signsOver)
  const heartbeat = addHeartbeat(timer, clock, connections, presence)
  let lastEvent = store.last('event')
  pipeline.afterBatch(() => {
    timer.arm()
    if (store.last('event') === lastEvent) return
    lastEvent = store.last('event')
    for (const connection of connections) connection.onEvents()
  })
  let stopTimer = (): void => undefined

  return {
    store,
    pipeline,
    runner,
    gateway,
    artifacts,
    /** A scan found the index of the search damaged. */
    distrustIndex: () => index.distrust(),
    status: () => nodeStatus(status)(store, { kind: 'admin', credentialId: 0 }, {}),
    inFlight: () => threads.dispatcher.flights.size,

    /** Writes down that nobody is connected, takes up what must happen, and starts the timer. */
    async start(): Promise<void> {
      await pipeline.execute((tx) => {
        presence.settleAll(tx)
        index.prepare(tx)
      })
      outbox.wake()
      stopTimer = timer.start()
    },

    /** Opens a connection for a token, as every door does after its own checks; `undefined` when the token is not good. */
    accept(token: string, socket: SocketPort): Connection | undefined {
      const caller = gateway.authenticate(token)
      if (!caller) return undefined
      const connection = new Connection(gateway, caller, socket)
      connections.add(connection)
      return connection
    },

    /** Orderly: tells every client, commits what is queued, and closes the database. */
    stop(): void {
      stopTimer()
      backups.stop()
      pipeline.flush()
      void scans.close()
      calls.close()
      for (const connection of [...connections]) connection.closeWith('shutting_down', { orderly: true })
      pipeline.stop()
      artifacts.close()
      store.close()
    },

    /** What a crash leaves: nothing more is committed, sent or timed. For the simulation. */
    crash(): void {
      stopTimer()
      backups.stop()
      void scans.close()
      pipeline.abandon()
      artifacts.close()
      calls.close()
      connections.clear()
      store.close()
    },
  }
}

interface AssembleOptions {
  readonly store: Store
  readonly random: RandomBytes
  readonly threads: ReturnType<typeof createThreads>
  readonly schedules: ReturnType<typeof createSchedules>
  readonly artifacts: ReturnType<typeof createArtifacts>
  readonly sessions: SessionRegistry
  readonly connections: Set<Link>
  readonly calls: ToolCalls
  readonly status: StatusSource
  readonly diagnosis: DiagnosisSource
}

function assemble({ store, random, threads, schedules, artifacts, sessions, connections, calls, status, diagnosis }: AssembleOptions): Handlers {
  const disconnect = (ended: { readonly credentialId?: number; readonly enrolmentId?: number }) => {
    for (const connection of [...connections]) {
      const { caller } = connection
      const same = caller.kind === 'enrolment' ? caller.enrolmentId === ended.enrolmentId : caller.credentialId === ended.credentialId
      if (same) connection.closeWith('unauthenticated')
    }
    if (ended.credentialId === undefined) return
    sessions.forget(ended.credentialId)
    calls.forget(ended.credentialId)
  }
  const credentials = createCredentialHandlers({ random, disconnect })
  const onTurn = (tx: Tx, peer: PeerCaller, turn: Turn) => {
    if (turn === 'idle') threads.onTurnEnded(tx, peer.peerId, peer.credentialId)
    tx.after(() => sessions.turned(peer, turn))
  }
  const registration = createRegistration({ random, disconnect, live: threads.live, onRetired: threads.onRetired, onTurn })
  return {
    ackThread: threads.ackThread,
    commands: {
      ...threads.commands,
      ...schedules.commands,
      'sessions.boundary': createBoundary({ mail: threads.mail, registry: sessions }),
      'peers.register': registration.register,
      'peers.describe': registration.describe,
      'peers.rename': registration.rename,
      'peers.retire': registration.retire,
      'enrolments.create': credentials.createEnrolment,
      'enrolments.revoke': credentials.revokeEnrolment,
      'credentials.create': credentials.createCredential,
      'credentials.revoke': credentials.revokeCredential,
      'grants.add': addGrant,
      'grants.remove': removeGrant,
    },
    queries: {
      ...threads.queries,
      ...artifacts.queries,
      ...schedules.queries,
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

function createHello(store: Store, options: CoreOptions, threads: ReturnType<typeof createThreads>): (caller: Caller) => Hello {
  let revision: string | undefined
  return (caller) => {
    revision ??= contractRevision()
    return {
      protocol: PROTOCOL,
      revision,
      server: `muster/${options.version}`,
      node: { name: options.node, incarnation: store.tag },
      you: identityOf(store, caller, threads),
      limits: { ...LIMITS, ...options.keeping },
      heartbeatMs: LIMITS.heartbeatMs,
      operations: [...OPERATION_NAMES],
      cursor: store.cursor(store.last('event')),
    }
  }
}

function identityOf(store: Store, caller: Caller, threads: ReturnType<typeof createThreads>): Hello['you'] {
  switch (caller.kind) {
    case 'peer': {
      // The presence is settled by a command that this very hello queues.
      const row: PeerRow = { ...(findPeer(store, caller.peerId) as PeerRow), presence: 'online' }
      return { kind: 'peer', peer: toPeer(store, row, threads.live), credential: store.id('credential', caller.credentialId) }
    }
    case 'admin':
      return { kind: 'admin', credential: store.id('credential', caller.credentialId) }
    case 'enrolment': {
      const { circle, roles } = enrolmentById(store, caller.enrolmentId)
      return { kind: 'enrolment', enrolment: store.id('enrolment', caller.enrolmentId), circle, roles: JSON.parse(roles) as Role[] }
    }
  }
}

function describeCaller(store: Store, caller: Caller): string {
  if (caller.kind === 'peer') return store.id('peer', caller.peerId)
  return caller.kind === 'admin' ? `admin ${store.id('credential', caller.credentialId)}` : store.id('enrolment', caller.enrolmentId)
}

/** One heartbeat for all connections; their answers stay in memory. Postponed, it gives every answer on its way a full period. */
function addHeartbeat(timer: DueTimer, clock: Clock, connections: Set<Link>, presence: PresenceTracker): { readonly postpone: () => void } {
  let dueAt = clock.monoMs() + LIMITS.heartbeatMs
  const postpone = () => {
    dueAt = clock.monoMs() + LIMITS.heartbeatMs
  }
  timer.add({
    next: () => ({ mono: dueAt }),
    run: () => {
      postpone()
      for (const connection of [...connections]) connection.beat()
      presence.settleUnwritten()
    },
  })
  return { postpone }
}

function asMono(at: number | undefined): { readonly mono: number } | undefined {
  return at === undefined ? undefined : { mono: at }
}
