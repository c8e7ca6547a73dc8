import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Address, Id, Limit, Line, Name, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef } from './peers.ts'
import { Message, MessageKind } from './threads.ts'

/** A piece of a message: what was looked for in it stands in parts of its own, so no text can pass for a mark. */
const Snippet = z.object({
  parts: z.array(z.object({ text: z.string(), match: z.boolean() })),
  /** Whether the message says more before and after it. */
  more: z.object({ before: z.boolean(), after: z.boolean() }),
})

/** A message that was found. */
export const Hit = z.object({
  message: Id('message'),
  thread: Id('thread'),
  kind: MessageKind,
  from: PeerRef.nullable(),
  /** The other side of the thread; `null` where there are several, or where the daemon spoke. */
  to: PeerRef.nullable(),
  at: Time,
  snippet: Snippet,
})

export const searchMessages = operation({
  name: 'messages.search',
  kind: 'scan',
  access: 'reader',
  summary: 'The messages that hold all of these words, newest first, with the place where they do.',
  input: z.strictObject({
    /** Words, `"phrases"` and `prefixes*`: a message holds them all. Case and accents make no difference. */
    text: Line(LIMITS.maxQueryChars).min(1),
    /** Only what this peer said or was told. */
    peer: Address.optional(),
    /** Only what this peer said. */
    from: Address.optional(),
    thread: Id('thread').optional(),
    circle: Name.optional(),
    kind: MessageKind.optional(),
    /** From this time on. */
    since: Time.optional(),
    /** Before this time. */
    until: Time.optional(),
    /** The best of the newest 1,000 matches first. */
    rank: z.boolean().default(false),
    cursor: z.string().max(40).optional(),
    limit: Limit.default(20),
  }),
  output: z.object({
    hits: z.array(Hit),
    /** For the next page; `null` after the last. */
    cursor: z.string().nullable(),
    /** Whether the index holds every message; the newest may take two seconds to get there. */
    complete: z.boolean(),
  }),
  doors: { http: 'GET /v1/search', cli: 'search', mcp: 'search' },
})

/** A message in a chain of causes. */
export const Link = z.object({
  message: Message,
  /** The nearest message of this answer that led to it. */
  because: Id('message').nullable(),
  /** Messages that you may not see stand between the two, or, where there is none, before it. */
  gap: z.boolean(),
})

export const whyMessage = operation({
  name: 'messages.why',
  kind: 'scan',
  access: 'reader',
  summary: 'Why there is a message: what caused it, back to the root, and what it led to.',
  input: z.strictObject({ id: z.union([Id('message'), Id('thread'), Id('delivery')]), limit: Limit.default(50) }),
  output: z.object({
    /** From the root to the message itself. */
    chain: z.array(Link),
    /** What it led to, in the order in which it was said. */
    led: z.array(Link),
    /** Whether there is more on either side. */
    more: z.boolean(),
  }),
  doors: { http: 'GET /v1/why/:id', cli: 'why', mcp: 'why' },
})
