import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { ensureCircle } from './circles.ts'
import { insertPeer, refuseTakenName } from './registration.ts'
import { PEER_COLUMNS, type PeerRow } from './rows.ts'

/** Where people stand; they are let into it as into every other. */
const CIRCLE = 'main'

/** SQL for the people of this node. */
export const PEOPLE = "SELECT id FROM peers WHERE role = 'person' AND retired_at IS NULL"

/** The people of this node, the first one first. */
export function people(reader: Reader, limit: number): PeerRow[] {
  return reader.all<PeerRow>(
    `SELECT ${PEER_COLUMNS} FROM peers p JOIN circles c ON c.id = p.circle_id WHERE p.role = 'person' AND p.retired_at IS NULL ORDER BY p.id LIMIT ?`,
    limit,
  )
}

export function personNamed(reader: Reader, name: string): PeerRow | undefined {
  return reader.get<PeerRow>(
    `SELECT ${PEER_COLUMNS} FROM peers p JOIN circles c ON c.id = p.circle_id WHERE p.role = 'person' AND p.retired_at IS NULL AND c.name = ? AND p.name = ?`,
    CIRCLE,
    name,
  )
}

/**
 * Refuses a name that nobody new can take.
 *
 * @throws MusterError `name_taken`
 */
export function requireFreeName(tx: Tx, name: string): void {
  refuseTakenName(tx, ensureCircle(tx, CIRCLE), name, 0)
}

/** Makes a person, who is let into every circle there is; `ensureCircle` lets people into those that come. No enrolment does this. */
export function makePerson(tx: Tx, name: string): number {
  requireFreeName(tx, name)
  const circleId = ensureCircle(tx, CIRCLE)
  const about = { name, role: 'person', mode: 'read', runtime: 'device', capabilities: [] as string[], description: '' } as const
  const id = insertPeer(tx, { circleId, enrolmentId: null, spawnedBy: null }, about)
  for (const circle of tx.all<{ id: number }>('SELECT id FROM circles')) {
    tx.run('INSERT OR IGNORE INTO grants (peer_id, circle_id, created_at) VALUES (?, ?, ?)', id, circle.id, tx.now)
    tx.event({ type: 'grant.added', circle: circle.id, peer: id, audience: 'granted', subject: ['peer', id] })
  }
  return id
}
