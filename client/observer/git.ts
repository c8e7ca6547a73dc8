import { spawn } from 'node:child_process'

/** A command of git that failed, could not be started, took too long or said too much. */
export class GitError extends Error {
  override readonly name = 'GitError'
  /** `undefined` where it did not end by itself. */
  readonly status: number | undefined

  constructor(message: string, status?: number) {
    super(message)
    this.status = status
  }
}

export interface GitOptions {
  readonly signal: AbortSignal
  readonly env: Readonly<Record<string, string | undefined>>
}

const TIMEOUT_MS = 20_000
const MAX_OUTPUT_BYTES = 8_388_608
const MAX_COMPLAINT_CHARS = 2_000

/** A repository's own configuration may name programs. None of them is run, and nothing is fetched. */
const GUARDS = ['--no-pager', '--no-optional-locks', '-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'log.showSignature=false'] as const
/** The user's own configuration counts, with the `safe.directory` in it: whose repositories git reads is for the user to say. */
const KEPT = ['PATH', 'HOME', 'XDG_CONFIG_HOME', 'TMPDIR'] as const
const QUIET = {
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: 'true',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_ALLOW_PROTOCOL: 'none',
} as const

/**
 * Runs git in a folder, with fixed arguments and without a shell, and resolves to what it printed.
 *
 * @throws GitError
 */
export function git(folder: string, args: readonly string[], { signal, env }: GitOptions): Promise<string> {
  const kept = Object.fromEntries(KEPT.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
  return new Promise((resolve, reject) => {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
    const child = spawn('git', [...GUARDS, '-C', folder, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...kept, ...QUIET },
      signal: bounded,
      killSignal: 'SIGKILL',
    })
    const chunks: Buffer[] = []
    let bytes = 0
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = `${complaint}${text}`.slice(0, MAX_COMPLAINT_CHARS)
    })
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MAX_OUTPUT_BYTES) chunks.push(chunk)
      else child.kill('SIGKILL')
    })
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.name !== 'AbortError') reject(new GitError(error.code === 'ENOENT' ? 'git cannot be started' : `git failed (${error.code})`))
    })
    child.once('close', (status) => {
      if (signal.aborted) reject(signal.reason)
      else if (status === 0 && bytes <= MAX_OUTPUT_BYTES) resolve(Buffer.concat(chunks).toString('utf8'))
      else reject(failure(status, bytes, complaint))
    })
  })
}

function failure(status: number | null, bytes: number, complaint: string): GitError {
  if (bytes > MAX_OUTPUT_BYTES) return new GitError('git said more than can be read')
  if (status === null) return new GitError('git took too long')
  if (complaint.includes('dubious ownership')) return new GitError("it belongs to another user, and is none of git's safe.directory")
  return new GitError(`git ended with status ${status}`, status)
}
