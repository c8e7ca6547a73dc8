import * as z from 'zod'
import { TYPE_NAMES } from '../../../src/contract/names.ts'
import { ID_KINDS } from '../../../src/ids.ts'
import { LIMITS } from '../../../src/limits.ts'

export type Json = { readonly [keyword: string]: unknown }

/** What the schema of a type does not say by itself. */
const NOTES: Readonly<Record<string, Json>> = {
  Address: { description: 'A name, `name@circle`, a peer id, `role:<role>` or `cap:<capability>`.', examples: ['librarian', 'role:agent'] },
  Body: { description: `Text, by convention Markdown: at most ${LIMITS.maxBodyBytes.toLocaleString('en')} bytes of UTF-8.`, examples: ['Which shelf?'] },
  Duration: { description: 'A whole number and its unit.', examples: ['90s', '15m', '24h'] },
  EventCursor: { description: 'A place in the event log.', examples: ['k7qm2x.1042'] },
  IdempotencyKey: { description: 'Makes a command safe to repeat: unique for (caller, operation, key), kept 7 days.', examples: ['5f0c2b1e'] },
  Name: { description: 'Compared without regard to case. It may not look like an id.', examples: ['librarian'] },
  Reason: { examples: ['no longer needed'] },
  Time: { description: 'RFC 3339; output is in UTC.', format: 'date-time', examples: ['2026-01-31T09:00:00Z'] },
}

const NAMES = z.registry<{ id: string }>()
for (const [type, id] of TYPE_NAMES) NAMES.add(type, { id })

/** Writes types of the contract as the JSON Schemas of an OpenAPI document, and keeps those that have a name. */
export class SchemaWriter {
  readonly #named = new Map<string, Json>()

  /** The schemas that others refer to, by name and in the order of the alphabet. */
  get named(): Json {
    return Object.fromEntries([...this.#named].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  write(type: z.ZodType, io: 'input' | 'output'): Json {
    // What no schema can say, refinements, is left to the descriptions.
    const { $schema: _, $defs = {}, ...schema } = z.toJSONSchema(type, { io, metadata: NAMES, unrepresentable: 'any' })
    for (const [name, definition] of Object.entries($defs)) this.name(name, { ...(this.#fit(definition, io) as Json), ...NOTES[name] })
    return this.#fit(schema, io) as Json
  }

  /** Keeps a schema under a name. Returns what refers to it. */
  name(name: string, schema: Json): Json {
    if (!this.#named.has(name)) this.#named.set(name, schema)
    return { $ref: `#/components/schemas/${name}` }
  }

  #fit(schema: unknown, io: 'input' | 'output'): unknown {
    if (Array.isArray(schema)) return schema.map((each) => this.#fit(each, io))
    if (typeof schema !== 'object' || schema === null) return schema
    const { pattern, $ref, ...rest } = schema as Json
    const kind = typeof pattern === 'string' ? idKindOf(pattern) : undefined
    if (kind) return { ...without(rest, 'type'), ...this.#idOf(kind, pattern as string) }
    const kept = Object.entries(rest).filter(([keyword, value]) => !isNoise(keyword, value, io))
    return {
      ...Object.fromEntries(kept.map(([keyword, value]) => [keyword, this.#fit(value, io)])),
      ...(pattern !== undefined && { pattern }),
      ...(typeof $ref === 'string' && { $ref: $ref.replace('#/$defs/', '#/components/schemas/') }),
    }
  }

  #idOf(kind: keyof typeof ID_KINDS, pattern: string): Json {
    return this.name(`${kind[0]?.toUpperCase()}${kind.slice(1)}Id`, { type: 'string', pattern, examples: [`${ID_KINDS[kind]}_k7qm2x4f3`] })
  }
}

function without(schema: Json, keyword: string): Json {
  return Object.fromEntries(Object.entries(schema).filter(([each]) => each !== keyword))
}

function idKindOf(pattern: string): keyof typeof ID_KINDS | undefined {
  return (Object.keys(ID_KINDS) as (keyof typeof ID_KINDS)[]).find((kind) => pattern.startsWith(`^${ID_KINDS[kind]}_`))
}

/** The bounds of every whole number; and that an output has no other field, since later versions may add some. */
function isNoise(keyword: string, value: unknown, io: 'input' | 'output'): boolean {
  if (keyword === 'minimum' || keyword === 'maximum') return Math.abs(value as number) === Number.MAX_SAFE_INTEGER
  return keyword === 'additionalProperties' && value === false && io === 'output'
}
