import type { ReviewKind, Subject, TouchedThing } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { type PullRequest, pullRequestKey, readPullRequest, readRepository } from '../../src/review-subjects.ts'
import { findArtifact } from '../artifacts/index.ts'
import type { Reader } from '../store/store.ts'

/** What a review is about, as its row says. */
export interface SubjectFields {
  readonly kind: ReviewKind
  /** The same for every spelling of one subject. */
  readonly subject: string
  readonly url: string | null
  readonly host: string | null
  readonly project: string | null
  readonly number: number | null
  readonly repository: string | null
  readonly branch: string | null
  readonly base: string | null
  readonly artifact_id: number | null
}

/** A subject, and the head that is named with it. */
export interface Named {
  readonly fields: SubjectFields
  readonly head: string | null
}

const NOTHING = { url: null, host: null, project: null, number: null, repository: null, branch: null, base: null, artifact_id: null } as const

export function ofPullRequest(request: PullRequest): SubjectFields {
  const { host, project, number, url } = request
  return { ...NOTHING, kind: 'pull_request', subject: pullRequestKey(request), url, host, project, number }
}

/**
 * The subject that was meant.
 *
 * @param owner whose upload an artifact must be; `null` for whoever may name all
 * @throws MusterError `not_found` for an artifact that is not the owner's
 */
export function subjectOf(reader: Reader, said: Subject | TouchedThing, owner: number | null): Named {
  if ('pr' in said) return { fields: ofPullRequest(readPullRequest(said.pr) as PullRequest), head: ('sha' in said && said.sha) || null }
  if ('artifact' in said) return ofArtifact(reader, said.artifact, owner)
  const repository = readRepository(said.repository) as string
  const host = repository.startsWith('/') || /^[a-z]:/i.test(repository) ? null : (repository.split('/')[0] ?? null)
  const place = { ...NOTHING, host, repository }
  if ('branch' in said) {
    const subject = `branch:${repository}#${said.branch}`
    return { fields: { ...place, kind: 'branch', subject, branch: said.branch }, head: ('sha' in said && said.sha) || null }
  }
  const subject = `range:${repository}#${said.base}..${said.head}`
  return { fields: { ...place, kind: 'range', subject, base: said.base }, head: said.head }
}

function ofArtifact(reader: Reader, id: string, owner: number | null): Named {
  const row = findArtifact(reader, reader.number('artifact', id))
  if (!row || (owner !== null && row.uploader_id !== owner))
    throw new MusterError('not_found', { id, hint: 'An artifact that is to be reviewed is an upload of your own.' })
  return { fields: { ...NOTHING, kind: 'artifact', subject: `artifact:${row.id}`, artifact_id: row.id }, head: row.sha256 }
}

/** What it is about, in one line. Names that peers made up stand in quotation marks. */
export function inOneLine(reader: Reader, row: SubjectFields & { readonly head: string | null }): string {
  switch (row.kind) {
    case 'pull_request':
      return row.url as string
    case 'branch':
      return `branch "${row.branch}" of "${row.repository}"`
    case 'range':
      return `commits ${row.base?.slice(0, 10)}..${row.head?.slice(0, 10)} of "${row.repository}"`
    case 'artifact':
      return `file ${reader.id('artifact', row.artifact_id as number)}`
  }
}
