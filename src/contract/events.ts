import * as z from 'zod'
import { Address, EventCursor, Id, Limit, Name, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef } from './peers.ts'
import { ThreadState } from './threads.ts'

/** One row of the append-only log. It never carries a body. */
export const Event = z.object({
  cursor: EventCursor,
  at: Time,
  type: z.string(),
  actor: PeerRef.nullable(),
  circle: Name.nullable(),
  /** The id of what changed. */
  subject: z.string().nullable(),
  /** The changed fields and their new values. */
  changed: z.record(z.string(), z.unknown()),
})

const Filter = {
  /** Types to keep, as a whole (`thread.opened`) or by their first word (`thread`). */
  types: z.array(z.string().max(40)).max(20).optional(),
}

export const listEvents = operation({
  name: 'events.list',
  kind: 'query',
  access: 'reader',
  summary: 'The events after a cursor, or the page of them before one; without a cursor, the newest page. Each page in order.',
  input: z.strictObject({ after: EventCursor.optional(), before: EventCursor.optional(), limit: Limit.default(50), ...Filter }),
  output: z.object({
    events: z.array(Event),
    /** For what comes next. */
    cursor: EventCursor,
    /** Whether there is more behind `cursor` now. */
    more: z.boolean(),
    /** For the page before this one; `null` where the log begins, and with `after`. */
    before: EventCursor.nullable(),
  }),
  doors: { http: 'GET /v1/events', cli: 'events', mcp: 'events' },
})

export const timelineEvents = operation({
  name: 'events.timeline',
  kind: 'scan',
  access: 'reader',
  summary: 'What a peer did and what happened to it, newest first.',
  input: z.strictObject({ peer: Address, before: EventCursor.optional(), limit: Limit.default(50), ...Filter }),
  output: z.object({
    peer: PeerRef,
    events: z.array(Event),
    /** For the next page; `null` where the log begins. */
    before: EventCursor.nullable(),
  }),
  doors: { http: 'GET /v1/peers/:peer/timeline', cli: 'timeline', mcp: 'timeline' },
})

export const subscribeEvents = operation({
  name: 'events.subscribe',
  kind: 'stream',
  access: 'reader',
  summary: 'Be sent every event after a cursor, as `events.event` notifications; without one, from now on.',
  input: z.strictObject({ after: EventCursor.optional(), ...Filter }),
  output: z.object({ subscription: z.string(), cursor: EventCursor }),
  doors: { http: 'GET /v1/events/stream', cli: 'events --follow', mcp: { none: 'Nothing that MCP pushes reaches a model; events gives them page by page.' } },
})

export const unsubscribeEvents = operation({
  name: 'events.unsubscribe',
  kind: 'stream',
  access: 'reader',
  summary: 'End a subscription of this connection.',
  input: z.strictObject({ subscription: z.string().max(40) }),
  output: z.object({ ended: z.boolean() }),
  doors: {
    http: { none: 'A stream of events ends with its response.' },
    cli: { none: 'The CLI ends a subscription by closing its connection.' },
    mcp: { none: 'There is no subscription to end.' },
  },
})

export const EventParams = z.object({ subscription: z.string(), event: Event })
export const ThreadClosedParams = z.object({ thread: Id('thread'), state: ThreadState, reason: z.string().nullable(), by: PeerRef.nullable() })
export const ByeParams = z.object({
  reason: z.string(),
  reconnect: z.boolean(),
  /** How long to stay away at least; `null` where the client's own backoff will do. */
  afterMs: z.int().nullable(),
})
