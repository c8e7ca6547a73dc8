import * as z from 'zod'
import { type Changed, type Checks, type Forge, type ForgeReview, ifVisible, type PullFacts, type PullRef } from './forge.ts'
import { ForgeHttp, type ForgeHttpOptions, partsOf } from './forge-http.ts'

/** What is taken of the answers of GitLab's REST API v4 (https://docs.gitlab.com/api/merge_requests/). */
const User = z.object({ username: z.string() })
const MergeRequest = z.object({
  state: z.string(),
  title: z.string(),
  author: User.nullish(),
  web_url: z.string(),
  sha: z.string().nullable(),
  head_pipeline: z.object({ status: z.string() }).nullish(),
})
const Approvals = z.object({ approved_by: z.array(z.object({ user: User, approved_at: z.string().nullish() })) })
const Reviewers = z.array(z.object({ user: User, state: z.string(), created_at: z.string() }))
const Versions = z.array(z.object({ head_commit_sha: z.string(), created_at: z.string() }))
const Comparison = z.object({
  commits: z.array(z.unknown()),
  diffs: z.array(z.object({ diff: z.string(), too_large: z.boolean().nullish(), collapsed: z.boolean().nullish() })),
  compare_timeout: z.boolean().optional(),
})

const PASSED: ReadonlySet<string> = new Set(['success', 'skipped'])
const FAILED: ReadonlySet<string> = new Set(['failed', 'canceled'])

export class GitLab implements Forge {
  readonly host: string
  readonly #http: ForgeHttp

  constructor(host: string, options: Omit<ForgeHttpOptions, 'headers'>) {
    this.host = host
    this.#http = new ForgeHttp({ ...options, headers: { accept: 'application/json', 'user-agent': 'muster' } })
  }

  get allowance(): string | undefined {
    return this.#http.rate.allowance
  }

  async pullRequest({ project, number }: PullRef, signal: AbortSignal): Promise<PullFacts> {
    const path = `projects/${partsOf(project).join('%2F')}/merge_requests/${number}`
    const request = await this.#http.get(path, MergeRequest, signal)
    const [approved, reviewers = [], versions = []] = await Promise.all([
      ifVisible(this.#http.get(`${path}/approvals`, Approvals, signal)),
      ifVisible(this.#http.list(`${path}/reviewers?per_page=100`, Reviewers, signal)),
      ifVisible(this.#http.list(`${path}/versions?per_page=100`, Versions, signal)),
    ])
    const at = (time: string) => headAt(versions, time)
    const approvals = (approved?.approved_by ?? []).flatMap(({ user, approved_at }): ForgeReview[] =>
      // Older versions of GitLab do not say when: then it cannot be told from one that was given before.
      approved_at ? [{ by: user.username, verdict: 'approve', ...at(approved_at), at: approved_at }] : [],
    )
    // GitLab says since when somebody is a reviewer, not when they asked for changes: the head they meant is unknown.
    const requests = reviewers
      .filter(({ state }) => state === 'requested_changes')
      .map(({ user, created_at }): ForgeReview => ({ by: user.username, verdict: 'request_changes', at: created_at }))
    const checks = request.state === 'opened' ? stateOfPipeline(request.head_pipeline?.status) : undefined
    return {
      ...(request.sha !== null && { head: request.sha }),
      state: request.state === 'merged' ? 'merged' : request.state === 'closed' ? 'closed' : 'open',
      title: request.title,
      ...(request.author && { author: request.author.username }),
      url: request.web_url,
      ...(checks && { checks }),
      reviews: [...approvals, ...requests].sort((a, b) => Date.parse(a.at) - Date.parse(b.at)),
    }
  }

  async compare(project: string, from: string, to: string, signal: AbortSignal): Promise<Changed> {
    const path = `projects/${partsOf(project).join('%2F')}/repository/compare?from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`
    const { commits, diffs, compare_timeout } = await this.#http.get(path, Comparison, signal)
    const isWhole = compare_timeout !== true && diffs.every(({ too_large, collapsed }) => !too_large && !collapsed)
    if (!isWhole) return { from, commits: commits.length }
    const count = (sign: string) => diffs.reduce((total, { diff }) => total + diff.split('\n').filter((line) => line.startsWith(sign)).length, 0)
    return { from, commits: commits.length, files: diffs.length, additions: count('+'), deletions: count('-') }
  }

  async close(): Promise<void> {
    await this.#http.close()
  }
}

/** The head that there was at a time; versions come with the newest first. */
function headAt(versions: readonly z.infer<typeof Versions>[number][], time: string): { readonly sha?: string } {
  const version = versions.find(({ created_at }) => Date.parse(created_at) <= Date.parse(time))
  return version ? { sha: version.head_commit_sha } : {}
}

function stateOfPipeline(status: string | undefined): Checks | undefined {
  if (status === undefined) return undefined
  if (PASSED.has(status)) return 'passing'
  return FAILED.has(status) ? 'failing' : 'pending'
}
