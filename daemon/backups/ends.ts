import type Database from 'better-sqlite3'
import { type Spent, spendApprovals, spentApprovals } from '../decisions/index.ts'
import { forgetPassphrases } from '../pairing/index.ts'
import { endedTokens, endTokens } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'

/** What came to its end and must not begin again because an older copy is put back. */
export interface Ends {
  readonly tokens: readonly Uint8Array[]
  readonly approvals: readonly Spent[]
}

export const NO_ENDS: Ends = { tokens: [], approvals: [] }

/** From a database of any schema. */
export function endsIn(db: Database.Database): Ends {
  return { tokens: endedTokens(db), approvals: spentApprovals(db) }
}

/** In the copy that is put back. Returns how many of each had not ended there. */
export function keepEnds(tx: Tx, { tokens, approvals }: Ends): { readonly tokens: number; readonly approvals: number } {
  forgetPassphrases(tx)
  return { tokens: endTokens(tx, tokens), approvals: spendApprovals(tx, approvals) }
}
