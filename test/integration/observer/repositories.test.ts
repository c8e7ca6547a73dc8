import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Repositories } from '../../../client/observer/repositories.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'muster-git-')))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const { signal } = new AbortController()
const env = { PATH: process.env['PATH'], HOME: root }
const allowed = join(root, 'allowed')
mkdirSync(allowed)
const repositories = new Repositories([allowed], env)
let made = 0

/** A repository with one commit on `main`, and what runs git in it. */
function repository(where = allowed) {
  const path = join(where, `r${++made}`)
  mkdirSync(path)
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', path, ...args], { env: { ...env, ...WHO }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  const commit = (file: string, text: string) => {
    writeFileSync(join(path, file), text)
    git('add', '-A')
    git('commit', '-qm', file)
    return git('rev-parse', 'HEAD')
  }
  git('init', '-q', '-b', 'main')
  return { path, git, commit, first: commit('first', 'one\n') }
}
const WHO = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.org', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.org' }
const branchOf = (path: string, head?: string, branch = 'work') => repositories.branch({ repository: path, branch, head }, signal)

test('a branch is open at its head; a push says what changed', async () => {
  const { path, git, commit } = repository()
  git('switch', '-qc', 'work')
  const one = commit('a', '1\n2\n3\n')
  expect(await branchOf(path)).toEqual({ state: 'open', head: one })
  commit('b', 'x\n')
  const two = commit('a', '1\n3\n4\n5\n')
  expect(await branchOf(path, one)).toEqual({ state: 'open', head: two, changed: { from: one, commits: 2, files: 2, additions: 3, deletions: 1 } })
  expect(await branchOf(path, two.slice(0, 8))).toEqual({ state: 'open', head: two })
})

test('a branch that was just made has nothing of its own, and is not merged', async () => {
  const { path, git } = repository()
  git('branch', 'work')
  expect(await branchOf(path)).toEqual({ state: 'open' })
})

test.each([['--no-ff'], ['--ff-only']])('a branch that was merged with %s is merged, before and after it is deleted', async (how) => {
  const { path, git, commit } = repository()
  git('switch', '-qc', 'work')
  const head = commit('a', '1\n')
  git('switch', '-q', 'main')
  git('merge', '-q', how, 'work')
  expect(await branchOf(path, head)).toEqual({ state: 'merged', head })
  git('branch', '-D', 'work')
  expect(await branchOf(path, head)).toEqual({ state: 'merged' })
})

test('a branch that was deleted unmerged is closed', async () => {
  const { path, git, commit } = repository()
  git('switch', '-qc', 'work')
  const head = commit('a', '1\n')
  git('switch', '-q', 'main')
  git('branch', '-D', 'work')
  expect(await branchOf(path, head)).toEqual({ state: 'closed' })
  await expect(branchOf(path)).rejects.toThrow(/has no branch work/)
})

test('a force push is told by what differs, and by nothing where the old head is gone', async () => {
  const { path, git, commit } = repository()
  git('switch', '-qc', 'work')
  const old = commit('a', '1\n')
  git('reset', '-q', '--hard', 'main')
  const head = commit('a', '2\n2\n')
  expect(await branchOf(path, old)).toEqual({ state: 'open', head, changed: { from: old, commits: 1, files: 1, additions: 2, deletions: 1 } })
  git('reflog', 'expire', '--expire=now', '--all')
  git('gc', '-q', '--prune=now')
  expect(await branchOf(path, old)).toEqual({ state: 'open', head, changed: { from: old } })
})

test('a branch that was set back to the default branch is neither merged nor at a head of its own', async () => {
  const { path, git, commit } = repository()
  git('switch', '-qc', 'work')
  const old = commit('a', '1\n')
  git('reset', '-q', '--hard', 'main')
  expect(await branchOf(path, old)).toEqual({ state: 'open' })
})

test('the default branch is what the remote says; it is never merged into itself', async () => {
  const { path, git, commit, first } = repository()
  git('branch', '-m', 'main', 'trunk')
  git('update-ref', 'refs/remotes/origin/trunk', first)
  git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/trunk')
  const second = commit('a', '1\n')
  expect(await branchOf(path, first, 'trunk')).toMatchObject({ state: 'open', head: second, changed: { commits: 1 } })
  git('switch', '-qc', 'work', first)
  const head = commit('b', '1\n')
  // Merged there, and fetched; here the default branch is behind.
  git('update-ref', 'refs/remotes/origin/trunk', head)
  expect(await branchOf(path, head)).toEqual({ state: 'merged', head })
})

test('a detached head, a worktree and a bare repository are looked at like any other', async () => {
  const { path, git, commit } = repository()
  git('switch', '-qc', 'work')
  const head = commit('a', '1\n')
  git('switch', '-q', '--detach', 'main')
  expect(await branchOf(path)).toEqual({ state: 'open', head })
  git('worktree', 'add', '-q', join(allowed, 'tree'), 'work')
  expect(await branchOf(join(allowed, 'tree'))).toEqual({ state: 'open', head })
  git('clone', '-q', '--bare', path, join(allowed, 'bare.git'))
  expect(await branchOf(join(allowed, 'bare.git'))).toEqual({ state: 'open', head })
  // As a review names it.
  expect(await branchOf(join(allowed, 'bare'))).toEqual({ state: 'open', head })
})

