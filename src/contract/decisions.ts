import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Action, Approval, Arguments, Tier } from './approvals.ts'
import { Duration, Id, IdempotencyKey, Limit, Line, Name, Text, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef } from './peers.ts'
import { Priority } from './threads.ts'

/** `question`: which of the options; `approval`: whether an action may happen. */
const CardKind = z.enum(['question', 'approval'])
/** `answered`: an option of a question was chosen; `approved`, `denied`: of an approval; `revised`: told how it should be instead; `expired`: its default was taken. */
const CardState = z.enum(['waiting', 'answered', 'approved', 'denied', 'revised', 'withdrawn', 'expired', 'superseded'])
const Letter = z.enum(['a', 'b', 'c', 'd', 'e'])
const Effect = z.enum(['approve', 'deny'])
/** Where a card comes from: a peer, a runtime that asks its user (`permission`), or a trouble that the daemon itself saw. */
const CardSource = z.enum(['peer', 'permission', 'dead_letters', 'parked_pair', 'failed_schedule'])
/** `resolved`: by decisions.resolve; `letter`: by a letter on its thread; `default`: its time came; `settled`: what it asked about was settled otherwise. */
const How = z.enum(['resolved', 'letter', 'default', 'withdrawn', 'superseded', 'settled', 'retired'])

const needed = (schema: z.ZodString, what: string) => schema.min(1, what)
const said = (max: number, what: string) =>
  z
    .string({ error: what })
    .max(max)
    .pipe(needed(Text(max), what))

const OptionInput = z.strictObject(
  {
    text: said(200, 'Needs what the option is'),
    pros: said(600, 'Needs what speaks for it'),
    cons: said(600, 'Needs what speaks against it'),
    /** Whether it may be taken when nobody answers: it can be undone, and reaches nobody outside. */
    safe: z.boolean().default(false),
    /** Of an approval: what choosing it means. */
    does: Effect.optional(),
  },
  { error: 'Needs text, pros and cons' },
)

const CardInput = {
  kind: CardKind,
  question: said(300, 'Needs a question'),
  context: said(600, 'Needs one or two sentences of context').refine((text) => countSentences(text) <= 2, 'At most two sentences of context'),
  options: z.array(OptionInput, { error: 'Needs 2 to 5 options' }).min(2, 'Needs 2 to 5 options').max(5, 'Needs 2 to 5 options'),
  recommendation: z.strictObject(
    { option: z.enum(Letter.options, { error: 'Needs the letter of the recommended option' }), because: said(600, 'Needs the reason for the recommendation') },
    { error: 'Needs a recommendation with its reason: {option, because}' },
  ),
  risk: said(600, 'Needs the risk'),
  /** What happens when nobody answers: an option that is marked safe, or nothing (`stay_blocked`); approvals can only be denied or stay blocked. */
  default: z.strictObject(
    {
      option: z.enum([...Letter.options, 'stay_blocked'], { error: 'Needs the letter of a safe option, or stay_blocked' }),
      /** How long people have. An option needs it; what stays blocked becomes urgent then. */
      after: Duration.optional(),
    },
    { error: 'Needs a default: {option: the letter of a safe option, or "stay_blocked", after}' },
  ),
  /** Of an approval. */
  action: Action.optional(),
  priority: Priority.default('normal'),
  /** A newer card of the same peer with the same topic takes the place of the one that waits. */
  topic: Line(LIMITS.maxKeyChars).min(1).optional(),
  key: IdempotencyKey.optional(),
}

function countSentences(text: string): number {
  return (text.trim().match(/[.!?]+(?=\s+\p{Lu}|$)/gu) ?? []).length
}

const letterAt = (index: number) => Letter.options[index]

/** What is wrong with a card whose parts are all there: where, and what would be right. */
type Fault = readonly [path: string, message: string]
type RaisedCard = z.output<z.ZodObject<typeof CardInput>>

const optionOf = (card: RaisedCard, letter: string) => card.options[Letter.options.indexOf(letter as 'a')]

function defaultFaults(card: RaisedCard): Fault[] {
  const { option, after } = card.default
  if (option === 'stay_blocked') return []
  const chosen = optionOf(card, option)
  const faults: Fault[] = after === undefined ? [['default.after', 'Needs the time after which the default is taken']] : []
  if (!chosen) return [['default.option', `Needs an option that there is, a to ${letterAt(card.options.length - 1)}, or stay_blocked`], ...faults]
  if (!chosen.safe) return [['default.option', 'Needs an option that is marked safe, or stay_blocked'], ...faults]
  if (card.kind === 'question' || chosen.does === 'deny') return faults
  return [['default.option', 'Time approves nothing: needs an option that denies, or stay_blocked'], ...faults]
}

