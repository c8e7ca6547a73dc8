import type { Output } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import { refOf, timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { DeliveryRow } from './rows.ts'

type Stuck = Output<'node.diagnose'>['stuck']

/** A session that was handed something this long ago and neither acked it nor ended its turn has probably forgotten it. */
const HELD_TOO_LONG_MS = 3_600_000
/** Half of what makes a dead letter. */
const MANY_ATTEMPTS = LIMITS.maxAttempts / 2
const MANY_FAILURES = Math.ceil(LIMITS.maxFailures / 2)
const MAX_SHOWN = 20

const WAITING = `SELECT * FROM (SELECT * FROM deliveries WHERE state IN ('queued', 'offered') LIMIT ${LIMITS.maxExamined})`

/** What waits and makes no headway, among the first 1,000 that wait. Never what it says, nor why it was given back. */
export function stuckDeliveries(reader: Reader, now: number): Stuck {
  const filter = "(state = 'offered' AND offered_at < ?) OR attempt >= ? OR failures >= ? ORDER BY id LIMIT ?"
  const bounds = [now - HELD_TOO_LONG_MS, MANY_ATTEMPTS, MANY_FAILURES] as const
  const rows = reader.all<DeliveryRow>(`${WAITING} WHERE ${filter}`, ...bounds, LIMITS.maxExamined)
  return { count: rows.length, deliveries: rows.slice(0, MAX_SHOWN).map((row) => toStuck(reader, row)) }
}

function toStuck(reader: Reader, row: DeliveryRow): Stuck['deliveries'][number] {
  const { state, attempt, failures } = row
  return {
    id: reader.id('delivery', row.id),
    to: refOf(reader, row.peer_id),
    state: state === 'offered' ? 'offered' : 'queued',
    attempt,
    failures,
    queuedAt: formatTime(row.queued_at),
    offeredAt: timeOrNull(row.offered_at),
  }
}

const HAS_MAIL = "SELECT 1 FROM deliveries WHERE peer_id = ? AND state IN ('queued', 'offered') LIMIT 1"
const OWES = 'SELECT 1 FROM open_asks WHERE recipient_id = ? LIMIT 1'

/** Whether anything waits for a peer, or from it. */
export function isAwaited(reader: Reader, peerId: number): boolean {
  return reader.get(HAS_MAIL, peerId) !== undefined || reader.get(OWES, peerId) !== undefined
}
