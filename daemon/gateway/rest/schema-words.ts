import { type Html, html } from './html.ts'
import type { Json } from './schemas.ts'

export interface SchemaField {
  readonly name: string
  readonly schema: Json
  readonly required: boolean
}

export function fieldsOf(schema: Json): SchemaField[] {
  const required = (schema['required'] ?? []) as string[]
  return Object.entries((schema['properties'] ?? {}) as Record<string, Json>).map(([name, field]) => ({
    name,
    schema: field,
    required: required.includes(name),
  }))
}

/** A schema in a few words, with links to the types that have a name. */
export function typeWords(schema: Json): Html {
  const { $ref, anyOf, oneOf, items, type } = schema
  if (typeof $ref === 'string') return html`<a href="#type-${typeName($ref)}">${typeName($ref)}</a>`
  if (schema['const'] !== undefined) return html`<code>${String(schema['const'])}</code>`
  if (Array.isArray(schema['enum'])) return either((schema['enum'] as unknown[]).map((member) => html`<code>${String(member)}</code>`))
  if (Array.isArray(anyOf ?? oneOf)) return either(((anyOf ?? oneOf) as Json[]).map(typeWords))
  if (Array.isArray(type)) return either((type as string[]).map((each) => typeWords({ ...schema, type: each })))
  if (type === 'array') return html`list of ${typeWords((items ?? {}) as Json)}${range(schema, 'minItems', 'maxItems', '')}`
  if (type === 'object') return objectWords(schema)
  if (type === 'integer') return html`whole number${range(schema, 'minimum', 'maximum', '')}`
  if (type === 'string') return html`text${range(schema, 'minLength', 'maxLength', ' characters')}`
  return html`${String(type ?? 'anything')}`
}

/** The name at the end of a reference. */
export function typeName(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1)
}

function objectWords(schema: Json): Html {
  const fields = fieldsOf(schema)
  const rest = schema['additionalProperties']
  if (fields.length > 0)
    return html`{ ${joined(
      fields.map(({ name, schema: field }) => html`<code>${name}</code> ${typeWords(field)}`),
      ', ',
    )} }`
  return typeof rest === 'object' && rest !== null && Object.keys(rest).length > 0 ? html`record of ${typeWords(rest as Json)}` : html`record`
}

function either(alternatives: readonly Html[]): Html {
  return html`${joined(alternatives.slice(0, -1), ', ')}${alternatives.length > 1 && ' or '}${alternatives.at(-1)}`
}

function joined(parts: readonly Html[], separator: string): Html {
  return html`${parts.map((part, index) => html`${index > 0 && separator}${part}`)}`
}

function range(schema: Json, least: string, most: string, unit: string): string {
  const [from, to] = [schema[least], schema[most]]
  if (typeof from === 'number' && typeof to === 'number') return `, ${from} to ${to}${unit}`
  if (typeof to === 'number') return `, at most ${to}${unit}`
  return typeof from === 'number' && from > 1 ? `, at least ${from}${unit}` : ''
}

/** A value that fits. `named` finds what a reference means. */
export function exampleOf(schema: Json, named: (ref: string) => Json): unknown {
  const { $ref, anyOf, items, type } = schema
  if (typeof $ref === 'string') return exampleOf(named($ref), named)
  if (Array.isArray(schema['examples'])) return schema['examples'][0]
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  if (Array.isArray(anyOf)) return exampleOf(anyOf[0] as Json, named)
  if (type === 'array') return [exampleOf((items ?? {}) as Json, named)]
  if (type === 'object') {
    return Object.fromEntries(
      fieldsOf(schema)
        .filter(({ required }) => required)
        .map(({ name, schema: field }) => [name, exampleOf(field, named)]),
    )
  }
  if (type === 'integer' || type === 'number') return 1
  return type === 'boolean' ? true : '…'
}
