import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Address, Duration, Id, IdempotencyKey, Limit, Line, Name, Text, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef } from './peers.ts'
import { Priority } from './threads.ts'

/** The name of a header, without regard to case. */
const Header = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'Expected the name of a header, like X-Signature')

/** What of a request carries its id and the name of its event, where it has such. */
const Facts = { idHeader: Header.optional(), eventHeader: Header.optional() }

/** HMAC-SHA-256 in a header. */
const Hmac = z.strictObject({
  by: z.literal('hmac'),
  header: Header,
  /** What stands before the signature, such as `sha256=`. */
  prefix: Line(32).default(''),
  encoding: z.enum(['hex', 'base64']).default('hex'),
  /** What is signed, byte for byte. With a timestamp, a request is taken within five minutes of it. */
  signed: z.enum(['body', 'timestamp.body', 'id.timestamp.body']).default('body'),
  /** Seconds since 1970; needed where it is signed. */
  timestampHeader: Header.optional(),
  ...Facts,
})

/** The secret itself in a header, never in the URL. */
const Token = z.strictObject({
  by: z.literal('token'),
  header: Header.default('authorization'),
  /** What stands before it, such as `Bearer `. */
  prefix: Line(32).default(''),
  ...Facts,
})

/** `standard` is that of standardwebhooks.com. */
const Preset = z.enum(['github', 'gitlab', 'slack', 'stripe', 'standard'])
/** How a request proves where it comes from: as a known program does it, or as described. */
const Verify = z.union([Preset, z.discriminatedUnion('by', [Hmac, Token])])

/** Where the secret stands: a file that only the daemon's user may read, or a variable of the daemon's environment. The secret itself is in no request and no table. */
const Secret = z
  .strictObject({
    file: z
      .string()
      .regex(/^\/[^\0\n]{1,4095}$/, 'Expected a path from the root on')
      .optional(),
    variable: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'Expected the name of a variable')
      .optional(),
  })
  .refine(
    ({ file, variable }) => (file === undefined) !== (variable === undefined),
    'Expected {"file": "/path/from/the/root"} or {"variable": "NAME"}, not the secret itself',
  )

/** The same, as it is shown. */
const Reference = z.object({ file: z.string().optional(), variable: z.string().optional() })

/** One of the two secrets of a rotation. */
const Rotating = z.object({
  secret: Reference,
  /** Why it verifies nothing at the moment. */
  problem: z.string().nullable(),
  /** When an event was last taken that it verified; of the old one, that it alone did. Samples do not count. */
  lastAt: Time.nullable(),
})

/** `pull_request.title`: fields of the JSON body, from the outside in; a number counts in a list. */
const Path = z.string().regex(/^[\w$-]{1,64}(?:\.[\w$-]{1,64}){0,15}$/, 'Expected a path like pull_request.title')
/** Text with `{{path}}` for what the body says there, and `{{@event}}`, `{{@id}}`, `{{@source}}`, `{{@body}}`. */
const Template = Text(LIMITS.maxTemplateChars).min(1)
const TopicTemplate = Line(200).min(1)
const EventNames = z.array(Line(100).min(1)).max(LIMITS.maxSourceEvents)
/** All of them must be so, or an event is recorded and dropped. */
const Where = z.array(z.strictObject({ field: Path, is: Line(200) })).max(LIMITS.maxSourceFilters)
const Kind = z.enum(['notify', 'ask'])
const Select = z.enum(['one', 'all'])
const PerMinute = z.int().min(1).max(LIMITS.maxEventsPerMinute)

