import type { Gate, Input } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import type { Invocation } from '../command.ts'
import { usageError } from '../failure.ts'
import type { Flag } from '../flags.ts'
import { PRIORITIES, PRIORITY_FLAG } from '../sending.ts'

const MISSED = ['skip', 'once', 'all'] as const
const OVERLAP = ['skip', 'allow'] as const
/** What takes an option away. */
const NONE = 'none'

/** When it comes due. */
export const RULE_FLAGS = {
  at: { type: 'string', value: 'time', summary: 'Once: 10m, "in 2h", 09:00, "tomorrow 9am", "friday 18:30", or RFC 3339' },
  cron: { type: 'string', value: 'pattern', summary: 'By five fields, "0 9 * * 1-5", or @hourly, @daily, @weekly' },
  every: { type: 'string', value: 'interval', summary: 'At a fixed interval: 30m, 12h' },
  zone: { type: 'string', value: 'zone', summary: "IANA time zone of the times (that of the daemon's machine)" },
  start: { type: 'string', value: 'time', summary: 'Nothing recurs before' },
  end: { type: 'string', value: 'time', summary: 'Nothing recurs after' },
  quiet: { type: 'string', value: 'from-to', summary: 'Nothing recurs between these times of day: 22:00-07:00' },
} as const satisfies Record<string, Flag>

/** How it behaves. */
export const HABIT_FLAGS = {
  label: { type: 'string', value: 'text', summary: 'What it is called in lists' },
  ...PRIORITY_FLAG,
  deadline: { type: 'string', value: 'duration', summary: 'How long an ask has to be answered (24h)' },
  missed: { type: 'string', value: 'policy', summary: 'What was missed: skip it, fire once for all (the default), or all', values: MISSED },
  window: { type: 'string', value: 'duration', summary: 'Only what was missed within this fires' },
  cap: { type: 'string', value: 'count', summary: 'With --missed all, so many at most (10)' },
  overlap: { type: 'string', value: 'policy', summary: 'While its last ask is open: skip (the default) or allow', values: OVERLAP },
  jitter: { type: 'string', value: 'duration', summary: 'Fire up to so much later, at random' },
  runs: { type: 'string', value: 'count', summary: 'End after so many' },
  'only-if': {
    type: 'string',
    value: 'gates',
    summary: 'Fire only if: mail, owes, review, "silent 30m", "thread <id>"; "not" before, a comma between, "of <peer>" behind',
  },
} as const satisfies Record<string, Flag>

type Rule = Pick<Input<'schedules.preview'>, 'at' | 'cron' | 'every' | 'zone' | 'startAt' | 'endAt' | 'quiet'>
type Habits = Pick<
  Input<'schedules.edit'>,
  'label' | 'priority' | 'deadline' | 'missed' | 'missedWindow' | 'missedCap' | 'overlap' | 'jitter' | 'maxRuns' | 'gates'
>

/** @throws CliError `usage` */
export function ruleOf({ flags }: Invocation): Rule {
  return given({
    at: flags.text('at'),
    cron: flags.text('cron'),
    every: flags.text('every'),
    zone: flags.text('zone'),
    startAt: flags.text('start'),
    endAt: flags.text('end'),
    quiet: flags.text('quiet'),
  })
}

/** @throws CliError `usage` */
export function habitsOf({ flags }: Invocation): Habits {
  const gates = flags.text('only-if')
  return given({
    label: flags.text('label'),
    priority: flags.choice('priority', PRIORITIES),
    deadline: flags.text('deadline'),
    missed: flags.choice('missed', MISSED),
    missedWindow: flags.text('window'),
    missedCap: flags.count('cap', { min: 1, max: LIMITS.maxMissedFired }),
    overlap: flags.choice('overlap', OVERLAP),
    jitter: flags.text('jitter'),
    maxRuns: flags.count('runs', { min: 1, max: 1_000_000 }),
    gates: gates === undefined ? undefined : gatesOf(gates),
  })
}

/** What `none` takes away in an edit. */
export function takenAway({ flags }: Invocation): Partial<Record<'label' | 'missedWindow' | 'jitter' | 'startAt' | 'endAt' | 'quiet', null>> {
  const names = { label: 'label', window: 'missedWindow', jitter: 'jitter', start: 'startAt', end: 'endAt', quiet: 'quiet' } as const
  const taken = Object.entries(names).filter(([flag]) => flags.text(flag) === NONE)
  return Object.fromEntries(taken.map(([, field]) => [field, null]))
}

const GATE = /^(not )?(?:(mail|owes)|silent (\S+)|thread (\S+)|(review)(?: (rvw_\S+))?)(?: of (\S+))?$/

/** `not owes, silent 30m of bob, thread thr_k7qm2x1`. */
function gatesOf(text: string): Gate[] {
  if (text === NONE) return []
  return text.split(',').map((part) => {
    const [, negation, fact, silence, thread, review, named, peer] = GATE.exec(part.trim()) ?? []
    const not = negation !== undefined
    const of = peer === undefined ? {} : { peer }
    if (fact !== undefined) return { if: fact as 'mail' | 'owes', not, ...of }
    if (silence !== undefined) return { if: 'silent', for: silence, not, ...of }
    if (thread !== undefined && peer === undefined) return { if: 'thread_open', thread, not }
    if (review !== undefined) return { if: 'review_owed', not, ...(named !== undefined && { review: named }), ...of }
    throw usageError(
      `--only-if is no gate: ${part.trim()}`,
      'Expected mail, owes, review, "review <id>", "silent 30m" or "thread <id>", with "not" before or "of <peer>" behind.',
    )
  })
}

function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== NONE)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
