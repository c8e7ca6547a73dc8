import type { SourceRow } from './rows.ts'
import { eventsOf, filtersOf, verifyOf } from './rows.ts'
import { type Place, type Scheme, schemeOf } from './schemes.ts'
import { pathsOf } from './template.ts'

type Fields = Record<string, unknown>

export interface Sample {
  readonly event?: string | undefined
  readonly body?: Readonly<Fields> | undefined
}

/** A body that has every field of a source's templates and filters, unless it is given, and the headers that belong to it. */
export function sampleOf(row: SourceRow, said: Sample, id: string): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const scheme: Scheme = schemeOf(verifyOf(row))
  const event = said.event ?? eventsOf(row)?.[0] ?? 'test'
  const body: Fields = Object.assign(Object.create(null), said.body)
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  const put = (place: Place | null, value: string) => {
    if (place && 'header' in place) headers[place.header] = value
    else if (place) setField(body, place.field, value)
  }
  put(scheme.event, event)
  put(scheme.id, id)
  if (said.body === undefined) {
    // No two samples are the same event.
    setField(body, ['sample'], id)
    for (const { field, is } of filtersOf(row)) setField(body, field.split('.'), is)
    for (const path of [...pathsOf(row.template), ...(row.topic === null ? [] : pathsOf(row.topic))]) setField(body, path.split('.'), path)
  }
  return { headers, body: JSON.stringify(body) }
}

/** Sets what is not there yet. Objects without a prototype have no field but their own, whatever it is called. */
function setField(body: Fields, path: readonly string[], value: string): void {
  const names = path.slice(0, -1)
  const last = path.at(-1) as string
  let at = body
  for (const name of names) {
    at[name] ??= Object.create(null)
    const inner = at[name]
    if (typeof inner !== 'object' || inner === null) return
    at = inner as Fields
  }
  at[last] ??= value
}
