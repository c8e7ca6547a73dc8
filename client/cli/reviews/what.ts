import type { Input } from '../../../src/contract/index.ts'
import { decodeId } from '../../../src/ids.ts'
import { readPullRequest, readRepository } from '../../../src/review-subjects.ts'
import type { Flags } from '../arguments.ts'
import { usageError } from '../failure.ts'
import type { Flag } from '../flags.ts'
import { Git } from './git.ts'

type Touched = NonNullable<Input<'threads.notify'>['touched']>[number]
type Subject = Input<'reviews.request'>['subject']

export const TOUCHED_FLAG = {
  touched: { type: 'string', repeats: true, value: 'what', summary: 'What you made or changed, so that it gets reviewed: a link, a branch, a..b; repeats' },
} as const satisfies Record<string, Flag>

const ACCEPTED = 'Expected the link of a pull or merge request, a branch (. for the one checked out), commits like main..HEAD, or the id of an artifact.'
const AT_COMMIT = /^(\S+)@([0-9a-f]{7,64})$/i

/**
 * What somebody touched, as they write it: a link, with `@<commit>` behind where it is known; an upload; a range of commits or a branch, of which git
 * tells the commits.
 *
 * @param folder of the repository
 * @throws CliError `usage`, or `git_failed`
 */
async function touchedThing(text: string, folder: string): Promise<Touched> {
  if (decodeId(text)?.kind === 'artifact') return { artifact: text }
  if (text.includes('://')) return linked(text)
  const git = new Git(folder)
  if (text.includes('..')) return { repository: await repositoryOf(git), ...(await git.range(text)) }
  return { repository: await repositoryOf(git), ...(await git.branch(text)) }
}

/** The part of a send's input that `--touched` makes. */
export async function touchedOf(flags: Flags, folder: string): Promise<{ touched?: Touched[] }> {
  const given = flags.all('touched')
  return given.length === 0 ? {} : { touched: await Promise.all(given.map((each) => touchedThing(each, folder))) }
}

/** The same as a subject, with the commit that it is at beside it. @throws CliError */
export async function subjectOf(text: string, folder: string): Promise<{ readonly subject: Subject; readonly sha?: string }> {
  const thing = await touchedThing(text, folder)
  if ('base' in thing || 'artifact' in thing) return { subject: thing }
  const { sha, ...subject } = thing
  return { subject, ...(sha !== undefined && { sha }) }
}

function linked(text: string): Touched {
  const [, link, sha] = AT_COMMIT.exec(text) ?? []
  const pr = link ?? text
  if (!readPullRequest(pr)) throw usageError(`${text} is no pull or merge request`, ACCEPTED)
  return { pr, ...(sha !== undefined && { sha }) }
}

/** Without a user or a password, which the URL of a remote may hold. */
async function repositoryOf(git: Git): Promise<string> {
  const said = await git.repository()
  const repository = readRepository(said)
  if (repository !== undefined) return repository
  throw usageError('the remote of this repository has a URL that says nothing to others', ACCEPTED)
}
