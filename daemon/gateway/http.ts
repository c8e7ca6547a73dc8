import type { IncomingMessage } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { RandomBytes } from '../clock.ts'
import { ARTIFACTS_PATH, addArtifactsDoor } from './artifacts-door.ts'
import { createDashboardDoor } from './dashboard/door.ts'
import type { GatewayDeps } from './deps.ts'
import { isEncrypted } from './device-token.ts'
import { addHooksDoor } from './hooks/door.ts'
import { asHttpError, pathOf, refuseClient, sendError } from './http-error.ts'
import { HEADERS_TIMEOUT_MS } from './http-timeouts.ts'
import { addMcpDoor } from './mcp.ts'
import { forbiddenOrigin } from './origin.ts'
import { addPairDoor } from './pair/door.ts'
import { addRestDoor } from './rest/door.ts'
import { addWebSocketDoor } from './websocket-door.ts'

export interface HttpOptions {
  readonly deps: GatewayDeps
  readonly version: string
  readonly random: RandomBytes
  readonly allowedHosts: readonly string[]
  /** A proxy in front ends TLS, and says so in X-Forwarded-Proto. */
  readonly trustedProxy: boolean
  /** Whether new work is accepted: not before the first commit, not while stopping, not with a full disk. */
  readonly ready: () => boolean
  readonly metrics: () => string
}

/** No route has a schema of Fastify's, as the contract has its own: the compilers for them would be a tenth of each start. */
const noSchema = () => () => {
  throw new Error('Routes have no schemas of Fastify')
}
const NO_SCHEMAS = { compilersFactory: { buildValidator: noSchema, buildSerializer: noSchema } }

/** The HTTP server with its unauthenticated routes, the operations under `/v1` and the MCP door; the WebSocket door is its upgrade. */
export function createHttp(options: HttpOptions): { readonly app: FastifyInstance; readonly loadDoor: () => Promise<unknown> } {
  const app = Fastify({
    logger: false,
    bodyLimit: LIMITS.maxFrameBytes,
    requestTimeout: LIMITS.uploadMs,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: 2_000 },
    forceCloseConnections: true,
    schemaController: NO_SCHEMAS,
    clientErrorHandler: refuseClient,
    frameworkErrors: (error, _request, reply) => void sendError(reply as FastifyReply, asHttpError(options.deps, error)),
  })
  app.addHook('onRequest', async (request, reply) => {
    const forbidden = forbiddenOrigin(request.headers.host, request.headers.origin, options.allowedHosts)
    if (forbidden) await sendError(reply, new MusterError('forbidden', { hint: forbidden }))
  })
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.url !== ARTIFACTS_PATH) cutSlowBody(options.deps, request.raw)
    done()
  })
  app.get('/health', async () => ({ status: 'ok', version: options.version, pid: process.pid }))
  app.get('/ready', async (_request, reply) => {
    const ready = options.ready()
    return reply.code(ready ? 200 : 503).send({ ready })
  })
  app.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4').send(options.metrics()))
  addMcpDoor(app, { deps: options.deps, version: options.version, newKey: () => Buffer.from(options.random(16)).toString('hex') })
  const isSecure = (request: IncomingMessage) => isEncrypted(request, options.trustedProxy)
  addRestDoor(app, { deps: options.deps, version: options.version, isSecure })
  addPairDoor(app, { deps: options.deps, isSecure })
  addHooksDoor(app, options.deps)
  addArtifactsDoor(app, { deps: options.deps, isSecure })
  const dashboard = createDashboardDoor()
  app.setNotFoundHandler((request, reply) => dashboard(request, reply) ?? sendError(reply, new MusterError('not_found', { path: pathOf(request.url) })))
  app.setErrorHandler((error, _request, reply) => sendError(reply, asHttpError(options.deps, error)))
  return { app, loadDoor: addWebSocketDoor(app, { deps: options.deps, allowedHosts: options.allowedHosts, isSecure }) }
}

/** Only a file may take its time: the timeout of the server is for that one, and no other body is large. */
function cutSlowBody({ clock }: GatewayDeps, request: IncomingMessage): void {
  const { headers } = request
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return
  const cancel = clock.setTimer(() => request.destroy(), HEADERS_TIMEOUT_MS)
  for (const event of ['end', 'close']) request.once(event, cancel)
}
