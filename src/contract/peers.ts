import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Address, Duration, Id, IdempotencyKey, Limit, Line, Name, Time } from './common.ts'
import { operation } from './operation.ts'

/** Given by the credential, never claimed. */
export const Role = z.enum(['agent', 'orchestrator', 'service', 'person', 'observer'])
/** What an enrolment may mint: a person's authority comes from a paired device only. */
const EnrolledRole = Role.exclude(['person'])
export const Presence = z.enum(['online', 'away', 'offline'])
export const Turn = z.enum(['idle', 'working', 'awaiting_input', 'unknown'])
/** Whether the peer can be reached now, and how. */
export const Reach = z.enum(['push', 'hook', 'poll', 'none'])
/** How a peer consumes its mailbox; fixed when it joins. */
export const Mode = z.enum(['stream', 'pull', 'read'])
const Runtime = Line(64)
const Capabilities = z.array(Name).max(LIMITS.maxCapabilities)
const Description = Line(LIMITS.maxDescriptionChars)

/** Just enough to name a peer to a reader, and to tell a person's words from a program's. */
export const PeerRef = z.object({ id: Id('peer'), name: Name, circle: Name, role: Role })

export const Peer = PeerRef.extend({
  runtime: z.string(),
  mode: Mode,
  capabilities: z.array(Name),
  description: z.string(),
  presence: Presence,
  /** When its presence last changed; of one that never came, when it joined. */
  presenceSince: Time,
  turn: Turn,
  /** When its turn last changed; `null` where it never said so. */
  turnSince: Time.nullable(),
  reach: Reach,
  lastSeenAt: Time.nullable(),
  createdAt: Time,
  retiredAt: Time.nullable(),
  /** Who of its circle spawned it, as the enrolment says that it registered with. */
  spawnedBy: PeerRef.optional(),
})

/** A credential as it may be shown: never its token. */
export const Credential = z.object({
  id: Id('credential'),
  kind: z.enum(['peer', 'admin']),
  peer: PeerRef.nullable(),
  label: z.string(),
  createdAt: Time,
  lastUsedAt: Time.nullable(),
  revokedAt: Time.nullable(),
})

export const Enrolment = z.object({
  id: Id('enrolment'),
  circle: Name,
  roles: z.array(Role),
  label: z.string(),
  uses: z.int(),
  maxUses: z.int().nullable(),
  createdAt: Time,
  expiresAt: Time.nullable(),
  revokedAt: Time.nullable(),
  /** By whom its peers are spawned, where a peer minted it or it was minted for one. */
  spawnedBy: PeerRef.optional(),
})

/** A token is shown once, in the answer that minted it. */
const Token = z.string()
const Nothing = z.strictObject({})

export const registerPeer = operation({
  name: 'peers.register',
  kind: 'command',
  access: 'enrolment',
  summary: 'Join as a peer, or resume as the peer that this enrolment minted for the same session.',
  input: z.strictObject({
    name: Name,
    role: EnrolledRole.default('agent'),
    mode: Mode.default('stream'),
    runtime: Runtime.default('sdk'),
    capabilities: Capabilities.default([]),
    description: Description.default(''),
    /** What the runtime calls its session: it selects among the peers of this enrolment and proves nothing else. */
    session: Line(200).optional(),
    key: IdempotencyKey.optional(),
  }),
  output: z.object({ peer: Peer, credential: Credential, token: Token, resumed: z.boolean() }),
  doors: {
    http: 'POST /v1/peers 201',
    cli: { none: 'The first use of --as registers the peer.' },
    mcp: { none: "The bridge joins for its session; over HTTP the credential is a peer's already." },
  },
})

export const getPeer = operation({
  name: 'peers.get',
  kind: 'query',
  access: 'reader',
  summary: 'One peer.',
  input: z.strictObject({ peer: Address }),
  output: z.object({ peer: Peer }),
  doors: { http: 'GET /v1/peers/:peer', cli: 'peers', mcp: 'peers' },
})

