import * as z from 'zod'
import { Id } from '../contract/common.ts'
import type { Input, PeerRef, Review, ReviewEntry } from '../contract/index.ts'
import { assignReview, commentReview, listReviews, markReview, queueReviews, requestReview, withdrawReview } from '../contract/reviews.ts'
import { Branch, PullRequestUrl, Repository, Sha } from '../contract/touched.ts'
import { MusterError } from '../errors.ts'
import { To } from './fields.ts'
import { minuteOf } from './plain-text.ts'
import { commandKey } from './port.ts'
import { ADDS, defineTool, given, READS } from './tool.ts'
import { inQuotes, lines, nameOf, words } from './views.ts'

const MAX_LISTED = 30
const MAX_HISTORY = 20
const MAX_TEXT_CHARS = 200
const MAX_NOTE_CHARS = 1_000
const ReviewId = Id('review')

const ReviewShape = z.object({
  review: z.string(),
  subject: z.string(),
  state: z.string(),
  title: z.string().optional(),
  head: z.string().optional(),
  since: z.string().optional(),
  priority: z.string().optional(),
  authors: z.array(z.string()).optional(),
  assignee: z.string().optional(),
  verdict: z.string().optional(),
  checks: z.string().optional(),
  why: z.string().optional(),
})
type View = z.output<typeof ReviewShape>
const ListShape = z.object({ reviews: z.array(ReviewShape), after: z.string().optional() })

function view(each: Review, you: PeerRef): View {
  const { title, head, owedSince, priority, authors, assignee, verdict, reviewer, checks, reason } = each
  return {
    review: each.id,
    subject: words(each.subject, 2 * MAX_TEXT_CHARS),
    state: each.state,
    ...(title === null ? {} : { title: words(title, MAX_TEXT_CHARS) }),
    ...(head === null ? {} : { head }),
    ...(owedSince === null ? {} : { since: minuteOf(owedSince) }),
    ...(priority === 'normal' ? {} : { priority }),
    ...(authors.length === 0 ? {} : { authors: authors.map((author) => nameOf(author, you, '')) }),
    ...(assignee === null ? {} : { assignee: nameOf(assignee, you, '') }),
    ...(verdict === null ? {} : { verdict: `${verdict} by ${nameOf(reviewer, you, '')}` }),
    ...(checks === null ? {} : { checks }),
    ...(reason === null ? {} : { why: words(reason, MAX_TEXT_CHARS) }),
  }
}

function line({ review, subject, state, title, head, since, priority, authors, assignee, verdict, checks, why }: View): string {
  const facts = [
    since && `since ${since}`,
    priority,
    head && `at ${head.slice(0, 10)}`,
    authors && `by ${authors.join(', ')}`,
    assignee && `given to ${assignee}`,
    verdict,
    checks && `checks ${checks}`,
    why && `because ${inQuotes(why)}`,
    title && `called ${inQuotes(title)}`,
  ].filter((fact) => fact !== undefined)
  return `${review} ${state}: ${subject} (${facts.join(', ')})`
}

/** What a command has made of a review. */
function told(review: Review, you: PeerRef) {
  const structured = view(review, you)
  return { structured, text: line(structured) }
}

function listed(page: { readonly reviews: readonly Review[] }, next: string | null, you: PeerRef) {
  const reviews = page.reviews.map((each) => view(each, you))
  const more = next ?? undefined
  const text = lines(...reviews.map(line), reviews.length === 0 ? 'None.' : undefined, more && `More: the same after ${more}.`)
  return { structured: { reviews, ...given({ after: more }) }, text }
}

const { assigned, circle, after } = queueReviews.input.shape

export const reviewQueue = defineTool({
  name: 'review_queue',
  title: 'What is owed a review',
  description: 'The reviews you owe, oldest first: given to you, or to nobody and not your own work. An orchestrator sees all of its circles.',
  profile: 'orchestrator',
  annotations: READS,
  input: z.strictObject({ assigned: assigned.describe('Only those given to you'), circle, after }),
  output: ListShape,
  async run(port, input) {
    const page = await port.call('reviews.queue', { ...given(input), limit: MAX_LISTED })
    return listed(page, page.after, await port.self())
  },
})

const { sha, verdict, note } = markReview.input.shape
const Which = markReview.input.shape.review.describe('The link of the pull or merge request, or the id of the review')

export const markReviewed = defineTool({
  name: 'mark_reviewed',
  title: 'Mark as reviewed',
  description: 'Say that you looked at it, at which commit, and what you think. Refused for your own work, and for a commit that is not the head any more.',
  profile: 'orchestrator',
  annotations: ADDS,
  input: z.strictObject({ pr_url: Which, sha: sha.describe('The commit you looked at; else the head that is known'), verdict, note, circle }),
  output: ReviewShape,
  async run(port, { pr_url: review, ...said }) {
    const { review: marked } = await port.call('reviews.mark', { review, ...given(said), ...commandKey(port) })
    return told(marked, await port.self())
  },
})

const { select: _select, subject: _subject, ...asking } = requestReview.input.shape
const Capability = assignReview.input.shape.to.describe('Whoever has it and owes the fewest, such as review')
const OtherRuntime = z.boolean().optional().describe('With capability: a runtime that no author has')

/** `capability` and `other_runtime` as the contract has them. */
function selection(capability: string | undefined, otherRuntime: boolean | undefined): { select?: { capability?: string; otherRuntime?: boolean } } {
  return capability === undefined && otherRuntime === undefined ? {} : { select: given({ capability, otherRuntime }) }
}

