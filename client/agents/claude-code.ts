import { type HookEvent, NO_ANSWER, type RuntimeDriver } from './driver.ts'
import { isProgram, moreContext, readCommonHook, textIn } from './hook-input.ts'
import { permissionRequest } from './permission-dialog.ts'

/** Claude Code's names of the events that may show something to the model. */
const SHOWING: Partial<Record<HookEvent, string>> = { start: 'SessionStart', prompt: 'UserPromptSubmit', tool: 'PostToolUse', stop: 'Stop' }

/** Claude Code. Tried with 2.1.329. */
export const claudeCode: RuntimeDriver = {
  name: 'claude-code',
  shortName: 'claude',
  title: 'Claude Code',
  capabilities: { idleWake: 'background-hook', betweenTools: true, endOfTurn: true, permission: true, transcript: true },
  hooks: [
    { event: 'start', name: 'SessionStart' },
    { event: 'prompt', name: 'UserPromptSubmit' },
    { event: 'tool', name: 'PostToolUse', matcher: '.*' },
    { event: 'stop', name: 'Stop' },
    { event: 'permission', name: 'PermissionRequest', matcher: '.*' },
    { event: 'idle', name: 'Notification', matcher: 'idle_prompt' },
    { event: 'end', name: 'SessionEnd' },
  ],
  sessions: 'id',
  hostsSeveral: false,
  isAgent: (args) => isProgram(args, 'claude'),
  sessionIn: (env) => env['CLAUDE_CODE_SESSION_ID'] || undefined,
  sessionOfCall: () => undefined,
  readHook(event, input) {
    return {
      ...readCommonHook(input),
      // Only in the hooks of subagents; they carry the session id of their session.
      isOfSubagent: textIn(input, 'agent_id') !== undefined,
      // After /clear the same process goes on: its `start` follows.
      isIrrelevant: (event === 'idle' && textIn(input, 'notification_type') !== 'idle_prompt') || (event === 'end' && textIn(input, 'reason') === 'clear'),
    }
  },
  writeHook(event, digest) {
    // At the end of a turn too: since 2.1.163 context keeps it going as `decision: "block"` does, and the model is shown it once, not twice.
    const name = SHOWING[event]
    return name === undefined ? NO_ANSWER : moreContext(name, digest)
  },
  // Its dialog stands beside the hook, and whichever is answered first counts.
  dialog: permissionRequest(86_400),
  // What a hook printed is kept there as well, whatever became of it, and a wake that waits for the model to be done.
  isProof: (line) => !line.includes('"type":"hook_success"') && !line.includes('"type":"queue-operation"'),
  // Quotes in what anybody says are escaped in there, so no text can look like this.
  isInterruption: (line) => line.includes('"type":"text","text":"[Request interrupted by user'),
}
