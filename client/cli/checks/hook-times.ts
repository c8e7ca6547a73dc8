import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { MusterPaths } from '../../../src/paths.ts'
import { namesIn, sessionsFolder } from '../../agents/session-files.ts'

const MEMORY = '.memory.json'

/**
 * When a hook of a runtime last reported, in epoch milliseconds: each run of one writes what the hooks of its session remember.
 * Of a session that a runner drives, the runner does.
 */
export function lastHookAt(paths: MusterPaths, runtime: string): number | undefined {
  const folder = sessionsFolder({ paths })
  const names = namesIn(folder)
  const times = names
    .filter((name) => name.startsWith(`${runtime}-`) && name.endsWith(MEMORY) && !names.includes(name.replace(MEMORY, '.runner')))
    .map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0)
  return times.length === 0 ? undefined : Math.max(...times)
}
