import { NO_ANSWER, type RuntimeDriver } from './driver.ts'
import { isProgram, keepGoing, moreContext, readCommonHook, textIn } from './hook-input.ts'

/** Gemini CLI. Tried with 0.61.0. */
export const gemini: RuntimeDriver = {
  name: 'gemini',
  shortName: 'gemini',
  title: 'Gemini CLI',
  capabilities: { idleWake: 'none', betweenTools: true, endOfTurn: true, permission: true, transcript: true },
  hooks: [
    { event: 'start', name: 'SessionStart' },
    { event: 'prompt', name: 'BeforeAgent' },
    { event: 'tool', name: 'AfterTool', matcher: '.*' },
    { event: 'stop', name: 'AfterAgent' },
    { event: 'permission', name: 'Notification', matcher: 'ToolPermission' },
    { event: 'end', name: 'SessionEnd' },
  ],
  // Hooks get a session id that the MCP server has no way to learn.
  sessions: 'process',
  hostsSeveral: false,
  isAgent: (args) => isProgram(args, 'gemini', 'gemini-cli'),
  sessionIn: () => undefined,
  sessionOfCall: () => undefined,
  readHook(event, input) {
    return { ...readCommonHook(input), isIrrelevant: event === 'permission' && textIn(input, 'notification_type') !== 'ToolPermission' }
  },
  writeHook(event, digest) {
    if (event === 'start') return moreContext('SessionStart', digest)
    if (event === 'prompt') return moreContext('BeforeAgent', digest)
    if (event === 'tool') return moreContext('AfterTool', digest)
    return event === 'stop' ? keepGoing(digest) : NO_ANSWER
  },
  isProof: () => true,
  isInterruption: () => false,
}
