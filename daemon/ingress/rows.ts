import type { Arrival, Source } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { formatTime } from '../../src/time.ts'
import type { Caller } from '../caller.ts'
import type { Reader } from '../store/store.ts'
import { mayReadThread } from '../threads/index.ts'
import type { Verify } from './schemes.ts'

export interface SourceRow {
  readonly id: number
  readonly name: string
  readonly circle_id: number
  readonly peer_id: number
  /** {@link Verify} as JSON. */
  readonly verify: string
  /** Where it stands, as JSON. */
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
  readonly paused_at: number | null
  readonly paused_by: number | null
  readonly pause_reason: string | null
  /** The same of the one that takes its place, while a rotation is under way. */
  readonly new_secret: string | null
  readonly rotating_since: number | null
  /** When an event was last taken, since then, that `secret` alone verifies. */
  readonly old_used_at: number | null
  /** The same of one that `new_secret` verifies. */
  readonly new_used_at: number | null
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

/** @throws MusterError `not_found` */
export function knownSource(reader: Reader, id: number): SourceRow {
  const row = findSource(reader, id)
  if (!row) throw new MusterError('not_found', { id: reader.id('source', id) })
  return row
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
