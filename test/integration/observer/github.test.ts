import { describe, expect, test } from 'vitest'
import { ForgeError } from '../../../client/observer/forge.ts'
import { GitHub } from '../../../client/observer/github.ts'
import { FakeForge } from '../../support/fake-forge.ts'
import { githubComparison, githubPages, githubPull, githubReview, githubRuns, githubStatus } from '../../support/forge-samples.ts'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)
const PULL = '/repos/octo/hello/pulls/7'
const REVIEWS = `${PULL}/reviews?per_page=100`
const REF = { project: 'octo/hello', number: 7 }
const { signal } = new AbortController()

interface Scene {
  readonly forge: FakeForge
  readonly github: GitHub
  readonly set: (pages: Readonly<Record<string, unknown>>) => void
}

/** A GitHub client and the server that it speaks to. */
async function on(work: (scene: Scene) => Promise<void>, path = '', token: string | undefined = 'secret-token'): Promise<void> {
  await using forge = await FakeForge.start()
  forge.token = token
  const timeouts = { connect: 1_000, headers: 300, body: 300, total: 600 }
  const github = new GitHub('github.com', { baseUrl: `${forge.url}${path}`, token: async () => token, now: Date.now, timeouts })
  const set: Scene['set'] = (pages) => {
    for (const [at, body] of Object.entries(pages)) forge.replies.set(`${path}${at}`, { body })
  }
  try {
    await work({ forge, github, set })
  } finally {
    await github.close()
  }
}

test('a pull request is what its documented answers say', () =>
  on(async ({ forge, github, set }) => {
    set(githubPages({ sha: A }))
    set({
      [REVIEWS]: [
        githubReview('ada', 'CHANGES_REQUESTED', A, '2026-01-27T10:00:00Z'),
        githubReview('ada', 'APPROVED', A, '2026-01-27T11:00:00Z'),
        githubReview('bob', 'COMMENTED', B),
        githubReview('eve', 'DISMISSED', A),
        githubReview(null, 'APPROVED', A),
      ],
    })
    expect(await github.pullRequest(REF, signal)).toEqual({
      head: A,
      state: 'open',
      title: 'Amazing new feature',
      author: 'octocat',
      url: 'https://github.com/octo/hello/pull/7',
      reviews: [
        { by: 'ada', verdict: 'request_changes', sha: A, at: '2026-01-27T10:00:00Z' },
        { by: 'ada', verdict: 'approve', sha: A, at: '2026-01-27T11:00:00Z' },
        { by: 'bob', verdict: 'comment', sha: B, at: '2026-01-27T10:00:00Z' },
        { by: 'ghost', verdict: 'approve', sha: A, at: '2026-01-27T10:00:00Z' },
      ],
    })
    expect(forge.asked[0]?.headers).toMatchObject({ authorization: 'Bearer secret-token', 'x-github-api-version': '2022-11-28', 'user-agent': 'muster' })
  }))

test.each([
  [{ sha: A, state: 'closed', merged: true } as const, 'merged'],
  [{ sha: A, state: 'closed', merged: false } as const, 'closed'],
])('%o is %s, and its checks are not asked for', (sample, state) =>
  on(async ({ forge, github, set }) => {
    set(githubPages(sample))
    expect(await github.pullRequest(REF, signal)).toMatchObject({ state })
    expect(forge.asked.map(({ path }) => path)).toEqual([PULL, REVIEWS])
  }),
)

test.each([
  [githubStatus('pending', 0), githubRuns(), undefined],
  [githubStatus('success'), githubRuns(), 'passing'],
  [githubStatus('pending'), githubRuns(['completed', 'success']), 'pending'],
  [githubStatus('failure'), githubRuns(['in_progress', null]), 'failing'],
  [githubStatus('pending', 0), githubRuns(['completed', 'neutral'], ['completed', 'skipped']), 'passing'],
  [githubStatus('success'), githubRuns(['completed', 'success'], ['queued', null]), 'pending'],
  [githubStatus('success'), githubRuns(['completed', 'timed_out']), 'failing'],
  [githubStatus('success'), undefined, 'passing'],
])('a status %o and check runs %o make %s', (status, runs, checks) =>
  on(async ({ forge, github, set }) => {
    set(githubPages({ sha: A }))
    set({ [`/repos/octo/hello/commits/${A}/status?per_page=1`]: status, [`/repos/octo/hello/commits/${A}/check-runs?per_page=100`]: runs })
    // A token may read the one and not the other.
    if (runs === undefined)
      forge.replies.set(`/repos/octo/hello/commits/${A}/check-runs?per_page=100`, { status: 403, body: { message: 'Resource not accessible' } })
    expect((await github.pullRequest(REF, signal)).checks).toBe(checks)
  }),
)

