import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Duration, EventCursor, Id, Line, Name, Time } from './common.ts'
import { operation } from './operation.ts'
import { Peer, PeerRef, Role } from './peers.ts'

export const pingNode = operation({
  name: 'node.ping',
  kind: 'stream',
  access: 'any',
  summary: 'Ask for a sign of life, for clients that cannot see WebSocket pings.',
  input: z.strictObject({}),
  output: z.object({ at: Time }),
  doors: { http: 'GET /v1/ping', cli: { none: 'muster status says more.' }, mcp: { none: 'A model has no connection to keep alive.' } },
})

/** What retention takes away, in the order in which it looks. */
const PURGED = ['events', 'fans', 'threads', 'topics', 'pairs', 'schedules', 'reviews', 'watchdogs', 'decisions', 'arrivals', 'keys', 'artifacts'] as const

export const nodeStatus = operation({
  name: 'node.status',
  kind: 'query',
  access: 'reader',
  summary: 'How the daemon is: version, durability, peers, depths, dead letters, what waits for people, retention.',
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
    /** Cards that wait for a person, and since when the oldest of them does. */
    cards: z.object({ waiting: z.int(), oldestAt: Time.nullable() }),
    /** What people have: devices that work, pairings under way, and actions that wait to be approved. */
    devices: z.object({ paired: z.int(), pairings: z.int(), actions: z.int() }),
    cursor: EventCursor,
    retention: z.object({
      /** When everything was last looked through; `null` before the first time. */
      lastRunAt: Time.nullable(),
      /** Since the daemon started. */
      purgedRows: z.int(),
      eventsSince: EventCursor,
      oldestEventAt: Time.nullable(),
      /** Nothing goes before: the clock is far ahead of the last look, and may be wrong. */
      heldUntil: Time.nullable(),
      keeps: z.object({ events: Duration, closedThreads: Duration, idempotencyKeys: Duration }),
      /** What went, how much in all, and when last. */
      purged: z.array(z.object({ what: z.enum(PURGED), rows: z.int(), at: Time })),
    }),
    /** What the files take, and what the disk that holds the database has left; `null` where that cannot be told. */
    storage: z.object({ databaseBytes: z.int(), walBytes: z.int(), freeBytes: z.int().nullable() }),
    /** How far the index of the search is behind: messages at most, when the oldest of them was sent, and how often in a row it could not be written. */
    search: z.object({ behind: z.int(), oldestAt: Time.nullable(), failures: z.int() }),
    backup: z.object({
      running: z.object({ startedAt: Time, phase: z.enum(['database', 'checking', 'artifacts']), done: z.number() }).nullable(),
      /** The last that this daemon wrote, whatever became of it since. */
      last: z.object({ at: Time, bytes: z.int() }).nullable(),
    }),
    /** The programs of ours that run beside the daemon, those that the settings have something to do for. */
    services: z.array(
      z.object({
        name: Name,
        /** `starting`: it has not said yet that it works. `waiting`: it ended, or could not be started, and is started again after a while. */
        state: z.enum(['starting', 'running', 'waiting', 'stopped']),
        since: Time,
        /** Since the daemon started. */
        restarts: z.int(),
        /** How it ended last, or what keeps it from starting. */
        lastEnd: z.string().nullable(),
        /** How many parts of its work fail; node.diagnose says which. */
        failing: z.int(),
      }),
    ),
  }),
  doors: { http: 'GET /v1/status', cli: 'status', mcp: 'status' },
})

/** In milliseconds, by nearest rank; `null` where nothing was measured. */
const Latency = z.object({ p50: z.int(), p95: z.int() }).nullable()

const Activity = z.object({
  /** Messages that went to somebody. */
  messages: z.int(),
  /** Asks that were opened, and asks that were answered. */
  asks: z.int(),
  answered: z.int(),
  /** Deliveries that became dead letters. */
  died: z.int(),
  /** From queued to acked, of the deliveries queued in this time that have been acked. */
  ackMs: Latency,
  /** From opened to answered, of the asks answered in this time. */
  answerMs: Latency,
})

