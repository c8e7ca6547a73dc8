import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { MusterPaths } from '../../../src/paths.ts'
import type { Check, Finding } from './check.ts'
import { sizeText } from './size-text.ts'

/** What the defaults of the daemon add up to, and half as much again. */
const LARGE_BYTES = 95_000_000

/** How much room the log takes, what the daemon said outside of it, and whether the configuration can be read at all. */
export const logCheck: Check = {
  async run({ environment: { paths } }) {
    return [logFinding(paths), ...outputFinding(paths), configFinding(paths)]
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

function configFinding({ config }: MusterPaths): Finding {
  const about = { subject: 'config', check: 'file' }
  try {
    const value: unknown = JSON.parse(readFileSync(config, 'utf8'))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SyntaxError('no object')
    return { ...about, state: 'ok', says: `${config} sets ${Object.keys(value).length === 0 ? 'nothing' : Object.keys(value).join(', ')}` }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { ...about, state: 'off', says: 'none; the defaults hold' }
    const why = error instanceof SyntaxError ? 'does not hold one JSON object' : `cannot be read (${(error as NodeJS.ErrnoException).code})`
    return { ...about, state: 'fail', says: `${config} ${why}`, hint: 'The daemon does not start with it. Mend the file, or move it away.' }
  }
}

function namesBeside(path: string): readonly string[] {
  try {
    return readdirSync(dirname(path))
  } catch {
    return []
  }
}
