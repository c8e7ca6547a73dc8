import type { Handover } from '../../src/contract/index.ts'
import { tagNumber } from '../../src/ids.ts'
import { LIMITS } from '../../src/limits.ts'
import { setLeading } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'

export type How = Handover['how']

export interface LeadershipRow {
  readonly circle_id: number
  /** The fencing token of the last lease, also while nobody leads. */
  readonly token: number
  readonly leader_id: number | null
  /** Who led before. */
  readonly former_id: number | null
  /** How it came to what it is. */
  readonly how: How
  readonly since: number
  readonly takeovers: number
  /** What the leader keeps for its successor; what the last one kept, while nobody leads. */
  readonly notes: string | null
  /** The incarnation in which the lease was taken. */
  readonly life: string
}

export function findLeadership(reader: Reader, circleId: number): LeadershipRow | undefined {
  return reader.get<LeadershipRow>('SELECT * FROM leaderships WHERE circle_id = ?', circleId)
}

/** The circles that are or were led; one row each. */
export function allLeaderships(reader: Reader): LeadershipRow[] {
  return reader.all<LeadershipRow>('SELECT * FROM leaderships')
}

const WRITE = `INSERT OR REPLACE INTO leaderships (circle_id, token, leader_id, former_id, how, since, takeovers, notes, life)
  VALUES (@circle_id, @token, @leader_id, @former_id, @how, @since, @takeovers, @notes, @life)`

export function writeLeadership(tx: Tx, row: LeadershipRow): void {
  const before = findLeadership(tx, row.circle_id)?.leader_id
  if (before) setLeading(tx, before, false)
  if (row.leader_id !== null) setLeading(tx, row.leader_id, true)
  tx.run(WRITE, { ...row })
}

export function writeNotes(tx: Tx, circleId: number, notes: string | null): void {
  tx.run('UPDATE leaderships SET notes = ? WHERE circle_id = ?', notes, circleId)
}

/**
 * The fencing token of a new lease: greater than every one before it, and no less than the time in milliseconds. A restore sets the counter back, maybe on
 * a clock that was set back as well; so the first token of a life that goes on from a copy leaps by up to 2^30, as the tag of that life has it, past
 * whatever was given out behind the copy.
 */
export function mintToken(tx: Tx): number {
  const { store } = tx
  const last = store.last('lease')
  const leaps = store.isCopy && !tx.get('SELECT 1 FROM leaderships WHERE life = ? LIMIT 1', store.tag)
  const token = Math.max(last + 1, tx.now) + (leaps ? tagNumber(store.tag) : 0)
  tx.take('lease', token - last)
  return token
}

export function findHandover(reader: Reader, circleId: number, number: number | undefined): Handover | undefined {
  const row =
    number === undefined
      ? reader.get<{ record: string }>('SELECT record FROM handovers WHERE circle_id = ? ORDER BY number DESC LIMIT 1', circleId)
      : reader.get<{ record: string }>('SELECT record FROM handovers WHERE circle_id = ? AND number = ?', circleId, number)
  return row && (JSON.parse(row.record) as Handover)
}

/** Keeps a record, and the newest `LIMITS.keptHandovers` of its circle. */
export function keepHandover(tx: Tx, circleId: number, record: Handover): void {
  tx.run('INSERT INTO handovers (circle_id, number, record) VALUES (?, ?, ?)', circleId, record.number, JSON.stringify(record))
  tx.run('DELETE FROM handovers WHERE circle_id = ? AND number <= ?', circleId, record.number - LIMITS.keptHandovers)
}
