import type * as z from 'zod'
import type { ToolPort, ToolResult } from './port.ts'

/** Which tools a session is shown: each profile has those of the ones before it. */
export const PROFILES = ['default', 'orchestrator', 'full'] as const
export type Profile = (typeof PROFILES)[number]

/** Hints of MCP (schema 2025-11-25, `ToolAnnotations`). A tool without any is refused by Codex where nobody can be asked. */
export interface ToolHints {
  readonly readOnlyHint: boolean
  readonly destructiveHint?: boolean
  readonly openWorldHint?: boolean
}

/** Looks and changes nothing. */
export const READS: ToolHints = { readOnlyHint: true, openWorldHint: false }
/** Adds something, and takes nothing away. */
export const ADDS: ToolHints = { readOnlyHint: false, destructiveHint: false, openWorldHint: false }
/** Takes something away that does not come back. */
export const DESTROYS: ToolHints = { readOnlyHint: false, destructiveHint: true, openWorldHint: false }

export interface ToolSpec<In extends z.ZodObject, Out extends z.ZodObject> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly profile: Profile
  readonly annotations: ToolHints
  readonly input: In
  readonly output: Out
  run(port: ToolPort, input: z.output<In>): Promise<ToolResult<z.input<Out>>>
}

/** A tool of any kind: what the table holds. */
export interface Tool extends Omit<ToolSpec<z.ZodObject, z.ZodObject>, 'run'> {
  /** @param input as `input` parsed it */
  run(port: ToolPort, input: unknown): Promise<ToolResult<Readonly<Record<string, unknown>>>>
}

export function defineTool<In extends z.ZodObject, Out extends z.ZodObject>(spec: ToolSpec<In, Out>): Tool {
  return { ...spec, run: (port, input) => spec.run(port, input as z.output<In>) }
}

/** The fields that are there: a field that is `undefined` is none. */
export function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
