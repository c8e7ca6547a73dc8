import type { Input, Item } from '../../src/contract/index.ts'
import type { CoreClient } from './test-core.ts'

type Question = Input<'decisions.raise'>

/** A card that nothing is missing from. */
export const QUESTION = {
  kind: 'question',
  question: 'Which database do we use?',
  context: 'The store is to be written. Both are installed.',
  options: [
    { text: 'SQLite', pros: 'One file.', cons: 'One writer.', safe: true },
    { text: 'Postgres', pros: 'Many writers.', cons: 'A server to run.' },
  ],
  recommendation: { option: 'a', because: 'there is one writer.' },
  risk: 'Changing later costs a week.',
  default: { option: 'stay_blocked' },
} as const satisfies Question

/** An action that wants approval. */
export const ACTION = { kind: 'command', name: 'npm test', arguments: { cwd: '/ship', watch: false } } as const
export const REQUEST = { action: ACTION, why: 'The tests must run.', risk: 'They take a minute.' } as const satisfies Input<'decisions.request'>

/** A request whose options say the opposite of what they do. */
export const LIE = {
  ...QUESTION,
  kind: 'approval',
  action: { kind: 'command', name: 'rm -rf /', arguments: {} },
  options: [
    { text: 'Leave it alone', pros: 'Nothing is lost.', cons: 'None.', safe: true, does: 'approve' },
    { text: 'Delete all', pros: 'It is tidy.', cons: 'All is lost.', safe: true, does: 'deny' },
  ],
} as const satisfies Question

/** What waits for a peer, received; for a person, read. */
export function mail(peer: CoreClient): Item[] {
  const { items } = peer.call('mailbox.inbox', { limit: 200 })
  if (items.length > 0) peer.call('mailbox.ack', { deliveries: items.map(({ delivery }) => delivery.id) })
  return items
}

/** What a peer was told of cards, by the daemon or in the name of a person. */
export function told(peer: CoreClient): string[] {
  return mail(peer)
    .filter(({ message }) => message.kind === 'notify' || message.kind === 'reply')
    .map(({ message }) => message.body)
}
