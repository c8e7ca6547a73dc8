import { MusterError } from '../../../src/errors.ts'
import { expectId } from '../arguments.ts'
import type { Invocation } from '../command.ts'
import { CONFIRM_FLAGS } from '../confirm.ts'
import { doMany, doOne, type Fate } from '../dead/batch.ts'
import { isEverything, SELECTION_FLAGS, selectDead, selectionOf } from '../dead/selection.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { family } from '../family.ts'
import { pageFlags, pageOf, showList } from '../listing.ts'
import { asReader } from '../open-caller.ts'
import { peerName, showMessage } from '../show.ts'
import { type DeadLetter, showDead } from '../show-trouble.ts'
import { relativeTime } from '../when.ts'

const PAGE = 50
const BATCH_FLAGS = {
  ...SELECTION_FLAGS,
  all: { type: 'boolean', summary: 'Without another choice: every dead letter that you may see' },
  ...CONFIRM_FLAGS,
} as const

export const command = family({
  name: 'dead',
  about: [
    'Dead letters: what could not be delivered after many tries, or whose recipient has retired. A peer sees those of its mailbox and those it sent, the administrator all.',
    '`replay` queues a dead letter again with its counters at zero; `discard` takes it off the list, and its message stays in the thread.',
    'Each takes the id of one, or does it to all that the flags mean: it shows them and asks first.',
  ],
  fallback: 'list',
  actions: {
    list: { summary: 'The dead letters', words: [], flags: { ...SELECTION_FLAGS, ...pageFlags('dead letter', PAGE) }, run: list },
    show: { summary: 'One, with what it says', words: ['dead letter'], run: show },
    replay: { summary: 'Queue one or many again', words: ['dead letter?'], flags: BATCH_FLAGS, run: (invocation) => decide(invocation, 'replay') },
    discard: { summary: 'Take one or many off the list', words: ['dead letter?'], flags: BATCH_FLAGS, run: (invocation) => decide(invocation, 'discard') },
  },
  examples: [
    ['muster dead', 'what could not be delivered'],
    ['muster dead show dlv_k7qm2x4', 'one of them, in full'],
    ['muster dead replay dlv_k7qm2x4', 'try it again'],
    ['muster dead replay --of bob --dry-run', 'what a replay would queue for bob'],
    ['muster dead discard --older-than 168h --yes', 'clear what is a week old'],
  ],
})

async function list(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const selection = selectionOf(invocation)
  const { limit = PAGE, after } = pageOf(flags)
  const dead: DeadLetter[] = []
  const isMore = await asReader(invocation, async (caller) => {
    for await (const letter of selectDead(caller, selection, out.now, after)) {
      if (dead.length === limit) return true
      dead.push(letter)
    }
    return false
  })
  const next = isMore ? (dead.at(-1)?.delivery.id ?? null) : null
  const none = isEverything(selection) ? 'There are no dead letters.' : 'No dead letter fits.'
  return showList(out, { document: { dead, after: next }, rows: dead, show: showDead, none, after: next })
}

async function show(invocation: Invocation): Promise<number> {
  const { out, words } = invocation
  const id = expectId(words[0] ?? '', ['delivery'])
  const { message, thread, deliveries } = await asReader(invocation, ({ call }) => call('threads.trace', { id }))
  const delivery = deliveries.find((one) => one.id === id)
  if (delivery?.state !== 'dead') {
    throw new MusterError(
      'not_found',
      { hint: `It is ${delivery?.state ?? 'not to be seen'}; muster trace ${id} shows its life.` },
      { message: `${id} is no dead letter` },
    )
  }
  if (out.json) {
    out.document({ delivery, message, thread })
    return EXIT.ok
  }
  out.fields([
    ['dead letter', delivery.id],
    ['for', peerName(delivery.to)],
    ['died', relativeTime(delivery.endedAt, out.now)],
    ['reason', delivery.reason],
    ['failures', delivery.failures],
    ['thread', `${thread.id} (${thread.kind}, ${thread.state})`],
  ])
  out.line()
  showMessage(out, message)
  out.note(`Next: muster dead replay ${id}, or muster dead discard ${id}`)
  return EXIT.ok
}

async function decide(invocation: Invocation, fate: Fate): Promise<number> {
  const { words, flags } = invocation
  const [id] = words
  const selection = selectionOf(invocation)
  const isChosen = !isEverything(selection)
  if (id !== undefined) {
    expectId(id, ['delivery'])
    if (isChosen || flags.on('all')) throw usageError('an id and a choice of many exclude each other', `Use: muster dead ${fate} ${id}`)
    return await asReader(invocation, (caller) => doOne(invocation, caller, fate, id))
  }
  if (!isChosen && !flags.on('all'))
    throw usageError('which dead letters?', `Give the id of one, --all, or a choice such as --of <peer>; muster dead lists them.`)
  if (isChosen && flags.on('all')) throw usageError('--all and a choice exclude each other', 'Say which of the two.')
  return await asReader(invocation, (caller) => doMany(invocation, caller, fate, selection))
}
