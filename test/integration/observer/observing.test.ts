import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { processStart } from '../../../daemon/services/process-start.ts'
import type { Output } from '../../../src/contract/index.ts'
import { musterHere } from '../../support/cli-here.ts'
import { DaemonProcess, registerPeer, TestHome } from '../../support/daemon.ts'
import { FakeForge } from '../../support/fake-forge.ts'
import { githubComparison, githubPages, githubPull, githubReview, githubRuns } from '../../support/forge-samples.ts'
import { WireClient } from '../../support/wire-client.ts'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)
const TOKEN = 'ghp_secretsecretsecretsecret'
const LINK = 'https://forge.test/octo/hello/pull/7'
const PULL = '/repos/octo/hello/pulls/7'
type Review = Output<'reviews.get'>['review']

/** Looks again until it is so; a test that waits for what never comes is ended by its timeout. */
async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look().catch(() => undefined)
    if (found) return found
    await sleep(20)
  }
}

/** A home whose daemon knows one forge, which has octo/hello#7 at head A. */
async function prepared(more: Readonly<Record<string, unknown>> = {}) {
  const home = new TestHome()
  const forge = await FakeForge.start()
  forge.token = TOKEN
  const set = (pages: Readonly<Record<string, unknown>>): void => {
    for (const [path, body] of Object.entries(pages)) forge.replies.set(path, { body })
  }
  set(githubPages({ sha: A, host: 'forge.test' }))
  const file = join(home.path, 'forge.token')
  writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 })
  const forges = [{ host: 'forge.test', kind: 'github', baseUrl: forge.url, token: { file } }]
  writeFileSync(home.paths.config, JSON.stringify({ forges, observeEvery: '1s', ...more }))
  return { home, forge, set, file }
}

/** `author` answers what `lead` asked, with a body. */
async function answered(url: string, home: TestHome, body: string) {
  const enrolment = home.token('enrolment')
  const [lead, author] = [await registerPeer(url, enrolment, 'lead'), await registerPeer(url, enrolment, 'author')]
  await using asking = await WireClient.greet(url, lead.token)
  const { sent } = await asking.call('threads.ask', { to: 'author', body: 'Do it.', causedBy: null })
  await using answering = await WireClient.greet(url, author.token)
  await answering.call('threads.answer', { thread: sent[0]?.thread ?? '', body })
  return { lead, author }
}

const getting = (client: WireClient, condition: (review: Review) => boolean, review = LINK): Promise<Review> =>
  until(async () => {
    const found = (await client.call('reviews.get', { review })).review
    return condition(found) && found
  })

function observerPid(home: TestHome): number {
  return (JSON.parse(readFileSync(join(home.paths.state, 'services/observer.json'), 'utf8')) as { pid: number }).pid
}

const isGone = (pid: number) => until(async () => processStart(pid) === undefined)