export const nodeActivity = operation({
  name: 'node.activity',
  kind: 'scan',
  access: 'reader',
  summary: 'How much the node did: messages, asks, dead letters and latencies of the last hour by the minute, or of the last day by the quarter of an hour.',
  input: z.strictObject({ over: z.enum(['hour', 'day']).default('hour') }),
  output: z.object({
    /** How long a bucket is: `1m` or `15m`. */
    every: z.string(),
    /** Whether all of the time was read; otherwise the oldest buckets are missing. */
    complete: z.boolean(),
    /** The oldest first; the last is the one that is under way. */
    buckets: z.array(Activity.extend({ at: Time })),
    /** Of all buckets together. */
    total: Activity,
  }),
  doors: {
    http: 'GET /v1/activity',
    cli: { none: 'It is made for charts; muster status says how the node is now.' },
    mcp: { none: 'It is made for charts; status says how the node is now.' },
  },
})

export const backUpNode = operation({
  name: 'node.backup',
  kind: 'stream',
  access: 'admin',
  summary: 'Write a backup of the running node into a folder, and check it; answers when it is there.',
  input: z.strictObject({
    /** Where the daemon runs, from the root on. */
    path: z
      .string()
      .min(1)
      .max(4_096)
      .refine((path) => !path.includes('\0'), 'A path has no NUL'),
    /** Replace a backup that is there already. */
    force: z.boolean().default(false),
    /** Write it into that folder under a name with the time, and keep so many of those. */
    keep: z.int().min(1).max(1_000).optional(),
  }),
  output: z.object({
    path: z.string(),
    createdAt: Time,
    version: z.string(),
    node: Name,
    incarnation: z.string(),
    schema: z.int(),
    /** Of the database and the artifacts. */
    bytes: z.int(),
    artifacts: z.int(),
    /** Older ones that went, by name. */
    removed: z.array(z.string()),
  }),
  doors: { http: 'POST /v1/backups', cli: 'backup', mcp: { none: 'Where a backup goes is for whoever runs the node to say.' } },
})

export const diagnoseNode = operation({
  name: 'node.diagnose',
  kind: 'query',
  access: 'admin',
  summary: 'What only the daemon knows of its own health: its clock, database and outbox, what is stuck, what retired peers left.',
  input: z.strictObject({}),
  output: z.object({
    process: z.object({ pid: z.int(), node: z.string(), platform: z.string() }),
    /** Hash of the contract, as in `hello`. */
    revision: z.string(),
    /** Times since the start at which the wall clock and the monotonic one parted by more than 5 s: a suspend or a step; `lastByMs` is how far the wall clock went ahead. */
    clock: z.object({ at: Time, jumps: z.int(), lastAt: Time.nullable(), lastByMs: z.int().nullable() }),
    database: z.object({ schema: z.int(), bytes: z.int(), freeBytes: z.int() }),
    /** What must still happen after a commit; a dead row was tried ten times. */
    outbox: z.object({ waiting: z.int(), dead: z.int(), oldestAt: Time.nullable(), destinations: z.array(z.string()) }),
    /** Handed over for more than an hour, or offered again and again; among the first 1,000 that wait. */
    stuck: z.object({
      count: z.int(),
      deliveries: z.array(
        z.object({
          id: Id('delivery'),
          to: PeerRef.nullable(),
          state: z.enum(['queued', 'offered']),
          attempt: z.int(),
          failures: z.int(),
          queuedAt: Time,
          offeredAt: Time.nullable(),
        }),
      ),
    }),
    /** Retired peers for whom something waits still, and with a credential that works still. */
    leftovers: z.object({ awaited: z.int(), credentials: z.int() }),
    /** How the work of each service goes, part by part (of the observer a forge each), in its own words and as it last saw it. */
    services: z.array(
      z.object({
        name: Name,
        parts: z.array(z.object({ name: z.string(), state: z.enum(['ok', 'waiting', 'failing']), says: z.string(), at: Time })),
      }),
    ),
    /** Where events come in: what keeps a source from taking any, and what of the last day was turned away, or proved its origin and could not be sent. */
    sources: z.array(
      z.object({
        name: Name,
        problem: z.string().nullable(),
        /** Since when it takes nothing, because somebody paused it. */
        paused: Time.nullable(),
        /** Since when two secrets verify, and what keeps one of them from it. */
        rotation: z.object({ since: Time, problem: z.string().nullable() }).nullable(),
        refused: z.object({ at: Time, says: z.string() }).nullable(),
        failed: z.object({ at: Time, says: z.string() }).nullable(),
      }),
    ),
  }),
  doors: { http: 'GET /v1/diagnosis', cli: 'doctor', mcp: { none: 'It is for the administrator, and muster doctor says what to do.' } },
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
