import * as z from 'zod'
import { Address, EventCursor, Id, Limit, Name, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef } from './peers.ts'
import { MessageKind, ThreadState } from './threads.ts'

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

/** The first 200 characters of a message; `null` where its words were redacted. */
const Excerpt = z.string().nullable()

/** The message that an event is about, or the first of the thread that it is about: between whom it is, and how it begins. As things are now. */
export const EventPreview = z.object({
  thread: Id('thread'),
  message: Id('message'),
  kind: MessageKind,
  /** `null`: the daemon itself. */
  from: PeerRef.nullable(),
  /** Whom it is for: the first three. Where the event is about one delivery, its recipient alone. */
  to: z.array(PeerRef),
  /** How many it is for. */
  told: z.int(),
  text: Excerpt,
  /** What opened its thread, where that is another message: who asked or told whom what. A `to` of `null` is several. */
  first: z.object({ message: Id('message'), kind: MessageKind, from: PeerRef.nullable(), to: PeerRef.nullable(), text: Excerpt }).nullable(),
})

/** An event as a list shows it. */
export const ListedEvent = Event.extend({
  /** With `preview`, where the event is about a message, a delivery or a thread: what the caller may read of it. */
  preview: EventPreview.optional(),
})

const Filter = {
  /** Types to keep, as a whole (`thread.opened`) or by their first word (`thread`). */
  types: z.array(z.string().max(40)).max(20).optional(),
}
/** Whether what was said comes with the events. */
const Preview = z.boolean().default(false)

export const listEvents = operation({
  name: 'events.list',
  kind: 'query',
  access: 'reader',
  summary: 'The events after a cursor, or the page of them before one; without a cursor, the newest page. Each page in order.',
  input: z.strictObject({ after: EventCursor.optional(), before: EventCursor.optional(), limit: Limit.default(50), preview: Preview, ...Filter }),
  output: z.object({
    events: z.array(ListedEvent),
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
  input: z.strictObject({ peer: Address, before: EventCursor.optional(), limit: Limit.default(50), preview: Preview, ...Filter }),
  output: z.object({
    peer: PeerRef,
    events: z.array(ListedEvent),
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