test('a link in an answer is owed a look; checks and reviews are recorded, a push makes it owed again, a merge takes it out', async () => {
  const { home, forge, set } = await prepared()
  await using _forge = forge
  await using daemon = new DaemonProcess(home)
  const url = await daemon.url()
  const { lead } = await answered(url, home, `Done: ${LINK}`)
  await using reviewer = await WireClient.greet(url, lead.token)

  set({
    [`/repos/octo/hello/commits/${A}/check-runs?per_page=100`]: githubRuns(['completed', 'failure']),
    [`${PULL}/reviews?per_page=100`]: [githubReview('ada', 'CHANGES_REQUESTED', A)],
  })
  const owed = await getting(reviewer, ({ checks, forgeReviews }) => checks === 'failing' && forgeReviews.length === 1)
  expect(owed).toMatchObject({ state: 'owed', head: A, title: 'Amazing new feature', forgeAuthor: 'octocat' })
  expect(owed.forgeReviews).toEqual([{ by: 'ada', verdict: 'request_changes', sha: A, at: '2026-01-27T10:00:00.000Z' }])

  expect((await reviewer.call('reviews.mark', { review: LINK, sha: A, verdict: 'approve' })).review.state).toBe('reviewed')
  set({
    ...githubPages({ sha: B, host: 'forge.test' }),
    [`/repos/octo/hello/compare/${A}...${B}`]: githubComparison(2, [
      [10, 3],
      [1, 0],
    ]),
  })
  const again = await getting(reviewer, ({ head }) => head === B)
  // The checks of the head before say nothing about this one.
  expect(again).toMatchObject({ state: 'owed', checks: null, changed: { from: A, commits: 2, files: 2, additions: 11, deletions: 3 } })
  expect(again.reason).toContain('2 commits')

  set({ [PULL]: githubPull({ sha: B, state: 'closed', merged: true, host: 'forge.test' }) })
  expect(await getting(reviewer, ({ state }) => state === 'ended')).toMatchObject({ reason: 'merged' })
  expect((await reviewer.call('reviews.queue', {})).reviews).toEqual([])
  // What has ended is not looked at any more.
  const calls = forge.count(PULL)
  await sleep(2_500)
  expect(forge.count(PULL)).toBeLessThanOrEqual(calls + 1)

  const pid = observerPid(home)
  expect(await daemon.end('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(processStart(pid)).toBeUndefined()
  for (const secret of [TOKEN, 'mp_']) expect(daemon.stdout).not.toContain(secret)
  expect(readFileSync(home.paths.database).includes(TOKEN)).toBe(false)
})

test('killed together with all it had in memory, a daemon has its observer go on where it was; a killed observer is started again', async () => {
  const { home, forge, set } = await prepared()
  await using _forge = forge
  let first: number
  let token: string
  {
    const daemon = new DaemonProcess(home)
    const url = await daemon.url()
    token = (await answered(url, home, LINK)).lead.token
    const reviewer = await WireClient.greet(url, token)
    await getting(reviewer, ({ head }) => head === A)
    first = observerPid(home)
    await daemon.end('SIGKILL')
  }
  await isGone(first)
  set({ ...githubPages({ sha: B, host: 'forge.test' }), [`/repos/octo/hello/compare/${A}...${B}`]: githubComparison(1, [[1, 1]]) })
  await using daemon = new DaemonProcess(home)
  const url = await daemon.url()
  await using reviewer = await WireClient.greet(url, token)
  expect(await getting(reviewer, ({ head }) => head === B)).toMatchObject({ changed: { from: A, commits: 1 } })
  const second = observerPid(home)
  expect(second).not.toBe(first)
  process.kill(second, 'SIGKILL')
  set({ [PULL]: githubPull({ sha: B, state: 'closed', host: 'forge.test' }) })
  await getting(reviewer, ({ reason }) => reason === 'closed')
  const { services } = await reviewer.call('node.status', {})
  expect(services).toMatchObject([{ name: 'observer', state: 'running', restarts: 1, lastEnd: 'ended by SIGKILL' }])
})

test('a review of any circle is looked at, at once', async () => {
  const { home, forge } = await prepared({ observeEvery: '1d' })
  await using _forge = forge
  await using daemon = new DaemonProcess(home)
  const url = await daemon.url()
  await using admin = await WireClient.greet(url, home.token('admin'))
  await until(async () => (await admin.call('node.status', {})).services[0]?.state === 'running')
  // A circle that there was not when the observer asked.
  const { token: enrolment } = await admin.call('enrolments.create', { circle: 'web', roles: ['agent'], label: 'web' })
  await using ada = await WireClient.greet(url, (await registerPeer(url, enrolment, 'ada')).token)
  await ada.call('reviews.request', { subject: { pr: LINK } })
  expect(await getting(ada, ({ head }) => head === A)).toMatchObject({ circle: 'web', state: 'owed' })
  expect(forge.count(PULL)).toBe(1)
})

test('a host that is not configured is shown and never called; neither is one that a configured forge points to', async () => {
  const { home, forge } = await prepared()
  await using _forge = forge
  await using other = await FakeForge.start()
  const strange = `${other.url.replace('http:', 'https:')}/octo/hello/pull/7`
  forge.replies.set(PULL, { status: 302, headers: { location: `${other.url}${PULL}` } })
  await using daemon = new DaemonProcess(home)
  const url = await daemon.url()
  const { lead } = await answered(url, home, `See ${strange} and ${LINK}`)
  await using reviewer = await WireClient.greet(url, lead.token)
  await forge.until(() => forge.count(PULL) >= 2)
  expect((await reviewer.call('reviews.get', { review: strange })).review).toMatchObject({ state: 'owed', head: null, observedAt: null })
  expect(other.asked).toEqual([])
})

test('what fails at a forge is said by doctor, and never with its token', async () => {
  const { home, forge, file } = await prepared()
  await using _forge = forge
  writeFileSync(file, `${TOKEN}-old\n`, { mode: 0o600 })
  await using daemon = new DaemonProcess(home)
  const url = await daemon.url()
  await answered(url, home, LINK)
  await using admin = await WireClient.greet(url, home.token('admin'))
  const part = async (state: string) =>
    await until(async () => (await admin.call('node.diagnose', {})).services[0]?.parts.find((one) => one.name === 'forge.test' && one.state === state))
  expect((await part('failing')).says).toMatch(/^it does not accept the token \(401\); the next look is at/)
  expect((await admin.call('node.status', {})).services).toMatchObject([{ state: 'running', failing: 1 }])
  const doctor = await musterHere(home.path, ['doctor', '--json'], {})
  expect(doctor.stdout).toContain('it does not accept the token (401)')
  expect((await musterHere(home.path, ['status'])).stdout).toMatch(/observer\s+running, 1 part FAILING: muster doctor says more/)
  const bundle = join(home.path, 'bundle.json')
  await musterHere(home.path, ['doctor', '--bundle', bundle])
  expect(existsSync(bundle)).toBe(true)
  for (const secret of [TOKEN, 'forge.test', 'forge.token']) expect(readFileSync(bundle, 'utf8')).not.toContain(secret)
  // Mended, it is taken up without a restart.
  writeFileSync(file, `${TOKEN}\n`)
  expect((await part('ok')).says).toMatch(/^looks at 1; \d+ of 5000 calls left$/)
})

test('branches of repositories below the folders are looked at without any forge', async () => {
  const home = new TestHome()
  const folder = realpathSync(home.path)
  const repository = join(folder, 'work', 'repo')
  mkdirSync(repository, { recursive: true })
  const who = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.org', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.org' }
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', repository, ...args], { env: { PATH: process.env['PATH'], HOME: folder, ...who }, encoding: 'utf8' }).trim()
  const commit = (text: string) => {
    writeFileSync(join(repository, 'file'), text)
    git('add', '-A')
    git('commit', '-qm', 'x')
    return git('rev-parse', 'HEAD')
  }
  git('init', '-q', '-b', 'main')
  commit('one\n')
  git('switch', '-qc', 'topic')
  const one = commit('one\ntwo\n')
  await using daemon = new DaemonProcess(home, { MUSTER_REPOSITORIES: join(folder, 'work'), MUSTER_OBSERVE_EVERY: '1s' })
  const url = await daemon.url()
  const enrolment = home.token('enrolment')
  const [ada, bob] = [await registerPeer(url, enrolment, 'ada'), await registerPeer(url, enrolment, 'bob')]
  await using author = await WireClient.greet(url, ada.token)
  await using reviewer = await WireClient.greet(url, bob.token)
  const { review } = await author.call('reviews.request', { subject: { repository, branch: 'topic' }, sha: one })
  await reviewer.call('reviews.mark', { review: review.id, verdict: 'approve' })
  const two = commit('one\ntwo\nthree\nfour\n')
  const again = await getting(reviewer, ({ head }) => head === two, review.id)
  expect(again).toMatchObject({ state: 'owed', changed: { from: one, commits: 1, files: 1, additions: 2, deletions: 0 } })
  git('switch', '-q', 'main')
  git('merge', '-q', 'topic')
  expect(await getting(reviewer, ({ state }) => state === 'ended', review.id)).toMatchObject({ reason: 'merged' })
})

test('with neither forges nor folders no program is started', async () => {
  await using daemon = new DaemonProcess(new TestHome())
  const url = await daemon.url()
  await using admin = await WireClient.greet(url, daemon.home.token('admin'))
  expect((await admin.call('node.status', {})).services).toEqual([])
  expect((await admin.call('peers.list', { role: 'service' })).peers).toEqual([])
})

test('nobody else may say what a forge says, not even a service', async () => {
  const { home, forge } = await prepared()
  await using _forge = forge
  await using daemon = new DaemonProcess(home)
  const url = await daemon.url()
  await using enrolled = await WireClient.greet(url, home.token('enrolment'))
  const { token } = await enrolled.call('peers.register', { name: 'muster-observer-2', role: 'service', session: 'service:observer' })
  await using pretender = await WireClient.greet(url, token)
  await expect(pretender.call('reviews.watched', {})).rejects.toMatchObject({ code: 'forbidden' })
  await expect(
    pretender.call('reviews.observe', { observations: [{ subject: { pr: LINK }, state: 'merged', at: '2026-01-01T00:00:00Z' }] }),
  ).rejects.toMatchObject({ code: 'forbidden' })
})