test('what has not changed comes as 304, costs nothing of the limit, and reads the same', () =>
  on(async ({ forge, github, set }) => {
    set(githubPages({ sha: A }))
    const first = await github.pullRequest(REF, signal)
    const { remaining } = forge.limit
    expect(await github.pullRequest(REF, signal)).toEqual(first)
    expect(forge.asked.slice(4).map(({ status }) => status)).toEqual([304, 304, 304, 304])
    expect(forge.limit.remaining).toBe(remaining)
    set({ [PULL]: githubPull({ sha: A, title: 'Another' }) })
    expect((await github.pullRequest(REF, signal)).title).toBe('Another')
    expect(forge.asked.slice(8).map(({ status }) => status)).toEqual([200, 304, 304, 304])
  }))

test('lists are read page by page, as Link says, on the same server only', () =>
  on(async ({ forge, github, set }) => {
    set(githubPages({ sha: A, state: 'closed' }))
    const page = (n: number, next?: string) => ({
      body: [githubReview(`r${n}`, 'APPROVED', A)],
      ...(next && { headers: { link: `<${next}>; rel="next", <x>; rel="last"` } }),
    })
    forge.replies.set(REVIEWS, page(1, `${forge.url}/repositories/1/pulls/7/reviews?page=2`))
    forge.replies.set('/repositories/1/pulls/7/reviews?page=2', page(2))
    expect((await github.pullRequest(REF, signal)).reviews.map(({ by }) => by)).toEqual(['r1', 'r2'])
    // The link of a page that has not changed is the one that came with it.
    expect((await github.pullRequest(REF, signal)).reviews.map(({ by }) => by)).toEqual(['r1', 'r2'])
    forge.replies.set(REVIEWS, page(3, 'http://127.0.0.1:1/elsewhere'))
    await expect(github.pullRequest(REF, signal)).rejects.toThrow(/outside of its base URL/)
  }))

test('a page that is full is asked for whole: the first of the next page would not change it', () =>
  on(async ({ forge, github, set }) => {
    set(githubPages({ sha: A, state: 'closed' }))
    const full = Array.from({ length: 100 }, (_, index) => githubReview(`r${index}`, 'APPROVED', A))
    forge.replies.set(REVIEWS, { body: full })
    expect((await github.pullRequest(REF, signal)).reviews.length).toBe(100)
    // The same content with the same ETag, and a link.
    forge.replies.set(REVIEWS, { body: full, headers: { link: `<${forge.url}${PULL}/reviews?per_page=100&page=2>; rel="next"` } })
    set({ [`${PULL}/reviews?per_page=100&page=2`]: [githubReview('late', 'APPROVED', A)] })
    expect((await github.pullRequest(REF, signal)).reviews.at(-1)?.by).toBe('late')
  }))

test('what came between two heads is counted; a comparison that is cut says only how many commits', () =>
  on(async ({ github, set, forge }) => {
    const path = `/repos/octo/hello/compare/${A}...${B}`
    set({
      [path]: githubComparison(2, [
        [10, 1],
        [5, 0],
      ]),
    })
    expect(await github.compare('octo/hello', A, B, signal)).toEqual({ from: A, commits: 2, files: 2, additions: 15, deletions: 1 })
    set({
      [path]: githubComparison(
        9,
        Array.from({ length: 300 }, () => [1, 1] as const),
      ),
    })
    expect(await github.compare('octo/hello', A, B, signal)).toEqual({ from: A, commits: 9 })
    forge.replies.delete(path)
    await expect(github.compare('octo/hello', A, B, signal)).rejects.toMatchObject({ kind: 'missing' })
  }))

describe('a redirect', () => {
  const OTHER = '/repositories/1296269/pulls/7'

  test('of a renamed repository is followed below the base URL', () =>
    on(async ({ forge, github, set }) => {
      set({ ...githubPages({ sha: A, state: 'closed' }), [OTHER]: githubPull({ sha: A, state: 'closed' }) })
      forge.replies.set(`/v3${PULL}`, { status: 301, headers: { location: `${forge.url}/v3${OTHER}` }, body: { message: 'Moved Permanently' } })
      expect((await github.pullRequest(REF, signal)).head).toBe(A)
    }, '/v3'))

  test.each([
    ['another host', (_url: string, other: string) => `${other}/v3${OTHER}`],
    ['another scheme', (url: string) => url.replace('http:', 'https:')],
    ['outside of the base path', (url: string) => `${url}${OTHER}`],
    ['out of the base path by dots', (url: string) => `${url}/v3/../secret`],
    ['with a credential', (url: string) => url.replace('http://', 'http://a:b@')],
    ['the same host by another name', (url: string) => url.replace('127.0.0.1', 'localhost')],
  ])('to %s is refused, and nobody there is called', (_name, location) =>
    on(async ({ forge, github }) => {
      await using other = await FakeForge.start()
      other.replies.set(`/v3${OTHER}`, { body: githubPull({ sha: A }) })
      forge.replies.set(`/v3${PULL}`, { status: 302, headers: { location: location(forge.url, other.url) } })
      await expect(github.pullRequest(REF, signal)).rejects.toThrow(/outside of its base URL/)
      expect([other.asked, forge.asked.length]).toEqual([[], 1])
    }, '/v3'),
  )

  test('in a circle ends', () =>
    on(async ({ forge, github }) => {
      forge.replies.set(PULL, { status: 301, headers: { location: PULL } })
      await expect(github.pullRequest(REF, signal)).rejects.toThrow(/circle/)
      expect(forge.asked.length).toBe(4)
    }))
})

