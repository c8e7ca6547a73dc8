import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Address, Duration, Id, IdempotencyKey, Limit, Line, Name, Reason, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef } from './peers.ts'
import { Priority } from './threads.ts'
import { PullRequestUrl, Sha, Subject } from './touched.ts'

/**
 * `owed`: somebody still owes it a look, at its head. `reviewed`: somebody who did not touch it has looked at its head. `ended`: it was merged,
 * closed or withdrawn, and nothing is owed any more.
 */
const ReviewState = z.enum(['owed', 'reviewed', 'ended'])
export const ReviewKind = z.enum(['pull_request', 'branch', 'range', 'artifact'])
export const Verdict = z.enum(['approve', 'request_changes', 'comment'])
const Checks = z.enum(['pending', 'passing', 'failing'])
const Note = z
  .string()
  .min(1)
  .max(LIMITS.maxNoteChars)
  .refine((text) => !/\p{Surrogate}/u.test(text), 'A lone surrogate has no UTF-8 form')
const Count = z.int().min(0)

/** What a new head changed, as far as whoever told of it knows. */
const Changed = z.object({
  from: z.string().nullable(),
  commits: z.int().nullable(),
  files: z.int().nullable(),
  additions: z.int().nullable(),
  deletions: z.int().nullable(),
})
/** A review on the forge. It clears nothing here: no login there is proof of a peer. */
const ForgeReview = z.object({ by: z.string(), verdict: Verdict, sha: z.string().nullable(), at: Time })

export const Review = z.object({
  id: Id('review'),
  circle: Name,
  kind: ReviewKind,
  /** What it is about, in one line. */
  subject: z.string(),
  url: z.string().nullable(),
  /** Of the forge; `project` and `number` are those of a pull or merge request. */
  host: z.string().nullable(),
  project: z.string().nullable(),
  number: z.int().nullable(),
  /** Of a branch or a range. */
  repository: z.string().nullable(),
  branch: z.string().nullable(),
  base: z.string().nullable(),
  artifact: Id('artifact').nullable(),
  title: z.string().nullable(),
  state: ReviewState,
  priority: Priority,
  /** The commit that counts, or of an artifact its SHA-256. `null` where nobody has said it. */
  head: z.string().nullable(),
  headAt: Time.nullable(),
  /** How it differs from the head before; `null` for the first. */
  changed: Changed.nullable(),
  owedSince: Time.nullable(),
  /** Why it is owed again, or why it has ended. */
  reason: z.string().nullable(),
  /** The last verdict, and on what. It stands while the state is `reviewed`. */
  verdict: Verdict.nullable(),
  reviewer: PeerRef.nullable(),
  reviewedHead: z.string().nullable(),
  reviewedAt: Time.nullable(),
  /** Who touched it: neither they nor those who spawned them or were spawned by them can clear it. */
  authors: z.array(PeerRef),
  /** Who brought it up without having touched it. While nobody is known to have, they cannot clear it either. */
  mentionedBy: z.array(PeerRef),
  /** Who made it on the forge, by login. */
  forgeAuthor: z.string().nullable(),
  assignee: PeerRef.nullable(),
  assignedBy: PeerRef.nullable(),
  /** The ask that the assignee has to close. */
  thread: Id('thread').nullable(),
  checks: Checks.nullable(),
  forgeReviews: z.array(ForgeReview),
  observedAt: Time.nullable(),
  nudge: z.string().nullable(),
  createdAt: Time,
  endedAt: Time.nullable(),
})

/** What happened to a review, the oldest first. */
export const ReviewEntry = z.object({
  at: Time,
  type: z.enum(['requested', 'touched', 'mentioned', 'assigned', 'unassigned', 'head', 'owed', 'reviewed', 'commented', 'observed', 'ended', 'reopened']),
  /** `null`: the daemon itself, or the administrator. */
  by: PeerRef.nullable(),
  head: z.string().nullable(),
  verdict: Verdict.nullable(),
  /** Whom it was assigned to. */
  to: PeerRef.nullable(),
  changed: Changed.nullable(),
  note: z.string().nullable(),
})

