import * as z from 'zod'
import { OPERATIONS } from '../../../src/contract/index.ts'
import type { Route } from '../../../src/contract/routes.ts'
import { MusterError } from '../../../src/errors.ts'

/** A request as far as it says something about the input. */
export interface InputParts {
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
  /** The `Idempotency-Key` header: the field `key` by another name. */
  readonly key: string | undefined
}

/**
 * The one object that the operation takes, from where its route says that the parts stand. Its schema judges it as on every door.
 *
 * @throws MusterError `invalid_input` where something is said in two places, or in one that is not read
 */
export function inputOf(route: Route, { params, query, body, key }: InputParts): Record<string, unknown> {
  const named = key === undefined ? params : { ...params, key }
  const rest = route.hasBody ? bodyOf(query, body) : queryOf(route, query, body)
  for (const field of Object.keys(named)) {
    if (!Object.hasOwn(rest, field)) continue
    throw new MusterError('invalid_input', { hint: `${field}: Say it once: ${field === 'key' ? 'the Idempotency-Key header' : 'the path'} names it already.` })
  }
  return { ...rest, ...named }
}

function bodyOf(query: Readonly<Record<string, unknown>>, body: unknown): Record<string, unknown> {
  if (Object.keys(query).length > 0) throw new MusterError('invalid_input', { hint: 'The fields are sent as JSON in the body, not in the query.' })
  if (body === undefined) return {}
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new MusterError('invalid_input', { hint: 'The body is one JSON object.' })
  return body as Record<string, unknown>
}

function queryOf({ operation }: Route, query: Readonly<Record<string, unknown>>, body: unknown): Record<string, unknown> {
  if (body !== undefined) throw new MusterError('invalid_input', { hint: 'The fields are sent in the query; there is no body.' })
  const shape: Readonly<Record<string, z.core.$ZodType>> = OPERATIONS[operation].input.shape
  return Object.fromEntries(Object.entries(query).map(([field, value]) => [field, coerce(Object.hasOwn(shape, field) ? shape[field] : undefined, value)]))
}

/** Text of a query as the type that the schema asks for. What does not read as that stays text, which the schema then refuses. */
function coerce(type: z.core.$ZodType | undefined, value: unknown): unknown {
  const bare = bareType(type)
  if (bare instanceof z.ZodArray) return (Array.isArray(value) ? value : [value]).map((each) => coerce(bare.element, each))
  if (typeof value !== 'string') return value
  if (bare instanceof z.ZodNumber) return /^-?\d{1,15}$/.test(value) ? Number(value) : value
  if (bare instanceof z.ZodBoolean) return value === 'true' ? true : value === 'false' ? false : value
  return value
}

function bareType(type: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  return type instanceof z.ZodOptional || type instanceof z.ZodDefault || type instanceof z.ZodNullable ? bareType(type.unwrap()) : type
}
