import type { Schedule } from '../../../src/contract/index.ts'
import { expectId } from '../arguments.ts'
import { fileFlag, readBody } from '../body.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { family } from '../family.ts'
import { pageFlags, pageOf, showList } from '../listing.ts'
import { asPeer, asReader } from '../open-caller.ts'
import { HABIT_FLAGS, habitsOf, RULE_FLAGS, ruleOf, takenAway } from '../schedules/options.ts'
import { showHistory, showPreview, showSchedule, showSchedules } from '../schedules/show.ts'
import { noteRefused, SELECT_FLAGS, selectOf } from '../sending.ts'
import { relativeTime } from '../when.ts'

const PAGE = 50
const STATES = ['active', 'paused', 'ended'] as const
const FILE = { file: fileFlag('text') }

export const command = family({
  name: 'schedule',
  about: [
    'Has a message sent at a time, by a cron pattern or at an interval. Each due time fires once, whatever becomes of the daemon meanwhile;',
    'what was missed while it was down is shown, and by default made up for by one message. `--me` in place of a peer sends to yourself.',
  ],
  fallback: 'list',
  actions: {
    list: {
      summary: 'The schedules',
      words: [],
      flags: {
        mine: { type: 'boolean', summary: 'Only your own' },
        state: { type: 'string', value: 'state', summary: `Only ${STATES.join(', ')}`, values: STATES },
        ...pageFlags('schedule', PAGE),
      },
      run: list,
    },
    add: {
      summary: 'Make one',
      words: ['to?', 'text?'],
      flags: {
        me: { type: 'boolean', summary: 'To yourself' },
        ask: { type: 'boolean', summary: 'An ask, which must be answered, in place of a notify' },
        ...RULE_FLAGS,
        ...HABIT_FLAGS,
        ...SELECT_FLAGS,
        ...FILE,
      },
      run: add,
    },
    show: { summary: 'One, in full', words: ['schedule'], run: show },
    edit: { summary: 'Change one; "none" takes an option away', words: ['schedule', 'text?'], flags: { ...RULE_FLAGS, ...HABIT_FLAGS, ...FILE }, run: edit },
    pause: {
      summary: 'Stop one for now',
      words: ['schedule'],
      flags: { reason: { type: 'string', value: 'text', summary: 'Why' } },
      run: pause,
    },
    resume: { summary: 'Let it go on from now', words: ['schedule'], run: (invocation) => change(invocation, 'resume') },
    run: { summary: 'Fire it now, beside its plan', words: ['schedule'], run: fire },
    remove: { summary: 'End and forget it', words: ['schedule'], run: remove },
    history: {
      summary: 'What became of its due times',
      words: ['schedule'],
      flags: { limit: { type: 'string', value: 'count', summary: `At most so many (${PAGE})` } },
      run: history,
    },
    preview: {
      summary: 'When a rule, or one there is, comes due next',
      words: ['schedule?'],
      flags: { ...RULE_FLAGS, count: { type: 'string', value: 'count', summary: 'So many (5)' } },
      run: preview,
    },
  },
  examples: [
    ['muster schedule add bob "Is it green?" --cron "0 9 * * 1-5"', 'every working day'],
    ['muster schedule add --me "Look again." --every 30m --only-if mail', 'a check-in that costs nothing while nothing waits'],
    ['muster schedule add bob "Still on it?" --every 1h --only-if "silent 45m, owes"', 'a nudge for who owes an answer and is silent'],
    ['muster schedule', 'what is planned'],
    ['muster schedule preview --cron "30 2 * * *" --zone Europe/Berlin', 'what happens when clocks change'],
    ['muster schedule pause sch_k7qm2x4', 'not now'],
  ],
})

async function list(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const state = flags.choice('state', STATES)
  const input = { mine: flags.on('mine'), limit: PAGE, ...(state && { state }), ...pageOf(flags) }
  const { schedules, after } = await asReader(invocation, ({ call }) => call('schedules.list', input))
  return showList(out, { document: { schedules, after }, rows: schedules, show: showSchedules, none: 'There are no schedules.', after })
}

async function add(invocation: Invocation): Promise<number> {
  const { flags, words, environment } = invocation
  // To oneself there is no address: the first word is the text.
  const [to, word] = flags.on('me') ? [undefined, words[0]] : words
  const select = selectOf(flags)
  const body = await readBody({ word, file: flags.text('file'), what: 'text' }, environment)
  const base = { body, kind: flags.on('ask') ? ('ask' as const) : ('notify' as const), ...ruleOf(invocation), ...habitsOf(invocation) }
  const input = { ...base, ...(to !== undefined && { to }), ...(select && { select }) } as Parameters<typeof create>[1]
  return await create(invocation, input)
}