function kindFaults({ kind, action, options }: RaisedCard): Fault[] {
  const has = (does: 'approve' | 'deny' | undefined) => options.some((option) => option.does === does)
  const faults: readonly (readonly [boolean, ...Fault])[] =
    kind === 'question'
      ? [
          [action !== undefined, 'action', 'An action goes with kind "approval"'],
          [has('approve') || has('deny'), 'options', 'Options of a question neither approve nor deny'],
        ]
      : [
          [action === undefined, 'action', 'Needs the action that is to be approved: {kind, name, arguments}'],
          [!has('approve'), 'options', 'Needs an option with does: "approve"'],
          [!has('deny'), 'options', 'Needs an option with does: "deny"'],
          [has(undefined), 'options', 'Each option of an approval needs does: "approve" or "deny"'],
        ]
  return faults.flatMap(([wrong, path, message]) => (wrong ? [[path, message] as const] : []))
}

function faultsOf(card: RaisedCard): Fault[] {
  const texts = new Set(card.options.map(({ text }) => text.trim().toLowerCase()))
  return [
    ...(optionOf(card, card.recommendation.option)
      ? []
      : [['recommendation.option', `Needs an option that there is: a to ${letterAt(card.options.length - 1)}`] as const]),
    ...(texts.size < card.options.length ? [['options', 'Two options are the same'] as const] : []),
    ...defaultFaults(card),
    ...kindFaults(card),
  ]
}

const Raise = z.strictObject(CardInput).superRefine((card, context) => {
  for (const [path, message] of faultsOf(card)) context.addIssue({ code: 'custom', path: path.split('.'), message })
})

/** Who decided, when and how. */
const Closing = z.object({
  /** `null`: the daemon itself. */
  by: PeerRef.nullable(),
  at: Time,
  how: How,
  /** The name of the credential, which is that of the device. */
  device: z.string().nullable(),
})

export const Card = z.object({
  id: Id('decision'),
  kind: CardKind,
  state: CardState,
  source: CardSource,
  circle: Name,
  /** Who waits for it, the first to ask first; nobody where the daemon asks. */
  requesters: z.array(PeerRef),
  priority: Priority,
  topic: z.string().nullable(),
  question: z.string(),
  context: z.string(),
  options: z.array(z.object({ letter: Letter, text: z.string(), pros: z.string(), cons: z.string(), safe: z.boolean(), does: Effect.nullable() })),
  recommendation: z.object({ option: Letter, because: z.string() }),
  risk: z.string(),
  /** `at`: when the default is taken, or what stays blocked becomes urgent. */
  default: z.object({ option: z.string(), at: Time.nullable() }),
  action: z.object({ kind: z.string(), name: z.string(), arguments: z.record(z.string(), z.unknown()) }).nullable(),
  raisedAt: Time,
  /** What was chosen, and what was said with it. */
  option: Letter.nullable(),
  note: z.string().nullable(),
  closed: Closing.nullable(),
  /** The thread on which the caller can answer; `null` for everybody else. */
  thread: Id('thread').nullable(),
})

const One = { card: Id('decision') }
const Result = z.object({ card: Card })
/** Who is told later: between these times of the day, in this zone. */
const Quiet = z.object({ from: z.string(), to: z.string(), zone: z.string() })
const ClockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Expected a time of the day like 22:00')

export const raiseDecision = operation({
  name: 'decisions.raise',
  kind: 'command',
  access: 'peer',
  summary: 'Put a question, or an action that needs approval, to the people of your circle; the same card raised by several is one.',
  input: Raise,
  output: z.object({ card: Card, folded: z.boolean() }),
  doors: { http: 'POST /v1/decisions 201', cli: 'decide raise', mcp: 'decision' },
})

export const requestDecision = operation({
  name: 'decisions.request',
  kind: 'command',
  access: 'peer',
  summary: 'Ask whether an action may happen: at once by its tier or an approval that there is, which this uses; otherwise a card is raised.',
  input: z.strictObject({
    action: Action,
    why: CardInput.context,
    risk: CardInput.risk,
    /** After this it is denied; without it, it stays blocked. */
    after: Duration.optional(),
    priority: Priority.default('normal'),
    key: IdempotencyKey.optional(),
  }),
  output: z.object({ verdict: z.enum(['allowed', 'waits']), tier: Tier, approval: Approval.nullable(), card: Card.nullable() }),
  doors: { http: 'POST /v1/decision-requests', cli: 'decide request', mcp: 'request_approval' },
})

export const permitDecision = operation({
  name: 'decisions.permit',
  kind: 'stream',
  access: 'peer',
  summary: 'Ask people what a runtime asks its user, and wait for their answer; the card goes with the last call that waits for it.',
  input: z.strictObject({
    /** What is to be used: `Bash`. Its action has the kind `tool` and this name. */
    tool: Line(200).min(1),
    arguments: Arguments.default({}),
    context: CardInput.context,
    /** At most 1 h. Who calls again within `permitGraceMs` goes on waiting for the same card. */
    timeout: Duration.default('45s'),
  }),
  output: z.object({
    /** `open`: nobody decided and nobody will, so the runtime's own dialog does; `waits`: the time is over. */
    verdict: z.enum(['allowed', 'denied', 'open', 'waits']),
    /** Who said so, now or in a lease. `null`: the tier, or nobody. */
    by: PeerRef.nullable(),
    note: z.string().nullable(),
    card: Card.nullable(),
    /** The lease that this was a use of. */
    approval: Approval.nullable(),
  }),
  doors: {
    http: 'POST /v1/permissions',
    cli: { none: 'The hooks of an agent session call it.' },
    mcp: { none: 'No model asks for the permission of its own runtime.' },
  },
})

