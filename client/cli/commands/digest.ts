import type { Change, Need, Output as Result } from '../../../src/contract/index.ts'
import { expectWords } from '../arguments.ts'
import { showNeeds } from '../attention/table.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { asPeer } from '../open-caller.ts'
import type { Output } from '../output.ts'
import { peerName } from '../show.ts'
import { plural, safeLine } from '../text.ts'
import { relativeTime } from '../when.ts'

export const command: Command = {
  usage: ['digest [--since <cursor>] [--limit <count>] [--peek]'],
  about: [
    'What needs you, the most urgent first, each with the command for it, and what others have changed since your last digest: peers that came and',
    'went, threads, schedules that failed, reviews. What it has shown counts as read, and the next one begins there; with --peek it does not.',
  ],
  flags: {
    since: { type: 'string', value: 'cursor', summary: 'Since this event, in place of your last digest' },
    limit: { type: 'string', value: 'count', summary: 'Of what needs you, at most so much (20)' },
    peek: { type: 'boolean', summary: 'Do not count it as read' },
  },
  examples: [
    ['muster digest', 'since you looked last'],
    ['muster digest --peek --json', 'for a program that keeps the cursor itself'],
  ],
  run: digest,
}

const SHOWN = 20

async function digest(invocation: Invocation): Promise<number> {
  const { flags, words, out } = invocation
  expectWords(words, [], 'digest')
  const since = flags.text('since')
  const input = { limit: flags.count('limit', { min: 1, max: 50 }) ?? SHOWN, ...(since !== undefined && { since }) }
  return await asPeer(invocation, async ({ call }) => {
    const found = await call('digest.get', input)
    if (out.json) out.document({ ...found })
    else show(out, found)
    if (!flags.on('peek')) await call('digest.seen', { cursor: found.cursor })
    return EXIT.ok
  })
}

function show(out: Output, { needsYou, needs, waiting, changed, expired, complete }: Result<'digest.get'>): void {
  const rows = needsYou.map((need) => ({ says: safeLine(`${need.says}${timeOf(need, out.now)}`), command: commandFor(need) }))
  if (waiting > 0) rows.push({ says: `${plural(waiting, 'message')} in your inbox`, command: 'inbox' })
  showNeeds(out, rows)
  if (needs > needsYou.length) out.note(`and ${needs - needsYou.length} more; --limit shows them.`)
  if (changed.length > 0) {
    out.line()
    out.table(
      ['CHANGED', 'COUNT', 'NEWEST'],
      changed.map((each) => [each.kind.replace('_', ' '), each.count, newestOf(each)]),
    )
  }
  if (expired) out.note('What happened before the oldest event that is kept is not shown.')
  if (!complete) out.note('More happened than can be looked at: the counts are of the newest.')
}

function newestOf({ kind, newest }: Change): string {
  const named = newest.map(({ id, says }) => (kind === 'opened' || kind === 'closed' ? `${id} ${says}` : says === '' ? id : says))
  return safeLine(named.join('; '))
}

function timeOf({ kind, at }: Need, now: number): string {
  if (at === null) return ''
  return kind === 'owed' ? `, due ${relativeTime(at, now)}` : kind === 'parked' ? ` until ${relativeTime(at, now)}` : `, ${relativeTime(at, now)}`
}

/** The command that deals with it, without the leading `muster`. */
function commandFor({ kind, id, peers }: Need): string {
  switch (kind) {
    case 'card':
      return `decide show ${id}`
    case 'owed':
      return `answer ${id} "…"`
    case 'ended':
      return id?.startsWith('fan_') ? `fan ${id}` : `thread ${id}`
    case 'breached':
      return `watchdog history ${id}`
    case 'review':
      return `review show ${id}`
    case 'dead':
      return `trace ${id}`
    case 'parked':
      return `pairs release ${peers.map(peerName).join(' ')}`
  }
}
