import type { Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatDuration, parseDuration } from '../../src/time.ts'
import { priorityNumber } from '../threads/index.ts'
import type { SourceRow } from './rows.ts'
import { schemeOf, type Verify, whyNoScheme } from './schemes.ts'
import { DEFAULT_TEMPLATE, whyNoTemplate } from './template.ts'

/** What of a source can be changed. */
export type Settings = Omit<SourceRow, 'id' | 'name' | 'circle_id' | 'peer_id' | 'created_by' | 'created_at'>
type Said = Partial<Omit<Parsed<'ingress.update'>, 'source'>>

/**
 * What is said, over what was so before. A new kind takes the options of the other with it.
 *
 * @throws MusterError `invalid_input` for what does not fit together
 */
export function settle(said: Said, before?: SourceRow): Settings {
  const kind = said.kind ?? before?.kind ?? 'notify'
  const selects = over(said.select, before?.selects)
  if (kind === 'ask' && selects === 'all') throw refuse('select', 'An ask goes to one peer; a notify can go to all.')
  const verify = (said.verify ?? (before && JSON.parse(before.verify))) as Verify
  const lacks = whyNoScheme(verify)
  if (lacks) throw refuse(lacks.field, lacks.hint)
  const events = over(said.events && JSON.stringify(said.events), before?.events)
  if (events !== null && schemeOf(verify).event === null) throw refuse('events', 'Say with `eventHeader` in which header the name of an event stands.')
  return {
    verify: JSON.stringify(verify),
    secret: said.secret === undefined ? (before?.secret ?? '') : JSON.stringify(said.secret),
    target: said.to ?? before?.target ?? '',
    selects,
    kind,
    deadline_ms: deadlineOf(kind, said.deadline, before),
    priority: said.priority === undefined ? (before?.priority ?? priorityNumber('normal')) : priorityNumber(said.priority),
    topic: topicOf(kind, said.topic, before),
    template: templateOf('text', said.text === null ? DEFAULT_TEMPLATE : (said.text ?? before?.template ?? DEFAULT_TEMPLATE)),
    events,
    filters: said.where === undefined ? (before?.filters ?? '[]') : JSON.stringify(said.where),
    per_minute: said.perMinute ?? before?.per_minute ?? LIMITS.maxEventsPerMinute,
  }
}

function over<T>(said: T | null | undefined, before: T | null | undefined): T | null {
  return said === undefined ? (before ?? null) : said
}

function deadlineOf(kind: SourceRow['kind'], said: string | null | undefined, before: SourceRow | undefined): number | null {
  if (kind === 'notify' && said != null) throw refuse('deadline', 'A notify has no deadline; `kind: "ask"` has.')
  if (kind === 'notify' || said === null) return null
  if (said === undefined) return before?.deadline_ms ?? null
  const ms = parseDuration(said) as number
  if (ms >= LIMITS.minDeadlineMs && ms <= LIMITS.maxDeadlineMs) return ms
  throw refuse('deadline', `Expected from ${formatDuration(LIMITS.minDeadlineMs)} to ${formatDuration(LIMITS.maxDeadlineMs)}.`)
}

function topicOf(kind: SourceRow['kind'], said: string | null | undefined, before: SourceRow | undefined): string | null {
  if (kind === 'ask' && said != null) throw refuse('topic', 'An ask takes the place of no other; a notify has a topic.')
  const topic = kind === 'ask' ? null : over(said, before?.topic)
  return topic === null ? null : templateOf('topic', topic)
}

function templateOf(field: string, template: string): string {
  const why = whyNoTemplate(template)
  if (why !== undefined) throw refuse(field, why)
  return template
}

function refuse(field: string, hint: string): MusterError {
  return new MusterError('invalid_input', { field, hint })
}
