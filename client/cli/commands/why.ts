import type { Link } from '../../../src/contract/index.ts'
import { expectId, expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { openReader } from '../open-caller.ts'
import type { Output } from '../output.ts'
import { peerName } from '../show.ts'
import { clip, safeLine } from '../text.ts'
import { relativeTime } from '../when.ts'

const SHOWN_BODY_CHARS = 100
const MAX_PAGE = 200
const INDENT = '  '

export const command: Command = {
  usage: ['why <id>'],
  about: [
    'Why there is a message: from the first cause, step by step, to the message, and what it led to. The id is of a message, of a thread (its',
    'first) or of a delivery. Steps that you may not read are left out, and their place is marked.',
  ],
  flags: { limit: { type: 'string', value: 'count', summary: 'At most so many steps on each side (50)' } },
  examples: [
    ['muster why msg_k7qm2x4f3', 'one message'],
    ['muster why thr_k7qm2x1', 'the message that opened a thread'],
  ],
  run: why,
}

async function why(invocation: Invocation): Promise<number> {
  const { words, flags, out } = invocation
  expectWords(words, ['id'], 'why <id>')
  const id = expectId(words[0] ?? '', ['message', 'thread', 'delivery'])
  const limit = flags.count('limit', { min: 1, max: MAX_PAGE })
  const caller = await openReader(invocation)
  const found = await caller.call('messages.why', { id, ...(limit !== undefined && { limit }) }).finally(caller.close)
  if (out.json) {
    out.document({ ...found })
    return EXIT.ok
  }
  for (const [depth, link] of found.chain.entries()) showLink(out, link, depth, depth === found.chain.length - 1)
  const depths = new Map(found.chain.slice(-1).map(({ message }) => [message.id, found.chain.length - 1]))
  for (const link of found.led) {
    const depth = (depths.get(link.because ?? '') ?? 0) + 1
    depths.set(link.message.id, depth)
    showLink(out, link, depth, false)
  }
  if (found.more) out.note('There is more: --limit shows more of it.')
  return EXIT.ok
}

/** One step, further in than what it came of. */
function showLink(out: Output, { message, because, gap }: Link, depth: number, asked: boolean): void {
  const indent = INDENT.repeat(depth)
  if (gap) out.line(out.dim(`${indent}… ${because === null ? 'caused by' : 'by way of'} what you may not read, or what is gone`))
  const head = safeLine(`${message.kind} from ${peerName(message.from)} ${relativeTime(message.at, out.now)}`)
  out.line(`${indent}${asked ? out.bold(head) : head}  ${out.dim(message.id)}`)
  out.line(`${indent}${INDENT}${clip(safeLine(message.body), SHOWN_BODY_CHARS)}`)
}
