import { ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { MusterError } from '../../src/errors.ts'
import { callTool, failed } from '../../src/tools/call.ts'
import { type ToolSet, toolSet } from '../../src/tools/catalogue.ts'
import { INSTRUCTIONS } from '../../src/tools/instructions.ts'
import type { Profile } from '../../src/tools/tool.ts'
import { explainError } from '../../src/tools/wording.ts'
import { createKeys } from '../calls.ts'
import { systemRandom } from '../clock.ts'
import { type ServedOptions, ServedSessions } from './served-sessions.ts'
import { SessionPort } from './session-port.ts'

export interface BridgeOptions extends ServedOptions {
  readonly profile: Profile
  readonly version: string
  /** For what no model and no person can be told. */
  readonly log: (text: string) => void
  /** Standard input of this process. */
  readonly stdin: NodeJS.ReadableStream
  /** Ends the bridge. */
  readonly interrupted: AbortSignal
  readonly parentNow: () => number
}

/** Processes do not announce their end: they are looked at this often. */
const LOOK_EVERY_MS = 1_000
/** No call lasts longer, the wait for the daemon included: OpenCode gives up on a tool after 60 s. */
const MAX_CALL_MS = 50_000
const MAX_ECHOED_CHARS = 64

/**
 * Serves MCP over stdio until standard input ends, the parent or the agent is gone, or the signal fires. The tools are listed
 * with the daemon down, too.
 */
export async function runBridge(options: BridgeOptions): Promise<void> {
  const sessions = new ServedSessions(options)
  const ended = untilEnd(options, sessions)
  sessions.refresh()
  const handle = serveStdio(() => createServer(options, sessions), { onerror: (error) => options.log(`mcp: ${error.message}`) })
  await ended
  await handle.close()
  await sessions.close()
}

function createServer({ profile, version, log }: BridgeOptions, sessions: ServedSessions): Server {
  const set = toolSet(profile)
  const newKey = createKeys(systemRandom)
  const server = new Server({ name: 'muster', version }, { capabilities: { tools: {} }, instructions: INSTRUCTIONS })
  server.setRequestHandler('tools/list', () => ({ tools: set.listed.map((tool) => ({ ...tool })) }))
  server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
    const signal = AbortSignal.any([mcpReq.signal, AbortSignal.timeout(MAX_CALL_MS)])
    const port = new SessionPort(sessions.of(params._meta ?? {}), newKey(), signal)
    const called = await run(set, params.name, params.arguments, port, log)
    if (!called) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool ${params.name.slice(0, MAX_ECHOED_CHARS)}; tools/list names them.`)
    const { result, receipt } = called
    // A result that was cancelled reaches nobody.
    if (receipt && !mcpReq.signal.aborted) port.received(receipt)
    return result
  })
  return server
}

async function run(set: ToolSet, name: string, input: unknown, port: SessionPort, log: (text: string) => void) {
  try {
    return await callTool(set, name, input, port)
  } catch (error) {
    log(`${name}: ${error instanceof Error ? error.stack : error}`)
    return failed(explainError(new MusterError('internal', {}, { message: 'Muster itself failed.' })))
  }
}

/** Resolves when there is nobody left to serve. */
function untilEnd({ stdin, interrupted, parentPid, parentNow }: BridgeOptions, sessions: ServedSessions): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearInterval(timer)
      resolve()
    }
    const timer = setInterval(() => {
      // A parent that was killed closes nothing where another process holds the pipe as well.
      if (parentNow() !== parentPid || sessions.isOrphaned) end()
      else sessions.refresh()
    }, LOOK_EVERY_MS)
    for (const event of ['end', 'close', 'error']) stdin.once(event, end)
    interrupted.addEventListener('abort', end, { once: true })
  })
}
