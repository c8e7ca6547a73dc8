import { isDeepStrictEqual } from 'node:util'
import type { Definitions, JsonSchema } from './snapshot.ts'

export type Report = (path: string, what: string, breaking: boolean) => void

export interface Comparison {
  readonly older: Definitions
  readonly newer: Definitions
  readonly report: Report
  /** Definitions that have been compared, with the direction. */
  readonly seen: Set<string>
}

interface Place extends Comparison {
  /** An input may only accept more, an output may only say more. */
  readonly direction: 'input' | 'output'
  readonly path: string
}

type Compare = (older: unknown, newer: unknown, place: Place) => void

/**
 * Compares two JSON Schemas of the kind that zod writes. A keyword that is not known here and differs counts as breaking,
 * so that nothing passes because nobody thought of it.
 */
export function compareSchemas(older: JsonSchema, newer: JsonSchema, place: Place): void {
  const { $ref: olderRef, ...olderOwn } = older
  const { $ref: newerRef, ...newerOwn } = newer
  if (olderRef === newerRef) {
    if (typeof olderRef === 'string') compareDefinitions(olderRef, place)
    compareOwn(olderOwn, newerOwn, place)
  } else {
    compareOwn({ ...lookUp(olderRef, place.older), ...olderOwn }, { ...lookUp(newerRef, place.newer), ...newerOwn }, place)
  }
}

function compareDefinitions(ref: string, place: Place): void {
  const key = `${place.direction} ${ref}`
  if (place.seen.has(key)) return
  place.seen.add(key)
  compareSchemas(lookUp(ref, place.older), lookUp(ref, place.newer), { ...place, path: `definitions.${nameOf(ref)} (${place.direction})` })
}

function compareOwn(older: JsonSchema, newer: JsonSchema, place: Place): void {
  compareObjects(older, newer, place)
  for (const keyword of new Set([...Object.keys(older), ...Object.keys(newer)])) {
    const nested = NESTED[keyword]
    if (nested) nested(older[keyword], newer[keyword], place)
    else if (!isDeepStrictEqual(older[keyword], newer[keyword])) (PLAIN[keyword] ?? differ(keyword))(older[keyword], newer[keyword], place)
  }
}

/** Keywords that hold schemas: looked into even where they read the same, since what they refer to may not be. */
const NESTED: Readonly<Record<string, Compare>> = {
  // Compared together, by compareObjects.
  properties: () => undefined,
  required: () => undefined,
  anyOf: compareAlternatives,
  oneOf: compareAlternatives,
  items: compareItems,
  additionalProperties: compareRest,
}

const PLAIN: Readonly<Record<string, Compare>> = {
  type: compareTypes,
  enum: compareEnums,
  maxLength: bound('maxLength', 'most'),
  maxItems: bound('maxItems', 'most'),
  maximum: bound('maximum', 'most'),
  minLength: bound('minLength', 'least'),
  minItems: bound('minItems', 'least'),
  minimum: bound('minimum', 'least'),
  pattern: onlyDropped('pattern'),
  format: onlyDropped('format'),
}

function compareObjects(older: JsonSchema, newer: JsonSchema, place: Place): void {
  const before = properties(older)
  const after = properties(newer)
  for (const [name, schema] of before) {
    const now = after.get(name)
    const path = `${place.path}.${name}`
    if (!now) place.report(path, 'field removed', true)
    else {
      compareRequired(isRequired(older, name), isRequired(newer, name), { ...place, path })
      compareSchemas(schema, now, { ...place, path })
    }
  }
  for (const name of after.keys()) {
    if (before.has(name)) continue
    const demanded = place.direction === 'input' && isRequired(newer, name)
    place.report(`${place.path}.${name}`, demanded ? 'required field added' : 'field added', demanded)
  }
}

function compareRequired(before: boolean, after: boolean, { direction, path, report }: Place): void {
  if (before === after) return
  report(path, after ? 'became required' : 'became optional', direction === 'input' ? after : before)
}

function compareTypes(older: unknown, newer: unknown, { direction, path, report }: Place): void {
  const before = list(older)
  const after = list(newer)
  const [said, taken] = direction === 'input' ? [before, after] : [after, before]
  const fits = taken.length === 0 || (said.length > 0 && said.every((type) => taken.includes(type)))
  report(path, `type ${JSON.stringify(older)} became ${JSON.stringify(newer)}`, !fits)
}

