import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { readPullRequest, readRepository } from '../review-subjects.ts'
import { Id, Line } from './common.ts'

/** A commit: 7 to 64 hexadecimal digits, in lower case. A shorter one means the longer one that begins with it. */
export const Sha = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.string().regex(/^[0-9a-f]{7,64}$/, 'Expected a commit: 7 to 64 hexadecimal digits'))

/** The link of a pull or merge request. It is parsed, never fetched. */
export const PullRequestUrl = z
  .string()
  .max(LIMITS.maxUrlChars)
  .refine(
    (text) => readPullRequest(text) !== undefined,
    'Expected a link like https://host/owner/repository/pull/12 or https://host/group/repository/-/merge_requests/12',
  )

/** A repository: the URL of a remote, in any of the forms that git takes, or the absolute path of one that has none. */
export const Repository = Line(LIMITS.maxUrlChars)
  .min(1)
  .refine((text) => readRepository(text) !== undefined, 'Expected the URL of a remote, or the absolute path of the repository')

/** The name of a branch, without `refs/heads/`. */
export const Branch = Line(255)
  .min(1)
  .refine((name) => !/[\s~^:?*[\\]|\.\.|@\{|^[-/]|\/$|\.lock$/.test(name), 'Expected the name of a branch')

const pull = { pr: PullRequestUrl }
const branch = { repository: Repository, branch: Branch }
const range = { repository: Repository, base: Sha, head: Sha }
const artifact = { artifact: Id('artifact') }
const SHAPES = 'Expected {pr}, {repository, branch}, {repository, base, head} or {artifact}'

/** What a review is about: a pull or merge request, a branch, a range of commits, or an upload of the caller's own. */
export const Subject = z.union([z.strictObject(pull), z.strictObject(branch), z.strictObject(range), z.strictObject(artifact)], SHAPES)

/** What the sender of a message has made or changed, at which commit. */
export const TouchedThing = z.union(
  [z.strictObject({ ...pull, sha: Sha.optional() }), z.strictObject({ ...branch, sha: Sha }), z.strictObject(range), z.strictObject(artifact)],
  'Expected {pr, sha?}, {repository, branch, sha}, {repository, base, head} or {artifact}',
)

/** What the sender says that it touched: somebody owes it a look, and the sender cannot be that one. */
export const Touched = z.array(TouchedThing).min(1).max(LIMITS.maxTouched)
