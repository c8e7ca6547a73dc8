/** The reviews domain: what was touched, who owes it a look, and at which head somebody has looked at it. */
import type { Tx } from '../store/transaction.ts'
import type { FollowedEnd, PostedLink } from '../threads/index.ts'
import { onAskEnded } from './answers.ts'
import type { ReviewDeps } from './deps.ts'
import { discover } from './discovery.ts'
import { createReviewHandlers } from './handlers.ts'
import { createObserving, watchedReviews } from './observing.ts'
import { getReview, listReviews, queueReviews } from './reading.ts'

export { type ReviewAge, reviewAge } from './ages.ts'
export { reviewDuties } from './duties.ts'
export { isReviewOwed, oldestOwedSince, owedReviews } from './reading.ts'
export { purgeReviews } from './retention.ts'

export function createReviews(deps: ReviewDeps) {
  const handlers = createReviewHandlers(deps)
  return {
    onPosted: (tx: Tx, posted: PostedLink) => discover(tx, deps, posted),
    onAskEnded: (tx: Tx, ended: FollowedEnd) => onAskEnded(tx, deps, ended),
    commands: {
      'reviews.request': handlers.request,
      'reviews.assign': handlers.assign,
      'reviews.mark': handlers.mark,
      'reviews.comment': handlers.comment,
      'reviews.withdraw': handlers.withdraw,
      'reviews.observe': createObserving(deps),
    },
    queries: {
      'reviews.queue': queueReviews,
      'reviews.get': getReview,
      'reviews.list': listReviews,
      'reviews.watched': watchedReviews,
    },
  } as const
}
