import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Address, Duration, Id, IdempotencyKey, Limit, Line, Name, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef } from './peers.ts'

/** `silence`: a peer has sent nothing; `ask`: an ask is open; `review`: a review is owed. */
const WatchedKind = z.enum(['silence', 'ask', 'review'])
/** Asks to the peer, or asks of it. */
const Side = z.enum(['to', 'from'])
/** `armed`: nothing is over its time; `breached`: something is, and its owner has been told; `paused`, `ended`: nobody looks. */
const WatchdogState = z.enum(['armed', 'breached', 'paused', 'ended'])

export const Watchdog = z.object({
  id: Id('watchdog'),
  owner: PeerRef,
  on: WatchedKind,
  /** Whose silence, or whose asks; `null` where it is one thread or review, or a whole circle. */
  peer: PeerRef.nullable(),
  side: Side.nullable(),
  /** The one ask that is watched; `null` also where the caller neither owns the watchdog nor may read the ask. The same of `review`. */
  thread: Id('thread').nullable(),
  review: Id('review').nullable(),
  circle: Name.nullable(),
  /** How long the silence may last, the ask be open, or the review be owed. */
  for: z.string(),
  /** Who is told. */
  tells: PeerRef,
  /** How often it is told again while it lasts; `null`: once. */
  repeat: z.string().nullable(),
  /** Whether it is told, too, when it is over. */
  over: z.boolean(),
  label: z.string().nullable(),
  state: WatchdogState,
  /** Why it is paused or has ended. */
  reason: z.string().nullable(),
  /** When it is looked at next, at the latest: nothing can be over its time before. `null` unless it is armed or breached. */
  nextAt: Time.nullable(),
  /** How many breaches go on, and how many there have been. */
  open: z.int(),
  breaches: z.int(),
  createdAt: Time,
})

/** One peer that was silent, one ask that was open, or one review that was owed, for too long. */
export const Breach = z.object({
  /** Counts the breaches of its watchdog. */
  number: z.int(),
  /** The peer, the thread or the review; `null` where the caller may not read it. */
  subject: z.string().nullable(),
  /** From when on it counts: the last word of the peer, the opening of the ask, or when the review became owed. */
  since: Time,
  /** When it was found, and told. */
  at: Time,
  /** How often it was told. */
  told: z.int(),
  /** The thread of the last notice; `null` where the caller may not read it. */
  notice: Id('thread').nullable(),
  overAt: Time.nullable(),
  /** What ended it: `spoke`, how the thread was closed, what became of the review, or why the watchdog ended. */
  outcome: z.string().nullable(),
})

const One = z.strictObject({ watchdog: Id('watchdog') })
const Result = z.object({ watchdog: Watchdog })

export const createWatchdog = operation({
  name: 'watchdogs.create',
  kind: 'command',
  access: 'peer',
  summary:
    'Be told when a peer has been silent, an ask open, or a review owed, for so long: one thread or review, the asks to or from a peer, or all of a circle.',
  input: z.strictObject({
    on: WatchedKind,
    /** Whose silence; or with `on: "ask"` whose asks. */
    peer: Address.optional(),
    /** With a peer: the asks that it was sent, or those that it sent. Defaults to `to`. */
    side: Side.optional(),
    thread: Id('thread').optional(),
    review: Id('review').optional(),
    /** All asks of a circle that the owner may read, or all its reviews. Defaults to its own, where nothing else is named. */
    circle: Name.optional(),
    for: Duration,
    /** Defaults to its owner. */
    tells: Address.optional(),
    repeat: Duration.optional(),
    over: z.boolean().default(false),
    label: Line(80).min(1).optional(),
    key: IdempotencyKey.optional(),
  }),
  output: Result,
  doors: { http: 'POST /v1/watchdogs 201', cli: 'watchdog', mcp: 'watchdog' },
})

export const pauseWatchdog = operation({
  name: 'watchdogs.pause',
  kind: 'command',
  access: 'reader',
  summary: 'Let a watchdog look at nothing until it is resumed.',
  input: z.strictObject({ watchdog: Id('watchdog'), reason: Line(LIMITS.maxReasonChars).min(1).optional() }),
  output: Result,
  doors: { http: 'POST /v1/watchdogs/:watchdog/pause', cli: 'watchdog pause', mcp: { none: 'A model ends it; a person pauses.' } },
})

export const resumeWatchdog = operation({
  name: 'watchdogs.resume',
  kind: 'command',
  access: 'reader',
  summary: 'Let a paused watchdog look again; of what was told before, it tells nothing anew.',
  input: One,
  output: Result,
  doors: { http: 'POST /v1/watchdogs/:watchdog/resume', cli: 'watchdog resume', mcp: { none: 'A person resumes what was paused.' } },
})

export const deleteWatchdog = operation({
  name: 'watchdogs.delete',
  kind: 'command',
  access: 'reader',
  summary: 'End a watchdog and forget it with its history.',
  input: One,
  output: z.object({ deleted: z.boolean() }),
  doors: { http: 'DELETE /v1/watchdogs/:watchdog', cli: 'watchdog remove', mcp: 'watchdog' },
})

export const getWatchdog = operation({
  name: 'watchdogs.get',
  kind: 'query',
  access: 'reader',
  summary: 'One watchdog.',
  input: One,
  output: Result,
  doors: { http: 'GET /v1/watchdogs/:watchdog', cli: 'watchdog show', mcp: { none: 'The tool watchdog shows all there is to know.' } },
})

export const listWatchdogs = operation({
  name: 'watchdogs.list',
  kind: 'query',
  access: 'reader',
  summary: 'The watchdogs that the caller owns, is told by or looks after, by number; `mine` leaves those of others out.',
  input: z.strictObject({ mine: z.boolean().default(false), state: WatchdogState.optional(), after: Id('watchdog').optional(), limit: Limit.default(50) }),
  output: z.object({ watchdogs: z.array(Watchdog), after: Id('watchdog').nullable() }),
  doors: { http: 'GET /v1/watchdogs', cli: 'watchdog list', mcp: 'watchdog' },
})

export const historyWatchdog = operation({
  name: 'watchdogs.history',
  kind: 'query',
  access: 'reader',
  summary: 'The breaches that a watchdog found, the newest first. Those that are over are kept 90 days.',
  input: z.strictObject({ watchdog: Id('watchdog'), before: z.int().min(1).optional(), limit: Limit.default(50) }),
  output: z.object({ breaches: z.array(Breach), before: z.int().nullable() }),
  doors: { http: 'GET /v1/watchdogs/:watchdog/history', cli: 'watchdog history', mcp: { none: 'A matter for whoever looks after the watchdog.' } },
})
