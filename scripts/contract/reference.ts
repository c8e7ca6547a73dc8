import { OPERATION_NAMES, OPERATIONS, type OperationName } from '../../src/contract/index.ts'
import { httpRoutes } from '../../src/contract/routes.ts'
import { ERROR_STATUSES, type ErrorStatus } from '../../src/error-statuses.ts'
import { ERROR_CODES, ERRORS, type ErrorCode, type ErrorFacts } from '../../src/errors.ts'
import { ID_KINDS } from '../../src/ids.ts'
import { LIMITS } from '../../src/limits.ts'
import type { ContractSnapshot, JsonSchema } from './snapshot.ts'

/** The parts of docs/protocol.md that are written from the contract, by the name of their marker. */
export function renderReference(contract: ContractSnapshot): Readonly<Record<string, string>> {
  return {
    hello: renderHello(contract),
    operations: renderOperations(contract),
    notifications: renderNotifications(contract),
    definitions: renderDefinitions(contract),
    routes: renderRoutes(),
    errors: renderErrors(),
    limits: renderLimits(),
    ids: table(
      ['kind', 'prefix'],
      Object.entries(ID_KINDS).map(([kind, prefix]) => [kind, code(`${prefix}_`)]),
    ),
  }
}

const MARKER = /(<!-- generated:([a-z]+) -->\n)[\s\S]*?(<!-- \/generated -->)/g

/**
 * The document with its generated parts written anew; what lies between the markers is nobody's to edit.
 *
 * @throws Error when a marker names no part, or a part has no marker
 */
export function refreshDocument(document: string, parts: Readonly<Record<string, string>>): string {
  const missing = new Set(Object.keys(parts))
  const fresh = document.replaceAll(MARKER, (_all, start: string, name: string, end: string) => {
    if (!Object.hasOwn(parts, name)) throw new Error(`Nothing is generated under the name ${name}`)
    missing.delete(name)
    return `${start}\n${parts[name]}\n\n${end}`
  })
  if (missing.size > 0) throw new Error(`The document has no marker for: ${[...missing].join(', ')}`)
  return fresh
}

/** The document without its generated parts: what people wrote. */
export function withoutGenerated(document: string): string {
  return document.replaceAll(MARKER, '')
}

function renderOperations(contract: ContractSnapshot): string {
  const names = [...OPERATION_NAMES].sort((a, b) => domainOf(a) - domainOf(b))
  return names.map((name) => renderOperation(name, contract)).join('\n\n')
}

/** Operations of one domain stay together, in the order in which the contract first names the domain. */
function domainOf(name: OperationName): number {
  return OPERATION_NAMES.findIndex((other) => other.split('.')[0] === name.split('.')[0])
}

function renderOperation(name: OperationName, contract: ContractSnapshot): string {
  const { kind, access, summary } = OPERATIONS[name]
  const { input, output } = contract.operations[name] as { input: JsonSchema; output: JsonSchema }
  const head = `#### ${name}\n\n*${kind}, access ${access}.* ${summary}`
  return `${head}\n\n${renderInput(input)}\n\n${renderOutput(output)}`
}

function renderHello(contract: ContractSnapshot): string {
  const hello = contract.operations['hello'] as { input: JsonSchema; output: JsonSchema }
  return `${renderInput(hello.input)}\n\n${renderOutput(hello.output)}`
}

function renderNotifications(contract: ContractSnapshot): string {
  return table(
    ['notification', 'params'],
    Object.entries(contract.notifications).map(([name, params]) => [code(name), describeFields(params)]),
  )
}

function renderRoutes(): string {
  const rows = httpRoutes().map(({ operation, method, path, status }) => [code(operation), code(`${method} ${path}`), String(status)])
  return table(['operation', 'route', 'status'], rows)
}

function renderDefinitions(contract: ContractSnapshot): string {
  return table(
    ['type', 'is'],
    Object.entries(contract.definitions).map(([name, schema]) => [`**${name}**`, describeDefinition(name, schema)]),
  )
}

/** Texts whose rules are not all in their schema. */
const EXPLAINED = new Set(['Address', 'Body', 'Duration', 'EventCursor', 'Name', 'Time'])

function describeDefinition(name: string, schema: JsonSchema): string {
  if (fieldsOf(schema).length > 0) return describeFields(schema)
  return EXPLAINED.has(name) ? `${describe(schema)}; see [Values](#4-values)` : describe(schema)
}

