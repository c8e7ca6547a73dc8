import { homedir, userInfo } from 'node:os'
import { isAbsolute, resolve } from 'node:path'
import { type MusterPaths, musterPaths } from '../../src/paths.ts'

/** The part of a stream that commands write to. */
export interface Sink {
  readonly write: (text: string | Buffer) => unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** What the CLI takes from the process; tests give their own. */
export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly paths: MusterPaths
  readonly now: () => number
  readonly stdin: AsyncIterable<Uint8Array | string>
  readonly stdout: Sink
  readonly stderr: Sink
  readonly userName: () => string
  /** Aborts on Ctrl-C or SIGTERM. Only who calls this takes the signals over; otherwise they end the process as usual. */
  readonly interrupted: () => AbortSignal
  readonly cwd: () => string
  readonly parentPid: () => number
  /** Ends the process shortly, even where something is still open. What was written gets out first. */
  readonly endSoon?: () => void
}

/** For the closing handshake of a connection on this machine. */
const END_MS = 100

export function processEnvironment(): Environment {
  const env = absoluteHome(process.env)
  return {
    env,
    paths: musterPaths(env, homedir()),
    now: Date.now,
    // Opened only where it is read.
    get stdin() {
      return process.stdin
    },
    stdout: process.stdout,
    stderr: process.stderr,
    userName,
    interrupted: interruptSignal,
    cwd: () => process.cwd(),
    parentPid: () => process.ppid,
    // Not kept alive by this alone: most have ended by themselves before.
    endSoon: () => void setTimeout(() => process.exit(), END_MS).unref(),
  }
}

/** The daemon runs in another folder, so a relative `MUSTER_HOME` would mean two places. */
function absoluteHome(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const home = env['MUSTER_HOME']
  return home && !isAbsolute(home) ? { ...env, MUSTER_HOME: resolve(home) } : env
}

/** A container may run under a user id without a name. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'user')
  }
}

let interruption: AbortController | undefined

function interruptSignal(): AbortSignal {
  if (interruption) return interruption.signal
  const controller = new AbortController()
  interruption = controller
  // `once`: a second Ctrl-C ends the process even where the orderly way hangs.
  process.once('SIGINT', () => controller.abort())
  process.once('SIGTERM', () => controller.abort())
  return controller.signal
}
