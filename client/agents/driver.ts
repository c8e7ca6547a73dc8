import type { PermissionDialog } from './permission-dialog.ts'

/** The kinds of agent programs that Muster can reach; one driver each. */
export type RuntimeName = 'claude-code' | 'codex' | 'gemini' | 'opencode'

/**
 * The moments at which a hook fires, in our words. `idle`: the session has been waiting for a person for a while, which also
 * follows a turn that was interrupted and so had no `stop`.
 */
export const HOOK_EVENTS = ['start', 'prompt', 'tool', 'stop', 'permission', 'idle', 'end'] as const
export type HookEvent = (typeof HOOK_EVENTS)[number]

/** What one run of a hook was told by its runtime. */
export interface HookCall {
  /** How the runtime calls the session. */
  readonly sessionId: string | undefined
  readonly cwd: string | undefined
  /** The file into which the runtime writes what the model was sent, if it has one. */
  readonly transcript: string | undefined
  /** At `stop`: the turn goes on only because a hook kept it going. */
  readonly isContinued: boolean
  /** At `start`: the same process goes on under another session id, its context emptied. */
  readonly isCleared: boolean
  /** It fired in a subagent: what it answers would reach that one and not the session. */
  readonly isOfSubagent: boolean
  /** The runtime fired it for another reason than the one we asked for. */
  readonly isIrrelevant: boolean
  /** At `prompt`: what the model is about to be sent, as far as the runtime tells. Mail that woke the session may be part of it. */
  readonly prompt: string
  /** Ids of messages that the runtime itself saw on their way to the model. */
  readonly seen: readonly string[]
}

/** What a hook answers. Empty: the runtime goes on as if there were no hook. */
export interface HookAnswer {
  readonly stdout: string
  readonly stderr: string
  readonly exit: number
}

export const NO_ANSWER: HookAnswer = { stdout: '', stderr: '', exit: 0 }

/** How a runtime can be reached; shown by `muster doctor`. */
export interface Capabilities {
  /** What wakes an idle session: its own background hook, a queue that it reads, its plugin; `none` where nothing does. */
  readonly idleWake: 'background-hook' | 'queue' | 'plugin' | 'none'
  /** Mail reaches the model between two tool calls of a turn. */
  readonly betweenTools: boolean
  /** Mail keeps a turn going that was about to end. */
  readonly endOfTurn: boolean
  /** It tells that it waits for a person's permission. */
  readonly permission: boolean
  /** Its transcript proves what the model was shown. */
  readonly transcript: boolean
}

/** One hook to be set up: the runtime's name of the event, and which of its kinds. */
export interface HookPoint {
  readonly event: HookEvent
  readonly name: string
  readonly matcher?: string
}

/** What Muster knows of one kind of agent program. Pure: it starts nothing and reads no file. */
export interface RuntimeDriver {
  /** `mcp`: none of those that Muster knows, but it starts MCP servers. */
  readonly name: RuntimeName | 'mcp'
  /** Begins the default names of its peers; also what people type for it. */
  readonly shortName: string
  readonly title: string
  readonly capabilities: Capabilities
  /** The hooks that are to call `muster hook <runtime> <event>`. */
  readonly hooks: readonly HookPoint[]
  /**
   * How sessions are told apart. `id`: by the id that the runtime gives to hooks and bridge. `process`: by the process, since
   * the bridge is told no id.
   */
  readonly sessions: 'id' | 'process'
  /** One process hosts several sessions, each with a bridge of its own. */
  readonly hostsSeveral: boolean
  /** Whether a process is this program. */
  isAgent(args: readonly string[]): boolean
  /** The session id in the environment of a hook or a bridge. */
  sessionIn(env: Readonly<Record<string, string | undefined>>): string | undefined
  /** The session that a tool call names in its `_meta`. */
  sessionOfCall(meta: Readonly<Record<string, unknown>>): string | undefined
  readHook(event: HookEvent, input: Readonly<Record<string, unknown>>): HookCall
  /** @param digest mail to be shown; only for the events that can show any */
  writeHook(event: HookEvent, digest: string): HookAnswer
  /** How it asks its user for permission, where a hook may answer as a person has decided; `undefined` where none may. */
  readonly dialog?: PermissionDialog
  /** Whether a line of its transcript shows what the model was sent, and not merely what a hook printed. */
  isProof(line: string): boolean
  /** Whether a line of its transcript tells that a person interrupted the turn; no hook fires then. */
  isInterruption(line: string): boolean
}
