import type { FastifyInstance, FastifyRequest } from 'fastify'
import { MusterError } from '../../src/errors.ts'
import { PROFILES, type Profile } from '../../src/tools/tool.ts'
import { callerOf, noteCall } from './bearer.ts'
import type { GatewayDeps } from './deps.ts'
import { sayFarewell } from './farewell.ts'
import type { McpHandler } from './mcp-handler.ts'
import type { McpServerOptions, Visit } from './mcp-server.ts'

/** Model Context Protocol over Streamable HTTP: the revisions of 2025, and that of 2026-07-28. */
const MCP_PATH = '/mcp'
/** By which a client names the tools that it wants; `?profile=` does the same. */
const PROFILE_HEADER = 'muster-profile'

/** Mounts the MCP door. Which tools there are is decided in `src/tools`; this decides who may call. */
export function addMcpDoor(app: FastifyInstance, options: McpServerOptions): void {
  const { deps } = options
  // With the first call: the SDK takes longer to load than everything else that a start needs.
  let handler: Promise<McpHandler> | undefined
  const visits = new Map<Visit, Promise<void>>()
  app.register((scope, _options, done) => {
    // The SDK reads the body itself, and answers a bad one as the protocol has it.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
    scope.route({
      method: ['GET', 'POST', 'DELETE'],
      url: MCP_PATH,
      handler: async (request, reply) => {
        const visit = admit(deps, request)
        reply.hijack()
        reply.raw.once('finish', () => {
          for (const act of visit.afterwards) act()
        })
        handler ??= import('./mcp-handler.ts').then(({ createHandler }) => createHandler(options))
        const served = handler.then(({ serve }) => serve(request.raw, reply.raw, visit))
        visits.set(visit, served)
        await served.finally(() => visits.delete(visit))
      },
    })
    done()
  })
  app.addHook('preClose', async () => {
    const answers = [...visits].filter(([{ calling }]) => calling).map(([, served]) => served)
    await sayFarewell(answers, deps.clock)
    await (await handler)?.close()
  })
}

/** @throws MusterError with the HTTP status that refuses the request */
function admit(deps: GatewayDeps, request: FastifyRequest): Visit {
  const caller = callerOf(deps, request.headers.authorization, 'token of a peer')
  if (caller.kind !== 'peer') {
    const whose = caller.kind === 'admin' ? "the administrator's" : "an enrolment's"
    throw new MusterError('forbidden', { hint: `This token is ${whose}. Tools are called by a peer: send its token; muster token issue mints one.` })
  }
  const profile = profileOf(request)
  noteCall(deps, caller)
  return { caller, profile, afterwards: [], calling: false }
}

function profileOf({ query, headers }: FastifyRequest): Profile {
  const asked = (query as { profile?: unknown }).profile ?? headers[PROFILE_HEADER] ?? 'default'
  const profile = PROFILES.find((known) => known === asked)
  if (!profile) throw new MusterError('invalid_input', { hint: `The profiles are ${PROFILES.join(', ')}.` })
  return profile
}
