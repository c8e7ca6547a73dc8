import { execFile } from 'node:child_process'
import { CliError } from '../failure.ts'

const GIT_MS = 10_000

/** What a folder's git says about it. The daemon never runs git: it is told. */
export class Git {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The URL of the remote `origin`, or of the only one there is; without a remote, the folder that its worktrees share. @throws CliError */
  async repository(): Promise<string> {
    const remotes = (await this.#run('remote')).split('\n').filter((name) => name !== '')
    const remote = remotes.includes('origin') ? 'origin' : remotes[0]
    if (remote !== undefined) return await this.#run('remote', 'get-url', remote)
    return (await this.#run('rev-parse', '--path-format=absolute', '--git-common-dir')).replace(/\/\.git$/, '')
  }

  /** The full number of a commit. @throws CliError where there is none of that name */
  async commit(name: string): Promise<string> {
    return await this.#run('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`)
  }

  /** A branch, and its commit; `.` and `HEAD` mean the one that is checked out. @throws CliError */
  async branch(name: string): Promise<{ readonly branch: string; readonly sha: string }> {
    const branch = name === '.' || name === 'HEAD' ? await this.#run('symbolic-ref', '--quiet', '--short', 'HEAD') : name
    return { branch, sha: await this.commit(`refs/heads/${branch}`) }
  }

  /** `base..head`, or `base...head` for what is on head since it left base. @throws CliError */
  async range(text: string): Promise<{ readonly base: string; readonly head: string }> {
    const [from = '', to = ''] = text.split(/\.{2,3}/, 2)
    const head = await this.commit(to === '' ? 'HEAD' : to)
    const base = text.includes('...') ? await this.#run('merge-base', await this.commit(from), head) : await this.commit(from)
    return { base, head }
  }

  async #run(...args: string[]): Promise<string> {
    const { error, stdout, stderr } = await new Promise<{ readonly error: Error | null; readonly stdout: string; readonly stderr: string }>((resolve) => {
      execFile('git', ['-C', this.#folder, ...args], { timeout: GIT_MS }, (problem, out, err) => resolve({ error: problem, stdout: out, stderr: err }))
    })
    if (error === null) return stdout.trim()
    if ('code' in error && error.code === 'ENOENT')
      throw new CliError('git_failed', 'git is not installed', { hint: 'Give a link in place of a branch.', cause: error })
    const said = stderr
      .trim()
      .split('\n')[0]
      ?.replace(/^fatal: /, '')
    throw new CliError('git_failed', said || `git knows no ${args.at(-1)?.replace(/\^\{commit\}$/, '') ?? 'such thing'} in ${this.#folder}`, {
      hint: 'Look whether this is the folder of the repository, and whether the name is right.',
      cause: error,
    })
  }
}