/** One place to which events of the world outside are sent, and what becomes of them. */
export const Source = z.object({
  id: Id('source'),
  name: Name,
  circle: Name,
  /** Behind the daemon's address. */
  path: z.string(),
  /** The whole address, as `publicUrl` says; `null` without that. */
  url: z.string().nullable(),
  verify: Verify,
  /** While a rotation is under way the old one. */
  secret: Reference,
  /** Either of the two verifies until one of them is dropped; `null` where no rotation is under way. */
  rotation: z.object({ since: Time, old: Rotating, new: Rotating }).nullable(),
  /** Why it can verify nothing at the moment. */
  problem: z.string().nullable(),
  /** Since when nothing from outside is taken; `by` is `null` for the administrator. */
  paused: z.object({ at: Time, by: PeerRef.nullable(), reason: z.string().nullable() }).nullable(),
  /** In whose name its messages are sent. */
  sender: PeerRef,
  to: z.string(),
  select: Select.nullable(),
  kind: Kind,
  deadline: z.string().nullable(),
  priority: Priority,
  topic: z.string().nullable(),
  text: z.string(),
  events: z.array(z.string()).nullable(),
  where: z.array(z.object({ field: z.string(), is: z.string() })),
  perMinute: z.int(),
  /** `null`: the administrator. */
  createdBy: PeerRef.nullable(),
  createdAt: Time,
  /** Of the last event that proved where it came from. */
  lastAt: Time.nullable(),
  /** Requests that were refused since the daemon started. */
  refused: z.int(),
})

/** What came, and proved where it came from. */
export const Arrival = z.object({
  id: Id('arrival'),
  at: Time,
  /** The name of its event and its id, as the sender says. */
  event: z.string().nullable(),
  delivery: z.string().nullable(),
  /** `accepted`: it was sent; `filtered`: it is none that is wanted; `failed`: it could not be sent, and its sender was told to try again. */
  outcome: z.enum(['accepted', 'filtered', 'failed']),
  /** How often it came. */
  times: z.int(),
  /** What it led to; `null` where the caller may not read it. */
  thread: Id('thread').nullable(),
  /** Why it failed, or whom it did not reach. */
  reason: z.string().nullable(),
})

/** A request that was turned away before it counted for anything. They are kept in memory. */
const Refusal = z.object({ at: Time, says: z.string() })

const One = z.strictObject({ source: z.union([Id('source'), Name]) })
const Result = z.object({ source: Source })
const noTool = { none: 'Where events come from is for people to say; what they led to is in the mailbox.' } as const

export const createSource = operation({
  name: 'ingress.create',
  kind: 'command',
  access: 'reader',
  summary: 'Let signed events from outside become messages to a peer: for people and the administrator.',
  input: z.strictObject({
    name: Name.max(LIMITS.maxSourceNameChars),
    circle: Name.default('main'),
    verify: Verify,
    secret: Secret,
    to: Address,
    select: Select.optional(),
    kind: Kind.default('notify'),
    deadline: Duration.optional(),
    priority: Priority.default('normal'),
    topic: TopicTemplate.optional(),
    text: Template.optional(),
    /** Names of the events that are wanted; without this all are. */
    events: EventNames.min(1).optional(),
    where: Where.default([]),
    perMinute: PerMinute.default(60),
    key: IdempotencyKey.optional(),
  }),
  output: Result,
  doors: { http: 'POST /v1/ingress 201', cli: 'ingress create', mcp: noTool },
})

export const updateSource = operation({
  name: 'ingress.update',
  kind: 'command',
  access: 'reader',
  summary: 'Change a source; what is left out stays, `null` takes an option away.',
  input: One.extend({
    verify: Verify.optional(),
    secret: Secret.optional(),
    to: Address.optional(),
    select: Select.nullable().optional(),
    kind: Kind.optional(),
    deadline: Duration.nullable().optional(),
    priority: Priority.optional(),
    topic: TopicTemplate.nullable().optional(),
    text: Template.nullable().optional(),
    events: EventNames.min(1).nullable().optional(),
    where: Where.optional(),
    perMinute: PerMinute.optional(),
  }),
  output: Result,
  doors: { http: 'PATCH /v1/ingress/:source', cli: 'ingress update', mcp: noTool },
})