/** Clients read an unknown member as `unknown`, so an output may gain members; no direction may lose one. */
function compareEnums(older: unknown, newer: unknown, { direction, path, report }: Place): void {
  const before = list(older)
  const after = list(newer)
  if (older === undefined || newer === undefined) {
    report(path, older === undefined ? 'became an enum' : 'is no enum any more', direction === (older === undefined ? 'input' : 'output'))
    return
  }
  for (const member of before) if (!after.includes(member)) report(path, `enum member ${JSON.stringify(member)} removed`, true)
  for (const member of after) if (!before.includes(member)) report(path, `enum member ${JSON.stringify(member)} added`, false)
}

/** What one side may say must be among what the other side takes. */
function compareAlternatives(older: unknown, newer: unknown, place: Place): void {
  const before = list(older) as JsonSchema[]
  const after = list(newer) as JsonSchema[]
  if (isDeepStrictEqual(before, after)) {
    for (const [index, schema] of before.entries()) compareSchemas(schema, after[index] ?? schema, place)
    return
  }
  const accepts = (a: JsonSchema, b: JsonSchema) => !isBreaking(a, b, place)
  const every =
    place.direction === 'input'
      ? before.every((old) => after.some((now) => accepts(old, now)))
      : after.every((now) => isNewMember(now, before) || before.some((old) => accepts(old, now)))
  const breaking = before.length === 0 || after.length === 0 || !every
  place.report(place.path, `alternatives changed: there were ${before.length}, there are ${after.length}`, breaking)
}

/** Alternatives that a constant field tells apart are like the members of an enum: clients read one that they do not know as `unknown`. */
function isNewMember(now: JsonSchema, before: readonly JsonSchema[]): boolean {
  const tags = (schema: JsonSchema) =>
    Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>).flatMap(([name, { const: tag }]) =>
      tag === undefined ? [] : [[name, tag] as const],
    )
  return tags(now).some(([name, tag]) => before.every((old) => tags(old).some(([other, theirs]) => other === name && theirs !== tag)))
}

function isBreaking(older: JsonSchema, newer: JsonSchema, place: Place): boolean {
  let found = false
  const report: Report = (_path, _what, breaking) => {
    found ||= breaking
  }
  compareSchemas(older, newer, { ...place, report, seen: new Set() })
  return found
}

function compareItems(older: unknown, newer: unknown, place: Place): void {
  const path = `${place.path}[]`
  if (isSchema(older) && isSchema(newer)) compareSchemas(older, newer, { ...place, path })
  else place.report(path, 'items changed', true)
}

/** Of the fields that are not named: refused (`false`), or of one schema in a record. Outputs are open by the rules of evolution. */
function compareRest(older: unknown, newer: unknown, place: Place): void {
  if (isSchema(older) && isSchema(newer)) compareSchemas(older, newer, { ...place, path: `${place.path}.*` })
  else if (older !== newer) place.report(place.path, 'what it says of other fields changed', place.direction === 'input' && older !== false)
}

/** A bound in an output is no promise that a client could rely on: clients validate nothing they are sent. */
function bound(keyword: string, side: 'most' | 'least'): Compare {
  const none = side === 'most' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  return (older, newer, { direction, path, report }) => {
    const before = Number(older ?? none)
    const after = Number(newer ?? none)
    const tighter = side === 'most' ? after < before : after > before
    report(path, `${keyword} ${older ?? 'none'} became ${newer ?? 'none'}`, direction === 'input' && tighter)
  }
}

/** Two patterns cannot be compared, so only leaving one out is known to accept more. */
function onlyDropped(keyword: string): Compare {
  return (older, newer, { direction, path, report }) =>
    report(path, `${keyword} ${older ?? 'none'} became ${newer ?? 'none'}`, (direction === 'input' ? newer : older) !== undefined)
}

/** For `default`, `const` and all that has no rule of its own: what an absent field means is part of the contract too. */
function differ(keyword: string): Compare {
  return (older, newer, { path, report }) => report(path, `${keyword} ${JSON.stringify(older)} became ${JSON.stringify(newer)}`, true)
}

function lookUp(ref: unknown, definitions: Definitions): JsonSchema {
  return (typeof ref === 'string' ? definitions[nameOf(ref)] : undefined) ?? {}
}

function nameOf(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1)
}

function properties(schema: JsonSchema): Map<string, JsonSchema> {
  const fields = schema['properties']
  return new Map(isSchema(fields) ? (Object.entries(fields) as [string, JsonSchema][]) : [])
}

function isRequired(schema: JsonSchema, name: string): boolean {
  return list(schema['required']).includes(name)
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value]
}
