import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { MusterPaths } from '../../../src/paths.ts'
import type { Check, Finding } from './check.ts'
import { sizeText } from './size-text.ts'

/** What the defaults of the daemon add up to, and half as much again. */
const LARGE_BYTES = 95_000_000

/** How much room the log takes, and what the daemon said outside of it. */
export const logCheck: Check = {
  async run({ environment: { paths } }) {
    return [logFinding(paths), ...outputFinding(paths)]
  },
}

function logFinding({ log }: MusterPaths): Finding {
  const about = { subject: 'log', check: 'size' }
  const names = namesBeside(log).filter((name) => name === basename(log) || /^\.\d+$/.test(name.slice(basename(log).length)))
  if (names.length === 0) return { ...about, state: 'off', says: `none in ${dirname(log)}; a service leaves it to systemd` }
  const bytes = names.reduce((sum, name) => sum + (statSync(join(dirname(log), name), { throwIfNoEntry: false })?.size ?? 0), 0)
  const says = `${sizeText(bytes)} in ${names.length === 1 ? 'one file' : `${names.length} files`}`
  if (bytes <= LARGE_BYTES) return { ...about, state: 'ok', says, facts: { bytes, files: names.length } }
  const hint = 'The daemon rotates it at "logMaxBytes" and keeps "logFiles" old ones; old ones may be removed at any time.'
  return { ...about, state: 'warn', says, hint, facts: { bytes, files: names.length } }
}

function outputFinding({ output }: MusterPaths): readonly Finding[] {
  const stats = statSync(output, { throwIfNoEntry: false })
  if (!stats?.size) return []
  const says = `${sizeText(stats.size)} that the daemon said outside of its log, last on ${stats.mtime.toISOString()}`
  return [{ subject: 'log', check: 'output', state: 'warn', says, hint: `It is what a crash or a failed start says: ${output}. Once read, it may be removed.` }]
}

function namesBeside(path: string): readonly string[] {
  try {
    return readdirSync(dirname(path))
  } catch {
    return []
  }
}
