/** Answers of forges with the fields that their documentation shows, those that matter given. */

const user = (login: string) => ({ login, id: 1, node_id: 'MDQ6VXNlcjE=', type: 'User', site_admin: false, html_url: `https://github.com/${login}` })

export interface PullSample {
  readonly sha: string
  readonly state?: 'open' | 'closed'
  readonly merged?: boolean
  readonly title?: string
  readonly host?: string
}

/** https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request */
export function githubPull({ sha, state = 'open', merged = false, title = 'Amazing new feature', host = 'github.com' }: PullSample) {
  const repo = { id: 1296269, name: 'hello', full_name: 'octo/hello', private: false, owner: user('octo') }
  return {
    url: 'https://api.github.com/repos/octo/hello/pulls/7',
    id: 1,
    node_id: 'MDExOlB1bGxSZXF1ZXN0MQ==',
    html_url: `https://${host}/octo/hello/pull/7`,
    number: 7,
    state,
    locked: false,
    title,
    user: user('octocat'),
    body: 'Please pull these awesome changes in!',
    labels: [],
    milestone: null,
    active_lock_reason: null,
    created_at: '2026-01-26T19:01:12Z',
    updated_at: '2026-01-26T19:01:12Z',
    closed_at: state === 'closed' ? '2026-01-26T20:01:12Z' : null,
    merged_at: merged ? '2026-01-26T20:01:12Z' : null,
    merge_commit_sha: 'e5bd3914e2e596debea16f433f57875b5b90bcd6',
    assignee: null,
    requested_reviewers: [],
    head: { label: 'octo:new-topic', ref: 'new-topic', sha, user: user('octo'), repo },
    base: { label: 'octo:main', ref: 'main', sha: '6dcb09b5b57875f334f61aebed695e2e4193db5e', user: user('octo'), repo },
    author_association: 'OWNER',
    auto_merge: null,
    draft: false,
    merged,
    mergeable: true,
    rebaseable: true,
    mergeable_state: 'clean',
    merged_by: merged ? user('octo') : null,
    comments: 10,
    review_comments: 0,
    maintainer_can_modify: true,
    commits: 3,
    additions: 100,
    deletions: 3,
    changed_files: 5,
  }
}

/** https://docs.github.com/en/rest/pulls/reviews#list-reviews-for-a-pull-request */
export function githubReview(login: string | null, state: string, commit: string, at = '2026-01-27T10:00:00Z') {
  return { id: 80, node_id: 'x', user: login === null ? null : user(login), body: 'text', state, html_url: 'x', commit_id: commit, submitted_at: at }
}

/** https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference */
export function githubStatus(state: 'success' | 'pending' | 'failure', total = 1) {
  return { state, statuses: [], sha: 'x', total_count: total, commit_url: 'x', url: 'x' }
}

/** https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference */
export function githubRuns(...runs: readonly (readonly [status: string, conclusion: string | null])[]) {
  return { total_count: runs.length, check_runs: runs.map(([status, conclusion], id) => ({ id, name: `check ${id}`, status, conclusion, head_sha: 'x' })) }
}

/** https://docs.github.com/en/rest/commits/commits#compare-two-commits */
export function githubComparison(commits: number, files: readonly (readonly [additions: number, deletions: number])[]) {
  return {
    status: 'ahead',
    ahead_by: commits,
    behind_by: 0,
    total_commits: commits,
    commits: [],
    files: files.map(([additions, deletions], index) => ({ filename: `f${index}`, status: 'modified', additions, deletions, changes: additions + deletions })),
  }
}

/** What GitHub has for octo/hello#7 at a head, by path. */
export function githubPages(sample: PullSample): Readonly<Record<string, unknown>> {
  return {
    '/repos/octo/hello/pulls/7': githubPull(sample),
    '/repos/octo/hello/pulls/7/reviews?per_page=100': [],
    [`/repos/octo/hello/commits/${sample.sha}/status?per_page=1`]: githubStatus('pending', 0),
    [`/repos/octo/hello/commits/${sample.sha}/check-runs?per_page=100`]: githubRuns(),
  }
}

/** https://docs.gitlab.com/api/merge_requests/#get-single-mr */
export function gitlabRequest({
  sha,
  state = 'opened',
  pipeline = null,
}: {
  readonly sha: string
  readonly state?: string
  readonly pipeline?: string | null
}) {
  return {
    id: 155016530,
    iid: 133,
    project_id: 15513260,
    title: 'Manual job rules',
    description: '',
    state,
    created_at: '2026-05-13T07:26:38.402Z',
    updated_at: '2026-05-14T03:38:31.354Z',
    merged_at: null,
    closed_at: null,
    target_branch: 'main',
    source_branch: 'manual-job-rules',
    author: { id: 4155490, username: 'marcel.amirault', name: 'Marcel Amirault', state: 'active', web_url: 'https://gitlab.com/marcel.amirault' },
    draft: false,
    sha,
    merge_commit_sha: null,
    web_url: 'https://gitlab.com/group/sub/project/-/merge_requests/133',
    changes_count: '1',
    head_pipeline: pipeline === null ? null : { id: 38, iid: 5, project_id: 15513260, sha, ref: 'manual-job-rules', status: pipeline, web_url: 'x' },
    diff_refs: { base_sha: 'a', head_sha: sha, start_sha: 'c' },
  }
}
