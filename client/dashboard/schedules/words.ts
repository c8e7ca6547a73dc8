import cronstrue from 'cronstrue'
import type { Output } from '../../browser.ts'
import type { Schedule } from './draft.ts'

export type Occurrence = Output<'schedules.history'>['occurrences'][number]

const SHORTHANDS: Readonly<Record<string, string>> = {
  '@hourly': 'Every hour',
  '@daily': 'Every day at midnight',
  '@weekly': 'Every Sunday at midnight',
  '@monthly': 'On the first of each month at midnight',
  '@yearly': 'On the first of January at midnight',
}
const UNITS: Readonly<Record<string, readonly [string, string]>> = {
  s: ['second', 'seconds'],
  m: ['minute', 'minutes'],
  h: ['hour', 'hours'],
  d: ['day', 'days'],
}

/** When it fires, in words: "Every 15 minutes", "At 09:00, Monday through Friday", "Once". */
export function ruleOf({ at, cron, every }: Pick<Schedule, 'at' | 'cron' | 'every'>): string {
  if (every !== null) return everyOf(every)
  if (cron !== null) return SHORTHANDS[cron] ?? cronOf(cron)
  return at === null ? '' : 'Once'
}

function everyOf(every: string): string {
  const [, number, unit] = /^(\d+)([smhd])$/.exec(every) ?? []
  const words = UNITS[unit ?? '']
  if (number === undefined || !words) return `Every ${every}`
  return number === '1' ? `Every ${words[0]}` : `Every ${number} ${words[1]}`
}

function cronOf(pattern: string): string {
  try {
    return cronstrue.toString(pattern, { use24HourTimeFormat: true, verbose: true })
  } catch {
    return pattern
  }
}

export const STATES = { active: 'Active', paused: 'Paused', ended: 'Ended' } as const satisfies Record<Schedule['state'], string>

/** What became of an occurrence, and how good that is. */
export const OUTCOMES = {
  fired: { word: 'Fired', tone: 'good' },
  missed: { word: 'Missed', tone: 'warn' },
  suppressed: { word: 'Held back', tone: 'plain' },
  skipped: { word: 'Skipped', tone: 'plain' },
  failed: { word: 'Failed', tone: 'bad' },
} as const satisfies Record<Occurrence['outcome'], { readonly word: string; readonly tone: string }>

/** The zone of whoever looks. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}
