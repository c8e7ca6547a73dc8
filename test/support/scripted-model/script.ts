import { type Conversation, findTool, type OfferedTool } from './conversation.ts'

export type ToolInput = Readonly<Record<string, unknown>>

/** What the model does when its turn comes. */
export type Move =
  /** Calls a tool: one of the MCP server `server` (where left out, the script's own), or one of the runtime. */
  | { readonly call: string; readonly input?: ToolInput | ((conversation: Conversation) => ToolInput); readonly server?: string }
  | { readonly say: string | ((conversation: Conversation) => string) }
  /** Fails the request with this HTTP status. */
  | { readonly error: number }

/**
 * One step of a script. Those with `when` are looked at first, in order, and apply whenever it fits what came after the model's last answer; the others are
 * played one for each answer. `hold` keeps the model thinking until the test releases that name.
 */
export type Step = Move & { readonly when?: RegExp; readonly hold?: string }

export interface Script {
  readonly steps: readonly Step[]
  /** The MCP server whose tools `call` means. @default 'muster' */
  readonly server?: string
}

/** A move with everything filled in. */
export type Answer =
  | { readonly kind: 'call'; readonly tool: OfferedTool; readonly input: ToolInput }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'error'; readonly status: number; readonly message: string }

/** Titles, quota checks and the like come without tools, and are no part of any script. */
const OFF_SCRIPT = 'ok'

/** The step for a conversation: undefined for a request that is no part of the script. */
export function stepFor({ steps }: Script, conversation: Conversation): Step | undefined {
  if (conversation.tools.length === 0) return undefined
  const reaction = steps.find(({ when }) => when?.test(conversation.newest))
  const ordered = steps.filter(({ when }) => when === undefined)
  return reaction ?? ordered[conversation.turns] ?? { say: 'The script is over.' }
}

export function answerOf(script: Script, step: Step | undefined, conversation: Conversation): Answer {
  if (step === undefined) return { kind: 'say', text: OFF_SCRIPT }
  if ('error' in step) return { kind: 'error', status: step.error, message: 'The script says so.' }
  if ('say' in step) return { kind: 'say', text: filled(typeof step.say === 'function' ? step.say(conversation) : step.say, conversation) }
  const tool = findTool(conversation.tools, step.call, step.server ?? script.server ?? 'muster')
  // Said aloud to the runtime, which ends its turn with it: a test that waits for the tool then sees why.
  if (!tool) return { kind: 'error', status: 400, message: `No tool ${step.call} on offer, only ${conversation.tools.map(({ name }) => name).join(', ')}` }
  const input = typeof step.input === 'function' ? step.input(conversation) : filledInput(step.input ?? {}, conversation)
  return { kind: 'call', tool, input }
}

/** Replaces `{{newest}}` by what came after the last answer, and `{{/thr_\w+/}}` by what the pattern found last in the conversation. */
function filled(text: string, { newest, texts }: Conversation): string {
  const all = texts.join('\n')
  return text
    .replaceAll('{{newest}}', () => newest)
    .replace(/\{\{\/(.+?)\/\}\}/g, (_whole, pattern: string) => [...all.matchAll(new RegExp(pattern, 'g'))].at(-1)?.[0] ?? `nothing like ${pattern}`)
}

function filledInput(input: ToolInput, conversation: Conversation): ToolInput {
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, typeof value === 'string' ? filled(value, conversation) : value]))
}
