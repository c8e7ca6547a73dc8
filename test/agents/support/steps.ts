import type { Conversation } from '../../support/scripted-model/conversation.ts'
import type { Step } from '../../support/scripted-model/script.ts'
import type { AgentName } from './programs.ts'

/** An ask in its envelope, however the runtime has wrapped it: in JSON its quotes carry backslashes, and Gemini escapes the bracket. */
const ASK = /(?:peer|person)-message [^\n]*?kind=\\*"ask\\*" thread=\\*"(thr_\w+)\\*"/

/** Whenever an ask is shown: closes it with this answer. */
export function answering(text: string): Step {
  return { when: ASK, call: 'reply', input: ({ newest }) => ({ thread: ASK.exec(newest)?.[1], text }) }
}

/** Only when an ask is presented again: closes it with this answer. */
export function answeringOwed(text: string): Step {
  return { ...answering(text), when: /kind=\\*"ask\\*" [^\n]*owed=\\*"yes/ }
}

/** Runs a command in the shell tool of the runtime, which it can do without asking anybody. */
export function shell(name: AgentName, command: string): Step {
  switch (name) {
    case 'claude':
      return { call: 'Bash', input: { command } }
    case 'codex':
      return { call: 'exec_command', input: { cmd: command, yield_time_ms: 20_000 } }
    case 'gemini':
      return { call: 'run_shell_command', input: { command } }
    case 'opencode':
      return { call: 'bash', input: { command, description: 'as the script says' } }
  }
}

/** How often a text was put before the model: not how often it was sent, since each request repeats the conversation. */
export function timesShown(text: string, { texts }: Conversation): number {
  return texts.join('\n').split(text).length - 1
}
