import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

export type AgentName = 'claude' | 'codex' | 'gemini' | 'opencode'

interface Installed {
  readonly cache: string
  readonly programs: Readonly<Record<AgentName, string | null>>
}

const installed = JSON.parse(execFileSync(process.execPath, [join(ROOT, 'scripts/install-agents.mjs'), '--list'], { encoding: 'utf8' })) as Installed

/** The agents of these that are not installed at the version that the tests were written for. */
export function missingAgents(names: readonly AgentName[]): AgentName[] {
  return names.filter((name) => installed.programs[name] === null)
}

/** @throws Error for one that is not installed */
export function agentProgram(name: AgentName): string {
  const program = installed.programs[name]
  if (program === null) throw new Error(`${name} is not in ${installed.cache}`)
  return program
}

/** Those of these that `MUSTER_AGENTS` names (`claude,codex`); without it all. The others are left out on purpose, which skips nothing. */
export function chosenAgents<N extends AgentName>(...names: readonly N[]): N[] {
  const chosen = process.env['MUSTER_AGENTS']?.split(',')
  return names.filter((name) => chosen?.includes(name) ?? true)
}
