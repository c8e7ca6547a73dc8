import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../../client/index.ts'
import { loadConfig } from '../../daemon/config.ts'
import { type Daemon, startDaemon } from '../../daemon/main.ts'
import type { Output } from '../../src/contract/index.ts'
import { musterPaths } from '../../src/paths.ts'
import { musterHere } from '../support/cli-here.ts'
import { registerPeer } from '../support/daemon.ts'

type Shown = Output<'reviews.get'>

const LINK = 'https://github.com/crew/ship/pull/7'
let home: string
let repository: string
let daemon: Daemon
const sha: Record<'first' | 'second', string> = { first: '', second: '' }

beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'muster-review-')))
  const quiet = () => undefined
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  daemon = await startDaemon({ config: loadConfig({ MUSTER_HOME: home, MUSTER_PORT: '0' }, home), log, onFatal: quiet })
  repository = join(home, 'ship')
  await mkdir(repository)
  git('init', '--quiet', '--initial-branch', 'main')
  sha.first = await commit('one')
  git('switch', '--quiet', '--create', 'fix/mast')
  sha.second = await commit('two')
})
afterAll(async () => {
  await daemon.stop()
  await rm(home, { recursive: true, force: true })
})

function git(...args: string[]): string {
  const who = ['-c', 'user.name=ann', '-c', 'user.email=ann@example.org', '-c', 'commit.gpgsign=false']
  return execFileSync('git', ['-C', repository, ...who, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}

async function commit(text: string): Promise<string> {
  await writeFile(join(repository, 'mast'), text)
  git('add', '.')
  git('commit', '--quiet', '--message', text)
  return git('rev-parse', 'HEAD')
}

const muster = (...args: string[]) => musterHere(home, args, { cwd: repository })
async function json<T>(...args: string[]): Promise<T> {
  const { exit, stdout, stderr } = await muster(...args, '--json')
  expect(stderr).toBe('')
  expect(exit).toBe(0)
  return JSON.parse(stdout) as T
}

describe('muster review', () => {
  it('requests a look at the branch that is checked out, at its commit; without a remote its path names the repository', async () => {
    const { review } = await json<Shown>('review', 'request', '.', '--as', 'ann', '--note', 'Mind the mast.')
    expect(review).toMatchObject({ kind: 'branch', branch: 'fix/mast', repository, head: sha.second, authors: [{ name: 'ann' }] })
    expect((await muster('review', '--as', 'bob')).stdout).toContain(review.id)
    expect((await muster('review', '--as', 'ann')).stderr).toBe('No review is owed.\n')
    expect(await muster('review', 'mark', review.id, '--as', 'ann')).toMatchObject({
      exit: 77,
      stderr: expect.stringContaining('nobody reviews their own work'),
    })
    expect(await muster('review', 'mark', review.id, '--as', 'bob', '--verdict', 'approve', '--note', 'Fine.')).toMatchObject({
      exit: 0,
      stdout: `branch "fix/mast" of "${repository}" is reviewed at ${sha.second.slice(0, 10)}: approve.\n`,
    })
    const { stdout } = await muster('review', 'show', review.id, '--as', 'ann')
    for (const text of ['reviewed: approve', 'Mind the mast.', 'Fine.', sha.second]) expect(stdout).toContain(text)
  })

  it('knows the repository by its remote, without the password in it, and ranges by their commits', async () => {
    git('remote', 'add', 'origin', 'https://ann:secret@github.com/Crew/Ship.git')
    const branch = await json<Shown>('review', 'request', 'main', '--as', 'ann')
    expect(branch.review).toMatchObject({ repository: 'github.com/crew/ship', branch: 'main', head: sha.first })
    expect(JSON.stringify(branch)).not.toContain('secret')
    const range = await json<Shown>('review', 'request', 'main..HEAD', '--as', 'ann')
    expect(range.review).toMatchObject({ kind: 'range', base: sha.first, head: sha.second })
    git('remote', 'remove', 'origin')
  })

  it('says what git says where there is no such thing', async () => {
    expect(await muster('review', 'request', 'nowhere', '--as', 'ann')).toMatchObject({ exit: 1, stderr: expect.stringContaining('refs/heads/nowhere') })
    expect(await muster('review', 'request', '--as', 'ann', '--', '--upload-pack=x')).toMatchObject({ exit: 1 })
    expect(await musterHere(home, ['review', 'request', '.', '--as', 'ann'])).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('not a git repository'),
    })
    expect(await muster('review', 'request', 'https://github.com/crew/ship', '--as', 'ann')).toMatchObject({ exit: 64 })
    expect(await muster('review', 'mark', 'thr_k7qm2x1', '--as', 'ann')).toMatchObject({ exit: 64 })
  })

  it('takes a branch in --touched, and shows it with the message', async () => {
    await muster('describe', 'here', '--as', 'cy')
    expect(await muster('notify', 'cy', 'The mast is done.', '--touched', '.', '--touched', `${LINK}@${sha.second}`, '--as', 'ann')).toMatchObject({ exit: 0 })
    const { stdout } = await muster('inbox', '--as', 'cy')
    expect(stdout).toContain(`[touched ${LINK} at ${sha.second.slice(0, 10)}]`)
    expect(stdout).toContain('[touched branch fix/mast of ')
    expect((await json<Shown>('review', 'show', LINK, '--as', 'cy')).review).toMatchObject({ head: sha.second, authors: [{ name: 'ann' }] })
  })

  it('lists, comments, withdraws, and is given by the administrator', async () => {
    const { reviews } = await json<Output<'reviews.list'>>('review', 'list', '--by', 'ann', '--state', 'owed')
    expect(reviews.map(({ kind }) => kind).sort()).toEqual(['branch', 'pull_request', 'range'].sort())
    const id = reviews.find(({ kind }) => kind === 'range')?.id ?? ''
    expect((await muster('review', 'comment', id, 'Why?', '--as', 'bob')).exit).toBe(0)
    expect(await muster('review', 'assign', id, '--to', 'bob')).toMatchObject({ exit: 0, stdout: expect.stringContaining('bob is asked') })
    expect(await muster('review', 'withdraw', id, 'a spike')).toMatchObject({ exit: 0 })
    expect(await muster('review', 'show', id)).toMatchObject({ stdout: expect.stringContaining('ended: withdrawn: a spike') })
  })
})

it('the SDK says with an answer what the handler touched', async () => {
  const enrolment = (await readFile(musterPaths({ MUSTER_HOME: home }, home).enrolmentToken, 'utf8')).trim()
  const worker = await connect({
    url: daemon.url,
    token: (await registerPeer(daemon.url, enrolment, 'worker')).token,
    onAsk: (_body, context) => {
      context.touch({ pr: 'https://github.com/crew/ship/pull/8', sha: sha.first })
      return 'done'
    },
  })
  const { stdout } = await muster('ask', 'worker', 'Make it.', '--as', 'cy')
  expect(stdout).toContain('done')
  await worker.close()
  const { review } = await json<Shown>('review', 'show', 'https://github.com/crew/ship/pull/8', '--as', 'cy')
  expect(review).toMatchObject({ state: 'owed', head: sha.first, authors: [{ name: 'worker' }] })
})
