import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { OPERATIONS } from '../../../src/contract/index.ts'
import { httpRoutes, type Route } from '../../../src/contract/routes.ts'
import { MusterError } from '../../../src/errors.ts'
import { LIMITS } from '../../../src/limits.ts'
import type { Caller } from '../../caller.ts'
import type { Outcome } from '../../store/pipeline.ts'
import { callerOf, NOBODY, noteCall } from '../bearer.ts'
import type { GatewayDeps } from '../deps.ts'
import { deviceToken, halfOf } from '../device-token.ts'
import { sendError } from '../http-error.ts'
import { callOnce } from '../one-call.ts'
import { streamEvents } from './event-stream.ts'
import { type InputParts, inputOf } from './input.ts'
import { type PagePath, Pages } from './pages.ts'
import { type Found, RouteTable } from './route-table.ts'

export interface RestOptions {
  readonly deps: GatewayDeps
  readonly version: string
  /** Whether a request came over TLS. */
  readonly isSecure: (request: IncomingMessage) => boolean
}

/** A request that was let in. */
export type Visit =
  | { readonly allow: readonly string[] }
  | { readonly page: PagePath }
  | { readonly route: Route; readonly caller: Caller; readonly params: Found['params'] }

export interface Rest {
  /** @throws MusterError with the status that refuses the request */
  readonly admit: (request: FastifyRequest) => Visit
  /** Answers; settles when the response has been handed to the connection. */
  readonly serve: (visit: Visit, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>
}

/** The operations of the contract over HTTP. */
export function createRest({ deps, version, isSecure }: RestOptions): Rest {
  const pages = new Pages(version)
  const table = new RouteTable(httpRoutes())
  return {
    admit: ({ method, raw, headers }) => {
      const url = raw.url ?? '/'
      if (method === 'OPTIONS') return { allow: table.allowed(url) }
      const { place, params } = table.find(method, url)
      if ('page' in place) return place
      const caller = isForAnyone(place) ? nobody(deps) : callerOf(deps, headers.authorization, 'token', () => deviceToken(raw, halfOf(raw), isSecure(raw)))
      if (caller.kind === 'nobody') requireSmallBody(headers)
      noteCall(deps, caller)
      return { route: place, caller, params }
    },
    serve: async (visit, request, reply) => {
      reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
      if ('page' in visit) return pages.send(visit.page, request, reply)
      if ('allow' in visit) return reply.code(204).header('allow', visit.allow.join(', ')).send()
      try {
        return await answer({ deps, ...visit, request, reply })
      } catch (error) {
        const refusal = deps.asMusterError(error)
        deps.runner.count(refusal)
        throw refusal
      }
    },
  }
}

/** Whatever credential comes with it, it is not looked at. */
function isForAnyone({ operation }: Route): boolean {
  return OPERATIONS[operation].access === 'anyone'
}

/** What nobody sends is held before anything is known of who that is, so it says how little it is. */
const MAX_NOBODYS_BYTES = 4_096

function requireSmallBody(headers: FastifyRequest['headers']): void {
  const isUnsaid = headers['transfer-encoding'] !== undefined
  if (isUnsaid || Number(headers['content-length'] ?? 0) > MAX_NOBODYS_BYTES)
    throw new MusterError('too_large', {
      limit: MAX_NOBODYS_BYTES,
      hint: `At most ${MAX_NOBODYS_BYTES} bytes, of which Content-Length says how many they are.`,
    })
}

function nobody({ calls }: GatewayDeps): Caller {
  if (calls.closed) throw new MusterError('shutting_down')
  return NOBODY
}

function partsOf(params: Found['params'], { query, body, headers, raw }: FastifyRequest): InputParts {
  const key = headers['idempotency-key']
  // Fastify leaves the body of a GET unread.
  const unread = body === undefined && (raw.headers['transfer-encoding'] !== undefined || Number(raw.headers['content-length'] ?? 0) > 0)
  return { params, query: query as Readonly<Record<string, unknown>>, body: unread ? null : body, key: typeof key === 'string' ? key : undefined }
}

interface Call {
  readonly deps: GatewayDeps
  readonly route: Route
  readonly caller: Caller
  readonly params: Found['params']
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** @throws what refuses the call before it runs */
async function answer(call: Call): Promise<unknown> {
  const { deps, route, caller, params, request, reply } = call
  const input = inputOf(route, partsOf(params, request))
  if (route.operation === 'events.subscribe') return streamEvents({ deps, caller, input, request, reply })
  const waits = OPERATIONS[route.operation].kind === 'stream'
  using open = deps.calls.open(callsOf(caller), undefined, waits ? LIMITS.maxWaits : LIMITS.maxRequestsInFlight)
  const signal = waits ? AbortSignal.any([open.signal, closeSignal(reply)]) : open.signal
  const outcome = await new Promise<Outcome<unknown>>((settle) => callOnce({ deps, caller, signal }, route.operation, input, settle))
  return outcome.ok ? reply.code(route.status).send(outcome.value) : sendError(reply, outcome.error)
}

/** Under which number the calls of a caller are counted; enrolments have negative ones of their own. */
function callsOf(caller: Caller): number {
  if (caller.kind === 'nobody') return 0
  return caller.kind === 'enrolment' ? -caller.enrolmentId : caller.credentialId
}

/** Aborted when the client is gone. */
function closeSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  if (raw.destroyed) controller.abort()
  else raw.once('close', () => controller.abort())
  return controller.signal
}
