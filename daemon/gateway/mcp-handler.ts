import type { IncomingMessage, ServerResponse } from 'node:http'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, type McpRequestContext } from '@modelcontextprotocol/server'
import { LIMITS } from '../../src/limits.ts'
import { createMcpServer, type McpServerOptions, type Visit } from './mcp-server.ts'

/** What speaks the protocol to those that the door has let in. */
export interface McpHandler {
  readonly serve: (request: IncomingMessage, response: ServerResponse, visit: Visit) => Promise<void>
  readonly close: () => Promise<void>
}

/** The official SDK; the only module of the daemon, with the server of a request, that loads it. */
export function createHandler(options: McpServerOptions): McpHandler {
  const bounds = { maxRequestBodySize: LIMITS.maxFrameBytes, onerror: (error: Error) => options.deps.log.debug({ err: error }, 'MCP request refused') }
  const handler = createMcpHandler((context) => createMcpServer(options, visitOf(context)), bounds)
  const serve = toNodeHandler(handler, bounds)
  return { serve: (request, response, visit) => serve(withVisit(request, visit), response), close: () => handler.close() }
}

/** The SDK hands `auth` through to the server of the request. The token itself stays behind. */
function withVisit(raw: IncomingMessage, visit: Visit) {
  return Object.assign(raw, { method: raw.method ?? 'GET', url: raw.url ?? '/', auth: { token: '', clientId: '', scopes: [], extra: { visit } } })
}

function visitOf({ authInfo }: McpRequestContext): Visit {
  const visit = authInfo?.extra?.['visit']
  if (visit === undefined) throw new Error('A request came past the door')
  return visit as Visit
}
