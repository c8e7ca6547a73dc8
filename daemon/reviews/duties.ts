import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import { refOf } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { owedReviews } from './reading.ts'

/** The reviews that are owed in a circle, those that wait longest first, and how many more there are, counted up to 1,000. */
export function reviewDuties(reader: Reader, circleId: number, limit: number) {
  const sql = "SELECT count(*) AS n FROM (SELECT 1 FROM reviews WHERE state = 'owed' AND circle_id = ? LIMIT ?)"
  const counted = reader.get<{ n: number }>(sql, circleId, LIMITS.maxExamined)?.n ?? 0
  const items = owedReviews(reader, circleId, limit).map(({ id, assigneeId, owedSince }) => ({
    review: id,
    owedBy: (assigneeId === null ? undefined : refOf(reader, assigneeId)) ?? null,
    since: formatTime(owedSince),
  }))
  return { items, more: Math.max(0, counted - items.length) }
}
