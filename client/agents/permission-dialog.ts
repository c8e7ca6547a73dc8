import type { HookAnswer } from './driver.ts'
import { json, textIn } from './hook-input.ts'

type Fields = Readonly<Record<string, unknown>>

/** What a runtime wants to be allowed. */
export interface Wanted {
  readonly tool: string
  readonly arguments: Fields
}

/** What a person has said to it; `message` is for the model. */
export type PersonSaid = { readonly allow: true } | { readonly allow: false; readonly message: string }

/** How a runtime asks its user for permission, where a hook may give the answer of a person. */
export interface PermissionDialog {
  /** How long the hook waits for a person, at most. */
  readonly patienceSec: number
  /** `undefined`: it asks for something else than the use of a tool. */
  read(input: Fields): Wanted | undefined
  write(said: PersonSaid): HookAnswer
}

/** Tools that are themselves a question to the user: a yes would be no answer. */
const QUESTIONS: readonly string[] = ['AskUserQuestion', 'ExitPlanMode']

/** The hook `PermissionRequest` of Claude Code, which Codex adopted. */
export function permissionRequest(patienceSec: number): PermissionDialog {
  return {
    patienceSec,
    read(input) {
      const tool = textIn(input, 'tool_name')
      const given = input['tool_input']
      if (tool === undefined || QUESTIONS.includes(tool) || typeof given !== 'object' || given === null || Array.isArray(given)) return undefined
      return { tool, arguments: given as Fields }
    },
    write: (said) =>
      json({
        hookSpecificOutput: {
          hookEventName: 'PermissionRequest',
          decision: said.allow ? { behavior: 'allow' } : { behavior: 'deny', message: said.message },
        },
      }),
  }
}
