import type * as z from 'zod'
import { MusterError } from '../errors.ts'
import { whyNotKept } from '../plain-json.ts'
import type { ToolSet } from './catalogue.ts'
import { plainLine } from './plain-text.ts'
import type { Receipt, ToolPort } from './port.ts'
import type { Tool } from './tool.ts'
import { explainError } from './wording.ts'

/** The result of a tool call as MCP has it, and beside it what becomes true once it has gone out. */
export interface CalledTool {
  readonly result: {
    readonly content: { readonly type: 'text'; readonly text: string }[]
    readonly structuredContent?: Record<string, unknown>
    readonly isError?: true
  }
  readonly receipt?: Receipt
}

/**
 * Runs a tool. What goes wrong in it becomes a result that says so, which lets the turn of the model go on.
 *
 * @returns `undefined` where the set has no such tool
 * @throws what is no MusterError: a fault of ours, which the door logs
 */
export async function callTool(set: ToolSet, name: string, input: unknown, port: ToolPort): Promise<CalledTool | undefined> {
  const tool = set.tools.get(name)
  if (!tool) return undefined
  const why = whyNotKept(input)
  if (why !== undefined) return failed(`invalid_input: ${why}`)
  const parsed = tool.input.safeParse(input ?? {})
  if (!parsed.success) return failed(explainInput(tool, parsed.error))
  try {
    const { structured, text, receipt } = await tool.run(port, parsed.data)
    return { result: { content: [{ type: 'text', text }], structuredContent: { ...structured } }, ...(receipt && { receipt }) }
  } catch (error) {
    if (error instanceof MusterError) return failed(explainError(error))
    throw error
  }
}

/** A tool's failure in one line. */
export function failed(text: string): CalledTool {
  return { result: { content: [{ type: 'text', text }], isError: true } }
}

const MAX_ISSUES = 3
const MAX_ISSUE_CHARS = 160

function explainInput(tool: Tool, error: z.ZodError): string {
  const issues = error.issues
    .slice(0, MAX_ISSUES)
    .map((issue) => plainLine(`${issue.path.join('.') || 'arguments'}: ${issue.message}`).slice(0, MAX_ISSUE_CHARS))
  const takes = Object.keys(tool.input.shape)
  return `invalid_input: ${issues.join('; ')}. ${tool.name} takes ${takes.length === 0 ? 'nothing' : takes.join(', ')}.`
}