const Which = z.union([Id('review'), PullRequestUrl], 'Expected the id of a review or the link of its pull or merge request')
const Result = z.object({ review: Review })
/** Whom a review goes to: a peer, or whoever of those with a capability (`review` where nothing is said) owes the fewest. */
const Selection = z.strictObject({
  capability: Name.default('review'),
  /** Only a runtime that none of its authors has. */
  otherRuntime: z.boolean().default(false),
})

export const queueReviews = operation({
  name: 'reviews.queue',
  kind: 'query',
  access: 'reader',
  summary:
    'The reviews that you owe, the oldest of the most urgent first: assigned to you, or to nobody and not your own work. For orchestrators, people and the administrator, all that are owed in their circles.',
  input: z.strictObject({ circle: Name.optional(), assigned: z.boolean().default(false), after: Id('review').optional(), limit: Limit.default(50) }),
  output: z.object({ reviews: z.array(Review), after: Id('review').nullable() }),
  doors: { http: 'GET /v1/review-queue', cli: 'review queue', mcp: 'review_queue' },
})

export const markReview = operation({
  name: 'reviews.mark',
  kind: 'command',
  access: 'peer',
  summary: 'Say that you have looked at it, at which head, and what you think of it. Refused for what you touched yourself.',
  input: z.strictObject({
    review: Which,
    /** What you looked at; the head that is known where it is left out. A commit that is not known yet becomes the head, an older one is refused. */
    sha: Sha.optional(),
    verdict: Verdict.default('comment'),
    note: Note.optional(),
    circle: Name.optional(),
    key: IdempotencyKey.optional(),
  }),
  output: Result,
  doors: { http: 'POST /v1/reviews/:review/mark', cli: 'review mark', mcp: 'mark_reviewed' },
})

export const requestReview = operation({
  name: 'reviews.request',
  kind: 'command',
  access: 'peer',
  summary: 'Ask for a look at something. You count as its author, unless you name who touched it, as an orchestrator or a person may.',
  input: z.strictObject({
    subject: Subject,
    /** The commit to look at; a range and an artifact name it themselves. */
    sha: Sha.optional(),
    title: Line(LIMITS.maxTitleChars).min(1).optional(),
    note: Note.optional(),
    priority: Priority.optional(),
    authors: z.array(Address).min(1).max(LIMITS.maxTouched).optional(),
    /** Whom it goes to; without either, it waits in the queue. */
    to: Address.optional(),
    select: Selection.optional(),
    /** How often whoever owes it is reminded, by a schedule of yours that ends with the review. */
    nudge: Duration.optional(),
    circle: Name.optional(),
    key: IdempotencyKey.optional(),
  }),
  output: Result,
  doors: { http: 'POST /v1/reviews 201', cli: 'review request', mcp: 'review_request' },
})

export const assignReview = operation({
  name: 'reviews.assign',
  kind: 'command',
  access: 'reader',
  summary:
    'Give a review to a peer, or to whoever of those that can owes the fewest; it is asked to close it. For orchestrators, people and the administrator.',
  input: z.strictObject({
    review: Id('review'),
    to: Address.optional(),
    select: Selection.optional(),
    note: Note.optional(),
    priority: Priority.optional(),
    /** How long the ask has; 24 h where nothing is said. */
    deadline: Duration.optional(),
    nudge: Duration.optional(),
    key: IdempotencyKey.optional(),
  }),
  output: Result,
  doors: { http: 'POST /v1/reviews/:review/assign', cli: 'review assign', mcp: 'review_assign' },
})

export const commentReview = operation({
  name: 'reviews.comment',
  kind: 'command',
  access: 'peer',
  summary: 'Say something about a review without clearing it; its authors and whoever it is assigned to are told.',
  input: z.strictObject({ review: Which, note: Note, circle: Name.optional(), key: IdempotencyKey.optional() }),
  output: Result,
  doors: { http: 'POST /v1/reviews/:review/comments 201', cli: 'review comment', mcp: 'review_comment' },
})

