import * as z from 'zod'
import { timelineEvents } from '../contract/events.ts'
import { searchMessages, whyMessage } from '../contract/finding.ts'
import type { Hit, Link, PeerRef } from '../contract/index.ts'
import { renderMessages } from './envelope.ts'
import { minuteOf } from './plain-text.ts'
import type { ToolPort } from './port.ts'
import { defineTool, given, READS } from './tool.ts'
import { eventLines, inQuotes, lines, nameOf, QUOTED, words } from './views.ts'

const MAX_FOUND = 10
const MAX_LISTED = 30
const MAX_LINKS = 10
const MAX_SNIPPET_CHARS = 300

const { text, peer, from, thread, since, until, rank, cursor } = searchMessages.input.shape
const HitShape = z.object({
  message: z.string(),
  thread: z.string(),
  kind: z.string(),
  from: z.string(),
  to: z.string().optional(),
  at: z.string(),
  says: z.string(),
})

export const search = defineTool({
  name: 'search',
  title: 'Search messages',
  description: 'Messages that you may read and that hold all the words, newest first: words, "phrases", prefixes*.',
  profile: 'orchestrator',
  annotations: READS,
  input: z.strictObject({ text, peer, from, thread, since, until, rank, cursor }),
  output: z.object({ found: z.array(HitShape), cursor: z.string().optional() }),
  async run(port, { text, rank, ...filter }) {
    const self = await port.self()
    const page = await port.call('messages.search', { text, rank, limit: MAX_FOUND, ...given(filter) })
    const found = page.hits.map((hit) => viewHit(hit, self))
    const told = found.map(
      ({ message, thread, kind, from, to, at, says }) => `${at} ${kind} ${from}${to === undefined ? '' : ` -> ${to}`} ${message} ${thread}: ${inQuotes(says)}`,
    )
    const next = page.cursor ?? undefined
    return {
      structured: { found, ...given({ cursor: next }) },
      text: lines(
        found.length === 0 ? 'Nothing.' : QUOTED,
        ...told,
        page.complete ? undefined : 'The newest messages are not in the index yet.',
        next && `More: the same with "cursor":"${next}"`,
      ),
    }
  },
})

function viewHit({ message, thread, kind, from, to, at, snippet }: Hit, you: PeerRef): z.infer<typeof HitShape> {
  const { parts, more } = snippet
  const says = `${more.before ? '… ' : ''}${parts.map(({ text }) => text).join('')}${more.after ? ' …' : ''}`
  return {
    message,
    thread,
    kind,
    from: nameOf(from, you, 'muster'),
    ...(to === null ? {} : { to: nameOf(to, you, '') }),
    at: minuteOf(at),
    says: words(says, MAX_SNIPPET_CHARS),
  }
}

export const why = defineTool({
  name: 'why',
  title: 'Why there is a message',
  description: 'What caused a message, back to the first cause, and what it led to.',
  profile: 'orchestrator',
  annotations: READS,
  input: z.strictObject({ id: whyMessage.input.shape.id }),
  output: z.object({ chain: z.array(z.string()), led: z.array(z.string()), mail: z.string(), more: z.boolean() }),
  async run(port, { id }) {
    const self = await port.self()
    const { chain, led, more } = await port.call('messages.why', { id, limit: MAX_LINKS })
    const steps = { chain: chain.map((link) => linkLine(link, self)), led: led.map((link) => linkLine(link, self)) }
    // The words of its root and of the message itself say most; the others can be read by their ids.
    const [root, message] = [chain[0], chain.at(-1)]
    const shown = [root, message].filter((link, index, all): link is Link => link !== undefined && all.indexOf(link) === index)
    const mail = renderMessages(
      await Promise.all(shown.map(async (link) => ({ message: link.message, thread: await threadOf(port, link.message.thread) }))),
      self,
    )
    const text = lines(
      'From the first cause on:',
      ...steps.chain,
      led.length > 0 ? 'It led to:' : undefined,
      ...steps.led,
      more ? 'And more.' : undefined,
      mail,
    )
    return { structured: { ...steps, mail, more }, text }
  },
})

async function threadOf(port: ToolPort, id: string) {
  const { thread } = await port.call('threads.get', { thread: id, limit: 1 })
  return thread
}

function linkLine({ message, because, gap }: Link, you: PeerRef): string {
  const cause = because === null ? '' : ` because of ${because}`
  return `${minuteOf(message.at)} ${message.kind} from ${nameOf(message.from, you, 'muster')} ${message.id}${cause}${gap ? ' (by way of what you may not read)' : ''}`
}

export const timeline = defineTool({
  name: 'timeline',
  title: 'What happened to a peer',
  description: 'What a peer did and what happened to it, newest first.',
  profile: 'full',
  annotations: READS,
  input: z.strictObject({ peer: timelineEvents.input.shape.peer, before: timelineEvents.input.shape.before, types: timelineEvents.input.shape.types }),
  output: z.object({ events: z.array(z.string()), before: z.string().optional() }),
  async run(port, { peer, ...rest }) {
    const self = await port.self()
    const page = await port.call('events.timeline', { peer, limit: MAX_LISTED, preview: true, ...given(rest) })
    const told = eventLines(page.events, self)
    const before = page.before ?? undefined
    const older = before && `Older: timeline {"peer":"${page.peer.id}","before":"${before}"}`
    return { structured: { events: told, ...given({ before }) }, text: lines(told.length === 0 ? 'Nothing here.' : QUOTED, ...told, older) }
  },
})
