import { LIMITS } from '../../src/limits.ts'
import type { Reader } from '../store/store.ts'

const COUNT = "SELECT count(*) AS waiting FROM deliveries WHERE peer_id = ? AND state IN ('queued', 'offered') AND solicited = 0"

/**
 * How many unsolicited deliveries wait in each mailbox. Counted in memory after each commit; near the cap, where a batch
 * could overshoot, the rows themselves are counted, so the cap is exact.
 */
export class Room {
  readonly #waiting = new Map<number, number>()

  constructor(reader: Reader) {
    const rows = reader.all<{ peer_id: number; waiting: number }>(
      "SELECT peer_id, count(*) AS waiting FROM deliveries WHERE state IN ('queued', 'offered') AND solicited = 0 GROUP BY peer_id",
    )
    for (const row of rows) this.#waiting.set(row.peer_id, row.waiting)
  }

  hasRoom(reader: Reader, peerId: number): boolean {
    if ((this.#waiting.get(peerId) ?? 0) + LIMITS.batchOperations < LIMITS.maxUnsolicited) return true
    return (reader.get<{ waiting: number }>(COUNT, peerId)?.waiting ?? 0) < LIMITS.maxUnsolicited
  }

  /** After a commit: `by` more wait. */
  changed(peerId: number, by: number): void {
    const waiting = (this.#waiting.get(peerId) ?? 0) + by
    if (waiting === 0) this.#waiting.delete(peerId)
    else this.#waiting.set(peerId, waiting)
  }
}
