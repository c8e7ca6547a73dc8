import type { Item } from '../../src/contract/index.ts'
import type { PeerCaller } from '../caller.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { ThreadDeps } from './deps.ts'
import { type Choice, chooseMail, countQueued, endTurn, handOver, heldUnder, outlookOf, owedItems, toItem } from './handover.ts'
import { markSeen } from './seen.ts'

export type SessionMail = ReturnType<typeof createSessionMail>

/** What the sessions domain does with mailboxes; the same rules as `mailbox.inbox`. */
export function createSessionMail(deps: ThreadDeps) {
  return {
    markSeen: (tx: Tx, peer: PeerCaller, messages: readonly string[]): void => markSeen(tx, deps, peer, messages),

    endTurn: (tx: Tx, peer: PeerCaller): ReadonlySet<number> => endTurn(tx, deps, peer.peerId, peer.credentialId),

    /** Hands over what is chosen; `undefined` where that is nothing, which costs no write. */
    handOver(tx: Tx, peer: PeerCaller, choice: Choice): { readonly handover: number; readonly items: Item[] } | undefined {
      const { chosen } = chooseMail(tx, deps, peer, choice)
      if (chosen.length === 0) return undefined
      const handover = tx.take('handover')
      return { handover, items: handOver(tx, deps, peer, chosen, handover) }
    },

    /** What this session holds of an earlier handover, as it is now. */
    heldUnder: (reader: Reader, peer: PeerCaller, handover: number): Item[] =>
      heldUnder(reader, peer.peerId, handover).flatMap((row) => (row.holder === peer.credentialId ? toItem(reader, deps, row, false) : [])),

    owed: (reader: Reader, peer: PeerCaller): Item[] => owedItems(reader, deps, peer.peerId),
    waiting: (reader: Reader, peer: PeerCaller): number => countQueued(reader, peer.peerId),
    outlook: (reader: Reader, peerId: number) => outlookOf(reader, deps, peerId),
  }
}
