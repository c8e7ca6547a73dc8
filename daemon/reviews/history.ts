import type { Tx } from '../store/transaction.ts'
import type { EntryRow, ReviewRow } from './rows.ts'

export type Happened = Pick<EntryRow, 'type'> & Partial<Omit<EntryRow, 'entry' | 'at' | 'type'>>

const EVENTS = {
  requested: { type: 'review.requested' },
  touched: { type: 'review.touched' },
  mentioned: { type: 'review.mentioned' },
  assigned: { type: 'review.assigned' },
  unassigned: { type: 'review.unassigned' },
  head: { type: 'review.head' },
  owed: { type: 'review.owed' },
  reviewed: { type: 'review.reviewed' },
  commented: { type: 'review.commented' },
  observed: { type: 'review.observed' },
  ended: { type: 'review.ended' },
  reopened: { type: 'review.reopened' },
} as const

/** Writes down what happened to a review, and tells the log. */
export function note(tx: Tx, row: Pick<ReviewRow, 'id' | 'circle_id'>, happened: Happened): void {
  const { type, by_id = null, head = null, verdict = null, to_id = null, changed = null, note: words = null } = happened
  tx.run('UPDATE reviews SET entries = entries + 1 WHERE id = ?', row.id)
  tx.run(
    `INSERT INTO review_entries (review_id, entry, at, type, by_id, head, verdict, to_id, changed, note)
     SELECT id, entries, ?, ?, ?, ?, ?, ?, ?, ? FROM reviews WHERE id = ?`,
    tx.now,
    type,
    by_id,
    head,
    verdict,
    to_id,
    changed,
    words,
    row.id,
  )
  const facts = { ...(head !== null && { head }), ...(verdict !== null && { verdict }) }
  tx.event({ ...EVENTS[type], actor: by_id, peer: to_id, circle: row.circle_id, audience: 'circle', subject: ['review', row.id], changed: facts })
}