describe('a failure', () => {
  const failing = (reply: Parameters<FakeForge['replies']['set']>[1] | undefined, prepare: (forge: FakeForge) => void = () => undefined): Promise<ForgeError> =>
    new Promise((resolve, reject) => {
      on(async ({ forge, github }) => {
        if (reply) forge.replies.set(PULL, reply)
        prepare(forge)
        await github.pullRequest(REF, signal).then(() => reject(new Error('It did not fail')), resolve)
      }).catch(reject)
    })

  test.each([
    ['a 404', undefined, 'missing'],
    ['a 403 for this repository', { status: 403, body: { message: 'Resource not accessible by personal access token' } }, 'missing'],
    ['a 401', { status: 401 }, 'refused'],
    ['a 500', { status: 500, body: 'oops' }, 'unreachable'],
    ['no answer', { hang: 'before' }, 'unreachable'],
    ['an answer without an end', { hang: 'within' }, 'unreachable'],
    ['no JSON', { body: '<html>' }, 'unexpected'],
    ['another shape', { body: { state: 'odd' } }, 'unexpected'],
    ['an answer too large', { body: `"${'x'.repeat(5_000_000)}"` }, 'unexpected'],
    ['a teapot', { status: 418 }, 'unexpected'],
  ] as const)('%s is said for what it is, without what the forge says', async (_name, reply, kind) => {
    const error = await failing(reply)
    expect(error).toBeInstanceOf(ForgeError)
    expect(error.kind).toBe(kind)
    expect(error.message).not.toMatch(/secret-token|Resource not|oops|html|Not Found/)
  })

  test('of nobody who listens is one of the network', () =>
    new Promise<void>((resolve, reject) => {
      const github = new GitHub('github.com', { baseUrl: 'http://127.0.0.1:9', token: async () => 'secret-token', now: Date.now })
      github
        .pullRequest(REF, signal)
        .then(
          () => reject(new Error('It did not fail')),
          (error: ForgeError) => expect([error.kind, error.message]).toEqual(['unreachable', 'it cannot be reached (ECONNREFUSED)']),
        )
        .finally(() => github.close())
        .then(resolve, reject)
    }))

  const soon = (error: ForgeError) => ((error.retryAt ?? 0) - Date.now()) / 1_000

  test('Retry-After is heeded, in seconds and as a date', async () => {
    const error = await failing({ status: 429, headers: { 'retry-after': '30' } })
    expect(error.kind).toBe('limited')
    expect(soon(error)).toBeGreaterThan(28)
    expect(soon(error)).toBeLessThanOrEqual(30)
    const dated = await failing({ status: 403, headers: { 'retry-after': new Date(Date.now() + 90_000).toUTCString() } })
    expect(soon(dated)).toBeGreaterThan(85)
    expect(soon(dated)).toBeLessThanOrEqual(90)
  })

  test('an allowance that is used up is waited for until its reset', async () => {
    const error = await failing({ status: 403, body: { message: 'API rate limit exceeded for user ID 1.' } }, (forge) => {
      forge.limit = { limit: 60, remaining: 0, resetAt: Math.ceil(Date.now() / 1_000) + 600 }
    })
    expect(error.kind).toBe('limited')
    expect(soon(error)).toBeGreaterThan(590)
    expect(soon(error)).toBeLessThan(605)
  })

  test('a secondary limit that names no time is left alone for a minute, and longer each time', () =>
    on(async ({ forge, github }) => {
      forge.replies.set(PULL, { status: 403, body: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' } })
      const waits: number[] = []
      for (let tries = 0; tries < 3; tries++) await github.pullRequest(REF, signal).catch((error: ForgeError) => waits.push(Math.round(soon(error))))
      expect(waits).toEqual([60, 120, 240])
    }))

  test('the last part of the allowance is left to others: no call is made before the reset', () =>
    on(async ({ forge, github, set }) => {
      set(githubPages({ sha: A }))
      forge.limit = { limit: 5_000, remaining: 102, resetAt: Math.ceil(Date.now() / 1_000) + 600 }
      await expect(github.pullRequest(REF, signal)).rejects.toMatchObject({ kind: 'limited' })
      const calls = forge.asked.length
      await expect(github.pullRequest(REF, signal)).rejects.toMatchObject({ kind: 'limited' })
      expect(forge.asked.length).toBe(calls)
      expect(github.allowance).toBe('100 of 5000 calls left')
    }))
})

test('a project that would leave its path stays one of its parts', () =>
  on(async ({ forge, github }) => {
    await github.pullRequest({ project: '../../admin?x=#/..', number: 1 }, signal).catch(() => undefined)
    for (const { path } of forge.asked) expect(path).toMatch(/^\/v3\//)
  }, '/v3'))

test('without a token none is sent', () =>
  on(async ({ forge, github, set }) => {
    forge.token = undefined
    set(githubPages({ sha: A, state: 'closed' }))
    expect((await github.pullRequest(REF, signal)).head).toBe(A)
  }))
