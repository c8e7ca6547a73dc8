import type Database from 'better-sqlite3'
import type { Tx } from '../store/transaction.ts'

const ENDED = 'SELECT token_hash FROM credentials WHERE revoked_at IS NOT NULL UNION SELECT token_hash FROM enrolments WHERE revoked_at IS NOT NULL'

/** The hashes of all tokens that were ended, of peers, administrators and enrolments; of any database since the first schema. */
export function endedTokens(db: Database.Database): Uint8Array[] {
  return db.prepare(ENDED).pluck().all() as Uint8Array[]
}

/** Ends tokens that are live here, though they were ended in a later life. Returns how many that were. */
export function endTokens(tx: Tx, hashes: readonly Uint8Array[]): number {
  let ended = 0
  for (const hash of hashes) {
    ended += tx.run('UPDATE credentials SET revoked_at = ? WHERE token_hash = ? AND revoked_at IS NULL', tx.now, hash)
    ended += tx.run('UPDATE enrolments SET revoked_at = ? WHERE token_hash = ? AND revoked_at IS NULL', tx.now, hash)
  }
  return ended
}
