import type { Arrival, Source } from '../../src/contract/index.ts'
import { formatDuration, formatTime } from '../../src/time.ts'
import type { Caller } from '../caller.ts'
import { circleName, refOf, timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { mayReadThread, PRIORITIES } from '../threads/index.ts'
import type { IngressDeps } from './deps.ts'
import { whyNoKey } from './proof.ts'
import { schemeOf, type Verify } from './schemes.ts'
import { readSecret, type Secret, type SecretReference } from './secrets.ts'

export interface SourceRow {
  readonly id: number
  readonly name: string
  readonly circle_id: number
  readonly peer_id: number
  /** {@link Verify} as JSON. */
  readonly verify: string
  /** {@link SecretReference} as JSON. */
  readonly secret: string
  readonly target: string
  readonly selects: 'one' | 'all' | null
  readonly kind: 'notify' | 'ask'
  readonly deadline_ms: number | null
  readonly priority: number
  readonly topic: string | null
  readonly template: string
  /** Names of events as JSON. */
  readonly events: string | null
  /** Fields and what they must be, as JSON. */
  readonly filters: string
  readonly per_minute: number
  readonly created_by: number | null
  readonly created_at: number
}

export interface ArrivalRow {
  readonly id: number
  readonly source_id: number
  readonly id_key: Uint8Array | null
  readonly body_key: Uint8Array | null
  readonly at: number
  readonly event: string | null
  readonly delivery: string | null
  readonly outcome: Arrival['outcome']
  readonly times: number
  readonly thread_id: number | null
  readonly reason: string | null
}

export function findSource(reader: Reader, id: number): SourceRow | undefined {
  return reader.get<SourceRow>('SELECT * FROM sources WHERE id = ?', id)
}

export function sourceNamed(reader: Reader, name: string): SourceRow | undefined {
  return reader.get<SourceRow>('SELECT * FROM sources WHERE name = ?', name)
}

export function verifyOf({ verify }: SourceRow): Verify {
  return JSON.parse(verify) as Verify
}

export function eventsOf({ events }: SourceRow): readonly string[] | null {
  return events === null ? null : (JSON.parse(events) as string[])
}

export function filtersOf({ filters }: SourceRow): Source['where'] {
  return JSON.parse(filters) as Source['where']
}

/** The secret of a source, as it stands now. */
export function secretOf(row: SourceRow, { variable }: Pick<IngressDeps, 'variable'>): Secret {
  const found = readSecret(JSON.parse(row.secret) as SecretReference, variable)
  const why = found.ok ? whyNoKey(schemeOf(verifyOf(row)), found.text) : undefined
  return why === undefined ? found : { ok: false, problem: `what stands where its secret should be ${why}` }
}

export function toSource(reader: Reader, deps: IngressDeps, row: SourceRow): Source {
  const sender = refOf(reader, row.peer_id)
  if (!sender) throw new Error(`Source ${row.id} has no sender`)
  const path = `/hooks/${row.name}`
  const secret = secretOf(row, deps)
  const last = reader.get<{ at: number }>('SELECT at FROM arrivals WHERE source_id = ? ORDER BY id DESC LIMIT 1', row.id)
  return {
    id: reader.id('source', row.id),
    name: row.name,
    circle: circleName(reader, row.circle_id) ?? '',
    path,
    url: deps.publicUrl === '' ? null : `${deps.publicUrl.replace(/\/+$/, '')}${path}`,
    verify: verifyOf(row),
    secret: JSON.parse(row.secret) as SecretReference,
    problem: secret.ok ? null : secret.problem,
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

export function toArrival(reader: Reader, caller: Caller, row: ArrivalRow): Arrival {
  return {
    id: reader.id('arrival', row.id),
    at: formatTime(row.at),
    event: row.event,
    delivery: row.delivery,
    outcome: row.outcome,
    times: row.times,
    thread: row.thread_id !== null && mayReadThread(reader, caller, row.thread_id) ? reader.id('thread', row.thread_id) : null,
    reason: row.reason,
  }
}
