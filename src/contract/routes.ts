import { OPERATION_NAMES, OPERATIONS, type OperationName } from './index.ts'
import type { HttpMethod } from './operation.ts'

/** How HTTP reaches an operation. */
export interface Route {
  readonly operation: OperationName
  readonly method: HttpMethod
  /** With `:name` for each of {@link params}. */
  readonly path: string
  /** Fields of the input that stand in the path. */
  readonly params: readonly string[]
  /** Whether the other fields come as a JSON body; otherwise they come in the query. */
  readonly hasBody: boolean
  /** The status of a success. */
  readonly status: 200 | 201
}

const DOOR = /^(GET|POST|PUT|PATCH|DELETE) (\/v1\/[^ ]+)( 201)?$/

/** The routes of all operations that have one, in the order of the contract. */
export function httpRoutes(): Route[] {
  return OPERATION_NAMES.flatMap((operation) => {
    const { http } = OPERATIONS[operation].doors
    return typeof http === 'string' ? [parseRoute(operation, http)] : []
  })
}

function parseRoute(operation: OperationName, door: string): Route {
  const [, method, path = '', created] = DOOR.exec(door) ?? []
  if (method === undefined) throw new Error(`${operation} has an HTTP door that cannot be read: ${door}`)
  return {
    operation,
    method: method as HttpMethod,
    path,
    params: [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string),
    hasBody: method !== 'GET' && method !== 'DELETE' && OPERATIONS[operation].file === undefined,
    status: created === undefined ? 200 : 201,
  }
}
