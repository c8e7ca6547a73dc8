#!/usr/bin/env node
/** What is done with the daemon stopped, or beside it, as a process of its own: `offline.js <what> <JSON>`. Standard output is one JSON object a line, the last of them the outcome. */
import { rmSync, writeSync } from 'node:fs'
import { BackupError, type BackupTask, partialOf, restoreBackup, summaryOf, targetOf, writeBackup } from './backups/index.ts'
import { systemClock, systemRandom } from './clock.ts'
import { ConfigError, loadConfig } from './config.ts'
import { NewerSchemaError } from './store/database.ts'
import { DatabaseInUseError } from './store/lock.ts'
import { packageVersion } from './version.ts'

interface BackUp {
  readonly path: string
  readonly force: boolean
  readonly keep?: number
}

interface Restore {
  readonly path: string
  readonly dryRun: boolean
}

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

async function backUp(input: BackUp): Promise<object> {
  const { paths, node } = loadConfig()
  const now = systemClock.wallMs()
  const { target, rotate } = targetOf(input, now)
  const { database, artifacts } = paths
  const task = { database, artifacts, target, force: input.force, node, version: packageVersion(), now }
  const { path, manifest } = await writeBackup(task, (progress) => say({ progress }))
  return { ...summaryOf(path, manifest), removed: rotate() }
}

function restore({ path, dryRun }: Restore): object {
  const { paths } = loadConfig()
  const onProgress = (phase: string) => say({ progress: { phase } })
  const { manifest, ...facts } = restoreBackup({ backup: path, data: paths.data, clock: systemClock, random: systemRandom, dryRun, onProgress })
  return { ...summaryOf(path, manifest), ...facts }
}

function describe(error: unknown): object {
  if (error instanceof BackupError) return { code: error.code, message: error.message, hint: error.hint }
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof DatabaseInUseError)
    return { code: 'daemon_runs', message: 'the daemon is running, or another restore', hint: 'Stop it first: muster down' }
  if (error instanceof NewerSchemaError) return { code: 'newer_schema', message }
  if (error instanceof ConfigError) return { code: 'refused', message }
  return { code: 'failed', message }
}

/** On behalf of a daemon, which has decided everything; where that goes, so does this. */
async function write(task: BackupTask): Promise<object> {
  const giveUp = (): void => {
    rmSync(partialOf(task), { recursive: true, force: true })
    process.exit(1)
  }
  process.stdin.on('end', giveUp).resume()
  const written = await writeBackup(task, (progress) => say({ progress }))
  process.stdin.destroy()
  return written
}

const WORK: Readonly<Record<string, (input: never) => object | Promise<object>>> = { backup: backUp, restore, write }

const [what = '', text = '{}'] = process.argv.slice(2)
try {
  say({ done: await WORK[what]?.(JSON.parse(text) as never) })
} catch (error) {
  say({ error: describe(error) })
  process.exitCode = 1
  process.stdin.destroy()
}
