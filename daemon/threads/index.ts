/** The threads domain: its handlers, and the machinery that offers, reminds, expires and cleans up. */
import { LIMITS } from '../../src/limits.ts'
import type { Contents } from '../artifacts/index.ts'
import type { PeerCaller } from '../caller.ts'
import type { Clock, RandomBytes } from '../clock.ts'
import type { Liveness, PeerRow } from '../peers/index.ts'
import type { Outbox } from '../store/outbox.ts'
import { enqueue } from '../store/outbox.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Reader, Store } from '../store/store.ts'
import type { DueTimer } from '../store/timer.ts'
import type { Tx } from '../store/transaction.ts'
import { takenUpAt } from './board.ts'
import { createClosing, type Ending } from './close.ts'
import { createDeadLetterHandlers, deadOfMailbox, discardDead, listDead, replayDead } from './deadletters.ts'
import { nextDeadline, runDeadlines } from './deadlines.ts'
import { receiveAll } from './deliveries.ts'
import type { SessionsPort, ThreadDeps } from './deps.ts'
import { Dispatcher, type OfferWatch } from './dispatcher.ts'
import { getFan, listFans } from './fan-reading.ts'
import { createFans } from './fans.ts'
import { Delays } from './flights.ts'
import { endFollowed, type Followed, openFollowed } from './followed.ts'
import { ackThread, endTurn } from './handover.ts'
import { listThreads } from './listing.ts'
import { createDispatching, createReceipts } from './mailbox.ts'
import { type FirstWord, parkPair, tellFirst, tellPeer } from './notices.ts'
import { createOpening } from './open.ts'
import { createPairHandlers, listPairs, unpark } from './pairs.ts'
import { createPulling, owedThreads, peekMailbox } from './pull.ts'
import { getThread, redactMessage } from './reading.ts'
import { createReplying, replyAs } from './reply.ts'
import { RETIREMENT, retireBatch } from './retirement.ts'
import { createReturns } from './returns.ts'
import { Room } from './room.ts'
import type { ThreadRow } from './rows.ts'
import { BY_PLAN, type Scheduled, sendScheduled } from './scheduled.ts'
import { createSessionMail } from './session-mail.ts'
import { type DeferredSignals, Signals } from './signals.ts'
import { type Succession, succeed } from './succession.ts'
import { createTelling, tell } from './telling.ts'
import { traceMessage } from './trace.ts'

export { answeredAmong, deliveriesBetween, lastNumbers, threadsBetween } from './activity.ts'
export { type AskScope, asksOwedBy, isMessageUnread, isUnread, openAsksAfter } from './ages.ts'
export { type BoardScope, endedAsksOf, lastSaid, openAsksOf } from './board.ts'
export type { Ending } from './close.ts'
export type { Consumer, ConsumerPort } from './consumer.ts'
export { deadLetters, deadOfMailbox } from './deadletters.ts'
export type { CardWord, Delivered, FollowedEnd, SessionsPort } from './deps.ts'
export { depths } from './depths.ts'
export { isAwaited, stuckDeliveries } from './diagnosis.ts'
export type { OfferWatch } from './dispatcher.ts'
export { type About, excerptsOf } from './excerpts.ts'
export { countOwed, countWaiting, isOpen, lastWordOf, owesAnswer, waitsFor } from './facts.ts'
export { viewFan } from './fan-reading.ts'
export { purgeFans } from './fans.ts'
export { type FoundFile, findFile } from './files.ts'
export type { Followed } from './followed.ts'
export { type Choice, EVERYTHING, type Outlook } from './handover.ts'
export { findFan, toFan } from './joins.ts'
export type { FirstWord } from './notices.ts'
export { asSender } from './open.ts'
export { parkedPairs, parkedUntil } from './pairs.ts'
export type { PostedLink } from './post.ts'
export { mayReadThread, messagesBack, newsOf, viewThread } from './reading.ts'
export { purgePairs, purgeThreads, purgeTopics } from './retention.ts'
export { findMessage, findThread, PRIORITIES, priorityNumber, type ThreadRow } from './rows.ts'
export type { Scheduled, ScheduledSend } from './scheduled.ts'
export { SearchIndex } from './search/filling.ts'
export { searchMessages } from './search/search.ts'
export { forgetHours } from './search/tables.ts'
export { whyMessage } from './search/why.ts'
export type { SessionMail } from './session-mail.ts'
export { DeferredSignals } from './signals.ts'
export { type Standing, type Succession, standingOf } from './succession.ts'
export { readTask, toProgress } from './tasks.ts'

