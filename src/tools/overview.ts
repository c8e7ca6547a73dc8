import * as z from 'zod'
import { Id } from '../contract/common.ts'
import { cancelThread, getThread, listThreads, releasePair } from '../contract/threads.ts'
import { renderMessages } from './envelope.ts'
import { isFan, ThreadId, Ticket } from './fields.ts'
import { minuteOf } from './plain-text.ts'
import { commandKey, type ToolPort } from './port.ts'
import { ADDS, defineTool, given, READS } from './tool.ts'
import { lines, nameOf, threadLine, viewThread, words } from './views.ts'

const MAX_LISTED = 30
const MAX_MESSAGES = 20
const MAX_STEPS = 60
const MAX_NOTE_CHARS = 120

const ThreadShape = z.object({
  thread: z.string(),
  kind: z.string(),
  state: z.string(),
  from: z.string(),
  to: z.string(),
  opened: z.string(),
  due: z.string().optional(),
  reason: z.string().optional(),
})

export const threads = defineTool({
  name: 'threads',
  title: 'Your threads',
  description: 'The threads that you opened (mine) or were sent (theirs), newest first.',
  profile: 'orchestrator',
  annotations: READS,
  input: z.strictObject({
    side: z.enum(['mine', 'theirs']).default('mine'),
    state: listThreads.input.shape.state,
    before: listThreads.input.shape.before,
  }),
  output: z.object({ threads: z.array(ThreadShape), before: z.string().optional() }),
  async run(port, { side, state, before }) {
    const self = await port.self()
    const page = await port.call('threads.list', { side, limit: MAX_LISTED, ...given({ state, before }) })
    const views = page.threads.map((thread) => viewThread(thread, self))
    const older = page.before ?? undefined
    const text = lines(...views.map(threadLine), views.length === 0 ? 'None.' : undefined, older && `Older: threads {"side":"${side}","before":"${older}"}`)
    return { structured: { threads: views.map((view) => ({ ...view })), ...given({ before: older }) }, text }
  },
})

export const thread = defineTool({
  name: 'thread',
  title: 'Read a thread',
  description: 'A thread and its newest messages; before gives older ones.',
  profile: 'orchestrator',
  annotations: READS,
  input: z.strictObject({ thread: ThreadId, before: getThread.input.shape.before, limit: z.int().min(1).max(MAX_MESSAGES).default(10) }),
  output: z.object({ thread: ThreadShape, mail: z.string(), before: z.string().optional() }),
  async run(port, { thread: id, before, limit }) {
    const self = await port.self()
    const page = await port.call('threads.get', { thread: id, limit, ...given({ before }) })
    const view = viewThread(page.thread, self)
    const shown = page.messages.map((message) => ({ message, thread: page.thread }))
    const mail = renderMessages(shown, self)
    const older = page.before ?? undefined
    const text = lines(threadLine(view), mail, older && `Older: thread {"thread":"${id}","before":"${older}"}`)
    return { structured: { thread: { ...view }, mail, ...given({ before: older }) }, text }
  },
})

export const trace = defineTool({
  name: 'trace',
  title: 'What became of a message',
  description: "A message's life with times: sent, queued, offered, seen, acked. Takes the id of a message, thread or delivery.",
  profile: 'orchestrator',
  annotations: READS,
  input: z.strictObject({ id: z.union([Id('message'), ThreadId, Id('delivery')]) }),
  output: z.object({
    thread: ThreadShape,
    message: z.string(),
    steps: z.array(z.object({ at: z.string(), step: z.string(), by: z.string().optional(), note: z.string().optional() })),
    unlisted: z.int().optional(),
  }),
  async run(port, { id }) {
    const self = await port.self()
    const traced = await port.call('threads.trace', { id })
    const view = viewThread(traced.thread, self)
    const steps = traced.steps.slice(0, MAX_STEPS).map(({ at, step, by, note }) => ({
      at: at.slice(0, 19),
      step,
      ...(by === null ? {} : { by: nameOf(by, self, '') }),
      ...(note === null || note === '' ? {} : { note: words(note, MAX_NOTE_CHARS) }),
    }))
    const unlisted = traced.steps.length - steps.length
    const told = steps.map(({ at, step, by, note }) => [at, step, by, note && `(${note})`].filter((part) => part !== undefined).join(' '))
    const text = lines(threadLine(view), traced.message.id, ...told, unlisted > 0 ? `and ${unlisted} more steps` : undefined)
    return { structured: { thread: { ...view }, message: traced.message.id, steps, ...(unlisted > 0 ? { unlisted } : {}) }, text }
  },
})

