import { type Comparison, compareSchemas, type Report } from './compare-schemas.ts'
import type { ContractSnapshot, OperationSnapshot } from './snapshot.ts'

/** One difference between two contracts. Breaking: a program that worked with the older one may fail with the newer. */
export interface Change {
  readonly path: string
  readonly what: string
  readonly breaking: boolean
}

/** Every difference from the older contract to the newer. A definition is looked at once in each direction that uses it. */
export function compareContracts(older: ContractSnapshot, newer: ContractSnapshot): Change[] {
  const changes: Change[] = []
  const report: Report = (path, what, breaking) => changes.push({ path, what, breaking })
  const comparison: Comparison = { older: older.definitions, newer: newer.definitions, report, seen: new Set() }
  compareValues(older.wire, newer.wire, 'wire', report)
  compareTables(older.operations, newer.operations, 'operations', report, (before, after, path) => compareOperations(before, after, path, comparison))
  compareTables(older.notifications, newer.notifications, 'notifications', report, (before, after, path) =>
    compareSchemas(before, after, { ...comparison, direction: 'output', path }),
  )
  compareTables(older.errors, newer.errors, 'errors', report, (before, after, path) => compareValues(before, after, path, report))
  return changes
}

/** The changes as lines for a person, the breaking ones first. */
export function formatChanges(changes: readonly Change[]): string {
  const sorted = [...changes].sort((a, b) => Number(b.breaking) - Number(a.breaking))
  return sorted.map(({ path, what, breaking }) => `${breaking ? 'BREAKING' : 'additive'}  ${path}: ${what}`).join('\n')
}

function compareOperations(older: OperationSnapshot, newer: OperationSnapshot, path: string, comparison: Comparison): void {
  compareValues({ kind: older.kind, access: older.access }, { kind: newer.kind, access: newer.access }, path, comparison.report)
  compareSchemas(older.input, newer.input, { ...comparison, direction: 'input', path: `${path}.input` })
  compareSchemas(older.output, newer.output, { ...comparison, direction: 'output', path: `${path}.output` })
}

type Table<T> = Readonly<Record<string, T>>

/** What a table loses is missed by someone; what it gains is not. */
function compareTables<T>(older: Table<T>, newer: Table<T>, path: string, report: Report, compare: (before: T, after: T, path: string) => void): void {
  for (const [name, before] of Object.entries(older)) {
    const after = Object.hasOwn(newer, name) ? newer[name] : undefined
    if (after === undefined) report(`${path}.${name}`, 'removed', true)
    else compare(before, after, `${path}.${name}`)
  }
  for (const name of Object.keys(newer)) if (!Object.hasOwn(older, name)) report(`${path}.${name}`, 'added', false)
}

/** Facts that a client acts on: any other value is another contract. */
function compareValues(older: object, newer: object, path: string, report: Report): void {
  const before = new Map(Object.entries(older))
  const after = new Map(Object.entries(newer))
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    if (before.get(name) !== after.get(name)) report(`${path}.${name}`, `${JSON.stringify(before.get(name))} became ${JSON.stringify(after.get(name))}`, true)
  }
}
