import type { Turn } from '../../src/contract/index.ts'
import type { Tx } from '../store/transaction.ts'

/** Writes down the turn that a peer is in, with its event, where that is a change. */
export function setTurn(tx: Tx, peerId: number, circleId: number, turn: Turn): void {
  if (tx.get<{ turn: Turn }>('SELECT turn FROM peers WHERE id = ?', peerId)?.turn === turn) return
  tx.changesPeers()
  tx.run('UPDATE peers SET turn = ?, turn_since = ? WHERE id = ?', turn, tx.now, peerId)
  tx.event({ type: 'peer.described', actor: peerId, circle: circleId, audience: 'circle', subject: ['peer', peerId], changed: { turn } })
}
