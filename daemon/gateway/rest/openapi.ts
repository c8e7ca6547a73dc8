import { STATUS_CODES } from 'node:http'
import { DOMAINS } from '../../../src/contract/domains.ts'
import { NOTIFICATIONS, OPERATIONS, type OperationName } from '../../../src/contract/index.ts'
import type { Access } from '../../../src/contract/operation.ts'
import { httpRoutes, type Route } from '../../../src/contract/routes.ts'
import { ERROR_STATUSES } from '../../../src/error-statuses.ts'
import { ERRORS, type ErrorCode, isRetryable } from '../../../src/errors.ts'
import { ACCESS_HINTS } from '../admission.ts'
import { type Json, SchemaWriter } from './schemas.ts'

/** An operation as the document has it, by the parts that the reference page reads back. */
export interface OperationObject {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly parameters?: readonly (ParameterObject | RefObject)[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, RefObject | ResponseObject>>
}

export interface ParameterObject {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly description?: string
  readonly schema: Json
}

export interface ResponseObject {
  readonly description: string
  readonly headers?: Json
  readonly content?: Content
}

interface RefObject {
  readonly $ref: string
}

type Content = Readonly<Record<string, { readonly schema: Json }>>

export interface OpenApiDocument {
  readonly openapi: '3.1.1'
  readonly info: { readonly title: string; readonly version: string; readonly summary: string; readonly description: string }
  readonly servers: readonly Json[]
  readonly security: readonly Json[]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>
  readonly components: {
    readonly securitySchemes: Json
    readonly parameters: Readonly<Record<string, ParameterObject>>
    readonly responses: Readonly<Record<string, ResponseObject>>
    readonly schemas: Readonly<Record<string, Json>>
  }
}

const DESCRIPTION = `Every operation of a Muster daemon, with the same input, output, errors and visibility as over its WebSocket.

The credential says who is speaking. A command that creates something takes an \`Idempotency-Key\`: repeated with it, it creates nothing again. Every error has the body
\`{"error": {"code", "message", "hint"}}\`; the code decides, the status follows from it. Clients ignore fields that they do not know.`

const ACCESS: Readonly<Record<Access, string>> = { ...ACCESS_HINTS, leader: `${ACCESS_HINTS.leader} its circle, with the \`token\` of its lease` }

/** Errors that only a WebSocket meets. */
const OF_FRAMES: readonly ErrorCode[] = ['duplicate_id', 'hello_required', 'hello_timeout', 'unsupported_protocol', 'replaced', 'slow_consumer']
const CODES = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => !OF_FRAMES.includes(code))

/** The OpenAPI 3.1 description of the HTTP door (https://spec.openapis.org/oas/v3.1.1.html), from the contract alone. */
export function createOpenApi(version: string): OpenApiDocument {
  const schemas = new SchemaWriter()
  const statuses = new Set<number>()
  const paths: Record<string, Record<string, OperationObject>> = {}
  for (const route of httpRoutes()) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeOperation(route, schemas, statuses) }
  }
  const key = { name: 'Idempotency-Key', in: 'header', schema: { $ref: '#/components/schemas/IdempotencyKey' } } as const
  const responses = [...statuses].sort().map((status) => [nameOf(status), describeStatus(status)] as const)
  schemas.name('Error', errorSchema())
  // What the stream of events consists of, which no response refers to.
  schemas.name('Event', schemas.write(NOTIFICATIONS['events.event'].shape.event, 'output'))
  return {
    openapi: '3.1.1',
    info: { title: 'Muster', version, summary: 'Coding-agent sessions, programs and people ask and notify each other.', description: DESCRIPTION },
    servers: [{ url: '/', description: 'This daemon.' }],
    security: [{ token: [] }],
    tags: Object.entries(DOMAINS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'The token of a peer, of an enrolment or of the administrator.' } },
      parameters: { IdempotencyKey: key },
      responses: Object.fromEntries(responses),
      schemas: schemas.named as OpenApiDocument['components']['schemas'],
    },
  }
}

