import type * as z from 'zod'

/**
 * How an operation may run. `command`: synchronous in the commit pipeline, the only kind that writes. `query`: synchronous,
 * read-only, at most 1,000 rows examined. `scan`: read-only in a worker, at most 5 s. `stream`: awaits in the gateway and
 * touches state only through commands and queries. `offline`: with the daemon stopped.
 */
export type OperationKind = 'command' | 'query' | 'scan' | 'stream' | 'offline'

/**
 * Whose credential an operation takes. `any`: every valid one. `enrolment`: one that mints peers. `peer`: one of a peer.
 * `reader`: a peer's or an administrator's. `admin`: an administrator's. `leader`: an orchestrator's that leads its circle; the input
 * has the fencing `token` of its lease, which is checked in the transaction of the command.
 */
export type Access = 'any' | 'enrolment' | 'peer' | 'reader' | 'admin' | 'leader'

/** What reaches an operation through one door, or the reason why nothing does. */
export type Door = string | { readonly none: string }

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * The HTTP route: method, path, and `201` at the end where it creates something. What the path names with `:` are fields of the
 * input; the others come in the query of a GET or DELETE, and as the JSON body of the rest.
 */
export type HttpDoor = `${HttpMethod} /v1/${string}` | { readonly none: string }

export interface Doors {
  readonly http: HttpDoor
  /** The CLI command, with the flag that means this operation. */
  readonly cli: Door
  /** The MCP tool, with the argument that means this operation. */
  readonly mcp: Door
}

export interface Operation<
  Name extends string = string,
  Kind extends OperationKind = OperationKind,
  In extends z.ZodType = z.ZodType,
  Out extends z.ZodType = z.ZodType,
  By extends Access = Access,
> {
  readonly name: Name
  readonly kind: Kind
  readonly access: By
  /** One sentence, shown in the reference and in help. */
  readonly summary: string
  readonly input: In
  readonly output: Out
  readonly doors: Doors
  /** Over HTTP the file itself is the body of the request (`sent`) or of the response (`given`), and the input stands in the path and the query. */
  readonly file?: 'sent' | 'given'
}

/** Declares an operation; every door derives from the declaration. */
export function operation<const Name extends string, const Kind extends OperationKind, In extends z.ZodType, Out extends z.ZodType, const By extends Access>(
  spec: Operation<Name, Kind, In, Out, By>,
): Operation<Name, Kind, In, Out, By> {
  return spec
}
