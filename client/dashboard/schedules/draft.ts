import { type Input, MusterError, type Output } from '../../browser.ts'
import { isSelector } from '../parts/addresses.ts'
import { fieldIn } from '../session/error-words.ts'
import { type GateDraft, gateDraftOf, gateOf } from './gate-words.ts'

export type Schedule = Output<'schedules.get'>['schedule']
type Edit = Omit<Input<'schedules.edit'>, 'schedule'>
type Timing = Pick<Input<'schedules.preview'>, 'at' | 'cron' | 'every' | 'zone' | 'startAt' | 'endAt' | 'quiet'>

/** What stands in the form; an empty text is what was left out. */
export interface Draft {
  readonly to: string
  /** How many a selector in `to` means. */
  readonly select: 'one' | 'all'
  readonly kind: Schedule['kind']
  readonly body: string
  readonly label: string
  readonly rule: 'at' | 'every' | 'cron'
  readonly when: string
  readonly zone: string
  readonly gates: readonly GateDraft[]
  readonly priority: Schedule['priority']
  readonly deadline: string
  readonly overlap: Schedule['overlap']
  readonly jitter: string
  readonly quietFrom: string
  readonly quietTo: string
  readonly startAt: string
  readonly endAt: string
  readonly maxRuns: string
  readonly missed: Schedule['missed']
  readonly missedWindow: string
  readonly missedCap: string
}

const PLAIN: Draft = {
  to: '',
  select: 'all',
  kind: 'notify',
  body: '',
  label: '',
  rule: 'at',
  when: '',
  zone: '',
  gates: [],
  priority: 'normal',
  deadline: '',
  overlap: 'skip',
  jitter: '',
  quietFrom: '',
  quietTo: '',
  startAt: '',
  endAt: '',
  maxRuns: '',
  missed: 'once',
  missedWindow: '',
  missedCap: '10',
}

/** What a new one begins with. */
export function newDraft(zone: string): Draft {
  return { ...PLAIN, zone }
}

/** What a schedule has, as a person writes it. A start that has passed is none. */
export function draftOf(of: Schedule, now: number): Draft {
  const text = (said: string | number | null): string => (said === null ? '' : String(said))
  const local = (time: string | null): string => (time === null ? '' : localTime(time, of.zone))
  const [quietFrom = '', quietTo = ''] = text(of.quiet).split('-')
  return {
    ...PLAIN,
    to: of.to,
    kind: of.kind,
    body: of.body,
    label: text(of.label),
    rule: of.cron !== null ? 'cron' : of.every !== null ? 'every' : 'at',
    when: of.cron ?? of.every ?? local(of.at),
    zone: of.zone,
    gates: of.gates.map(gateDraftOf),
    priority: of.priority,
    deadline: text(of.deadline),
    overlap: of.overlap,
    jitter: text(of.jitter),
    quietFrom,
    quietTo,
    startAt: of.startAt !== null && Date.parse(of.startAt) <= now ? '' : local(of.startAt),
    endAt: local(of.endAt),
    maxRuns: text(of.maxRuns),
    missed: of.missed,
    missedWindow: text(of.missedWindow),
    missedCap: text(of.missedCap),
  }
}

/** "2026-12-24 18:00" in a zone, which the daemon reads as well. */
function localTime(time: string, zone: string): string {
  // The Swedish way is that of ISO 8601.
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(Date.parse(time))
}

/** Whether something of it is no default and stands behind "More". */
export function hasMore(draft: Draft): boolean {
  return MORE.some((name) => JSON.stringify(draft[name]) !== JSON.stringify(PLAIN[name]))
}

const MORE = ['gates', 'priority', 'deadline', 'overlap', 'jitter', 'quietFrom', 'startAt', 'endAt', 'maxRuns', 'missed', 'missedWindow'] as const

/** The input of `schedules.create`. */
export function creationOf(draft: Draft): Input<'schedules.create'> {
  const { kind } = draft
  const to = draft.to.trim()
  const given = Object.fromEntries(Object.entries(settingsOf(draft)).filter(([, value]) => value !== null)) as Omit<Input<'schedules.create'>, 'body'>
  return { ...given, body: draft.body, kind, ...(to !== '' && { to }), ...(isSelector(to) && { select: draft.select }) }
}

