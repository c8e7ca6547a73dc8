import * as z from 'zod'
import { Attachment, Attachments } from './artifacts.ts'
import { Address, Body, Duration, Id, IdempotencyKey, Limit, Line, Name, Reason, Selector, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef, Reach } from './peers.ts'
import { Progress, Task } from './tasks.ts'
import { Touched } from './touched.ts'

export const Priority = z.enum(['urgent', 'normal', 'low'])
/** `notice` is the only state of a thread that a notify opened: it needs no closing. */
export const ThreadState = z.enum(['open', 'answered', 'declined', 'cancelled', 'expired', 'failed', 'notice'])
export const MessageKind = z.enum(['ask', 'notify', 'reply', 'answer', 'decline', 'cancel', 'expire', 'fail', 'remind'])
export const DeliveryState = z.enum(['queued', 'relayed', 'offered', 'acked', 'superseded', 'withdrawn', 'expired', 'dead'])

export const Thread = z.object({
  id: Id('thread'),
  kind: z.enum(['ask', 'notify']),
  state: ThreadState,
  priority: Priority,
  from: PeerRef.nullable(),
  /** `null` where a notify went to several. */
  to: PeerRef.nullable(),
  openedAt: Time,
  deadlineAt: Time.nullable(),
  closedAt: Time.nullable(),
  closedBy: PeerRef.nullable(),
  reason: z.string().nullable(),
  /** The fan that the ask is part of, or of whose end the notice tells. */
  fan: Id('fan').nullable(),
  /** What an ask says of the work that it hands out. Left out where it says nothing of the kind. */
  task: Task.optional(),
})

export const Message = z.object({
  id: Id('message'),
  thread: Id('thread'),
  kind: MessageKind,
  /** `null`: the daemon itself. */
  from: PeerRef.nullable(),
  body: z.string(),
  at: Time,
  /** It arrived after the thread had closed and changed no state. */
  late: z.boolean(),
  /** How many messages caused one another before this one. */
  hops: z.int(),
  causedBy: Id('message').nullable(),
  redacted: z.boolean(),
  /** The files that it carries, in the sender's order. */
  attachments: z.array(Attachment),
  /** What its sender says that it touched. Left out where it says nothing of the kind. */
  touched: Touched.optional(),
  /** How far its sender is with what it was asked. Left out where it says nothing of the kind. */
  progress: Progress.optional(),
})

export const Delivery = z.object({
  id: Id('delivery'),
  message: Id('message'),
  thread: Id('thread'),
  to: PeerRef,
  state: DeliveryState,
  attempt: z.int(),
  failures: z.int(),
  queuedAt: Time,
  offeredAt: Time.nullable(),
  /** When the message was found in the transcript of the session that it was handed to. `null` where nothing proves that. */
  seenAt: Time.nullable(),
  /** When it was acked, superseded, withdrawn, expired or dead-lettered. */
  endedAt: Time.nullable(),
  reason: z.string().nullable(),
})

/** One recipient of a send: who was meant, what is stored for it, and whether it can be reached now. */
export const Sent = z.object({
  thread: Id('thread'),
  message: Id('message'),
  delivery: Id('delivery'),
  to: PeerRef,
  state: DeliveryState,
  reach: Reach,
  deadlineAt: Time.nullable(),
})

/** A recipient that could not take the message. It fails the call only where it was the only one. */
export const Refused = z.object({ to: PeerRef, code: z.string(), message: z.string() })
const SendResult = z.object({ sent: z.array(Sent), refused: z.array(Refused) })

/** How many a selector may mean. Required for selectors, refused with other addresses. */
const Select = z.enum(['one', 'all'])
/** A newer notify with the same sender, recipient and topic supersedes the one still queued. */
const Topic = Line(100).min(1)
/** The received message whose handling led to this one; `null` says that none did. */
export const CausedBy = Id('message').nullable()

export const askThread = operation({
  name: 'threads.ask',
  kind: 'command',
  access: 'peer',
  summary: 'Ask a peer something that needs an answer.',
  input: z.strictObject({
    to: Address,
    select: Select.optional(),
    body: Body,
    /** From now; 24 h where neither this nor `deadlineAt` is given. */
    deadline: Duration.optional(),
    deadlineAt: Time.optional(),
    priority: Priority.default('normal'),
    /** Who is told when the ask expires. */
    escalateTo: Address.optional(),
    attachments: Attachments.optional(),
    touched: Touched.optional(),
    task: Task.optional(),
    causedBy: CausedBy.optional(),
    key: IdempotencyKey.optional(),
  }),
  output: SendResult,
  doors: { http: 'POST /v1/threads 201', cli: 'ask', mcp: 'ask' },
})

