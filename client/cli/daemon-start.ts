import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { daemonProgram } from './daemon-program.ts'
import type { Environment } from './environment.ts'
import { CliError } from './failure.ts'
import { askHealth } from './health.ts'
import { describeLogLine } from './log-lines.ts'
import { describeOwner, findPortOwner } from './port-owner.ts'

export interface DaemonEnd {
  /** `undefined` where a signal or a failed start ended it. */
  readonly status: number | undefined
  /** In words. */
  readonly how: string
}

/** A daemon that was spawned and may not be ready yet. */
export interface SpawnedDaemon {
  readonly pid: number
  /** How it ended; `undefined` while it runs. */
  readonly ended: () => DaemonEnd | undefined
  /** What it has said outside of its log since it was spawned. */
  readonly said: () => string
}

/** Variables that speak of the caller, not of the daemon. */
const OF_THE_CALLER = ['MUSTER_TOKEN', 'MUSTER_AS', 'MUSTER_URL']
const SHOWN_LOG_LINES = 5
const MAX_OUTPUT_BYTES = 262_144

/**
 * Starts the daemon as a process of its own that outlives this one. It keeps its log itself, which it rotates; what it says besides, such
 * as why it cannot start, is appended to a file of its own, since the log may have another name by then.
 */
export function spawnDaemon({ env, paths }: Environment, settings: Readonly<Record<string, string>>): SpawnedDaemon {
  mkdirSync(paths.state, { recursive: true, mode: 0o700 })
  mkdirSync(dirname(paths.output), { recursive: true, mode: 0o700 })
  const output = openSync(paths.output, 'a', 0o600)
  // Crashes are rare, and only the last ones tell anything.
  if (fstatSync(output).size > MAX_OUTPUT_BYTES) ftruncateSync(output)
  const from = fstatSync(output).size
  const childEnv = Object.fromEntries(Object.entries({ MUSTER_LOG: 'file', ...env, ...settings }).filter(([name]) => !OF_THE_CALLER.includes(name)))
  // In its state folder, so that it keeps no other folder from being unmounted or removed.
  const child = spawn(process.execPath, daemonProgram('bin'), { detached: true, stdio: ['ignore', output, output], cwd: paths.state, env: childEnv })
  closeSync(output)
  const ended = watchEnd(child)
  child.unref()
  if (child.pid === undefined) throw new CliError('not_started', `node could not be started: ${process.execPath}`)
  return { pid: child.pid, ended, said: () => readFileSync(paths.output).subarray(from).toString('utf8') }
}

/** The statuses with which a daemon refuses what it finds: damaged data, files it cannot write, its configuration (sysexits.h). */
const REFUSED: readonly (number | undefined)[] = [65, 77, 78]

/** Whether a daemon may have ended because another one of the same files was starting at that moment. */
export async function mayHaveRival(daemon: SpawnedDaemon, { status }: DaemonEnd): Promise<boolean> {
  const port = takenPort(daemon)
  if (port !== undefined) return (await askHealth(`http://127.0.0.1:${port}`)) !== undefined
  return !REFUSED.includes(status)
}

/** The port that a daemon could not have. It says so, wherever the setting came from. */
function takenPort(daemon: SpawnedDaemon): number | undefined {
  const port = /EADDRINUSE[^\n]*?:(\d{1,5})\b/.exec(daemon.said())?.[1]
  return port === undefined ? undefined : Number(port)
}

/** Why a daemon ended before it was ready, and what to do about it. */
export async function startFailure(daemon: SpawnedDaemon, { how }: DaemonEnd): Promise<CliError> {
  const taken = takenPort(daemon)
  if (taken !== undefined) return await portTaken(taken)
  const lines = daemon
    .said()
    .split('\n')
    .filter((line) => line.trim() !== '')
  const said = lines.slice(-SHOWN_LOG_LINES).map(describeLogLine).join(' | ')
  return new CliError('not_started', `the daemon ended before it was ready (${how})${said && `: ${said}`}`, { hint: 'muster logs may show more.' })
}

async function portTaken(port: number): Promise<CliError> {
  const owner = await findPortOwner(port)
  const other = port < 65_535 ? port + 1 : port - 1
  const health = await askHealth(`http://127.0.0.1:${port}`)
  const who = health ? `another Muster daemon, ${describeOwner({ pid: health.pid, command: owner?.command })}` : describeOwner(owner)
  const way = `muster up --port ${other} (or MUSTER_PORT=${other})`
  return new CliError('port_taken', `port ${port} is taken by ${who}`, { hint: `Stop it, or use another port: ${way}.` })
}

function watchEnd(child: ChildProcess): () => DaemonEnd | undefined {
  let end: DaemonEnd | undefined
  child.once('error', (error) => {
    end = { status: undefined, how: error.message }
  })
  child.once('exit', (code, signal) => {
    end = { status: code ?? undefined, how: signal ? `signal ${signal}` : `exit status ${code}` }
  })
  return () => end
}
