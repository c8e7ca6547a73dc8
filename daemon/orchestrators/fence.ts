import { MusterError } from '../../src/errors.ts'
import type { PeerCaller } from '../caller.ts'
import { circleName, refOf, timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { findLeadership, type LeadershipRow } from './rows.ts'

/**
 * The fence of every operation with the access `leader`, asked in the transaction of its command.
 *
 * @throws MusterError `not_leading`, with who leads now
 */
export function requireLeader(tx: Tx, caller: PeerCaller, token: string): void {
  const row = findLeadership(tx, caller.circleId)
  if (row?.leader_id !== caller.peerId || String(row.token) !== token) throw notLeading(tx, caller, row)
}

/** The leadership of a caller that {@link requireLeader} let through. */
export function ledBy(tx: Tx, caller: PeerCaller): LeadershipRow {
  return findLeadership(tx, caller.circleId) as LeadershipRow
}

function notLeading(reader: Reader, caller: PeerCaller, row: LeadershipRow | undefined): MusterError {
  const circle = circleName(reader, caller.circleId)
  const leader = refOf(reader, row?.leader_id ?? null)
  const hint =
    leader === null
      ? `Nobody leads ${circle}: orchestrators.claim makes you its leader, with a new token.`
      : row?.leader_id === caller.peerId
        ? `You lead ${circle} with another token: orchestrators.status shows it.`
        : `${leader.name} leads ${circle}. You stand by; orchestrators.status shows how it is.`
  return new MusterError('not_leading', { circle, leader, since: timeOrNull(row?.since ?? null), hint })
}
