import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const PATIENCE_MS = 240_000

/** The official programs that prove the door; null for what is not installed. */
interface Programs {
  readonly node: string | null
  readonly conformance: string | null
  readonly inspector: string | null
}

const PROGRAMS = (
  JSON.parse(execFileSync(process.execPath, [join(ROOT, 'scripts/install-mcp-tools.mjs'), '--list'], { encoding: 'utf8' })) as { programs: Programs }
).programs

/** Nothing is proved where they are not there. In CI they have to be: there the tests run, and say what is missing. */
export const ABSENT = Object.values(PROGRAMS).includes(null) && !process.env['CI']
export const WHY_SKIPPED = 'not installed: node scripts/install-mcp-tools.mjs'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs one of the programs to its end, with a home of its own. */
export async function runProgram(name: 'conformance' | 'inspector', args: readonly string[], home: string): Promise<Ran> {
  const { node, [name]: program } = PROGRAMS
  if (node === null || program === null) throw new Error(`${name} is ${WHY_SKIPPED}`)
  const options = { cwd: home, env: { PATH: process.env['PATH'], HOME: home, CI: '1' }, timeout: PATIENCE_MS, maxBuffer: 64 * 1_048_576 }
  try {
    return { code: 0, ...(await promisify(execFile)(node, [program, ...args], options)) }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof code !== 'number') throw error
    return { code, stdout: stdout ?? '', stderr: stderr ?? '' }
  }
}
