import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** One process of a service. */
export interface ServiceChild {
  readonly pid: number
  /** Its first line, which holds its credential: nothing of it is in its arguments or its environment, where others could see it. */
  tell(line: string): void
  /** Asks it to end, or makes it. */
  end(how: 'asked' | 'forced'): void
  /** How it ended, in words. It has gone by then. */
  readonly ended: Promise<string>
}

export interface LaunchOptions {
  readonly program: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Each line that it says. */
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void
}

/** Starts a process of a service. @throws Error where that fails at once */
export type Launch = (options: LaunchOptions) => ServiceChild

/** What is longer is cut; nothing that a service says may fill the memory. */
const MAX_LINE_CHARS = 8_192

/**
 * Starts a program of `client/`, which stands beside this one: compiled where this is compiled, through tsx where this is TypeScript. Its standard input
 * stays open for as long as the daemon lives, and it ends with that. It gets a process group of its own: a Ctrl-C reaches the
 * daemon alone, and what it has started ends with it.
 */
export const launchProcess: Launch = ({ program, cwd, env, onLine }) => {
  const compiled = import.meta.url.endsWith('.js')
  const entry = fileURLToPath(new URL(`../../client/${program}.${compiled ? 'js' : 'ts'}`, import.meta.url))
  const loader = compiled ? [] : ['--import', import.meta.resolve('tsx')]
  const child = spawn(process.execPath, [...loader, entry], { stdio: ['pipe', 'pipe', 'pipe'], cwd, env, detached: true })
  // It may have ended before it reads.
  child.stdin.on('error', () => undefined)
  eachLine(child.stdout, (line) => onLine(line, 'stdout'))
  eachLine(child.stderr, (line) => onLine(line, 'stderr'))
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // Nothing of it is left.
    }
  }
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve(`could not be started: ${(error as NodeJS.ErrnoException).code ?? 'failed'}`)
    })
    child.once('exit', (code, signal) => {
      // What it had started goes with it, and would hold the pipes open.
      signalGroup('SIGKILL')
      child.stdin.destroy()
      child.once('close', () => resolve(signal === null ? `ended with status ${code}` : `ended by ${signal}`))
    })
  })
  return {
    pid: child.pid ?? 0,
    tell: (line) => void child.stdin.write(`${line}\n`),
    end(how) {
      if (how === 'forced') return signalGroup('SIGKILL')
      child.stdin.end()
      child.kill('SIGTERM')
    },
    ended,
  }
}

function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n')
    rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARS)
    for (const line of lines) if (line !== '') onLine(line.slice(0, MAX_LINE_CHARS))
  })
}