export interface ThreadsOptions {
  readonly store: Store
  readonly pipeline: Pipeline
  readonly outbox: Outbox
  readonly timer: DueTimer
  readonly clock: Clock
  readonly random: RandomBytes
  readonly sessions: SessionsPort
  readonly contents: Contents
  readonly onPosted: ThreadDeps['onPosted']
  readonly onDelivered: ThreadDeps['onDelivered']
  readonly onFollowedEnd: ThreadDeps['onFollowedEnd']
  readonly onCardWord: ThreadDeps['onCardWord']
  readonly onTrouble: ThreadDeps['onTrouble']
  /** Told of mailboxes in which something to fetch may have come up. */
  readonly mailboxes: DeferredSignals
  readonly watch?: OfferWatch | undefined
}

export function createThreads(options: ThreadsOptions) {
  const { store, pipeline, clock, random, mailboxes } = options
  // Deliveries of before this start may have been offered by the process that ended: they go out marked as redelivered.
  const lastAtStart = store.last('delivery')
  const dispatching = createDispatching(() => deps)
  const internal = (run: (tx: Tx) => void, then: () => void = () => undefined) => pipeline.submit(run, then)

  const dispatcher: Dispatcher = new Dispatcher({
    clock,
    deliveryId: (number) => store.id('delivery', number),
    queued: (peerId, limit, after) => dispatching.queued(store, peerId, limit, after, lastAtStart),
    owed: (peerId, afterThread) => dispatching.owed(store, peerId, afterThread),
    onReturned: createReturns({ pipeline, timer: options.timer, clock, dispatcher: () => dispatcher, write: dispatching.returned }),
    onWaiting: (peerId) => mailboxes.changed(peerId),
    watch: options.watch,
  })
  const live: Liveness = { consuming: (peerId) => dispatcher.consuming(peerId), attended: (peerId) => options.sessions.attended(peerId) }
  const holds = new Delays(clock, ({ deliveryId, peerId }) => {
    options.watch?.ended(deliveryId)
    // What ended may have kept another of its thread waiting.
    mailboxes.changed(peerId)
  })
  const deps: ThreadDeps = {
    pipeline,
    dispatcher,
    room: new Room(store),
    signals: new Signals(),
    fanSignals: new Signals(),
    holds,
    watch: options.watch,
    live,
    sessions: options.sessions,
    random,
    contents: options.contents,
    onPosted: options.onPosted,
    onDelivered: options.onDelivered,
    onFollowedEnd: options.onFollowedEnd,
    onCardWord: options.onCardWord,
    onTrouble: options.onTrouble,
    parkPair: (tx, pair) => parkPair(tx, deps, pair),
  }
  restoreWaits(store, deps)
  const flush = () => {
    dispatcher.flush()
    mailboxes.flush()
  }
  pipeline.afterBatch(flush)
  addTimers(options, deps, { dispatching, internal, flush })
  options.outbox.register<{ peerId: number; reason: string }>(RETIREMENT, (tx, payload) => retireBatch(tx, deps, payload))

  return {
    dispatcher,
    live,
    signals: deps.signals,
    fanSignals: deps.fanSignals,
    mail: createSessionMail(deps),
    sendScheduled: (tx: Tx, scheduled: Scheduled) => sendScheduled(tx, deps, scheduled),
    tell: (tx: Tx, peerId: number, body: string) => void tellPeer(tx, deps, peerId, body),
    /** A peer tells others something by what it did. @throws MusterError what refuses it, where there is but one recipient */
    say: (tx: Tx, sender: PeerCaller, recipients: readonly PeerRow[], body: string, topic?: string) =>
      tell(tx, deps, sender, recipients, { body, priority: 'normal', topic }).refused,
    /** When the recipient of an ask took it up; `null` while it only waits. */
    takenUpAt: (reader: Reader, thread: ThreadRow) => takenUpAt(reader, deps, thread),
    replyAs: (tx: Tx, by: PeerCaller, threadId: number, body: string) => replyAs(tx, deps, by, threadId, body),
    openFollowed: (tx: Tx, followed: Followed) => openFollowed(tx, deps, followed),
    endFollowed: (tx: Tx, threadId: number, ending: Ending) => endFollowed(tx, deps, threadId, ending),
    /** Replays or discards the dead letters of a mailbox, up to so many. @returns how many */
    endDead(tx: Tx, peerId: number, how: 'replay' | 'discard', { by, limit }: { readonly by: number; readonly limit: number }): number {
      const rows = deadOfMailbox(tx, peerId, limit)
      for (const row of rows) (how === 'replay' ? replayDead : discardDead)(tx, deps, row, by)
      return rows.length
    },
    release: (tx: Tx, pair: { readonly a: number; readonly b: number; readonly circleId: number }, by: number) => unpark(tx, deps, pair, by),
    /** Tells a peer something ahead of all that waits for it; then, in the same thread, what another peer says. */
    tellFirst: (tx: Tx, peerId: number, first: FirstWord) => tellFirst(tx, deps, peerId, first),
    succeed: (tx: Tx, succession: Succession) => succeed(tx, deps, succession),
    /** Like `tell`, by a plan that a peer made before, so that it is no runaway. Returns the thread. */
    remind: (tx: Tx, peerId: number, body: string) => tellPeer(tx, deps, peerId, body, BY_PLAN),
    /** Acks what waits for a peer that reads nothing, up to a batch of it. Returns whether there may be more. */
    receiveAll: (tx: Tx, peerId: number) => receiveAll(tx, deps, peerId),
    hasRoom: (tx: Tx, peerId: number) => deps.room.hasRoom(tx, peerId),
    onRetired: (tx: Tx, peerId: number, reason: string) => enqueue(tx, options.outbox, RETIREMENT, { peerId, reason }),
    onTurnEnded: (tx: Tx, peerId: number, credentialId: number) => void endTurn(tx, deps, peerId, credentialId),
    ackThread: (tx: Tx, peerId: number, threadId: number) => ackThread(tx, deps, peerId, threadId),
    /** After a suspend or a clock step, everything on monotonic time gets one full period. */
    onDivergence: () => {
      dispatcher.flights.extendAll()
      dispatcher.delays.restartAll()
      holds.restartAll()
    },
    ...handlersOf(deps, clock),
  }
}