function renderErrors(): string {
  const rows = Object.entries<ErrorStatus>(ERROR_STATUSES).map(([name, { rpc, http, exit }]) => {
    const facts: ErrorFacts = ERROR_CODES[name as ErrorCode]
    return [
      code(name),
      ERRORS[name as ErrorCode].message,
      String(rpc),
      String(http),
      facts.close === undefined ? '' : String(facts.close),
      String(exit),
      facts.retryable ? 'yes' : 'no',
    ]
  })
  return table(['code', 'meaning', 'JSON-RPC', 'HTTP', 'close', 'exit', 'retryable'], rows)
}

function renderLimits(): string {
  return table(
    ['limit', 'value'],
    Object.entries(LIMITS).map(([name, value]) => [code(name), value.toLocaleString('en-US')]),
  )
}

type Field = readonly [name: string, schema: JsonSchema, required: boolean]

function fieldsOf(schema: JsonSchema): Field[] {
  const properties = (schema['properties'] ?? {}) as Record<string, JsonSchema>
  const required = (schema['required'] ?? []) as string[]
  return Object.entries(properties).map(([name, field]) => [name, field, required.includes(name)])
}

function renderInput(schema: JsonSchema): string {
  const fields = fieldsOf(schema)
  if (fields.length === 0) return 'Takes nothing.'
  const rows = fields.map(([name, field, required]) => [code(name), describe(field), presence(field, required)])
  return table(['input', 'type', 'where left out'], rows)
}

function presence(field: JsonSchema, required: boolean): string {
  if (field['default'] !== undefined) return code(JSON.stringify(field['default']))
  return required ? '**required**' : ''
}

function renderOutput(schema: JsonSchema): string {
  return `Gives ${describeFields(schema)}.`
}

function describeFields(schema: JsonSchema): string {
  return fieldsOf(schema)
    .map(([name, field, required]) => `${code(name)} ${describe(field)}${required ? '' : ', may be absent'}`)
    .join('; ')
}

/** A schema in a few words. */
function describe(schema: JsonSchema): string {
  const { $ref, anyOf, oneOf, items, type } = schema
  if (typeof $ref === 'string') return `**${$ref.slice($ref.lastIndexOf('/') + 1)}**`
  if (schema['const'] !== undefined) return code(String(schema['const']))
  if (Array.isArray(schema['enum'])) return either((schema['enum'] as unknown[]).map((member) => code(String(member))))
  if (Array.isArray(anyOf ?? oneOf)) return either(((anyOf ?? oneOf) as JsonSchema[]).map(describe))
  if (Array.isArray(type)) return either((type as string[]).map((each) => describe({ ...schema, type: each })))
  if (type === 'array') return `list of ${describe(items as JsonSchema)}${range(schema, 'minItems', 'maxItems', '')}`
  if (type === 'object') return describeObject(schema)
  return describeScalar(schema)
}

function describeObject(schema: JsonSchema): string {
  const fields = fieldsOf(schema)
  if (fields.length > 0) return `{ ${fields.map(([name, field]) => `${code(name)} ${describe(field)}`).join(', ')} }`
  const rest = schema['additionalProperties']
  return typeof rest === 'object' && rest !== null && Object.keys(rest).length > 0 ? `record of ${describe(rest as JsonSchema)}` : 'record'
}

function describeScalar(schema: JsonSchema): string {
  const { type, pattern } = schema
  if (type === 'integer') return `whole number${range(schema, 'minimum', 'maximum', '')}`
  if (type !== 'string') return String(type)
  const kind = Object.entries(ID_KINDS).find(([, prefix]) => typeof pattern === 'string' && pattern.startsWith(`^${prefix}_`))
  return kind ? `${kind[0]} id` : `text${range(schema, 'minLength', 'maxLength', ' characters')}`
}

function range(schema: JsonSchema, least: string, most: string, unit: string): string {
  const isBound = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) < Number.MAX_SAFE_INTEGER
  const [from, to] = [schema[least], schema[most]]
  if (isBound(from) && isBound(to)) return `, ${from} to ${to}${unit}`
  if (isBound(to)) return `, at most ${to}${unit}`
  return isBound(from) && from > 1 ? `, at least ${from}${unit}` : ''
}

function either(alternatives: readonly string[]): string {
  return alternatives.length < 3 ? alternatives.join(' or ') : `${alternatives.slice(0, -1).join(', ')} or ${alternatives.at(-1)}`
}

function code(text: string): string {
  return `\`${text}\``
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
