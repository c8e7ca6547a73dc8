import * as z from 'zod'
import type { PeerRef, Progress, Refused, Sent } from '../contract/index.ts'
import { notifyThread } from '../contract/threads.ts'
import { MusterError } from '../errors.ts'
import { readProgress } from '../progress.ts'
import { addressOf } from './envelope.ts'
import { Attach, attached, RefusedShape, Select, SentShape, Text, ThreadId, To, Urgency } from './fields.ts'
import { commandKey, type ToolPort, type ToolResult } from './port.ts'
import { ADDS, defineTool, given } from './tool.ts'
import { lines, viewSent } from './views.ts'

const ReplyOutput = z.object({ thread: z.string(), state: z.string(), late: z.literal(true).optional(), to: z.string().optional() })
type Reply = ToolResult<z.input<typeof ReplyOutput>>

export const reply = defineTool({
  name: 'reply',
  title: 'Answer, decline or say more',
  description: 'Answer or decline an ask that you were sent, even late; how:"more" speaks in a thread and leaves it open.',
  profile: 'default',
  annotations: ADDS,
  input: z.strictObject({
    thread: ThreadId,
    text: Text.describe('The answer; for decline the reason'),
    how: z.enum(['answer', 'decline', 'more']).default('answer'),
    attach: Attach,
    progress: z.string().optional().describe('With how:"more": like 3/5 Writing tests'),
  }),
  output: ReplyOutput,
  async run(port, { thread, text, how, attach, progress }) {
    if (how === 'decline' && attach !== undefined) throw new MusterError('invalid_input', { hint: 'A decline carries no files; how:"more" does.' })
    if (how !== 'more' && progress !== undefined) throw new MusterError('invalid_input', { hint: 'Only how:"more" takes `progress`: what is closed is done.' })
    const said = { thread, body: text, ...(await attached(port, attach)) }
    return how === 'more' ? sayMore(port, { ...said, ...(progress !== undefined && { progress: readProgress(progress) }) }) : close(port, said, how)
  },
})

interface Said {
  readonly thread: string
  readonly body: string
  readonly attachments?: string[]
}

async function close(port: ToolPort, said: Said, how: 'answer' | 'decline'): Promise<Reply> {
  const key = commandKey(port)
  const { thread } = said
  const closing =
    how === 'answer' ? await port.call('threads.answer', { ...said, ...key }) : await port.call('threads.decline', { thread, reason: said.body, ...key })
  const { state } = closing.thread
  const note = closing.late ? ' The thread had closed before; it was delivered as late.' : ''
  return { structured: { thread, state, ...(closing.late ? { late: true as const } : {}) }, text: `${thread} is ${state}.${note}` }
}

async function sayMore(port: ToolPort, said: Said & { readonly progress?: Progress }): Promise<Reply> {
  const { thread } = said
  const self = await port.self()
  const { sent } = await port.call('threads.reply', { ...said, ...commandKey(port) })
  const to = sent.map((each) => addressOf(each.to, self)).join(', ')
  return { structured: { thread, state: 'sent', to }, text: `Said in ${thread} to ${to}; its state stays.` }
}

const NotifyOutput = z.object({ sent: z.array(SentShape), refused: z.array(RefusedShape).optional(), unlisted: z.int().optional() })

export const notify = defineTool({
  name: 'notify',
  title: 'Tell a peer',
  description: 'Tell a peer something that needs no answer. It may be busy: only what it can use.',
  profile: 'default',
  annotations: ADDS,
  input: z.strictObject({
    to: To,
    text: Text,
    topic: notifyThread.input.shape.topic.describe('Replaces your earlier unread notify of this topic'),
    priority: Urgency,
    select: Select,
    attach: Attach,
  }),
  output: NotifyOutput,
  async run(port, { to, text, topic, priority, select, attach }) {
    const self = await port.self()
    const files = await attached(port, attach)
    const result = await port.call('threads.notify', { to, body: text, priority, ...given({ topic, select }), ...files, ...commandKey(port) })
    const { sent, rest, text: outcome } = viewOutcome(result, self, 'queued for')
    return { structured: { sent, ...rest }, text: outcome }
  },
})

/** Recipients that a result names; a send to more says how many. */
const MAX_LISTED = 40

interface SendOutcome {
  readonly sent: { to: string; thread: string; reach: string }[]
  readonly rest: { refused?: { to: string; why: string }[]; unlisted?: number }
  readonly text: string
}

/** What became of a send, recipient by recipient. */
export function viewOutcome(result: { readonly sent: readonly Sent[]; readonly refused: readonly Refused[] }, you: PeerRef, verb: string): SendOutcome {
  const sent = result.sent.slice(0, MAX_LISTED).map((each) => viewSent(each, you))
  const refused = result.refused.slice(0, MAX_LISTED).map(({ to, code, message }) => ({ to: addressOf(to, you), why: `${code}: ${message}` }))
  const unlisted = result.sent.length + result.refused.length - sent.length - refused.length
  const text = lines(
    ...sent.map(({ to, thread, reach }) => `${thread} ${verb} ${to} (reach ${reach})`),
    ...refused.map(({ to, why }) => `refused for ${to}: ${why}`),
    unlisted > 0 ? `and ${unlisted} more` : undefined,
  )
  return { sent, rest: { ...(refused.length > 0 ? { refused } : {}), ...(unlisted > 0 ? { unlisted } : {}) }, text }
}