export const reviewRequest = defineTool({
  name: 'review_request',
  title: 'Ask for a review',
  description: 'Have somebody else look at a pull request, a branch, a range of commits or an upload. You count as its author.',
  profile: 'orchestrator',
  annotations: ADDS,
  input: z.strictObject({
    pr_url: PullRequestUrl.optional(),
    repository: Repository.optional().describe('With branch, or with base and head: URL of the remote, or absolute path'),
    branch: Branch.optional(),
    base: Sha.optional(),
    head: Sha.optional(),
    artifact: Id('artifact').optional(),
    sha: asking.sha.describe('The commit to look at'),
    title: asking.title,
    note: asking.note,
    priority: asking.priority,
    authors: asking.authors.describe('Who made it, if not you; for orchestrators'),
    to: To.optional(),
    capability: Capability,
    other_runtime: OtherRuntime,
    nudge: asking.nudge.describe('Remind whoever owes it, such as every 24h'),
    circle: asking.circle,
  }),
  output: ReviewShape,
  async run(port, { pr_url, repository, branch, base, head, artifact, capability, other_runtime, ...said }) {
    const subject = subjectOf(given({ pr: pr_url, repository, branch, base, head, artifact }))
    const { review } = await port.call('reviews.request', { subject, ...given(said), ...selection(capability, other_runtime), ...commandKey(port) })
    return told(review, await port.self())
  },
})

type Subject = Input<'reviews.request'>['subject']

function subjectOf(fields: Readonly<Partial<Record<'pr' | 'repository' | 'branch' | 'base' | 'head' | 'artifact', string>>>): Subject {
  const parsed = requestReview.input.shape.subject.safeParse(fields)
  if (parsed.success) return parsed.data
  throw new MusterError('invalid_input', { hint: 'Give one of: pr_url; repository and branch; repository, base and head; artifact.' })
}

export const reviewAssign = defineTool({
  name: 'review_assign',
  title: 'Give a review to a peer',
  description: 'Ask a peer, or whoever of those that can owes the fewest, to review. Its answer is the review.',
  profile: 'orchestrator',
  annotations: ADDS,
  input: z.strictObject({
    review: ReviewId,
    to: To.optional(),
    capability: Capability,
    other_runtime: OtherRuntime,
    note: assignReview.input.shape.note,
    priority: assignReview.input.shape.priority,
    deadline: assignReview.input.shape.deadline,
    nudge: assignReview.input.shape.nudge,
  }),
  output: ReviewShape,
  async run(port, { review, capability, other_runtime, ...said }) {
    const result = await port.call('reviews.assign', { review, ...given(said), ...selection(capability, other_runtime), ...commandKey(port) })
    return told(result.review, await port.self())
  },
})

const EntryShape = z.object({ at: z.string(), what: z.string(), by: z.string(), head: z.string().optional(), note: z.string().optional() })

export const review = defineTool({
  name: 'review',
  title: 'One review',
  description: 'A review with its history: its heads, verdicts and comments.',
  profile: 'orchestrator',
  annotations: READS,
  input: z.strictObject({ review: Which, circle }),
  output: ReviewShape.extend({ history: z.array(EntryShape) }),
  async run(port, input) {
    const self = await port.self()
    const found = await port.call('reviews.get', { ...given(input), review: input.review, limit: MAX_HISTORY })
    const { structured, text } = told(found.review, self)
    const history = found.history.map((entry) => viewEntry(entry, self))
    const entries = history.map(({ at, what, by, note: words }) => `${at} ${what} by ${by}${words === undefined ? '' : `: ${inQuotes(words)}`}`)
    return { structured: { ...structured, history }, text: lines(text, 'Its history, quoted from peers:', ...entries) }
  },
})

function viewEntry({ at, type, by, to, head, verdict, note: said }: ReviewEntry, you: PeerRef): z.output<typeof EntryShape> {
  const what = [type, to && `to ${nameOf(to, you, '')}`, verdict].filter((part) => part).join(' ')
  const quoted = said === null ? {} : { note: words(said, MAX_NOTE_CHARS) }
  return { at: minuteOf(at), what, by: nameOf(by, you, 'muster'), ...(head === null ? {} : { head }), ...quoted }
}

export const reviews = defineTool({
  name: 'reviews',
  title: 'The reviews',
  description: 'The reviews of the circles that you see, the newest first.',
  profile: 'full',
  annotations: READS,
  input: z.strictObject({
    state: listReviews.input.shape.state,
    kind: listReviews.input.shape.kind,
    author: To.optional(),
    assignee: To.optional(),
    circle,
    before: ReviewId.optional(),
  }),
  output: ListShape,
  async run(port, input) {
    const page = await port.call('reviews.list', { ...given(input), limit: MAX_LISTED })
    return listed(page, page.before, await port.self())
  },
})

export const reviewComment = defineTool({
  name: 'review_comment',
  title: 'Comment on a review',
  description: 'Say something about a review without clearing it.',
  profile: 'full',
  annotations: ADDS,
  input: z.strictObject({ review: Which, note: commentReview.input.shape.note, circle }),
  output: ReviewShape,
  async run(port, input) {
    const result = await port.call('reviews.comment', { ...given(input), review: input.review, note: input.note, ...commandKey(port) })
    return told(result.review, await port.self())
  },
})

export const reviewWithdraw = defineTool({
  name: 'review_withdraw',
  title: 'Withdraw a review',
  description: 'Take a review out of the queue without a look, with the reason.',
  profile: 'full',
  annotations: ADDS,
  input: z.strictObject({ review: ReviewId, reason: withdrawReview.input.shape.reason }),
  output: ReviewShape,
  async run(port, input) {
    const result = await port.call('reviews.withdraw', input)
    return told(result.review, await port.self())
  },
})
