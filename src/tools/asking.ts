import * as z from 'zod'
import type { Output, Peer, Task } from '../contract/index.ts'
import { Task as TaskShape } from '../contract/tasks.ts'
import { askThread } from '../contract/threads.ts'
import { addressOf, renderMessages } from './envelope.ts'
import { tellFan } from './fanning.ts'
import { Attach, attached, isFan, RefusedShape, Seconds, Select, SentShape, Text, Ticket, To, Urgency } from './fields.ts'
import { type Heard, hear, isClosed } from './hearing.ts'
import { commandKey, type Receipt, type ToolPort, type ToolResult } from './port.ts'
import { viewOutcome } from './speaking.ts'
import { ADDS, defineTool, given } from './tool.ts'
import { inQuotes, lines, nextStep, words } from './views.ts'

const AskOutput = z.object({
  ticket: z.string().optional(),
  state: z.string(),
  mail: z.string().optional(),
  next: z.string().optional(),
  asked: z.array(SentShape).optional(),
  refused: z.array(RefusedShape).optional(),
  unlisted: z.int().optional(),
})
const WaitOutput = AskOutput.pick({ ticket: true, state: true, mail: true, next: true }).extend({ summary: z.string().optional() })

const AskInput = z.strictObject({
  to: To,
  text: Text,
  wait: Seconds.default(20).describe('Seconds to wait for the answer'),
  deadline: askThread.input.shape.deadline.describe('Like 30m; default 24h'),
  priority: Urgency,
  select: Select,
  attach: Attach,
})

export const ask = defineTool({
  name: 'ask',
  title: 'Ask a peer',
  description: 'Ask a peer something that needs an answer. It does not see your conversation: say all it needs. Returns the answer, or a ticket for wait.',
  profile: 'default',
  annotations: ADDS,
  input: AskInput,
  output: AskOutput,
  run: (port, input) => askPeer(port, input),
})

/** What is asked, and what it says of its work. */
type Asking = z.output<typeof AskInput> & { readonly task?: Task | undefined }

/** The same, for whoever hands out work. */
export const askWithTask = defineTool({
  ...ask,
  profile: 'orchestrator',
  input: AskInput.extend({ task: TaskShape.optional().describe('What boards show of it; after: threads whose answers it needs') }),
  run: (port, input) => askPeer(port, input),
})

async function askPeer(port: ToolPort, { to, text, wait, deadline, priority, select, attach, task }: Asking): Promise<ToolResult<z.input<typeof AskOutput>>> {
  const self = await port.self()
  const files = await attached(port, attach)
  const result = await port.call('threads.ask', { to, body: text, priority, ...given({ deadline, select, task }), ...files, ...commandKey(port) })
  const [only, ...others] = result.sent
  if (only === undefined || others.length + result.refused.length > 0) return askedMany(self, result)
  const who = addressOf(only.to, self)
  // Nobody is there to answer now.
  const heard = await hear(port, self, only.thread, only.reach === 'none' ? 0 : wait)
  return told(self, heard, `asked ${who} (reach ${only.reach})`)
}

export const wait = defineTool({
  name: 'wait',
  title: 'Wait for an answer',
  description: 'Wait for news on a ticket (thread or fan). Where you can be woken it returns at once: end your turn instead.',
  profile: 'default',
  annotations: ADDS,
  input: z.strictObject({ ticket: Ticket, seconds: Seconds.default(45) }),
  output: WaitOutput,
  async run(port, { ticket, seconds }) {
    const self = await port.self()
    const patience = self.reach === 'push' ? 0 : seconds
    return isFan(ticket) ? tellFan(port, self, ticket, patience) : told(self, await hear(port, self, ticket, patience), 'no news')
  },
})

function told(self: Peer, { thread, news, deliveries }: Heard, what: string): ToolResult<z.input<typeof WaitOutput>> {
  const mail = news.length > 0 ? renderMessages(news, self) : undefined
  const next = isClosed(thread) ? undefined : nextStep(self.reach, thread.id)
  const reason = thread.reason === null || mail !== undefined ? '' : `: ${inQuotes(words(thread.reason, 200))}`
  const head = news.length > 0 || isClosed(thread) ? `${thread.id} is ${thread.state}${reason}.` : `${thread.id} is ${thread.state}, ${what}.`
  const receipt: Receipt = { shown: deliveries }
  return { structured: { ticket: thread.id, state: thread.state, ...given({ mail, next }) }, text: lines(head, mail, next), receipt }
}

function askedMany(self: Peer, result: Output<'threads.ask'>): ToolResult<z.input<typeof AskOutput>> {
  const { sent: asked, rest, text } = viewOutcome(result, self, 'asked')
  const next = 'Each answer comes to your inbox; wait takes one ticket (thread).'
  return { structured: { state: 'open', asked, ...rest, next }, text: lines(text, next) }
}
