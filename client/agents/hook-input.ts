import type { HookAnswer, HookCall } from './driver.ts'

type Fields = Readonly<Record<string, unknown>>

/** A field that is a text with something in it. */
export function textIn(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The fields that Claude Code introduced and others adopted. */
export function readCommonHook(input: Fields): HookCall {
  return {
    sessionId: textIn(input, 'session_id'),
    cwd: textIn(input, 'cwd'),
    transcript: textIn(input, 'transcript_path'),
    isContinued: input['stop_hook_active'] === true,
    isCleared: input['source'] === 'clear',
    isOfSubagent: false,
    isIrrelevant: false,
    prompt: textIn(input, 'prompt') ?? '',
    seen: [],
  }
}

/** More context for the model, in the form of Claude Code that others adopted. */
export function moreContext(eventName: string, digest: string): HookAnswer {
  return json({ hookSpecificOutput: { hookEventName: eventName, additionalContext: digest } })
}

/** Keeps the turn going; the model reads the reason. */
export function keepGoing(reason: string): HookAnswer {
  return json({ decision: 'block', reason })
}

export function json(fields: Fields): HookAnswer {
  return { stdout: `${JSON.stringify(fields)}\n`, stderr: '', exit: 0 }
}

/** Whether one of the first two arguments, the program and its script, is a file of one of these names. */
export function isProgram(args: readonly string[], ...names: readonly string[]): boolean {
  return args
    .filter((arg, index) => index === 0 || !arg.startsWith('-'))
    .slice(0, 2)
    .some((arg) => names.includes(baseName(arg)))
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).replace(/\.(exe|js|mjs|cjs)$/, '')
}