export const resolveDecision = operation({
  name: 'decisions.resolve',
  kind: 'command',
  access: 'peer',
  summary: 'Decide a card, once and for all: by the letter of an option, or revise it in words. Only a person can.',
  input: z
    .strictObject({
      ...One,
      option: Letter.optional(),
      /** How it should be instead. */
      revise: Text(LIMITS.maxNoteChars).min(1).optional(),
      note: Text(LIMITS.maxNoteChars).min(1).optional(),
      /** With an option that approves: a yes to what comes, too. Without a scope, to the same arguments and no others. */
      lease: z
        .strictObject({
          scope: Arguments.optional(),
          count: z.int().min(1).max(LIMITS.maxLeaseUses),
          for: Duration,
        })
        .optional(),
    })
    .refine(({ option, revise }) => (option === undefined) !== (revise === undefined), 'Needs the letter of an option, or `revise` with what should be instead')
    .refine(({ option, lease }) => option !== undefined || lease === undefined, 'A lease goes with an option that approves'),
  output: z.object({ card: Card, approvals: z.array(Approval) }),
  doors: { http: 'POST /v1/decisions/:card/resolve', cli: 'decide resolve', mcp: { none: 'No model decides what waits for a person.' } },
})

export const commentDecision = operation({
  name: 'decisions.comment',
  kind: 'command',
  access: 'peer',
  summary: 'Say something about a card without deciding it; those concerned are told.',
  input: z.strictObject({ ...One, body: Text(LIMITS.maxNoteChars).min(1) }),
  output: z.object({ number: z.int() }),
  doors: { http: 'POST /v1/decisions/:card/comments', cli: 'decide comment', mcp: 'decisions' },
})

export const withdrawDecision = operation({
  name: 'decisions.withdraw',
  kind: 'command',
  access: 'peer',
  summary: 'Take a card back: its requester its own request, an orchestrator or a person the whole card.',
  input: z.strictObject({ ...One, reason: Text(LIMITS.maxReasonChars).min(1) }),
  output: Result,
  doors: { http: 'POST /v1/decisions/:card/withdraw', cli: 'decide withdraw', mcp: 'decisions' },
})

export const getDecision = operation({
  name: 'decisions.get',
  kind: 'query',
  access: 'reader',
  summary: 'One card, with what was said about it, and how the same action was decided in the past.',
  input: z.strictObject(One),
  output: z.object({
    card: Card,
    comments: z.array(z.object({ number: z.int(), by: PeerRef, at: Time, body: z.string() })),
    past: z.object({ approved: z.int(), denied: z.int() }).nullable(),
  }),
  doors: { http: 'GET /v1/decisions/:card', cli: 'decide show', mcp: 'decisions' },
})

export const listDecisions = operation({
  name: 'decisions.list',
  kind: 'query',
  access: 'reader',
  summary: 'Cards, the newest first: those that the caller raised; for orchestrators and people, all of the circles that they see into.',
  input: z.strictObject({ state: CardState.optional(), before: Id('decision').optional(), limit: Limit.default(50) }),
  output: z.object({ cards: z.array(Card), before: Id('decision').nullable() }),
  doors: { http: 'GET /v1/decisions', cli: 'decide list', mcp: { none: 'The queue, and one card, are what a model needs.' } },
})

export const queueDecisions = operation({
  name: 'decisions.queue',
  kind: 'query',
  access: 'reader',
  summary: 'The cards that wait, ranked by what waiting costs: who is blocked, for how long, until when.',
  input: z.strictObject({ limit: Limit.default(50) }),
  output: z.object({
    cards: z.array(
      z.object({
        card: Card,
        /** How many wait: those who asked, and the asks that they owe an answer. */
        blocked: z.int(),
        overdue: z.boolean(),
        /** What it is ranked by; a number without a unit. */
        cost: z.number(),
      }),
    ),
    /** How many wait in all. */
    waiting: z.int(),
    /** The caller's quiet hours. */
    quiet: Quiet.nullable(),
  }),
  doors: { http: 'GET /v1/decision-queue', cli: 'decide queue', mcp: 'decisions' },
})

export const quietDecisions = operation({
  name: 'decisions.quiet',
  kind: 'command',
  access: 'peer',
  summary: 'Set the hours in which cards do not reach you, unless they are urgent; without times, none. For people.',
  input: z
    .strictObject({ from: ClockTime.optional(), to: ClockTime.optional(), zone: Line(64).optional() })
    .refine(({ from, to }) => (from === undefined) === (to === undefined) && (from === undefined || from !== to), 'Needs two times of the day, or none'),
  output: z.object({ quiet: Quiet.nullable() }),
  doors: { http: 'PUT /v1/quiet-hours', cli: 'decide quiet', mcp: { none: 'A person sets their own hours.' } },
})
