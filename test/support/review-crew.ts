import type { Input, Item, Review } from '../../src/contract/index.ts'
import { type CoreClient, TestCore } from './test-core.ts'

export const HOUR = 3_600_000
export const LINK = 'https://github.com/crew/ship/pull/7'
export const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string]

/** Somebody who makes things, somebody who reviews, and who leads them. */
export async function crew() {
  const daemon = await TestCore.start()
  const join = (name: string, options: Parameters<TestCore['join']>[1] = {}) => daemon.join(name, { mode: 'pull', ...options })
  const [author, reviewer, lead] = [join('author'), join('reviewer', { capabilities: ['review'] }), join('lead', { role: 'orchestrator' })]
  return { daemon, join, author, reviewer, lead }
}

/** What waits for a peer, received. */
export function mail(peer: CoreClient): Item[] {
  const { items } = peer.call('mailbox.inbox', { limit: 50 })
  if (items.length > 0) peer.call('mailbox.ack', { deliveries: items.map(({ delivery }) => delivery.id) })
  return items
}
export const bodies = (peer: CoreClient): string[] => mail(peer).map(({ message }) => message.body)
export const request = (peer: CoreClient, input: object = {}): Review => peer.call('reviews.request', { subject: { pr: LINK }, ...input } as never).review
export const get = (peer: CoreClient, review = LINK) => peer.call('reviews.get', { review })
export const types = (peer: CoreClient, review = LINK) => get(peer, review).history.map(({ type }) => type)
export const queue = (peer: CoreClient, input: Input<'reviews.queue'> = {}) => peer.call('reviews.queue', input).reviews
export const tell = (peer: CoreClient, to: string, body: string, touched?: Input<'threads.notify'>['touched']) =>
  peer.call('threads.notify', { to, body, ...(touched && { touched }) })

/** What the forge says of the pull request now, reported by the administrator. */
export const observe = (daemon: TestCore, facts: object) =>
  daemon.admin.call('reviews.observe', {
    observations: [{ subject: { pr: LINK }, state: 'open', at: new Date(daemon.clock.wallMs()).toISOString(), ...facts }],
  } as never)