export const listPeers = operation({
  name: 'peers.list',
  kind: 'query',
  access: 'reader',
  summary: 'The muster roll: the peers you may see, in the order in which they joined.',
  input: z.strictObject({
    circle: Name.optional(),
    role: Role.optional(),
    capability: Name.optional(),
    presence: Presence.optional(),
    /** Part of a name, without regard to case. */
    match: Line(LIMITS.maxNameChars).optional(),
    retired: z.boolean().default(false),
    limit: Limit.default(50),
    after: Id('peer').optional(),
  }),
  output: z.object({ peers: z.array(Peer), after: Id('peer').nullable() }),
  doors: { http: 'GET /v1/peers', cli: 'peers', mcp: 'peers' },
})

export const describePeer = operation({
  name: 'peers.describe',
  kind: 'command',
  access: 'peer',
  summary: 'Say what you are doing, what you are able to do, and whether you are in a turn.',
  input: z.strictObject({ description: Description.optional(), capabilities: Capabilities.optional(), turn: Turn.optional() }),
  output: z.object({ peer: Peer }),
  doors: { http: 'PATCH /v1/me', cli: 'describe', mcp: 'set_description' },
})

export const renamePeer = operation({
  name: 'peers.rename',
  kind: 'command',
  access: 'reader',
  summary: 'Take another name; the id, the mailbox and the threads stay.',
  input: z.strictObject({ peer: Address.optional(), name: Name }),
  output: z.object({ peer: Peer }),
  doors: { http: 'POST /v1/peers/:peer/rename', cli: 'peers rename', mcp: 'rename' },
})

export const retirePeer = operation({
  name: 'peers.retire',
  kind: 'command',
  access: 'reader',
  summary: 'Leave for good: open asks to the peer fail with notice, its mail is dead-lettered, its credentials end.',
  input: z.strictObject({ peer: Address.optional(), reason: Line(200).default('retired') }),
  output: z.object({ peer: Peer }),
  doors: { http: 'POST /v1/peers/:peer/retire', cli: 'peers retire', mcp: 'retire' },
})

export const createEnrolment = operation({
  name: 'enrolments.create',
  kind: 'command',
  access: 'admin',
  summary: 'Mint a credential that lets programs join a circle.',
  input: z.strictObject({
    circle: Name.default('main'),
    roles: z.array(EnrolledRole).min(1).default(['agent', 'service']),
    label: Line(100).default(''),
    maxUses: z.int().min(1).optional(),
    expiresAt: Time.optional(),
    /** The peer in whose name they are started: what joins counts as spawned by it. */
    spawnedBy: Address.optional(),
  }),
  output: z.object({ enrolment: Enrolment, token: Token }),
  doors: { http: 'POST /v1/enrolments 201', cli: 'token enrol', mcp: { none: 'Enrolling is for the administrator, who is no peer.' } },
})

/** What a peer spawns never has more authority than an agent. */
const SpawnedRole = Role.extract(['agent', 'service'])

export const spawnEnrolment = operation({
  name: 'enrolments.spawn',
  kind: 'command',
  access: 'peer',
  summary: 'Mint a credential that lets programs join your own circle as spawned by you: neither of you reviews the work of the other.',
  input: z.strictObject({
    roles: z.array(SpawnedRole).min(1).default(['agent']),
    label: Line(100).default(''),
    maxUses: z.int().min(1).max(LIMITS.maxSpawned).default(1),
    /** How long it can be used, at most a day. */
    lasts: Duration.default('1h'),
  }),
  output: z.object({ enrolment: Enrolment, token: Token }),
  doors: {
    http: 'POST /v1/spawns 201',
    cli: { none: 'Whatever starts a program for a peer calls it, and hands the token on.' },
    mcp: { none: 'A token does not belong into the context of a model.' },
  },
})

export const listEnrolments = operation({
  name: 'enrolments.list',
  kind: 'query',
  access: 'admin',
  summary: 'The enrolment credentials.',
  input: Nothing,
  output: z.object({ enrolments: z.array(Enrolment) }),
  doors: { http: 'GET /v1/enrolments', cli: 'token list', mcp: { none: 'Enrolling is for the administrator, who is no peer.' } },
})

