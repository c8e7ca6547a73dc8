import * as z from 'zod'
import { openFan } from '../contract/fans.ts'
import type { FanOutcome, Output, Peer, Thread } from '../contract/index.ts'
import { broadcastThread } from '../contract/threads.ts'
import { addressOf, renderMessages } from './envelope.ts'
import { RefusedShape, Seconds, SentShape, Text, Urgency, waitFor } from './fields.ts'
import { commandKey, type Receipt, type ToolPort, type ToolResult } from './port.ts'
import { viewOutcome } from './speaking.ts'
import { ADDS, defineTool, given } from './tool.ts'
import { inQuotes, lines, nextStep, words } from './views.ts'

/** Answers that are shown with their words, and asks that are named; the others are counted. */
const MAX_ANSWERS = 20
const MAX_LISTED = 40
const MAX_REASON_CHARS = 200

export const broadcast = defineTool({
  name: 'broadcast',
  title: 'Tell everybody',
  description:
    'Tell everybody of your circle, a role or a capability something that needs no answer. All of them are interrupted by it: only what all can use.',
  profile: 'orchestrator',
  annotations: ADDS,
  input: z.strictObject({
    text: Text,
    to: broadcastThread.input.shape.to.describe('role:<role>, cap:<capability> or circle:<circle>; default: your circle'),
    topic: broadcastThread.input.shape.topic.describe('Replaces your earlier unread one of this topic'),
    priority: Urgency,
  }),
  output: z.object({ sent: z.array(SentShape), refused: z.array(RefusedShape).optional(), unlisted: z.int().optional() }),
  async run(port, { text, to, topic, priority }) {
    const self = await port.self()
    const result = await port.call('threads.broadcast', { body: text, priority, ...given({ to, topic }), ...commandKey(port) })
    const { sent, rest, text: outcome } = viewOutcome(result, self, 'queued for')
    return { structured: { sent, ...rest }, text: outcome }
  },
})

export const FanOutput = z.object({
  ticket: z.string(),
  state: z.string(),
  summary: z.string(),
  mail: z.string().optional(),
  next: z.string().optional(),
})

export const fan = defineTool({
  name: 'fan',
  title: 'Ask many the same',
  description: 'Ask many the same and get the answers joined, woken once for all. Returns them, or a ticket for wait.',
  profile: 'orchestrator',
  annotations: ADDS,
  input: z.strictObject({
    to: openFan.input.shape.to.describe('Names, ids, role:<role>, cap:<capability>, circle:<circle>'),
    text: Text,
    enough: openFan.input.shape.enough.describe('So many answers end it and cancel the rest'),
    wait: Seconds.default(20).describe('Seconds to wait for the end'),
    deadline: openFan.input.shape.deadline.describe('Like 30m; then it ends with what there is; default 24h'),
    priority: Urgency,
  }),
  output: FanOutput,
  async run(port, { to, text, enough, wait, deadline, priority }) {
    const self = await port.self()
    const { fan } = await port.call('fans.open', { to, body: text, priority, ...given({ enough, deadline }), ...commandKey(port) })
    return tellFan(port, self, fan.id, wait)
  },
})

/** How a fan is, after waiting for its end; its answers with their words once it has ended. */
export async function tellFan(port: ToolPort, self: Peer, id: string, seconds: number): Promise<ToolResult<z.input<typeof FanOutput>>> {
  if (seconds > 0) await port.call('fans.wait', { fan: id, timeout: waitFor(seconds) })
  const page = await port.call('fans.get', { fan: id, limit: MAX_LISTED })
  const { state } = page.fan
  const summary = summaryOf(page, self)
  if (state === 'open') {
    const next = nextStep(self.reach, id)
    return { structured: { ticket: id, state, summary, next }, text: lines(summary, next) }
  }
  const answers = page.outcomes.flatMap((outcome) => (outcome.answer ? { message: outcome.answer, thread: threadOf(outcome, page, self) } : []))
  const mail = answers.length === 0 ? undefined : renderMessages(answers.slice(0, MAX_ANSWERS), self)
  const receipt: Receipt = { shown: await noticeOf(port, self, page.fan.notice) }
  return { structured: { ticket: id, state, summary, ...given({ mail }) }, text: lines(summary, mail), receipt }
}

type Page = Output<'fans.get'>

/** Who is how far, in a line each; what is shown beside it in full is only counted. */
function summaryOf({ fan, outcomes, refused, after }: Page, self: Peer): string {
  const counts = Object.entries(fan.counts).flatMap(([name, count]) => (count > 0 ? `${count} ${name}` : []))
  const shown = fan.state === 'open' ? [] : outcomes.filter(({ answer }) => answer !== null).slice(0, MAX_ANSWERS)
  const listed = outcomes.filter((outcome) => !shown.includes(outcome))
  const told = listed.map(({ to, thread, state, reason }) => {
    const why = reason === null || state === 'cancelled' ? '' : `: ${inQuotes(words(reason, MAX_REASON_CHARS))}`
    return `${addressOf(to, self)} ${state} (${thread})${why}`
  })
  const turnedAway = refused.slice(0, MAX_LISTED).map(({ to, code, message }) => `${addressOf(to, self)} refused: ${code}: ${message}`)
  const unlisted = after === null ? undefined : 'More asks than are listed: thread or wait with a thread shows one.'
  return lines(`${fan.id} is ${fan.state}: ${counts.join(', ')}.`, ...told, ...turnedAway, unlisted)
}

/** The thread of an ask of a fan, which its outcome tells all of. */
function threadOf({ thread, to, state, reason, closedAt }: FanOutcome, { fan }: Page, self: Peer): Thread {
  const { openedAt, deadlineAt } = fan
  return { id: thread, kind: 'ask', state, priority: 'normal', from: self, to, openedAt, deadlineAt, closedAt, closedBy: to, reason, fan: fan.id }
}

/** The notice of an end that is shown here needs no second showing. */
async function noticeOf(port: ToolPort, self: Peer, notice: string | null): Promise<string[]> {
  if (notice === null) return []
  const { deliveries } = await port.call('threads.trace', { id: notice })
  return deliveries.filter(({ to, endedAt }) => to.id === self.id && endedAt === null).map(({ id }) => id)
}
