import type { TouchedThing } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { type PullRequest, pullRequestKey, pullRequestsIn } from '../../src/review-subjects.ts'
import type { Tx } from '../store/transaction.ts'
import { messagesBack, type PostedLink } from '../threads/index.ts'
import type { ReviewDeps } from './deps.ts'
import { note } from './history.ts'
import { authorsOf, recordPart } from './parts.ts'
import { findBySubject, type ReviewRow, reviewAt } from './rows.ts'
import { createReview, hasRoom, owe, reconsider, settleHead } from './states.ts'
import { type Named, ofPullRequest, subjectOf } from './subjects.ts'

/** How many messages of a thread are looked at for a link that was there before. */
const MAX_BEFORE = 20

/**
 * What a message says that its sender touched becomes owed, and so does what it links to.
 *
 * @throws MusterError `not_found` for an artifact that is not the sender's; nothing else refuses a message here
 */
export function discover(tx: Tx, deps: ReviewDeps, posted: PostedLink): void {
  const { thread, draft } = posted
  const touched = new Set<string>()
  if (draft.sender !== null) for (const thing of draft.touched ?? []) touched.add(touch(tx, deps, { circleId: thread.circle_id, thing, by: draft.sender }))
  for (const request of pullRequestsIn(draft.body, LIMITS.maxLinks)) if (!touched.has(pullRequestKey(request))) link(tx, deps, posted, request)
}

interface Touch {
  readonly circleId: number
  readonly thing: TouchedThing
  readonly by: number
}

/** @returns the canonical name of what was touched */
function touch(tx: Tx, deps: ReviewDeps, { circleId, thing, by }: Touch): string {
  const subject = subjectOf(tx, thing, by)
  const row = findBySubject(tx, subject.fields.subject, circleId)
  if (row) touchAgain(tx, deps, row, subject, by)
  else {
    const made = begin(tx, circleId, subject, by, 'touched')
    if (made) recordPart(tx, made.id, by, 'author')
  }
  return subject.fields.subject
}

function touchAgain(tx: Tx, deps: ReviewDeps, row: ReviewRow, { head }: Named, by: number): void {
  const isNew = recordPart(tx, row.id, by, 'author')
  const isOver = row.reason === 'merged' || row.reason === 'closed'
  if (isNew || row.state !== 'owed') note(tx, row, { type: 'touched', by_id: by, head })
  if (row.state === 'ended' && isOver) return
  const trusted = reconsider(tx, deps, row)
  const settled = head === null ? trusted : settleHead(tx, deps, trusted, { sha: head, by, isCertain: false })
  // Without a commit nothing shows that it is what was reviewed.
  const isDoubtful = settled.state === 'reviewed' && head === null
  if (settled.state === 'ended' || isDoubtful) owe(tx, deps, reviewAt(tx, row.id), 'it was touched again', by)
}

/**
 * A link alone. It puts what nobody has brought up yet into the queue. Who sent it has mentioned it, no more, but for an answer that is the first in
 * its thread to name it: that is how work is handed in, and while no author is known its sender is taken for one.
 */
function link(tx: Tx, deps: ReviewDeps, { thread, draft, previous }: PostedLink, request: PullRequest): void {
  const fields = ofPullRequest(request)
  const row = findBySubject(tx, fields.subject, thread.circle_id)
  const handsIn = () => draft.kind === 'answer' && !messagesBack(tx, previous, MAX_BEFORE).some(({ body }) => names(body, fields.subject))
  if (!row) {
    const made = begin(tx, thread.circle_id, { fields, head: null }, draft.sender, 'mentioned')
    if (made && draft.sender !== null) recordPart(tx, made.id, draft.sender, handsIn() ? 'author' : 'mention')
    return
  }
  const isReader = draft.sender === row.assignee_id || draft.sender === row.reviewer_id
  if (draft.sender === null || isReader || row.state !== 'owed' || authorsOf(tx, row.id).length > 0 || !handsIn()) return
  recordPart(tx, row.id, draft.sender, 'author')
  note(tx, row, { type: 'touched', by_id: draft.sender })
  reconsider(tx, deps, reviewAt(tx, row.id))
}

function names(body: string, subject: string): boolean {
  return pullRequestsIn(body, LIMITS.maxLinks).some((request) => pullRequestKey(request) === subject)
}

/** A message is never refused for want of room here; the log says what was left out. */
function begin(tx: Tx, circleId: number, subject: Named, by: number | null, type: 'touched' | 'mentioned'): ReviewRow | undefined {
  const limit = type === 'touched' ? LIMITS.maxOwedReviews : LIMITS.maxLinkedReviews
  if (hasRoom(tx, circleId, limit)) return createReview(tx, { circleId, subject, by, happened: { type, note: null } })
  tx.event({
    type: 'review.refused',
    actor: by,
    circle: circleId,
    audience: 'circle',
    changed: { subject: subject.fields.subject, limit },
  })
  return undefined
}
