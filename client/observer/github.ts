import * as z from 'zod'
import { type Changed, type Checks, type Forge, type ForgeReview, ifVisible, type PullFacts, type PullRef, type Verdict } from './forge.ts'
import { ForgeHttp, type ForgeHttpOptions, partsOf } from './forge-http.ts'

/** What is taken of the answers of GitHub's REST API, version 2022-11-28 (https://docs.github.com/en/rest). */
const Login = z.object({ login: z.string() }).nullable()
const Pull = z.object({
  state: z.enum(['open', 'closed']),
  merged: z.boolean(),
  title: z.string(),
  user: Login,
  html_url: z.string(),
  head: z.object({ sha: z.string() }),
})
const Reviews = z.array(z.object({ user: Login, state: z.string(), commit_id: z.string().nullish(), submitted_at: z.string().nullish() }))
const CombinedStatus = z.object({ state: z.string(), total_count: z.int() })
const CheckRuns = z.object({ check_runs: z.array(z.object({ status: z.string(), conclusion: z.string().nullable() })) })
const Comparison = z.object({
  total_commits: z.int(),
  files: z.array(z.object({ additions: z.int(), deletions: z.int() })).optional(),
})

/** Those that a person can still act upon: a draft of a review (`PENDING`) is nobody else's, and a dismissed one says nothing any more. */
const VERDICTS: Readonly<Record<string, Verdict>> = { APPROVED: 'approve', CHANGES_REQUESTED: 'request_changes', COMMENTED: 'comment' }
const PASSED: ReadonlySet<string> = new Set(['success', 'neutral', 'skipped'])
/** What a comparison lists at most. */
const MAX_COMPARED_FILES = 300

export class GitHub implements Forge {
  readonly host: string
  readonly #http: ForgeHttp

  constructor(host: string, options: Omit<ForgeHttpOptions, 'headers'>) {
    this.host = host
    this.#http = new ForgeHttp({
      ...options,
      headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28', 'user-agent': 'muster' },
    })
  }

  get allowance(): string | undefined {
    return this.#http.rate.allowance
  }

  async pullRequest({ project, number }: PullRef, signal: AbortSignal): Promise<PullFacts> {
    const path = `repos/${partsOf(project).join('/')}/pulls/${number}`
    const pull = await this.#http.get(path, Pull, signal)
    const { sha } = pull.head
    const reviews = await this.#http.list(`${path}/reviews?per_page=100`, Reviews, signal)
    // Of what has ended nobody waits for the checks.
    const checks = pull.state === 'open' ? await this.#checks(project, sha, signal) : undefined
    return {
      head: sha,
      state: pull.merged ? 'merged' : pull.state,
      title: pull.title,
      ...(pull.user && { author: pull.user.login }),
      url: pull.html_url,
      ...(checks && { checks }),
      reviews: reviews.flatMap(toReview),
    }
  }

  async compare(project: string, from: string, to: string, signal: AbortSignal): Promise<Changed> {
    const path = `repos/${partsOf(project).join('/')}/compare/${encodeURIComponent(from)}...${encodeURIComponent(to)}`
    const { total_commits, files } = await this.#http.get(path, Comparison, signal)
    if (!files || files.length >= MAX_COMPARED_FILES) return { from, commits: total_commits }
    const sum = (of: 'additions' | 'deletions') => files.reduce((total, file) => total + file[of], 0)
    return { from, commits: total_commits, files: files.length, additions: sum('additions'), deletions: sum('deletions') }
  }

  async close(): Promise<void> {
    await this.#http.close()
  }

  /** Statuses and check runs are two ways in which programs report; either may be unreadable for a token that may read the rest. */
  async #checks(project: string, sha: string, signal: AbortSignal): Promise<Checks | undefined> {
    const commit = `repos/${partsOf(project).join('/')}/commits/${encodeURIComponent(sha)}`
    const [status, runs] = await Promise.all([
      ifVisible(this.#http.get(`${commit}/status?per_page=1`, CombinedStatus, signal)),
      ifVisible(this.#http.list(`${commit}/check-runs?per_page=100`, CheckRunsPage, signal)),
    ])
    // Without any status the combined one is "pending" for ever.
    const said = status && status.total_count > 0 ? [stateOfStatus(status.state)] : []
    return worst([...said, ...(runs ?? []).map(stateOfRun)])
  }
}

const CheckRunsPage = CheckRuns.transform(({ check_runs }) => check_runs)

function stateOfStatus(state: string): Checks {
  if (state === 'success') return 'passing'
  return state === 'pending' ? 'pending' : 'failing'
}

function stateOfRun({ status, conclusion }: z.infer<typeof CheckRuns>['check_runs'][number]): Checks {
  if (status !== 'completed') return 'pending'
  return conclusion !== null && PASSED.has(conclusion) ? 'passing' : 'failing'
}

/** One that fails is known to fail, whatever still runs. */
function worst(all: readonly Checks[]): Checks | undefined {
  return (['failing', 'pending', 'passing'] as const).find((one) => all.includes(one))
}

function toReview({ user, state, commit_id, submitted_at }: z.infer<typeof Reviews>[number]): readonly ForgeReview[] {
  const verdict = VERDICTS[state]
  if (!verdict || !submitted_at) return []
  return [{ by: user?.login ?? 'ghost', verdict, ...(commit_id && { sha: commit_id }), at: submitted_at }]
}