/** The input of `schedules.edit`: what is another than before, `null` for what was taken away. */
export function changesOf(draft: Draft, before: Draft): Edit {
  const [old, settings] = [settingsOf(before), settingsOf(draft)]
  const isSame = (name: keyof Edit): boolean => JSON.stringify(settings[name]) === JSON.stringify(old[name])
  const isMoved = !isSame('zone') && settings.zone !== null
  const changed = (Object.keys(settings) as (keyof Edit)[]).filter((name) => !isSame(name) || (isMoved && TIMES.has(name) && settings[name] !== null))
  const given = changed.filter((name) => settings[name] !== null || MAY_GO.has(name)).map((name) => [name, settings[name]])
  return { ...Object.fromEntries(given), ...(settings.deadline === null && old.deadline !== null && draft.kind === 'ask' && { deadline: DEFAULT_DEADLINE }) }
}

/** What `null` takes away; of the others something always holds. */
const MAY_GO: ReadonlySet<string> = new Set(['label', 'missedWindow', 'jitter', 'startAt', 'endAt', 'maxRuns', 'quiet'])
/** What holds where none is given: a deadline cannot be taken away. */
const DEFAULT_DEADLINE = '1d'
/** They are written in the zone. */
const TIMES: ReadonlySet<string> = new Set(['at', 'startAt', 'endAt'])

/** What `schedules.preview` needs to know, so far as it is filled in. */
export function timingOf(draft: Draft): Timing {
  const { at, cron, every, zone, startAt, endAt, quiet } = settingsOf(draft)
  return Object.fromEntries(Object.entries({ at, cron, every, zone, startAt, endAt, quiet }).filter(([, value]) => value !== null))
}

type Settings = { readonly [K in keyof Edit]-?: NonNullable<Edit[K]> | null }

function settingsOf(draft: Draft): Settings {
  const { rule, kind } = draft
  const isOnce = rule === 'at'
  const text = (said: string): string | null => (said.trim() === '' ? null : said.trim())
  const recurring = (said: string): string | null => (isOnce ? null : text(said))
  const count = (said: string): number | null => (said.trim() === '' ? null : Number(said))
  return {
    body: draft.body,
    label: text(draft.label),
    at: isOnce ? draft.when.trim() : null,
    cron: rule === 'cron' ? draft.when.trim() : null,
    every: rule === 'every' ? draft.when.trim() : null,
    zone: usesZone(draft) ? text(draft.zone) : null,
    priority: draft.priority,
    deadline: kind === 'ask' ? text(draft.deadline) : null,
    missed: draft.missed,
    missedWindow: draft.missed === 'skip' ? null : text(draft.missedWindow),
    missedCap: draft.missed === 'all' ? count(draft.missedCap) : null,
    overlap: draft.overlap,
    jitter: text(draft.jitter),
    startAt: recurring(draft.startAt),
    endAt: recurring(draft.endAt),
    maxRuns: isOnce ? null : count(draft.maxRuns),
    quiet: recurring(draft.quietFrom === '' && draft.quietTo === '' ? '' : `${draft.quietFrom}-${draft.quietTo}`),
    gates: draft.gates.map(gateOf),
  }
}

/** An interval alone is the same everywhere. */
export function usesZone({ rule, quietFrom, quietTo, startAt, endAt }: Draft): boolean {
  return rule !== 'every' || [quietFrom, quietTo, startAt, endAt].some((said) => said !== '')
}

const FIELDS = [
  'to',
  'body',
  'label',
  'zone',
  'priority',
  'deadline',
  'overlap',
  'jitter',
  'quiet',
  'startAt',
  'endAt',
  'maxRuns',
  'missed',
  'missedWindow',
  'missedCap',
] as const

/** A place of the form at which an error can stand. */
export type FormField = (typeof FIELDS)[number] | 'when' | 'gates' | `gate ${number}`

/** Where an error stands; `undefined` where it is about none of the fields. */
export function fieldOf(error: unknown): FormField | undefined {
  if (!(error instanceof MusterError)) return undefined
  const path = fieldIn(error)
  const [name = '', index] = path?.split('.') ?? []
  if (name === 'gates') return index === undefined ? 'gates' : `gate ${Number(index)}`
  if (name === 'at' || name === 'cron' || name === 'every') return 'when'
  if (name === 'select') return 'to'
  const field = FIELDS.find((each) => each === name)
  return field ?? (path === undefined && (error.code === 'not_found' || error.code === 'ambiguous_address') ? 'to' : undefined)
}

const BASICS: ReadonlySet<string> = new Set(['to', 'body', 'label', 'when', 'zone'])

/** Whether the place of an error is behind "More". */
export function isBehindMore(field: FormField | undefined): boolean {
  return field !== undefined && !BASICS.has(field)
}
