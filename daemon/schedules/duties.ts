import type { PeerRef } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { refOf, timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'

const OF_PEER = "FROM schedules WHERE state <> 'ended' AND (owner_id = @peer OR target_id = @peer)"

/** The schedules that a peer owns or that wake it, those that come due first, and how many more there are. */
export function schedulesOf(reader: Reader, peerId: number, limit: number) {
  const rows = reader.all<{ id: number; owner_id: number; next_at: number | null }>(
    `SELECT id, owner_id, next_at ${OF_PEER} ORDER BY next_at IS NULL, next_at LIMIT @limit`,
    { peer: peerId, limit },
  )
  const counted = reader.get<{ n: number }>(`SELECT count(*) AS n FROM (SELECT 1 ${OF_PEER} LIMIT ${LIMITS.maxExamined})`, { peer: peerId })?.n ?? 0
  const items = rows.map((row) => ({ schedule: reader.id('schedule', row.id), owner: refOf(reader, row.owner_id) as PeerRef, nextAt: timeOrNull(row.next_at) }))
  return { items, more: Math.max(0, counted - rows.length) }
}
