import type { Review, ReviewEntry } from '../../../src/contract/index.ts'
import type { Output } from '../output.ts'
import { peerName } from '../show.ts'
import { safeText } from '../text.ts'
import { clockTime, relativeTime } from '../when.ts'

export function showReviews(out: Output, reviews: readonly Review[]): void {
  out.table(
    ['REVIEW', 'STATE', 'OWED', 'GIVEN TO', 'BY', 'CHECKS', 'WHAT'],
    reviews.map((each) => [
      each.id,
      stateOf(each),
      relativeTime(each.owedSince, out.now),
      each.assignee === null ? '-' : peerName(each.assignee),
      each.authors.length === 0 ? '-' : each.authors.map(peerName).join(' '),
      each.checks ?? '-',
      each.subject,
    ]),
  )
}

export function showReview(out: Output, each: Review): void {
  const names = (peers: readonly Review['authors'][number][]) => (peers.length === 0 ? null : peers.map(peerName).join(', '))
  out.fields([
    ['review', each.id],
    ['what', each.subject],
    ['title', each.title],
    ['state', each.reason === null ? stateOf(each) : `${stateOf(each)}: ${each.reason}`],
    ['owed', each.owedSince === null ? null : relativeTime(each.owedSince, out.now)],
    ['head', each.head],
    ['changed', each.changed === null ? null : changedText(each.changed)],
    ['by', names(each.authors)],
    ['mentioned by', names(each.mentionedBy)],
    ['on the forge', each.forgeAuthor],
    [
      'given to',
      each.assignee === null ? null : `${peerName(each.assignee)} by ${peerName(each.assignedBy)}${each.thread === null ? '' : ` (${each.thread})`}`,
    ],
    [
      'reviewed',
      each.reviewer === null
        ? null
        : `${each.verdict} by ${peerName(each.reviewer)} ${relativeTime(each.reviewedAt, out.now)}${each.reviewedHead === null ? '' : ` at ${each.reviewedHead}`}`,
    ],
    ['checks', each.checks],
    ['forge says', each.forgeReviews.length === 0 ? null : each.forgeReviews.map(({ by, verdict }) => `${verdict} by ${by}`).join(', ')],
    ['observed', each.observedAt === null ? null : relativeTime(each.observedAt, out.now)],
    ['nudge', each.nudge === null ? null : `every ${each.nudge}`],
  ])
}

export function showHistory(out: Output, history: readonly ReviewEntry[]): void {
  for (const { at, type, by, to, head, verdict, changed, note } of history) {
    const facts = [to && `to ${peerName(to)}`, verdict, head && `at ${head.slice(0, 10)}`, changed && `(${changedText(changed)})`].filter((fact) => fact)
    out.line(`${out.dim(clockTime(at, out.now))} ${[type, 'by', peerName(by), ...facts].join(' ')}`)
    if (note !== null) for (const line of safeText(note).split('\n')) out.line(`    ${line}`)
  }
}

function stateOf({ state, verdict }: Review): string {
  return state === 'reviewed' && verdict !== null ? `reviewed: ${verdict}` : state
}

function changedText({ from, commits, files, additions, deletions }: NonNullable<Review['changed']>): string {
  const counts = [
    commits !== null && `${commits} commits`,
    files !== null && `${files} files`,
    additions !== null && `+${additions}`,
    deletions !== null && `-${deletions}`,
  ]
  return [from !== null && `since ${from.slice(0, 10)}`, ...counts].filter(Boolean).join(', ')
}
