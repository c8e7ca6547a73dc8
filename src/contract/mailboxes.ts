import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Address, Id, Limit, Line, Time } from './common.ts'
import { operation } from './operation.ts'
import { Delivery, Message, Priority, Thread, ThreadState } from './threads.ts'

/** A delivery with what it delivers. `owed`: an ask acked earlier and still open, presented again. */
export const Item = z.object({ delivery: Delivery, message: Message, thread: Thread, owed: z.boolean() })

const Deliveries = z.array(Id('delivery')).min(1).max(LIMITS.maxAcksPerRequest)

export const ackMailbox = operation({
  name: 'mailbox.ack',
  kind: 'command',
  access: 'peer',
  summary: "Confirm receipt. A stale ack is accepted; one of somebody else's delivery changes nothing.",
  input: z.strictObject({ deliveries: Deliveries }),
  output: z.object({ acked: z.int() }),
  doors: {
    http: 'POST /v1/mailbox/ack',
    cli: 'inbox --ack',
    mcp: { none: 'What a tool hands over or shows is acked by the door, once the result has gone out.' },
  },
})

export const nackMailbox = operation({
  name: 'mailbox.nack',
  kind: 'command',
  access: 'peer',
  summary: 'Give a delivery back; it is offered again after its backoff, and dead-lettered after five failures.',
  input: z.strictObject({ delivery: Id('delivery'), attempt: z.int(), reason: Line(500).default('') }),
  output: z.object({ delivery: Delivery }),
  doors: {
    http: 'POST /v1/mailbox/nack',
    cli: { none: 'A nack belongs to the attempt of a program; see the SDK.' },
    mcp: { none: 'A nack belongs to the attempt of a program; see the SDK.' },
  },
})

export const extendMailbox = operation({
  name: 'mailbox.extend',
  kind: 'command',
  access: 'peer',
  summary: 'Ask for another visibility timeout, for a handler that is still at work.',
  input: z.strictObject({
    deliveries: z
      .array(z.strictObject({ delivery: Id('delivery'), attempt: z.int() }))
      .min(1)
      .max(LIMITS.maxAcksPerRequest),
  }),
  output: z.object({ extended: z.int(), stale: z.array(Id('delivery')) }),
  doors: {
    http: 'POST /v1/mailbox/extend',
    cli: { none: 'An extension belongs to the attempt of a program; see the SDK.' },
    mcp: { none: 'An extension belongs to the attempt of a program; see the SDK.' },
  },
})

export const inboxMailbox = operation({
  name: 'mailbox.inbox',
  kind: 'command',
  access: 'peer',
  summary: 'Hand over what waits (pull mode). The next call with the cursor acks what this one handed over.',
  input: z.strictObject({ cursor: z.string().max(64).optional(), limit: Limit.default(20), owed: z.boolean().default(false) }),
  output: z.object({ items: z.array(Item), cursor: z.string(), more: z.boolean() }),
  doors: { http: 'POST /v1/mailbox/inbox', cli: 'inbox', mcp: 'inbox' },
})

export const peekMailbox = operation({
  name: 'mailbox.peek',
  kind: 'query',
  access: 'reader',
  summary: 'Look at what waits without taking it, in the order in which it will be offered.',
  input: z.strictObject({ peer: Address.optional(), limit: Limit.default(20) }),
  output: z.object({ items: z.array(Item), waiting: z.int() }),
  doors: { http: 'GET /v1/mailbox', cli: 'inbox --peek', mcp: 'peek' },
})

export const readMailbox = operation({
  name: 'mailbox.read',
  kind: 'command',
  access: 'peer',
  summary: 'Move the read marker (read mode): everything up to this delivery is read on all devices.',
  input: z.strictObject({ upTo: Id('delivery') }),
  output: z.object({ read: z.int() }),
  doors: { http: 'POST /v1/mailbox/read', cli: { none: 'People read on a paired device.' }, mcp: { none: 'People read on a paired device.' } },
})

export const DeadLetter = z.object({ delivery: Delivery, message: Message, diedAt: Time, reason: z.string() })

export const listDead = operation({
  name: 'mailbox.dead',
  kind: 'query',
  access: 'reader',
  summary:
    'The dead letters: those of your mailbox and those you sent; for people and orchestrators also those of the circles they hold grants for, for the administrator all.',
  input: z.strictObject({
    /** Those of one mailbox; of one that has retired by its id. */
    peer: Address.optional(),
    after: Id('delivery').optional(),
    limit: Limit.default(50),
  }),
  output: z.object({ dead: z.array(DeadLetter), after: Id('delivery').nullable() }),
  doors: { http: 'GET /v1/dead-letters', cli: 'dead list', mcp: 'dead_letters' },
})

export const replayDead = operation({
  name: 'mailbox.replay',
  kind: 'command',
  access: 'reader',
  summary: 'Queue a dead letter again with its counters at zero.',
  input: z.strictObject({ delivery: Id('delivery') }),
  output: z.object({ delivery: Delivery }),
  doors: { http: 'POST /v1/dead-letters/:delivery/replay', cli: 'dead replay', mcp: 'replay' },
})

export const discardDead = operation({
  name: 'mailbox.discard',
  kind: 'command',
  access: 'reader',
  summary: 'Take a dead letter off the list; the message stays in its thread.',
  input: z.strictObject({ delivery: Id('delivery') }),
  output: z.object({ delivery: Delivery }),
  doors: { http: 'DELETE /v1/dead-letters/:delivery', cli: 'dead discard', mcp: 'discard' },
})

/** What a `mailbox.deliver` notification carries: lean, since it is the most frequent frame. */
export const Deliver = z.object({
  delivery: Id('delivery'),
  attempt: z.int(),
  /** It was offered before, on this or on an earlier connection. */
  redelivered: z.boolean(),
  owed: z.boolean(),
  thread: z.object({
    id: Id('thread'),
    kind: z.enum(['ask', 'notify']),
    state: ThreadState,
    priority: Priority,
    deadlineAt: Time.nullable(),
    /** As `Thread.fan`; left out where there is none. */
    fan: Id('fan').optional(),
  }),
  message: Message,
})

export type DeliverParams = z.infer<typeof Deliver>
