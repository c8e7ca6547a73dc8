import { ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server'
import { callTool, failed } from '../../src/tools/call.ts'
import { toolSet } from '../../src/tools/catalogue.ts'
import { INSTRUCTIONS } from '../../src/tools/instructions.ts'
import { MAX_PORT_KEY_CHARS } from '../../src/tools/port.ts'
import type { Profile } from '../../src/tools/tool.ts'
import { explainError } from '../../src/tools/wording.ts'
import type { PeerCaller } from '../caller.ts'
import { CallPort } from './call-port.ts'
import type { GatewayDeps } from './deps.ts'

/** A client that repeats a call sends the same key in `_meta`, and nothing happens twice. */
const KEY_META = 'muster/key'
/** How long the list of tools may be kept: it changes with the version of the daemon only. */
const LIST_CACHE_MS = 300_000
const MAX_ECHOED_CHARS = 64

/** One HTTP request by an authenticated peer. */
export interface Visit {
  readonly caller: PeerCaller
  readonly profile: Profile
  /** To be done once the response has gone out. */
  readonly afterwards: (() => void)[]
  /** A tool was called. */
  calling: boolean
}

export interface McpServerOptions {
  readonly deps: GatewayDeps
  readonly version: string
  /** A key that no other call has. */
  readonly newKey: () => string
}

/** The MCP server of one request: the protocol keeps no session, so neither does this. */
export function createMcpServer(options: McpServerOptions, visit: Visit): Server {
  const hint = { ttlMs: LIST_CACHE_MS, cacheScope: 'private' } as const
  const server = new Server(
    { name: 'muster', version: options.version },
    // No `listChanged`: a client would keep a stream open for news that cannot come.
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS, cacheHints: { 'tools/list': hint, 'server/discover': hint } },
  )
  server.setRequestHandler('tools/list', () => ({ tools: toolSet(visit.profile).listed.map((tool) => ({ ...tool })) }))
  server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
    visit.calling = true
    const key = keyOf(params._meta?.[KEY_META]) ?? options.newKey()
    const result = await run(options.deps, visit, { id: mcpReq.id, name: params.name, input: params.arguments, key, signal: mcpReq.signal })
    if (!result) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool ${params.name.slice(0, MAX_ECHOED_CHARS)}; tools/list names them.`)
    return result
  })
  // Another request made the call: the server that serves it is not this one.
  server.setNotificationHandler('notifications/cancelled', ({ params }) => {
    if (params.requestId !== undefined) options.deps.calls.cancel(visit.caller.credentialId, params.requestId)
  })
  return server
}

interface ToolCall {
  readonly id: string | number
  readonly name: string
  readonly input: unknown
  readonly key: string
  /** Aborted when the client goes or cancels. */
  readonly signal: AbortSignal
}

async function run(deps: GatewayDeps, { caller, profile, afterwards }: Visit, { id, name, input, key, signal }: ToolCall) {
  try {
    using open = deps.calls.open(caller.credentialId, id)
    const port = new CallPort({ deps, caller, key, signal: AbortSignal.any([signal, open.signal]) })
    const called = await callTool(toolSet(profile), name, input, port)
    const receipt = called?.receipt
    if (receipt && !open.doubtful) afterwards.push(() => port.received(receipt))
    return called?.result
  } catch (error) {
    return failed(explainError(deps.asMusterError(error))).result
  }
}

/** @throws ProtocolError where there is a key that cannot be one */
function keyOf(key: unknown): string | undefined {
  if (key === undefined) return undefined
  if (typeof key === 'string' && key.length <= MAX_PORT_KEY_CHARS && /^[\x21-\x7e]+$/.test(key)) return key
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, `${KEY_META} is at most ${MAX_PORT_KEY_CHARS} visible ASCII characters.`)
}
