import { spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

export interface Ran {
  /** `undefined` where it did not start, or did not end in time. */
  readonly status: number | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly timeoutMs: number
}

const MAX_OUTPUT_CHARS = 1_000_000
const PIPES_END_MS = 1_000

/** The first program of that name in the folders of PATH. */
export function findProgram(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  isWanted: (folder: string) => boolean = () => true,
): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder) && isWanted(folder))
  return folders.map((folder) => join(folder, name)).find(isProgram)
}

/** Runs a program to its end, with nothing on its stdin. Never rejects. */
export function runProgram(program: string, args: readonly string[], { env, cwd, timeoutMs }: RunOptions): Promise<Ran> {
  return new Promise((resolve) => {
    const written = { stdout: '', stderr: '' }
    const child = spawn(program, [...args], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        if (written[name].length < MAX_OUTPUT_CHARS) written[name] += text
      })
    }
    const end = (status: number | undefined, reason = ''): void => {
      clearTimeout(timer)
      resolve({ status, stdout: written.stdout, stderr: written.stderr + reason })
    }
    child.once('error', (error) => end(undefined, error.message))
    child.once('exit', () => {
      // What it started may keep its pipes open; what it said itself is read well before that.
      setTimeout(() => {
        child.stdout.destroy()
        child.stderr.destroy()
      }, PIPES_END_MS).unref()
    })
    child.once('close', (code, signal) => end(code ?? undefined, signal ? `ended by ${signal}` : ''))
  })
}

/** What a program said, without colours, for an error message. */
export function saidBy({ stdout, stderr }: Ran): string {
  return plainText(`${stderr}\n${stdout}`).trim()
}

/** Without the escapes that colour a terminal. */
export function plainText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape begins with one
  return text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '')
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // Not there, or not for this user: the next folder may have one.
    return false
  }
}
