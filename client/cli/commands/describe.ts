import type { Input } from '../../../src/contract/index.ts'
import { expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { asPeer } from '../open-caller.ts'
import { showPeer } from '../show.ts'

const TURNS = ['idle', 'working', 'awaiting_input', 'unknown'] as const

export const command: Command = {
  usage: ['describe [<text>] [--cap <list>] [--turn <turn>]'],
  about: [
    'Says to the others what you do, what you are able to do, and whether you are in a turn; without anything, shows what is said of you now.',
    'Others find you by a capability with cap:<capability>. What is not given stays; "" empties it.',
  ],
  flags: {
    cap: { type: 'string', value: 'list', summary: 'Your capabilities, all of them: review,go' },
    turn: { type: 'string', value: 'turn', summary: TURNS.join(', '), values: TURNS },
  },
  examples: [
    ['muster describe "reviews Go and SQL" --cap review,go,sql', 'so that others find you'],
    ['muster describe --turn working', 'you are in the middle of something'],
    ['muster describe', 'what is said of you now'],
  ],
  run: describe,
}

async function describe(invocation: Invocation): Promise<number> {
  const { words, flags, out } = invocation
  expectWords(words, ['text?'], 'describe [<text>]')
  const [description] = words
  const given = flags.list('cap')
  const turn = flags.choice('turn', TURNS)
  if (given && new Set(given).size < given.length) throw usageError('--cap names a capability twice', 'Each once.')
  const input: Input<'peers.describe'> = {
    ...(description !== undefined && { description }),
    ...(given && { capabilities: [...given] }),
    ...(turn && { turn }),
  }
  const isAsked = Object.keys(input).length === 0
  const peer = await asPeer(invocation, async ({ call, self }) => (isAsked ? self : (await call('peers.describe', input)).peer))
  if (out.json) out.document({ peer })
  else showPeer(out, peer)
  return EXIT.ok
}
