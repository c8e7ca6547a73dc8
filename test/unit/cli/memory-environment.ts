import type { Environment } from '../../../client/cli/environment.ts'
import { run } from '../../../client/cli/run.ts'
import { musterPaths } from '../../../src/paths.ts'

export interface Ran {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

export interface MemoryOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
  readonly tty?: boolean
}

/** A folder that is never made: commands of these tests touch no file. */
const HOME = '/nonexistent/muster-unit-tests'

/** An environment whose streams are kept in memory. */
export function memoryEnvironment({ env = {}, stdin = '', tty = false }: MemoryOptions = {}) {
  const written = { stdout: '', stderr: '' }
  const sink = (name: keyof typeof written) => ({
    isTTY: tty,
    columns: 80,
    write(text: string | Buffer) {
      written[name] += text
    },
  })
  const environment: Environment = {
    env,
    paths: musterPaths({ MUSTER_HOME: HOME, ...env }, HOME),
    now: () => Date.parse('2026-01-31T12:00:00Z'),
    stdin: chunks(stdin),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    userName: () => 'Ann Other',
    interrupted: () => new AbortController().signal,
    cwd: () => HOME,
    parentPid: () => process.ppid,
  }
  return { environment, written }
}

/** One command line in this process. */
export async function muster(args: readonly string[], options?: MemoryOptions): Promise<Ran> {
  const { environment, written } = memoryEnvironment(options)
  const exit = await run(args, environment)
  return { exit, ...written }
}

async function* chunks(text: string | Uint8Array): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  // Cut in the middle of characters, as a pipe does.
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
}
