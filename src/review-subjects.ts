/** How what is reviewed is named: links of pull and merge requests, and repositories. Everything here is parsed, nothing fetched. Free of zod. */

/** A pull or merge request, as its link says. */
export interface PullRequest {
  /** In lower case, with the port where there is one. */
  readonly host: string
  /** `owner/repository`, on GitLab with all groups, as the link writes it. */
  readonly project: string
  readonly number: number
  /** The link without what may follow the number. */
  readonly url: string
}

const SEGMENT = '[\\w.~-]{1,100}'
/** No user, no query and no fragment: a link with a password in it is none. A path has at most ten groups. */
const LINK = `(https?)://([a-z0-9](?:[a-z0-9.-]{0,252})(?::\\d{1,5})?)/((?:${SEGMENT}/){1,10}?${SEGMENT})/(pull|-/merge_requests|merge_requests)/(\\d{1,10})(?!\\w)`
const ONE_LINK = new RegExp(`^${LINK}(?:[/?#].*)?$`, 'i')
/** Links in text are looked at up to this many. */
const MAX_LINKS = 64

/** The pull or merge request of a link; `undefined` where it is no such link. */
export function readPullRequest(text: string): PullRequest | undefined {
  const parts = ONE_LINK.exec(text.trim())
  return parts ? fromParts(parts) : undefined
}

/** Whether a text may link to a pull or merge request. Most do not, and this costs one search. */
export function mayLinkRequests(text: string): boolean {
  return text.includes('://') && (text.includes('/pull/') || text.includes('/merge_requests/'))
}

/** The pull and merge requests that a text links to, each once, in their order, at most `limit`. */
export function pullRequestsIn(text: string, limit: number): PullRequest[] {
  if (!mayLinkRequests(text)) return []
  const found = new Map<string, PullRequest>()
  let examined = 0
  for (const parts of text.matchAll(new RegExp(`(?<![\\w@])${LINK}`, 'gi'))) {
    const request = fromParts(parts)
    if (request && !found.has(pullRequestKey(request))) found.set(pullRequestKey(request), request)
    examined += 1
    if (found.size >= limit || examined >= MAX_LINKS) break
  }
  return [...found.values()]
}

function fromParts([, scheme = '', host = '', project = '', kind = '', digits = '']: RegExpExecArray | RegExpMatchArray): PullRequest | undefined {
  const number = Number(digits)
  const isGitHub = kind === 'pull'
  // GitHub has owners and repositories; only GitLab has groups within groups.
  if (number === 0 || (isGitHub && project.split('/').length !== 2)) return undefined
  const lower = host.toLowerCase()
  const path = isGitHub ? `${project}/pull` : `${project}/-/merge_requests`
  return { host: lower, project, number, url: `${scheme.toLowerCase()}://${lower}/${path}/${number}` }
}

/** The same for every spelling of one request: forges do not tell case apart in paths. */
export function pullRequestKey({ host, project, number }: PullRequest): string {
  return `pr:${host}/${project.toLowerCase()}#${number}`
}

const SCP_LIKE = /^(?:[\w.-]+@)?([a-z0-9][a-z0-9.-]*):(?!\/\/)(.+)$/i
const REMOTE = /^(?:https?|ssh|git|git\+ssh):\/\/(?:[^/@\s]*@)?([a-z0-9][a-z0-9.-]*(?::\d{1,5})?)\/(.+)$/i
/** A name that all of a circle understand alike, `host/path`, as this function gives it. */
const IDENTITY = /^([a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?)\/(\S+)$/i

/**
 * What identifies a repository: `host/path` of its remote, in lower case and without user, password, `.git` and the usual port, or the absolute path
 * of one without a remote. Applied to its own result it changes nothing.
 *
 * @returns `undefined` where the text is neither
 */
export function readRepository(text: string): string | undefined {
  const said = text.trim()
  if (said.startsWith('/')) return withoutTail(said) || undefined
  if (/^[a-z]:[\\/]/i.test(said)) return withoutTail(said.replaceAll('\\', '/')) || undefined
  const parts = REMOTE.exec(said) ?? IDENTITY.exec(said) ?? SCP_LIKE.exec(said)
  const [, host = '', path = ''] = parts ?? []
  const rest = withoutTail(path.replace(/^\/+/, ''))
  return rest === '' || /\s/.test(rest) ? undefined : `${host.replace(/:(?:22|80|443)$/, '')}/${rest}`.toLowerCase()
}

function withoutTail(path: string): string {
  return path
    .replace(/\/+$/, '')
    .replace(/\.git$/i, '')
    .replace(/\/+$/, '')
}

/** Whether two commits are the same, where either may be given by its first digits. */
export function isSameCommit(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a)
}

/** A commit as people write it. */
export function shortSha(sha: string): string {
  return sha.slice(0, 10)
}
