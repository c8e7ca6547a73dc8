import type { Review } from '../../src/contract/index.ts'
import type { Reader } from '../store/store.ts'
import { findReview } from './rows.ts'
import { inOneLine } from './subjects.ts'

/** How long a review has been owed, for who watches over that. */
export interface ReviewAge {
  readonly circleId: number
  readonly state: Review['state']
  /** Wall time; `null` unless it is owed. */
  readonly owedSince: number | null
  readonly assigneeId: number | null
  /** In one line. */
  readonly subject: string
}

export function reviewAge(reader: Reader, id: number): ReviewAge | undefined {
  const row = findReview(reader, id)
  return row && { circleId: row.circle_id, state: row.state, owedSince: row.owed_since, assigneeId: row.assignee_id, subject: inOneLine(reader, row) }
}