test('a branch without a commit is open', async () => {
  const path = join(allowed, 'unborn')
  execFileSync('git', ['init', '-q', '-b', 'work', path], { env })
  expect(await branchOf(path)).toEqual({ state: 'open' })
})

test('a range is what it is until the default branch has its head', async () => {
  const { path, git, commit, first } = repository()
  git('switch', '-qc', 'work')
  commit('a', '1\n')
  const head = commit('b', '1\n2\n')
  const range = { repository: path, base: first, head }
  const changed = { from: first, commits: 2, files: 2, additions: 3, deletions: 0 }
  expect(await repositories.range(range, signal)).toEqual({ head, state: 'open', changed })
  git('switch', '-q', 'main')
  git('merge', '-q', 'work')
  expect(await repositories.range(range, signal)).toEqual({ head, state: 'merged', changed })
  await expect(repositories.range({ ...range, head: 'f'.repeat(40) }, signal)).rejects.toThrow(/does not have the commits/)
})

test('names that look like options or paths are names', async () => {
  const { path, git, commit } = repository()
  git('switch', '-qc', 'a-b/ünï')
  const head = commit('a\tb\n"c', '1\n')
  expect(await branchOf(path, undefined, 'a-b/ünï')).toEqual({ state: 'open', head })
  for (const branch of ['--help', '-v', '--output=/x', '../../main', 'main..work', '@{-1}', 'work^{/x}']) {
    await expect(branchOf(path, undefined, branch)).rejects.toThrow(/has no branch/)
  }
})

test('binary files and file names with anything in them are counted', async () => {
  const { path, git, commit, first } = repository()
  git('switch', '-qc', 'work')
  commit('a\tb\n"c', '1\n')
  const head = commit('bin', 'a\0b')
  expect(await repositories.range({ repository: path, base: first, head }, signal)).toMatchObject({ changed: { files: 2, additions: 1 } })
})

test.each([
  ['a path without anything', () => join(allowed, 'nothing'), /there is no/],
  ['a folder that is no repository', () => mkdtempSync(join(allowed, 'plain-')), /is no git repository/],
  ['a repository elsewhere', () => repository(root).path, /below none of the folders/],
  ['a link to a repository elsewhere', () => linked(repository(root).path), /below none of the folders/],
  ['a way out by dots', () => `${allowed}/../${repository(root).path.split('/').at(-1)}`, /below none of the folders/],
  ['a folder whose name only begins alike', () => siblingOf(allowed), /below none of the folders/],
  ['a .git file that points elsewhere', () => pointing(repository(root).path), /outside of the folders/],
])('%s is refused, with the reason', async (_name, path, says) => {
  await expect(branchOf(path(), undefined, 'main')).rejects.toThrow(says)
})

function linked(to: string): string {
  const path = join(allowed, `link${++made}`)
  symlinkSync(to, path)
  return path
}

function siblingOf(folder: string): string {
  mkdirSync(`${folder}-not`, { recursive: true })
  return repository(`${folder}-not`).path
}

function pointing(to: string): string {
  const path = mkdtempSync(join(allowed, 'pointing-'))
  writeFileSync(join(path, '.git'), `gitdir: ${join(to, '.git')}\n`)
  return path
}

test('no program that the configuration of a repository names is run, and nothing is fetched', async () => {
  const { path, git, commit, first } = repository()
  const trap = join(root, 'trap')
  const ran = join(root, 'ran')
  writeFileSync(trap, `#!/bin/sh\necho "$0 $@" >> ${ran}\ncat\n`, { mode: 0o755 })
  git('switch', '-qc', 'work')
  writeFileSync(join(path, '.gitattributes'), '* diff=trap filter=trap\n')
  const head = commit('a', '1\n')
  for (const key of ['core.fsmonitor', 'core.pager', 'core.sshCommand', 'core.editor', 'diff.external', 'diff.trap.command', 'diff.trap.textconv'])
    git('config', key, trap)
  for (const key of ['filter.trap.clean', 'filter.trap.smudge', 'gpg.program', 'credential.helper', 'uploadpack.packObjectsHook']) git('config', key, trap)
  for (const hook of ['reference-transaction', 'post-index-change']) writeFileSync(join(path, '.git/hooks', hook), readFileSync(trap), { mode: 0o755 })
  git('config', 'remote.origin.url', 'ssh://127.0.0.1/x')
  git('config', 'extensions.partialClone', 'origin')
  git('config', 'core.repositoryFormatVersion', '1')
  git('config', 'remote.origin.promisor', 'true')
  git('config', 'remote.origin.partialclonefilter', 'blob:none')
  rmSync(ran, { force: true })
  expect(await branchOf(path, first)).toMatchObject({ state: 'open', head, changed: { commits: 1 } })
  // A partial clone fetches what it lacks: here that fails instead.
  const blob = git('rev-parse', 'work:a')
  rmSync(join(path, '.git/objects', blob.slice(0, 2), blob.slice(2)))
  await expect(branchOf(path, first)).rejects.toThrow(/git ended with status/)
  expect(existsSync(ran) && readFileSync(ran, 'utf8')).toBe(false)
})

test('without git it is said that there is none', async () => {
  const { path } = repository()
  await expect(new Repositories([allowed], { PATH: join(root, 'empty') }).branch({ repository: path, branch: 'main' }, signal)).rejects.toThrow(
    /git cannot be started/,
  )
})
