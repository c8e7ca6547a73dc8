import { areRelated } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'

export type Part = 'author' | 'mention'

/** @returns whether that was news: a mention never takes away that a peer is an author */
export function recordPart(tx: Tx, reviewId: number, peerId: number, part: Part): boolean {
  const sql =
    part === 'author'
      ? `INSERT INTO review_peers (review_id, peer_id, part, at) VALUES (?, ?, 'author', ?)
         ON CONFLICT (review_id, peer_id) DO UPDATE SET part = 'author', at = excluded.at WHERE part <> 'author'`
      : "INSERT OR IGNORE INTO review_peers (review_id, peer_id, part, at) VALUES (?, ?, 'mention', ?)"
  return tx.run(sql, reviewId, peerId, tx.now) > 0
}

export function authorsOf(reader: Reader, reviewId: number): number[] {
  return peersOf(reader, reviewId, 'author')
}

function peersOf(reader: Reader, reviewId: number, part: Part): number[] {
  return reader.all<{ peer_id: number }>('SELECT peer_id FROM review_peers WHERE review_id = ? AND part = ?', reviewId, part).map(({ peer_id }) => peer_id)
}

/**
 * Whose work it counts as, for whoever would clear it: all who are known to have touched it; while nobody is, all who brought it up, since
 * that one of them made it is likelier than that none did.
 */
function suspectsOf(reader: Reader, reviewId: number): number[] {
  const authors = authorsOf(reader, reviewId)
  return authors.length > 0 ? authors : peersOf(reader, reviewId, 'mention')
}

/** Why a peer cannot clear a review: the peer whose work it is, itself or one that spawned it or was spawned by it. `undefined` where it can. */
export function conflictOf(reader: Reader, reviewId: number, peerId: number): number | undefined {
  const suspects = suspectsOf(reader, reviewId)
  return suspects.includes(peerId) ? peerId : suspects.find((suspect) => areRelated(reader, suspect, peerId))
}
