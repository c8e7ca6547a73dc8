import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { daemonProgram } from './daemon-program.ts'
import type { Environment } from './environment.ts'
import { CliError, type CliErrorCode } from './failure.ts'

/** What the process says of its work, line by line. */
interface Line<Done> {
  readonly progress?: Progress
  readonly done?: Done
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string }
}

export interface Progress {
  readonly phase: string
  /** From 0 to 1. */
  readonly done?: number
}

const CODES: Readonly<Record<string, CliErrorCode>> = {
  refused: 'usage',
  no_backup: 'no_backup',
  backup_damaged: 'backup_damaged',
  newer_schema: 'newer_schema',
  daemon_runs: 'daemon_runs',
}

/** Has the daemon's own program do what needs it stopped. @throws CliError */
export async function workOffline<Done>(
  { env }: Environment,
  what: 'backup' | 'restore',
  input: object,
  onProgress: (progress: Progress) => void,
): Promise<Done> {
  const child = spawn(process.execPath, [...daemonProgram('offline'), what, JSON.stringify(input)], { env: { ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  let last: Line<Done> = {}
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line<Done>
    if (line.progress) onProgress(line.progress)
    else last = line
  }
  await ended
  if (last.done) return last.done
  const { code = '', message = 'the process that did it ended without a word', hint } = last.error ?? {}
  throw new CliError(CODES[code] ?? 'offline_failed', message, hint === undefined ? {} : { hint })
}