export const pauseSource = operation({
  name: 'ingress.pause',
  kind: 'command',
  access: 'reader',
  summary: 'Let a source take nothing until it is resumed; senders are told to come again later.',
  input: One.extend({ reason: Line(LIMITS.maxReasonChars).min(1).optional() }),
  output: Result,
  doors: { http: 'POST /v1/ingress/:source/pause', cli: 'ingress pause', mcp: noTool },
})

export const resumeSource = operation({
  name: 'ingress.resume',
  kind: 'command',
  access: 'reader',
  summary: 'Let a paused source take events again.',
  input: One,
  output: Result,
  doors: { http: 'POST /v1/ingress/:source/resume', cli: 'ingress resume', mcp: noTool },
})

export const rotateSecret = operation({
  name: 'ingress.rotate',
  kind: 'command',
  access: 'reader',
  summary: 'Name the secret that takes the place of the present one: either verifies until `ingress.finish` drops one of them.',
  input: One.extend({ secret: Secret }),
  output: Result,
  doors: { http: 'POST /v1/ingress/:source/rotate', cli: 'ingress rotate', mcp: noTool },
})

export const finishRotation = operation({
  name: 'ingress.finish',
  kind: 'command',
  access: 'reader',
  summary: 'End a rotation: the secret that is kept verifies alone from now on. Refused where events would be lost by it.',
  input: One.extend({
    keep: z.enum(['new', 'old']).default('new'),
    /** Also where the one that is kept verifies nothing, or has verified no event yet, or the other verified the last one. */
    force: z.boolean().default(false),
  }),
  output: Result,
  doors: { http: 'POST /v1/ingress/:source/finish', cli: 'ingress finish', mcp: noTool },
})

export const removeSource = operation({
  name: 'ingress.remove',
  kind: 'command',
  access: 'reader',
  summary: 'Close a source; the peer that sent its messages retires, and what came is shown no more.',
  input: One,
  output: z.object({ removed: z.boolean() }),
  doors: { http: 'DELETE /v1/ingress/:source', cli: 'ingress remove', mcp: noTool },
})

export const getSource = operation({
  name: 'ingress.get',
  kind: 'query',
  access: 'reader',
  summary: 'One source: for people, the administrator, and the orchestrators of its circle.',
  input: One,
  output: Result,
  doors: { http: 'GET /v1/ingress/:source', cli: 'ingress show', mcp: noTool },
})

export const listSources = operation({
  name: 'ingress.list',
  kind: 'query',
  access: 'reader',
  summary: 'The sources of the circles that the caller looks after.',
  input: z.strictObject({}),
  output: z.object({ sources: z.array(Source) }),
  doors: { http: 'GET /v1/ingress', cli: 'ingress list', mcp: noTool },
})

export const listArrivals = operation({
  name: 'ingress.arrivals',
  kind: 'query',
  access: 'reader',
  summary: 'What came to a source, the newest first, and what was turned away since the daemon started. They are kept 30 days.',
  input: One.extend({ before: Id('arrival').optional(), limit: Limit.default(50) }),
  output: z.object({ arrivals: z.array(Arrival), before: Id('arrival').nullable(), refused: z.object({ count: z.int(), recent: z.array(Refusal) }) }),
  doors: { http: 'GET /v1/ingress/:source/arrivals', cli: 'ingress show', mcp: noTool },
})

export const testSource = operation({
  name: 'ingress.test',
  kind: 'stream',
  access: 'reader',
  summary: 'Have the daemon sign a sample event and send it through its own door, of a paused source too: what it leads to is real.',
  input: One.extend({
    /** Defaults to the first that is wanted. */
    event: Line(100).min(1).optional(),
    /** Defaults to one that has every field of the template and passes its filters. */
    body: z.record(z.string().max(100), z.unknown()).optional(),
  }),
  output: z.object({
    /** The HTTP status with which the door answered. */
    status: z.int(),
    arrival: Arrival.nullable(),
    /** Why it was turned away. */
    says: z.string().nullable(),
  }),
  doors: { http: 'POST /v1/ingress/:source/test', cli: 'ingress test', mcp: noTool },
})
