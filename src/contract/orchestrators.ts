import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Address, Id, IdempotencyKey, Name, Text, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef, Presence } from './peers.ts'

/** The fencing token of a lease: a whole number in decimal. Each lease of the node has a greater one than all before it. */
const LeaderToken = z.string().regex(/^[1-9]\d{0,15}$/, 'Expected the token of your lease, a whole number; orchestrators.status shows it')

/** What a leader keeps for whoever comes after it. */
const Notes = Text(LIMITS.maxNotesChars)

/** How a leadership began. `ended`: its predecessor retired or its last credential was revoked; `restored`: a backup was put back. */
const Cause = z.enum(['claimed', 'lapsed', 'handed_over', 'resigned', 'appointed', 'ended', 'restored'])

/** The first of a list, and how many more there were, counted up to 1,000. */
const listOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), more: z.int() })

export const Leadership = z.object({
  circle: Name,
  /** Whether somebody leads and is there: connected, or heard of within `staleAfter`. */
  present: z.boolean(),
  /** `held`; `lapsing`: the primary is away; `lapsed`: for too long, and the next orchestrator that comes or claims leads; `vacant`: nobody leads. */
  lease: z.enum(['held', 'lapsing', 'lapsed', 'vacant']),
  primary: PeerRef.nullable(),
  presence: Presence.nullable(),
  /** When the primary was last heard of: now, while it is online. */
  lastSeenAt: Time.nullable(),
  /** How long the primary may be away until its lease lapses. */
  staleAfter: z.string(),
  /** Since when it has been so: led by this primary, or vacant. */
  since: Time.nullable(),
  /** Shown to the primary alone. */
  token: LeaderToken.nullable(),
  /** How often the lead was taken; numbers the records. */
  takeovers: z.int(),
  /** The other orchestrators of the circle, in the order in which they would take over; those who are absent come last. */
  standbys: z.array(z.object({ peer: PeerRef, presence: Presence, lastSeenAt: Time.nullable() })),
})

/** What a leader is handed, as it was when it took over. It quotes nobody but the predecessor's notes. */
export const Handover = z.object({
  v: z.literal(1),
  circle: Name,
  number: z.int(),
  how: Cause,
  at: Time,
  from: PeerRef,
  to: PeerRef,
  /** Asks of the predecessor that were open. They are the successor's, who gets their ends. */
  asked: listOf(z.object({ thread: Id('thread'), to: PeerRef.nullable(), deadlineAt: Time.nullable() })),
  /** Asks that the predecessor had not answered. They are the successor's to answer. */
  owed: listOf(z.object({ thread: Id('thread'), from: PeerRef.nullable(), deadlineAt: Time.nullable() })),
  /** Asks that the predecessor kept. */
  kept: z.array(Id('thread')),
  /** Schedules that the predecessor owns or that wake it; they stay its own. */
  schedules: listOf(z.object({ schedule: Id('schedule'), owner: PeerRef, nextAt: Time.nullable() })),
  /** Reviews that somebody of the circle owes. */
  reviews: listOf(z.object({ review: z.string(), owedBy: PeerRef.nullable(), since: Time.nullable() })),
  notes: z.string().nullable(),
})

const status = { leadership: Leadership }

export const orchestratorStatus = operation({
  name: 'orchestrators.status',
  kind: 'query',
  access: 'reader',
  summary: 'Who leads a circle, whether it is there, and who stands by; without a circle, that of the caller.',
  input: z.strictObject({ circle: Name.optional() }),
  output: z.object(status),
  doors: { http: 'GET /v1/orchestrator', cli: 'orchestrator status', mcp: 'orchestrator_status' },
})

export const claimOrchestrator = operation({
  name: 'orchestrators.claim',
  kind: 'command',
  access: 'peer',
  summary: 'Lead the circle, if nobody does; otherwise the caller is a standby, as every orchestrator of the circle. Safe to repeat.',
  input: z.strictObject({}),
  output: z.object({ leading: z.boolean(), ...status, handover: Handover.nullable() }),
  doors: { http: 'POST /v1/orchestrator/claim', cli: 'orchestrator claim', mcp: 'lead how:"claim"' },
})

export const handOverOrchestrator = operation({
  name: 'orchestrators.handover',
  kind: 'command',
  access: 'leader',
  summary: 'Hand the lead to a standby that is there, with a record of what is open; without `to`, to the next one. Open asks go with it, but those to `keep`.',
  input: z.strictObject({
    token: LeaderToken,
    to: Address.optional(),
    /** In place of the notes kept so far. */
    notes: Notes.optional(),
    keep: z.array(Id('thread')).max(LIMITS.maxKeptAsks).default([]),
    key: IdempotencyKey.optional(),
  }),
  output: z.object({ handover: Handover }),
  doors: { http: 'POST /v1/orchestrator/handover', cli: 'orchestrator handover', mcp: 'handover' },
})

export const resignOrchestrator = operation({
  name: 'orchestrators.resign',
  kind: 'command',
  access: 'leader',
  summary: 'Stop leading: the next standby that is there takes over; where there is none, the circle is led by nobody until one comes or claims.',
  input: z.strictObject({ token: LeaderToken, notes: Notes.optional() }),
  output: z.object({ ...status, handover: Handover.nullable() }),
  doors: { http: 'POST /v1/orchestrator/resign', cli: 'orchestrator resign', mcp: 'lead how:"resign"' },
})

export const noteOrchestrator = operation({
  name: 'orchestrators.note',
  kind: 'command',
  access: 'leader',
  summary: 'Keep notes for whoever leads next, in place of those kept so far; empty ones are none.',
  input: z.strictObject({ token: LeaderToken, notes: Notes }),
  output: z.object({ notes: z.string().nullable() }),
  doors: { http: 'PUT /v1/orchestrator/notes', cli: 'orchestrator note', mcp: 'lead how:"note"' },
})

export const appointOrchestrator = operation({
  name: 'orchestrators.appoint',
  kind: 'command',
  access: 'reader',
  summary: 'Have an orchestrator that is there lead its circle, whoever leads it now. For people who see into the circle, and the administrator.',
  input: z.strictObject({ peer: Address }),
  output: z.object({ ...status, handover: Handover.nullable() }),
  doors: { http: 'POST /v1/orchestrator/appoint', cli: 'orchestrator appoint', mcp: { none: 'A person decides who leads; models hand over.' } },
})

export const recordOrchestrator = operation({
  name: 'orchestrators.record',
  kind: 'query',
  access: 'reader',
  summary:
    'What was handed over with the lead of a circle, the last time or another, and the notes kept since. For its orchestrators, people who see into it, and the administrator.',
  input: z.strictObject({ circle: Name.optional(), number: z.int().min(1).optional() }),
  output: z.object({ handover: Handover.nullable(), notes: z.string().nullable() }),
  doors: {
    http: 'GET /v1/orchestrator/record',
    cli: 'orchestrator record',
    mcp: { none: 'It is the first message that a new leader gets; inbox and thread show it.' },
  },
})
