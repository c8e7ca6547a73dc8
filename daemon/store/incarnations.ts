import { MusterError } from '../../src/errors.ts'
import { decodeId, type IdKind } from '../../src/ids.ts'
import type { Statements } from './statements.ts'
import type { CounterKind } from './store.ts'

/** The last number of each kind that one life of the database gave out. */
type Ceilings = Partial<Record<CounterKind, number>>

/** Tags whose ids may be read here, with the numbers that count; `undefined` for the living one. */
export type Incarnations = Map<string, Ceilings | undefined>

export function readIncarnations(statements: Statements): Incarnations {
  const rows = statements.all<{ tag: string; ceilings: string | null }>('SELECT tag, ceilings FROM incarnations')
  return new Map(rows.map(({ tag, ceilings }) => [tag, ceilings === null ? undefined : (JSON.parse(ceilings) as Ceilings)]))
}

export function livingTag(incarnations: Incarnations): string | undefined {
  return [...incarnations].find(([, ceilings]) => ceilings === undefined)?.[0]
}

/**
 * The number behind an id of this or an earlier incarnation.
 *
 * @throws MusterError `not_found` when it was minted elsewhere, or in an earlier life after the copy that this one lives on
 */
export function numberBehind(incarnations: Incarnations, kind: IdKind, id: string): number {
  const decoded = decodeId(id)
  if (decoded?.kind === kind && incarnations.has(decoded.tag)) {
    const ceilings = incarnations.get(decoded.tag)
    if (!ceilings || decoded.number <= (ceilings[kind] ?? 0)) return decoded.number
  }
  throw new MusterError('not_found', { id })
}