export const withdrawReview = operation({
  name: 'reviews.withdraw',
  kind: 'command',
  access: 'reader',
  summary:
    'Take a review out of the queue, with the reason: for orchestrators, people and the administrator, and for whoever brought it up while nobody else touched it.',
  input: z.strictObject({ review: Id('review'), reason: Reason }),
  output: Result,
  doors: { http: 'POST /v1/reviews/:review/withdraw', cli: 'review withdraw', mcp: 'review_withdraw' },
})

export const getReview = operation({
  name: 'reviews.get',
  kind: 'query',
  access: 'reader',
  summary: 'One review with a page of its history, the newest page first, each page in order.',
  input: z.strictObject({ review: Which, circle: Name.optional(), before: z.int().min(1).optional(), limit: Limit.default(50) }),
  output: z.object({ review: Review, history: z.array(ReviewEntry), before: z.int().nullable() }),
  doors: { http: 'GET /v1/reviews/:review', cli: 'review show', mcp: 'review' },
})

export const listReviews = operation({
  name: 'reviews.list',
  kind: 'query',
  access: 'reader',
  summary: 'The reviews of the circles that you may see, the newest first.',
  input: z.strictObject({
    circle: Name.optional(),
    state: ReviewState.optional(),
    kind: ReviewKind.optional(),
    author: Address.optional(),
    assignee: Address.optional(),
    before: Id('review').optional(),
    limit: Limit.default(50),
  }),
  output: z.object({ reviews: z.array(Review), before: Id('review').nullable() }),
  doors: { http: 'GET /v1/reviews', cli: 'review list', mcp: 'reviews' },
})

/** What a forge or a repository says about a subject at one moment. */
export const Observation = z.strictObject({
  /** As it was named, or one review alone. */
  subject: z.union([...Subject.options, z.strictObject({ review: Id('review') })]),
  head: Sha.optional(),
  state: z.enum(['open', 'merged', 'closed']),
  title: Line(LIMITS.maxTitleChars).optional(),
  /** The login of its author there. */
  author: Line(100).min(1).optional(),
  changed: z
    .strictObject({ from: Sha.optional(), commits: Count.optional(), files: Count.optional(), additions: Count.optional(), deletions: Count.optional() })
    .optional(),
  checks: Checks.optional(),
  /** All that there are, in the forge's order; those before are replaced. */
  reviews: z
    .array(z.strictObject({ by: Line(100).min(1), verdict: Verdict, sha: Sha.optional(), at: Time }))
    .max(LIMITS.maxForgeReviews)
    .optional(),
  url: PullRequestUrl.optional(),
  /** When it was so. What is older than the last that was applied changes nothing. */
  at: Time,
})

export const observeReviews = operation({
  name: 'reviews.observe',
  kind: 'command',
  access: 'reader',
  summary:
    'Report what forges and repositories say, for an observer that the administrator has let do so, or the administrator: a merged or closed subject leaves the queue.',
  input: z.strictObject({ observations: z.array(Observation).min(1).max(LIMITS.maxObservations) }),
  /** How many of them were about a review that is open, and how many about none. */
  output: z.object({ applied: z.int(), unknown: z.int() }),
  doors: {
    http: 'POST /v1/observations',
    cli: { none: 'Facts come from a program that watches.' },
    mcp: { none: 'Facts come from a program that watches; no model may report them.' },
  },
})

/** What an observer is to look at. Which fields there are follows from the kind. */
const WatchedSubject = z.object({
  review: Id('review'),
  kind: ReviewKind,
  host: z.string().optional(),
  project: z.string().optional(),
  number: z.int().optional(),
  url: z.string().optional(),
  repository: z.string().optional(),
  branch: z.string().optional(),
  base: z.string().optional(),
  head: z.string().optional(),
  /** When it was last observed. */
  observedAt: Time.optional(),
})

export const watchedReviews = operation({
  name: 'reviews.watched',
  kind: 'query',
  access: 'reader',
  summary: 'What an observer is to look at: the subjects of all reviews that have not ended, by number.',
  input: z.strictObject({ after: Id('review').optional(), limit: Limit.default(100) }),
  output: z.object({ subjects: z.array(WatchedSubject), after: Id('review').nullable() }),
  doors: {
    http: 'GET /v1/observations',
    cli: { none: 'For a program that watches; review list shows what there is.' },
    mcp: { none: 'For a program that watches.' },
  },
})
