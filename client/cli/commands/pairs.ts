import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { family } from '../family.ts'
import { showList } from '../listing.ts'
import { asReader } from '../open-caller.ts'
import { showPairs } from '../show-trouble.ts'
import { safeLine } from '../text.ts'

export const command = family({
  name: 'pairs',
  about: [
    'Pairs of peers that were parked as runaways: they caused too many messages of each other, and are refused more until the time is over.',
    'An orchestrator or a person that reaches both, or the administrator, lets a pair speak again before.',
  ],
  fallback: 'list',
  actions: {
    list: { summary: 'The parked pairs', words: [], run: list },
    release: { summary: 'Let a parked pair speak again', words: ['peer', 'other peer'], run: release },
  },
  examples: [
    ['muster pairs', 'who is parked, and why'],
    ['muster pairs release ann bob', 'let them speak again'],
  ],
})

async function list(invocation: Invocation): Promise<number> {
  const { pairs } = await asReader(invocation, ({ call }) => call('pairs.list', {}))
  return showList(invocation.out, { document: { pairs }, rows: pairs, show: showPairs, none: 'No pair is parked.' })
}

async function release(invocation: Invocation): Promise<number> {
  const { words, out } = invocation
  const [a = '', b = ''] = words
  const { released } = await asReader(invocation, ({ call }) => call('pairs.release', { a, b }))
  if (out.json) out.document({ released })
  else out.line(safeLine(released ? `${a} and ${b} may speak again.` : `${a} and ${b} were not parked.`))
  return EXIT.ok
}
