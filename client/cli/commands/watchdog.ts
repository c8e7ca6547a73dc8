import type { Input, Watchdog } from '../../../src/contract/index.ts'
import { decodeId } from '../../../src/ids.ts'
import { parseDuration } from '../../../src/time.ts'
import { expectId } from '../arguments.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { family } from '../family.ts'
import type { Flag } from '../flags.ts'
import { pageFlags, pageOf, showList } from '../listing.ts'
import { asPeer, asReader } from '../open-caller.ts'
import { showBreaches, showWatchdog, showWatchdogs, watchText } from '../watchdogs/show.ts'

const PAGE = 50
const STATES = ['armed', 'breached', 'paused', 'ended'] as const
const CIRCLE = { type: 'string', value: 'circle', summary: 'All of this circle that you may read' } as const satisfies Flag
/** How it tells. */
const HABITS = {
  tell: { type: 'string', value: 'peer', summary: 'Tell this peer, in place of yourself' },
  repeat: { type: 'string', value: 'duration', summary: 'Tell again this often while it lasts (once)' },
  over: { type: 'boolean', summary: 'Tell, too, when it is over' },
  label: { type: 'string', value: 'text', summary: 'What it is called in lists and in notices to you' },
} as const satisfies Record<string, Flag>

export const command = family({
  name: 'watchdog',
  about: [
    'Tells you when a peer has been silent, an ask open, or a review owed, for so long: once for each, in the transaction that finds it. While nothing',
    'is over its time it costs nothing, and when it is over the watchdog is armed again. Without a peer or a thread, `ask` is about every ask of',
    'the circle that you may read; without a review, `review` is about all that are owed in it. What peers could not say while the machine slept or the daemon was down does not count as silence.',
  ],
  fallback: 'list',
  actions: {
    list: {
      summary: 'The watchdogs',
      words: [],
      flags: {
        mine: { type: 'boolean', summary: 'Only your own' },
        state: { type: 'string', value: 'state', summary: `Only ${STATES.join(', ')}`, values: STATES },
        ...pageFlags('watchdog', PAGE),
      },
      run: list,
    },
    silent: { summary: 'When a peer has said nothing for so long', words: ['peer', 'duration'], flags: HABITS, run: silent },
    ask: {
      summary: 'When an ask has been open for so long',
      words: ['peer or thread', 'duration?'],
      flags: {
        from: { type: 'boolean', summary: 'The asks of the peer, in place of those to it' },
        circle: CIRCLE,
        ...HABITS,
      },
      run: ask,
    },
    review: { summary: 'When a review has been owed for so long', words: ['review', 'duration?'], flags: { circle: CIRCLE, ...HABITS }, run: review },
    show: { summary: 'One, in full', words: ['watchdog'], run: show },
    pause: { summary: 'Stop one for now', words: ['watchdog'], flags: { reason: { type: 'string', value: 'text', summary: 'Why' } }, run: pause },
    resume: { summary: 'Let it look again', words: ['watchdog'], run: resume },
    remove: { summary: 'End and forget it', words: ['watchdog'], run: remove },
    history: {
      summary: 'What it found',
      words: ['watchdog'],
      flags: {
        limit: { type: 'string', value: 'count', summary: `At most so many (${PAGE})` },
        before: { type: 'string', value: 'number', summary: 'Continue before this one, the last of the page before' },
      },
      run: history,
    },
  },
  examples: [
    ['muster watchdog silent bob 30m', 'when bob has said nothing for half an hour'],
    ['muster watchdog ask bob 2h --over', 'each ask to bob that is open for two hours, and its end'],
    ['muster watchdog ask thr_k7qm2x1 1h', 'one ask'],
    ['muster watchdog ask 4h --repeat 1d', 'every ask of the circle, daily while it is open'],
    ['muster watchdog review 24h', 'every review that is owed for a day'],
    ['muster watchdog', 'what is watched, and what is over its time'],
  ],
})

async function list(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const state = flags.choice('state', STATES)
  const input = { mine: flags.on('mine'), limit: PAGE, ...(state && { state }), ...pageOf(flags) }
  const { watchdogs, after } = await asReader(invocation, ({ call }) => call('watchdogs.list', input))
  return showList(out, { document: { watchdogs, after }, rows: watchdogs, show: showWatchdogs, none: 'There are no watchdogs.', after })
}

async function silent(invocation: Invocation): Promise<number> {
  const [peer = '', span = ''] = invocation.words
  return await create(invocation, { on: 'silence', peer, for: durationOf(span) })
}

