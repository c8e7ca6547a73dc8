import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { PeerRow } from './rows.ts'

/** Notes that a peer leads its circle, or no longer does; the domain of orchestrators decides it. */
export function setLeading(tx: Tx, peerId: number, leads: boolean): void {
  tx.run('UPDATE peers SET leads = ? WHERE id = ?', leads ? 1 : 0, peerId)
}

/** Those of some peers that lead. */
export function leadersAmong(reader: Reader, peers: readonly PeerRow[]): PeerRow[] {
  const leads = new Set(
    reader
      .all<{ id: number }>('SELECT id FROM peers WHERE leads = 1 AND id IN (SELECT value FROM json_each(?))', JSON.stringify(peers.map(({ id }) => id)))
      .map(({ id }) => id),
  )
  return peers.filter(({ id }) => leads.has(id))
}