export const revokeEnrolment = operation({
  name: 'enrolments.revoke',
  kind: 'command',
  access: 'admin',
  summary: 'End an enrolment credential. The peers it minted stay.',
  input: z.strictObject({ enrolment: Id('enrolment') }),
  output: z.object({ enrolment: Enrolment }),
  doors: { http: 'DELETE /v1/enrolments/:enrolment', cli: 'token revoke', mcp: { none: 'Enrolling is for the administrator, who is no peer.' } },
})

export const createCredential = operation({
  name: 'credentials.create',
  kind: 'command',
  access: 'reader',
  summary: 'Mint one more credential of a peer (a peer only for itself), or of the administrator.',
  input: z.strictObject({ peer: Address.optional(), label: Line(100).default('') }),
  output: z.object({ credential: Credential, token: Token }),
  doors: { http: 'POST /v1/credentials 201', cli: 'token issue', mcp: { none: 'A token does not belong into the context of a model.' } },
})

export const listCredentials = operation({
  name: 'credentials.list',
  kind: 'query',
  access: 'reader',
  summary: 'The credentials: a peer sees its own, the administrator all.',
  input: z.strictObject({ peer: Address.optional() }),
  output: z.object({ credentials: z.array(Credential) }),
  doors: { http: 'GET /v1/credentials', cli: 'token list', mcp: { none: 'Credentials are for programs and people to look after.' } },
})

export const revokeCredential = operation({
  name: 'credentials.revoke',
  kind: 'command',
  access: 'reader',
  summary: 'End a credential; its connections are closed.',
  input: z.strictObject({ credential: Id('credential') }),
  output: z.object({ credential: Credential }),
  doors: { http: 'DELETE /v1/credentials/:credential', cli: 'token revoke', mcp: { none: 'Credentials are for programs and people to look after.' } },
})

export const Circle = z.object({ id: Id('circle'), name: Name, peers: z.int(), createdAt: Time })

export const createCircle = operation({
  name: 'circles.create',
  kind: 'command',
  access: 'admin',
  summary: 'Make a circle before anybody is in it.',
  input: z.strictObject({ name: Name }),
  output: z.object({ circle: Circle }),
  doors: {
    http: 'POST /v1/circles 201',
    cli: 'circles create',
    mcp: { none: 'Making circles is for the administrator, who is no peer.' },
  },
})

export const listCircles = operation({
  name: 'circles.list',
  kind: 'query',
  access: 'reader',
  summary: 'The circles you belong to or hold a grant for.',
  input: Nothing,
  output: z.object({ circles: z.array(Circle) }),
  doors: { http: 'GET /v1/circles', cli: 'circles list', mcp: 'circles' },
})

/** `reach`: to reach and read another circle. `observe`: to report what forges and repositories say about the reviews of a circle. */
const Right = z.enum(['reach', 'observe'])
export const Grant = z.object({ peer: PeerRef, circle: Name, right: Right, createdAt: Time })

export const addGrant = operation({
  name: 'grants.add',
  kind: 'command',
  access: 'admin',
  summary: 'Let an orchestrator, a person or an observer reach and read another circle, or a service report what forges say about the reviews of one.',
  input: z.strictObject({ peer: Address, circle: Name, right: Right.default('reach') }),
  output: z.object({ grant: Grant }),
  doors: {
    http: 'POST /v1/grants 201',
    cli: 'grants give',
    mcp: { none: 'Granting is for the administrator, who is no peer.' },
  },
})

export const removeGrant = operation({
  name: 'grants.remove',
  kind: 'command',
  access: 'admin',
  summary: 'Take a grant back.',
  input: z.strictObject({ peer: Address, circle: Name, right: Right.default('reach') }),
  output: z.object({ removed: z.boolean() }),
  doors: {
    http: 'DELETE /v1/grants/:peer/:circle',
    cli: 'grants revoke',
    mcp: { none: 'Granting is for the administrator, who is no peer.' },
  },
})

export const listGrants = operation({
  name: 'grants.list',
  kind: 'query',
  access: 'reader',
  summary: 'The grants: a peer sees its own, the administrator all.',
  input: Nothing,
  output: z.object({ grants: z.array(Grant) }),
  doors: { http: 'GET /v1/grants', cli: 'grants list', mcp: 'grants' },
})
