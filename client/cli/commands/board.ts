import { boardMarkdown } from '../../../src/board-markdown.ts'
import { expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { asReader } from '../open-caller.ts'

export const command: Command = {
  usage: ['board [--circle <name>] [--limit <count>]'],
  about: [
    'Who works on what, as Markdown: what needs a person, what is in progress, what is pending, and what has ended today, in your time zone. The',
    'same stands in the files of the setting dashboardFiles, above the notes of their user.',
  ],
  flags: {
    circle: { type: 'string', value: 'name', summary: 'Of this circle (your own; main as the administrator)' },
    limit: { type: 'string', value: 'count', summary: 'Of each list at most so many (50)' },
  },
  examples: [
    ['muster board', 'who works on what'],
    ['muster board --circle web --json', 'the same for a program'],
  ],
  run: board,
}

async function board(invocation: Invocation): Promise<number> {
  const { flags, words, out } = invocation
  expectWords(words, [], 'board')
  const circle = flags.text('circle')
  const limit = flags.count('limit', { min: 1, max: 100 })
  const midnight = new Date(out.now)
  midnight.setHours(0, 0, 0, 0)
  const input = { since: midnight.toISOString(), ...(circle !== undefined && { circle }), ...(limit !== undefined && { limit }) }
  return await asReader(invocation, async ({ call }) => {
    const found = await call('board.get', input)
    if (out.json) out.document({ ...found })
    else out.line(boardMarkdown(found).trimEnd())
    return EXIT.ok
  })
}
