import type { Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatDuration, parseDuration } from '../../src/time.ts'
import { priorityNumber } from '../threads/index.ts'
import type { SourceRow } from './rows.ts'
import { schemeOf, type Verify, whyNoScheme } from './schemes.ts'
import { DEFAULT_TEMPLATE, whyNoTemplate } from './template.ts'

/** What of a source can be changed. */
export type Settings = Omit<SourceRow, 'id' | 'name' | 'circle_id' | 'peer_id' | 'created_by' | 'created_at' | State>
/** What has commands of its own. */
type State = 'paused_at' | 'paused_by' | 'pause_reason' | 'new_secret' | 'rotating_since' | 'old_used_at' | 'new_used_at'
type Said = Partial<Omit<Parsed<'ingress.update'>, 'source'>>

/**
 * What is said, over what was so before. A new kind takes the options of the other with it.
 *
 * @throws MusterError `invalid_input` for what does not fit together
 */
export function settle(said: Said, before?: SourceRow): Settings {
  if (said.secret && before && before.new_secret !== null)
    throw refuse('secret', 'A rotation is under way; ingress.finish ends it, and says which of the two secrets stays.')
  // Of a new one, the contract asks for each of these or has a default for it.
  const { verify, secret, target, kind, priority, filters, per_minute } = { ...before, ...required(said) } as Required
  const selects = over(said.select, before?.selects)
  if (kind === 'ask' && selects === 'all') throw refuse('select', 'An ask goes to one peer; a notify can go to all.')
  const events = over(said.events && JSON.stringify(said.events), before?.events)
  requireScheme(JSON.parse(verify) as Verify, events)
  const template = templateOf('text', over(said.text, before?.template) ?? DEFAULT_TEMPLATE)
  const [deadline_ms, topic] = [deadlineOf(kind, said.deadline, before), topicOf(kind, said.topic, before)]
  return { verify, secret, target, selects, kind, deadline_ms, priority, topic, template, events, filters, per_minute }
}

type Required = Pick<Settings, 'verify' | 'secret' | 'target' | 'kind' | 'priority' | 'filters' | 'per_minute'>
/** Of what every source has, what is said. */
function required({ verify, secret, to, kind, priority, where, perMinute }: Said): Partial<Required> {
  return {
    ...(verify && { verify: JSON.stringify(verify) }),
    ...(secret && { secret: JSON.stringify(secret) }),
    ...(to !== undefined && { target: to }),
    ...(kind && { kind }),
    ...(priority && { priority: priorityNumber(priority) }),
    ...(where && { filters: JSON.stringify(where) }),
    ...(perMinute !== undefined && { per_minute: perMinute }),
  }
}

function requireScheme(verify: Verify, events: string | null): void {
  const lacks = whyNoScheme(verify)
  if (lacks) throw refuse(lacks.field, lacks.hint)
  if (events !== null && schemeOf(verify).event === null) throw refuse('events', 'Say with `eventHeader` in which header the name of an event stands.')
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
