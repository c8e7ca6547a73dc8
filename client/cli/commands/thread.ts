import type { Input } from '../../../src/contract/index.ts'
import { expectId, expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { openPeer, openReader } from '../open-caller.ts'
import { showMessage, showThread, showThreads } from '../show.ts'

const STATES = ['open', 'answered', 'declined', 'cancelled', 'expired', 'failed', 'notice'] as const
const MAX_PAGE = 200

export const command: Command = {
  usage: ['thread [list] [--theirs] [--state <state>]', 'thread [show] <thread>', 'thread <thread> --cancel [--reason <text>]'],
  about: [
    'Without an id, the threads you opened (with --theirs, those you were sent), newest first. With one, its state and its messages in',
    'order. --cancel withdraws an ask of your own; one that has ended already stays as it is.',
  ],
  flags: {
    theirs: { type: 'boolean', summary: 'The threads you were sent' },
    state: { type: 'string', value: 'state', summary: `Only ${STATES.join(', ')}`, values: STATES },
    cancel: { type: 'boolean', summary: 'Withdraw the ask' },
    reason: { type: 'string', value: 'text', summary: 'Why it is withdrawn' },
    limit: { type: 'string', value: 'count', summary: 'At most so many threads or messages (50)' },
    before: { type: 'string', value: 'id', summary: 'Continue before this thread or message' },
  },
  examples: [
    ['muster thread --state open', 'what you wait for'],
    ['muster thread --theirs --state open', 'what others wait for from you'],
    ['muster thread thr_k7qm2x1', 'one conversation'],
    ['muster thread thr_k7qm2x1 --cancel --reason "found it"', 'withdraw an ask'],
  ],
  run: thread,
}

async function thread(invocation: Invocation): Promise<number> {
  const { flags, words } = invocation
  const [first, ...rest] = words
  // An id contains an underscore, so it is never one of these words.
  const given = first === 'list' || first === 'show' ? rest : words
  if (first === 'list' || (first === undefined && !flags.on('cancel'))) expectWords(given, [], 'thread list [flags]')
  else expectWords(given, ['thread'], flags.on('cancel') ? 'thread <thread> --cancel' : 'thread show <thread>')
  const [id] = given
  if (flags.text('reason') !== undefined && !flags.on('cancel'))
    throw usageError('--reason needs --cancel', 'Only an ask that is withdrawn takes a reason here.')
  if (id === undefined) return await list(invocation)
  expectId(id, ['thread'])
  return flags.on('cancel') ? await cancel(invocation, id) : await show(invocation, id)
}

async function list(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const state = flags.choice('state', STATES)
  const input: Input<'threads.list'> = { side: flags.on('theirs') ? 'theirs' : 'mine', ...page(invocation), ...(state && { state }) }
  const caller = await openPeer(invocation)
  const { threads, before } = await caller.call('threads.list', input).finally(caller.close)
  if (out.json) {
    out.document({ threads, before })
    return EXIT.ok
  }
  if (threads.length === 0) out.note('There is no such thread.')
  else showThreads(out, threads)
  if (before !== null) out.note(`There are more: --before ${before}`)
  return EXIT.ok
}

async function show(invocation: Invocation, id: string): Promise<number> {
  const { out } = invocation
  const input = { thread: id, ...page(invocation) }
  const caller = await openReader(invocation)
  const found = await caller.call('threads.get', input).finally(caller.close)
  if (out.json) {
    out.document({ ...found })
    return EXIT.ok
  }
  showThread(out, found.thread)
  for (const message of found.messages) {
    out.line()
    showMessage(out, message)
  }
  if (found.before !== null) out.note(`There are earlier ones: --before ${found.before}`)
  return EXIT.ok
}

async function cancel(invocation: Invocation, id: string): Promise<number> {
  const { flags, out } = invocation
  const reason = flags.text('reason')
  const caller = await openPeer(invocation)
  const { thread, changed } = await caller.call('threads.cancel', { thread: id, ...(reason !== undefined && { reason }) }).finally(caller.close)
  if (out.json) out.document({ thread, changed })
  else out.line(changed ? `Cancelled ${id}.` : `${id} was ${thread.state} already and stays so.`)
  return EXIT.ok
}

function page({ flags }: Invocation): { readonly limit?: number; readonly before?: string } {
  const limit = flags.count('limit', { min: 1, max: MAX_PAGE })
  const before = flags.text('before')
  return { ...(limit !== undefined && { limit }), ...(before !== undefined && { before }) }
}
