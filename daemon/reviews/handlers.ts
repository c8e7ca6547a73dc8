import type { Output, Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { isSameCommit } from '../../src/review-subjects.ts'
import { formatDuration, parseDuration } from '../../src/time.ts'
import type { Caller, Command, PeerCaller } from '../caller.ts'
import { findPeer, mayObserve, type PeerRow, resolveOne, visibleCircle } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { asSender, priorityNumber } from '../threads/index.ts'
import { overseesReviews, visibleReview } from './access.ts'
import { assign, named, refuseOwnWork, tellConcerned, unassign } from './asks.ts'
import { chooseReviewer } from './choosing.ts'
import type { ReviewDeps } from './deps.ts'
import { note } from './history.ts'
import { startNudge } from './nudges.ts'
import { recordPart } from './parts.ts'
import { findBySubject, type ReviewRow, reviewAt, toReview } from './rows.ts'
import { clear, createReview, end, hasRoom, owe, reconsider, settleHead, wasHead } from './states.ts'
import { subjectOf } from './subjects.ts'

type Result = Output<'reviews.mark'>

export function createReviewHandlers(deps: ReviewDeps) {
  const done = (tx: Tx, caller: Caller, row: ReviewRow): Result => {
    tx.created = { number: row.id, count: 1 }
    return { review: toReview(tx, caller, reviewAt(tx, row.id)) }
  }
  const replay = (tx: Tx, caller: Caller, created: { readonly number: number }): Result => {
    const row = visibleReview(tx, caller, tx.id('review', created.number))
    return { review: toReview(tx, caller, row) }
  }

  const request: Command<'reviews.request'> = {
    run(tx, caller, input) {
      const sender = asSender(caller)
      const circleId = input.circle === undefined ? sender.circleId : visibleCircle(tx, caller, input.circle)
      const authors = authorsOf(tx, sender, input)
      const asked = settings(tx, requested(tx, deps, sender, circleId, input, authors), input, sender)
      const to = reviewerOf(tx, caller, asked, input)
      return done(tx, caller, to ? given(tx, deps, asked, { to, by: sender, words: input.note, deadlineMs: null }) : nudged(tx, deps, asked))
    },
    replay,
  }

  const assignTo: Command<'reviews.assign'> = {
    run(tx, caller, input) {
      const row = visibleReview(tx, caller, input.review)
      if (!overseesReviews(tx, caller, row.circle_id))
        throw new MusterError('forbidden', { hint: 'Assigning is for orchestrators, people and the administrator; reviews.request takes `to`.' })
      if (row.state === 'ended') throw ended(row)
      const by = caller.kind === 'peer' ? caller : null
      const set = settings(tx, row, input, by)
      const to = reviewerOf(tx, caller, set, input)
      if (!to) throw new MusterError('invalid_input', { hint: 'Say `to` whom, or `select` by a capability.' })
      const owed = set.state === 'owed' ? set : owe(tx, deps, takenBack(tx, set), 'another look was asked for', by?.peerId ?? null)
      return done(tx, caller, given(tx, deps, owed, { to, by, words: input.note, deadlineMs: deadlineOf(input.deadline) }))
    },
    replay,
  }

  const mark: Command<'reviews.mark'> = {
    run(tx, caller, input) {
      const reviewer = asSender(caller)
      const row = visibleReview(tx, caller, input.review, input.circle)
      if (row.state === 'ended') throw ended(row)
      refuseOwnWork(tx, row, findPeer(tx, reviewer.peerId) as PeerRow)
      const at = input.sha === undefined ? row : atHead(tx, deps, row, input.sha, reviewer)
      return done(tx, caller, clear(tx, deps, at, { reviewer, verdict: input.verdict, words: input.note ?? null }))
    },
    replay,
  }

  const comment: Command<'reviews.comment'> = {
    run(tx, caller, input) {
      const sender = asSender(caller)
      const row = visibleReview(tx, caller, input.review, input.circle)
      if (row.entries >= LIMITS.maxReviewEntries)
        throw new MusterError('invalid_input', { limit: LIMITS.maxReviewEntries, hint: 'Its history is full: speak to its authors directly.' })
      note(tx, row, { type: 'commented', by_id: sender.peerId, head: row.head, note: input.note })
      const words = `On ${named(tx, row)} (${tx.id('review', row.id)}):\n\n${input.note}`
      const brief = `There is a comment on ${named(tx, row)}: see ${tx.id('review', row.id)}.`
      tellConcerned(tx, deps, row, sender, { words, brief, besides: [row.assignee_id] })
      return done(tx, caller, row)
    },
    replay,
  }

  const withdraw: Command<'reviews.withdraw'> = {
    run(tx, caller, input) {
      const row = visibleReview(tx, caller, input.review)
      requireWithdrawing(tx, caller, row)
      return done(tx, caller, end(tx, deps, row, `withdrawn: ${input.reason}`, caller.kind === 'peer' ? caller.peerId : null))
    },
  }
  return { request, assign: assignTo, mark, comment, withdraw }
}

/** To withdraw a review is to clear it without a look: not for whoever made the work, but for a person, whose decision it is. */
function requireWithdrawing(tx: Tx, caller: Caller, row: ReviewRow): void {
  if (!overseesReviews(tx, caller, row.circle_id))
    throw new MusterError('forbidden', { hint: 'Withdrawing a review is for orchestrators, people and the administrator.' })
  if (caller.kind === 'peer' && caller.role === 'orchestrator') refuseOwnWork(tx, row, findPeer(tx, caller.peerId) as PeerRow)
}

/**
 * Who touched it. Whoever asks for a look did, unless it is somebody whose business is the work of others, and says whose it is.
 *
 * @throws MusterError `forbidden`
 */
function authorsOf(tx: Tx, sender: PeerCaller, { authors }: Parsed<'reviews.request'>): number[] {
  if (authors === undefined) return [sender.peerId]
  if (sender.role !== 'orchestrator' && sender.role !== 'person' && !mayObserve(tx, sender))
    throw new MusterError('forbidden', { hint: 'Only orchestrators, people and observers of forges name who touched it; leave `authors` out.' })
  return authors.map((address) => resolveOne(tx, sender, address).id)
}

/** The subject in the queue, owed, with its authors. */
function requested(tx: Tx, deps: ReviewDeps, sender: PeerCaller, circleId: number, input: Parsed<'reviews.request'>, authors: readonly number[]): ReviewRow {
  const subject = subjectOf(tx, input.subject, sender.peerId)
  const head = input.sha ?? subject.head
  const before = findBySubject(tx, subject.fields.subject, circleId)
  if (before?.state !== 'owed' && !hasRoom(tx, circleId))
    throw new MusterError('too_many_reviews', { limit: LIMITS.maxOwedReviews, hint: 'Review or withdraw some of those that are owed first.' })
  const happened = { type: 'requested', note: input.note ?? null } as const
  const row = before ?? createReview(tx, { circleId, subject: { ...subject, head }, by: sender.peerId, happened })
  for (const author of authors) recordPart(tx, row.id, author, 'author')
  recordPart(tx, row.id, sender.peerId, 'mention')
  if (!before) return row
  note(tx, row, { ...happened, by_id: sender.peerId, head })
  const trusted = reconsider(tx, deps, row)
  const settled = head === null ? trusted : settleHead(tx, deps, trusted, { sha: head, by: sender.peerId, isCertain: false })
  return settled.state === 'owed' ? settled : owe(tx, deps, settled, 'another look was asked for', sender.peerId)
}

type Settings = Pick<Parsed<'reviews.request'>, 'priority' | 'nudge'> & { readonly title?: string | undefined }

function settings(tx: Tx, row: ReviewRow, { title, priority, nudge }: Settings, by: PeerCaller | null): ReviewRow {
  const nudgeMs = nudge === undefined ? row.nudge_ms : (parseDuration(nudge) as number)
  if (nudge !== undefined) requireNudge(nudgeMs as number, by)
  const owner = nudge === undefined ? row.nudge_owner : (by?.peerId ?? null)
  tx.run(
    'UPDATE reviews SET title = ?, priority = ?, nudge_ms = ?, nudge_owner = ? WHERE id = ?',
    title ?? row.title,
    priority === undefined ? row.priority : priorityNumber(priority),
    nudgeMs,
    owner,
    row.id,
  )
  return reviewAt(tx, row.id)
}

function requireNudge(ms: number, by: PeerCaller | null): void {
  if (by === null) throw new MusterError('forbidden', { field: 'nudge', hint: 'A reminder is a schedule of a peer; the administrator is none.' })
  if (ms >= LIMITS.minIntervalMs && ms <= LIMITS.maxIntervalMs) return
  const hint = `Expected from ${formatDuration(LIMITS.minIntervalMs)} to ${formatDuration(LIMITS.maxIntervalMs)}.`
  throw new MusterError('invalid_input', { field: 'nudge', hint })
}

function reviewerOf(tx: Tx, caller: Caller, row: ReviewRow, { to, select }: Pick<Parsed<'reviews.assign'>, 'to' | 'select'>): PeerRow | undefined {
  if (to !== undefined && select !== undefined) throw new MusterError('invalid_input', { hint: 'Give `to` or `select`, not both.' })
  if (select) return chooseReviewer(tx, row, select)
  return to === undefined ? undefined : resolveOne(tx, caller, to)
}

interface Gift {
  readonly to: PeerRow
  readonly by: PeerCaller | null
  readonly words: string | undefined
  readonly deadlineMs: number | null
}

function given(tx: Tx, deps: ReviewDeps, row: ReviewRow, { to, by, words, deadlineMs }: Gift): ReviewRow {
  // Nobody is asked by itself: an orchestrator that takes a review is asked by the daemon.
  const opener = by?.peerId === to.id ? null : by
  return nudged(tx, deps, assign(tx, deps, row, { to, opener, words, deadlineMs }))
}

function nudged(tx: Tx, deps: ReviewDeps, row: ReviewRow): ReviewRow {
  startNudge(tx, deps, row)
  return reviewAt(tx, row.id)
}

/** Before another is asked: whoever did it the last time is not. */
function takenBack(tx: Tx, row: ReviewRow): ReviewRow {
  if (row.assignee_id !== null) unassign(tx, row, null, 'another look was asked for')
  return reviewAt(tx, row.id)
}

function deadlineOf(deadline: string | undefined): number | null {
  if (deadline === undefined) return null
  const ms = parseDuration(deadline) as number
  if (ms >= LIMITS.minDeadlineMs && ms <= LIMITS.maxDeadlineMs) return ms
  throw new MusterError('invalid_input', { field: 'deadline', hint: 'A deadline lies between 1 second and 365 days from now.' })
}

/**
 * The review at the commit that was looked at.
 *
 * @throws MusterError `invalid_input` for one that is not the head any more, with the head
 */
function atHead(tx: Tx, deps: ReviewDeps, row: ReviewRow, sha: string, reviewer: PeerCaller): ReviewRow {
  if (row.head !== null && isSameCommit(row.head, sha)) return row
  const isFixed = row.kind === 'range' || row.kind === 'artifact'
  if (isFixed || wasHead(tx, row, sha)) {
    const hint = `Its head is ${row.head}: look at what has changed since ${sha}, and mark that.`
    throw new MusterError(
      'invalid_input',
      { field: 'sha', head: row.head, hint },
      { message: isFixed ? 'That is not what is reviewed.' : 'The head has moved on.' },
    )
  }
  return settleHead(tx, deps, row, { sha, by: reviewer.peerId, isCertain: false }, true)
}

function ended(row: ReviewRow): MusterError {
  return new MusterError(
    'invalid_input',
    { state: row.state, reason: row.reason, hint: 'Nothing is owed any more. reviews.request opens it again.' },
    { message: `The review has ended: ${row.reason}.` },
  )
}
