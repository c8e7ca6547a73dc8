import { claudeCode } from './claude-code.ts'
import { codex } from './codex.ts'
import type { RuntimeDriver, RuntimeName } from './driver.ts'
import { gemini } from './gemini.ts'
import { opencode } from './opencode.ts'

/** Every runtime that Muster knows. */
export const DRIVERS: Readonly<Record<RuntimeName, RuntimeDriver>> = { 'claude-code': claudeCode, codex, gemini, opencode }

/** By its name or its short name, such as `claude`. */
export function findDriver(name: string): RuntimeDriver | undefined {
  return Object.values(DRIVERS).find((driver) => driver.name === name || driver.shortName === name)
}

/** What people may type for a runtime. */
export function runtimeNames(): string[] {
  return Object.values(DRIVERS).map(({ shortName }) => shortName)
}
