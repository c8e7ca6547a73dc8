import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { EventCursor, Id, Line, Name, Time } from './common.ts'
import { operation } from './operation.ts'
import { Peer, Role } from './peers.ts'

export const pingNode = operation({
  name: 'node.ping',
  kind: 'stream',
  access: 'any',
  summary: 'Ask for a sign of life, for clients that cannot see WebSocket pings.',
  input: z.strictObject({}),
  output: z.object({ at: Time }),
  doors: { http: 'GET /v1/ping', cli: { none: 'muster status says more.' }, mcp: { none: 'A model has no connection to keep alive.' } },
})

export const nodeStatus = operation({
  name: 'node.status',
  kind: 'query',
  access: 'reader',
  summary: 'How the daemon is: version, durability, peers, depths, dead letters, retention.',
  input: z.strictObject({}),
  output: z.object({
    node: Name,
    version: z.string(),
    incarnation: z.string(),
    startedAt: Time,
    durability: z.enum(['full', 'os']),
    readOnly: z.boolean(),
    connections: z.int(),
    peers: z.object({ online: z.int(), away: z.int(), offline: z.int() }),
    openAsks: z.int(),
    queued: z.int(),
    deadLetters: z.int(),
    parkedPairs: z.int(),
    cursor: EventCursor,
    retention: z.object({ lastRunAt: Time.nullable(), purgedRows: z.int(), eventsSince: EventCursor }),
  }),
  doors: { http: 'GET /v1/status', cli: 'status', mcp: 'status' },
})

/** The first request of a connection. */
export const HelloInput = z.strictObject({
  protocol: z.int(),
  /** Name and version of the program, for logs. */
  client: Line(100).min(1),
  /** Become the consumer of the peer's mailbox (stream mode); an earlier consumer is replaced. */
  consume: z.boolean().default(false),
  prefetch: z.int().min(1).max(LIMITS.maxPrefetch).default(LIMITS.prefetch),
})

export const HelloOutput = z.object({
  protocol: z.literal(1),
  /** Hash of the contract: two daemons with one revision accept the same frames. */
  revision: z.string(),
  server: z.string(),
  node: z.object({ name: Name, incarnation: z.string() }),
  you: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('peer'), peer: Peer, credential: Id('credential') }),
    z.object({ kind: z.literal('admin'), credential: Id('credential') }),
    z.object({ kind: z.literal('enrolment'), enrolment: Id('enrolment'), circle: Name, roles: z.array(Role) }),
  ]),
  limits: z.record(z.string(), z.number()),
  heartbeatMs: z.int(),
  operations: z.array(z.string()),
  cursor: EventCursor,
})
