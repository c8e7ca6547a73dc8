import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Address, Id, IdempotencyKey, Limit, Line, Name, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef } from './peers.ts'

/** What may happen without asking (`autonomous`), with a notice to people (`notify`), or after a person has said yes (`gate`). */
export const Tier = z.enum(['autonomous', 'notify', 'gate'])

const ActionKind = Line(64).regex(/^[a-z][a-z0-9_.-]*$/, 'Expected a kind like deploy or git.push')

/** How deep what an action is done with may be nested. */
const MAX_DEPTH = 32
const isShallow = (value: unknown, left = MAX_DEPTH): boolean =>
  typeof value !== 'object' || value === null || (left > 0 && Object.values(value).every((each) => isShallow(each, left - 1)))
const Json = z.unknown().refine((value) => isShallow(value), `Nested at most ${MAX_DEPTH} deep`)
export const Arguments = z
  .record(z.string().max(100), Json)
  .refine((given) => JSON.stringify(given).length <= LIMITS.maxArgumentBytes, `At most ${LIMITS.maxArgumentBytes} characters as JSON`)

/** An action that wants approval. What it is done with counts to the last character: another argument is another action. */
export const Action = z.strictObject({
  kind: ActionKind,
  /** What a person reads: `npm test`. */
  name: Line(200).min(1),
  arguments: Arguments.default({}),
})

/** One yes to one action (`once`), or to a number of actions within a scope and a time (`lease`). Only the requester can use it. */
export const Approval = z.object({
  id: Id('approval'),
  form: z.enum(['once', 'lease']),
  /** `live`: it can be used; the others say why not. */
  state: z.enum(['live', 'used', 'expired', 'revoked']),
  requester: PeerRef,
  circle: Name,
  card: Id('decision'),
  /** The kind and the name of the action. */
  kind: z.string(),
  name: z.string(),
  /** Of a lease: arguments that must be as here; others may be anything. `null`: all are those of the card, and there are no others. */
  scope: z.record(z.string(), z.unknown()).nullable(),
  uses: z.int(),
  maxUses: z.int(),
  expiresAt: Time,
  grantedBy: PeerRef,
  grantedAt: Time,
  revokedAt: Time.nullable(),
  /** When it was granted: of the answers of the past to this action, how many the scope would have matched. */
  past: z.object({ approved: z.int(), denied: z.int() }),
})

const Presented = z.strictObject({ approval: Id('approval'), action: Action })

export const useApproval = operation({
  name: 'approvals.use',
  kind: 'command',
  access: 'peer',
  summary: 'Use an approval for an action that is about to happen; refused where it is not for this peer, this action or these arguments, or over.',
  input: Presented.extend({ key: IdempotencyKey.optional() }),
  output: z.object({ approval: Approval }),
  doors: { http: 'POST /v1/approvals/:approval/use', cli: 'decide use', mcp: { none: 'The tool request_approval uses what there is.' } },
})

export const checkApproval = operation({
  name: 'approvals.check',
  kind: 'query',
  access: 'peer',
  summary: 'Whether an approval could be used for an action now; uses nothing up.',
  input: Presented,
  output: z.object({ allowed: z.boolean(), reason: z.enum(['used', 'expired', 'revoked', 'other_action']).nullable(), approval: Approval }),
  doors: {
    http: { none: 'Its arguments are an object, which no query string holds; approvals.use checks them, too.' },
    cli: 'decide check',
    mcp: { none: 'The tool request_approval uses what there is.' },
  },
})

export const previewApproval = operation({
  name: 'approvals.preview',
  kind: 'query',
  access: 'reader',
  summary: 'How many of the past answers to an action a lease of this scope would have matched; without one, of these very arguments.',
  input: z.strictObject({ card: Id('decision'), scope: Arguments.optional() }),
  output: z.object({ approved: z.int(), denied: z.int(), examined: z.int() }),
  doors: { http: { none: 'Its scope is an object, which no query string holds.' }, cli: 'decide preview', mcp: { none: 'For the person who grants a lease.' } },
})

export const listApprovals = operation({
  name: 'approvals.list',
  kind: 'query',
  access: 'reader',
  summary: 'Approvals and leases, the newest first: those of the caller; for orchestrators and people, all of the circles that they see into.',
  input: z.strictObject({ live: z.boolean().default(false), peer: Address.optional(), before: Id('approval').optional(), limit: Limit.default(50) }),
  output: z.object({ approvals: z.array(Approval), before: Id('approval').nullable() }),
  doors: { http: 'GET /v1/approvals', cli: 'decide approvals', mcp: { none: 'The tool request_approval uses what there is.' } },
})

export const revokeApproval = operation({
  name: 'approvals.revoke',
  kind: 'command',
  access: 'peer',
  summary: 'End an approval or a lease before its time: its requester, an orchestrator or a person.',
  input: z.strictObject({ approval: Id('approval') }),
  output: z.object({ approval: Approval }),
  doors: { http: 'POST /v1/approvals/:approval/revoke', cli: 'decide revoke', mcp: { none: 'A matter for people.' } },
})

const TierRule = z.object({
  circle: Name,
  kind: z.string(),
  tier: Tier,
  /** `null`: built in. */
  setBy: PeerRef.nullable(),
  setAt: Time.nullable(),
})

export const listTiers = operation({
  name: 'tiers.list',
  kind: 'query',
  access: 'reader',
  summary: 'What each kind of action needs in a circle; a kind that is not listed is a gate.',
  input: z.strictObject({ circle: Name.optional() }),
  output: z.object({ tiers: z.array(TierRule) }),
  doors: { http: 'GET /v1/tiers', cli: 'decide tiers', mcp: { none: 'The tool request_approval says the tier.' } },
})

export const setTier = operation({
  name: 'tiers.set',
  kind: 'command',
  access: 'peer',
  summary: 'Say what a kind of action needs in a circle. Only a person can.',
  input: z.strictObject({ kind: ActionKind, /** `null` goes back to what is built in. */ tier: Tier.nullable(), circle: Name.optional() }),
  output: z.object({ tier: TierRule }),
  doors: { http: 'PUT /v1/tiers/:kind', cli: 'decide tier', mcp: { none: 'Only a person says what needs no approval.' } },
})