export const owed = defineTool({
  name: 'owed',
  title: 'What you owe',
  description: 'The asks that wait for your answer, the oldest first.',
  profile: 'orchestrator',
  annotations: READS,
  input: z.strictObject({ after: ThreadId.optional() }),
  output: z.object({ mail: z.string(), after: z.string().optional() }),
  async run(port, { after }) {
    const self = await port.self()
    const page = await port.call('threads.owed', { limit: MAX_MESSAGES, ...given({ after }) })
    const mail = page.owed.length === 0 ? 'You owe no answer.' : renderMessages(page.owed, self)
    const next = page.after ?? undefined
    return { structured: { mail, ...given({ after: next }) }, text: lines(mail, next && `More: owed {"after":"${next}"}`) }
  },
})

export const cancel = defineTool({
  name: 'cancel',
  title: 'Withdraw an ask',
  description: 'Withdraw an ask or a fan of your own; who works on it is told.',
  profile: 'orchestrator',
  annotations: ADDS,
  input: z.strictObject({ thread: Ticket, reason: cancelThread.input.shape.reason }),
  output: z.object({ thread: z.string(), state: z.string(), changed: z.boolean() }),
  async run(port, { thread: id, reason }) {
    if (isFan(id)) return cancelFan(port, id, reason)
    const { thread, changed } = await port.call('threads.cancel', { thread: id, reason, ...commandKey(port) })
    return { structured: { thread: id, state: thread.state, changed }, text: `${id} is ${thread.state}${changed ? '' : ' already'}.` }
  },
})

async function cancelFan(port: ToolPort, id: string, reason: string) {
  const { fan, changed } = await port.call('fans.cancel', { fan: id, reason, ...commandKey(port) })
  return { structured: { thread: id, state: fan.state, changed }, text: `${id} is ${fan.state}${changed ? '' : ' already'}.` }
}

export const pairs = defineTool({
  name: 'pairs',
  title: 'Parked pairs',
  description: 'Pairs of peers that were stopped because they kept each other busy.',
  profile: 'orchestrator',
  annotations: READS,
  input: z.strictObject({}),
  output: z.object({ pairs: z.array(z.object({ a: z.string(), b: z.string(), until: z.string(), reason: z.string() })) }),
  async run(port) {
    const self = await port.self()
    const found = await port.call('pairs.list', {})
    const views = found.pairs.slice(0, MAX_LISTED).map(({ a, b, until, reason }) => ({
      a: nameOf(a, self, ''),
      b: nameOf(b, self, ''),
      until: minuteOf(until),
      reason: words(reason, MAX_NOTE_CHARS),
    }))
    const told = views.map(({ a, b, until, reason }) => `${a} and ${b} until ${until}: ${reason}`)
    return { structured: { pairs: views }, text: lines(...told, views.length === 0 ? 'None.' : undefined) }
  },
})

export const releasePairTool = defineTool({
  name: 'release_pair',
  title: 'Release a parked pair',
  description: 'Let a parked pair speak again before its time.',
  profile: 'orchestrator',
  annotations: ADDS,
  input: z.strictObject({ a: releasePair.input.shape.a, b: releasePair.input.shape.b }),
  output: z.object({ released: z.boolean() }),
  async run(port, { a, b }) {
    const { released } = await port.call('pairs.release', { a, b })
    return { structured: { released }, text: released ? `${a} and ${b} may speak again.` : `${a} and ${b} were not parked.` }
  },
})
