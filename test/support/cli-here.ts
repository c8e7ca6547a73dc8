import { Readable } from 'node:stream'
import { run } from '../../client/cli/run.ts'
import { musterPaths } from '../../src/paths.ts'
import type { Finished } from './cli-process.ts'

export interface HereOptions {
  readonly env?: Readonly<Record<string, string>>
  /** The folder somebody stands in. @default the home */
  readonly cwd?: string
  /** What comes through a pipe. */
  readonly stdin?: string
  /** What a person types at a question, on a terminal. */
  readonly typed?: string
  /** stdout and stderr are terminals of 80 columns. */
  readonly tty?: boolean
  /** Sees what is written as it is written. */
  readonly onWrite?: (text: string) => void
  readonly now?: () => number
  readonly interrupted?: AbortSignal
}

/** Runs `muster <args>` in this process for somebody whose MUSTER_HOME this is. */
export async function musterHere(home: string, args: readonly string[], options: HereOptions = {}): Promise<Finished> {
  const { env = {}, cwd = home, typed, stdin, tty = false, onWrite, now = Date.now, interrupted = new AbortController().signal } = options
  const written = { stdout: '', stderr: '' }
  const sink = (name: keyof typeof written) => ({
    isTTY: tty,
    columns: 80,
    write(text: string | Buffer) {
      written[name] += text.toString()
      onWrite?.(text.toString())
    },
  })
  const exit = await run(args, {
    env: { MUSTER_HOME: home, ...env },
    paths: musterPaths({ MUSTER_HOME: home }, home),
    now,
    stdin: Object.assign(Readable.from([Buffer.from(typed ?? stdin ?? '')]), { isTTY: typed !== undefined }),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    userName: () => 'tester',
    interrupted: () => interrupted,
    cwd: () => cwd,
    parentPid: () => process.pid,
  })
  return { exit, ...written }
}
