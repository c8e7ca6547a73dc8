import type { Observation } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { isSameCommit } from '../../src/review-subjects.ts'
import { formatTime, parseTime } from '../../src/time.ts'
import type { Caller, Command, Query } from '../caller.ts'
import { mayObserve, OBSERVED_CIRCLES } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { ReviewDeps } from './deps.ts'
import { note } from './history.ts'
import { type ReviewRow, reviewAt } from './rows.ts'
import { end, owe, settleHead } from './states.ts'
import { subjectOf } from './subjects.ts'

/** SQL for the reviews of the circles for which the administrator has let the peer `@self` observe; a null peer observes all. */
const OBSERVED = `(@self IS NULL OR circle_id IN (${OBSERVED_CIRCLES}))`

/** @throws MusterError `forbidden` for all but the administrator and services that it has let observe: what they say clears reviews */
function requireObserver(reader: Reader, caller: Caller): { readonly self: number | null } {
  if (mayObserve(reader, caller)) return { self: caller.kind === 'peer' ? caller.peerId : null }
  throw new MusterError('forbidden', {
    hint: 'Only a service that the administrator has granted it may: muster grants give <service> <circle> --observe.',
  })
}

export function createObserving(deps: ReviewDeps): Command<'reviews.observe'> {
  return {
    run(tx, caller, input) {
      const { self } = requireObserver(tx, caller)
      let applied = 0
      for (const observation of input.observations) {
        const rows = observed(tx, self, observation)
        for (const row of rows) apply(tx, deps, row, observation, self)
        if (rows.length > 0) applied += 1
      }
      return { applied, unknown: input.observations.length - applied }
    },
  }
}

/** The reviews that an observation is about, those that have ended among them: what was closed may be opened again. */
function observed(tx: Tx, self: number | null, { subject }: Observation): ReviewRow[] {
  if ('review' in subject) return tx.all<ReviewRow>(`SELECT * FROM reviews WHERE id = @id AND ${OBSERVED}`, { self, id: tx.number('review', subject.review) })
  return tx.all<ReviewRow>(`SELECT * FROM reviews WHERE subject = @subject AND ${OBSERVED}`, { self, subject: subjectOf(tx, subject, null).fields.subject })
}

function apply(tx: Tx, deps: ReviewDeps, before: ReviewRow, observation: Observation, by: number | null): void {
  // A clock that is ahead elsewhere must not shut out what is observed later.
  const at = Math.min(parseTime(observation.at) as number, tx.now)
  // What was observed "later" than now was so before the clock was put back.
  if (before.observed_at !== null && at < before.observed_at && before.observed_at <= tx.now) return
  const row = withFacts(tx, before, observation, at, by)
  if (observation.state !== 'open') end(tx, deps, row, observation.state, by)
  const isOpenAgain = observation.state === 'open' && row.state === 'ended' && (row.reason === 'merged' || row.reason === 'closed')
  const now = isOpenAgain ? owe(tx, deps, row, 'it was opened again', by) : reviewAt(tx, row.id)
  if (observation.head !== undefined) settleHead(tx, deps, now, { sha: observation.head, by, changed: changedOf(observation), isCertain: true })
}

function withFacts(tx: Tx, row: ReviewRow, { head, title, author, checks, reviews }: Observation, at: number, by: number | null): ReviewRow {
  const forge =
    reviews === undefined
      ? row.forge_reviews
      : JSON.stringify(reviews.map((review) => ({ ...review, sha: review.sha ?? null, at: formatTime(parseTime(review.at) as number) })))
  // Those of the head before say nothing about this one.
  const isMoved = head !== undefined && row.head !== null && !isSameCommit(head, row.head)
  tx.run(
    'UPDATE reviews SET title = ?, forge_author = ?, checks = ?, forge_reviews = ?, observed_at = ? WHERE id = ?',
    title ?? row.title,
    author ?? row.forge_author,
    checks ?? (isMoved ? null : row.checks),
    forge,
    at,
    row.id,
  )
  if (checks !== undefined && checks !== row.checks) note(tx, row, { type: 'observed', by_id: by, head: row.head, note: `checks are ${checks}` })
  return reviewAt(tx, row.id)
}

function changedOf({ changed }: Observation) {
  if (!changed) return undefined
  const { from, commits = null, files = null, additions = null, deletions = null } = changed
  return { ...(from !== undefined && { from }), commits, files, additions, deletions }
}

export const watchedReviews: Query<'reviews.watched'> = (reader, caller, input) => {
  const { self } = requireObserver(reader, caller)
  const after = input.after === undefined ? 0 : reader.number('review', input.after)
  const sql = `SELECT * FROM reviews WHERE ended_at IS NULL AND id > @after AND ${OBSERVED} ORDER BY id LIMIT @limit`
  const rows = reader.all<ReviewRow>(sql, { self, after, limit: input.limit + 1 })
  const page = rows.slice(0, input.limit)
  const last = rows.length > page.length ? page.at(-1) : undefined
  return { subjects: page.map((row) => toWatched(reader, row)), after: last ? reader.id('review', last.id) : null }
}

function toWatched(reader: Reader, row: ReviewRow) {
  const { host, project, number, url, repository, branch, base, head } = row
  const facts = { host, project, number, url, repository, branch, base, head, observedAt: row.observed_at === null ? null : formatTime(row.observed_at) }
  const known = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null)) as {
    [K in keyof typeof facts]?: NonNullable<(typeof facts)[K]>
  }
  return { review: reader.id('review', row.id), kind: row.kind, ...known }
}