async function create(invocation: Invocation, input: { readonly body: string; readonly kind: 'ask' | 'notify'; readonly to?: string }): Promise<number> {
  const { schedule } = await asPeer(invocation, ({ call }) => call('schedules.create', input))
  return tell(invocation, schedule, `${schedule.id} comes due ${relativeTime(schedule.nextAt, invocation.out.now)}: ${schedule.nextAt}`)
}

async function show(invocation: Invocation): Promise<number> {
  const named = one(invocation)
  const { schedule } = await asReader(invocation, ({ call }) => call('schedules.get', named))
  if (invocation.out.json) invocation.out.document({ schedule })
  else showSchedule(invocation.out, schedule)
  return EXIT.ok
}

async function edit(invocation: Invocation): Promise<number> {
  const { flags, words, environment } = invocation
  const [, word] = words
  const file = flags.text('file')
  const body = word === undefined && file === undefined ? {} : { body: await readBody({ word, file, what: 'text' }, environment) }
  const input = { ...one(invocation), ...body, ...ruleOf(invocation), ...habitsOf(invocation), ...takenAway(invocation) }
  const { schedule } = await asReader(invocation, ({ call }) => call('schedules.edit', input))
  return tell(invocation, schedule, `${schedule.id} is changed; it comes due ${relativeTime(schedule.nextAt, invocation.out.now)}.`)
}

async function pause(invocation: Invocation): Promise<number> {
  const reason = invocation.flags.text('reason')
  const named = one(invocation)
  const { schedule } = await asReader(invocation, ({ call }) => call('schedules.pause', { ...named, ...(reason !== undefined && { reason }) }))
  return tell(invocation, schedule, `${schedule.id} is paused. muster schedule resume ${schedule.id} lets it go on.`)
}

async function change(invocation: Invocation, what: 'resume'): Promise<number> {
  const named = one(invocation)
  const { schedule } = await asReader(invocation, ({ call }) => call(`schedules.${what}`, named))
  return tell(invocation, schedule, `${schedule.id} comes due ${relativeTime(schedule.nextAt, invocation.out.now)}: ${schedule.nextAt}`)
}

async function fire(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const named = one(invocation)
  const { schedule, occurrence, refused } = await asReader(invocation, ({ call }) => call('schedules.run', named))
  if (out.json) {
    out.document({ schedule, occurrence, refused })
    return EXIT.ok
  }
  if (occurrence.outcome === 'fired') out.line(`Sent: ${occurrence.threads.join(', ')}`)
  else out.line(`Not sent: ${occurrence.reason ?? occurrence.outcome}`)
  noteRefused(out, refused)
  return occurrence.outcome === 'fired' ? EXIT.ok : EXIT.failure
}

async function remove(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const input = one(invocation)
  const { deleted } = await asReader(invocation, ({ call }) => call('schedules.delete', input))
  if (out.json) out.document({ deleted })
  else out.line(`${input.schedule} is gone, with its history.`)
  return EXIT.ok
}

async function history(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const limit = flags.count('limit', { min: 1, max: 200 }) ?? PAGE
  const named = one(invocation)
  const { occurrences, before } = await asReader(invocation, ({ call }) => call('schedules.history', { ...named, limit }))
  return showList(out, { document: { occurrences, before }, rows: occurrences, show: showHistory, none: 'It has not come due yet.' })
}

async function preview(invocation: Invocation): Promise<number> {
  const { flags, out, words } = invocation
  const count = flags.count('count', { min: 1, max: 50 })
  const input = { ...(words.length > 0 && one(invocation)), ...ruleOf(invocation), ...(count !== undefined && { count }) }
  const found = await asReader(invocation, ({ call }) => call('schedules.preview', input))
  if (out.json) out.document({ ...found })
  else if (found.occurrences.length === 0) out.note('It never comes due again.')
  else showPreview(out, found)
  return EXIT.ok
}

function one({ words }: Invocation): { readonly schedule: string } {
  return { schedule: expectId(words[0] ?? '', ['schedule']) }
}

function tell({ out }: Invocation, schedule: Schedule, line: string): number {
  if (out.json) out.document({ schedule })
  else out.line(line)
  return EXIT.ok
}
