import { NO_ANSWER, type RuntimeDriver } from './driver.ts'
import { readCommonHook } from './hook-input.ts'

/** Any other program that starts an MCP server: its sessions are its processes, and it fetches its mail. */
export const otherRuntime: RuntimeDriver = {
  name: 'mcp',
  shortName: 'mcp',
  title: 'MCP client',
  capabilities: { idleWake: 'none', betweenTools: false, endOfTurn: false, permission: false, transcript: false },
  hooks: [],
  sessions: 'process',
  hostsSeveral: false,
  isAgent: () => false,
  sessionIn: () => undefined,
  sessionOfCall: () => undefined,
  readHook: (_event, input) => readCommonHook(input),
  writeHook: () => NO_ANSWER,
  isProof: () => false,
  isInterruption: () => false,
}
