import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import { HelloOutput, HelloSchema, NOTIFICATIONS, OPERATION_NAMES, OPERATIONS } from '../../src/contract/index.ts'
import { TYPE_NAMES } from '../../src/contract/names.ts'
import { ERROR_STATUSES, type ErrorStatus } from '../../src/error-statuses.ts'
import { ERROR_CODES, type ErrorCode, type ErrorFacts, isRetryable } from '../../src/errors.ts'
import { PROTOCOL, SUBPROTOCOL, WS_PATH } from '../../src/rpc.ts'

export type JsonSchema = { readonly [keyword: string]: unknown }
export type Definitions = Readonly<Record<string, JsonSchema>>

export interface OperationSnapshot {
  readonly kind: string
  readonly access: string
  readonly input: JsonSchema
  readonly output: JsonSchema
}

/** All that a program written in another language relies on, as plain JSON. */
export interface ContractSnapshot {
  readonly wire: { readonly protocol: number; readonly subprotocol: string; readonly path: string }
  /** `hello` and every operation, by name. */
  readonly operations: Readonly<Record<string, OperationSnapshot>>
  readonly notifications: Definitions
  readonly errors: Readonly<Record<string, ErrorStatus & { readonly retryable: boolean; readonly close?: number }>>
  /** What the schemas above refer to by `#/$defs/<name>`. */
  readonly definitions: Definitions
}

/** The contract as the code declares it now. */
export function snapshotContract(): ContractSnapshot {
  const definitions: Record<string, JsonSchema> = {}
  const write = (type: z.ZodType, io: 'input' | 'output') => writeSchema(type, io, definitions)
  const operations = OPERATION_NAMES.map((name) => {
    const { kind, access, input, output } = OPERATIONS[name]
    return [name, { kind, access, input: write(input, 'input'), output: write(output, 'output') }] as const
  })
  const hello = { kind: 'stream', access: 'any', input: write(HelloSchema, 'input'), output: write(HelloOutput, 'output') }
  const notifications = Object.entries(NOTIFICATIONS).map(([name, params]) => [name, write(params, 'output')] as const)
  return {
    wire: { protocol: PROTOCOL, subprotocol: SUBPROTOCOL, path: WS_PATH },
    operations: Object.fromEntries([['hello', hello], ...operations]),
    notifications: Object.fromEntries(notifications),
    errors: Object.fromEntries(
      Object.entries<ErrorStatus>(ERROR_STATUSES).map(([code, status]) => {
        const { close }: ErrorFacts = ERROR_CODES[code as ErrorCode]
        return [code, { ...status, retryable: isRetryable(code as ErrorCode), ...(close !== undefined && { close }) }]
      }),
    ),
    definitions: Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

const NAMES = z.registry<{ id: string }>()
for (const [type, id] of TYPE_NAMES) NAMES.add(type, { id })

/** Refinements (durations, times, bytes) have no form in JSON Schema; the prose of docs/protocol.md carries them. */
function writeSchema(type: z.ZodType, io: 'input' | 'output', definitions: Record<string, JsonSchema>): JsonSchema {
  const { $schema: _, $defs = {}, ...rest } = z.toJSONSchema(type, { io, metadata: NAMES })
  for (const [name, definition] of Object.entries($defs)) {
    if (Object.hasOwn(definitions, name) && !isDeepStrictEqual(definitions[name], definition))
      throw new Error(`${name} reads differently as input and as output`)
    definitions[name] = definition
  }
  return rest
}
