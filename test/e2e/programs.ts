import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const LOCK = join(ROOT, 'node_modules/.cache/muster-e2e-build')
/** A build takes seconds: a lock that is older was left by a run that broke off. */
const STALE_MS = 60_000
const LOOK_AGAIN_MS = 100

/**
 * Brings dist/ up to date; `npm test` has done so before, then this is quick. Test files run at the same time, and two builds
 * at once would pull dist/ from under each other.
 */
export async function buildOnce(): Promise<void> {
  mkdirSync(dirname(LOCK), { recursive: true })
  while (!tryLock()) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  try {
    execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
  } finally {
    rmSync(LOCK, { recursive: true, force: true })
  }
}

function tryLock(): boolean {
  try {
    mkdirSync(LOCK)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const age = Date.now() - (statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
  if (age > STALE_MS) rmSync(LOCK, { recursive: true, force: true })
  return false
}

/** An empty folder that is gone after the test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'muster-e2e-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What speaks of a daemon of whoever runs the tests, of this run of vitest, or of the npm that started it (npm's own configuration stays). */
const OURS = /^(MUSTER_.*|VITEST.*|TEST|NODE_ENV|NODE_OPTIONS|npm_config_local_prefix|npm_(?!config_).*)$/

/** The environment of a person's shell, as far as it can be told apart. */
export function cleanEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !OURS.test(name))
  return { ...Object.fromEntries(kept), ...more }
}

export interface Program {
  readonly pid: number
  /** All of stdout so far. */
  readonly stdout: () => string
  /** Resolves once stdout has what is looked for; rejects when the program ends without it. */
  readonly said: (pattern: RegExp) => Promise<RegExpExecArray>
  readonly ended: Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }>
}

export interface Start {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}

/** Starts a program. One that still runs at the end of its test is killed. */
export function start(command: string, args: readonly string[], { cwd = ROOT, env = cleanEnvironment() }: Start = {}): Program {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr, isOver] = ['', '', false]
  const lookers = new Set<() => void>()
  const look = (): void => {
    for (const looker of [...lookers]) looker()
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    look()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<Awaited<Program['ended']>>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => {
      isOver = true
      look()
      resolve({ status, stdout, stderr })
    })
  })
  onTestFinished(() => {
    if (!isOver) child.kill('SIGKILL')
  })
  const said = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const looker = (): void => {
        const found = pattern.exec(stdout)
        if (!found && !isOver) return
        lookers.delete(looker)
        if (found) resolve(found)
        else reject(new Error(`${command} ended without saying ${pattern}:\n${stdout}\n${stderr}`))
      }
      lookers.add(looker)
      looker()
    })
  return { pid: child.pid ?? 0, stdout: () => stdout, said, ended }
}

/** Runs a program to its end. */
export async function run(command: string, args: readonly string[], options: Start = {}): Promise<Awaited<Program['ended']>> {
  return start(command, args, options).ended
}

/** Whether a process runs. One that has ended and waits for a parent to take note, as an orphan in a container may for ever, does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return process.platform !== 'linux'
  }
}
