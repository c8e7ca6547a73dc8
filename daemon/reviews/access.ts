import { MusterError } from '../../src/errors.ts'
import { pullRequestKey, readPullRequest } from '../../src/review-subjects.ts'
import type { Caller } from '../caller.ts'
import { GRANTED_CIRCLES, maySee, visibleCircle } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { findReview, type ReviewRow } from './rows.ts'

/** SQL for the reviews that the peer `@self` of the circle `@own` may see: those of its circle, and of those it was let into. A null peer sees all. */
export const VISIBLE_REVIEW = `(@self IS NULL OR circle_id = @own OR circle_id IN (${GRANTED_CIRCLES}))`

export function viewer(caller: Caller): { readonly self: number | null; readonly own: number | null } {
  return caller.kind === 'peer' ? { self: caller.peerId, own: caller.circleId } : { self: null, own: null }
}

/**
 * The review of an id, or of a link in the circle that is named, in one's own, or else in the only one where there is one.
 *
 * @throws MusterError `not_found`, or `invalid_input` where a link means several
 */
export function visibleReview(reader: Reader, caller: Caller, which: string, circle?: string): ReviewRow {
  const request = readPullRequest(which)
  const row = request ? byLink(reader, caller, pullRequestKey(request), circle) : findReview(reader, reader.number('review', which))
  if (row && caller.kind !== 'enrolment' && maySee(reader, caller, row.circle_id)) return row
  throw new MusterError('not_found', { id: which, ...(request && { hint: 'Nobody has asked for a look at it. reviews.request does.' }) })
}

function byLink(reader: Reader, caller: Caller, subject: string, circle: string | undefined): ReviewRow | undefined {
  const only = circle === undefined ? null : visibleCircle(reader, caller, circle)
  const sql = `SELECT * FROM reviews WHERE subject = @subject AND (@only IS NULL OR circle_id = @only) AND ${VISIBLE_REVIEW} LIMIT 10`
  const rows = reader.all<ReviewRow>(sql, { subject, only, ...viewer(caller) })
  const own = rows.find((row) => caller.kind === 'peer' && row.circle_id === caller.circleId)
  if (own || rows.length < 2) return own ?? rows[0]
  throw new MusterError('invalid_input', { field: 'circle', hint: 'Several circles review it: name one, or give the id of the review.' })
}

/** Whether a caller looks after the reviews of a circle: its orchestrators, people who see into it, and the administrator. */
export function overseesReviews(reader: Reader, caller: Caller, circleId: number): boolean {
  if (caller.kind === 'admin') return true
  return caller.kind === 'peer' && (caller.role === 'orchestrator' || caller.role === 'person') && maySee(reader, caller, circleId)
}
