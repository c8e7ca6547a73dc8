import { Readable } from 'node:stream'
import { run } from '../../../client/cli/run.ts'
import { musterPaths } from '../../../src/paths.ts'
import type { FakeHome } from './fake-home.ts'

export interface Ran {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

export interface Options {
  /** More of an environment that has nothing but HOME and PATH. */
  readonly env?: Readonly<Record<string, string>>
  /** What a person types at the question, on a terminal. */
  readonly typed?: string
  /** Where that person stands. */
  readonly cwd?: string
}

/** Runs `muster <args>` in this process for somebody who lives in a fake home and works in its folder `work`. */
export async function musterIn(home: FakeHome, args: readonly string[], { env = {}, typed, cwd = home.path('work') }: Options = {}): Promise<Ran> {
  const written = { stdout: '', stderr: '' }
  const sink = (name: keyof typeof written) => ({
    write(text: string | Buffer) {
      written[name] += text
    },
  })
  const all = { HOME: home.folder, PATH: process.env['PATH'], ...env }
  const { signal } = new AbortController()
  const exit = await run(args, {
    env: all,
    paths: musterPaths(all, home.folder),
    now: Date.now,
    stdin: Object.assign(Readable.from(typed === undefined ? [] : [Buffer.from(typed)]), { isTTY: typed !== undefined }),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    userName: () => 'tester',
    interrupted: () => signal,
    cwd: () => cwd,
    parentPid: () => process.pid,
  })
  return { exit, ...written }
}
