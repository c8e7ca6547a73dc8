import type Database from 'better-sqlite3'
import type { Tx } from '../store/transaction.ts'
import type { ApprovalRow } from './rows.ts'

/** How much of an approval had been used, and whether it was revoked. */
export type Spent = Pick<ApprovalRow, 'id' | 'requester_id' | 'granted_at' | 'uses' | 'revoked_at'>

const SPENT = 'SELECT id, requester_id, granted_at, uses, revoked_at FROM approvals WHERE uses > 0 OR revoked_at IS NOT NULL'
const SPEND = `UPDATE approvals SET uses = max(uses, @uses), revoked_at = coalesce(revoked_at, @revoked_at)
  WHERE id = @id AND requester_id = @requester_id AND granted_at = @granted_at AND (uses < @uses OR (revoked_at IS NULL AND @revoked_at IS NOT NULL))`

/** The approvals that were used or revoked; none in a database of before there were any. */
export function spentApprovals(db: Database.Database): Spent[] {
  const isThere = (db.pragma('table_info(approvals)') as unknown[]).length > 0
  return isThere ? (db.prepare(SPENT).all() as Spent[]) : []
}

/** Spends what is not spent here, though it was in a later life. Returns how many that were. */
export function spendApprovals(tx: Tx, spent: readonly Spent[]): number {
  return spent.reduce((count, approval) => count + tx.run(SPEND, { ...approval }), 0)
}
