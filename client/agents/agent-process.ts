import { type LookAtProcess, lineageOf, type ProcessInfo } from '../local/process-tree.ts'
import type { RuntimeDriver } from './driver.ts'
import { isProgram } from './hook-input.ts'

/** Programs that stand between an agent and what it starts. */
const BETWEEN = ['sh', 'bash', 'dash', 'zsh', 'ksh', 'fish', 'busybox', 'env', 'timeout', 'npm', 'npm-cli', 'npx', 'npx-cli', 'pnpm', 'yarn', 'bunx', 'muster']

/**
 * The agent that started a hook or a bridge, seen from the parent of that: the nearest process that is the runtime's program,
 * or else the nearest that is no shell and no package runner. Hook and bridge of one session find the same.
 */
export function findAgent(driver: RuntimeDriver, parentPid: number, look: LookAtProcess): ProcessInfo | undefined {
  const lineage = lineageOf(parentPid, look)
  return lineage.find(({ args }) => driver.isAgent(args)) ?? lineage.find(({ args }) => !isProgram(args, ...BETWEEN))
}