function describeOperation(route: Route, schemas: SchemaWriter, statuses: Set<number>): OperationObject {
  const { name, kind, access, summary, input, output, file } = OPERATIONS[route.operation]
  const { properties = {}, required = [], ...object } = schemas.write(input, 'input') as { properties?: Record<string, Json>; required?: string[] }
  const elsewhere = ['key', ...route.params, ...SAID_BY_HTTP[file ?? 'not']]
  const fields = Object.entries(properties).filter(([field]) => !elsewhere.includes(field))
  const needed = required.filter((field) => !route.params.includes(field))
  const parameters = [
    ...route.params.map((field): ParameterObject => ({ name: field, in: 'path', required: true, schema: properties[field] as Json })),
    ...(route.hasBody ? [] : fields.map(([field, schema]) => queryParameter(field, schema, needed.includes(field)))),
    ...('key' in properties ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ...(name === 'events.subscribe' ? [LAST_EVENT_ID] : []),
  ]
  const pascal = name.replaceAll(/(?:^|\.)(\w)/g, (_all, letter: string) => letter.toUpperCase())
  const body = { ...object, properties: Object.fromEntries(fields), ...(needed.length > 0 && { required: needed }) }
  const failures = statusesOf(route, Object.keys(properties))
  for (const status of failures) statuses.add(status)
  return {
    operationId: name,
    summary,
    description: `A ${kind}. Takes ${ACCESS[access]}.`,
    tags: [name.slice(0, name.indexOf('.'))],
    ...(parameters.length > 0 && { parameters }),
    ...(route.hasBody &&
      fields.length > 0 && {
        requestBody: { required: needed.length > 0, content: { 'application/json': { schema: schemas.name(`${pascal}Request`, body) } } },
      }),
    ...(file === 'sent' && { requestBody: { required: true, content: FILE } }),
    responses: {
      [route.status]: STREAMED[name] ?? describeOutput(schemas.name(`${pascal}Response`, schemas.write(output, 'output'))),
      ...Object.fromEntries(failures.map((status) => [status, { $ref: `#/components/responses/${nameOf(status)}` }])),
    },
  }
}

const LAST_EVENT_ID: ParameterObject = {
  name: 'Last-Event-ID',
  in: 'header',
  description: 'Where a client that comes back was; it goes before `after`.',
  schema: { $ref: '#/components/schemas/EventCursor' },
}

const EVENT_STREAM: ResponseObject = {
  description: 'Server-Sent Events: the `id` of each is its cursor, its `data` an `Event`. One of type `bye` says why the stream ends.',
  // OpenAPI 3.1 has no word for the events of a stream; this is what each has as its data.
  content: { 'text/event-stream': { schema: { type: 'string', contentMediaType: 'application/json', contentSchema: { $ref: '#/components/schemas/Event' } } } },
}

const FILE: Content = { 'application/octet-stream': { schema: { description: 'The file itself, of whatever type.' } } }

/** What is no JSON. */
const STREAMED: Partial<Record<OperationName, ResponseObject>> = {
  'events.subscribe': EVENT_STREAM,
  'artifacts.read': { description: 'The file, with its media type as `Content-Type`. `Range`, `If-None-Match` and `HEAD` work.', content: FILE },
}

/** Fields of the input for which HTTP has a word of its own: `Content-Type`, `Range`. */
const SAID_BY_HTTP = { sent: ['mediaType'], given: ['offset', 'limit'], not: [] } as const

function describeOutput(schema: Json): ResponseObject {
  return { description: 'What the operation gives.', content: { 'application/json': { schema } } }
}

/** A list is a parameter that is repeated, which is the default form of a query. */
function queryParameter(name: string, schema: Json, required: boolean): ParameterObject {
  return { name, in: 'query', ...(required && { required }), schema }
}

/** The statuses of the errors that an operation may end with. */
function statusesOf({ operation, hasBody }: Route, fields: readonly string[]): number[] {
  const { kind, file } = OPERATIONS[operation]
  const ofBody = hasBody ? [400, 413, 415] : file === 'sent' ? [413, 507] : []
  const ofKind = kind === 'command' ? [409, 507] : []
  const ofFields = [...(fields.length > 0 ? [404] : []), ...(operation.startsWith('events.') ? [410] : [])]
  return [401, 403, 422, 429, 500, 503, ...ofBody, ...ofKind, ...ofFields].sort()
}

function nameOf(status: number): string {
  return STATUS_CODES[status]?.replaceAll(/\W/g, '') ?? `Status${status}`
}

function describeStatus(status: number): ResponseObject {
  const codes = CODES.filter((code) => ERROR_STATUSES[code].http === status)
  const header = headerOf(status)
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join(' '),
    ...(header && { headers: { [header.name]: { description: header.description, schema: { type: 'string' } } } }),
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  }
}

function headerOf(status: number): { readonly name: string; readonly description: string } | undefined {
  if (status === 401) return { name: 'WWW-Authenticate', description: 'The scheme that is taken: `Bearer`.' }
  const retryable = CODES.some((code) => ERROR_STATUSES[code].http === status && isRetryable(code))
  return retryable ? { name: 'Retry-After', description: 'Seconds, where the daemon knows how long to wait.' } : undefined
}

function errorSchema(): Json {
  const properties = {
    code: { type: 'string', enum: CODES, description: 'What happened. Clients treat one that they do not know by its status.' },
    message: { type: 'string', description: 'A sentence.' },
    hint: { type: 'string', description: 'What would be accepted.' },
  }
  const error = { type: 'object', description: 'Further fields depend on the code.', properties, required: ['code', 'message'] }
  return { type: 'object', properties: { error }, required: ['error'] }
}
