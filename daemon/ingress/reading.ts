import type { Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { decodeId } from '../../src/ids.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import type { Caller, Query } from '../caller.ts'
import { maySee } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { IngressDeps } from './deps.ts'
import { type ArrivalRow, findSource, type SourceRow, secretOf, sourceNamed, toArrival, toSource } from './rows.ts'

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
    const secret = secretOf(row, deps)
    const failed = reader.get<{ at: number; reason: string | null }>(LAST_FAILED, row.id)
    return {
      name: row.name,
      problem: secret.ok ? null : secret.problem,
      refused: recently(deps.refusals.last(row.id)),
      failed: recently(failed && { at: failed.at, says: failed.reason ?? '' }),
    }
  })
}
