import { expect, test } from 'vitest'
import { ForgeError } from '../../../client/observer/forge.ts'
import { GitLab } from '../../../client/observer/gitlab.ts'
import { FakeForge } from '../../support/fake-forge.ts'
import { gitlabRequest } from '../../support/forge-samples.ts'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)
const REQUEST = '/api/v4/projects/group%2Fsub%2Fproject/merge_requests/133'
const REF = { project: 'group/sub/project', number: 133 }
const { signal } = new AbortController()
const user = (username: string) => ({ id: 1, username, name: username, state: 'active', web_url: 'x' })

interface Scene {
  readonly forge: FakeForge
  readonly gitlab: GitLab
  readonly set: (pages: Readonly<Record<string, unknown>>) => void
}

async function on(work: (scene: Scene) => Promise<void>): Promise<void> {
  await using forge = await FakeForge.start()
  forge.prefix = 'ratelimit'
  forge.token = 'glpat-secret'
  const gitlab = new GitLab('gitlab.com', { baseUrl: `${forge.url}/api/v4`, token: async () => 'glpat-secret', now: Date.now })
  const set: Scene['set'] = (pages) => {
    for (const [at, body] of Object.entries(pages)) forge.replies.set(at, { body })
  }
  set({ [`${REQUEST}/approvals`]: { approved_by: [] }, [`${REQUEST}/reviewers?per_page=100`]: [], [`${REQUEST}/versions?per_page=100`]: [] })
  try {
    await work({ forge, gitlab, set })
  } finally {
    await gitlab.close()
  }
}

test('a merge request is what its documented answers say; an approval is of the head that there was', () =>
  on(async ({ gitlab, set }) => {
    set({
      [REQUEST]: gitlabRequest({ sha: B, pipeline: 'success' }),
      [`${REQUEST}/approvals`]: {
        id: 5,
        iid: 133,
        approved: true,
        approvals_required: 0,
        approvals_left: 0,
        approved_by: [
          { user: user('ada'), approved_at: '2026-05-14T02:00:00.000Z' },
          { user: user('bob'), approved_at: '2026-05-14T04:00:00.000Z' },
          // An older GitLab does not say when.
          { user: user('eve') },
        ],
      },
      [`${REQUEST}/reviewers?per_page=100`]: [
        { user: user('ada'), state: 'approved', created_at: '2026-05-13T08:00:00.000Z' },
        { user: user('kim'), state: 'requested_changes', created_at: '2026-05-13T09:00:00.000Z' },
        { user: user('max'), state: 'unreviewed', created_at: '2026-05-13T09:00:00.000Z' },
      ],
      [`${REQUEST}/versions?per_page=100`]: [
        { id: 110, head_commit_sha: B, base_commit_sha: 'x', start_commit_sha: 'x', created_at: '2026-05-14T03:00:00.000Z', state: 'collected' },
        { id: 108, head_commit_sha: A, base_commit_sha: 'x', start_commit_sha: 'x', created_at: '2026-05-13T07:26:38.000Z', state: 'collected' },
      ],
    })
    expect(await gitlab.pullRequest(REF, signal)).toEqual({
      head: B,
      state: 'open',
      title: 'Manual job rules',
      author: 'marcel.amirault',
      url: 'https://gitlab.com/group/sub/project/-/merge_requests/133',
      checks: 'passing',
      reviews: [
        { by: 'kim', verdict: 'request_changes', at: '2026-05-13T09:00:00.000Z' },
        { by: 'ada', verdict: 'approve', sha: A, at: '2026-05-14T02:00:00.000Z' },
        { by: 'bob', verdict: 'approve', sha: B, at: '2026-05-14T04:00:00.000Z' },
      ],
    })
  }))

test('what a version or a plan of GitLab does not have is absent', () =>
  on(async ({ forge, gitlab, set }) => {
    set({ [REQUEST]: gitlabRequest({ sha: A }) })
    forge.replies.set(`${REQUEST}/approvals`, { status: 403, body: { message: '403 Forbidden' } })
    forge.replies.delete(`${REQUEST}/reviewers?per_page=100`)
    expect(await gitlab.pullRequest(REF, signal)).toMatchObject({ head: A, reviews: [] })
  }))

test.each([
  ['opened', 'open'],
  ['locked', 'open'],
  ['closed', 'closed'],
  ['merged', 'merged'],
])('%s is %s', (state, said) =>
  on(async ({ gitlab, set }) => {
    set({ [REQUEST]: gitlabRequest({ sha: A, state }) })
    expect(await gitlab.pullRequest(REF, signal)).toMatchObject({ state: said })
  }),
)

test.each([
  ['success', 'passing'],
  ['failed', 'failing'],
  ['canceled', 'failing'],
  ['running', 'pending'],
  ['created', 'pending'],
  ['manual', 'pending'],
  [null, undefined],
])('a pipeline that is %s makes %s', (pipeline, checks) =>
  on(async ({ gitlab, set }) => {
    set({ [REQUEST]: gitlabRequest({ sha: A, pipeline }) })
    expect((await gitlab.pullRequest(REF, signal)).checks).toBe(checks)
  }),
)

test('what came between two heads is counted from the diffs; where one is cut, only the commits', () =>
  on(async ({ gitlab, set }) => {
    const path = `/api/v4/projects/group%2Fsub%2Fproject/repository/compare?from=${A}&to=${B}`
    const diff = (text: string, more: object = {}) => ({ diff: text, new_path: 'a', old_path: 'a', new_file: false, deleted_file: false, ...more })
    const answer = (diffs: readonly object[]) => ({ commit: {}, commits: [{}, {}], diffs, compare_timeout: false, compare_same_ref: false })
    set({ [path]: answer([diff('@@ -1,2 +1,3 @@\n line\n-old\n+new\n+more\n'), diff('@@ -1 +1 @@\n+one\n')]) })
    expect(await gitlab.compare('group/sub/project', A, B, signal)).toEqual({ from: A, commits: 2, files: 2, additions: 3, deletions: 1 })
    set({ [path]: answer([diff('', { too_large: true })]) })
    expect(await gitlab.compare('group/sub/project', A, B, signal)).toEqual({ from: A, commits: 2 })
  }))

test('its own names of the headers of the rate limit are heeded, and a 304 is no call twice', () =>
  on(async ({ forge, gitlab, set }) => {
    set({ [REQUEST]: gitlabRequest({ sha: A }) })
    await gitlab.pullRequest(REF, signal)
    expect(gitlab.allowance).toBe('4996 of 5000 calls left')
    await gitlab.pullRequest(REF, signal)
    expect(forge.asked.slice(4).map(({ status }) => status)).toEqual([304, 304, 304, 304])
    forge.replies.set(REQUEST, { status: 429, headers: { 'retry-after': '7' } })
    const error = await gitlab.pullRequest(REF, signal).catch((refusal: unknown) => refusal as ForgeError)
    expect(error).toBeInstanceOf(ForgeError)
    expect(Math.round((((error as ForgeError).retryAt ?? 0) - Date.now()) / 1_000)).toBe(7)
  }))

test.each(['..', 'a/..', 'a/./b', ''])('%s is no project', (project) =>
  on(async ({ forge, gitlab }) => {
    await expect(gitlab.pullRequest({ project, number: 1 }, signal)).rejects.toMatchObject({ kind: 'missing' })
    expect(forge.asked).toEqual([])
  }),
)
