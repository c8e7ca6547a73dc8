import type { Delivery, Message, Peer, Thread } from '../contract/index.ts'
import type { Shown } from './envelope.ts'
import { waitFor } from './fields.ts'
import type { ToolPort } from './port.ts'

/** What a thread has to say to the session, and the deliveries that this uses up. */
export interface Heard {
  readonly thread: Thread
  readonly news: readonly Shown[]
  readonly deliveries: readonly string[]
}

const PAGE = 20
/** More than that come by the inbox. */
const MAX_NEWS = 10
const ENDS: ReadonlySet<Message['kind']> = new Set(['answer', 'decline', 'cancel', 'expire', 'fail'])

export function isClosed(thread: Thread): boolean {
  return thread.state !== 'open' && thread.state !== 'notice'
}

/** What the others have said in a thread and this session was not shown, and its end; where there is neither, waits for some. */
export async function hear(port: ToolPort, self: Peer, ticket: string, seconds: number): Promise<Heard> {
  const { thread, messages } = await port.call('threads.get', { thread: ticket, limit: PAGE })
  const now = await unshown(port, self, thread, messages, (delivery, message) => isWaiting(delivery) || (isClosed(thread) && ENDS.has(message.kind)))
  if (now.news.length > 0 || isClosed(thread) || seconds === 0) return now
  const after = messages.at(-1)?.id
  const waited = await port.call('threads.wait', { thread: ticket, until: 'message', timeout: waitFor(seconds), ...(after !== undefined && { after }) })
  return unshown(port, self, waited.thread, waited.messages, () => true)
}

async function unshown(
  port: ToolPort,
  self: Peer,
  thread: Thread,
  messages: readonly Message[],
  isNews: (delivery: Delivery | undefined, message: Message) => boolean,
): Promise<Heard> {
  const theirs = messages.filter(({ from }) => from?.id !== self.id).slice(-MAX_NEWS)
  const traces = await Promise.all(theirs.map(({ id }) => port.call('threads.trace', { id })))
  const found = theirs.map((message, index) => ({ message, delivery: traces[index]?.deliveries.find(({ to }) => to.id === self.id) }))
  const news = found.filter(({ delivery, message }) => isNews(delivery, message))
  const deliveries = news.flatMap(({ delivery }) => (delivery && isWaiting(delivery) ? [delivery.id] : []))
  return { thread, news: news.map(({ message, delivery }) => ({ message, thread, delivery })), deliveries }
}

function isWaiting(delivery: Delivery | undefined): boolean {
  return delivery !== undefined && delivery.endedAt === null
}
