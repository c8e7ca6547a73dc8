import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Duration, Id, IdempotencyKey } from './common.ts'
import { Item } from './mailboxes.ts'
import { operation } from './operation.ts'
import { PeerRef, Turn } from './peers.ts'

/**
 * Where an agent session stands when its hook fires. `start`: it began or was resumed. `prompt`: a person, or a wake, begins a
 * turn. `tool`: between two tool calls of a turn. `stop`: the turn is about to end. `wake`: the session was woken. `permission`:
 * it waits for a person's permission. `end`: the session is over.
 */
export const Boundary = z.enum(['start', 'prompt', 'tool', 'stop', 'wake', 'permission', 'end'])

export const boundarySession = operation({
  name: 'sessions.boundary',
  kind: 'command',
  access: 'peer',
  summary: 'Report where an agent session stands, and take over what this moment may carry (pull mode).',
  input: z.strictObject({
    at: Boundary,
    /** Messages that the session's own transcript holds: proof that they were seen, which acks them. Others change nothing. */
    seen: z.array(Id('message')).max(LIMITS.maxSeenPerBoundary).default([]),
    /** How many deliveries are handed over at most. */
    limit: z.int().min(1).max(LIMITS.maxPerBoundary).default(10),
    key: IdempotencyKey.optional(),
  }),
  output: z.object({
    items: z.array(Item),
    /** Only at `start`: asks acked earlier and still open. */
    owed: z.array(Item),
    /** What is still queued after this, whatever its priority. */
    waiting: z.int(),
    /** The turn that the peer is in now. */
    turn: Turn,
    you: PeerRef,
  }),
  doors: {
    http: 'POST /v1/session/boundary',
    cli: { none: 'The hooks of an agent session call it.' },
    mcp: { none: 'Hooks and bridges of agent sessions call it.' },
  },
})

export const watchSession = operation({
  name: 'sessions.watch',
  kind: 'stream',
  access: 'peer',
  summary: 'Wait until the session should be woken: something waits that is worth it, and no turn will take it (pull mode).',
  input: z.strictObject({
    /** At most 1 h. */
    timeout: Duration.default('45s'),
  }),
  output: z.object({
    /** The caller wakes the session now, and nobody else does until its next `sessions.boundary` or `mailbox.inbox`, or for 2 min. */
    wake: z.boolean(),
    /** What is queued. */
    waiting: z.int(),
    /** Whether something `urgent`, or a control notice, is part of it. */
    urgent: z.boolean(),
  }),
  doors: {
    http: 'POST /v1/session/watch',
    cli: { none: 'Whatever wakes an agent session calls it.' },
    mcp: { none: 'Hooks and bridges of agent sessions call it.' },
  },
})
