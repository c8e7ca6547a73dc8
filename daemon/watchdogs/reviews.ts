import { LIMITS } from '../../src/limits.ts'
import { maySee } from '../peers/index.ts'
import { owedReviews, reviewAge } from '../reviews/index.ts'
import type { Reader } from '../store/store.ts'
import { type Gone, type Judgement, lastsUntil, OUT_OF_SIGHT, type Over, type Sight } from './judgement.ts'
import type { WatchdogRow } from './rows.ts'

/** Which reviews have been owed for too long. One that is owed again after it was done is another. */
export function judgeReviews(reader: Reader, row: WatchdogRow, sight: Sight): Judgement | Gone {
  return row.review_id === null ? judgeMany(reader, row, sight) : judgeOne(reader, row, row.review_id, sight)
}

function judgeOne(reader: Reader, row: WatchdogRow, reviewId: number, { owner, open, now }: Sight): Judgement | Gone {
  const review = reviewAge(reader, reviewId)
  if (!review || !maySee(reader, owner, review.circleId)) return { gone: OUT_OF_SIGHT, wellDone: false }
  const { owedSince } = review
  if (owedSince === null) return { gone: `${reader.id('review', reviewId)} was ${review.state}`, wellDone: true }
  if (open.length > 0) return { found: [], over: [], next: now + row.for_ms }
  const due = lastsUntil(owedSince, row.for_ms, now)
  if (due > now) return { found: [], over: [], next: due }
  return { found: [{ subject: reviewId, since: owedSince }], over: [], next: now + row.for_ms }
}

function judgeMany(reader: Reader, row: WatchdogRow, { owner, open, now }: Sight): Judgement | Gone {
  const circleId = row.scope_id as number
  if (!maySee(reader, owner, circleId)) return { gone: OUT_OF_SIGHT, wellDone: false }
  const over = open.flatMap((breach): Over[] => {
    const review = reviewAge(reader, breach.subject)
    if (review?.owedSince === breach.since) return []
    return [{ breach, at: now, outcome: review === undefined ? 'gone' : review.state === 'owed' ? 'owed anew' : review.state }]
  })
  const still = new Set(open.filter((breach) => !over.some((one) => one.breach.number === breach.number)).map(({ subject }) => subject))
  const waiting = owedReviews(reader, circleId, LIMITS.maxExamined)
    .map(({ id, owedSince }) => ({ subject: reader.number('review', id), since: owedSince }))
    .filter(({ subject }) => !still.has(subject))
  const late = waiting.filter(({ since }) => lastsUntil(since, row.for_ms, now) <= now)
  const next = Math.min(now + row.for_ms, ...waiting.slice(late.length).map(({ since }) => lastsUntil(since, row.for_ms, now)))
  const found = late.slice(0, LIMITS.maxOpenBreaches - still.size)
  return { found, over, next, full: found.length < late.length }
}
