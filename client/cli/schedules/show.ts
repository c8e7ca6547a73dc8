import type { Occurrence, Output as Result, Schedule } from '../../../src/contract/index.ts'
import type { Output } from '../output.ts'
import { peerName } from '../show.ts'
import { safeLine } from '../text.ts'
import { relativeTime } from '../when.ts'

type Preview = Result<'schedules.preview'>

export function showSchedules(out: Output, schedules: readonly Schedule[]): void {
  out.table(
    ['SCHEDULE', 'STATE', 'NEXT', 'RULE', 'FOR', 'SAYS'],
    schedules.map((each) => [each.id, each.state, relativeTime(each.nextAt, out.now), ruleText(each), each.to, each.label ?? each.body]),
  )
}

export function showSchedule(out: Output, each: Schedule): void {
  out.fields([
    ['schedule', each.label === null ? each.id : `${each.id} (${each.label})`],
    ['state', each.reason === null ? each.state : `${each.state}: ${each.reason}`],
    ['rule', `${ruleText(each)} (${each.zone})`],
    ['next', each.nextAt === null ? '-' : `${each.nextAt} (${relativeTime(each.fireAt, out.now)})`],
    ['from', peerName(each.owner)],
    ['to', each.to],
    ['kind', each.deadline === null ? each.kind : `${each.kind}, to be answered within ${each.deadline}`],
    [
      'if missed',
      [each.missed, each.missed === 'all' && `at most ${each.missedCap}`, each.missedWindow && `within ${each.missedWindow}`].filter(Boolean).join(', '),
    ],
    ['quiet', each.quiet],
    ['only if', each.gates.length === 0 ? null : each.gates.map(gateText).join(', ')],
    ['fired', `${each.runs} times${each.maxRuns === null ? '' : ` of ${each.maxRuns}`}, last ${relativeTime(each.lastAt, out.now)}`],
    ['failures', each.failures === 0 ? null : each.failures],
  ])
  out.line()
  for (const line of each.body.split('\n')) out.line(safeLine(line))
}

export function showHistory(out: Output, occurrences: readonly Occurrence[]): void {
  out.table(
    ['DUE', 'OUTCOME', 'THREAD', 'WHY'],
    occurrences.map((each) => [
      each.untilAt === null ? each.dueAt : `${each.dueAt} to ${each.untilAt}`,
      each.count > 1 ? `${each.outcome} (${each.count} or more)` : each.outcome,
      each.threads.length > 1 ? `${each.threads[0]} and ${each.threads.length - 1} more` : (each.threads[0] ?? '-'),
      each.reason ?? '',
    ]),
  )
}

export function showPreview(out: Output, { zone, occurrences }: Preview): void {
  out.table(
    [zone, 'UTC', 'FROM NOW'],
    occurrences.map(({ at, local }) => [local, at, relativeTime(at, out.now)]),
  )
}

function ruleText({ at, cron, every }: Pick<Schedule, 'at' | 'cron' | 'every'>): string {
  return at !== null ? 'once' : (cron ?? `every ${every}`)
}

function gateText(gate: Schedule['gates'][number]): string {
  const what =
    gate.if === 'silent'
      ? `silent ${gate.for}`
      : gate.if === 'thread_open'
        ? `thread ${gate.thread}`
        : gate.if === 'review_owed'
          ? `review${gate.review === undefined ? '' : ` ${gate.review}`}`
          : gate.if
  return `${gate.not ? 'not ' : ''}${what}${'peer' in gate && gate.peer !== undefined ? ` of ${gate.peer}` : ''}`
}
