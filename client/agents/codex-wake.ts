import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { type ProcessInfo, variableOf } from '../local/process-tree.ts'
import type { Env } from './door.ts'
import { isProgram } from './hook-input.ts'

export interface CodexWake {
  readonly thread: string
  readonly text: string
  readonly cwd: string
  /** The process that runs the thread: its own program is asked, so that versions agree. */
  readonly agent: ProcessInfo
  /** CODEX_HOME of the session, where its hooks have told it. */
  readonly home: string | undefined
  readonly env: Env
}

const WITHIN_MS = 15_000

/**
 * Puts a text into the queue of a Codex thread; an idle one begins a turn with it, within a second.
 *
 * @throws Error when Codex refuses, is not found or does not end in time
 */
export async function queueForCodex({ thread, text, cwd, agent, home, env }: CodexWake): Promise<void> {
  const codexHome = home ?? env['CODEX_HOME'] ?? variableOf(agent.pid, 'CODEX_HOME')
  await new Promise<void>((resolve, reject) => {
    execFile(
      programOf(agent),
      ['queue', '--thread', thread, '--message', text],
      { cwd: existsSync(cwd) ? cwd : undefined, timeout: WITHIN_MS, env: { ...env, ...(codexHome !== undefined && { CODEX_HOME: codexHome }) } },
      (error, _stdout, stderr) => (error ? reject(new Error(`codex queue failed: ${stderr.trim().slice(-500) || error.message}`)) : resolve()),
    ).stdin?.end()
  })
}

/** What npm installs is a script that starts the program: then the one on the path has to do. */
function programOf({ args: [program = ''] }: ProcessInfo): string {
  return isProgram([program], 'codex') && isAbsolute(program) && existsSync(program) ? program : 'codex'
}
