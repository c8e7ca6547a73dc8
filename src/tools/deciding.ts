import * as z from 'zod'
import { commentDecision, getDecision, raiseDecision, requestDecision, withdrawDecision } from '../contract/decisions.ts'
import type { Card, PeerRef } from '../contract/index.ts'
import { MusterError } from '../errors.ts'
import { minuteOf } from './plain-text.ts'
import { commandKey, type ToolPort } from './port.ts'
import { ADDS, defineTool, given } from './tool.ts'
import { inQuotes, lines, nameOf, words } from './views.ts'

const MAX_LISTED = 30
const MAX_TEXT_CHARS = 300
const MAX_NOTE_CHARS = 1_000

const CardShape = z.object({
  card: z.string(),
  state: z.string(),
  question: z.string(),
  by: z.array(z.string()),
  options: z.array(z.string()).optional(),
  chosen: z.string().optional(),
  note: z.string().optional(),
  decided: z.string().optional(),
  default: z.string().optional(),
})
type View = z.output<typeof CardShape>

function view(card: Card, you: PeerRef): View {
  const { id, state, question, requesters, options, option, note, closed } = card
  const at = card.default.at === null ? '' : ` at ${minuteOf(card.default.at)}`
  return {
    card: id,
    state,
    question: words(question, MAX_TEXT_CHARS),
    by: requesters.map((peer) => nameOf(peer, you, 'muster')),
    ...(state === 'waiting' && {
      options: options.map(({ letter, text }) => `${letter}) ${words(text, MAX_TEXT_CHARS)}`),
      default: `${card.default.option}${at}`,
    }),
    ...(option !== null && { chosen: `${option}) ${words(options.find(({ letter }) => letter === option)?.text ?? '', MAX_TEXT_CHARS)}` }),
    ...(note !== null && { note: words(note, MAX_NOTE_CHARS) }),
    ...(closed !== null && { decided: `${minuteOf(closed.at)} by ${nameOf(closed.by, you, 'muster')}` }),
  }
}

function line({ card, state, question, by, chosen, note, decided }: View): string {
  const facts = [by.length > 0 && `by ${by.join(', ')}`, chosen && `chosen ${inQuotes(chosen)}`, decided, note && `note ${inQuotes(note)}`]
  return `${card} ${state}: ${inQuotes(question)} (${facts.filter(Boolean).join('; ')})`
}

const WOKEN = 'A person decides it; you are woken. Go on with what does not depend on it, or end your turn.'
const { key: _key, action, kind: _kind, ...asked } = raiseDecision.input.shape

export const decision = defineTool({
  name: 'decision',
  title: 'Put a decision to a person',
  description: 'A card for a person: context, 2-5 options, what you recommend, the risk, a safe default. You are woken. For leave to act: request_approval.',
  profile: 'orchestrator',
  annotations: ADDS,
  input: z.strictObject({ ...asked, action: action.describe('Makes it an approval: each option then has does') }),
  output: CardShape.extend({ folded: z.boolean() }),
  async run(port, { action, ...input }) {
    const kind = action === undefined ? 'question' : 'approval'
    const { card, folded } = await port.call('decisions.raise', { kind, ...given({ action }), ...input, ...commandKey(port) } as never)
    const structured = view(card, await port.self())
    return { structured: { ...structured, folded }, text: lines(`${card.id} waits${folded ? ', raised before with the same words' : ''}. ${WOKEN}`) }
  },
})

const { key: _requestKey, ...requested } = requestDecision.input.shape

export const requestApproval = defineTool({
  name: 'request_approval',
  title: 'Ask whether an action may happen',
  description: 'Before you act: allowed at once by its kind or by an approval you have, which this uses; else a person is asked. You are woken: call it again.',
  profile: 'orchestrator',
  annotations: ADDS,
  input: z.strictObject(requested),
  output: z.object({
    verdict: z.enum(['allowed', 'waits']),
    tier: z.string(),
    card: z.string().optional(),
    approval: z.string().optional(),
    left: z.int().optional(),
  }),
  async run(port, input) {
    const { verdict, tier, card, approval } = await port.call('decisions.request', { ...given(input), ...commandKey(port) } as never)
    const left = approval === null ? undefined : approval.maxUses - approval.uses
    const structured = { verdict, tier, ...given({ card: card?.id, approval: approval?.id, left }) }
    return { structured, text: verdict === 'allowed' ? `Allowed (${approval?.id ?? tier}), this once.` : `Not yet: ${card?.id} waits. ${WOKEN}` }
  },
})

export const decisions = defineTool({
  name: 'decisions',
  title: 'Cards that wait for a person',
  description: 'No fields: the cards that wait, what costs most first. card: one; with comment you say something about it, with withdraw you take it back.',
  profile: 'orchestrator',
  annotations: ADDS,
  input: z.strictObject({
    card: getDecision.input.shape.card.optional(),
    comment: commentDecision.input.shape.body.optional(),
    withdraw: withdrawDecision.input.shape.reason.optional().describe('Why'),
  }),
  output: z.object({ cards: z.array(CardShape), waiting: z.int().optional(), comments: z.array(z.string()).optional() }),
  async run(port, { card, comment, withdraw }) {
    if (card === undefined) {
      if ((comment ?? withdraw) !== undefined) throw new MusterError('invalid_input', { field: 'card', hint: 'Say which card.' })
      return await queue(port)
    }
    if (comment !== undefined) await port.call('decisions.comment', { card, body: comment })
    if (withdraw !== undefined) await port.call('decisions.withdraw', { card, reason: withdraw })
    const you = await port.self()
    const found = await port.call('decisions.get', { card })
    const structured = view(found.card, you)
    const comments = found.comments.map(({ by, body }) => `${nameOf(by, you, '')}: ${words(body, MAX_TEXT_CHARS)}`)
    return { structured: { cards: [structured], comments }, text: lines(line(structured), ...(structured.options ?? []), ...comments) }
  },
})

async function queue(port: ToolPort) {
  const you = await port.self()
  const { cards, waiting } = await port.call('decisions.queue', { limit: MAX_LISTED })
  const views = cards.map(({ card }) => view(card, you))
  const more = waiting > views.length ? `${waiting - views.length} more.` : undefined
  return { structured: { cards: views, waiting }, text: lines(...views.map(line), views.length === 0 ? 'None.' : undefined, more) }
}
