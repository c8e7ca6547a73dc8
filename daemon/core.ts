import type { Logger } from 'pino'
import { MusterError } from '../src/errors.ts'
import { LIMITS } from '../src/limits.ts'
import { type ContentFiles, createArtifacts } from './artifacts/index.ts'
import { assemble, createDisconnect } from './assembly.ts'
import { Backups, type BackupWriter } from './backups/index.ts'
import { createBoard } from './board/index.ts'
import type { Caller, CommandName, PeerCaller } from './caller.ts'
import { type ChannelSettings, createChannels } from './channels/index.ts'
import type { Clock, RandomBytes } from './clock.ts'
import { createDecisions } from './decisions/index.ts'
import type { GatewayDeps, Link } from './gateway/deps.ts'
import { ToolCalls } from './gateway/tool-calls.ts'
import { addHeartbeat } from './heartbeat.ts'
import { createHello } from './hello.ts'
import { createIngress, type Variable } from './ingress/index.ts'
import type { ClockJumps, DiagnosisSource } from './node/diagnosis.ts'
import { type Keeping, Retention } from './node/retention.ts'
import { nodeStatus, type StatusSource } from './node/status.ts'
import { type Handlers, OperationRunner } from './operations.ts'
import { createOrchestrators } from './orchestrators/index.ts'
import { createPairing } from './pairing/index.ts'
import { authenticate, touchCredential } from './peers/credentials.ts'
import { PresenceTracker } from './peers/presence.ts'
import { findPeer, type PeerRow } from './peers/rows.ts'
import { createReviews, isReviewOwed, reviewDuties } from './reviews/index.ts'
import { InlineScans, type ScanPort } from './scans/port.ts'
import { createSchedules, schedulesOf } from './schedules/index.ts'
import { Services } from './services/index.ts'
import { SessionRegistry } from './sessions/index.ts'
import { isDamage, markSuspect } from './store/damage.ts'
import type { Durability, OpenDriver } from './store/database.ts'
import { Outbox } from './store/outbox.ts'
import { Pipeline } from './store/pipeline.ts'
import { Store } from './store/store.ts'
import { DueTimer } from './store/timer.ts'
import { createThreads, DeferredSignals, type Outlook, SearchIndex } from './threads/index.ts'
import type { RegisteredTracing, Tracing } from './tracing.ts'
import { createWatchdogs } from './watchdogs/index.ts'

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
  /** What the settings allow of channels; without it nothing but push messages, which then have no key. */
  readonly channels?: ChannelSettings
  /** Where devices reach it from elsewhere. */
  readonly publicUrl?: string
  /** A variable of the environment that this runs in: a secret may stand there. */
  readonly variable?: Variable
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
    watchdogs.onDivergence()
    presence.restartSigns()
    orchestrators.onDivergence()
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
  const threads = createThreads({
    store,
    pipeline,
    outbox,
    timer,
    clock,
    random,
    sessions,
    mailboxes,
    contents: artifacts.contents,
    watch: tracing,
    onPosted: (tx, posted) => reviews.onPosted(tx, posted),
    onDelivered: (tx, delivered) => channels.onDelivered(tx, delivered),
    onFollowedEnd: (tx, ended) => {
      reviews.onAskEnded(tx, ended)
      decisions.onAskEnded(tx, ended)
    },
    onCardWord: (tx, said) => decisions.onCardWord(tx, said),
    onTrouble: (tx, trouble) => decisions.onTrouble(tx, trouble),
  })
  const schedules = createSchedules({
    store,
    pipeline,
    timer,
    clock,
    random,
    threads,
    get zone() {
      return options.zone
    },
    reviewOwed: isReviewOwed,
    onTrouble: (tx, trouble) => decisions.onTrouble(tx, trouble),
    callerOf,
  })
  const reviews: ReturnType<typeof createReviews> = createReviews({ threads, schedules, callerOf })
  const decisions: ReturnType<typeof createDecisions> = createDecisions({
    store,
    pipeline,
    timer,
    clock,
    threads,
    schedules,
    callerOf,
    onPermitClosed: (card) => decisions.permits.closed(card),
    onGiven: (tx, card, personId) => channels.onCardGiven(tx, card, personId),
    onSettled: (tx, card) => channels.onCardSettled(tx, card),
    get zone() {
      return options.zone
    },
  })
  const channels: ReturnType<typeof createChannels> = createChannels({
    random,
    settings: options.channels ?? NO_CHANNELS,
    decisions,
    callerOf,
    ask: (tx, by, to, body) => void threads.commands['threads.ask'].run(tx, by, { to, select: 'one', body, priority: 'normal' }),
    reply: (tx, by, thread, body) => threads.replyAs(tx, by, thread, body),
    onNeeded: () => services.need('channels'),
  })
  const orchestrators = createOrchestrators({
    pipeline,
    timer,
    clock,
    presence,
    outbox,
    threads,
    duties: { schedules: schedulesOf, reviews: reviewDuties },
  })
  const watchdogs = createWatchdogs({ store, pipeline, timer, clock, threads, callerOf })
  const board = createBoard({ clock, takenUpAt: threads.takenUpAt, leaderOf: orchestrators.leaderOf, say: threads.say })
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
  const disconnect = createDisconnect({ connections, sessions, calls })
  const pairing = createPairing({
    clock,
    random,
    log,
    pipeline,
    store,
    timer,
    publicUrl: options.publicUrl ?? '',
    disconnect,
    callerOf,
    tell: threads.tell,
    perform: (tx, person, operation, input) => handlers.commands[operation as CommandName].run(tx, person, input as never),
  })
  const ingress = createIngress({
    store,
    pipeline,
    clock,
    timer,
    random,
    threads,
    callerOf,
    variable: options.variable ?? (() => undefined),
    publicUrl: options.publicUrl ?? '',
    retire: (tx, peerId, reason) => void handlers.commands['peers.retire'].run(tx, { kind: 'admin', credentialId: 0 }, { peer: tx.id('peer', peerId), reason }),
  })
  const services: Services = new Services({ clock, random, log, pipeline, disconnect, isNeeded: { channels: () => channels.isNeeded(store, clock.wallMs()) } })
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
    search: index,
    services,
    path: options.path,
    now: () => clock.wallMs(),
  }
  const diagnosis: DiagnosisSource = { store, jumps, services, ingress, now: () => clock.wallMs() }
  const handlers: Handlers = assemble({
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
    connections,
    calls,
    disconnect,
    status,
    diagnosis,
  })
  const runner = new OperationRunner({
    store,
    pipeline,
    tracing,
    handlers,
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
    passphrases: pairing.passphrases,
    ingress,
    permits: decisions.permits,
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
    services,
    disconnect,
    /** A scan found the index of the search damaged. */
    distrustIndex: () => index.distrust(),
    status: () => nodeStatus(status)(store, { kind: 'admin', credentialId: 0 }, {}),
    inFlight: () => threads.dispatcher.flights.size,

    /** Writes down that nobody is connected, takes up what must happen, and starts the timer. */
    async start(): Promise<void> {
      await pipeline.execute((tx) => {
        presence.settleAll(tx)
        index.prepare(tx)
        orchestrators.prepare(tx)
        watchdogs.prepare(tx)
        pairing.prepare(tx)
        decisions.prepare(tx)
      })
      outbox.wake()
      stopTimer = timer.start()
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

const NO_CHANNELS: ChannelSettings = {
  telegram: false,
  ntfy: false,
  webhooks: [],
  pushHosts: [],
  pushKey: () => {
    throw new MusterError('unavailable', { hint: 'This daemon has no key for push messages.' })
  },
}

/** The daemon acts in the name of a peer. */
function callerOf(peer: PeerRow): PeerCaller {
  return { kind: 'peer', peerId: peer.id, credentialId: 0, circleId: peer.circle_id, role: peer.role, mode: peer.mode }
}

function describeCaller(store: Store, caller: Caller): string {
  if (caller.kind === 'peer') return store.id('peer', caller.peerId)
  if (caller.kind === 'nobody') return 'nobody'
  return caller.kind === 'admin' ? `admin ${store.id('credential', caller.credentialId)}` : store.id('enrolment', caller.enrolmentId)
}

function asMono(at: number | undefined): { readonly mono: number } | undefined {
  return at === undefined ? undefined : { mono: at }
}
