import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Attachments } from './artifacts.ts'
import { Address, Body, Duration, Id, IdempotencyKey, Limit, Reason, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef } from './peers.ts'
import { CausedBy, Message, Priority, Refused, Sent, ThreadState } from './threads.ts'

/**
 * How a fan ended: `complete`: each of its asks was closed before the deadline; `enough`: as many answered as were wanted, and
 * the other asks were cancelled; `expired`: the deadline came with some unanswered; `cancelled`: its asker withdrew it.
 */
export const FanState = z.enum(['open', 'complete', 'enough', 'expired', 'cancelled'])

/** One ask to many. Each recipient has a thread of its own; the asker is told once, of the end of the whole. */
export const Fan = z.object({
  id: Id('fan'),
  state: FanState,
  from: PeerRef,
  openedAt: Time,
  deadlineAt: Time,
  endedAt: Time.nullable(),
  reason: z.string().nullable(),
  /** So many answers end it. */
  enough: z.int().nullable(),
  /** Its asks by their state, and the recipients that could not be asked. They add up to all that were meant. */
  counts: z.object({
    open: z.int(),
    answered: z.int(),
    declined: z.int(),
    cancelled: z.int(),
    expired: z.int(),
    failed: z.int(),
    refused: z.int(),
  }),
  /** The message that told the asker of the end. */
  notice: Id('message').nullable(),
})

/** What became of one of its asks. A late answer changes nothing here; it is in the thread, and in the asker's mailbox. */
export const FanOutcome = z.object({
  thread: Id('thread'),
  to: PeerRef,
  state: ThreadState,
  reason: z.string().nullable(),
  closedAt: Time.nullable(),
  answer: Message.nullable(),
})

export const openFan = operation({
  name: 'fans.open',
  kind: 'command',
  access: 'peer',
  summary: 'Ask many the same. The answers are joined, and the asker is told once: when all asks have ended, or enough have answered.',
  input: z.strictObject({
    /** Names, ids and selectors; a selector means all that it names. Whoever is meant twice is asked once. */
    to: z.array(Address).min(1).max(LIMITS.maxFanAsks),
    body: Body,
    /** From now; 24 h where neither this nor `deadlineAt` is given. */
    deadline: Duration.optional(),
    deadlineAt: Time.optional(),
    /** So many answers end the fan; the asks that are still open are then cancelled. */
    enough: z.int().min(1).max(LIMITS.maxFanAsks).optional(),
    priority: Priority.default('normal'),
    attachments: Attachments.optional(),
    causedBy: CausedBy.optional(),
    key: IdempotencyKey.optional(),
  }),
  output: z.object({ fan: Fan, sent: z.array(Sent), refused: z.array(Refused) }),
  doors: { http: 'POST /v1/fans 201', cli: 'fan', mcp: 'fan' },
})

export const getFan = operation({
  name: 'fans.get',
  kind: 'query',
  access: 'reader',
  summary: 'The joined result of a fan, as far as there is one: what became of each ask, in the order of the recipients. For its asker.',
  input: z.strictObject({ fan: Id('fan'), after: Id('thread').optional(), limit: Limit.default(50) }),
  /** `refused` is on the first page. */
  output: z.object({ fan: Fan, outcomes: z.array(FanOutcome), refused: z.array(Refused), after: Id('thread').nullable() }),
  doors: { http: 'GET /v1/fans/:fan', cli: 'fan', mcp: 'wait' },
})

export const listFans = operation({
  name: 'fans.list',
  kind: 'query',
  access: 'peer',
  summary: 'The fans that you opened, newest first.',
  input: z.strictObject({ before: Id('fan').optional(), limit: Limit.default(50) }),
  output: z.object({ fans: z.array(Fan), before: Id('fan').nullable() }),
  doors: { http: 'GET /v1/fans', cli: 'fan', mcp: { none: 'Each call of fan returns its ticket, and its end comes to the inbox with it.' } },
})

export const waitFan = operation({
  name: 'fans.wait',
  kind: 'stream',
  access: 'peer',
  summary: 'Wait until a fan of yours has ended. It consumes nothing: call again to resume.',
  input: z.strictObject({
    fan: Id('fan'),
    /** Return as soon as more of its asks than this have ended; without it, when the fan has. */
    ended: z.int().min(0).max(LIMITS.maxFanAsks).optional(),
    timeout: Duration.default('45s'),
  }),
  output: z.object({ fan: Fan, timedOut: z.boolean() }),
  doors: { http: 'GET /v1/fans/:fan/wait', cli: 'fan', mcp: 'wait' },
})

export const cancelFan = operation({
  name: 'fans.cancel',
  kind: 'command',
  access: 'peer',
  summary: 'Withdraw a fan of your own with all its open asks. What was answered stays; one that has ended stays as it is.',
  input: z.strictObject({ fan: Id('fan'), reason: Reason.default('cancelled by the asker'), key: IdempotencyKey.optional() }),
  output: z.object({ fan: Fan, changed: z.boolean() }),
  doors: { http: 'POST /v1/fans/:fan/cancel', cli: 'fan --cancel', mcp: 'cancel' },
})
