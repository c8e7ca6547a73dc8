import * as z from 'zod'
import type { Handover, Leadership } from '../contract/index.ts'
import { handOverOrchestrator, noteOrchestrator, orchestratorStatus } from '../contract/orchestrators.ts'
import { minuteOf } from './plain-text.ts'
import { commandKey, type ToolPort } from './port.ts'
import { ADDS, defineTool, given, READS } from './tool.ts'
import { lines } from './views.ts'

const StatusShape = z.object({
  circle: z.string(),
  present: z.boolean(),
  name: z.string().optional(),
  peer: z.string().optional(),
  last_seen: z.string().optional(),
  stale_after: z.string(),
  standbys: z.array(z.string()),
  token: z.string().optional(),
})

export const status = defineTool({
  name: 'orchestrator_status',
  title: 'Who leads',
  description: 'Who leads the circle, whether it is there, and who stands by.',
  profile: 'orchestrator',
  annotations: READS,
  input: orchestratorStatus.input,
  output: StatusShape,
  async run(port, { circle }) {
    const { leadership } = await port.call('orchestrators.status', given({ circle }))
    const view = toView(leadership)
    return { structured: view, text: textOf(view, leadership) }
  },
})

const token = handOverOrchestrator.input.shape.token.optional().describe('Of your lease; the one you hold now')

export const handover = defineTool({
  name: 'handover',
  title: 'Hand over the lead',
  description: 'Hand the lead to a standby. It gets your open asks, what you owe and your notes as its first message; keep lists asks that stay with you.',
  profile: 'orchestrator',
  annotations: ADDS,
  input: z.strictObject({
    to: handOverOrchestrator.input.shape.to.describe('A standby; the next one where left out'),
    notes: handOverOrchestrator.input.shape.notes.describe('What it must know'),
    keep: handOverOrchestrator.input.shape.keep,
    token,
  }),
  output: z.object({ to: z.string(), number: z.int(), asked: z.int(), owed: z.int() }),
  async run(port, { to, notes, keep, token }) {
    const { handover } = await port.call('orchestrators.handover', {
      token: token ?? (await ownToken(port)),
      keep,
      ...given({ to, notes }),
      ...commandKey(port),
    })
    const [asked, owed] = [countOf(handover.asked), countOf(handover.owed)]
    return {
      structured: { to: handover.to.name, number: handover.number, asked, owed },
      text: `${handover.to.name} leads ${handover.circle} now, with ${asked} open asks of yours and ${owed} that you owed.`,
    }
  },
})

export const lead = defineTool({
  name: 'lead',
  title: 'Lead a circle',
  description:
    'With claim you lead the circle if nobody does, with note you keep notes for your successor in place of earlier ones, with resign you stop leading.',
  profile: 'orchestrator',
  annotations: ADDS,
  input: z.strictObject({
    how: z.enum(['claim', 'note', 'resign']),
    notes: z.optional(noteOrchestrator.input.shape.notes),
    token,
  }),
  output: StatusShape,
  async run(port, { how, notes, token }) {
    if (how === 'note') await port.call('orchestrators.note', { token: token ?? (await ownToken(port)), notes: notes ?? '' })
    else if (how === 'resign') await port.call('orchestrators.resign', { token: token ?? (await ownToken(port)), ...given({ notes }) })
    const { leadership } = how === 'claim' ? await port.call('orchestrators.claim', {}) : await port.call('orchestrators.status', {})
    const view = toView(leadership)
    return { structured: view, text: textOf(view, leadership) }
  },
})

/** The token that the caller holds. Who holds none says one that never was, and is told who leads. */
async function ownToken(port: ToolPort): Promise<string> {
  const { leadership } = await port.call('orchestrators.status', {})
  return leadership.token ?? '1'
}

function countOf({ items, more }: Handover['asked'] | Handover['owed']): number {
  return items.length + more
}

function toView({ circle, present, primary, lastSeenAt, staleAfter, standbys, token }: Leadership): z.output<typeof StatusShape> {
  return {
    circle,
    present,
    ...(primary && { name: primary.name, peer: primary.id }),
    ...(lastSeenAt !== null && { last_seen: minuteOf(lastSeenAt) }),
    stale_after: staleAfter,
    standbys: standbys.map(({ peer, presence }) => `${peer.name} (${presence})`),
    ...(token !== null && { token }),
  }
}

function textOf(view: z.output<typeof StatusShape>, { lease, primary }: Leadership): string {
  const who =
    primary === null ? `Nobody leads ${view.circle}.` : view.token !== undefined ? `You lead ${view.circle}.` : `${primary.name} leads ${view.circle}.`
  const away =
    lease === 'lapsing' || lease === 'lapsed' ? `It is away, last seen ${view.last_seen ?? 'never'}; its lease lapses after ${view.stale_after}.` : undefined
  const others = view.standbys.length === 0 ? 'Nobody stands by.' : `Standing by: ${view.standbys.join(', ')}.`
  return lines(who, away, others, view.token === undefined ? undefined : `Token ${view.token}.`)
}