export const notifyThread = operation({
  name: 'threads.notify',
  kind: 'command',
  access: 'peer',
  summary: 'Tell a peer, or all that a selector names, something that needs no answer.',
  input: z.strictObject({
    to: Address,
    select: Select.optional(),
    body: Body,
    priority: Priority.default('normal'),
    topic: Topic.optional(),
    attachments: Attachments.optional(),
    touched: Touched.optional(),
    causedBy: CausedBy.optional(),
    key: IdempotencyKey.optional(),
  }),
  output: SendResult,
  doors: { http: 'POST /v1/notifies 201', cli: 'notify', mcp: 'notify' },
})

export const broadcastThread = operation({
  name: 'threads.broadcast',
  kind: 'command',
  access: 'peer',
  summary: 'Tell everybody that a selector names, or without one your own circle, something that needs no answer; you are not told yourself.',
  input: z.strictObject({
    to: Selector.optional(),
    body: Body,
    priority: Priority.default('normal'),
    topic: Topic.optional(),
    attachments: Attachments.optional(),
    causedBy: CausedBy.optional(),
    key: IdempotencyKey.optional(),
  }),
  output: SendResult,
  doors: { http: 'POST /v1/broadcasts 201', cli: 'broadcast', mcp: 'broadcast' },
})

/** Fields of every operation that speaks inside a thread. */
const inThread = {
  thread: Id('thread'),
  /** Names the delivery being handled; it is acked in the same transaction. */
  delivery: Id('delivery').optional(),
  key: IdempotencyKey.optional(),
}
const Closing = z.object({ thread: Thread, message: Id('message'), late: z.boolean() })

export const replyThread = operation({
  name: 'threads.reply',
  kind: 'command',
  access: 'peer',
  summary: 'Say more in a thread without closing it.',
  input: z.strictObject({
    ...inThread,
    body: Body,
    attachments: Attachments.optional(),
    touched: Touched.optional(),
    /** Of who was asked, how far it is. */
    progress: Progress.optional(),
    causedBy: CausedBy.optional(),
  }),
  output: SendResult,
  doors: { http: 'POST /v1/threads/:thread/messages 201', cli: 'answer --more', mcp: 'reply how:"more"' },
})

export const answerThread = operation({
  name: 'threads.answer',
  kind: 'command',
  access: 'peer',
  summary: 'Answer an ask; a late answer is stored and delivered too.',
  input: z.strictObject({ ...inThread, body: Body, attachments: Attachments.optional(), touched: Touched.optional() }),
  output: Closing,
  doors: { http: 'POST /v1/threads/:thread/answer', cli: 'answer', mcp: 'reply' },
})

export const declineThread = operation({
  name: 'threads.decline',
  kind: 'command',
  access: 'peer',
  summary: 'Decline an ask, with the reason.',
  input: z.strictObject({ ...inThread, reason: Reason }),
  output: Closing,
  doors: { http: 'POST /v1/threads/:thread/decline', cli: 'decline', mcp: 'reply how:"decline"' },
})

export const cancelThread = operation({
  name: 'threads.cancel',
  kind: 'command',
  access: 'peer',
  summary: 'Withdraw an ask of your own. A thread that has closed already stays as it is.',
  input: z.strictObject({ thread: Id('thread'), reason: Reason.default('cancelled by the asker'), key: IdempotencyKey.optional() }),
  output: z.object({ thread: Thread, changed: z.boolean() }),
  doors: { http: 'POST /v1/threads/:thread/cancel', cli: 'thread --cancel', mcp: 'cancel' },
})

export const getThread = operation({
  name: 'threads.get',
  kind: 'query',
  access: 'reader',
  summary: 'A thread and a page of its messages, the newest page first, each page in order.',
  input: z.strictObject({ thread: Id('thread'), before: Id('message').optional(), limit: Limit.default(50) }),
  output: z.object({ thread: Thread, messages: z.array(Message), before: Id('message').nullable() }),
  doors: { http: 'GET /v1/threads/:thread', cli: 'thread', mcp: 'thread' },
})

/** The beginning of a message. */
const Opening = z.object({
  message: Id('message'),
  kind: MessageKind,
  /** `null`: the daemon itself. */
  from: PeerRef.nullable(),
  at: Time,
  /** The first 200 characters of its body. */
  text: z.string(),
})

