import type { Output, Source } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { decodeId } from '../../src/ids.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatDuration, formatTime } from '../../src/time.ts'
import type { Caller, Query } from '../caller.ts'
import { circleName, maySee, refOf, timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { PRIORITIES } from '../threads/index.ts'
import type { IngressDeps } from './deps.ts'
import { rotationProblem, secretsOf, toRotation, whyNone } from './rotation.ts'
import { type ArrivalRow, eventsOf, filtersOf, findSource, type SourceRow, sourceNamed, toArrival, verifyOf } from './rows.ts'
import type { SecretReference } from './secrets.ts'

/** Whom the sources of a circle concern: its orchestrators, people who see into it, and the administrator. */
function oversees(reader: Reader, caller: Caller, circleId: number): boolean {
  if (caller.kind === 'admin') return true
  return caller.kind === 'peer' && (caller.role === 'orchestrator' || caller.role === 'person') && maySee(reader, caller, circleId)
}

/** A source by its id or name, whoever asks. */
export function sourceMeant(reader: Reader, said: string): SourceRow | undefined {
  return decodeId(said)?.kind === 'source' ? sourceWithId(reader, said) : sourceNamed(reader, said)
}

/** An id of another daemon is that of no source. */
function sourceWithId(reader: Reader, id: string): SourceRow | undefined {
  try {
    return findSource(reader, reader.number('source', id))
  } catch (error) {
    if (error instanceof MusterError) return undefined
    throw error
  }
}

/** @throws MusterError `not_found` */
function visible(reader: Reader, caller: Caller, said: string): SourceRow {
  const row = sourceMeant(reader, said)
  if (row && oversees(reader, caller, row.circle_id)) return row
  throw new MusterError('not_found', { source: said, hint: 'ingress.list shows the sources that you look after.' })
}

/** Where words from outside may come in, and as whose, is for people and the administrator to say. @throws MusterError `forbidden` */
export function requireManager(caller: Caller): void {
  if (caller.kind === 'admin' || (caller.kind === 'peer' && caller.role === 'person')) return
  throw new MusterError('forbidden', { hint: 'Only a person or the administrator can do this.' })
}

/** @throws MusterError `forbidden` or `not_found` */
export function changeable(reader: Reader, caller: Caller, said: string): SourceRow {
  requireManager(caller)
  return visible(reader, caller, said)
}

export function toSource(reader: Reader, deps: IngressDeps, row: SourceRow): Source {
  const sender = refOf(reader, row.peer_id)
  if (!sender) throw new Error(`Source ${row.id} has no sender`)
  const path = `/hooks/${row.name}`
  const secrets = secretsOf(row, deps)
  const last = reader.get<{ at: number }>('SELECT at FROM arrivals WHERE source_id = ? ORDER BY id DESC LIMIT 1', row.id)
  return {
    id: reader.id('source', row.id),
    name: row.name,
    circle: circleName(reader, row.circle_id) ?? '',
    path,
    url: deps.publicUrl === '' ? null : `${deps.publicUrl.replace(/\/+$/, '')}${path}`,
    verify: verifyOf(row),
    secret: JSON.parse(row.secret) as SecretReference,
    rotation: toRotation(row, secrets),
    problem: whyNone(secrets),
    paused: row.paused_at === null ? null : { at: formatTime(row.paused_at), by: refOf(reader, row.paused_by), reason: row.pause_reason },
    sender,
    to: row.target,
    select: row.selects,
    kind: row.kind,
    deadline: row.deadline_ms === null ? null : formatDuration(row.deadline_ms),
    priority: PRIORITIES[row.priority - 1] ?? 'normal',
    topic: row.topic,
    text: row.template,
    events: eventsOf(row) as string[] | null,
    where: filtersOf(row),
    perMinute: row.per_minute,
    createdBy: refOf(reader, row.created_by),
    createdAt: formatTime(row.created_at),
    lastAt: timeOrNull(last?.at ?? null),
    refused: deps.refusals.count(row.id),
  }
}

function allSources(reader: Reader): SourceRow[] {
  return reader.all<SourceRow>('SELECT * FROM sources ORDER BY name LIMIT ?', LIMITS.maxSources)
}

export const getSource =
  (deps: IngressDeps): Query<'ingress.get'> =>
  (reader, caller, { source }) => ({ source: toSource(reader, deps, visible(reader, caller, source)) })

export const listSources =
  (deps: IngressDeps): Query<'ingress.list'> =>
  (reader, caller) => ({
    sources: allSources(reader)
      .filter(({ circle_id }) => oversees(reader, caller, circle_id))
      .map((row) => toSource(reader, deps, row)),
  })

const ARRIVALS = 'SELECT * FROM arrivals WHERE source_id = ? AND id < ? ORDER BY id DESC LIMIT ?'

export const listArrivals =
  (deps: IngressDeps): Query<'ingress.arrivals'> =>
  (reader, caller, { source, before, limit }) => {
    const { id } = visible(reader, caller, source)
    const end = before === undefined ? Number.MAX_SAFE_INTEGER : reader.number('arrival', before)
    const rows = reader.all<ArrivalRow>(ARRIVALS, id, end, limit + 1)
    const page = rows.slice(0, limit)
    const last = rows.length > page.length ? page.at(-1) : undefined
    return {
      arrivals: page.map((row) => toArrival(reader, caller, row)),
      before: last ? reader.id('arrival', last.id) : null,
      refused: deps.refusals.of(id),
    }
  }

const LAST_FAILED = "SELECT at, reason FROM arrivals WHERE source_id = ? AND outcome = 'failed' ORDER BY id DESC LIMIT 1"
const RECENT_MS = 86_400_000

/** What is wrong with each source, of the last day. */
export function troublesOf(reader: Reader, deps: IngressDeps, now: number): Output<'node.diagnose'>['sources'] {
  const recently = (one: { readonly at: number; readonly says: string } | undefined) =>
    one && one.at > now - RECENT_MS ? { at: formatTime(one.at), says: one.says } : null
  return allSources(reader).map((row) => {
    const secrets = secretsOf(row, deps)
    const failed = reader.get<{ at: number; reason: string | null }>(LAST_FAILED, row.id)
    return {
      name: row.name,
      problem: whyNone(secrets),
      paused: timeOrNull(row.paused_at),
      rotation: row.rotating_since === null ? null : { since: formatTime(row.rotating_since), problem: rotationProblem(secrets) },
      refused: recently(deps.refusals.last(row.id)),
      failed: recently(failed && { at: failed.at, says: failed.reason ?? '' }),
    }
  })
}