async function ask(invocation: Invocation): Promise<number> {
  const { flags, words } = invocation
  const [target = '', span] = words
  const circle = flags.text('circle')
  if (span === undefined) {
    if (flags.on('from')) throw usageError('--from needs a peer', 'Use: muster watchdog ask <peer> <duration> --from')
    return await create(invocation, { on: 'ask', for: durationOf(target), ...(circle !== undefined && { circle }) })
  }
  if (circle !== undefined) throw usageError('--circle goes without a peer or a thread', 'Use: muster watchdog ask <duration> --circle <circle>')
  const base = { on: 'ask' as const, for: durationOf(span) }
  if (decodeId(target)?.kind !== 'thread') return await create(invocation, { ...base, peer: target, ...(flags.on('from') && { side: 'from' }) })
  if (flags.on('from')) throw usageError('--from needs a peer', 'A thread is one ask.')
  return await create(invocation, { ...base, thread: target })
}

async function review(invocation: Invocation): Promise<number> {
  const [target = '', span] = invocation.words
  const circle = invocation.flags.text('circle')
  if (span === undefined) return await create(invocation, { on: 'review', for: durationOf(target), ...(circle !== undefined && { circle }) })
  if (circle !== undefined) throw usageError('--circle goes without a review', 'Use: muster watchdog review <duration> --circle <circle>')
  return await create(invocation, { on: 'review', review: expectId(target, ['review']), for: durationOf(span) })
}

async function create(invocation: Invocation, watched: Input<'watchdogs.create'>): Promise<number> {
  const { flags, out } = invocation
  const [tells, repeat, label] = [flags.text('tell'), flags.text('repeat'), flags.text('label')]
  const input = {
    ...watched,
    over: flags.on('over'),
    ...(tells !== undefined && { tells }),
    ...(repeat !== undefined && { repeat: durationOf(repeat) }),
    ...(label !== undefined && { label }),
  }
  const { watchdog } = await asPeer(invocation, ({ call }) => call('watchdogs.create', input))
  return tell(invocation, watchdog, `${watchdog.id} is ${watchdog.state}: ${watchText(watchdog)}.${out.json ? '' : toldText(watchdog)}`)
}

function toldText({ owner, tells }: Watchdog): string {
  return owner.id === tells.id ? '' : ` ${tells.name} is told.`
}

async function show(invocation: Invocation): Promise<number> {
  const named = one(invocation)
  const { watchdog } = await asReader(invocation, ({ call }) => call('watchdogs.get', named))
  if (invocation.out.json) invocation.out.document({ watchdog })
  else showWatchdog(invocation.out, watchdog)
  return EXIT.ok
}

async function pause(invocation: Invocation): Promise<number> {
  const reason = invocation.flags.text('reason')
  const named = one(invocation)
  const { watchdog } = await asReader(invocation, ({ call }) => call('watchdogs.pause', { ...named, ...(reason !== undefined && { reason }) }))
  return tell(invocation, watchdog, `${watchdog.id} is paused. muster watchdog resume ${watchdog.id} lets it look again.`)
}

async function resume(invocation: Invocation): Promise<number> {
  const named = one(invocation)
  const { watchdog } = await asReader(invocation, ({ call }) => call('watchdogs.resume', named))
  return tell(invocation, watchdog, `${watchdog.id} is ${watchdog.state}.`)
}

async function remove(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const input = one(invocation)
  const { deleted } = await asReader(invocation, ({ call }) => call('watchdogs.delete', input))
  if (out.json) out.document({ deleted })
  else out.line(`${input.watchdog} is gone, with its history.`)
  return EXIT.ok
}

async function history(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const limit = flags.count('limit', { min: 1, max: 200 }) ?? PAGE
  const from = flags.count('before', { min: 1, max: Number.MAX_SAFE_INTEGER })
  const input = { ...one(invocation), limit, ...(from !== undefined && { before: from }) }
  const { breaches, before } = await asReader(invocation, ({ call }) => call('watchdogs.history', input))
  const status = showList(out, { document: { breaches, before }, rows: breaches, show: showBreaches, none: 'It has found nothing yet.' })
  if (before !== null && !out.json) out.note(`There are more: --before ${before}`)
  return status
}

function one({ words }: Invocation): { readonly watchdog: string } {
  return { watchdog: expectId(words[0] ?? '', ['watchdog']) }
}

function durationOf(word: string): string {
  if (parseDuration(word) !== undefined) return word
  throw usageError(`"${word}" is no duration`, 'Expected one like 30m, 2h or 1d.')
}

function tell({ out }: Invocation, watchdog: Watchdog, line: string): number {
  if (out.json) out.document({ watchdog })
  else out.line(line)
  return EXIT.ok
}
