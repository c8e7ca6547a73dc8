import type { Event, NotificationParams } from '../../../src/contract/index.ts'
import { EventStream } from '../../events.ts'
import { expectWords } from '../arguments.ts'
import type { Caller } from '../caller.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { openReader } from '../open-caller.ts'
import { eventLine } from '../show.ts'

const MAX_PAGE = 200
/** A follower outlasts a restart of the daemon and goes on where it was. */
const PATIENCE_MS = 600_000

export const command: Command = {
  usage: ['events [--after <cursor>|--before <cursor>] [--types <list>]', 'events --follow [--after <cursor>] [--types <list>]'],
  about: [
    'What happened, from the append-only log; never what was said. Without --after, the newest page. --follow prints each event as it',
    'happens until Ctrl-C, with --after or --limit from there on, and misses none across a restart of the daemon.',
  ],
  flags: {
    follow: { type: 'boolean', short: 'F', summary: 'Go on printing until Ctrl-C' },
    after: { type: 'string', value: 'cursor', summary: 'Begin behind this event' },
    types: { type: 'string', value: 'list', summary: 'Whole types or first words: thread,peer.renamed' },
    before: { type: 'string', value: 'cursor', summary: 'The page before this event' },
    limit: { type: 'string', value: 'count', summary: 'At most so many (50)' },
  },
  examples: [
    ['muster events', 'the newest'],
    ['muster events --follow --types thread', 'watch asks come and go'],
    ['muster events --follow --json', 'one JSON document a line'],
  ],
  run: events,
}

async function events(invocation: Invocation): Promise<number> {
  const { flags, words } = invocation
  expectWords(words, [], 'events [flags]')
  const limit = flags.count('limit', { min: 1, max: MAX_PAGE })
  const types = flags.list('types')
  const after = flags.text('after')
  const input = { ...(limit !== undefined && { limit }), ...(types && { types: [...types] }), ...(after !== undefined && { after }) }
  const before = flags.text('before')
  if (before !== undefined && (after !== undefined || flags.on('follow'))) throw usageError('--before stands by itself', 'Leave out --after and --follow.')
  if (flags.on('follow')) return await follow(invocation, input)
  const caller = await openReader(invocation)
  await list(invocation, caller, { ...input, ...(before !== undefined && { before }) }).finally(caller.close)
  return EXIT.ok
}

interface Wanted {
  readonly limit?: number
  readonly types?: string[]
  readonly after?: string
  readonly before?: string
}

async function list({ out }: Invocation, { call }: Caller, input: Wanted): Promise<void> {
  const { events, cursor, more, before } = await call('events.list', input)
  if (out.json) return out.document({ events, cursor, more, before })
  for (const event of events) out.line(eventLine(out, event))
  if (events.length === 0) out.note('No such event.')
  if (more) out.note(`There are more: --after ${cursor}`)
  if (before !== null) out.note(`There are older ones: --before ${before}`)
}

async function follow(invocation: Invocation, input: Wanted): Promise<number> {
  const signal = invocation.environment.interrupted()
  const streams = new Set<EventStream>()
  const caller = await openReader(invocation, {
    patienceMs: PATIENCE_MS,
    onOnline: () => {
      for (const stream of streams) stream.onOnline()
    },
    onNotification: (method, params) => {
      if (method === 'events.event') for (const stream of streams) stream.onEvent(params as NotificationParams<'events.event'>)
    },
    onLost: (error) => {
      for (const stream of streams) stream.end(error)
    },
  })
  try {
    const after = input.after ?? (await printNewest(invocation, caller, input))
    invocation.out.note(`Following from ${after} on; Ctrl-C ends it.`)
    const { types } = input
    for await (const event of new EventStream(caller.requests, streams, { after, ...(types && { types }), signal })) print(invocation, event)
    return EXIT.ok
  } finally {
    await caller.close()
  }
}

/** What came before where it was asked for, and the cursor from which to follow. */
async function printNewest(invocation: Invocation, { call }: Caller, input: Wanted): Promise<string> {
  const { events, cursor } = await call('events.list', { limit: 1, ...input })
  if (input.limit !== undefined) for (const event of events) print(invocation, event)
  return cursor
}

function print({ out }: Invocation, event: Event): void {
  if (out.json) out.document({ event })
  else out.line(eventLine(out, event))
}