/** A thread as a list shows it. */
const ListedThread = Thread.extend({
  /** With `preview`: how many messages it has, how it begins, and what was said last. */
  preview: z.object({ messages: z.int(), first: Opening, latest: Opening }).optional(),
})

export const listThreads = operation({
  name: 'threads.list',
  kind: 'query',
  access: 'peer',
  summary: 'The threads you opened (`mine`), were sent (`theirs`) or may read (`visible`), newest first.',
  input: z.strictObject({
    side: z.enum(['mine', 'theirs', 'visible']).default('mine'),
    state: ThreadState.optional(),
    /** Only those that this peer opened or was sent; one that has retired by its id. */
    peer: Address.optional(),
    circle: Name.optional(),
    preview: z.boolean().default(false),
    before: Id('thread').optional(),
    limit: Limit.default(50),
  }),
  output: z.object({
    threads: z.array(ListedThread),
    /** For the next page, also where this one is short or empty; `null` behind the last thread. */
    before: Id('thread').nullable(),
  }),
  doors: { http: 'GET /v1/threads', cli: 'thread', mcp: 'threads' },
})

export const owedThreads = operation({
  name: 'threads.owed',
  kind: 'query',
  access: 'peer',
  summary: 'The asks that wait for your answer, the oldest first.',
  input: z.strictObject({ after: Id('thread').optional(), limit: Limit.default(50) }),
  output: z.object({ owed: z.array(z.object({ thread: Thread, message: Message, delivery: Delivery })), after: Id('thread').nullable() }),
  doors: { http: 'GET /v1/owed', cli: 'inbox', mcp: 'owed' },
})

export const waitThread = operation({
  name: 'threads.wait',
  kind: 'stream',
  access: 'peer',
  summary: 'Wait until a thread says something new or closes. It consumes nothing: call again with `after` to resume.',
  input: z.strictObject({
    thread: Id('thread'),
    /** The last message already seen; without it, whatever the other side has said counts as new. */
    after: Id('message').optional(),
    /** `closed` waits for the end only. */
    until: z.enum(['message', 'closed']).default('closed'),
    timeout: Duration.default('45s'),
  }),
  output: z.object({ thread: Thread, messages: z.array(Message), timedOut: z.boolean() }),
  doors: { http: 'GET /v1/threads/:thread/wait', cli: 'ask', mcp: 'wait' },
})

/** One step in a message's life. */
export const TraceStep = z.object({ at: Time, step: z.string(), delivery: Id('delivery').nullable(), by: PeerRef.nullable(), note: z.string().nullable() })

export const traceMessage = operation({
  name: 'threads.trace',
  kind: 'query',
  access: 'reader',
  summary: "A message's life with times: sent, queued, offered, seen, acked or what else became of it.",
  input: z.strictObject({ id: z.union([Id('message'), Id('thread'), Id('delivery')]) }),
  output: z.object({ thread: Thread, message: Message, deliveries: z.array(Delivery), steps: z.array(TraceStep), causes: z.array(Id('message')) }),
  doors: { http: 'GET /v1/trace/:id', cli: 'trace', mcp: 'trace' },
})

export const redactMessage = operation({
  name: 'threads.redact',
  kind: 'command',
  access: 'reader',
  summary: 'Replace the body of a message by a tombstone, for its sender or the administrator.',
  input: z.strictObject({ message: Id('message'), reason: Reason }),
  output: z.object({ message: Message }),
  doors: { http: 'POST /v1/messages/:message/redact', cli: 'redact', mcp: 'redact' },
})

export const listPairs = operation({
  name: 'pairs.list',
  kind: 'query',
  access: 'reader',
  summary: 'The pairs of peers that were parked as runaways.',
  input: z.strictObject({}),
  output: z.object({ pairs: z.array(z.object({ a: PeerRef, b: PeerRef, reason: z.string(), parkedAt: Time, until: Time })) }),
  doors: { http: 'GET /v1/pairs', cli: 'pairs list', mcp: 'pairs' },
})

export const releasePair = operation({
  name: 'pairs.release',
  kind: 'command',
  access: 'reader',
  summary: 'Let a parked pair speak again; for an orchestrator or person that reaches both, or the administrator.',
  input: z.strictObject({ a: Address, b: Address }),
  output: z.object({ released: z.boolean() }),
  doors: { http: 'POST /v1/pairs/release', cli: 'pairs release', mcp: 'release_pair' },
})
