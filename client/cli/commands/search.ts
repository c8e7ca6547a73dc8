import type { Hit, Input } from '../../../src/contract/index.ts'
import { expectId, pastTime } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { openReader } from '../open-caller.ts'
import type { Output } from '../output.ts'
import { peerName } from '../show.ts'
import { safeLine, safeText } from '../text.ts'
import { relativeTime } from '../when.ts'

const KINDS = ['ask', 'notify', 'reply', 'answer', 'decline', 'cancel', 'expire', 'fail', 'remind'] as const
const MAX_PAGE = 200

export const command: Command = {
  usage: ['search <words> [flags]'],
  about: [
    'The messages that hold all of the words, newest first. Case and accents make no difference. Words in quotation marks follow each other,',
    'and a star stands for the rest of a word; nothing else has a meaning. You find what you may read. The newest messages take up to two',
    'seconds to be found, and of a long one its first 16,384 characters count.',
  ],
  flags: {
    peer: { type: 'string', value: 'peer', summary: 'Only what this peer said or was told' },
    from: { type: 'string', value: 'peer', summary: 'Only what this peer said' },
    thread: { type: 'string', value: 'thread', summary: 'Only in this thread' },
    circle: { type: 'string', value: 'name', summary: 'Only in threads of this circle' },
    kind: { type: 'string', value: 'kind', summary: `Only ${KINDS.join(', ')}` },
    since: { type: 'string', value: 'when', summary: 'From this time on: 24h, or 2026-01-31T09:00:00Z' },
    until: { type: 'string', value: 'when', summary: 'Before this time' },
    rank: { type: 'boolean', summary: 'The best of the newest 1,000 first' },
    limit: { type: 'string', value: 'count', summary: 'At most so many (20)' },
    cursor: { type: 'string', value: 'cursor', summary: 'Continue where the page before ended' },
  },
  examples: [
    ['muster search build failed', 'both words, in any order'],
    [`muster search '"build failed" deploy*' --since 7d`, 'a phrase and the beginning of a word, of the last week'],
    ['muster search lease --from bob --rank', 'what bob said about it, the best first'],
  ],
  run: search,
}

async function search(invocation: Invocation): Promise<number> {
  const { words, out } = invocation
  const text = words.join(' ')
  if (text.trim() === '') throw usageError('<words> is missing', 'Use: muster search <words> [flags]')
  const input = inputOf(invocation, text)
  const caller = await openReader(invocation)
  const found = await caller.call('messages.search', input).finally(caller.close)
  if (out.json) {
    out.document({ ...found })
    return EXIT.ok
  }
  for (const hit of found.hits) showHit(out, hit)
  if (found.hits.length === 0) out.note('Nothing that you may read holds all of that.')
  if (!found.complete) out.note('The newest messages are not in the index yet.')
  if (found.cursor !== null) out.note(`There are more: --cursor ${found.cursor}`)
  return EXIT.ok
}

function inputOf({ flags, out }: Invocation, text: string): Input<'messages.search'> {
  const given = {
    peer: flags.text('peer'),
    from: flags.text('from'),
    thread: flags.text('thread') === undefined ? undefined : expectId(flags.text('thread') as string, ['thread']),
    circle: flags.text('circle'),
    kind: flags.choice('kind', KINDS),
    since: pastTime('since', flags.text('since'), out.now),
    until: pastTime('until', flags.text('until'), out.now),
    limit: flags.count('limit', { min: 1, max: MAX_PAGE }),
    cursor: flags.text('cursor'),
  }
  return {
    text,
    rank: flags.on('rank'),
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<typeof given>),
  } as Input<'messages.search'>
}

function showHit(out: Output, { message, kind, from, to, at, snippet }: Hit): void {
  const head = [kind, 'from', peerName(from), ...(to === null ? [] : ['to', peerName(to)]), relativeTime(at, out.now)].join(' ')
  const { parts, more } = snippet
  const text = parts.map(({ text, match }) => (match ? out.bold(oneLine(text)) : oneLine(text))).join('')
  out.line(`${safeLine(head)}  ${out.dim(message)}`)
  out.line(`    ${more.before ? '… ' : ''}${text.trim()}${more.after ? ' …' : ''}`)
}

/** A part of a line: its blanks at both ends belong to it. */
function oneLine(text: string): string {
  return safeText(text.replace(/\s+/g, ' '))
}
