import { NO_ANSWER, type RuntimeDriver } from './driver.ts'
import { isProgram, keepGoing, moreContext, readCommonHook, textIn } from './hook-input.ts'
import { permissionRequest } from './permission-dialog.ts'

/** Codex. Tried with 0.169.0. */
export const codex: RuntimeDriver = {
  name: 'codex',
  shortName: 'codex',
  title: 'Codex',
  capabilities: { idleWake: 'queue', betweenTools: true, endOfTurn: true, permission: true, transcript: true },
  hooks: [
    { event: 'start', name: 'SessionStart' },
    { event: 'prompt', name: 'UserPromptSubmit' },
    { event: 'tool', name: 'PostToolUse', matcher: '.*' },
    { event: 'stop', name: 'Stop' },
    { event: 'permission', name: 'PermissionRequest', matcher: '.*' },
    { event: 'end', name: 'SessionEnd' },
  ],
  sessions: 'id',
  // The terminal program leaves its sessions to one `codex app-server` in the background.
  hostsSeveral: true,
  isAgent: (args) => isProgram(args, 'codex'),
  sessionIn: (env) => env['CODEX_THREAD_ID'] || undefined,
  // A subagent has a thread of its own; the session is that of the thread which started it.
  sessionOfCall: (meta) => textIn(meta, 'sessionId') ?? textIn(meta, 'threadId'),
  readHook: (_event, input) => readCommonHook(input),
  writeHook(event, digest) {
    if (event === 'start') return moreContext('SessionStart', digest)
    if (event === 'prompt') return moreContext('UserPromptSubmit', digest)
    if (event === 'tool') return moreContext('PostToolUse', digest)
    return event === 'stop' ? keepGoing(digest) : NO_ANSWER
  },
  // Its dialog comes only when the hook has ended, and the keyboard waits as long.
  dialog: permissionRequest(600),
  isProof: () => true,
  isInterruption: (line) => line.includes('"type":"event_msg","payload":{"type":"turn_aborted"'),
}
