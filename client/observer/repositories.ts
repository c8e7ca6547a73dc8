import { realpath } from 'node:fs/promises'
import type { Changed, State } from './forge.ts'
import { GitError, git } from './git.ts'

/** What a repository says about a branch or a range at one moment. */
export interface RefFacts {
  /** Absent where there is nothing on the branch that the default branch does not have. */
  readonly head?: string
  readonly state: State
  readonly changed?: Changed
}

export interface BranchRef {
  /** The path of the repository. */
  readonly repository: string
  readonly branch: string
  /** The head that is known. */
  readonly head?: string | undefined
}

export interface RangeRef {
  readonly repository: string
  readonly base: string
  readonly head: string
}

/** Why a repository cannot be looked at, in our words and with its path. */
export class RepositoryError extends Error {
  override readonly name = 'RepositoryError'
}

/** Looks at git repositories below given folders, without a network and without running what their configuration names. */
export class Repositories {
  readonly #folders: readonly string[]
  readonly #env: Readonly<Record<string, string | undefined>>

  constructor(folders: readonly string[], env: Readonly<Record<string, string | undefined>>) {
    this.#folders = folders
    this.#env = env
  }

  /**
   * Where a branch is. One that was known and is gone is `closed`, or `merged` where the default branch has the head that was known.
   *
   * @throws RepositoryError
   * @throws GitError
   */
  async branch({ repository, branch, head }: BranchRef, signal: AbortSignal): Promise<RefFacts> {
    const inside = await this.#open(repository, signal)
    const tip = await inside.commit(`refs/heads/${branch}`)
    const known = head === undefined ? undefined : await inside.commit(head)
    const defaults = await inside.defaultRefs(branch)
    const knownIsIn = known !== undefined && (await inside.isInAny(known, defaults))
    if (tip === undefined) {
      if (await inside.isUnborn(branch)) return { state: 'open' }
      // Nobody has seen it yet: rather a slip of the pen than a branch that has gone.
      if (head === undefined) throw new RepositoryError(`${repository} has no branch ${branch}`)
      return { state: knownIsIn ? 'merged' : 'closed' }
    }
    if (await inside.isInAny(tip, defaults)) {
      // A branch that was just made points at what the default branch has; only what was known to be on it can have been merged.
      return knownIsIn ? { state: 'merged', head: tip } : { state: 'open' }
    }
    if (head === undefined || known === tip) return { state: 'open', head: tip }
    return { state: 'open', head: tip, changed: known === undefined ? { from: head } : await inside.changed(known, tip) }
  }

  /** @throws RepositoryError where it does not have the commits */
  async range({ repository, base, head }: RangeRef, signal: AbortSignal): Promise<RefFacts> {
    const inside = await this.#open(repository, signal)
    const [from, to] = [await inside.commit(base), await inside.commit(head)]
    if (from === undefined || to === undefined) throw new RepositoryError(`${repository} does not have the commits of the range`)
    const isMerged = await inside.isInAny(to, await inside.defaultRefs(undefined))
    return { head: to, state: isMerged ? 'merged' : 'open', changed: await inside.changed(from, to) }
  }

  /** A path that a review names; what git finds there must lie below the folders, too, wherever a `.git` file points. */
  async #open(path: string, signal: AbortSignal): Promise<Inside> {
    // The names of bare repositories lose their ending where they are compared.
    const real = (await resolved(path)) ?? (await resolved(`${path}.git`))
    if (real === undefined) throw new RepositoryError(`there is no ${path}`)
    const folders = (await Promise.all(this.#folders.map(resolved))).flatMap((folder) => folder ?? [])
    const isBelow = (place: string) => folders.some((folder) => place === folder || place.startsWith(folder === '/' ? folder : `${folder}/`))
    if (!isBelow(real)) throw new RepositoryError(`${path} is below none of the folders in the setting "repositories"`)
    const run = (args: readonly string[]) => git(real, args, { signal, env: this.#env })
    const common = await run(['rev-parse', '--path-format=absolute', '--git-common-dir']).catch((error: unknown) => {
      throw error instanceof GitError && error.status !== undefined ? new RepositoryError(`${path} is no git repository`) : asRepositoryError(error, path)
    })
    const store = await resolved(common.replace(/\n$/, ''))
    if (store === undefined || !isBelow(store))
      throw new RepositoryError(`${path} belongs to a repository outside of the folders in the setting "repositories"`)
    return new Inside(run)
  }
}

/** One repository that may be looked at. */
class Inside {
  readonly #run: (args: readonly string[]) => Promise<string>

  constructor(run: (args: readonly string[]) => Promise<string>) {
    this.#run = run
  }

  /** The commit of a full name of a ref, or of the first digits of one; `undefined` where there is none, or more than one. */
  async commit(name: string): Promise<string | undefined> {
    return (await this.#orNothing(['rev-parse', '--verify', '--quiet', `${name}^{commit}`]))?.trim()
  }

  /** The default branch, here and as the remote was last seen to have it; none where the branch is the default itself. */
  async defaultRefs(branch: string | undefined): Promise<readonly string[]> {
    const remote = (await this.#orNothing(['symbolic-ref', '--quiet', 'refs/remotes/origin/HEAD']))?.trim()
    const current = (await this.#orNothing(['symbolic-ref', '--quiet', 'HEAD']))?.trim()
    const usual = ['refs/heads/main', 'refs/heads/master']
    const local = remote === undefined ? [...usual, ...(current === undefined ? [] : [current])] : [remote.replace('refs/remotes/origin/', 'refs/heads/')]
    const found: string[] = []
    for (const ref of local) if (found.length === 0 && (await this.commit(ref)) !== undefined) found.push(ref)
    if (branch !== undefined && (found[0] ?? local[0]) === `refs/heads/${branch}`) return []
    return remote === undefined ? found : [...found, remote]
  }

  async isInAny(commit: string, refs: readonly string[]): Promise<boolean> {
    for (const ref of refs) if ((await this.#orNothing(['merge-base', '--is-ancestor', commit, ref])) !== undefined) return true
    return false
  }

  /** HEAD names the branch, which has no commit yet. */
  async isUnborn(branch: string): Promise<boolean> {
    return (await this.#orNothing(['symbolic-ref', '--quiet', 'HEAD']))?.trim() === `refs/heads/${branch}`
  }

  async changed(from: string, to: string): Promise<Changed> {
    const commits = Number(await this.#run(['rev-list', '--count', `${from}..${to}`, '--']))
    const lines = (await this.#run(['diff-tree', '-r', '--numstat', '--no-renames', '--no-ext-diff', '--no-textconv', from, to, '--']))
      .split('\n')
      .filter(Boolean)
    // A binary file has "-" for both.
    const sum = (column: number) => lines.reduce((total, line) => total + (Number(line.split('\t')[column]) || 0), 0)
    return { from, commits, files: lines.length, additions: sum(0), deletions: sum(1) }
  }

  /** `undefined` where git says no. */
  async #orNothing(args: readonly string[]): Promise<string | undefined> {
    try {
      return await this.#run(args)
    } catch (error) {
      if (error instanceof GitError && error.status !== undefined) return undefined
      throw error
    }
  }
}

async function resolved(path: string): Promise<string | undefined> {
  return await realpath(path).catch(() => undefined)
}

function asRepositoryError(error: unknown, path: string): unknown {
  return error instanceof GitError ? new RepositoryError(`${path}: ${error.message}`) : error
}
