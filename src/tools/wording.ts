import { OPERATION_NAMES, OPERATIONS, type OperationName, type PeerRef } from '../contract/index.ts'
import type { MusterError } from '../errors.ts'
import { clipLine } from './plain-text.ts'

/** Input fields as a program spells them, and what stands for them in the tools. Longest first. */
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/`deadlineAt`|`deadline`/g, '`deadline`'],
  [/`until: "message"`/g, 'for news'],
]
const MAX_HINT_CHARS = 400

/** A hint of the daemon, which speaks to programs, in the words of the tools. */
export function hintInTools(hint: string): string {
  const named = hint.replace(/\b[a-z]+\.[a-z]+\b/g, (word) => toolFor(word) ?? word)
  return SPELLINGS.reduce((text, [pattern, spelled]) => text.replace(pattern, spelled), named)
}

function toolFor(word: string): string | undefined {
  if (!(OPERATION_NAMES as readonly string[]).includes(word)) return undefined
  const { mcp } = OPERATIONS[word as OperationName].doors
  return typeof mcp === 'string' ? `\`${mcp}\`` : undefined
}

/** One line that says what went wrong and what would be accepted. */
export function explainError(error: MusterError): string {
  const { code, message, details, retryable } = error
  const about = details['address'] ?? details['id'] ?? details['name']
  const what = typeof about === 'string' ? `${message.replace(/\.$/, '')}: ${clipLine(about, 100)}.` : message
  const hint = typeof details['hint'] === 'string' ? hintInTools(details['hint']) : undefined
  const parts = [`${code}: ${what}`, candidatesOf(details['candidates']), hint, retryable ? 'Trying again later may help.' : undefined]
  return parts
    .filter((part) => part !== undefined)
    .map((part) => clipLine(part, MAX_HINT_CHARS))
    .join(' ')
}

function candidatesOf(candidates: unknown): string | undefined {
  if (!Array.isArray(candidates) || candidates.length === 0) return undefined
  return `It may mean ${(candidates as PeerRef[]).map(({ name, circle }) => `${name}@${circle}`).join(', ')}.`
}