function handlersOf(deps: ThreadDeps, clock: Clock) {
  const { ask } = createOpening(deps)
  const { notify, broadcast } = createTelling(deps)
  const fans = createFans(deps)
  const { reply } = createReplying(deps)
  const { answer, decline, cancel } = createClosing(deps)
  const { ack, nack, extend } = createReceipts(deps)
  const { inbox, read } = createPulling(deps)
  const { replay, discard } = createDeadLetterHandlers(deps)
  return {
    commands: {
      'threads.ask': ask,
      'threads.notify': notify,
      'threads.broadcast': broadcast,
      'threads.reply': reply,
      'threads.answer': answer,
      'threads.decline': decline,
      'threads.cancel': cancel,
      'threads.redact': redactMessage(deps),
      'fans.open': fans.open,
      'fans.cancel': fans.cancel,
      'pairs.release': createPairHandlers(deps).release,
      'mailbox.ack': ack,
      'mailbox.nack': nack,
      'mailbox.extend': extend,
      'mailbox.inbox': inbox,
      'mailbox.read': read,
      'mailbox.replay': replay,
      'mailbox.discard': discard,
    },
    queries: {
      'threads.get': getThread,
      'threads.list': listThreads,
      'threads.owed': owedThreads(deps),
      'threads.trace': traceMessage(deps),
      'fans.get': getFan,
      'fans.list': listFans,
      'pairs.list': listPairs(clock),
      'mailbox.peek': peekMailbox(deps),
      'mailbox.dead': listDead(deps),
    },
  } as const
}

/** After a start, every backoff and every pull handover gets one full period before it is judged. */
function restoreWaits(store: Store, deps: ThreadDeps): void {
  const rows = store.all<{ id: number; peer_id: number; thread_id: number; state: string; backoff_ms: number }>(
    `SELECT id, peer_id, thread_id, state, backoff_ms FROM deliveries WHERE state IN ('queued', 'offered') AND (state = 'offered' OR backoff_ms > 0)`,
  )
  for (const row of rows) {
    const delay = { deliveryId: row.id, peerId: row.peer_id, threadId: row.thread_id }
    if (row.state === 'offered') deps.holds.add(delay, LIMITS.pullVisibilityMs)
    else deps.dispatcher.delay(delay, row.backoff_ms)
  }
}

function addTimers(
  options: ThreadsOptions,
  deps: ThreadDeps,
  {
    dispatching,
    internal,
    flush,
  }: {
    readonly dispatching: ReturnType<typeof createDispatching>
    readonly internal: (run: (tx: Tx) => void) => void
    /** Offers what can be offered now, and tells who waits for mail. */
    readonly flush: () => void
  },
): void {
  const { store, timer, clock } = options
  const { dispatcher, holds } = deps
  const mono = (at: number | undefined) => (at === undefined ? undefined : { mono: at })
  timer.add({
    next: () => {
      const wall = nextDeadline(store)
      return wall === undefined ? undefined : { wall }
    },
    run: () => internal((tx) => runDeadlines(tx, deps)),
  })
  timer.add({
    next: () => mono(dispatcher.flights.nextExpiry()),
    run: () => {
      const flights = dispatcher.flights.expired(clock.monoMs())
      internal((tx) => dispatching.timedOut(tx, flights))
    },
  })
  timer.add({
    next: () => mono(dispatcher.delays.nextExpiry()),
    run: () => {
      for (const delay of dispatcher.delays.expired(clock.monoMs())) dispatcher.undelay(delay.deliveryId)
      flush()
    },
  })
  timer.add({
    next: () => mono(holds.nextExpiry()),
    run: () => {
      const over = holds.expired(clock.monoMs())
      internal((tx) => dispatching.holdsOver(tx, over))
    },
  })
}
