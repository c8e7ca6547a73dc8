import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
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
  /** What it has logged since it was spawned. */
  readonly logged: () => string
}

/** Variables that speak of the caller, not of the daemon. */
const OF_THE_CALLER = ['MUSTER_TOKEN', 'MUSTER_AS', 'MUSTER_URL']
const SHOWN_LOG_LINES = 5

/** Starts the daemon as a process of its own that outlives this one, its output appended to the log. */
export function spawnDaemon({ env, paths }: Environment, settings: Readonly<Record<string, string>>): SpawnedDaemon {
  mkdirSync(paths.state, { recursive: true, mode: 0o700 })
  mkdirSync(dirname(paths.log), { recursive: true, mode: 0o700 })
  const log = openSync(paths.log, 'a', 0o600)
  const from = fstatSync(log).size
  const childEnv = Object.fromEntries(Object.entries({ ...env, ...settings }).filter(([name]) => !OF_THE_CALLER.includes(name)))
  // In its state folder, so that it keeps no other folder from being unmounted or removed.
  const child = spawn(process.execPath, daemonArguments(), { detached: true, stdio: ['ignore', log, log], cwd: paths.state, env: childEnv })
  closeSync(log)
  const ended = watchEnd(child)
  child.unref()
  if (child.pid === undefined) throw new CliError('not_started', `node could not be started: ${process.execPath}`)
  return { pid: child.pid, ended, logged: () => readFileSync(paths.log).subarray(from).toString('utf8') }
}

/** The status with which a daemon refuses its configuration (EX_CONFIG of sysexits.h). */
const CONFIG_REFUSED = 78

/** Whether a daemon may have ended because another one of the same files was starting at that moment. */
export async function mayHaveRival(daemon: SpawnedDaemon, { status }: DaemonEnd): Promise<boolean> {
  const port = takenPort(daemon)
  if (port !== undefined) return (await askHealth(`http://127.0.0.1:${port}`)) !== undefined
  return status !== CONFIG_REFUSED
}

/** The port that a daemon could not have. Its log knows, wherever the setting came from. */
function takenPort(daemon: SpawnedDaemon): number | undefined {
  const port = /EADDRINUSE[^\n]*?:(\d{1,5})\b/.exec(daemon.logged())?.[1]
  return port === undefined ? undefined : Number(port)
}

/** Why a daemon ended before it was ready, and what to do about it. */
export async function startFailure(daemon: SpawnedDaemon, { how }: DaemonEnd): Promise<CliError> {
  const taken = takenPort(daemon)
  if (taken !== undefined) return await portTaken(taken)
  const lines = daemon
    .logged()
    .split('\n')
    .filter((line) => line.trim() !== '')
  const said = lines.slice(-SHOWN_LOG_LINES).map(describeLogLine).join(' | ')
  return new CliError('not_started', `the daemon ended before it was ready (${how})${said && `: ${said}`}`, { hint: 'muster logs shows all of it.' })
}

async function portTaken(port: number): Promise<CliError> {
  const owner = await findPortOwner(port)
  const other = port < 65_535 ? port + 1 : port - 1
  const health = await askHealth(`http://127.0.0.1:${port}`)
  const who = health ? `another Muster daemon, ${describeOwner({ pid: health.pid, command: owner?.command })}` : describeOwner(owner)
  const way = `muster up --port ${other} (or MUSTER_PORT=${other})`
  return new CliError('port_taken', `port ${port} is taken by ${who}`, { hint: `Stop it, or use another port: ${way}.` })
}

/** The daemon beside this file: compiled where this is compiled, through tsx where this is TypeScript. */
function daemonArguments(): string[] {
  const compiled = import.meta.url.endsWith('.js')
  const entry = fileURLToPath(new URL(`../../daemon/bin.${compiled ? 'js' : 'ts'}`, import.meta.url))
  return compiled ? [entry] : ['--import', import.meta.resolve('tsx'), entry]
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
