import { expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { openReader } from '../open-caller.ts'
import { eventLine, peerName } from '../show.ts'

const MAX_PAGE = 200

export const command: Command = {
  usage: ['timeline <peer> [flags]'],
  about: [
    'What a peer did and what happened to it, newest first, as far as you may see it, with how the messages begin that you may read. A peer',
    'that has retired is named by its id.',
  ],
  flags: {
    types: { type: 'string', value: 'list', summary: 'Whole types or first words: thread,peer.renamed' },
    limit: { type: 'string', value: 'count', summary: 'At most so many (50)' },
    before: { type: 'string', value: 'cursor', summary: 'Continue before this event' },
  },
  examples: [
    ['muster timeline bob', 'the newest of it'],
    ['muster timeline bob --types thread,delivery', 'the work, without coming and going'],
  ],
  run: timeline,
}

async function timeline(invocation: Invocation): Promise<number> {
  const { words, flags, out } = invocation
  expectWords(words, ['peer'], 'timeline <peer> [flags]')
  const limit = flags.count('limit', { min: 1, max: MAX_PAGE })
  const types = flags.list('types')
  const before = flags.text('before')
  const input = {
    peer: words[0] ?? '',
    preview: true,
    ...(limit !== undefined && { limit }),
    ...(types && { types: [...types] }),
    ...(before !== undefined && { before }),
  }
  const caller = await openReader(invocation)
  const found = await caller.call('events.timeline', input).finally(caller.close)
  if (out.json) {
    out.document({ ...found })
    return EXIT.ok
  }
  for (const event of found.events) out.line(eventLine(out, event))
  if (found.events.length === 0) out.note(`Nothing of ${peerName(found.peer)} that you may see${found.before === null ? '' : ' here'}.`)
  if (found.before !== null) out.note(`There may be more: --before ${found.before}`)
  return EXIT.ok
}
