import type { Fan, Input } from '../../../src/contract/index.ts'
import { decodeId } from '../../../src/ids.ts'
import { LIMITS } from '../../../src/limits.ts'
import { expectId, expectWords } from '../arguments.ts'
import { PATIENCE_MS, TERM_FLAGS, termsOf } from '../asking.ts'
import { fileFlag, readBody } from '../body.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { ackNotice, awaitFan, exitOfFan, readFan, showFan } from '../fan-result.ts'
import { openPeer } from '../open-caller.ts'
import { noteReach, noteRefused } from '../sending.ts'
import { relativeTime } from '../when.ts'

const MAX_PAGE = 200

export const command: Command = {
  usage: ['fan <to>[,<to>…] <body> [flags]', 'fan [show] <fan>', 'fan <fan> --cancel [--reason <text>]', 'fan list'],
  about: [
    'Asks many the same and waits until all have ended, or with --enough until so many have answered; then the other asks are cancelled. The',
    'answers go to stdout, each under its name. At the --deadline the result is what there is; a late answer comes to the inbox. With the id',
    'of a fan, shows how it is. The exit status is 0 where all, or enough, answered; else that of the first ask without an answer.',
  ],
  flags: {
    file: fileFlag('body'),
    ...TERM_FLAGS,
    enough: { type: 'string', value: 'count', summary: 'So many answers are enough' },
    timeout: { type: 'string', value: 'duration', summary: 'How long to wait here (until the deadline)' },
    'no-wait': { type: 'boolean', summary: "Print the fan's id and do not wait" },
    cancel: { type: 'boolean', summary: 'Withdraw what is open of the fan' },
    reason: { type: 'string', value: 'text', summary: 'Why it is withdrawn' },
    limit: { type: 'string', value: 'count', summary: 'At most so many fans (50)' },
    before: { type: 'string', value: 'id', summary: 'Continue before this fan' },
  },
  examples: [
    ['muster fan impl,reviewer "What is wrong with lib/retry?"', 'both, and wait for both'],
    ['muster fan cap:review "Who takes fix-142?" --enough 1', 'the first answer is enough'],
    ['muster fan circle:main - --deadline 10m < question.md', 'everybody, with what came in ten minutes'],
    ['muster fan fan_k7qm2x1', 'how it is, and what came so far'],
  ],
  run: fan,
}

async function fan(invocation: Invocation): Promise<number> {
  const { flags, words } = invocation
  const [first, ...rest] = words
  const given = first === 'show' && rest.length === 1 ? rest : words
  const isList = first === 'list' && rest.length === 0 && flags.text('file') === undefined
  if (isList) return await list(invocation)
  if (flags.on('cancel')) {
    expectWords(given, ['fan'], 'fan <fan> --cancel')
    return await cancel(invocation, expectId(given[0] ?? '', ['fan']))
  }
  if (flags.text('reason') !== undefined) throw usageError('--reason needs --cancel', 'Only a fan that is withdrawn takes a reason here.')
  if (given.length === 1 && decodeId(given[0] ?? '')?.kind === 'fan') return await show(invocation, given[0] ?? '')
  expectWords(words, ['to', 'body?'], 'fan <to>[,<to>…] <body>')
  return await open(invocation)
}

async function open(invocation: Invocation): Promise<number> {
  const { flags, words, out, environment } = invocation
  const timeoutMs = flags.duration('timeout')
  const waits = !flags.on('no-wait')
  if (timeoutMs !== undefined && !waits) throw usageError('--timeout and --no-wait exclude each other', 'Say which of the two.')
  const enough = flags.count('enough', { min: 1, max: LIMITS.maxFanAsks })
  const to = (words[0] ?? '').split(',').filter((part) => part !== '')
  const options: Omit<Input<'fans.open'>, 'body'> = { to, ...termsOf(invocation), ...(enough !== undefined && { enough }) }
  const body = await readBody({ word: words[1], file: flags.text('file'), what: 'body' }, environment)
  const caller = await openPeer(invocation, { patienceMs: waits ? PATIENCE_MS : 0 })
  try {
    const signal = waits ? environment.interrupted() : undefined
    const { fan, sent, refused } = await caller.call('fans.open', { ...options, body }, signal && { signal })
    for (const one of sent) noteReach(out, one)
    if (!signal) {
      noteRefused(out, refused)
      if (out.json) out.document({ ...(await readFan(caller, fan.id)) })
      else out.line(fan.id)
      return EXIT.ok
    }
    const awaited = await awaitFan(out, caller, fan.id, { timeoutMs, signal })
    showFan(out, awaited)
    if (out.json) out.document({ fan: awaited.fan, outcomes: awaited.outcomes, refused: awaited.refused })
    if (awaited.waited === 'closed') await ackNotice(out, caller, awaited.fan)
    return exitOfFan(awaited)
  } finally {
    await caller.close()
  }
}

/** How it is now. One that has ended counts as read. */
async function show(invocation: Invocation, id: string): Promise<number> {
  const { out } = invocation
  const caller = await openPeer(invocation)
  try {
    const found = { ...(await readFan(caller, id)), waited: 'closed' } as const
    if (out.json) out.document({ fan: found.fan, outcomes: found.outcomes, refused: found.refused })
    else {
      showFields(invocation, found.fan)
      showFan(out, found)
    }
    await ackNotice(out, caller, found.fan)
    return EXIT.ok
  } finally {
    await caller.close()
  }
}

async function cancel(invocation: Invocation, id: string): Promise<number> {
  const { flags, out } = invocation
  const reason = flags.text('reason')
  const caller = await openPeer(invocation)
  const { fan, changed } = await caller.call('fans.cancel', { fan: id, ...(reason !== undefined && { reason }) }).finally(caller.close)
  if (out.json) out.document({ fan, changed })
  else out.line(changed ? `Cancelled ${id}: ${countsOf(fan)}.` : `${id} was ${fan.state} already and stays so.`)
  return EXIT.ok
}

async function list(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const limit = flags.count('limit', { min: 1, max: MAX_PAGE })
  const before = flags.text('before')
  const caller = await openPeer(invocation)
  const page = await caller.call('fans.list', { ...(limit !== undefined && { limit }), ...(before !== undefined && { before }) }).finally(caller.close)
  if (out.json) {
    out.document({ ...page })
    return EXIT.ok
  }
  if (page.fans.length === 0) out.note('You have opened no fan.')
  const rows = page.fans.map((fan) => [fan.id, fan.state, relativeTime(fan.openedAt, out.now), relativeTime(fan.deadlineAt, out.now), countsOf(fan)])
  if (rows.length > 0) out.table(['FAN', 'STATE', 'OPENED', 'DEADLINE', 'ASKS'], rows)
  if (page.before !== null) out.note(`There are more: --before ${page.before}`)
  return EXIT.ok
}

function showFields({ out }: Invocation, fan: Fan): void {
  out.fields([
    ['fan', fan.id],
    ['state', fan.state],
    ['asks', countsOf(fan)],
    ['opened', relativeTime(fan.openedAt, out.now)],
    ...(fan.endedAt === null ? ([['deadline', relativeTime(fan.deadlineAt, out.now)]] as const) : ([['ended', relativeTime(fan.endedAt, out.now)]] as const)),
    ...(fan.enough === null ? [] : ([['enough', fan.enough]] as const)),
    ...(fan.reason === null ? [] : ([['reason', fan.reason]] as const)),
  ])
}

function countsOf({ counts }: Fan): string {
  const named = Object.entries(counts).flatMap(([name, count]) => (count > 0 ? `${count} ${name}` : []))
  return named.join(', ')
}
